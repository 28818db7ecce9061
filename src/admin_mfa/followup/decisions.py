"""What is due about a finding: pure decisions over what was sent, what is attached, and the time.

Everything is decided anew from the record and from live IAM, so a run that broke off half way is finished by the next
one. The preview uses the same functions.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from admin_mfa.followup.finding import (
    STALE_PERIODS,
    Circumstances,
    Enforcement,
    FindingState,
    Notice,
    Reason,
    Record,
    Sparing,
)
from admin_mfa.followup.options import Mode, Options
from admin_mfa.model import Compliance, Verdict

LONGEST_FINAL_NOTICE = timedelta(days=2)
"""How long before enforcement the final notice is sent; half of the grace period where that is shorter."""

RECENT_KEY_USE = timedelta(days=90)
"""An access key used within this time is at work, and enforcement would stop that work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What to do about the enforcement policy, and why, in a sentence for the automation's outputs and the log."""

    enforcement: Enforcement
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What comes next for a user whose finding lasts.

    Attributes:
        notice: The key of the notice that is due now; None if none is.
        begins: The earliest moment of enforcement; None if it does not begin, or has begun.
        spared: Why it does not begin though Mode is Enforce; None otherwise.
    """

    notice: str | None
    begins: datetime | None
    spared: Sparing | None


def outlook(
    record: Record, options: Options, circumstances: Circumstances | None, now: datetime, *, attached: bool
) -> Outlook:
    """Return what comes next, for the notices and for the preview alike.

    Args:
        record: What still counts of it, see `current`.
        options: The operator's.
        circumstances: None where Mode is Notify, which depends on none.
        now: The time, in UTC.
        attached: Whether the user carries the enforcement policy.
    """
    sparing = spared(circumstances, options, now) if circumstances else None
    begins = None
    if options.mode is Mode.ENFORCE and sparing is None and not attached:
        begins = enforcement_begins(record, options, now)
    notice = due_notice(record, options, now, spared=sparing, attached=attached)
    return Outlook(notice=notice, begins=begins, spared=sparing)


def finding_state(verdict: Verdict | None, *, attached: bool) -> FindingState:
    """Return the state of a finding. None, a user who is gone, carries nothing either."""
    if verdict is not None and verdict.compliance is Compliance.NON_COMPLIANT:
        return FindingState.NON_COMPLIANT
    return FindingState.RELEASE_DUE if attached else FindingState.SETTLED


def due_notice(
    record: Record, options: Options, now: datetime, *, spared: Sparing | None, attached: bool = False
) -> str | None:
    """Return the key of the notice that is due, or None.

    Args:
        record: What was sent so far.
        options: The operator's.
        now: The time, in UTC.
        spared: Why enforcement does not begin on this user, so that no notice announces it; None if it could.
        attached: Whether the user carries the enforcement policy: then there is nothing left to warn of.
    """
    if Notice.FOUND not in record.sent or record.found_at is None:
        return Notice.FOUND
    if attached or record.enforced_at is not None:
        return None
    begins = record.found_at + options.grace
    if (
        options.mode is Mode.ENFORCE
        and spared is None
        and Notice.FINAL not in record.sent
        and now >= begins - final_notice_lead(options)
    ):
        return Notice.FINAL
    if options.reminder is not None:
        number = (now - record.sent[Notice.FOUND]) // options.reminder
        key = f"{Notice.REMINDER}-{number}"
        if number >= 1 and key not in record.sent:
            return key
    return None


def notice_of(key: str) -> Notice:
    """Return the kind of notice that a key stands for: `reminder-3` is a reminder."""
    return Notice.REMINDER if key.startswith(f"{Notice.REMINDER}-") else Notice(key)


def final_notice_lead(options: Options) -> timedelta:
    """Return how long before enforcement the final notice is sent, and the least time that it leaves."""
    return min(LONGEST_FINAL_NOTICE, options.grace / 2)


def enforcement_begins(record: Record, options: Options, now: datetime) -> datetime:
    """Return the earliest moment of enforcement: the end of the grace period, never before the final notice allows.

    Args:
        record: What was sent so far; a notice that is about to be sent counts as sent now.
        options: The operator's.
        now: The time, in UTC.
    """
    final = record.sent.get(Notice.FINAL, now)
    return max((record.found_at or now) + options.grace, final + final_notice_lead(options))


def enforcement_days(begins: Mapping[str, datetime], limit: int, now: datetime, taken: int = 0) -> dict[str, date]:
    """Return the first day (UTC) on which enforcement can begin on each user, as the daily limit allows.

    Args:
        begins: The earliest moment for each user, by unique id.
        limit: On how many users enforcement may begin on one day, at least 1.
        now: The time, in UTC.
        taken: How many of today's places are taken.
    """
    places = Counter({now.date(): taken})
    days: dict[str, date] = {}
    for user_id, moment in sorted(begins.items(), key=lambda item: (item[1], item[0])):
        day = max(moment, now).date()
        while places[day] >= limit:
            day += timedelta(days=1)
        places[day] += 1
        days[user_id] = day
    return days


def spared(circumstances: Circumstances, options: Options, now: datetime) -> Sparing | None:
    """Return why enforcement does not begin on a user in these circumstances, or None if it can."""
    if circumstances.policy_unreadable:
        return _unreadable()
    if circumstances.enrolment_denied_by is not None:
        return Sparing(
            reason=Reason.CANNOT_ENROLL,
            text=f"the policy {circumstances.enrolment_denied_by} keeps the user from enrolling a device",
        )
    if circumstances.policy_slots_full:
        return Sparing(
            reason=Reason.POLICY_SLOTS, text="the user already has as many managed policies as the quota allows"
        )
    if not circumstances.console_password and not options.enforce_without_console_password:
        return Sparing(reason=Reason.NO_PASSWORD, text="the user has no console password")
    used = circumstances.key_used_at
    if used is not None and now - used < RECENT_KEY_USE and not options.enforce_despite_access_keys:
        return Sparing(
            reason=Reason.KEYS_USED, text=f"an access key of the user was used within {RECENT_KEY_USE.days} days"
        )
    if options.max_enforcements_per_day == 0:
        return Sparing(reason=Reason.LIMIT, text="MaxEnforcementsPerDay is 0")
    return None


def _unreadable() -> Sparing:
    text = "the user counts as an administrator only because a policy cannot be read"
    return Sparing(reason=Reason.UNREADABLE_POLICY, text=text)


def decide(
    verdict: Verdict | None,
    record: Record,
    options: Options,
    circumstances: Circumstances | None,
    now: datetime,
    *,
    attached: bool,
) -> Decision:
    """Return what to do about the enforcement policy. The caller claims one of the day's places before it attaches.

    Args:
        verdict: Judged just now; an exempt user is COMPLIANT. None for a user who is gone.
        record: What was sent so far.
        options: The operator's.
        circumstances: None where they were not read, because nothing could depend on them.
        now: The time, in UTC.
        attached: Whether the user carries the policy.
    """
    if verdict is None or verdict.compliance is not Compliance.NON_COMPLIANT:
        return _none("the user is no longer NON_COMPLIANT; the next run settles the finding")
    if attached and (reason := _reason_to_detach(record, options, circumstances, now)):
        return Decision(enforcement=Enforcement.DETACH, reason=reason)
    if options.mode is not Mode.ENFORCE:
        return _none("Mode is Notify")
    if not verdict.enforceable:
        return _none(str(_unreadable()))
    if record.detached_by_hand(now, attached=attached):
        return _none("the policy was detached by hand; a final notice comes before it is attached again")
    if attached or record.enforced_at is not None:
        return _none("the policy is attached already")
    if reason := _hindrance(record, options, circumstances, now):
        return _none(reason)
    return Decision(enforcement=Enforcement.ATTACH, reason="the grace period is over")


def _reason_to_detach(
    record: Record, options: Options, circumstances: Circumstances | None, now: datetime
) -> str | None:
    """Return why the policy must not stay on a user who carries it, though the finding lasts."""
    if options.mode is not Mode.ENFORCE:
        return "Mode is Notify, and the policy is attached to the user"
    if record.enforced_at is None:
        # Attached by hand, or under a name that another user had: only a run that broke off has waited long enough.
        if Notice.FINAL not in record.sent:
            return "the policy is attached to the user without a final notice"
        if now < (begins := enforcement_begins(record, options, now)):
            return f"the policy is attached to the user, and {_lasting(begins)}"
    if circumstances is not None and circumstances.enrolment_denied_by is not None:
        return str(spared(circumstances, options, now))
    return None


def _hindrance(record: Record, options: Options, circumstances: Circumstances | None, now: datetime) -> str | None:
    """Return what keeps enforcement from beginning now; the reason that lasts longest first."""
    if circumstances is not None and (reason := spared(circumstances, options, now)):
        return str(reason)
    if record.found_at is None or Notice.FINAL not in record.sent:
        return "the final notice has not been sent yet"
    begins = enforcement_begins(record, options, now)
    if now < begins:
        return _lasting(begins)
    if circumstances is None:
        return "the user's circumstances are unknown"
    if circumstances.rule_is_stale(now):
        return f"the rule has not been evaluated successfully for {STALE_PERIODS} periods"
    return None


def _lasting(begins: datetime) -> str:
    return f"the grace period lasts until {begins:%Y-%m-%d %H:%M} UTC"


def _none(reason: str) -> Decision:
    return Decision(enforcement=Enforcement.NONE, reason=reason)
