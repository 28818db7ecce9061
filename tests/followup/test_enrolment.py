from typing import Any

import pytest

from admin_mfa.followup.enforcement import policy_document
from admin_mfa.followup.enrolment import enrolment_denied_by, unread_policies
from admin_mfa.model import IamUser, MfaType
from admin_mfa.parameters import Parameters
from admin_mfa.policy.document import parse_document
from admin_mfa.statements import Attachment, Policy

ARN = "arn:aws:iam::123456789012:user/staff/ada"
OURS = "arn:aws:iam::123456789012:policy/AdminMfaEnforcement"
FULL = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def _policy(name: str, *statements: dict[str, Any]) -> Policy:
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    return Policy(name=name, arn=f"arn:aws:iam::123456789012:policy/{name}", document=parse_document(document))


def _user(*statements: dict[str, Any], boundary: tuple[dict[str, Any], ...] | None = None) -> IamUser:
    ours = Policy(name="AdminMfaEnforcement", arn=OURS, document=parse_document(policy_document("aws", "123456789012")))
    return IamUser(
        user_name="ada",
        user_id="AIDACKCEVSQ6C2EXAMPLE",
        arn=ARN,
        attachments=(Attachment(policy=ours), Attachment(policy=_policy("own", FULL, *statements), group="ops")),
        boundary=None if boundary is None else _policy("limit", *boundary),
    )


def _deny(action: str, resource: str = "*", **condition: dict[str, str]) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": action, "Resource": resource, "Condition": condition}


VIRTUAL_ONLY = Parameters(allowed_mfa_types=frozenset({MfaType.VIRTUAL}))


@pytest.mark.parametrize(
    ("user", "parameters", "expected"),
    [
        pytest.param(_user(), Parameters(), None, id="our policy alone"),
        pytest.param(_user(_deny("iam:EnableMFADevice")), Parameters(), "own", id="Deny of the action"),
        pytest.param(_user(_deny("iam:*", "arn:aws:iam::*:user/*")), Parameters(), "own", id="Deny by wildcard"),
        pytest.param(
            _user(_deny("iam:*", "arn:aws:iam::*:user/bob")), Parameters(), None, id="Deny about another user"
        ),
        pytest.param(
            _user({"Effect": "Deny", "NotAction": "iam:GetUser", "Resource": "*"}), Parameters(), "own", id="NotAction"
        ),
        pytest.param(
            _user(_deny("*", BoolIfExists={"aws:MultiFactorAuthPresent": "false"})),
            Parameters(),
            "own",
            id="Deny of everything without MFA",
        ),
        pytest.param(
            _user(_deny("*", Bool={"aws:MultiFactorAuthPresent": "true"})), Parameters(), None, id="Deny with MFA only"
        ),
        pytest.param(
            _user(_deny("*", NotIpAddress={"aws:SourceIp": "192.0.2.0/24"})),
            Parameters(),
            None,
            id="Deny that depends on the place",
        ),
        pytest.param(_user(boundary=(FULL,)), Parameters(), None, id="boundary of everything"),
        pytest.param(
            _user(boundary=({"Effect": "Allow", "Action": "s3:*", "Resource": "*"},)),
            Parameters(),
            "limit",
            id="boundary without IAM",
        ),
        pytest.param(_user(boundary=(FULL, _deny("iam:Enable*"))), Parameters(), "limit", id="Deny in the boundary"),
        pytest.param(_user(_deny("iam:Create*")), Parameters(), None, id="a security key needs no virtual device"),
        pytest.param(_user(_deny("iam:Create*")), VIRTUAL_ONLY, "own", id="an authenticator app needs one"),
    ],
)
def test_enrolment_denied_by(user: IamUser, parameters: Parameters, expected: str | None) -> None:
    assert enrolment_denied_by(user, parameters, OURS) == expected


def test_unread_policies_are_named() -> None:
    unread = Policy(name="later", arn="arn:aws:iam::123456789012:policy/later")
    user = IamUser(
        user_name="ada",
        user_id="AIDACKCEVSQ6C2EXAMPLE",
        arn=ARN,
        attachments=(Attachment(policy=unread),),
        boundary=unread,
    )
    assert unread_policies(user) == {unread.arn}
