"""A finding of the remediation: its notices, its record, and the circumstances of its user.

A finding begins with the first published notice about a user (or the account's root) and ends when the user is
compliant, exempt or gone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

SETTLING = timedelta(hours=1)
"""IAM's reads lag behind its writes; within this time after enforcement began, a missing policy is taken for there."""

UNSEEN = timedelta(hours=36)
"""A finding that no run has confirmed for this long may have ended and begun again: a final notice is due anew.

The sweep confirms every finding once a day; a lost compliance event and a failed sweep together exceed it.
"""

CLOCK_KEPT = timedelta(days=30)
"""How long the grace period goes on after a finding has ended, so that removing a device does not restart it."""

STALE_PERIODS = 2
"""After so many periods without a successful evaluation, enforcement does not begin on any user."""


class Notice(StrEnum):
    """The kinds of notices, and the values of the attribute `event` that subscriptions filter by."""

    FOUND = "found"
    REMINDER = "reminder"
    FINAL = "final"
    ENFORCED = "enforced"
    RELEASED = "released"
    ROOT = "root"
    EXCEPTION = "exception"
    DEVICE_REMOVED = "device-removed"


AGAIN_BEFORE_ENFORCEMENT = (Notice.FINAL.value, Notice.ENFORCED.value)
"""The notices that are due anew when enforcement was ended while the finding lasted."""


class FindingState(StrEnum):
    """The state of a finding."""

    NON_COMPLIANT = "NonCompliant"
    RELEASE_DUE = "ReleaseDue"
    SETTLED = "Settled"


class Reason(StrEnum):
    """Why enforcement does not begin on a user, in the words of the preview."""

    EXEMPT = "exempt"
    EXCEPTION = "remediation-exception"
    UNREADABLE_POLICY = "unreadable-policy"
    CANNOT_ENROLL = "cannot-enroll"
    POLICY_SLOTS = "policy-slots"
    NO_PASSWORD = "no-password"  # noqa: S105 - the name of a reason
    KEYS_USED = "keys-used"
    LIMIT = "limit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sparing:
    """Why enforcement does not begin on a user.

    Attributes:
        reason: For programs and counts.
        text: For people, to follow "because".
    """

    reason: Reason
    text: str

    def __str__(self) -> str:
        return self.text


class Enforcement(StrEnum):
    """What is done to the enforcement policy."""

    ATTACH = "Attach"
    DETACH = "Detach"
    NONE = "None"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What is remembered about a finding.

    Attributes:
        sent: When each notice was published, by the notice's key; a reminder's key ends in its number.
        enforced_at: When the enforcement policy was attached; None if it is not.
        seen_at: When a run last judged the user NON_COMPLIANT.
        begun_at: When the first notice of an earlier finding was published whose grace period goes on; None if the
            grace period began with this finding.
        settled_at: When the finding ended; None while it lasts.
    """

    sent: Mapping[str, datetime] = field(default_factory=dict)
    enforced_at: datetime | None = None
    seen_at: datetime | None = None
    begun_at: datetime | None = None
    settled_at: datetime | None = None

    def detached_by_hand(self, now: datetime, *, attached: bool) -> bool:
        """Whether the policy that an automation attached has been detached since, though no automation reported it."""
        return self.enforced_at is not None and not attached and now - self.enforced_at >= SETTLING

    @property
    def found_at(self) -> datetime | None:
        """When the first notice was published: the beginning of the grace period, never AWS Config's timestamps."""
        return self.begun_at or self.sent.get(Notice.FOUND)

    @property
    def last_seen_at(self) -> datetime | None:
        """When the user was last known to be NON_COMPLIANT: by a run, or by a notice, which a judgement precedes."""
        return max((moment for moment in (self.seen_at, *self.sent.values()) if moment), default=None)

    @property
    def latest_notice(self) -> str | None:
        """The key of the last notice about the finding itself that the topic sent."""
        keys = [key for key in self.sent if "@" not in key and key not in (Notice.ENFORCED, Notice.RELEASED)]
        return max(keys, key=lambda key: self.sent[key], default=None)

    def sent_again(self, notices: tuple[str, ...]) -> "Record":
        """Return the record without some notices, whatever the channel: they are due anew."""
        sent = {name: moment for name, moment in self.sent.items() if name.partition("@")[0] not in notices}
        return replace(self, sent=sent)


def current(record: Record, now: datetime, *, attached: bool) -> Record:
    """Return what still counts of a record: a final notice only if the finding was confirmed ever since.

    Args:
        record: As it was read.
        now: The time, in UTC.
        attached: Whether the user carries the enforcement policy: then the past is needed to end that.
    """
    # First: a policy attached since, by hand or by a run that overlapped with the end, belongs to no earlier finding.
    if record.settled_at is not None:
        return Record(begun_at=record.begun_at) if now - record.settled_at <= CLOCK_KEPT else Record()
    if attached or record.enforced_at is not None:
        return record
    seen = record.last_seen_at
    if seen is None or now - seen <= UNSEEN:
        return record
    return record.sent_again(AGAIN_BEFORE_ENFORCEMENT) if now - seen <= CLOCK_KEPT else Record()


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What enforcement depends on beside the finding, as far as Mode asks for it.

    Attributes:
        console_password: Whether the user has one.
        key_used_at: When one of the user's active access keys was last used; None if never.
        rule_evaluated_at: The rule's last successful evaluation; None if there was none.
        rule_period: How often the rule runs.
        enrolment_denied_by: The policy that makes enrolling a device impossible; None if the user can enroll.
        policy_slots_full: Whether the user carries as many managed policies as the account's quota allows.
        policy_unreadable: Whether the user counts as an administrator only because a policy cannot be read.
    """

    console_password: bool
    key_used_at: datetime | None
    rule_evaluated_at: datetime | None
    rule_period: timedelta
    enrolment_denied_by: str | None = None
    policy_slots_full: bool = False
    policy_unreadable: bool = False

    def rule_is_stale(self, now: datetime) -> bool:
        """Whether the rule has not been evaluated for so long that enforcement must not begin."""
        return is_stale(self.rule_evaluated_at, self.rule_period, now)


def is_stale(evaluated_at: datetime | None, period: timedelta, now: datetime) -> bool:
    """Whether a rule has not been evaluated successfully for too many periods."""
    return evaluated_at is None or now - evaluated_at > STALE_PERIODS * period
