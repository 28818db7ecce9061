"""What a user can do who carries the enforcement policy, before and after enrolling.

Evaluated by a policy simulator, @cloud-copilot/iam-simulate: no emulator that we know gives a session the key
aws:MultiFactorAuthPresent, and the one that enforces IAM (ministack) does not fill in `${aws:username}`. The
simulator also refuses actions that do not exist and resources that an action does not take, so the table proves that
too. Who the user is and that the policy really gets attached is shown in the stories.
"""

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

import pytest

from admin_mfa.administrator import find_grants
from admin_mfa.followup.enforcement import ACCOUNT_ACTIONS, DEVICE_ACTIONS, OWN_USER_ACTIONS, policy_document
from admin_mfa.model import IamUser
from admin_mfa.parameters import Parameters, PrivilegeModel
from admin_mfa.policy.document import parse_document
from admin_mfa.statements import Attachment, Policy
from tests.support.policy_simulator import simulate
from tests.support.values import ACCOUNT

USERS = f"arn:aws:iam::{ACCOUNT}:user"
ADMINISTRATOR_ACCESS = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}
MAX_POLICY_SIZE = 6144

WITHOUT: dict[str, str] = {}
SIGNED_IN_WITHOUT = {"aws:MultiFactorAuthPresent": "false"}
WITH = {"aws:MultiFactorAuthPresent": "true"}

WORK = (
    ("s3:ListAllMyBuckets", "*"),
    ("iam:CreateUser", f"{USERS}/mallory"),
    ("iam:CreateAccessKey", f"{USERS}/ada"),
    ("iam:AttachUserPolicy", f"{USERS}/ada"),
    ("iam:DetachUserPolicy", f"{USERS}/ada"),
    ("iam:DeactivateMFADevice", f"{USERS}/ada"),
    ("iam:UpdateLoginProfile", f"{USERS}/ada"),
    ("iam:DeleteVirtualMFADevice", f"arn:aws:iam::{ACCOUNT}:mfa/ada"),
    ("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/admin"),
)
ENROL = (
    *((action, f"{USERS}/ada") for action in OWN_USER_ACTIONS),
    *((action, "*") for action in ACCOUNT_ACTIONS),
    ("iam:CreateVirtualMFADevice", f"arn:aws:iam::{ACCOUNT}:mfa/ada"),
    ("iam:CreateVirtualMFADevice", f"arn:aws:iam::{ACCOUNT}:mfa/any-name"),
)
OTHERS = tuple(
    (action, f"{USERS}/{other}") for action in OWN_USER_ACTIONS for other in ("grace", "x/grace", "adam", "ada/grace")
)


def _simulation(action: str, resource: str, session: dict[str, str], *, path: str = "") -> dict[str, Any]:
    return {
        "request": {
            "principal": f"{USERS}/{path}ada",
            "action": action,
            "resource": {"resource": resource, "accountId": ACCOUNT},
            "contextVariables": {"aws:username": "ada", **session},
        },
        "identityPolicies": [
            {"name": "AdministratorAccess", "policy": ADMINISTRATOR_ACCESS},
            {"name": "AdminMfaEnforcement", "policy": policy_document("aws", ACCOUNT)},
        ],
        "serviceControlPolicies": [],
        "resourceControlPolicies": [],
    }


@cache
def _answers(requests: tuple[tuple[str, str, str, str], ...]) -> list[str]:
    return simulate([_simulation(a, r, json.loads(session), path=path) for a, r, session, path in requests])


def _allowed(requests: Sequence[tuple[str, str]], session: dict[str, str], *, path: str = "") -> dict[str, bool]:
    """Say of each request whether it is allowed; an answer that is neither yes nor no is a mistake in the table."""
    asked = tuple((action, resource, json.dumps(session), path) for action, resource in requests)
    answers = _answers(asked)
    assert set(answers) <= {"Allowed", "ExplicitlyDenied", "ImplicitlyDenied"}, answers
    return {
        f"{action} on {resource}": answer == "Allowed"
        for (action, resource), answer in zip(requests, answers, strict=True)
    }


@pytest.mark.parametrize(
    "session",
    [
        pytest.param(WITHOUT, id="with an access key"),
        pytest.param(SIGNED_IN_WITHOUT, id="signed in without a device"),
    ],
)
class TestWithoutMfa:
    def test_no_work_is_possible(self, session: dict[str, str]) -> None:
        assert not any(_allowed(WORK, session).values())

    def test_enrolling_is_possible(self, session: dict[str, str]) -> None:
        assert _allowed(ENROL, session) == dict.fromkeys(_allowed(ENROL, session), True)

    def test_enrolling_is_possible_for_a_user_with_a_path(self, session: dict[str, str]) -> None:
        own = [(action, f"{USERS}/division/x/ada") for action in OWN_USER_ACTIONS]
        assert all(_allowed(own, session, path="division/x/").values())

    def test_enrolling_for_somebody_else_is_not_possible(self, session: dict[str, str]) -> None:
        assert not any(_allowed(OTHERS, session).values())


def test_with_mfa_everything_works_that_worked_before() -> None:
    requests = (*WORK, *ENROL, *OTHERS)
    assert _allowed(requests, WITH) == dict.fromkeys(_allowed(requests, WITH), True)


def test_every_open_action_is_in_the_table() -> None:
    assert {action for action, _ in ENROL} == {*OWN_USER_ACTIONS, *ACCOUNT_ACTIONS, *DEVICE_ACTIONS}


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_policy_fits_a_managed_policy(partition: str) -> None:
    text = json.dumps(policy_document(partition, ACCOUNT), separators=(",", ":"))
    assert len(text) < MAX_POLICY_SIZE
    assert "arn:aws:" not in text or partition == "aws"


@pytest.mark.parametrize("model", PrivilegeModel)
def test_policy_neither_makes_nor_clears_an_administrator(model: PrivilegeModel) -> None:
    ours = Attachment(
        policy=Policy(
            name="AdminMfaEnforcement",
            arn=f"arn:aws:iam::{ACCOUNT}:policy/AdminMfaEnforcement",
            document=parse_document(policy_document("aws", ACCOUNT)),
        )
    )
    full = Attachment(
        policy=Policy(
            name="AdministratorAccess",
            arn="arn:aws:iam::aws:policy/AdministratorAccess",
            document=parse_document(ADMINISTRATOR_ACCESS),
        )
    )
    parameters = Parameters(privilege_model=model)
    user = IamUser(user_name="ada", user_id="AIDACKCEVSQ6C2EXAMPLE", arn=f"{USERS}/ada", attachments=(ours,))
    assert find_grants(user, parameters) == ()
    administrator = IamUser(
        user_name="ada", user_id="AIDACKCEVSQ6C2EXAMPLE", arn=f"{USERS}/ada", attachments=(ours, full)
    )
    assert [str(grant.policy) for grant in find_grants(administrator, parameters)] == ["AdministratorAccess"]  # type: ignore[union-attr]
