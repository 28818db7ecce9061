"""The known ways in which an IAM principal makes itself administrator: a table, each row with its source.

A way is of one of two kinds: it changes the permissions of a principal, or it gains access to another principal. A
user is one way from administrator when

- it can change its own permissions, or
- it can gain access to a principal that is an administrator, or
- it can gain access to a principal and change its permissions, in one row or in two together.

`admin_mfa.escalation.search` judges accounts by this table; docs/escalation.md explains it row by row. The facts come
from the research named in each row: Spencer Gietzen's list for Rhino Security Labs and what Bishop Fox,
hackingthe.cloud, HackTricks and pathfinding.cloud added to it.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What a way does."""

    PERMISSIONS = "changes permissions"
    ACCESS = "gains access"


class Subject(StrEnum):
    """Whose permissions a way changes, or to whom it gains access."""

    USER = "user"
    ROLE = "role"
    NEW_USER = "new user"
    NEW_ROLE = "new role"


class On(StrEnum):
    """On what an action is needed, seen from the subject of the way."""

    SUBJECT = "the principal itself"
    GROUP = "a group that it is a member of"
    ADMIN_GROUP = "a group that makes its members administrators"
    POLICY = "a customer-managed policy that it carries, itself or through a group"
    BOUNDARY = "the customer-managed policy that is its permissions boundary"
    OLD_VERSION = "a customer-managed policy that it carries, a former version of which makes an administrator"
    OTHER_GROUP = "a group that it is not a member of"
    NEW_GROUP = "a new group"
    SAML_PROVIDER = "a SAML provider that the role trusts"
    ANY = "any resource"


class Trust(StrEnum):
    """Whom a role's trust policy must trust before a way gains access to the role."""

    PRINCIPAL = "the principal that assumes it"
    SERVICE = "the service that runs the code"
    WEB_IDENTITY = "the service that issues web identities"
    SAML = "the SAML provider"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """An action, and on what it is needed.

    Attributes:
        action: In the case in which AWS writes it.
        on: On what.
    """

    action: str
    on: On = On.ANY


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One row of the table.

    Attributes:
        name: Unique; the JSON calls the way by it.
        kind: What the way does.
        subject: Whom.
        steps: All of them are needed.
        can: What a principal can do who has them; `{subject}` and `{of}` stand for the subject and what belongs to it.
        yields: What it has then.
        source: Where the way was published.
        trust: Whom the role's trust policy must let in; None where that does not matter.
        service: The service principal that must be let in, without `.amazonaws.com`.
        passed_to: The value of `iam:PassedToService`, without `.amazonaws.com`; None where it is the service.
        instance_profile: Whether the role must be in an instance profile.
        bounded: Whether the way only removes a permissions boundary, and so raises nobody but those whom one holds.
        removes_deny: Whether the way only removes policies that deny, and so helps only principals that they hold back.
    """

    name: str
    kind: Kind
    subject: Subject
    steps: tuple[Step, ...]
    can: str
    yields: str
    source: str
    trust: Trust | None = None
    service: str | None = None
    passed_to: str | None = None
    instance_profile: bool = False
    bounded: bool = False
    removes_deny: bool = False


_PATHS = "https://pathfinding.cloud/paths/"
_AWS = "https://docs.aws.amazon.com/"
_RHINO = "https://rhinosecuritylabs.com/aws/aws-privilege-escalation-methods-mitigation/"
_HACKING = "https://hackingthe.cloud/aws/exploitation/iam_privilege_escalation/"
_HACKTRICKS = "https://cloud.hacktricks.wiki/en/pentesting-cloud/aws-security/aws-privilege-escalation/"


def _changes(action: str, subject: Subject, on: On, can: str, source: str, *, bounded: bool = False) -> Way:
    """Make a row that takes one action."""
    return Way(
        name=action + _TOLD_APART.get((subject, on), ""),
        kind=Kind.PERMISSIONS,
        subject=subject,
        steps=(Step(action=f"iam:{action}", on=on),),
        can=can,
        yields=_CHANGED[On.BOUNDARY if bounded else on],
        source=source,
        bounded=bounded,
    )


_TOLD_APART = {
    (Subject.ROLE, On.POLICY): " for a role",
    (Subject.ROLE, On.OLD_VERSION): " for a role",
    (Subject.USER, On.BOUNDARY): " for a boundary",
    (Subject.ROLE, On.BOUNDARY): " for the boundary of a role",
}
"""What is added to the name of an action where several rows take the same."""

_CHANGED = {
    On.SUBJECT: "all permissions, granted to the principal",
    On.GROUP: "all permissions, granted to a group of the principal",
    On.ADMIN_GROUP: "the permissions of the group",
    On.BOUNDARY: "the permissions that the boundary withheld",
    On.POLICY: "all permissions, written into a policy of the principal",
    On.OLD_VERSION: "the full access that an earlier version of the policy granted",
}


def _removes_deny(action: str, subject: Subject, on: On, can: str, source: str) -> Way:
    """Make a row that removes policies and so the Deny statements in them."""
    return Way(
        name=action,
        kind=Kind.PERMISSIONS,
        subject=subject,
        steps=(Step(action=f"iam:{action}", on=on),),
        can=can,
        yields="the permissions that the Deny withheld",
        source=source,
        removes_deny=True,
    )


def _join(actions: str, on: On, can: str, source: str) -> Way:
    """Make a row that gives a user the rights of a group that it joins."""
    named = actions.split()
    return Way(
        name=" + ".join(named),
        kind=Kind.PERMISSIONS,
        subject=Subject.USER,
        steps=tuple(Step(action=f"iam:{action}", on=on) for action in named),
        can=can,
        yields="all permissions, granted to a group that the principal joins",
        source=source,
    )


def _gains(name: str, subject: Subject, can: str, source: str, *actions: str) -> Way:
    """Make a row that needs its actions on the subject and trusts nobody."""
    return Way(
        name=name,
        kind=Kind.ACCESS,
        subject=subject,
        steps=tuple(Step(action=f"iam:{action}", on=On.SUBJECT) for action in actions or (name,)),
        can=can,
        yields=f"the permissions of the {subject}",
        source=source,
    )


def _pass(service: str, actions: str, can: str, source: str, **fields: Any) -> Way:
    """Make a row that passes a role to a service which then runs the user's code under it."""
    return _run(service, f"iam:PassRole {actions}", can, source, **fields)


def _run(service: str, actions: str, can: str, source: str, **fields: Any) -> Way:
    """Make a row that runs the user's code under a role that a service may assume."""
    named = actions.split()
    return Way(
        **{
            "name": " + ".join(action.removeprefix("iam:") for action in named),
            "kind": Kind.ACCESS,
            "subject": Subject.ROLE,
            "steps": tuple(Step(action=action, on=_RUN_ON.get(action, On.ANY)) for action in named),
            "can": can,
            "yields": "the permissions of the role, for code that the user supplies",
            "source": source,
            "trust": Trust.SERVICE,
            "service": service,
            **fields,
        }
    )


def _federate(actions: str, can: str, source: str) -> Way:
    """Make a row that takes a role through an identity pool of Amazon Cognito."""
    fields = {"trust": Trust.WEB_IDENTITY, "yields": "the permissions of the role"}
    return _run("cognito-identity", actions, can, source, **fields)


_RUN_ON = {"iam:PassRole": On.SUBJECT}

WAYS: tuple[Way, ...] = (
    _changes(
        "AttachUserPolicy", Subject.USER, On.SUBJECT, "attach an administrator policy to {subject}", _PATHS + "iam-008"
    ),
    _changes("PutUserPolicy", Subject.USER, On.SUBJECT, "write any inline policy of {subject}", _PATHS + "iam-007"),
    _changes(
        "AttachGroupPolicy", Subject.USER, On.GROUP, "attach an administrator policy to {of} group", _PATHS + "iam-010"
    ),
    _changes("PutGroupPolicy", Subject.USER, On.GROUP, "write any inline policy of {of} group", _PATHS + "iam-011"),
    _changes(
        "AddUserToGroup", Subject.USER, On.ADMIN_GROUP, "add {subject} to a group of administrators", _PATHS + "iam-013"
    ),
    *(
        _join(f"AddUserToGroup {action}", On.OTHER_GROUP, f"add {{subject}} to a group and {can}", source)
        for action, can, source in (
            ("AttachGroupPolicy", "attach an administrator policy to it", _PATHS + "iam-010"),
            ("PutGroupPolicy", "write any inline policy of it", _PATHS + "iam-011"),
        )
    ),
    *(
        _join(f"CreateGroup AddUserToGroup {action}", On.NEW_GROUP, f"add {{subject}} to a new group and {can}", source)
        for action, can, source in (
            ("AttachGroupPolicy", "attach an administrator policy to it", _PATHS + "iam-010"),
            ("PutGroupPolicy", "write any inline policy of it", _PATHS + "iam-011"),
        )
    ),
    _changes(
        "AttachRolePolicy", Subject.ROLE, On.SUBJECT, "attach an administrator policy to {subject}", _PATHS + "iam-009"
    ),
    _changes("PutRolePolicy", Subject.ROLE, On.SUBJECT, "write any inline policy of {subject}", _PATHS + "iam-005"),
    *(
        _changes(action, subject, on, can, source)
        for subject in (Subject.USER, Subject.ROLE)
        for action, on, can, source in (
            ("CreatePolicyVersion", On.POLICY, "rewrite {of} policy", _PATHS + "iam-001"),
            (
                "SetDefaultPolicyVersion",
                On.OLD_VERSION,
                "put a version of {of} policy in force that is full access",
                _RHINO,
            ),
        )
    ),
    *(
        _changes(action, subject, on, can, source, bounded=True)
        for subject in (Subject.USER, Subject.ROLE)
        for action, on, can, source in (
            (
                f"Delete{subject.title()}PermissionsBoundary",
                On.SUBJECT,
                "remove {of} permissions boundary",
                _PATHS + {Subject.USER: "iam-022", Subject.ROLE: "iam-023"}[subject],
            ),
            (
                f"Put{subject.title()}PermissionsBoundary",
                On.SUBJECT,
                "replace {of} permissions boundary",
                _PATHS + "iam-024" if subject is Subject.USER else _HACKING + "#iamputrolepermissionsboundary",
            ),
            ("CreatePolicyVersion", On.BOUNDARY, "rewrite {of} permissions boundary", _PATHS + "iam-001"),
        )
    ),
    _removes_deny("DetachUserPolicy", Subject.USER, On.SUBJECT, "detach {of} policies that deny", _PATHS + "iam-025"),
    _removes_deny(
        "DeleteUserPolicy",
        Subject.USER,
        On.SUBJECT,
        "delete {of} inline policies that deny",
        _PATHS + "iam-026",
    ),
    _removes_deny(
        "DetachGroupPolicy", Subject.USER, On.GROUP, "detach the policies of {of} group that deny", _PATHS + "iam-025"
    ),
    _removes_deny(
        "DeleteGroupPolicy",
        Subject.USER,
        On.GROUP,
        "delete the inline policies of {of} group that deny",
        _PATHS + "iam-026",
    ),
    _removes_deny(
        "RemoveUserFromGroup",
        Subject.USER,
        On.GROUP,
        "remove {subject} from a group whose policies deny",
        _AWS + "IAM/latest/APIReference/API_RemoveUserFromGroup.html",
    ),
    _removes_deny("DetachRolePolicy", Subject.ROLE, On.SUBJECT, "detach {of} policies that deny", _PATHS + "iam-025"),
    _removes_deny(
        "DeleteRolePolicy",
        Subject.ROLE,
        On.SUBJECT,
        "delete {of} inline policies that deny",
        _PATHS + "iam-026",
    ),
    _gains("CreateAccessKey", Subject.USER, "create access keys for {subject}", _PATHS + "iam-002"),
    _gains("CreateLoginProfile", Subject.USER, "give {subject} a console password", _PATHS + "iam-004"),
    _gains("UpdateLoginProfile", Subject.USER, "change {of} console password", _PATHS + "iam-006"),
    _gains("UpdateAssumeRolePolicy", Subject.ROLE, "rewrite {of} trust policy", _PATHS + "iam-012"),
    Way(
        name="AssumeRole",
        kind=Kind.ACCESS,
        subject=Subject.ROLE,
        steps=(Step(action="sts:AssumeRole", on=On.SUBJECT),),
        can="assume {subject}",
        yields="the permissions of the role",
        source=_PATHS + "sts-001",
        trust=Trust.PRINCIPAL,
    ),
    Way(
        name="UpdateSAMLProvider",
        kind=Kind.ACCESS,
        subject=Subject.ROLE,
        steps=(Step(action="iam:UpdateSAMLProvider", on=On.SAML_PROVIDER),),
        can="replace the metadata of a SAML provider that {subject} trusts",
        yields="the permissions of the role",
        source=_HACKTRICKS + "aws-iam-privesc/index.html",
        trust=Trust.SAML,
    ),
    _gains(
        "CreateRole", Subject.NEW_ROLE, "create {subject} that trusts it", _HACKTRICKS + "aws-iam-privesc/index.html"
    ),
    *(
        _gains(f"CreateUser + {action}", Subject.NEW_USER, can, source, "CreateUser", action)
        for action, can, source in (
            (
                "CreateAccessKey",
                "create {subject} with access keys",
                _HACKTRICKS + "aws-iam-privesc/index.html",
            ),
            ("CreateLoginProfile", "create {subject} with a console password", _RHINO),
        )
    ),
    _pass(
        "lambda",
        "lambda:CreateFunction lambda:InvokeFunction",
        "pass {subject} to a new function and invoke it",
        _PATHS + "lambda-001",
    ),
    _pass(
        "lambda",
        "lambda:CreateFunction lambda:AddPermission",
        "pass {subject} to a new function and let anybody invoke it",
        _PATHS + "lambda-006",
    ),
    _pass(
        "lambda",
        "lambda:CreateFunction lambda:CreateEventSourceMapping",
        "pass {subject} to a new function and have events invoke it",
        _PATHS + "lambda-002",
    ),
    _run(
        "lambda",
        "lambda:UpdateFunctionCode",
        "rewrite the code of functions, which can run under {subject}",
        _PATHS + "lambda-003",
    ),
    _run(
        "lambda",
        "lambda:UpdateFunctionConfiguration",
        "add a layer to functions, which can run under {subject}",
        _HACKING + "#lambdaupdatefunctionconfiguration",
    ),
    _pass(
        "lambda",
        "lambda:CreateFunction lambda:CreateFunctionUrlConfig lambda:InvokeFunctionUrl",
        "pass {subject} to a new function and call it by its URL",
        _HACKTRICKS + "aws-lambda-privesc/index.html",
    ),
    _pass("ec2", "ec2:RunInstances", "pass {subject} to a new instance", _PATHS + "ec2-001", instance_profile=True),
    _pass(
        "ec2",
        "ec2:RequestSpotInstances",
        "pass {subject} to a new spot instance",
        _PATHS + "ec2-003",
        instance_profile=True,
    ),
    _pass(
        "ec2",
        "ec2:AssociateIamInstanceProfile",
        "give {subject} to a running instance",
        _HACKTRICKS + "aws-ec2-privesc/index.html",
        instance_profile=True,
    ),
    _pass(
        "ec2",
        "ec2:ReplaceIamInstanceProfileAssociation",
        "give {subject} to a running instance in place of the role that it has",
        _HACKTRICKS + "aws-ec2-privesc/index.html",
        instance_profile=True,
    ),
    _pass(
        "ec2",
        "iam:RemoveRoleFromInstanceProfile iam:AddRoleToInstanceProfile",
        "put {subject} in the instance profile of a running instance",
        _HACKTRICKS + "aws-ec2-privesc/index.html",
    ),
    _pass(
        "ec2",
        "iam:CreateInstanceProfile iam:AddRoleToInstanceProfile ec2:RunInstances",
        "put {subject} in a new instance profile and pass it to a new instance",
        _HACKTRICKS + "aws-ec2-privesc/index.html",
    ),
    _pass(
        "ec2",
        "autoscaling:CreateLaunchConfiguration autoscaling:CreateAutoScalingGroup",
        "pass {subject} to the instances of a new Auto Scaling group",
        _HACKING,
        instance_profile=True,
    ),
    _pass(
        "ec2",
        "ec2:CreateLaunchTemplate autoscaling:CreateAutoScalingGroup",
        "pass {subject} to the instances of a new Auto Scaling group by a launch template",
        _HACKING,
        instance_profile=True,
    ),
    _pass(
        "ec2",
        "autoscaling:CreateLaunchConfiguration autoscaling:UpdateAutoScalingGroup",
        "pass {subject} to the instances of an Auto Scaling group",
        _HACKTRICKS + "aws-ec2-privesc/index.html",
        instance_profile=True,
    ),
    _pass(
        "ec2",
        "ec2:CreateLaunchTemplate autoscaling:UpdateAutoScalingGroup",
        "pass {subject} to the instances of an Auto Scaling group by a launch template",
        _HACKTRICKS + "aws-ec2-privesc/index.html",
        instance_profile=True,
    ),
    _run(
        "ec2",
        "ec2:CreateLaunchTemplateVersion ec2:ModifyLaunchTemplate",
        "rewrite launch templates, whose instances can run under {subject}",
        _PATHS + "ec2-004",
        instance_profile=True,
    ),
    _run(
        "ec2",
        "ec2:ModifyInstanceAttribute ec2:StopInstances ec2:StartInstances",
        "rewrite what instances run at their start, which can run under {subject}",
        _PATHS + "ec2-002",
        instance_profile=True,
    ),
    _run(
        "ec2",
        "ssm:SendCommand",
        "run commands on instances, which can run under {subject}",
        _PATHS + "ssm-002",
        instance_profile=True,
    ),
    _run(
        "ec2",
        "ssm:StartSession",
        "open sessions on instances, which can run under {subject}",
        _PATHS + "ssm-001",
        instance_profile=True,
    ),
    _run(
        "ec2",
        "ec2-instance-connect:SendSSHPublicKey",
        "open SSH sessions on instances, which can run under {subject}",
        _PATHS + "ec2instanceconnect-003",
        instance_profile=True,
    ),
    _run(
        "ec2",
        "ssm:CreateAssociation",
        "run commands on instances through an association, which can run under {subject}",
        _HACKTRICKS + "aws-ssm-privesc/index.html",
        instance_profile=True,
    ),
    _run(
        "ec2",
        "ssm:UpdateDocument ssm:UpdateDocumentDefaultVersion",
        "rewrite documents that instances run, which can run under {subject}",
        _HACKTRICKS + "aws-ssm-privesc/index.html",
        instance_profile=True,
    ),
    _run(
        "ec2",
        "ssm:RegisterTargetWithMaintenanceWindow ssm:RegisterTaskWithMaintenanceWindow",
        "run commands on instances in a maintenance window, which can run under {subject}",
        _HACKTRICKS + "aws-ssm-privesc/index.html",
        instance_profile=True,
    ),
    _run(
        "ec2",
        "codedeploy:CreateDeployment codedeploy:RegisterApplicationRevision codedeploy:GetDeploymentConfig",
        "deploy its own code to instances, which can run under {subject}",
        _PATHS + "codedeploy-001",
        instance_profile=True,
    ),
    _pass(
        "ec2",
        "elasticbeanstalk:CreateApplicationVersion elasticbeanstalk:CreateEnvironment",
        "pass {subject} to the instances of a new Elastic Beanstalk environment",
        _HACKTRICKS + "aws-elastic-beanstalk-privesc/index.html",
        instance_profile=True,
    ),
    _run(
        "ec2",
        "elasticbeanstalk:CreateApplicationVersion elasticbeanstalk:UpdateEnvironment",
        "deploy its own code to Elastic Beanstalk environments, whose instances can run under {subject}",
        _HACKTRICKS + "aws-elastic-beanstalk-privesc/index.html",
        instance_profile=True,
    ),
    _pass(
        "ec2",
        "imagebuilder:CreateComponent imagebuilder:CreateImageRecipe "
        "imagebuilder:CreateInfrastructureConfiguration imagebuilder:CreateImage",
        "pass {subject} to the instance that builds a new image",
        _PATHS + "imagebuilder-001",
        instance_profile=True,
    ),
    _pass(
        "cloudformation", "cloudformation:CreateStack", "pass {subject} to a new stack", _PATHS + "cloudformation-001"
    ),
    _run(
        "cloudformation",
        "cloudformation:UpdateStack",
        "rewrite stacks, which can be changed under {subject}",
        _PATHS + "cloudformation-002",
    ),
    _run(
        "cloudformation",
        "cloudformation:CreateChangeSet cloudformation:ExecuteChangeSet",
        "change stacks by change sets, which can be carried out under {subject}",
        _PATHS + "cloudformation-005",
    ),
    _pass(
        "cloudformation",
        "cloudformation:CreateStackSet cloudformation:CreateStackInstances",
        "pass {subject} to a new stack set",
        _PATHS + "cloudformation-003",
    ),
    _pass(
        "cloudformation",
        "cloudformation:UpdateStackSet",
        "pass {subject} to a stack set",
        _PATHS + "cloudformation-004",
    ),
    _run(
        "cloudformation",
        "cloudformation:UpdateStackSet",
        "rewrite stack sets, which can be deployed under {subject}",
        _HACKTRICKS + "aws-cloudformation-privesc/index.html",
    ),
    _pass(
        "codebuild",
        "codebuild:CreateProject codebuild:StartBuild",
        "pass {subject} to a new build project and start it",
        _PATHS + "codebuild-001",
    ),
    _pass(
        "codebuild",
        "codebuild:CreateProject codebuild:StartBuildBatch",
        "pass {subject} to a new build project and start it in a batch",
        _PATHS + "codebuild-004",
    ),
    _run(
        "codebuild",
        "codebuild:StartBuild",
        "start builds with arbitrary commands, which can run under {subject}",
        _PATHS + "codebuild-002",
    ),
    _run(
        "codebuild",
        "codebuild:StartBuildBatch",
        "start batches of builds with arbitrary commands, which can run under {subject}",
        _PATHS + "codebuild-003",
    ),
    _pass(
        "codebuild",
        "codebuild:CreateProject codepipeline:CreatePipeline",
        "pass {subject} to a new build project and run it in a new pipeline",
        _HACKTRICKS + "aws-codepipeline-privesc/index.html",
    ),
    _run(
        "codebuild",
        "codebuild:UpdateProject codepipeline:StartPipelineExecution",
        "rewrite build projects and run them in pipelines, which can run under {subject}",
        _HACKTRICKS + "aws-codepipeline-privesc/index.html",
    ),
    _pass(
        "codepipeline",
        "codepipeline:CreatePipeline",
        "pass {subject} to a new pipeline, which can run commands",
        _AWS + "codepipeline/latest/userguide/action-reference-Commands.html",
    ),
    _run(
        "codepipeline",
        "codepipeline:UpdatePipeline",
        "rewrite pipelines, which can run commands under {subject}",
        _HACKTRICKS + "aws-codepipeline-privesc/index.html",
    ),
    _pass(
        "amplify",
        "amplify:CreateApp amplify:CreateBranch amplify:StartJob",
        "pass {subject} to a new Amplify app and build it",
        _PATHS + "amplify-001",
    ),
    _pass("ecs-tasks", "ecs:RegisterTaskDefinition ecs:RunTask", "pass {subject} to a new task", _PATHS + "ecs-004"),
    _pass(
        "ecs-tasks",
        "ecs:RegisterTaskDefinition ecs:CreateService",
        "pass {subject} to a new ECS service",
        _PATHS + "ecs-003",
    ),
    _pass(
        "ecs-tasks",
        "ecs:RegisterTaskDefinition ecs:StartTask",
        "pass {subject} to a new task on an instance of a cluster",
        _PATHS + "ecs-005",
    ),
    _run(
        "ecs-tasks",
        "ecs:ExecuteCommand",
        "run commands in tasks, which can run under {subject}",
        _PATHS + "ecs-006",
    ),
    _pass(
        "ecs-tasks",
        "ecs:RunTask",
        "pass {subject} to a task of an existing definition",
        _PATHS + "ecs-008",
    ),
    _pass(
        "ecs-tasks",
        "ecs:StartTask",
        "pass {subject} to a task of an existing definition on an instance of a cluster",
        _PATHS + "ecs-009",
    ),
    _pass(
        "ecs-tasks",
        "ecs:RegisterTaskDefinition ecs:UpdateService",
        "pass {subject} to the tasks of an ECS service",
        _HACKTRICKS + "aws-ecs-privesc/index.html",
    ),
    _run(
        "ecs-tasks",
        "ssm:StartSession",
        "open sessions in tasks, which can run under {subject}",
        _HACKTRICKS + "aws-ssm-privesc/index.html",
        name="ssm:StartSession in a task",
    ),
    _pass(
        "ecs-tasks",
        "batch:RegisterJobDefinition batch:SubmitJob",
        "pass {subject} to a new Batch job",
        _PATHS + "batch-001",
    ),
    _run(
        "ecs-tasks",
        "batch:SubmitJob",
        "submit Batch jobs with its own commands, which can run under {subject}",
        _PATHS + "batch-002",
    ),
    _pass("glue", "glue:CreateDevEndpoint", "pass {subject} to a new development endpoint", _PATHS + "glue-001"),
    _run(
        "glue",
        "glue:UpdateDevEndpoint",
        "put its SSH key on development endpoints, which can run under {subject}",
        _PATHS + "glue-002",
    ),
    _pass(
        "glue", "glue:CreateJob glue:StartJobRun", "pass {subject} to a new Glue job and run it", _PATHS + "glue-003"
    ),
    _pass(
        "glue",
        "glue:CreateJob glue:CreateTrigger",
        "pass {subject} to a new Glue job and have a trigger run it",
        _PATHS + "glue-004",
    ),
    _pass("glue", "glue:UpdateJob glue:StartJobRun", "pass {subject} to a Glue job and run it", _PATHS + "glue-005"),
    _pass(
        "glue",
        "glue:UpdateJob glue:CreateTrigger",
        "pass {subject} to a Glue job and have a trigger run it",
        _PATHS + "glue-006",
    ),
    _run(
        "glue",
        "glue:UpdateJob",
        "rewrite Glue jobs, which can run under {subject}",
        _HACKTRICKS + "aws-glue-privesc/index.html",
    ),
    _pass(
        "glue",
        "glue:CreateSession glue:RunStatement",
        "pass {subject} to a new interactive session and run code in it",
        _PATHS + "glue-007",
    ),
    _pass(
        "datapipeline",
        "datapipeline:CreatePipeline datapipeline:PutPipelineDefinition datapipeline:ActivatePipeline",
        "pass {subject} to a new data pipeline",
        _PATHS + "datapipeline-001",
    ),
    _pass(
        "sagemaker",
        "sagemaker:CreateNotebookInstance",
        "pass {subject} to a new notebook",
        _PATHS + "sagemaker-001",
    ),
    _pass("sagemaker", "sagemaker:CreateTrainingJob", "pass {subject} to a training job", _PATHS + "sagemaker-002"),
    _pass("sagemaker", "sagemaker:CreateProcessingJob", "pass {subject} to a processing job", _PATHS + "sagemaker-003"),
    _run(
        "sagemaker",
        "sagemaker:CreatePresignedNotebookInstanceUrl",
        "open notebooks, which can run under {subject}",
        _PATHS + "sagemaker-004",
    ),
    _run(
        "sagemaker",
        "sagemaker:CreateNotebookInstanceLifecycleConfig sagemaker:StopNotebookInstance "
        "sagemaker:UpdateNotebookInstance sagemaker:StartNotebookInstance",
        "rewrite what notebooks run at their start, which can run under {subject}",
        _PATHS + "sagemaker-005",
    ),
    _pass(
        "sagemaker",
        "sagemaker:CreateHyperParameterTuningJob",
        "pass {subject} to a tuning job",
        _HACKTRICKS + "aws-sagemaker-privesc/index.html",
    ),
    _run(
        "sagemaker",
        "sagemaker:CreatePresignedDomainUrl",
        "open SageMaker Studio as other users, which can run under {subject}",
        _HACKTRICKS + "aws-sagemaker-privesc/index.html",
    ),
    _pass(
        "tasks.apprunner",
        "apprunner:CreateService",
        "pass {subject} to a new App Runner service",
        _PATHS + "apprunner-001",
        passed_to="apprunner",
    ),
    _run(
        "tasks.apprunner",
        "apprunner:UpdateService",
        "rewrite App Runner services, which can run under {subject}",
        _PATHS + "apprunner-002",
    ),
    _pass(
        "bedrock-agentcore",
        "bedrock-agentcore:CreateCodeInterpreter bedrock-agentcore:StartCodeInterpreterSession "
        "bedrock-agentcore:InvokeCodeInterpreter",
        "pass {subject} to a new code interpreter and run code in it",
        _PATHS + "bedrock-001",
    ),
    _run(
        "bedrock-agentcore",
        "bedrock-agentcore:StartCodeInterpreterSession bedrock-agentcore:InvokeCodeInterpreter",
        "run code in code interpreters, which can run under {subject}",
        _PATHS + "bedrock-002",
    ),
    _pass(
        "bedrock-agentcore",
        "bedrock-agentcore:CreateAgentRuntime bedrock-agentcore:CreateAgentRuntimeEndpoint "
        "bedrock-agentcore:CreateWorkloadIdentity bedrock-agentcore:InvokeAgentRuntimeCommand",
        "pass {subject} to a new agent runtime and run commands in it",
        _PATHS + "bedrock-003",
    ),
    _run(
        "bedrock-agentcore",
        "bedrock-agentcore:InvokeAgentRuntimeCommand",
        "run commands in agent runtimes, which can run under {subject}",
        _PATHS + "bedrock-004",
    ),
    _pass(
        "bedrock-agentcore",
        "bedrock-agentcore:CreateHarness bedrock-agentcore:CreateAgentRuntime "
        "bedrock-agentcore:CreateAgentRuntimeEndpoint bedrock-agentcore:CreateWorkloadIdentity "
        "bedrock-agentcore:GetAgentRuntime bedrock-agentcore:InvokeAgentRuntimeCommand",
        "pass {subject} to a new harness and run commands in it",
        _PATHS + "bedrock-005",
    ),
    _pass(
        "bedrock-agentcore",
        "bedrock-agentcore:CreateBrowser bedrock-agentcore:StartBrowserSession "
        "bedrock-agentcore:ConnectBrowserAutomationStream",
        "pass {subject} to a new browser and control it",
        _PATHS + "bedrock-006",
    ),
    _run(
        "bedrock-agentcore",
        "bedrock-agentcore:StartBrowserSession bedrock-agentcore:ConnectBrowserAutomationStream",
        "control browsers, which can run under {subject}",
        _PATHS + "bedrock-007",
    ),
    _pass(
        "states",
        "states:CreateStateMachine states:StartExecution",
        "pass {subject} to a new state machine and run it",
        _PATHS + "stepfunctions-001",
    ),
    _pass(
        "states",
        "states:CreateStateMachine states:StartSyncExecution",
        "pass {subject} to a new state machine and run it synchronously",
        _HACKTRICKS + "aws-stepfunctions-privesc/index.html",
    ),
    _run(
        "states",
        "states:UpdateStateMachine",
        "rewrite state machines, which can run under {subject}",
        _PATHS + "stepfunctions-002",
    ),
    _pass(
        "states",
        "states:TestState",
        "pass {subject} to the test of a state, which can call any API",
        _HACKTRICKS + "aws-stepfunctions-privesc/index.html",
    ),
    _pass(
        "scheduler",
        "scheduler:CreateSchedule",
        "pass {subject} to a new schedule, which can call any API",
        _PATHS + "scheduler-001",
    ),
    _pass(
        "scheduler",
        "scheduler:UpdateSchedule",
        "pass {subject} to a schedule, which can call any API",
        _HACKTRICKS + "eventbridgescheduler-privesc/index.html",
    ),
    _pass(
        "ec2",
        "elasticmapreduce:RunJobFlow",
        "pass {subject} to the instances of a new EMR cluster",
        _PATHS + "emr-001",
        instance_profile=True,
    ),
    _run(
        "ec2",
        "elasticmapreduce:AddJobFlowSteps",
        "run steps on EMR clusters, whose instances can run under {subject}",
        _AWS + "emr/latest/APIReference/API_AddJobFlowSteps.html",
        instance_profile=True,
    ),
    _pass(
        "emr-serverless",
        "emr-serverless:CreateApplication emr-serverless:StartJobRun",
        "pass {subject} to a job of a new EMR Serverless application",
        _PATHS + "emrserverless-001",
    ),
    _pass(
        "kinesisanalytics",
        "kinesisanalytics:CreateApplication kinesisanalytics:StartApplication",
        "pass {subject} to a new Managed Service for Apache Flink application and start it",
        _PATHS + "kinesisanalytics-001",
    ),
    _pass(
        "omics",
        "omics:CreateWorkflow omics:StartRun",
        "pass {subject} to a run of a new HealthOmics workflow",
        _PATHS + "omics-001",
    ),
    _pass(
        "braket",
        "braket:CreateJob",
        "pass {subject} to a new hybrid job",
        _PATHS + "braket-001",
    ),
    _pass(
        "gamelift",
        "gamelift:CreateBuild gamelift:CreateFleet gamelift:RequestUploadCredentials",
        "pass {subject} to a new fleet that runs its build",
        _PATHS + "gamelift-001",
    ),
    _pass(
        "ssm",
        "ssm:StartAutomationExecution",
        "pass {subject} to an automation",
        _PATHS + "ssm-003",
    ),
    _pass(
        "rolesanywhere",
        "rolesanywhere:CreateTrustAnchor rolesanywhere:CreateProfile",
        "assume {subject} through IAM Roles Anywhere with its own certificates",
        _HACKTRICKS + "aws-sts-privesc/index.html",
    ),
    _run(
        "rolesanywhere",
        "rolesanywhere:CreateTrustAnchor",
        "have existing IAM Roles Anywhere profiles, which can hold {subject}, trust its own certificates",
        _AWS + "rolesanywhere/latest/userguide/trust-model.html",
    ),
    _federate(
        "iam:PassRole cognito-identity:SetIdentityPoolRoles",
        "give {subject} to the users of an identity pool",
        _PATHS + "cognitoidentity-001",
    ),
    _federate(
        "cognito-identity:UpdateIdentityPool",
        "open identity pools, whose users can assume {subject}",
        _HACKTRICKS + "aws-cognito-privesc/index.html",
    ),
)
"""Every known way, the direct ones first: a report names the first that it finds."""

TAGGING = {
    Subject.USER: ("iam:taguser", "iam:untaguser"),
    Subject.ROLE: ("iam:tagrole", "iam:untagrole"),
}
"""The actions that change the tags of a principal, on which conditions and policy variables can depend.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagUser.html
"""

ACTIONS: frozenset[str] = frozenset(
    (
        *(step.action.lower() for way in WAYS for step in way.steps),
        *(action for actions in TAGGING.values() for action in actions),
        "iam:createpolicy",
    )
)
"""The actions on which any way depends, in lower case."""

SERVICES_OF_RESOURCES = {
    "ec2-instance-connect": frozenset(("ec2",)),
    "ssm": frozenset(("ssm", "ec2", "ecs")),
}
"""Whose resources an action is on, where those are not its own service's.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""
