"""The roles of the remediation allow each request that a run makes, on its resource and condition, and no other.

The requests are those that the emulator records, under the names that the template gives; a policy simulator decides.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from demo.emulator.calls import Call
from tests.deploy.templates import Resolver, allowed_actions, policies
from tests.support.policy_simulator import simulate

from . import world as worlds
from .world import ACCOUNT, APPROVAL_TOPIC_ARN, RULE, World

EVERY_CHANNEL = {
    "MailSender": "mfa@example.com",
    "MailTag": "Email",
    "ChatTopicArn": f"arn:aws:sns:us-east-1:{ACCOUNT}:chat",
    "SecurityHubFindings": "true",
}
PLACE = f"us-east-1:{ACCOUNT}"
ADA = f"arn:aws:iam::{ACCOUNT}:user/ada"
POLICY = f"arn:aws:iam::{ACCOUNT}:policy/{RULE}-enforcement"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/{RULE}-require"
REQUIRE, BACKOUT = f"RequireAdminMfa-{RULE}", f"BackoutAdminMfa-{RULE}"
NAMES = {
    "EnforcementPolicy": POLICY,
    f"{RULE}-notices": f"arn:aws:sns:{PLACE}:{RULE}-notices",
    f"Automation-{RULE}": APPROVAL_TOPIC_ARN,
    f"arn:aws:dynamodb:{PLACE}:RemediationTable": f"arn:aws:dynamodb:{PLACE}:table/{RULE}-remediation",
    f"arn:aws:iam:{PLACE}:RequireAdminMfaRole": ROLE,
}
"""What the resolver puts in place of ARNs that exist only after creation."""

Request = tuple[str, str, str]
"""An action, a resource, and the request's condition keys as JSON."""


def _request(action: str, resource: str, **context: str) -> Request:
    return action, resource, json.dumps(context)


def _user(given: Mapping[str, Any]) -> str:
    return f"arn:aws:iam::{ACCOUNT}:user/{given.get('UserName', 'ada')}"


RESOURCES: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "config:DescribeConformancePackCompliance": lambda given: (
        f"arn:aws:config:{PLACE}:conformance-pack/{given['ConformancePackName']}/conformance-pack-1a2b3c"
    ),
    "config:GetComplianceDetailsByConfigRule": lambda _: f"arn:aws:config:{PLACE}:config-rule/config-rule-1a2b3c",
    "iam:DeleteVirtualMFADevice": lambda given: str(given["SerialNumber"]),
    "iam:GetPolicy": lambda given: str(given["PolicyArn"]),
    "iam:GetPolicyVersion": lambda given: str(given["PolicyArn"]),
    "iam:ListEntitiesForPolicy": lambda given: str(given["PolicyArn"]),
    "iam:ListMFADeviceTags": lambda given: str(given["SerialNumber"]),
    "securityhub:BatchImportFindings": lambda _: f"arn:aws:securityhub:{PLACE}:product/{ACCOUNT}/default",
    "securityhub:BatchUpdateFindings": lambda _: f"arn:aws:securityhub:{PLACE}:hub/default",
    "ses:SendEmail": lambda given: f"arn:aws:ses:{PLACE}:identity/{given['FromEmailAddress']}",
    "sns:Publish": lambda given: str(given["TopicArn"]),
    "ssm:DescribeDocument": lambda given: f"arn:aws:ssm:{PLACE}:document/{given['Name']}",
    "ssm:GetAutomationExecution": lambda given: (
        f"arn:aws:ssm:{PLACE}:automation-execution/{given['AutomationExecutionId']}"
    ),
    "ssm:StartAutomationExecution": lambda given: f"arn:aws:ssm:{PLACE}:document/{given['DocumentName']}",
    **{
        f"iam:{name}": _user
        for name in (
            *("AttachUserPolicy", "DeactivateMFADevice", "DetachUserPolicy", "GetAccessKeyLastUsed"),
            *("GetLoginProfile", "GetUser", "GetUserPolicy", "ListAccessKeys", "ListAttachedUserPolicies"),
            *("ListGroupsForUser", "ListMFADevices", "ListUserPolicies"),
        )
    },
}
"""The resource of a request; an action that is not here has none, or the table as its only one."""


def _requests(call: Call) -> Iterator[Request]:
    given = call.parameters
    if call.service == "dynamodb":
        yield _request(call.permission, f"arn:aws:dynamodb:{PLACE}:table/{given['TableName']}")
        return
    resource = RESOURCES[call.permission](given) if call.permission in RESOURCES else "*"
    context = {}
    if call.permission in ("iam:AttachUserPolicy", "iam:DetachUserPolicy"):
        context = {"iam:PolicyARN": given["PolicyArn"]}
    if call.permission == "ses:SendEmail":
        context = {"ses:FromAddress": given["FromEmailAddress"]}
    yield _request(call.permission, resource, **context)
    if call.permission == "ssm:StartAutomationExecution":
        # The definition is authorized too, and so is the role that the document runs under.
        name = given["DocumentName"]
        yield _request(call.permission, f"arn:aws:ssm:{PLACE}:automation-definition/{name}:$DEFAULT")
        for role in given["Parameters"]["AutomationAssumeRole"]:
            yield _request("iam:PassRole", role, **{"iam:PassedToService": "ssm.amazonaws.com"})


def _named(value: Any) -> Any:
    """Put the ARNs in place that exist after creation."""
    if isinstance(value, dict):
        return {name: _named(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_named(item) for item in value]
    return NAMES.get(value, value)


def _decided(role: str, requests: list[Request]) -> dict[Request, str]:
    resources = Resolver(EVERY_CHANNEL).resources()
    attached = [
        {"name": f"policy{number}", "policy": _named(policy)} for number, policy in enumerate(policies(resources, role))
    ]
    principal = f"arn:aws:iam::{ACCOUNT}:role/{resources[role]['Properties']['RoleName']}"
    answers = simulate(
        [
            {
                "request": {
                    "principal": principal,
                    "action": action,
                    "resource": {"resource": resource, "accountId": ACCOUNT},
                    "contextVariables": json.loads(context),
                },
                "identityPolicies": attached,
                "serviceControlPolicies": [],
                "resourceControlPolicies": [],
            }
            for action, resource, context in requests
        ]
    )
    return dict(zip(requests, answers, strict=True))


@pytest.fixture
def deployed(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The world under the names of the template, with every channel on."""
    for name, value in worlds.every_channel(world).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TOPIC_ARN", world.aws.client("sns").create_topic(Name=f"{RULE}-notices")["TopicArn"])
    monkeypatch.setenv("DOCUMENT_NAME", REQUIRE)
    monkeypatch.setenv("BACKOUT_DOCUMENT_NAME", BACKOUT)
    inputs = {"AutomationAssumeRole": ROLE, "HelperFunctionName": worlds.HELPER_NAME, "Mode": "Enforce"}
    monkeypatch.setenv("AUTOMATION_INPUTS", json.dumps(inputs))
    world.aws.automations.document(REQUIRE, world.require)
    world.aws.automations.document(BACKOUT, world.backout, default_version="1")
    world.backout_name = BACKOUT
    return world


def _whole_life(world: World) -> None:
    """Let a user be found, notified, restricted, released and backed out, by every part of the remediation."""
    world.set_rule_parameters(ManagedDeviceTag="managed", AdministratorDefinition="Escalation")
    world.aws.config.rule(f"{RULE}-conformance-pack-a", {"AssumeRoleMode": "false"}, function=RULE, pack=RULE)
    ada = world.aws.iam.user(
        "ada",
        policies=["AdministratorAccess", "ReadOnlyAccess"],
        password=True,
        access_keys=1,
        tags={"Email": "ada@example.com"},
    )
    device = world.aws.iam.device("ada")
    world.aws.client("iam").put_user_policy(UserName="ada", PolicyName="own", PolicyDocument=json.dumps(_READING))
    world.aws.iam.attach("ada", world.aws.iam.policy("reading", _READING))
    world.evaluate()
    world.options.update(Mode="Enforce", EnforceDespiteAccessKeys="true")
    world.remediate_over(ada, 0.0, 12.0, 1.0, 1.0)
    assert world.carries("ada")
    world.demand_approval()
    world.approves = True
    assert world.back_out("ada", device).succeeded
    world.aws.iam.device("ada", "fido")
    world.ask(worlds.HELPER_ARN, {"Action": "compliance_changed", "ConfigRuleName": RULE, "UserId": ada})
    world.aws.automations.wait()
    assert not world.carries("ada")
    grace = world.administrator("grace")
    assert world.remediate(grace).succeeded
    world.ask(worlds.HELPER_ARN, {"Action": "sweep"})
    world.aws.automations.wait()
    world.aws.iam.delete_user("grace")
    assert world.remediate(grace).succeeded


_READING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}


LOG = f"arn:aws:logs:{PLACE}:log-group:/aws/lambda/{RULE}-remediation:log-stream:a"
FROM_US = {"ses:FromAddress": "mfa@example.com"}
BESIDE = (
    # AWS Lambda's own, under the role.
    _request("logs:CreateLogStream", LOG),
    _request("logs:PutLogEvents", LOG),
    _request("sqs:SendMessage", f"arn:aws:sqs:{PLACE}:{RULE}-remediation-failures"),
    # Amazon SES asks for it beside the identity, if the identity has a default configuration set.
    _request("ses:SendEmail", f"arn:aws:ses:{PLACE}:configuration-set/default", **FROM_US),
    # AWS Config's name for the pack of an organization.
    _request(
        "config:DescribeConformancePackCompliance",
        f"arn:aws:config:{PLACE}:conformance-pack/OrgConformsPack-{RULE}-1a/x",
    ),
)
"""Requests that no run on the emulator makes."""


def test_each_request_of_a_run_is_allowed_and_each_permission_used(deployed: World) -> None:
    _whole_life(deployed)
    requests = sorted({*BESIDE, *(request for call in deployed.helper_calls for request in _requests(call))})
    refused = {
        request for request, answer in _decided("RemediationFunctionRole", requests).items() if answer != "Allowed"
    }
    assert refused == set()
    used = {action for action, *_ in requests}
    assert used == allowed_actions(Resolver(EVERY_CHANNEL).resources(), "RemediationFunctionRole")


FOREIGN = (
    _request("iam:AttachUserPolicy", ADA, **{"iam:PolicyARN": "arn:aws:iam::aws:policy/AdministratorAccess"}),
    _request("iam:DetachUserPolicy", ADA, **{"iam:PolicyARN": f"arn:aws:iam::{ACCOUNT}:policy/guard"}),
    _request("iam:AttachUserPolicy", ADA),
    _request("iam:ListEntitiesForPolicy", f"arn:aws:iam::{ACCOUNT}:policy/guard"),
    _request("iam:PassRole", ROLE, **{"iam:PassedToService": "lambda.amazonaws.com"}),
    _request(
        "iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/{RULE}-backout", **{"iam:PassedToService": "ssm.amazonaws.com"}
    ),
    _request("iam:DeactivateMFADevice", "arn:aws:iam::210987654321:user/ada"),
    _request("ssm:StartAutomationExecution", f"arn:aws:ssm:{PLACE}:document/{BACKOUT}"),
    _request("ssm:StartAutomationExecution", f"arn:aws:ssm:{PLACE}:automation-definition/{BACKOUT}:$DEFAULT"),
    _request("ssm:DescribeDocument", f"arn:aws:ssm:{PLACE}:document/other"),
    _request("dynamodb:PutItem", f"arn:aws:dynamodb:{PLACE}:table/other"),
    _request("sns:Publish", f"arn:aws:sns:{PLACE}:other"),
    _request(
        "ses:SendEmail", f"arn:aws:ses:{PLACE}:identity/mfa@example.com", **{"ses:FromAddress": "ceo@example.com"}
    ),
    _request("config:DescribeConformancePackCompliance", f"arn:aws:config:{PLACE}:conformance-pack/other/x"),
    _request("sqs:SendMessage", f"arn:aws:sqs:{PLACE}:other"),
    _request("logs:PutLogEvents", f"arn:aws:logs:{PLACE}:log-group:/aws/lambda/other:log-stream:a"),
    *(
        _request(action, resource.replace(ACCOUNT, "210987654321"), **context)
        for action, resource, context in (
            ("iam:AttachUserPolicy", ADA, {"iam:PolicyARN": POLICY}),
            ("iam:GetAccessKeyLastUsed", ADA, {}),
            ("iam:DeleteVirtualMFADevice", f"arn:aws:iam::{ACCOUNT}:mfa/ada", {}),
            ("securityhub:BatchImportFindings", f"arn:aws:securityhub:{PLACE}:product/{ACCOUNT}/default", {}),
            ("securityhub:BatchUpdateFindings", f"arn:aws:securityhub:{PLACE}:hub/default", {}),
            ("ses:SendEmail", f"arn:aws:ses:{PLACE}:identity/mfa@example.com", FROM_US),
            ("ses:SendEmail", f"arn:aws:ses:{PLACE}:configuration-set/default", FROM_US),
            ("ssm:GetAutomationExecution", f"arn:aws:ssm:{PLACE}:automation-execution/1", {}),
        )
    ),
)
"""Requests about something else, or about the same in another account."""


def test_no_request_about_anything_else_is_allowed() -> None:
    answers = _decided("RemediationFunctionRole", list(FOREIGN))
    assert set(answers.values()) == {"ImplicitlyDenied"}, answers


HELPER = f"arn:aws:lambda:{PLACE}:function:{RULE}-remediation"


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        pytest.param("RequireAdminMfaRole", [_request("lambda:InvokeFunction", HELPER)], id="RequireAdminMfa"),
        pytest.param(
            "BackoutAdminMfaRole",
            [_request("lambda:InvokeFunction", HELPER), _request("sns:Publish", APPROVAL_TOPIC_ARN)],
            id="BackoutAdminMfa",
        ),
    ],
)
def test_a_documents_role_invokes_the_function_and_asks_for_approval(role: str, allowed: list[Request]) -> None:
    rule = f"arn:aws:lambda:{PLACE}:function:{RULE}"
    foreign = [_request("lambda:InvokeFunction", rule), _request("sns:Publish", f"arn:aws:sns:{PLACE}:{RULE}-notices")]
    answers = _decided(role, [*allowed, *foreign, *FOREIGN])
    assert {request for request, answer in answers.items() if answer == "Allowed"} == set(allowed)
