"""The sample service control policies protect what member.yaml deploys, and nothing that member.yaml does itself."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import pytest

from scripts import member_template
from tests.deploy.templates import ACCOUNT, IN_CHINA, IN_GOVCLOUD, IN_US, Place, Resolver, statements
from tests.organization.conftest import GIVEN
from tests.support.policy_simulator import simulate
from tests.support.tools import ROOT

NAMES = ("scp-protect-deployment.json", "scp-protect-rule.json")
POLICIES: dict[str, dict[str, Any]] = {name: json.loads((ROOT / "docs" / name).read_text()) for name in NAMES}
STATEMENTS = [statement for policy in POLICIES.values() for statement in policy["Statement"]]
LIMIT = 5120
"""https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html"""

RULE = "iam-admin-user-mfa-enabled"
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
ATTACKER = "OrganizationAccountAccessRole"
DEPLOYMENT = "admin-mfa-deployment"
STACKSETS = "stacksets-exec-0123456789abcdef"
EXEMPTIONS = "admin-mfa-exemptions"

Request = tuple[str, str, str, str]
"""The name of a role, an action, a resource, and what else the request carries, as JSON."""


def request(role: str, action: str, resource: str, context: Mapping[str, Any] | None = None) -> Request:
    """Return a request that can be a key."""
    return role, action, resource, json.dumps(context or {})


def denied(*requests: Request) -> list[bool]:
    """Return for each request whether the policies deny it to a role that is allowed everything else."""
    answers = _answers(requests)
    assert set(answers) <= {"Allowed", "ExplicitlyDenied"}, [
        (one, answer)
        for one, answer in zip(requests, answers, strict=True)
        if answer not in ("Allowed", "ExplicitlyDenied")
    ]
    return [answer == "ExplicitlyDenied" for answer in answers]


@cache
def _answers(requests: tuple[Request, ...]) -> list[str]:
    return simulate([_simulation(*one) for one in requests])


def _simulation(role: str, action: str, resource: str, context: str) -> dict[str, Any]:
    partition = resource.split(":")[1] if resource.startswith("arn:") else "aws"
    full_access = [{"name": "FullAWSAccess", "policy": EVERYTHING}]
    principal = f"arn:{partition}:iam::{ACCOUNT}:role/{role}"
    ours = [{"name": name.replace(".json", ""), "policy": policy} for name, policy in POLICIES.items()]
    return {
        "request": {
            "principal": principal,
            "action": action,
            "resource": {"resource": resource, "accountId": ACCOUNT},
            "contextVariables": {"aws:PrincipalArn": principal, **json.loads(context)},
        },
        "identityPolicies": [{"name": "AdministratorAccess", "policy": EVERYTHING}],
        "serviceControlPolicies": [{"orgIdentifier": "r-ab12", "policies": [*full_access, *ours]}],
        "resourceControlPolicies": [],
    }


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


# The documents


@pytest.mark.parametrize("name", NAMES)
def test_each_is_a_service_control_policy_within_the_limit(name: str) -> None:
    policy = POLICIES[name]
    assert policy["Version"] == "2012-10-17"
    assert len(json.dumps(policy, separators=(",", ":"))) <= LIMIT
    for statement in policy["Statement"]:
        assert set(statement) <= {"Sid", "Effect", "Action", "Resource", "Condition"}, "an SCP names no principal"
        assert statement["Effect"] == "Deny", "beside FullAWSAccess an Allow would change nothing"
        for field in ("Action", "Resource"):
            assert as_list(statement[field]) == sorted(as_list(statement[field]))


def test_no_statement_identifier_comes_twice() -> None:
    assert len({statement["Sid"] for statement in STATEMENTS}) == len(STATEMENTS)


# What member.yaml makes

STACK = f"stack/StackSet-{RULE}-1b2c3d4e/5f6a"
DESTRUCTION: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "AWS::CloudWatch::Alarm": (
        "cloudwatch:{place}:alarm:{AlarmName}",
        (
            *("cloudwatch:DeleteAlarms", "cloudwatch:DisableAlarmActions"),
            *("cloudwatch:PutMetricAlarm", "cloudwatch:SetAlarmState"),
        ),
    ),
    "AWS::CloudWatch::Dashboard": (
        "cloudwatch::{account}:dashboard/{DashboardName}",
        ("cloudwatch:DeleteDashboards", "cloudwatch:PutDashboard"),
    ),
    "AWS::DynamoDB::Table": (
        "dynamodb:{place}:table/{TableName}",
        (
            *("dynamodb:DeleteTable", "dynamodb:UpdateTable", "dynamodb:UpdateTimeToLive"),
            *("dynamodb:PutResourcePolicy", "dynamodb:UpdateContinuousBackups"),
            *("dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"),
            *("dynamodb:PartiQLDelete", "dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate"),
        ),
    ),
    "AWS::Events::Rule": (
        "events:{place}:rule/{Name}",
        ("events:DeleteRule", "events:DisableRule", "events:PutRule", "events:PutTargets", "events:RemoveTargets"),
    ),
    "AWS::IAM::ManagedPolicy": (
        "iam::{account}:policy/{ManagedPolicyName}",
        (
            *("iam:CreatePolicy", "iam:CreatePolicyVersion", "iam:DeletePolicy", "iam:DeletePolicyVersion"),
            "iam:SetDefaultPolicyVersion",
        ),
    ),
    "AWS::IAM::Role": (
        "iam::{account}:role/{RoleName}",
        (
            *("iam:AttachRolePolicy", "iam:DeleteRole", "iam:DeleteRolePolicy", "iam:DetachRolePolicy"),
            *("iam:DeleteRolePermissionsBoundary", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"),
            *("iam:UpdateAssumeRolePolicy", "iam:UpdateRole"),
        ),
    ),
    "AWS::Lambda::Function": (
        "lambda:{place}:function:{FunctionName}",
        (
            *(
                "lambda:AddPermission",
                "lambda:DeleteFunction",
                "lambda:InvokeFunction",
                "lambda:PutFunctionConcurrency",
            ),
            *("lambda:RemovePermission", "lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration"),
            *("lambda:DeleteFunctionEventInvokeConfig", "lambda:PutFunctionEventInvokeConfig"),
            *("lambda:CreateFunction", "lambda:UpdateFunctionEventInvokeConfig"),
        ),
    ),
    "AWS::Logs::LogGroup": (
        "logs:{place}:log-group:{LogGroupName}",
        ("logs:DeleteLogGroup", "logs:PutRetentionPolicy"),
    ),
    "AWS::SQS::Queue": (
        "sqs:{place}:{QueueName}",
        (
            *("sqs:AddPermission", "sqs:DeleteQueue", "sqs:PurgeQueue"),
            *("sqs:RemovePermission", "sqs:SetQueueAttributes"),
        ),
    ),
    "AWS::SSM::Document": (
        "ssm:{place}:document/{Name}",
        (
            *("ssm:CreateDocument", "ssm:DeleteDocument", "ssm:ModifyDocumentPermission"),
            *("ssm:UpdateDocument", "ssm:UpdateDocumentDefaultVersion"),
        ),
    ),
}
"""What a resource's ARN looks like, and what would end or change it."""

BESIDE = (
    (
        f"cloudformation:us-east-1:{ACCOUNT}:{STACK}",
        (
            "cloudformation:CreateChangeSet cloudformation:DeleteStack "
            "cloudformation:ExecuteChangeSet cloudformation:SetStackPolicy cloudformation:UpdateStack"
        ),
    ),
    (
        f"cloudformation:us-east-1:{ACCOUNT}:stackset/{RULE}:1b2c",
        (
            "cloudformation:DeleteStackInstances "
            "cloudformation:DeleteStackSet cloudformation:UpdateStackInstances cloudformation:UpdateStackSet"
        ),
    ),
    (
        f"cloudtrail:us-east-1:{ACCOUNT}:trail/all",
        "cloudtrail:DeleteTrail cloudtrail:PutEventSelectors cloudtrail:StopLogging cloudtrail:UpdateTrail",
    ),
    (
        f"config:us-east-1:{ACCOUNT}:config-rule/config-rule-ab12cd",
        "config:DeleteConfigRule config:DeleteEvaluationResults config:PutConfigRule",
    ),
    (
        f"config:us-east-1:{ACCOUNT}:conformance-pack/{RULE}/conformance-pack-ab12cd",
        "config:DeleteConformancePack config:PutConformancePack",
    ),
    (
        f"config:us-east-1:{ACCOUNT}:organization-conformance-pack/{RULE}-ab12cd",
        "config:DeleteOrganizationConformancePack config:PutOrganizationConformancePack",
    ),
    (
        f"config:us-east-1:{ACCOUNT}:remediation-configuration/{RULE}/ab12cd",
        "config:DeleteRemediationConfiguration config:PutRemediationConfigurations",
    ),
    (
        f"config:us-east-1:{ACCOUNT}:configuration-recorder/default/ab12cd",
        "config:DeleteConfigurationRecorder config:PutConfigurationRecorder config:StopConfigurationRecorder",
    ),
    ("*", "config:DeleteDeliveryChannel config:PutDeliveryChannel config:PutRemediationExceptions"),
    (f"logs:us-east-1:{ACCOUNT}:log-group:/aws/lambda/{RULE}:log-stream:any", "logs:DeleteLogStream"),
    (
        f"sns:us-east-1:{ACCOUNT}:{RULE}-notices",
        "sns:AddPermission sns:DeleteTopic sns:RemovePermission sns:SetTopicAttributes",
    ),
    (
        f"sns:us-east-1:{ACCOUNT}:Automation-{RULE}",
        "sns:AddPermission sns:DeleteTopic sns:SetTopicAttributes sns:Unsubscribe",
    ),
)
"""What is not a resource of member.yaml: its stack, what AWS Config and CloudTrail have, and the topics."""

COVERED_OTHERWISE = {
    "AWS::Config::ConformancePack": "config:PutConformancePack and others, on every resource",
    "AWS::Lambda::EventInvokeConfig": "with its function",
    "AWS::Lambda::EventSourceMapping": "by the function's ARN in a condition",
    "AWS::Lambda::Permission": "with its function",
    "AWS::SNS::TopicPolicy": "with its topic",
    "AWS::SQS::QueuePolicy": "with its queue",
}


def _resources(place: Place = IN_US) -> dict[str, dict[str, Any]]:
    member = Resolver({**GIVEN, "AuditorAccountId": "333333333333"}, place, _member()).resources()
    return {name: resource for name, resource in member.items() if "Properties" in resource}


@cache
def _member() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(member_template.member_template({})))
    return found


def _attacks(place: Place = IN_US) -> Iterator[tuple[str, str]]:
    """Every action and ARN that would end or change something of a member's stack, or what the stack rests on."""
    for rest, actions in BESIDE if place == IN_US else ():
        for action in actions.split():
            yield action, rest if rest == "*" else f"arn:aws:{rest}"
    for resource in _resources(place).values():
        if resource["Type"] not in DESTRUCTION:
            continue
        form, every = DESTRUCTION[resource["Type"]]
        properties = resource["Properties"]
        if resource["Type"] == "AWS::IAM::ManagedPolicy" and "ManagedPolicyName" not in properties:
            continue
        arn = form.format(place=f"{place.region}:{ACCOUNT}", account=ACCOUNT, **properties)
        for action in every:
            yield action, f"arn:{place.partition}:{arn}"


def test_every_kind_of_resource_of_a_member_is_covered() -> None:
    kinds = {resource["Type"] for resource in _resources().values()}
    assert kinds <= {*DESTRUCTION, *COVERED_OTHERWISE}


@pytest.mark.parametrize("place", [IN_US, IN_CHINA, IN_GOVCLOUD], ids=lambda place: place.partition)
def test_nobody_but_the_deployment_changes_what_a_member_has(place: Place) -> None:
    attacks = list(_attacks(place))
    assert len(attacks) > 100
    kept = denied(*(request(ATTACKER, *attack) for attack in attacks))
    assert [attack for attack, is_denied in zip(attacks, kept, strict=True) if not is_denied] == []
    data = re.compile(r"dynamodb:(BatchWriteItem|(Delete|Put|Update)Item|PartiQL\w+)")
    for role in (DEPLOYMENT, STACKSETS):
        own = [attack for attack in attacks if not data.fullmatch(attack[0])]
        open_to = denied(*(request(role, *attack) for attack in own))
        assert [attack for attack, is_denied in zip(own, open_to, strict=True) if is_denied] == []


# What the functions and documents do themselves


def _expand(pattern: str) -> str:
    return pattern.replace("*", "any")


def _own_requests() -> Iterator[Request]:
    """Everything that a role of the member's stack is allowed, by that role."""
    for name, resource in _resources().items():
        if resource["Type"] != "AWS::IAM::Role":
            continue
        for statement in statements(_resources(), name):
            if statement["Effect"] == "Allow":
                yield from _of(resource["Properties"]["RoleName"], statement)


def _of(role: str, statement: Mapping[str, Any]) -> Iterator[Request]:
    for action in as_list(statement["Action"]):
        for pattern in as_list(statement["Resource"]):
            arn = _real(pattern)
            if arn is not None:
                yield request(role, action, arn, {"iam:PassedToService": "ssm.amazonaws.com"})


def _real(pattern: str) -> str | None:
    """An ARN that the pattern stands for; the resolver's placeholders become names that the stack gives."""
    if ":log-group:" in pattern:
        return pattern.replace(":*", ":log-stream:any")
    names = {name: resource["Properties"] for name, resource in _resources().items()}
    last = re.split(r"[:/]", pattern)[-1]
    if pattern == "*":
        return "*"
    if not pattern.startswith("arn:"):  # a reference by logical id, to something that exists after creation only
        properties = names.get(pattern, {})
        return f"arn:aws:iam::{ACCOUNT}:policy/{properties['ManagedPolicyName']}" if properties else None
    if last in names:
        kind, properties = _resources()[last]["Type"], names[last]
        form = DESTRUCTION[kind][0]
        return "arn:aws:" + form.format(place=f"us-east-1:{ACCOUNT}", account=ACCOUNT, **properties)
    return _expand(pattern)


def test_the_roles_of_a_member_keep_all_that_they_are_allowed() -> None:
    # The key is the organization's, so that its own policy decides: tests/organization/test_notices_topic.py.
    requests = [one for one in _own_requests() if one[2] != "*" and not one[1].startswith("kms:")]
    assert {one[0] for one in requests} >= {
        f"{RULE}-{name}" for name in ("rule", "reevaluate", "remediation", "require")
    }
    assert (f"{RULE}-remediation", "dynamodb:UpdateItem") in {one[:2] for one in requests}
    hindered = [one for one, is_denied in zip(requests, denied(*requests), strict=True) if is_denied]
    assert hindered == []


# Single requests

USER = f"arn:aws:iam::{ACCOUNT}:user/ada"
DEVICE = f"arn:aws:iam::{ACCOUNT}:mfa/ada"
TABLE = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/{RULE}-remediation"
MAPPING = f"arn:aws:lambda:us-east-1:{ACCOUNT}:event-source-mapping:1b2c"
OF_OURS = {"lambda:FunctionArn": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{RULE}-reevaluate"}
OF_THEIRS = {"lambda:FunctionArn": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:shop"}
TO_LAMBDA = {"iam:PassedToService": "lambda.amazonaws.com"}


def _arn(rest: str) -> str:
    return f"arn:aws:{rest}"


def _role(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


def _tag(*keys: str) -> dict[str, Any]:
    return {"aws:TagKeys": list(keys)}


PACK = f"config:us-east-1:{ACCOUNT}:conformance-pack/{RULE}/conformance-pack-ab12cd"
CASES: Sequence[tuple[str, Request, bool]] = (
    (
        "delete a single account's stack",
        request(
            ATTACKER, "cloudformation:DeleteStack", _arn(f"cloudformation:us-east-1:{ACCOUNT}:stack/admin-mfa/1b2c")
        ),
        True,
    ),
    (
        "delete another stack",
        request(ATTACKER, "cloudformation:DeleteStack", _arn(f"cloudformation:us-east-1:{ACCOUNT}:stack/shop/1b2c")),
        False,
    ),
    (
        "StackSets update a stack",
        request(STACKSETS, "cloudformation:UpdateStack", _arn(f"cloudformation:us-east-1:{ACCOUNT}:{STACK}")),
        False,
    ),
    ("StackSets replace the pack", request(STACKSETS, "config:PutConformancePack", _arn(PACK)), False),
    ("read the rules", request(ATTACKER, "config:DescribeConfigRules", "*"), False),
    ("turn the queue's mapping off", request(ATTACKER, "lambda:UpdateEventSourceMapping", MAPPING, OF_OURS), True),
    ("delete the queue's mapping", request(ATTACKER, "lambda:DeleteEventSourceMapping", MAPPING, OF_OURS), True),
    ("turn another mapping off", request(ATTACKER, "lambda:UpdateEventSourceMapping", MAPPING, OF_THEIRS), False),
    ("StackSets change the mapping", request(STACKSETS, "lambda:UpdateEventSourceMapping", MAPPING, OF_OURS), False),
    ("the deployment writes the table", request(DEPLOYMENT, "dynamodb:PutItem", TABLE), True),
    ("a role of the same beginning in the table", request(f"{RULE}-reevaluate", "dynamodb:PutItem", TABLE), True),
    ("make a role with the deployment's name", request(ATTACKER, "iam:CreateRole", _role(DEPLOYMENT)), True),
    ("make a role with the exemptions' name", request(ATTACKER, "iam:CreateRole", _role(EXEMPTIONS)), True),
    (
        "make a role with the name of a StackSets role",
        request(ATTACKER, "iam:CreateRole", _role("stacksets-exec-mine")),
        True,
    ),
    ("make a role with the helper's name", request(ATTACKER, "iam:CreateRole", _role(f"{RULE}-remediation")), True),
    (
        "trust oneself with the deployment's role",
        request(ATTACKER, "iam:UpdateAssumeRolePolicy", _role(DEPLOYMENT)),
        True,
    ),
    (
        "the exemptions' role makes itself the deployment",
        request(EXEMPTIONS, "iam:CreateRole", _role(DEPLOYMENT)),
        True,
    ),
    ("make another role", request(ATTACKER, "iam:CreateRole", _role("shop")), False),
    (
        "run one's own function under the helper's role",
        request(ATTACKER, "iam:PassRole", _role(f"{RULE}-remediation"), TO_LAMBDA),
        True,
    ),
    (
        "start the document under its role",
        request(ATTACKER, "iam:PassRole", _role(f"{RULE}-require"), {"iam:PassedToService": "ssm.amazonaws.com"}),
        False,
    ),
    ("exempt oneself", request(ATTACKER, "iam:TagUser", USER, _tag("mfa-exempt")), True),
    (
        "exempt oneself, in other letters and with company",
        request(ATTACKER, "iam:TagUser", USER, _tag("team", "MFA-Exempt")),
        True,
    ),
    ("be made exempt", request(ATTACKER, "iam:CreateUser", USER, _tag("mfa-exempt")), True),
    ("set another tag", request(ATTACKER, "iam:TagUser", USER, _tag("team")), False),
    ("security exempts", request(EXEMPTIONS, "iam:TagUser", USER, _tag("mfa-exempt")), False),
    ("attest one's own phone", request(ATTACKER, "iam:TagMFADevice", DEVICE, _tag("mfa-managed-device")), True),
    ("end an exemption", request(ATTACKER, "iam:UntagUser", USER, _tag("mfa-exempt")), True),
    ("take an attestation off", request(ATTACKER, "iam:UntagMFADevice", DEVICE, _tag("mfa-managed-device")), True),
    (
        "attest it when it is made",
        request(ATTACKER, "iam:CreateVirtualMFADevice", DEVICE, _tag("mfa-managed-device")),
        True,
    ),
    ("enrol a device", request(ATTACKER, "iam:EnableMFADevice", USER), False),
)


@pytest.mark.parametrize("number", range(len(CASES)), ids=[name for name, _, _ in CASES])
def test_who_may_do_what(number: int) -> None:
    answers = denied(*(one for _, one, _ in CASES))
    assert answers[number] is CASES[number][2]


def test_each_action_of_the_policies_is_asked_about() -> None:
    asked = {action for action, _ in _attacks()} | {one[1] for _, one, _ in CASES}
    assert {action for statement in STATEMENTS for action in as_list(statement["Action"])} - asked == set()
