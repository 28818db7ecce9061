"""Who can publish to the central topic: two roles of the stacks that the StackSet made, and their alarms."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.deploy.templates import Resolver
from tests.support.policy_simulator import simulate

from .test_stack import ORGANIZATION, UNIT

RULE = "iam-admin-user-mfa-enabled"
OWNER, MEMBER, EXCLUDED = "123456789012", "111111111111", "222222222222"
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
OTHER_UNIT = "ou-ab12-99999999"
BELOW = f"{ORGANIZATION}/r-ab12/{UNIT}/ou-ab12-11111111/"
TOPIC = f"arn:aws:sns:us-east-1:{OWNER}:Automation-{RULE}"


def _policies(stack: dict[str, Any], units: tuple[str, ...] = (UNIT, "ou-ab12-22222222")) -> dict[str, Any]:
    given = {"OrganizationId": ORGANIZATION, "TargetOrganizationalUnitIds": list(units)}
    resources = Resolver({**given, "ExcludedAccountIds": [EXCLUDED]}, template=stack).resources()
    topic = resources["CentralTopicPolicy"]["Properties"]["PolicyDocument"]
    for statement in topic["Statement"]:
        statement["Resource"] = TOPIC
    return {
        "sns:Publish": (topic, TOPIC),
        "kms:GenerateDataKey": (
            resources["CentralTopicKey"]["Properties"]["KeyPolicy"],
            f"arn:aws:kms:us-east-1:{OWNER}:key/1b2c",
        ),
    }


def _simulation(policy: Any, action: str, arn: str, principal: str, context: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "request": {
            "principal": principal,
            "action": action,
            "resource": {"resource": arn, "accountId": OWNER},
            "contextVariables": {"aws:SecureTransport": "true", **context},
        },
        "identityPolicies": [{"name": "AdministratorAccess", "policy": EVERYTHING}],
        "serviceControlPolicies": [],
        "resourceControlPolicies": [],
        "resourcePolicy": policy,
    }


def _by_a_role(name: str, account_id: str, path: str, organization: str = ORGANIZATION) -> tuple[str, dict[str, Any]]:
    arn = f"arn:aws:iam::{account_id}:role/{name}"
    return arn, {
        "aws:PrincipalArn": arn,
        "aws:PrincipalOrgID": organization,
        "aws:PrincipalOrgPaths": [path],
        "aws:PrincipalAccount": account_id,
        "kms:ViaService": "sns.us-east-1.amazonaws.com",
    }


@pytest.mark.parametrize("action", ["sns:Publish", "kms:GenerateDataKey"])
@pytest.mark.parametrize(
    ("caller", "allowed"),
    [
        pytest.param(_by_a_role(f"{RULE}-remediation", MEMBER, BELOW), True, id="the helper"),
        pytest.param(_by_a_role(f"{RULE}-backout", MEMBER, BELOW), True, id="the backout document"),
        pytest.param(
            _by_a_role(f"{RULE}-remediation", MEMBER, f"{ORGANIZATION}/r-ab12/ou-ab12-22222222/"),
            True,
            id="directly in the second unit",
        ),
        pytest.param(_by_a_role(f"{RULE}-mine", MEMBER, BELOW), False, id="a role of the same beginning"),
        pytest.param(_by_a_role(f"x/{RULE}-remediation", MEMBER, BELOW), False, id="the helper's name under a path"),
        pytest.param(_by_a_role("admin", MEMBER, BELOW), False, id="an administrator of a member account"),
        pytest.param(
            _by_a_role(f"{RULE}-remediation", MEMBER, f"{ORGANIZATION}/r-ab12/{OTHER_UNIT}/"),
            False,
            id="the helper's name in another unit",
        ),
        pytest.param(
            _by_a_role(f"{RULE}-remediation", EXCLUDED, BELOW), False, id="the helper's name in an excluded account"
        ),
        pytest.param(
            _by_a_role(f"{RULE}-remediation", MEMBER, f"o-zz99zz99zz/r-ab12/{UNIT}/", "o-zz99zz99zz"),
            False,
            id="the helper's name in another organization",
        ),
    ],
)
def test_only_the_roles_of_deployed_stacks_publish(
    stack: dict[str, Any], action: str, caller: tuple[str, dict[str, Any]], *, allowed: bool
) -> None:
    policy, arn = _policies(stack)[action]
    principal, context = caller
    (answer,) = simulate([_simulation(policy, action, arn, principal, context)])
    assert answer in {"Allowed", "ImplicitlyDenied", "ExplicitlyDenied"}
    assert (answer == "Allowed") is allowed


def test_a_root_as_the_target_means_every_unit(stack: dict[str, Any]) -> None:
    policy, arn = _policies(stack, ("r-ab12",))["sns:Publish"]
    principal, context = _by_a_role(f"{RULE}-remediation", MEMBER, f"{ORGANIZATION}/r-ab12/{OTHER_UNIT}/")
    assert simulate([_simulation(policy, "sns:Publish", arn, principal, context)]) == ["Allowed"]


def test_a_plain_connection_is_refused(stack: dict[str, Any]) -> None:
    policy, arn = _policies(stack)["sns:Publish"]
    principal, context = _by_a_role(f"{RULE}-remediation", MEMBER, BELOW)
    plain = {**context, "aws:SecureTransport": "false"}
    assert simulate([_simulation(policy, "sns:Publish", arn, principal, plain)]) == ["ExplicitlyDenied"]


@pytest.mark.parametrize(
    ("organization", "allowed"),
    [
        pytest.param({"aws:SourceOrgID": ORGANIZATION}, True, id="the organization's"),
        pytest.param({}, True, id="without an organization, which the topic refuses"),
        pytest.param({"aws:SourceOrgID": "o-zz99zz99zz"}, False, id="another organization's"),
    ],
)
def test_alarms_use_the_key_whether_or_not_the_request_names_the_organization(
    stack: dict[str, Any], organization: dict[str, str], *, allowed: bool
) -> None:
    policy, arn = _policies(stack)["kms:GenerateDataKey"]
    request = _simulation(policy, "kms:GenerateDataKey", arn, "cloudwatch.amazonaws.com", organization)
    assert (simulate([request]) == ["Allowed"]) is allowed


@pytest.mark.parametrize(
    ("alarm", "organization", "allowed"),
    [
        pytest.param(f"{RULE}-errors", ORGANIZATION, True, id="an alarm of a stack"),
        pytest.param("shop-errors", ORGANIZATION, False, id="another alarm of the organization"),
        pytest.param(f"{RULE}-errors", "o-zz99zz99zz", False, id="an alarm of another organization"),
        pytest.param(f"{RULE}-errors", None, False, id="an alarm of no organization"),
    ],
)
def test_only_alarms_of_our_name_publish(
    stack: dict[str, Any], alarm: str, organization: str | None, *, allowed: bool
) -> None:
    policy, arn = _policies(stack)["sns:Publish"]
    context = {
        **({"aws:SourceOrgID": organization} if organization else {}),
        "aws:SourceArn": f"arn:aws:cloudwatch:us-east-1:{MEMBER}:alarm:{alarm}",
        "aws:SourceAccount": MEMBER,
    }
    (answer,) = simulate([_simulation(policy, "sns:Publish", arn, "cloudwatch.amazonaws.com", context)])
    assert answer in {"Allowed", "ImplicitlyDenied"}
    assert (answer == "Allowed") is allowed
