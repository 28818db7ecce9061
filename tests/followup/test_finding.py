from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from admin_mfa.followup.decisions import (
    Decision,
    decide,
    due_notice,
    enforcement_begins,
    finding_state,
    notice_of,
    spared,
)
from admin_mfa.followup.finding import (
    Circumstances,
    Enforcement,
    FindingState,
    Notice,
    Reason,
    Record,
    Sparing,
    current,
)
from admin_mfa.followup.options import Mode, Options
from admin_mfa.model import AdminGrant, Compliance, GrantSource, Verdict
from tests.support.values import admin_grant

FOUND_AT = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
SPARED = Sparing(reason=Reason.NO_PASSWORD, text="the user has no console password")
ENFORCE = Options(mode=Mode.ENFORCE)
FOUND = Record(sent={"found": FOUND_AT})
WARNED = Record(sent={"found": FOUND_AT, "final": FOUND_AT + timedelta(days=12)})


def _after(days: float) -> datetime:
    return FOUND_AT + timedelta(days=days)


def _verdict(compliance: Compliance = Compliance.NON_COMPLIANT) -> Verdict:
    return Verdict(
        user_name="ada",
        user_id="AIDACKCEVSQ6C2EXAMPLE",
        arn="arn:aws:iam::123456789012:user/ada",
        compliance=compliance,
        annotation="ada is an administrator and has no MFA device.",
        grants=(admin_grant(policy="AdministratorAccess", via="user"),),
    )


NOT_SURE = Decision(
    enforcement=Enforcement.NONE,
    reason="the user counts as an administrator only because a policy cannot be read",
)


def _circumstances(now: datetime, **changed: object) -> Circumstances:
    known = {
        "console_password": True,
        "key_used_at": None,
        "rule_evaluated_at": now,
        "rule_period": timedelta(hours=1),
    }
    return Circumstances(**{**known, **changed})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("record", "days", "attached", "expected"),
    [
        pytest.param(Record(), 0, False, Record(), id="nothing known"),
        pytest.param(WARNED, 13.5, False, WARNED, id="the final notice is itself a look"),
        pytest.param(WARNED, 13.6, False, FOUND, id="the final notice of a finding that nobody looked at since"),
        pytest.param(
            replace(WARNED, seen_at=_after(14)), 15.5, False, replace(WARNED, seen_at=_after(14)), id="seen every day"
        ),
        pytest.param(
            Record(sent={**WARNED.sent, "found@mail": FOUND_AT, "final@mail": _after(12)}),
            14,
            False,
            Record(sent={"found": FOUND_AT, "found@mail": FOUND_AT}),
            id="the marks of every channel go together",
        ),
        pytest.param(WARNED, 43, False, Record(), id="not seen for more than a month"),
        pytest.param(WARNED, 43, True, WARNED, id="carrying the policy"),
        pytest.param(
            replace(WARNED, enforced_at=_after(14)), 43, False, replace(WARNED, enforced_at=_after(14)), id="enforced"
        ),
        pytest.param(
            Record(begun_at=FOUND_AT, settled_at=_after(14)), 44, False, Record(begun_at=FOUND_AT), id="clock goes on"
        ),
        pytest.param(
            Record(begun_at=FOUND_AT, settled_at=_after(14)), 15, True, Record(begun_at=FOUND_AT), id="attached by hand"
        ),
        pytest.param(
            Record(begun_at=FOUND_AT, settled_at=_after(14), enforced_at=_after(14)),
            15,
            False,
            Record(begun_at=FOUND_AT),
            id="settled while another run attached the policy",
        ),
        pytest.param(Record(begun_at=FOUND_AT, settled_at=_after(14)), 44.1, False, Record(), id="clock is over"),
    ],
)
def test_current(record: Record, days: float, expected: Record, *, attached: bool) -> None:
    assert current(record, _after(days), attached=attached) == expected


@pytest.mark.parametrize(
    ("verdict", "attached", "expected"),
    [
        pytest.param(_verdict(), False, FindingState.NON_COMPLIANT, id="non-compliant"),
        pytest.param(_verdict(), True, FindingState.NON_COMPLIANT, id="non-compliant and enforced upon"),
        pytest.param(_verdict(Compliance.COMPLIANT), False, FindingState.SETTLED, id="compliant"),
        pytest.param(
            _verdict(Compliance.COMPLIANT), True, FindingState.RELEASE_DUE, id="compliant and carrying the policy"
        ),
        pytest.param(
            _verdict(Compliance.NOT_APPLICABLE), True, FindingState.RELEASE_DUE, id="no administrator any more"
        ),
        pytest.param(None, False, FindingState.SETTLED, id="gone"),
    ],
)
def test_finding_state(verdict: Verdict | None, expected: FindingState, *, attached: bool) -> None:
    assert finding_state(verdict, attached=attached) is expected


@pytest.mark.parametrize(
    ("record", "options", "days", "sparing", "expected"),
    [
        pytest.param(Record(), Options(), 0, None, "found", id="first look"),
        pytest.param(FOUND, Options(), 300, None, None, id="told, and Mode is Notify"),
        pytest.param(FOUND, ENFORCE, 11.9, None, None, id="two days before the end of the grace period not yet"),
        pytest.param(FOUND, ENFORCE, 12, None, "final", id="two days before the end of the grace period"),
        pytest.param(FOUND, ENFORCE, 12, SPARED, None, id="nobody is threatened with what never comes"),
        pytest.param(WARNED, ENFORCE, 13, None, None, id="warned once"),
        pytest.param(FOUND, ENFORCE, 100, None, "final", id="Enforce switched on late still warns first"),
        pytest.param(FOUND, Options(reminder=timedelta(days=7)), 6.9, None, None, id="no reminder yet"),
        pytest.param(FOUND, Options(reminder=timedelta(days=7)), 7, None, "reminder-1", id="reminder"),
        pytest.param(
            FOUND, Options(reminder=timedelta(days=7)), 22, None, "reminder-3", id="missed ones are not made up"
        ),
        pytest.param(
            Record(sent={"found": FOUND_AT, "reminder-1": _after(7)}),
            Options(reminder=timedelta(days=7)),
            13,
            None,
            None,
            id="reminded once a week",
        ),
        pytest.param(
            Record(sent={"found": FOUND_AT}, enforced_at=_after(14)),
            Options(mode=Mode.ENFORCE, reminder=timedelta(days=1)),
            20,
            None,
            None,
            id="who is enforced upon knows",
        ),
        pytest.param(
            FOUND,
            Options(mode=Mode.ENFORCE, reminder=timedelta(days=1)),
            12,
            None,
            "final",
            id="the final notice goes before a reminder",
        ),
    ],
)
def test_due_notice(
    record: Record, options: Options, days: float, sparing: Sparing | None, expected: str | None
) -> None:
    assert due_notice(record, options, _after(days), spared=sparing) == expected


def test_nobody_is_warned_of_a_policy_that_is_attached_already() -> None:
    assert due_notice(FOUND, ENFORCE, _after(13), spared=None, attached=True) is None


@pytest.mark.parametrize(
    ("record", "options", "days", "expected"),
    [
        pytest.param(Record(), ENFORCE, 0, _after(14), id="from the first notice"),
        pytest.param(FOUND, ENFORCE, 5, _after(14), id="a fixed date, whenever it is asked"),
        pytest.param(WARNED, ENFORCE, 13, _after(14), id="warned in time"),
        pytest.param(FOUND, ENFORCE, 20, _after(22), id="warned late"),
        pytest.param(Record(), Options(mode=Mode.ENFORCE, grace=timedelta(days=1)), 0, _after(1), id="one day"),
    ],
)
def test_enforcement_begins(record: Record, options: Options, days: float, expected: datetime) -> None:
    assert enforcement_begins(record, options, _after(days)) == expected


@pytest.mark.parametrize(
    ("changed", "options", "expected"),
    [
        pytest.param({}, ENFORCE, None, id="a person without keys"),
        pytest.param({"console_password": False}, ENFORCE, "the user has no console password", id="no password"),
        pytest.param(
            {"console_password": False},
            Options(enforce_without_console_password=True),
            None,
            id="no password, and asked for",
        ),
        pytest.param(
            {"key_used_at": _after(-89)},
            ENFORCE,
            "an access key of the user was used within 90 days",
            id="a key at work",
        ),
        pytest.param({"key_used_at": _after(-90)}, ENFORCE, None, id="a key that sleeps"),
        pytest.param(
            {"key_used_at": _after(0)}, Options(enforce_despite_access_keys=True), None, id="a key, asked for"
        ),
        pytest.param(
            {"policy_unreadable": True},
            ENFORCE,
            "the user counts as an administrator only because a policy cannot be read",
            id="a policy that cannot be read",
        ),
        pytest.param(
            {},
            Options(mode=Mode.ENFORCE, max_enforcements_per_day=0),
            "MaxEnforcementsPerDay is 0",
            id="a limit of zero",
        ),
    ],
)
def test_spared(changed: dict[str, object], options: Options, expected: str | None) -> None:
    sparing = spared(_circumstances(FOUND_AT, **changed), options, FOUND_AT)
    assert (str(sparing) if sparing else None) == expected


ATTACH = Decision(enforcement=Enforcement.ATTACH, reason="the grace period is over")


def _none(reason: str) -> Decision:
    return Decision(enforcement=Enforcement.NONE, reason=reason)


@pytest.mark.parametrize(
    ("verdict", "record", "options", "changed", "attached", "expected"),
    [
        pytest.param(_verdict(), WARNED, ENFORCE, {}, False, ATTACH, id="grace over"),
        pytest.param(
            _verdict(Compliance.COMPLIANT),
            WARNED,
            ENFORCE,
            {},
            False,
            _none("the user is no longer NON_COMPLIANT; the next run settles the finding"),
            id="enrolled while the automation ran",
        ),
        pytest.param(
            None,
            WARNED,
            ENFORCE,
            {},
            False,
            _none("the user is no longer NON_COMPLIANT; the next run settles the finding"),
            id="deleted while the automation ran",
        ),
        pytest.param(_verdict(), WARNED, Options(), {}, False, _none("Mode is Notify"), id="Notify"),
        pytest.param(
            _verdict(),
            WARNED,
            Options(),
            {},
            True,
            Decision(enforcement=Enforcement.DETACH, reason="Mode is Notify, and the policy is attached to the user"),
            id="Notify again",
        ),
        pytest.param(
            _verdict(), WARNED, ENFORCE, {}, True, _none("the policy is attached already"), id="attached already"
        ),
        pytest.param(
            _verdict(),
            FOUND,
            ENFORCE,
            {},
            True,
            Decision(
                enforcement=Enforcement.DETACH, reason="the policy is attached to the user without a final notice"
            ),
            id="attached, and never warned",
        ),
        pytest.param(
            _verdict(),
            Record(sent={"found": FOUND_AT, "final": _after(14)}),
            ENFORCE,
            {},
            True,
            Decision(
                enforcement=Enforcement.DETACH,
                reason="the policy is attached to the user, and the grace period lasts until 2026-11-17 12:00 UTC",
            ),
            id="attached, and warned a day ago",
        ),
        pytest.param(
            _verdict(),
            replace(WARNED, enforced_at=_after(14)),
            ENFORCE,
            {},
            False,
            _none("the policy was detached by hand; a final notice comes before it is attached again"),
            id="taken off by hand",
        ),
        pytest.param(
            _verdict(),
            replace(WARNED, enforced_at=_after(15) - timedelta(minutes=59)),
            ENFORCE,
            {},
            False,
            _none("the policy is attached already"),
            id="attached a moment ago and not to be seen yet",
        ),
        pytest.param(
            _verdict(), FOUND, ENFORCE, {}, False, _none("the final notice has not been sent yet"), id="not warned"
        ),
        pytest.param(
            _verdict(),
            Record(sent={"found": FOUND_AT, "final": _after(14)}),
            ENFORCE,
            {},
            False,
            _none("the grace period lasts until 2026-11-17 12:00 UTC"),
            id="warned a day ago",
        ),
        pytest.param(
            _verdict(),
            WARNED,
            ENFORCE,
            {"console_password": False},
            False,
            _none("the user has no console password"),
            id="no console password",
        ),
        pytest.param(
            _verdict(),
            WARNED,
            ENFORCE,
            {"rule_evaluated_at": _after(15) - timedelta(hours=2, seconds=1)},
            False,
            _none("the rule has not been evaluated successfully for 2 periods"),
            id="stale rule",
        ),
        pytest.param(
            _verdict(),
            WARNED,
            ENFORCE,
            {"rule_evaluated_at": None},
            False,
            _none("the rule has not been evaluated successfully for 2 periods"),
            id="rule that never ran",
        ),
        pytest.param(
            _verdict(),
            WARNED,
            ENFORCE,
            {"rule_evaluated_at": _after(15) - timedelta(hours=2)},
            False,
            ATTACH,
            id="rule that is just fresh enough",
        ),
    ],
)
def test_decide(
    verdict: Verdict | None,
    record: Record,
    options: Options,
    changed: dict[str, object],
    attached: bool,  # noqa: FBT001 - a column of the table
    expected: Decision,
) -> None:
    now = _after(15)
    assert decide(verdict, record, options, _circumstances(now, **changed), now, attached=attached) == expected


def test_a_policy_that_cannot_be_read_keeps_from_enforcing() -> None:
    unreadable = AdminGrant(sources=(GrantSource(policy="lost", unreadable=True),))
    for grants, expected in (((unreadable,), NOT_SURE), ((*_verdict().grants, unreadable), ATTACH)):
        verdict = replace(_verdict(), grants=grants)
        now = _after(15)
        assert decide(verdict, WARNED, ENFORCE, _circumstances(now), now, attached=False) == expected


def test_unknown_circumstances_keep_from_enforcing() -> None:
    decision = decide(_verdict(), WARNED, ENFORCE, None, _after(15), attached=False)
    assert decision == _none("the user's circumstances are unknown")


def test_a_reminders_key_ends_in_its_number() -> None:
    assert notice_of("reminder-12") is Notice.REMINDER
    assert notice_of("final") is Notice.FINAL
