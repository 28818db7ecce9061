"""Compare the table of privilege escalations with PMapper, Cloudsplaining and Prowler.

PMapper and Cloudsplaining evaluate the documents of tests/escalation/test_ways.py. Prowler's dictionary lists
combinations of actions, each of which must make an administrator here. `make compare-peers` installs them in a separate
environment: neither the product nor its tests or artifacts import them. A difference that is not listed below fails the
run; docs/adr/0024-peers-on-escalation.md explains the listed ones.
"""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from admin_mfa.escalation.search import Survey
from admin_mfa.escalation.snapshot import Role, Snapshot, TrustStatement
from admin_mfa.escalation.ways import WAYS
from admin_mfa.evaluate import grants_in_force
from admin_mfa.model import AdminGrant, IamUser, Unread
from admin_mfa.statements import Attachment, Condition, Policy, Statement
from tests.escalation.test_ways import (
    ATTACHED,
    CASES,
    EFFECTIVE,
    SERVICE_CASES,
    account,
    changed,
    eve,
    every_action,
    grants,
)
from tests.support.accounts import FULL_ACCESS, IAM, allow, document

ROOT = Path(__file__).resolve().parents[1]
RECORD = ROOT / "docs" / "adr" / "0024-peers-on-escalation.md"
PEERS = Path(__file__).with_name("ask_peers.py")
UNEXPLAINED = "... for a reason that docs/adr/0024 does not list"
NO_ADMINISTRATOR = "with no administrator role"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One account with the user eve, and the statement of the case."""

    name: str
    statement: dict[str, Any]
    snapshot: Snapshot


# Rows that neither peer covers, because they are newer than its last release or were never added. Some are whole
# services.
_SERVICES_IN_NEITHER = frozenset(
    (
        "amplify",
        "batch",
        "braket",
        "codedeploy",
        "codepipeline",
        "cognito-identity",
        "elasticbeanstalk",
        "elasticmapreduce",
        "emr-serverless",
        "gamelift",
        "imagebuilder",
        "kinesisanalytics",
        "omics",
        "rolesanywhere",
        "scheduler",
        "states",
    )
)
_NAMES_IN_NEITHER = (
    "AddUserToGroup +",
    "CreateGroup +",
    "UpdateSAMLProvider",
    "PassRole + RemoveRoleFromInstanceProfile",
    "PassRole + autoscaling:CreateLaunchConfiguration + autoscaling:UpdateAutoScalingGroup",
    "PassRole + bedrock-agentcore:CreateAgentRuntime",
    "PassRole + bedrock-agentcore:CreateBrowser",
    "PassRole + bedrock-agentcore:CreateHarness",
    "PassRole + ec2:CreateLaunchTemplate + autoscaling:UpdateAutoScalingGroup",
    "PassRole + ec2:ReplaceIamInstanceProfileAssociation",
    "PassRole + ecs:RegisterTaskDefinition + ecs:UpdateService",
    "PassRole + ecs:RunTask",
    "PassRole + ecs:StartTask",
    "PassRole + glue:CreateSession",
    "PassRole + lambda:CreateFunction + lambda:CreateFunctionUrlConfig",
    "PassRole + sagemaker:CreateHyperParameterTuningJob",
    "bedrock-agentcore:InvokeAgentRuntimeCommand",
    "bedrock-agentcore:StartBrowserSession",
    "cloudformation:UpdateStackSet",
    "glue:UpdateJob",
    "sagemaker:CreatePresignedDomainUrl",
    "ssm:CreateAssociation",
    "ssm:RegisterTargetWithMaintenanceWindow",
    "ssm:StartSession in a task",
    "ssm:UpdateDocument",
)
_IN_NEITHER = frozenset(
    way.name
    for way in WAYS
    if way.name.startswith(_NAMES_IN_NEITHER)
    or any(step.action.partition(":")[0] in _SERVICES_IN_NEITHER for step in way.steps)
)

# The differences of each peer, by reason; docs/adr/0024 explains them. A name is a way in the table, `combined` a way
# of two rows, `limited` a case with named resources or conditions.
NOT_COUNTED: dict[str, dict[str, frozenset[str]]] = {
    "PMapper": {
        "does not cover the way": frozenset(
            {
                "AddUserToGroup",
                "SetDefaultPolicyVersion",
                "lambda:UpdateFunctionConfiguration",
                "PassRole + ec2:RequestSpotInstances",
                "PassRole + ec2:AssociateIamInstanceProfile",
                "PassRole + ec2:CreateLaunchTemplate + autoscaling:CreateAutoScalingGroup",
                "ec2:CreateLaunchTemplateVersion + ec2:ModifyLaunchTemplate",
                "ec2:ModifyInstanceAttribute + ec2:StopInstances + ec2:StartInstances",
                "ec2-instance-connect:SendSSHPublicKey",
                "PassRole + cloudformation:CreateStackSet + cloudformation:CreateStackInstances",
                "PassRole + cloudformation:UpdateStackSet",
                "sagemaker:CreatePresignedNotebookInstanceUrl",
                *(way.name for way in WAYS if way.name.startswith("sagemaker:CreateNotebookInstanceLifecycleConfig")),
            }
            | _IN_NEITHER
            | {
                way.name
                for way in WAYS
                if way.service and way.service not in ("lambda", "ec2", "cloudformation", "codebuild", "sagemaker")
            }
        ),
        "requires existing resources, and the case has none": frozenset(
            (
                "lambda:UpdateFunctionCode",
                "cloudformation:UpdateStack",
                "cloudformation:CreateChangeSet + cloudformation:ExecuteChangeSet",
                "codebuild:StartBuild",
                "codebuild:StartBuildBatch",
            )
        ),
        "requires the service-linked role of Auto Scaling": frozenset(
            ("PassRole + autoscaling:CreateLaunchConfiguration + autoscaling:CreateAutoScalingGroup",)
        ),
        "does not raise a principal that it takes": frozenset(("combined",)),
        "tries only AdministratorAccess, or checks for a password": frozenset(
            ("AttachUserPolicy", "CreateLoginProfile")
        ),
    },
    "Cloudsplaining": {
        "counts only rights without limits": frozenset(("limited",)),
        "does not cover the way": frozenset(
            (
                "AssumeRole",
                "lambda:UpdateFunctionConfiguration",
                "PassRole + ec2:AssociateIamInstanceProfile",
                "PassRole + autoscaling:CreateLaunchConfiguration + autoscaling:CreateAutoScalingGroup",
                "PassRole + ec2:CreateLaunchTemplate + autoscaling:CreateAutoScalingGroup",
                "ssm:SendCommand",
                "ssm:StartSession",
                "ec2-instance-connect:SendSSHPublicKey",
                "cloudformation:UpdateStack",
                "codebuild:StartBuild",
                "codebuild:StartBuildBatch",
                "ecs:ExecuteCommand",
                "apprunner:UpdateService",
                "PassRole + ssm:StartAutomationExecution",
            )
        )
        | _IN_NEITHER,
    },
}

# Combinations of Prowler's dictionary that do not make an administrator here, with the reason.
_IDENTITY_CENTER = "affects an organization's management account, which IAM data does not identify"
PROWLER_NOT_COUNTED = {
    "PassRole+CodeStar": "uses CodeStar, which AWS has discontinued",
    "SSOCreatePermissionSet+CreateAccountAssignment+AttachManagedPolicy": _IDENTITY_CENTER,
    "sso:AttachManagedPolicyToPermissionSet": _IDENTITY_CENTER,
    "sso:PutInlinePolicyToPermissionSet": _IDENTITY_CENTER,
}

COUNTED: dict[str, dict[str, Callable[[Case], bool]]] = {
    "PMapper": {"counts a function that nothing invokes": lambda case: "lambda:CreateFunction" in case.name},
    "Cloudsplaining": {
        "does not check whether there is an administrator to reach": lambda case: case.name.endswith(NO_ADMINISTRATOR),
        "counts a pipeline without a definition": lambda case: "datapipeline:CreatePipeline" in case.name,
    },
}


def _why(peer: str, case: Case, ours: tuple[AdminGrant, ...]) -> str | None:
    """Return the reason of a difference, or None if no listed reason explains all of it."""
    if not ours:
        return next((why for why, applies in COUNTED[peer].items() if applies(case)), None)
    reasons = [
        next((why for why, names in NOT_COUNTED[peer].items() if not names.isdisjoint(_kinds(case, grant))), None)
        for grant in ours
    ]
    return None if None in reasons else reasons[0]


def _kinds(case: Case, grant: AdminGrant) -> set[str]:
    limited = case.statement["Resource"] != "*" or "Condition" in case.statement
    combined = sum(step.startswith("user eve can ") for step in grant.steps) > 1
    return {grant.way or "", *(["limited"] if limited else []), *(["combined"] if combined else [])}


def main() -> int:
    """Print every difference with its reason, and return 1 if one has none."""
    cases = [*_cases()]
    accounts = [{"name": case.name, **_account(case)} for case in cases]
    answer = subprocess.run(
        [sys.argv[1], PEERS], input=json.dumps(accounts), capture_output=True, text=True, check=False, cwd=ROOT
    )
    if answer.returncode:
        print(answer.stderr, file=sys.stderr)
        return 1
    agreed: Counter[str] = Counter()
    differences: dict[tuple[str, bool, str], list[str]] = {}
    results = json.loads(answer.stdout)
    for case, peers in zip(cases, results["answers"], strict=True):
        ours = _ours(case)
        for peer, theirs in peers.items():
            if theirs == bool(ours):
                agreed[peer] += 1
            else:
                differences.setdefault((peer, theirs, _why(peer, case, ours) or UNEXPLAINED), []).append(case.name)
    for (peer, theirs, why), names in sorted(differences.items()):
        print(f"{peer} returns {'yes' if theirs else 'no'} and we do not, {len(names)} cases: it {why}")
        for name in names:
            print(f"    {name}")
    for peer, count in sorted(agreed.items()):
        print(f"{peer} agrees on {count} of {len(cases)} cases.")
    explained = _compare_with_prowler(results["prowler"])
    stated = f"runs both on the {len(cases)} cases"
    figures = f"PMapper agrees on {agreed['PMapper']}, Cloudsplaining on {agreed['Cloudsplaining']}."
    record = " ".join(RECORD.read_text(encoding="utf-8").split())
    if stated not in record or figures not in record:
        print(f"{RECORD.name} must contain: {stated}; {figures}")
        return 1
    return 0 if explained and all(why is not UNEXPLAINED for _, _, why in differences) else 1


def _compare_with_prowler(combinations: dict[str, list[str]]) -> bool:
    """Print the combinations that do not make an administrator here, and return whether the list above matches."""
    missing = {name for name, actions in combinations.items() if not _makes_administrator(actions)}
    for name in sorted(missing):
        print(f"Prowler lists {name} and we do not: it {PROWLER_NOT_COUNTED.get(name, UNEXPLAINED)}")
    for name in sorted(PROWLER_NOT_COUNTED.keys() - missing):
        print(f"PROWLER_NOT_COUNTED lists {name}, which Prowler no longer lists or which we count.")
    print(f"{len(combinations) - len(missing)} of Prowler's {len(combinations)} combinations make an administrator.")
    return missing == PROWLER_NOT_COUNTED.keys()


def _makes_administrator(actions: list[str]) -> bool:
    """Return whether a user with these actions can become an administrator, directly or after removing its boundary."""
    statement = allow(actions)
    boundary = Policy(name="b", arn=f"{IAM}policy/b", document=document(statement))
    bounded = replace(eve(FULL_ACCESS), boundary=boundary)
    return bool(grants(eve(statement)) or grants(bounded, parameters=EFFECTIVE))


def _cases() -> list[Case]:
    found: list[Case] = []
    for way, statement, old, new, _ in CASES:
        found += _pair(way, statement, old, new, "ec2")
    for way, old, new, _ in SERVICE_CASES:
        (row,) = [row for row in WAYS if row.name == way]
        found += _pair(way, every_action(way), old, new, row.service or "")
        without_target = found[-2]
        roles = tuple(role for role in without_target.snapshot.roles if not role.role_name.startswith("admin-"))
        found.append(
            replace(
                without_target,
                name=f"{way}: {NO_ADMINISTRATOR}",
                snapshot=replace(without_target.snapshot, roles=roles),
            )
        )
    return found


def _pair(way: str, statement: dict[str, Any], old: str, new: str, service: str) -> list[Case]:
    return [
        Case(name=f"{way}: {text}", statement=variant, snapshot=_small(eve(variant), service))
        for text, variant in ((old, statement), (f"{new} in its place", changed(statement, old, new)))
    ]


def _small(user: IamUser, service: str) -> Snapshot:
    """Return the account without the roles of other services: PMapper's run time is quadratic in the principals."""
    whole = account(user)
    kept = {"deploy", "other", "app", f"admin-{service}", f"plain-{service}"}
    return replace(whole, roles=tuple(role for role in whole.roles if role.role_name in kept))


def _ours(case: Case) -> tuple[AdminGrant, ...]:
    found = grants_in_force(case.snapshot.users[0], ATTACHED, Survey(case.snapshot, ATTACHED))
    return () if isinstance(found, Unread) else found


def _account(case: Case) -> dict[str, Any]:
    snapshot = case.snapshot
    return {
        "document": {"Version": "2012-10-17", "Statement": [case.statement]},
        "groups": [
            {"arn": group.arn, "policies": _policies(group.attachments, group.arn)} for group in snapshot.groups
        ],
        "users": [
            {
                "arn": user.arn,
                "groups": [group.arn for group in snapshot.groups if group.group_name in user.groups],
                "policies": _policies([a for a in user.attachments if a.group is None], user.arn),
            }
            for user in snapshot.users
        ],
        "roles": [_role(role) for role in snapshot.roles],
    }


def _role(role: Role) -> dict[str, Any]:
    return {
        "arn": role.arn,
        "policies": _policies(role.attachments, role.arn),
        "trust": {"Version": "2012-10-17", "Statement": [_trust(statement) for statement in role.trust]},
        "instance_profile": role.instance_profile,
    }


def _policies(attachments: Any, holder: str) -> list[dict[str, Any]]:
    found: list[Attachment] = list(attachments)
    return [
        {
            "arn": attachment.policy.arn or holder,
            "name": attachment.policy.name,
            "document": {
                "Version": "2012-10-17",
                "Statement": [
                    _statement(s) for s in (attachment.policy.document.statements if attachment.policy.document else ())
                ],
            },
        }
        for attachment in found
    ]


def _statement(statement: Statement) -> dict[str, Any]:
    lists = {
        "Action": statement.actions,
        "NotAction": statement.not_actions,
        "Resource": statement.resources,
        "NotResource": statement.not_resources,
    }
    return {
        "Effect": statement.effect.value,
        **{name: list(values) for name, values in lists.items() if values is not None},
        **_conditions(statement.conditions),
    }


def _trust(statement: TrustStatement) -> dict[str, Any]:
    principals: dict[str, list[str]] = {}
    for kind, value in statement.principals:
        principals.setdefault(kind, []).append(value)
    return {
        "Effect": statement.effect.value,
        "Action": list(statement.actions or ()),
        "Principal": principals,
        **_conditions(statement.conditions),
    }


def _conditions(conditions: tuple[Condition, ...]) -> dict[str, Any]:
    block: dict[str, dict[str, list[str]]] = {}
    for condition in conditions:
        block.setdefault(condition.operator, {})[condition.key] = list(condition.values)
    return {"Condition": block} if block else {}


if __name__ == "__main__":
    sys.exit(main())
