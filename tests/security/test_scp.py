"""The sample service control policy protects what the template deploys, from whom it should, in IAM's own words."""

import json
from fnmatch import fnmatchcase
from typing import Any

import boto3
import pytest
from botocore.exceptions import UnknownServiceError

from tests.deploy.templates import ACCOUNT, Resolver
from tests.support.tools import ROOT

TEXT = (ROOT / "docs" / "scp-protect-deployment.json").read_text()
SCP: dict[str, Any] = json.loads(TEXT)
LIMIT = 5120
"""https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html"""

SOMEBODY = f"arn:aws:iam::{ACCOUNT}:role/OrganizationAccountAccessRole"
DEPLOYMENT = f"arn:aws:iam::{ACCOUNT}:role/admin-mfa-deployment"
STACKSETS = f"arn:aws:iam::{ACCOUNT}:role/stacksets-exec-0123456789abcdef"
EXEMPTIONS = f"arn:aws:iam::{ACCOUNT}:role/admin-mfa-exemptions"
HELPER = f"arn:aws:iam::{ACCOUNT}:role/admin-mfa-RemediationFunctionRole-ABC123"


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def denied(action: str, resource: str, principal: str, tag_keys: tuple[str, ...] = ()) -> bool:
    """Whether the policy denies a request; an operator that it does not know fails the test."""
    return any(
        any(fnmatchcase(action.lower(), pattern.lower()) for pattern in as_list(statement["Action"]))
        and any(fnmatchcase(resource, pattern) for pattern in as_list(statement["Resource"]))
        and all(
            _condition(operator, key, as_list(values), principal, tag_keys)
            for operator, block in statement.get("Condition", {}).items()
            for key, values in block.items()
        )
        for statement in SCP["Statement"]
    )


def _condition(operator: str, key: str, values: list[str], principal: str, tag_keys: tuple[str, ...]) -> bool:
    match operator, key:
        case "ArnNotLike", "aws:PrincipalArn":
            return not any(fnmatchcase(principal, pattern) for pattern in values)
        case "ForAnyValue:StringEqualsIgnoreCase", "aws:TagKeys":
            return any(tag.lower() == value.lower() for tag in tag_keys for value in values)
    pytest.fail(f"no test knows {operator} {key}")


def test_it_is_a_service_control_policy() -> None:
    assert SCP["Version"] == "2012-10-17"
    assert len(json.dumps(SCP, separators=(",", ":"))) <= LIMIT
    for statement in SCP["Statement"]:
        assert set(statement) <= {"Sid", "Effect", "Action", "Resource", "Condition"}, "an SCP names no principal"
        assert statement["Effect"] == "Deny", "beside FullAWSAccess an Allow would change nothing"
        assert as_list(statement["Action"]) == sorted(as_list(statement["Action"]))
    assert len({statement["Sid"] for statement in SCP["Statement"]}) == len(SCP["Statement"])


ACTIONS = sorted({action for statement in SCP["Statement"] for action in as_list(statement["Action"])})


@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_exists(action: str) -> None:
    service, name = action.split(":")
    try:
        model = boto3.Session()._session.get_service_model(service)  # noqa: SLF001 - boto3 has no other way
    except UnknownServiceError:
        pytest.fail(f"botocore knows no service {service}")
    assert name in model.operation_names


DESTRUCTION = {
    "AWS::CloudWatch::Alarm": ("cloudwatch", "alarm:{}", "cloudwatch:DeleteAlarms", "AlarmName"),
    "AWS::DynamoDB::Table": ("dynamodb", "table/{}", "dynamodb:DeleteTable", "TableName"),
    "AWS::Events::Rule": ("events", "rule/{}", "events:DisableRule", "Name"),
    "AWS::Lambda::Function": ("lambda", "function:{}", "lambda:UpdateFunctionConfiguration", "FunctionName"),
    "AWS::Logs::LogGroup": ("logs", "log-group:{}", "logs:DeleteLogGroup", "LogGroupName"),
    "AWS::SNS::Topic": ("sns", "{}", "sns:DeleteTopic", "TopicName"),
    "AWS::SQS::Queue": ("sqs", "{}", "sqs:PurgeQueue", "QueueName"),
    "AWS::SSM::Document": ("ssm", "document/{}", "ssm:UpdateDocument", "Name"),
}
NAMED = [
    pytest.param(action, f"arn:aws:{service}:us-east-1:{ACCOUNT}:{form.format(resource['Properties'][name])}", id=key)
    for key, resource in Resolver().resources().items()
    if resource["Type"] in DESTRUCTION
    for service, form, action, name in [DESTRUCTION[resource["Type"]]]
]


def test_the_template_has_resources_of_every_protected_kind() -> None:
    kinds = {resource["Type"] for resource in Resolver().resources().values()}
    assert set(DESTRUCTION) <= kinds


@pytest.mark.parametrize(("action", "arn"), NAMED)
def test_what_the_template_makes_is_protected_from_everybody_but_the_deployment(action: str, arn: str) -> None:
    assert denied(action, arn, SOMEBODY)
    assert not denied(action, arn, DEPLOYMENT)
    assert not denied(action, arn, STACKSETS)


STACK = f"arn:aws:cloudformation:eu-west-1:{ACCOUNT}:stack/admin-mfa/1b2c"
USER = f"arn:aws:iam::{ACCOUNT}:user/ada"
TABLE = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/iam-admin-user-mfa-enabled-remediation"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/admin-mfa-RuleFunctionRole-ABC123"


@pytest.mark.parametrize(
    ("action", "resource", "principal", "tags", "expected"),
    [
        pytest.param("config:StopConfigurationRecorder", "*", SOMEBODY, (), True, id="stop the recorder"),
        pytest.param("config:DeleteConfigRule", "*", SOMEBODY, (), True, id="delete the rule"),
        pytest.param("config:DeleteConfigRule", "*", DEPLOYMENT, (), False, id="the deployment deletes the rule"),
        pytest.param("config:DescribeConfigRules", "*", SOMEBODY, (), False, id="look at the rules"),
        pytest.param("cloudformation:DeleteStack", STACK, SOMEBODY, (), True, id="delete the stack"),
        pytest.param(
            "cloudformation:DeleteStack", STACK.replace("admin-mfa", "shop"), SOMEBODY, (), False, id="theirs"
        ),
        pytest.param("iam:PutRolePolicy", ROLE, SOMEBODY, (), True, id="change the function's rights"),
        pytest.param("iam:PutRolePolicy", ROLE.replace("admin-mfa-", "shop-"), SOMEBODY, (), False, id="another role"),
        pytest.param("dynamodb:PutItem", TABLE, SOMEBODY, (), True, id="begin the grace anew"),
        pytest.param("dynamodb:PutItem", TABLE, HELPER, (), False, id="the helper remembers a notice"),
        pytest.param("iam:TagUser", USER, SOMEBODY, ("mfa-exempt",), True, id="exempt oneself"),
        pytest.param("iam:TagUser", USER, SOMEBODY, ("team", "MFA-Exempt"), True, id="keys ignore case, with company"),
        pytest.param("iam:CreateUser", USER, SOMEBODY, ("mfa-exempt",), True, id="be made exempt"),
        pytest.param("iam:TagUser", USER, SOMEBODY, ("team",), False, id="another tag"),
        pytest.param("iam:TagUser", USER, EXEMPTIONS, ("mfa-exempt",), False, id="security exempts"),
        pytest.param("iam:TagMFADevice", USER, SOMEBODY, ("mfa-managed-device",), True, id="attest one's own phone"),
        pytest.param("cloudtrail:StopLogging", "*", SOMEBODY, (), True, id="stop the events"),
        pytest.param("iam:EnableMFADevice", USER, SOMEBODY, (), False, id="enrol a device"),
    ],
)
def test_who_may_do_what(action: str, resource: str, principal: str, tags: tuple[str, ...], expected: bool) -> None:  # noqa: FBT001 - a column of the table
    assert denied(action, resource, principal, tags) is expected


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_it_holds_in_every_partition(partition: str) -> None:
    arn = f"arn:{partition}:lambda:us-east-1:{ACCOUNT}:function:iam-admin-user-mfa-enabled"
    assert denied("lambda:DeleteFunction", arn, SOMEBODY.replace("arn:aws", f"arn:{partition}"))
    assert not denied("lambda:DeleteFunction", arn, DEPLOYMENT.replace("arn:aws", f"arn:{partition}"))
