"""Every known way to become administrator, each beside the same policy with one token changed."""

import json
from dataclasses import replace
from typing import Any

import pytest

from admin_mfa.escalation.search import Survey
from admin_mfa.escalation.snapshot import Snapshot
from admin_mfa.escalation.ways import WAYS, Kind, Subject
from admin_mfa.evaluate import grants_in_force
from admin_mfa.model import AdminGrant, IamUser, Unread
from admin_mfa.parameters import AdministratorDefinition, Parameters, PrivilegeModel
from tests.support.accounts import (
    ACCOUNT,
    FULL_ACCESS,
    HARMLESS,
    IAM,
    administrator_access,
    allow,
    document,
    group,
    inline,
    managed,
    role,
    trust,
    user,
)

ATTACHED = Parameters(administrator_definition=AdministratorDefinition.ESCALATION)
EFFECTIVE = replace(ATTACHED, privilege_model=PrivilegeModel.EFFECTIVE)

SERVICES = sorted({way.service for way in WAYS if way.service})

ROOT = {"AWS": f"{IAM}root"}


def trusts(service: str) -> list[dict[str, Any]]:
    """A trust policy for a service, or for the identities that it issues."""
    if service == "cognito-identity":
        return [trust({"Federated": f"{service}.amazonaws.com"}, action="sts:AssumeRoleWithWebIdentity")]
    return [trust({"Service": f"{service}.amazonaws.com"})]


def saml(provider: str) -> list[dict[str, Any]]:
    """A trust policy for a SAML provider of the account."""
    return [trust({"Federated": f"{IAM}saml-provider/{provider}"}, action="sts:AssumeRoleWithSAML")]


def account(eve: IamUser, *more: Any) -> Snapshot:
    """An account with an administrator of every kind, and a harmless neighbour of each."""
    found = [
        user("boss", administrator_access()),
        user("bob", managed("harmless", HARMLESS)),
        group("ops"),
        group("dev"),
        group("admins", administrator_access("admins")),
        role("deploy", ROOT, administrator_access()),
        role("other", ROOT, managed("others", HARMLESS)),
        role("app", {"AWS": f"{IAM}user/eve"}, managed("apps", HARMLESS), managed("apps-old", HARMLESS)),
        *(role(f"admin-{name}", trusts(name), administrator_access(), instance_profile=True) for name in SERVICES),
        *(role(f"plain-{name}", trusts(name), instance_profile=True) for name in SERVICES),
        role("admin-saml", saml("staff"), administrator_access()),
        role("plain-saml", saml("guests")),
        *more,
    ]
    return Snapshot(
        users=(eve, *(item for item in found if isinstance(item, IamUser))),
        groups=tuple(item for item in found if type(item).__name__ == "Group"),
        roles=tuple(item for item in found if type(item).__name__ == "Role"),
        other_versions=tuple((f"{IAM}policy/{name}", (document(FULL_ACCESS),)) for name in ("apps-old", "old")),
    )


def eve(*statements: dict[str, Any]) -> IamUser:
    """A member of ops who carries two harmless policies, and what a case is about."""
    return user("eve", managed("mine", HARMLESS), managed("old", HARMLESS), inline("x", *statements), groups=["ops"])


def grants(
    somebody: IamUser, *more: Any, parameters: Parameters = ATTACHED, snapshot: Snapshot | None = None
) -> tuple[AdminGrant, ...]:
    found = grants_in_force(somebody, parameters, Survey(snapshot or account(somebody, *more), parameters))
    assert not isinstance(found, Unread)
    return found


def ways(somebody: IamUser, *more: Any, parameters: Parameters = ATTACHED) -> list[str | None]:
    return [grant.way for grant in grants(somebody, *more, parameters=parameters)]


RHINO = "Rhino Security Labs, AWS IAM Privilege Escalation - Methods and Mitigation, method {}"
RHINO_2 = "Rhino Security Labs, AWS IAM Privilege Escalation - Methods and Mitigation, Part 2, method {}"
BISHOP_FOX = "Bishop Fox, Privilege Escalation in AWS, and iam-vulnerable, {}"
HACKING = "hackingthe.cloud, AWS IAM Privilege Escalation Techniques, {}"
PATHFINDING = "pathfinding.cloud, {}"

CASES = [
    # What the user may do to itself
    ("AttachUserPolicy", allow("iam:AttachUserPolicy", f"{IAM}user/eve"), "user/eve", "user/bob", RHINO.format(7)),
    ("AttachUserPolicy", allow("iam:Attach*", "*"), "Attach*", "Detach*", BISHOP_FOX.format("privesc7")),
    ("AttachUserPolicy", allow("iam:A?tach*Policy"), "A?tach*", "A?ttach*", PATHFINDING.format("iam-008")),
    (
        "AttachUserPolicy",
        allow(
            "iam:AttachUserPolicy",
            Condition={"ArnEquals": {"iam:PolicyARN": "arn:aws:iam::aws:policy/AdministratorAccess"}},
        ),
        "AdministratorAccess",
        "ReadOnlyAccess",
        PATHFINDING.format("iam-008, limitations"),
    ),
    (
        "AttachUserPolicy",
        allow("iam:AttachUserPolicy", Condition={"ArnLike": {"iam:PolicyARN": "arn:aws:iam::aws:policy/IAM*"}}),
        "policy/IAM*",
        "policy/job-function/*",
        PATHFINDING.format("iam-008, limitations"),
    ),
    (
        "PutUserPolicy",
        allow("iam:PutUserPolicy", f"{IAM}user/${{aws:username}}"),
        "${aws:username}",
        "${aws:userid}",
        RHINO.format(10),
    ),
    ("PutUserPolicy", allow("iam:PutUserPolicy", f"arn:aws:iam::{ACCOUNT}:*"), ACCOUNT, "210987654321", BISHOP_FOX.format("privesc10")),
    ("AttachGroupPolicy", allow("iam:AttachGroupPolicy", f"{IAM}group/ops"), "group/ops", "group/dev", RHINO.format(8)),
    ("PutGroupPolicy", allow("iam:PutGroupPolicy"), "PutGroupPolicy", "GetGroupPolicy", RHINO.format(11)),
    ("AddUserToGroup", allow("iam:AddUserToGroup", f"{IAM}group/admins"), "group/admins", "group/dev", RHINO.format(13)),
    ("CreatePolicyVersion", allow("iam:CreatePolicyVersion", f"{IAM}policy/mine"), "policy/mine", "policy/harmless", RHINO.format(1)),
    ("CreatePolicyVersion", allow("iam:CreatePolicyVersion", f"{IAM}policy/m*"), "policy/m*", "policy/h*", BISHOP_FOX.format("privesc1")),
    ("SetDefaultPolicyVersion", allow("iam:SetDefaultPolicyVersion", f"{IAM}policy/old"), "policy/old", "policy/mine", RHINO.format(2)),
    # What it may do to others
    ("CreateAccessKey", allow("iam:CreateAccessKey", f"{IAM}user/boss"), "user/boss", "user/bob", RHINO.format(4)),
    ("CreateAccessKey", allow("iam:CreateAccessKey", f"{IAM}user/*"), "user/*", "user/${aws:username}", BISHOP_FOX.format("privesc4")),
    ("CreateLoginProfile", allow("iam:CreateLoginProfile"), "CreateLoginProfile", "GetLoginProfile", RHINO.format(5)),
    ("UpdateLoginProfile", allow("iam:UpdateLoginProfile", f"{IAM}user/bo??"), "bo??", "bo?", RHINO.format(6)),
    ("UpdateAssumeRolePolicy", allow("iam:UpdateAssumeRolePolicy", f"{IAM}role/deploy"), "role/deploy", "role/other", RHINO.format(14)),
    ("AssumeRole", allow("sts:AssumeRole", f"{IAM}role/deploy"), "role/deploy", "role/other", PATHFINDING.format("sts-001")),
    ("AssumeRole", allow("sts:*", f"{IAM}role/d*"), "sts:*", "sts:Get*", BISHOP_FOX.format("STS-AssumeRole")),
    # Two together
    ("AttachRolePolicy", allow("iam:AttachRolePolicy", f"{IAM}role/app"), "role/app", "role/other", RHINO.format(9)),
    ("PutRolePolicy", allow("iam:PutRolePolicy", f"{IAM}role/app"), "role/app", "role/other", RHINO.format(12)),
    ("CreatePolicyVersion for a role", allow("iam:CreatePolicyVersion", f"{IAM}policy/apps"), "policy/apps", "policy/others", PATHFINDING.format("iam-016")),
    ("SetDefaultPolicyVersion for a role", allow("iam:SetDefaultPolicyVersion", f"{IAM}policy/apps-old"), "apps-old", "apps", RHINO.format(2)),
    ("AttachRolePolicy", allow(["iam:AttachRolePolicy", "sts:AssumeRole"], f"{IAM}role/other"), "sts:AssumeRole", "sts:TagSession", PATHFINDING.format("iam-014")),
    ("PutRolePolicy", allow(["iam:PutRolePolicy", "sts:AssumeRole"], f"{IAM}role/other"), "iam:PutRolePolicy", "iam:GetRolePolicy", PATHFINDING.format("iam-017")),
    ("AttachRolePolicy", allow(["iam:AttachRolePolicy", "iam:UpdateAssumeRolePolicy"], f"{IAM}role/plain-ec2"), "UpdateAssumeRolePolicy", "UpdateRoleDescription", PATHFINDING.format("iam-019")),
    ("PutRolePolicy", allow(["iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy"], f"{IAM}role/plain-ec2"), "UpdateAssumeRolePolicy", "UpdateRoleDescription", PATHFINDING.format("iam-021")),
    ("CreatePolicyVersion for a role", allow(["iam:CreatePolicyVersion", "iam:UpdateAssumeRolePolicy"], [f"{IAM}policy/others", f"{IAM}role/other"]), "role/other", "role/plain-ec2", PATHFINDING.format("iam-020")),
    ("AttachUserPolicy", allow(["iam:AttachUserPolicy", "iam:CreateAccessKey"], f"{IAM}user/bob"), "CreateAccessKey", "ListAccessKeys", PATHFINDING.format("iam-015")),
    ("PutUserPolicy", allow(["iam:PutUserPolicy", "iam:CreateAccessKey"], f"{IAM}user/bob"), "CreateAccessKey", "DeleteAccessKey", PATHFINDING.format("iam-018")),
    ("CreatePolicyVersion", allow(["iam:CreatePolicyVersion", "iam:CreateLoginProfile"], [f"{IAM}policy/harmless", f"{IAM}user/bob"]), "user/bob", "user/eve", PATHFINDING.format("iam-001, variations")),
    ("AttachRolePolicy", allow(["iam:CreateRole", "iam:AttachRolePolicy"], f"{IAM}role/team/*"), "CreateRole", "DeleteRole", "PMapper, update_admin_status: creates a role and attaches AdministratorAccess"),
    ("PutRolePolicy", allow(["iam:CreateRole", "iam:PutRolePolicy"], f"{IAM}role/team/*"), "PutRolePolicy", "TagRole", "PMapper, update_admin_status: creates a role and writes an inline policy"),
    ("AttachUserPolicy", allow(["iam:CreateUser", "iam:AttachUserPolicy", "iam:CreateAccessKey"], f"{IAM}user/team/*"), "CreateUser", "TagUser", "HackTricks, AWS IAM privesc"),
    ("PutUserPolicy", allow(["iam:CreateUser", "iam:PutUserPolicy", "iam:CreateLoginProfile"], f"{IAM}user/team/*"), "CreateLoginProfile", "GetLoginProfile", "HackTricks, AWS IAM privesc"),
    # Groups that the user joins
    ("AddUserToGroup + PutGroupPolicy", allow(["iam:AddUserToGroup", "iam:PutGroupPolicy"], f"{IAM}group/dev"), "AddUserToGroup", "RemoveUserFromGroup", PATHFINDING.format("iam-011 and iam-013")),
    ("AddUserToGroup + AttachGroupPolicy", allow(["iam:AddUserToGroup", "iam:AttachGroupPolicy"], f"{IAM}group/d*"), "group/d*", "group/n*", PATHFINDING.format("iam-010 and iam-013")),
    ("CreateGroup + AddUserToGroup + PutGroupPolicy", allow(["iam:CreateGroup", "iam:AddUserToGroup", "iam:PutGroupPolicy"], f"{IAM}group/team/*"), "CreateGroup", "DeleteGroup", PATHFINDING.format("iam-011 and iam-013")),
    ("CreateGroup + AddUserToGroup + AttachGroupPolicy", allow(["iam:CreateGroup", "iam:AddUserToGroup", "iam:AttachGroupPolicy"], f"{IAM}group/team/*"), "AttachGroupPolicy", "DetachGroupPolicy", PATHFINDING.format("iam-010 and iam-013")),
    ("UpdateSAMLProvider", allow("iam:UpdateSAMLProvider", f"{IAM}saml-provider/staff"), "saml-provider/staff", "saml-provider/guests", "HackTricks, AWS IAM privesc"),
]  # fmt: skip

# The services: PassRole on everything, the actions of one row, and one of them changed.
SERVICE_CASES = [
    ("PassRole + lambda:CreateFunction + lambda:InvokeFunction", "lambda:InvokeFunction", "lambda:ListFunctions", RHINO.format(15)),
    ("PassRole + lambda:CreateFunction + lambda:AddPermission", "lambda:AddPermission", "lambda:RemovePermission", RHINO.format(16)),
    ("PassRole + lambda:CreateFunction + lambda:CreateEventSourceMapping", "lambda:CreateFunction", "lambda:DeleteFunction", RHINO.format(17)),
    ("lambda:UpdateFunctionCode", "lambda:UpdateFunctionCode", "lambda:GetFunctionConfiguration", RHINO.format(18)),
    ("lambda:UpdateFunctionConfiguration", "lambda:UpdateFunctionConfiguration", "lambda:UpdateFunctionEventInvokeConfig", RHINO_2.format(1)),
    ("PassRole + ec2:RunInstances", "ec2:RunInstances", "ec2:StartInstances", RHINO.format(3)),
    ("PassRole + ec2:RequestSpotInstances", "ec2:RequestSpotInstances", "ec2:CancelSpotInstanceRequests", PATHFINDING.format("ec2-003")),
    ("PassRole + ec2:AssociateIamInstanceProfile", "iam:PassRole", "iam:GetRole", "HackTricks, AWS EC2 privesc"),
    ("PassRole + CreateInstanceProfile + AddRoleToInstanceProfile + ec2:RunInstances", "iam:AddRoleToInstanceProfile", "iam:RemoveRoleFromInstanceProfile", "HackTricks, AWS EC2 privesc"),
    ("PassRole + autoscaling:CreateLaunchConfiguration + autoscaling:CreateAutoScalingGroup", "autoscaling:CreateLaunchConfiguration", "autoscaling:DeleteLaunchConfiguration", HACKING.format("autoscaling")),
    ("PassRole + ec2:CreateLaunchTemplate + autoscaling:CreateAutoScalingGroup", "ec2:CreateLaunchTemplate", "ec2:DeleteLaunchTemplate", HACKING.format("autoscaling")),
    ("ec2:CreateLaunchTemplateVersion + ec2:ModifyLaunchTemplate", "ec2:ModifyLaunchTemplate", "ec2:GetLaunchTemplateData", PATHFINDING.format("ec2-004")),
    ("ec2:ModifyInstanceAttribute + ec2:StopInstances + ec2:StartInstances", "ec2:ModifyInstanceAttribute", "ec2:DescribeInstanceAttribute", PATHFINDING.format("ec2-002")),
    ("ssm:SendCommand", "ssm:SendCommand", "ssm:ListCommands", BISHOP_FOX.format("SSM-SendCommand")),
    ("ssm:StartSession", "ssm:StartSession", "ssm:TerminateSession", BISHOP_FOX.format("SSM-StartSession")),
    ("ec2-instance-connect:SendSSHPublicKey", "ec2-instance-connect:SendSSHPublicKey", "ec2-instance-connect:OpenTunnel", BISHOP_FOX.format("EC2InstanceConnect-SendSSHPublicKey")),
    ("PassRole + cloudformation:CreateStack", "cloudformation:CreateStack", "cloudformation:ListStacks", RHINO.format(20)),
    ("cloudformation:UpdateStack", "cloudformation:UpdateStack", "cloudformation:DescribeStacks", BISHOP_FOX.format("CloudFormation-UpdateStack")),
    ("cloudformation:CreateChangeSet + cloudformation:ExecuteChangeSet", "cloudformation:ExecuteChangeSet", "cloudformation:DescribeChangeSet", PATHFINDING.format("cloudformation-005")),
    ("PassRole + cloudformation:CreateStackSet + cloudformation:CreateStackInstances", "cloudformation:CreateStackInstances", "cloudformation:ListStackInstances", PATHFINDING.format("cloudformation-003")),
    ("PassRole + cloudformation:UpdateStackSet", "cloudformation:UpdateStackSet", "cloudformation:DescribeStackSet", PATHFINDING.format("cloudformation-004")),
    ("PassRole + codebuild:CreateProject + codebuild:StartBuild", "codebuild:CreateProject", "codebuild:ListProjects", BISHOP_FOX.format("CodeBuild-CreateProjectPassRole")),
    ("PassRole + codebuild:CreateProject + codebuild:StartBuildBatch", "codebuild:StartBuildBatch", "codebuild:StopBuildBatch", PATHFINDING.format("codebuild-004")),
    ("codebuild:StartBuild", "codebuild:StartBuild", "codebuild:StopBuild", PATHFINDING.format("codebuild-002")),
    ("codebuild:StartBuildBatch", "codebuild:StartBuildBatch", "codebuild:RetryBuildBatch", PATHFINDING.format("codebuild-003")),
    ("PassRole + ecs:RegisterTaskDefinition + ecs:RunTask", "ecs:RunTask", "ecs:StopTask", HACKING.format("ecs:RunTask")),
    ("PassRole + ecs:RegisterTaskDefinition + ecs:CreateService", "ecs:RegisterTaskDefinition", "ecs:DescribeTaskDefinition", PATHFINDING.format("ecs-003")),
    ("PassRole + ecs:RegisterTaskDefinition + ecs:StartTask", "ecs:StartTask", "ecs:StopTask", HACKING.format("ecs:StartTask")),
    ("ecs:ExecuteCommand", "ecs:ExecuteCommand", "ecs:DescribeTasks", "HackTricks, AWS ECS privesc"),
    ("PassRole + glue:CreateDevEndpoint", "glue:CreateDevEndpoint", "glue:GetDevEndpoint", RHINO.format(19)),
    ("glue:UpdateDevEndpoint", "glue:UpdateDevEndpoint", "glue:DeleteDevEndpoint", BISHOP_FOX.format("privesc19")),
    ("PassRole + glue:CreateJob + glue:StartJobRun", "glue:StartJobRun", "glue:BatchStopJobRun", HACKING.format("glue:CreateJob")),
    ("PassRole + glue:CreateJob + glue:CreateTrigger", "glue:CreateTrigger", "glue:GetTrigger", PATHFINDING.format("glue-004")),
    ("PassRole + glue:UpdateJob + glue:StartJobRun", "glue:UpdateJob", "glue:GetJob", HACKING.format("glue:UpdateJob")),
    ("PassRole + glue:UpdateJob + glue:CreateTrigger", "glue:CreateTrigger", "glue:StopTrigger", PATHFINDING.format("glue-006")),
    ("PassRole + datapipeline:CreatePipeline + datapipeline:PutPipelineDefinition + datapipeline:ActivatePipeline", "datapipeline:PutPipelineDefinition", "datapipeline:GetPipelineDefinition", RHINO.format(21)),
    ("PassRole + sagemaker:CreateNotebookInstance", "sagemaker:CreateNotebookInstance", "sagemaker:ListNotebookInstances", RHINO_2.format(2)),
    ("PassRole + sagemaker:CreateTrainingJob", "sagemaker:CreateTrainingJob", "sagemaker:StopTrainingJob", BISHOP_FOX.format("SageMaker-CreateTrainingJobPassRole")),
    ("PassRole + sagemaker:CreateProcessingJob", "sagemaker:CreateProcessingJob", "sagemaker:StopProcessingJob", BISHOP_FOX.format("SageMaker-CreateProcessingJobPassRole")),
    ("sagemaker:CreatePresignedNotebookInstanceUrl", "sagemaker:CreatePresignedNotebookInstanceUrl", "sagemaker:DescribeNotebookInstance", RHINO_2.format(3)),
    ("sagemaker:CreateNotebookInstanceLifecycleConfig + sagemaker:StopNotebookInstance + sagemaker:UpdateNotebookInstance + sagemaker:StartNotebookInstance", "sagemaker:UpdateNotebookInstance", "sagemaker:DescribeNotebookInstance", PATHFINDING.format("sagemaker-005")),
    ("PassRole + apprunner:CreateService", "apprunner:CreateService", "apprunner:ListServices", PATHFINDING.format("apprunner-001")),
    ("apprunner:UpdateService", "apprunner:UpdateService", "apprunner:PauseService", PATHFINDING.format("apprunner-002")),
    ("PassRole + bedrock-agentcore:CreateCodeInterpreter + bedrock-agentcore:StartCodeInterpreterSession + bedrock-agentcore:InvokeCodeInterpreter", "bedrock-agentcore:CreateCodeInterpreter", "bedrock-agentcore:GetCodeInterpreter", HACKING.format("bedrock-agentcore")),
    ("bedrock-agentcore:StartCodeInterpreterSession + bedrock-agentcore:InvokeCodeInterpreter", "bedrock-agentcore:InvokeCodeInterpreter", "bedrock-agentcore:StopCodeInterpreterSession", PATHFINDING.format("bedrock-002")),
    ("PassRole + states:CreateStateMachine + states:StartExecution", "states:StartExecution", "states:StopExecution", "HackTricks, AWS Step Functions privesc"),
    ("PassRole + elasticmapreduce:RunJobFlow", "elasticmapreduce:RunJobFlow", "elasticmapreduce:ListClusters", "HackTricks, AWS EMR privesc"),
    ("PassRole + ssm:StartAutomationExecution", "ssm:StartAutomationExecution", "ssm:StopAutomationExecution", "AWS Systems Manager User Guide, Setting up Automation"),
    ("PassRole + lambda:CreateFunction + lambda:CreateFunctionUrlConfig + lambda:InvokeFunctionUrl", "lambda:CreateFunctionUrlConfig", "lambda:GetFunctionUrlConfig", "HackTricks, AWS Lambda privesc"),
    ("PassRole + ec2:ReplaceIamInstanceProfileAssociation", "ec2:ReplaceIamInstanceProfileAssociation", "ec2:DisassociateIamInstanceProfile", "HackTricks, AWS EC2 privesc"),
    ("PassRole + RemoveRoleFromInstanceProfile + AddRoleToInstanceProfile", "iam:AddRoleToInstanceProfile", "iam:GetInstanceProfile", "HackTricks, AWS EC2 privesc"),
    ("PassRole + autoscaling:CreateLaunchConfiguration + autoscaling:UpdateAutoScalingGroup", "autoscaling:UpdateAutoScalingGroup", "autoscaling:DeleteAutoScalingGroup", "HackTricks, AWS EC2 privesc"),
    ("PassRole + ec2:CreateLaunchTemplate + autoscaling:UpdateAutoScalingGroup", "ec2:CreateLaunchTemplate", "ec2:DescribeLaunchTemplates", "HackTricks, AWS EC2 privesc"),
    ("ssm:CreateAssociation", "ssm:CreateAssociation", "ssm:DeleteAssociation", "HackTricks, AWS SSM privesc"),
    ("ssm:UpdateDocument + ssm:UpdateDocumentDefaultVersion", "ssm:UpdateDocumentDefaultVersion", "ssm:UpdateDocumentMetadata", "HackTricks, AWS SSM privesc"),
    ("ssm:RegisterTargetWithMaintenanceWindow + ssm:RegisterTaskWithMaintenanceWindow", "ssm:RegisterTaskWithMaintenanceWindow", "ssm:DeregisterTaskFromMaintenanceWindow", "HackTricks, AWS SSM privesc"),
    ("ssm:StartSession in a task", "ssm:StartSession", "ssm:ResumeSession", "HackTricks, AWS SSM privesc"),
    ("codedeploy:CreateDeployment + codedeploy:RegisterApplicationRevision + codedeploy:GetDeploymentConfig", "codedeploy:CreateDeployment", "codedeploy:StopDeployment", PATHFINDING.format("codedeploy-001")),
    ("PassRole + elasticbeanstalk:CreateApplicationVersion + elasticbeanstalk:CreateEnvironment", "elasticbeanstalk:CreateEnvironment", "elasticbeanstalk:TerminateEnvironment", "HackTricks, AWS Elastic Beanstalk privesc"),
    ("elasticbeanstalk:CreateApplicationVersion + elasticbeanstalk:UpdateEnvironment", "elasticbeanstalk:UpdateEnvironment", "elasticbeanstalk:RestartAppServer", "HackTricks, AWS Elastic Beanstalk privesc"),
    ("PassRole + imagebuilder:CreateComponent + imagebuilder:CreateImageRecipe + imagebuilder:CreateInfrastructureConfiguration + imagebuilder:CreateImage", "imagebuilder:CreateImage", "imagebuilder:GetImage", PATHFINDING.format("imagebuilder-001")),
    ("cloudformation:UpdateStackSet", "cloudformation:UpdateStackSet", "cloudformation:DescribeStackSet", "HackTricks, AWS CloudFormation privesc"),
    ("PassRole + codebuild:CreateProject + codepipeline:CreatePipeline", "codepipeline:CreatePipeline", "codepipeline:GetPipeline", "HackTricks, AWS CodePipeline privesc"),
    ("codebuild:UpdateProject + codepipeline:StartPipelineExecution", "codebuild:UpdateProject", "codebuild:BatchGetProjects", "HackTricks, AWS CodePipeline privesc"),
    ("PassRole + codepipeline:CreatePipeline", "codepipeline:CreatePipeline", "codepipeline:ListPipelines", "AWS CodePipeline User Guide, Commands action reference"),
    ("codepipeline:UpdatePipeline", "codepipeline:UpdatePipeline", "codepipeline:GetPipelineState", "HackTricks, AWS CodePipeline privesc"),
    ("PassRole + amplify:CreateApp + amplify:CreateBranch + amplify:StartJob", "amplify:StartJob", "amplify:StopJob", PATHFINDING.format("amplify-001")),
    ("PassRole + ecs:RunTask", "ecs:RunTask", "ecs:StopTask", PATHFINDING.format("ecs-008")),
    ("PassRole + ecs:StartTask", "iam:PassRole", "iam:GetRole", PATHFINDING.format("ecs-009")),
    ("PassRole + ecs:RegisterTaskDefinition + ecs:UpdateService", "ecs:UpdateService", "ecs:DescribeServices", "HackTricks, AWS ECS privesc"),
    ("PassRole + batch:RegisterJobDefinition + batch:SubmitJob", "batch:RegisterJobDefinition", "batch:DeregisterJobDefinition", PATHFINDING.format("batch-001")),
    ("batch:SubmitJob", "batch:SubmitJob", "batch:CancelJob", PATHFINDING.format("batch-002")),
    ("glue:UpdateJob", "glue:UpdateJob", "glue:GetJob", "HackTricks, AWS Glue privesc"),
    ("PassRole + glue:CreateSession + glue:RunStatement", "glue:RunStatement", "glue:GetStatement", PATHFINDING.format("glue-007")),
    ("PassRole + sagemaker:CreateHyperParameterTuningJob", "sagemaker:CreateHyperParameterTuningJob", "sagemaker:StopHyperParameterTuningJob", "HackTricks, AWS SageMaker privesc"),
    ("sagemaker:CreatePresignedDomainUrl", "sagemaker:CreatePresignedDomainUrl", "sagemaker:DescribeUserProfile", "HackTricks, AWS SageMaker privesc"),
    ("PassRole + bedrock-agentcore:CreateAgentRuntime + bedrock-agentcore:CreateAgentRuntimeEndpoint + bedrock-agentcore:CreateWorkloadIdentity + bedrock-agentcore:InvokeAgentRuntimeCommand", "bedrock-agentcore:CreateAgentRuntime", "bedrock-agentcore:GetAgentRuntime", PATHFINDING.format("bedrock-003")),
    ("bedrock-agentcore:InvokeAgentRuntimeCommand", "bedrock-agentcore:InvokeAgentRuntimeCommand", "bedrock-agentcore:InvokeAgentRuntime", PATHFINDING.format("bedrock-004")),
    ("PassRole + bedrock-agentcore:CreateHarness + bedrock-agentcore:CreateAgentRuntime + bedrock-agentcore:CreateAgentRuntimeEndpoint + bedrock-agentcore:CreateWorkloadIdentity + bedrock-agentcore:GetAgentRuntime + bedrock-agentcore:InvokeAgentRuntimeCommand", "bedrock-agentcore:CreateHarness", "bedrock-agentcore:GetHarness", PATHFINDING.format("bedrock-005")),
    ("PassRole + bedrock-agentcore:CreateBrowser + bedrock-agentcore:StartBrowserSession + bedrock-agentcore:ConnectBrowserAutomationStream", "bedrock-agentcore:CreateBrowser", "bedrock-agentcore:GetBrowser", PATHFINDING.format("bedrock-006")),
    ("bedrock-agentcore:StartBrowserSession + bedrock-agentcore:ConnectBrowserAutomationStream", "bedrock-agentcore:ConnectBrowserAutomationStream", "bedrock-agentcore:ConnectBrowserLiveViewStream", PATHFINDING.format("bedrock-007")),
    ("PassRole + states:CreateStateMachine + states:StartSyncExecution", "states:StartSyncExecution", "states:StopExecution", "HackTricks, AWS Step Functions privesc"),
    ("states:UpdateStateMachine", "states:UpdateStateMachine", "states:DescribeStateMachine", PATHFINDING.format("stepfunctions-002")),
    ("PassRole + states:TestState", "states:TestState", "states:ListStateMachines", "HackTricks, AWS Step Functions privesc"),
    ("PassRole + scheduler:CreateSchedule", "scheduler:CreateSchedule", "scheduler:GetSchedule", PATHFINDING.format("scheduler-001")),
    ("PassRole + scheduler:UpdateSchedule", "scheduler:UpdateSchedule", "scheduler:DeleteSchedule", "HackTricks, EventBridge Scheduler privesc"),
    ("elasticmapreduce:AddJobFlowSteps", "elasticmapreduce:AddJobFlowSteps", "elasticmapreduce:CancelSteps", "Amazon EMR API Reference, AddJobFlowSteps"),
    ("PassRole + emr-serverless:CreateApplication + emr-serverless:StartJobRun", "emr-serverless:StartJobRun", "emr-serverless:CancelJobRun", PATHFINDING.format("emrserverless-001")),
    ("PassRole + kinesisanalytics:CreateApplication + kinesisanalytics:StartApplication", "kinesisanalytics:CreateApplication", "kinesisanalytics:DescribeApplication", PATHFINDING.format("kinesisanalytics-001")),
    ("PassRole + omics:CreateWorkflow + omics:StartRun", "omics:StartRun", "omics:CancelRun", PATHFINDING.format("omics-001")),
    ("PassRole + braket:CreateJob", "braket:CreateJob", "braket:CancelJob", PATHFINDING.format("braket-001")),
    ("PassRole + gamelift:CreateBuild + gamelift:CreateFleet + gamelift:RequestUploadCredentials", "gamelift:CreateFleet", "gamelift:DeleteFleet", PATHFINDING.format("gamelift-001")),
    ("PassRole + rolesanywhere:CreateTrustAnchor + rolesanywhere:CreateProfile", "rolesanywhere:CreateProfile", "rolesanywhere:GetProfile", "HackTricks, AWS STS privesc"),
    ("rolesanywhere:CreateTrustAnchor", "rolesanywhere:CreateTrustAnchor", "rolesanywhere:GetTrustAnchor", "AWS IAM Roles Anywhere User Guide, trust model"),
    ("PassRole + cognito-identity:SetIdentityPoolRoles", "cognito-identity:SetIdentityPoolRoles", "cognito-identity:GetIdentityPoolRoles", PATHFINDING.format("cognitoidentity-001")),
    ("cognito-identity:UpdateIdentityPool", "cognito-identity:UpdateIdentityPool", "cognito-identity:DescribeIdentityPool", "HackTricks, AWS Cognito privesc"),
]  # fmt: skip


def changed(statement: dict[str, Any], old: str, new: str) -> dict[str, Any]:
    """The same statement with one token changed."""
    text = json.dumps(statement)
    assert old in text
    result: dict[str, Any] = json.loads(text.replace(old, new))
    return result


@pytest.mark.parametrize(
    ("way", "statement", "old", "new", "source"),
    [pytest.param(*case, id=f"{case[0]}: {case[2]} not {case[3]}") for case in CASES],
)
def test_a_way_is_found_and_its_neighbour_is_none(
    way: str, statement: dict[str, Any], old: str, new: str, source: str
) -> None:
    assert source
    assert way in ways(eve(statement))
    assert way not in ways(eve(changed(statement, old, new)))


def every_action(way: str) -> dict[str, Any]:
    (row,) = [row for row in WAYS if row.name == way]
    return allow([step.action for step in row.steps])


@pytest.mark.parametrize(
    ("way", "old", "new", "source"),
    [pytest.param(*case, id=f"{case[0]}, not {case[2]}") for case in SERVICE_CASES],
)
def test_a_service_runs_code_as_an_administrator_with_every_action_and_not_without_one(
    way: str, old: str, new: str, source: str
) -> None:
    assert source
    assert way in ways(eve(every_action(way)))
    assert way not in ways(eve(changed(every_action(way), f'"{old}"', f'"{new}"')))


@pytest.mark.parametrize("way", [case[0] for case in SERVICE_CASES])
def test_a_service_is_of_no_use_without_an_administrator_role_that_trusts_it(way: str) -> None:
    somebody = eve(every_action(way))
    whole = account(somebody)
    (row,) = [row for row in WAYS if row.name == way]
    without = replace(whole, roles=tuple(role for role in whole.roles if role.role_name != f"admin-{row.service}"))

    assert way in [grant.way for grant in grants(somebody, snapshot=whole)]
    assert way not in [grant.way for grant in grants(somebody, snapshot=without)]


def test_every_row_of_the_table_has_a_case() -> None:
    told = {case[0] for case in CASES} | {case[0] for case in SERVICE_CASES}
    # What only removes a boundary or a Deny has tests of its own in test_search.py.
    bounded = {way.name for way in WAYS if way.bounded or way.removes_deny}
    # New principals are told by what raises them: CreateRole alone makes nobody an administrator.
    made = {way.name for way in WAYS if way.subject in (Subject.NEW_ROLE, Subject.NEW_USER)}

    assert told == {way.name for way in WAYS} - bounded - made


def test_names_are_unique_and_every_row_has_a_source() -> None:
    assert len({way.name for way in WAYS}) == len(WAYS)
    assert all(way.source.startswith("https://") for way in WAYS)
    assert {way.kind for way in WAYS} == set(Kind)
