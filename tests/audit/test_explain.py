"""The story of one user: what it rests on, and what would really change it."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from admin_mfa.audit.explain import explain
from admin_mfa.escalation.search import Survey
from admin_mfa.escalation.snapshot import Snapshot
from admin_mfa.model import BypassReason, Compliance, IamUser, MfaDevice, MfaType
from admin_mfa.parameters import Parameters, parse_parameters
from admin_mfa.report import RenderOptions
from admin_mfa.report.explanation import Explanation, render_explanation
from tests.support.accounts import (
    IAM,
    administrator_access,
    allow,
    aws_managed,
    deny,
    group,
    inline,
    managed,
    role,
    user,
)

TODAY = date(2026, 11, 24)
DEVICE = MfaDevice(serial_number="arn:aws:iam::123456789012:mfa/ada", type=MfaType.VIRTUAL, tags=())
READ: dict[str, Any] = {"mfa_devices_complete": True, "console_password": True, "active_access_keys": 0}
POWER = {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}


def told(somebody: IamUser, *others: Any, **given: str) -> Explanation:
    parameters = parse_parameters(given)
    snapshot = Snapshot(
        users=(somebody,),
        groups=tuple(item for item in others if hasattr(item, "group_name")),
        roles=tuple(item for item in others if hasattr(item, "role_name")),
    )
    found = explain(somebody, parameters, TODAY, Survey(snapshot, parameters))
    assert found is not None
    return found


def changes(found: Explanation) -> dict[str, tuple[Compliance, bool]]:
    return {change.action: (change.then.compliance, change.then.administrator) for change in found.changes}


OK, NC = Compliance.COMPLIANT, Compliance.NON_COMPLIANT


def test_an_administrator_without_a_device() -> None:
    found = told(user("ada", administrator_access("ops"), managed("reading", allow("s3:Get*")), groups=["ops"], **READ))

    assert found.verdict.compliance is NC
    assert changes(found) == {
        "enrol an MFA device of type virtual": (OK, True),
        "detach the policy AdministratorAccess from the group ops": (OK, False),
        "remove the user from the group ops": (OK, False),
        "exempt the user (ExemptUsers)": (OK, True),
    }


def test_one_policy_of_two_changes_nothing_and_both_do() -> None:
    found = told(user("ada", administrator_access(), inline("all", allow("*")), **READ))

    assert changes(found) == {
        "enrol an MFA device of type virtual": (OK, True),
        "remove all of these policies and groups": (OK, False),
        "exempt the user (ExemptUsers)": (OK, True),
        # Without it the other policy would not count, but AdministratorAccess still would.
    }


def test_either_of_two_that_are_needed_together() -> None:
    halves = (aws_managed("PowerUserAccess", POWER), aws_managed("IAMFullAccess", allow("iam:*")))
    found = told(user("ada", *halves, **READ))

    assert changes(found) == {
        "enrol an MFA device of type virtual": (OK, True),
        "detach the policy PowerUserAccess from the user": (OK, False),
        "detach the policy IAMFullAccess from the user": (OK, False),
        "remove all of these policies and groups": (OK, False),
        "exempt the user (ExemptUsers)": (OK, True),
        "set AdministratorDefinition=AdministratorAccess": (OK, False),
    }


def test_the_device_that_is_named_is_one_that_would_count() -> None:
    somebody = user("ada", administrator_access(), mfa_devices=(DEVICE,), **READ)

    assert "enrol an MFA device of type fido" in changes(told(somebody, AllowedMfaTypes="fido,hardware"))
    assert "enrol an MFA device of type virtual with the tag managed=yes" in changes(
        told(somebody, ManagedDeviceTag="managed=yes")
    )


def test_a_user_who_is_compliant_by_a_device_would_not_be_without() -> None:
    found = told(user("ada", administrator_access(), mfa_devices=(DEVICE,), **READ))

    assert changes(found)["remove the MFA devices"] == (NC, True)


def test_an_exemption_ends() -> None:
    found = told(user("ada", administrator_access(), **READ), ExemptUsers="ada@2026-12-31")

    assert changes(found)["wait until 2027-01-01, when the exemption has ended"] == (NC, True)


def test_keys_that_work_without_mfa_are_told_and_held_against_the_user_where_that_is_asked() -> None:
    somebody = user("ada", administrator_access(), mfa_devices=(DEVICE,), **{**READ, "active_access_keys": 2})

    mild, strict = told(somebody), told(somebody, ApiAccess="require-mfa")

    assert (mild.verdict.compliance, mild.bypass) == (OK, BypassReason.NOTHING_ASKS)
    assert strict.verdict.compliance is NC
    assert changes(strict)["deactivate the access keys"] == (OK, True)


def test_who_could_become_administrator_is_told_by_any_definition() -> None:
    somebody = user("ada", inline("x", allow("sts:AssumeRole")), **READ)
    deploy = role("deploy", {"AWS": f"{IAM}root"}, administrator_access())

    found = told(somebody, deploy)

    assert (found.verdict.administrator, [way.way for way in found.ways]) == (False, ["AssumeRole"])
    assert changes(found) == {"set AdministratorDefinition=Escalation": (NC, True)}


def test_a_user_about_whom_something_is_unread_has_no_story_yet() -> None:
    somebody = user("ada", administrator_access())
    parameters = Parameters()

    assert explain(somebody, parameters, TODAY, Survey(Snapshot(users=(somebody,)), parameters)) is None


@pytest.mark.parametrize("width", [24, 80, 200])
@pytest.mark.parametrize("colour", [False, True])
def test_the_text_keeps_everything_at_any_width(width: int, colour: bool) -> None:  # noqa: FBT001
    ada = user(
        "ada",
        inline("x", allow("sts:AssumeRole")),
        inline("y", deny("s3:*")),
        groups=["dev"],
        mfa_devices=(DEVICE,),
        **{**READ, "active_access_keys": 1},
    )
    deploy = role("deploy", {"AWS": f"{IAM}root"}, administrator_access())
    text = render_explanation(
        told(ada, group("dev"), deploy, AdministratorDefinition="Escalation"), RenderOptions(width=width, colour=colour)
    )

    words = " ".join(text.split())
    assert "ada is an administrator (can assume the administrator role deploy," in words
    assert "role deploy is an administrator: AdministratorAccess, attached directly" in words
    assert "1 active, which works without MFA (no policy asks for MFA)" in words
    assert "- Delete the policy x from the user: COMPLIANT, not an administrator" in words
    assert ("\x1b[" in text) is colour
    longest = max(len(word) for word in text.split())
    assert all(len(line) <= max(width, longest + 7) for line in text.splitlines())


def test_hostile_names_are_spelt_out() -> None:
    ada = replace(user("ada", administrator_access(), **READ), user_name="ada\x1b[2J\u202e")

    text = render_explanation(told(ada), RenderOptions())

    assert "ada\\x1b[2J\\u202e: NON_COMPLIANT" in text
    assert "\x1b" not in text
