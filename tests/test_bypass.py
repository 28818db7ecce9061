"""Test the detection of access keys that work without MFA, the verdict on them, and the facts it needs."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from admin_mfa.bypass import find_bypass
from admin_mfa.escalation.search import Survey
from admin_mfa.escalation.snapshot import Snapshot
from admin_mfa.evaluate import evaluate
from admin_mfa.followup.enforcement import policy_document
from admin_mfa.model import Bypass, BypassReason, Compliance, Fact, IamUser, MfaDevice, MfaType, Unread, Verdict
from admin_mfa.parameters import AdministratorDefinition, ApiAccess, Parameters
from admin_mfa.policy.document import parse_document
from admin_mfa.statements import Attachment, Policy
from tests.support.accounts import (
    FULL_ACCESS,
    IAM,
    administrator_access,
    allow,
    deny,
    inline,
    managed,
    role,
    trust,
    user,
)

TODAY = date(2026, 11, 24)
REQUIRED = Parameters(api_access=ApiAccess.REQUIRE_MFA)
IGNORED = Parameters()
DEVICE = MfaDevice(serial_number="arn:aws:iam::123456789012:mfa/ada", type=MfaType.VIRTUAL)
PRESENT = "aws:MultiFactorAuthPresent"
AGE = "aws:MultiFactorAuthAge"

# The actions that AWS's own example allows, so that users can enrol.
ENROLMENT = [
    "iam:CreateVirtualMFADevice",
    "iam:EnableMFADevice",
    "iam:GetUser",
    "iam:GetMFADevice",
    "iam:ListMFADevices",
    "iam:ListVirtualMFADevices",
    "iam:ResyncMFADevice",
    "sts:GetSessionToken",
]


def unless_mfa(operator: str, key: str = PRESENT, value: str = "false", **elements: Any) -> Attachment:
    statement = {"Effect": "Deny", "NotAction": ENROLMENT, "Resource": "*", **elements}
    return managed("mfa", {**statement, "Condition": {operator: {key: value}}})


def in_group(operator: str, **elements: Any) -> Attachment:
    return replace(unless_mfa(operator, **elements), group="ops")


def only_with(operator: str, key: str, value: str) -> Attachment:
    return inline("x", {**FULL_ACCESS, "Condition": {operator: {key: value}}})


NOTHING, BOOL, NULL, PASS = BypassReason


@pytest.mark.parametrize(
    ("policies", "reason"),
    [
        pytest.param([administrator_access()], NOTHING, id="no policy requires MFA"),
        pytest.param([inline("x", FULL_ACCESS)], NOTHING, id="no policy requires MFA, inline"),
        pytest.param([administrator_access(), unless_mfa("BoolIfExists")], None, id="Deny BoolIfExists false"),
        pytest.param([administrator_access(), unless_mfa("Bool")], BOOL, id="Deny Bool false"),
        pytest.param([administrator_access(), unless_mfa("Null", PRESENT, "true")], NULL, id="Deny Null true"),
        pytest.param([administrator_access(), unless_mfa("Null", PRESENT, "false")], PASS, id="Deny Null false"),
        pytest.param([administrator_access(), unless_mfa("Null", AGE, "true")], None, id="Deny Null true of the age"),
        pytest.param(
            [administrator_access(), unless_mfa("NumericGreaterThan", AGE, "3600")], NOTHING, id="Deny old MFA"
        ),
        pytest.param(
            [administrator_access(), unless_mfa("NumericGreaterThanIfExists", AGE, "3600")],
            None,
            id="Deny old or no MFA",
        ),
        pytest.param(
            [administrator_access(), unless_mfa("StringNotEquals", PRESENT, "true")], None, id="Deny not true"
        ),
        pytest.param([only_with("Bool", PRESENT, "true")], None, id="Allow Bool true"),
        pytest.param([only_with("BoolIfExists", PRESENT, "true")], PASS, id="Allow BoolIfExists true"),
        pytest.param([only_with("Null", PRESENT, "false")], NULL, id="Allow Null false"),
        pytest.param([only_with("NumericLessThan", AGE, "3600")], None, id="Allow young MFA"),
        pytest.param([only_with("IpAddress", "aws:SourceIp", "10.0.0.0/8")], NOTHING, id="Allow from a network"),
        pytest.param(
            [only_with("Bool", PRESENT, "true"), administrator_access()], NOTHING, id="a second policy without MFA"
        ),
        pytest.param(
            [administrator_access(), unless_mfa("BoolIfExists", Resource=f"{IAM}user/*")],
            NOTHING,
            id="Deny on users only",
        ),
        pytest.param(
            [administrator_access(), unless_mfa("BoolIfExists", NotAction=[*ENROLMENT, "iam:PutUserPolicy"])],
            NOTHING,
            id="Deny leaves an escalation open",
        ),
        pytest.param(
            [administrator_access(), unless_mfa("BoolIfExists", NotAction=["iam:*", "sts:*"])],
            NOTHING,
            id="Deny leaves IAM open",
        ),
        pytest.param(
            [administrator_access(), unless_mfa("BoolIfExists", NotAction=["iam:ChangePassword", "s3:*"])],
            None,
            id="Deny leaves only harmless actions open",
        ),
        pytest.param(
            [administrator_access(), inline("y", deny("*", Condition={"BoolIfExists": {PRESENT: "false"}}))],
            None,
            id="Deny of everything",
        ),
        pytest.param(
            [administrator_access(), inline("y", deny("iam:*", Condition={"BoolIfExists": {PRESENT: "false"}}))],
            NOTHING,
            id="Deny of IAM: other services run code under roles",
        ),
        pytest.param(
            [administrator_access(), inline("y", deny("s3:*", Condition={"BoolIfExists": {PRESENT: "false"}}))],
            NOTHING,
            id="Deny of one service",
        ),
        pytest.param(
            [
                administrator_access(),
                inline(
                    "y",
                    deny(
                        "*", Condition={"BoolIfExists": {PRESENT: "false"}, "IpAddress": {"aws:SourceIp": "10.0.0.1"}}
                    ),
                ),
            ],
            NOTHING,
            id="Deny under another condition too",
        ),
        pytest.param(
            [
                administrator_access(),
                unless_mfa("BoolIfExists", NotAction=[*ENROLMENT, "iam:CreateLoginProfile"]),
                inline("y", deny("iam:CreateLoginProfile", Condition={"BoolIfExists": {PRESENT: "false"}})),
            ],
            None,
            id="two Deny statements together",
        ),
        pytest.param(
            [administrator_access(), unless_mfa("BoolIfExists", NotAction=["lambda:UpdateFunctionCode"])],
            NOTHING,
            id="Deny leaves the code of functions open",
        ),
        pytest.param(
            [administrator_access(), unless_mfa("BoolIfExists", NotAction=["iam:PassRole", "s3:*"])],
            None,
            id="Deny leaves half of an escalation open",
        ),
        pytest.param(
            [administrator_access(), unless_mfa("BoolIfExists", NotAction=[*ENROLMENT, "iam:DetachUserPolicy"])],
            NOTHING,
            id="Deny that a key can detach",
        ),
        pytest.param(
            [administrator_access(), unless_mfa("BoolIfExists", NotAction=[*ENROLMENT, "iam:DeleteUserPolicy"])],
            None,
            id="Deny in a managed policy, and inline policies can be deleted",
        ),
        pytest.param(
            [administrator_access(), in_group("BoolIfExists", NotAction=[*ENROLMENT, "iam:RemoveUserFromGroup"])],
            NOTHING,
            id="Deny of a group that a key can leave",
        ),
        pytest.param(
            [
                administrator_access("ops"),
                in_group("BoolIfExists", NotAction=[*ENROLMENT, "iam:RemoveUserFromGroup"]),
            ],
            None,
            id="Deny of the group that makes the administrator",
        ),
        pytest.param(
            [administrator_access(), unless_mfa("Null", PRESENT, "true", NotAction=["iam:DetachUserPolicy"])],
            NOTHING,
            id="Deny Null true that a key can detach",
        ),
    ],
)
def test_why_access_keys_work_without_mfa(policies: list[Attachment], reason: BypassReason | None) -> None:
    assert find_bypass(user("ada", *policies), REQUIRED, None) == reason


def escalating(*policies: Attachment, trusted: Any = None) -> tuple[IamUser, Parameters, Snapshot]:
    ada = user("ada", *policies)
    boss = role("boss", trusted or {"AWS": f"{IAM}root"}, administrator_access())
    parameters = replace(REQUIRED, administrator_definition=AdministratorDefinition.ESCALATION)
    return ada, parameters, Snapshot(users=(ada,), roles=(boss,))


WITH_MFA = {"Bool": {PRESENT: "true"}}


@pytest.mark.parametrize(
    ("policies", "trusted", "reason"),
    [
        pytest.param([inline("x", allow("iam:PutUserPolicy"))], None, NOTHING, id="an escalation without a condition"),
        pytest.param(
            [inline("x", allow("iam:PutUserPolicy", Condition=WITH_MFA))],
            None,
            None,
            id="an escalation that requires MFA",
        ),
        pytest.param(
            [inline("x", allow("iam:PutUserPolicy")), unless_mfa("BoolIfExists")], None, None, id="a denied escalation"
        ),
        pytest.param([inline("x", allow("iam:PutUserPolicy")), unless_mfa("Bool")], None, BOOL, id="the classic hole"),
        pytest.param([inline("x", allow("sts:AssumeRole"))], None, NOTHING, id="a role that trusts without MFA"),
        pytest.param(
            [inline("x", allow("sts:AssumeRole"))],
            [trust({"AWS": f"{IAM}root"}, Condition=WITH_MFA)],
            None,
            id="a role that trusts with MFA",
        ),
        pytest.param(
            [inline("x", allow("sts:AssumeRole")), unless_mfa("Null", PRESENT, "true")],
            None,
            NULL,
            id="a session assumes a role",
        ),
        pytest.param(
            [inline("x", allow("iam:PutUserPolicy")), unless_mfa("Null", PRESENT, "true")],
            None,
            None,
            id="a session cannot call IAM",
        ),
        pytest.param(
            [
                inline("x", allow(["iam:PutUserPolicy", "iam:DetachUserPolicy"])),
                unless_mfa("BoolIfExists", NotAction=["iam:DetachUserPolicy"]),
            ],
            None,
            NOTHING,
            id="an escalation denied by a policy that a key can detach",
        ),
    ],
)
def test_ways_to_become_administrator_without_mfa(
    policies: list[Attachment], trusted: Any, reason: BypassReason | None
) -> None:
    ada, parameters, snapshot = escalating(*policies, trusted=trusted)

    assert find_bypass(ada, parameters, Survey(snapshot, parameters)) == reason


def administrator(**fields: Any) -> IamUser:
    return user("ada", administrator_access(), **fields)


@pytest.mark.parametrize(
    ("candidate", "parameters", "expected"),
    [
        pytest.param(administrator(mfa_devices=(DEVICE,)), IGNORED, None, id="ignored by default"),
        pytest.param(
            administrator(mfa_devices=(DEVICE,)),
            REQUIRED,
            Unread(facts=frozenset((Fact.ACCESS_KEYS,))),
            id="keys are requested",
        ),
        pytest.param(administrator(mfa_devices=(DEVICE,), active_access_keys=0), REQUIRED, None, id="no keys"),
        pytest.param(
            user("ada", administrator_access(), unless_mfa("BoolIfExists"), mfa_devices=(DEVICE,)),
            REQUIRED,
            None,
            id="protected: keys are not requested",
        ),
        pytest.param(
            administrator(mfa_devices=(DEVICE,), active_access_keys=2),
            REQUIRED,
            "ada is an administrator (AdministratorAccess, attached directly) and has an MFA device, but 2 access keys "
            "work without MFA (no policy asks for MFA).",
            id="keys work",
        ),
        pytest.param(
            user("ada", administrator_access(), unless_mfa("Bool"), mfa_devices=(DEVICE,), active_access_keys=1),
            REQUIRED,
            "ada is an administrator (AdministratorAccess, attached directly) and has an MFA device, but 1 access key "
            "works without MFA (Bool where BoolIfExists is needed).",
            id="the classic hole",
        ),
        pytest.param(
            administrator(mfa_devices_complete=True, console_password=False, active_access_keys=1),
            replace(REQUIRED, console_users_only=True),
            "ada is an administrator (AdministratorAccess, attached directly) and has no console password, but 1 "
            "access key works without MFA (no policy asks for MFA).",
            id="no console, but a key",
        ),
    ],
)
def test_access_keys_affect_the_verdict_only_if_mfa_is_required(
    candidate: IamUser, parameters: Parameters, expected: str | Unread | None
) -> None:
    found = evaluate(candidate, parameters, TODAY)

    if isinstance(expected, Unread):
        assert found == expected
        return
    assert isinstance(found, Verdict)
    if expected is None:
        assert (found.compliance, found.bypass) == (Compliance.COMPLIANT, None)
    else:
        assert (found.compliance, found.annotation) == (Compliance.NON_COMPLIANT, expected)
        assert found.bypass is not None


def test_known_access_keys_are_reported_without_a_change_of_the_verdict() -> None:
    candidate = administrator(mfa_devices=(DEVICE,), active_access_keys=2)

    found = evaluate(candidate, IGNORED, TODAY)

    assert isinstance(found, Verdict)
    assert found.compliance is Compliance.COMPLIANT
    assert found.bypass == Bypass(access_keys=2, reason=NOTHING)


def test_a_missing_device_is_reported_before_access_keys() -> None:
    found = evaluate(administrator(mfa_devices_complete=True), REQUIRED, TODAY)

    assert isinstance(found, Verdict)
    assert (found.compliance, found.bypass) == (Compliance.NON_COMPLIANT, None)
    assert found.annotation.endswith("has no MFA device.")


@pytest.mark.parametrize("definition", list(AdministratorDefinition))
def test_the_enforcement_policy_binds_access_keys_to_mfa(definition: AdministratorDefinition) -> None:
    enforced = Attachment(
        policy=Policy(name="e", arn=f"{IAM}policy/e", document=parse_document(policy_document("aws", "123456789012")))
    )
    boss = role("boss", {"AWS": f"{IAM}root"}, administrator_access())
    parameters = replace(REQUIRED, administrator_definition=definition)
    for free in ((administrator_access(),), (inline("x", FULL_ACCESS),), (inline("x", allow(["iam:*", "sts:*"])),)):
        before, after = user("ada", *free), user("ada", *free, enforced)
        known = [Survey(Snapshot(users=(candidate,), roles=(boss,)), parameters) for candidate in (before, after)]

        assert find_bypass(after, parameters, known[1]) is None
        if definition is AdministratorDefinition.ESCALATION:
            assert find_bypass(before, parameters, known[0]) is NOTHING
