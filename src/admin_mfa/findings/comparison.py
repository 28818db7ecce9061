"""What changed since an earlier report: findings that are new, fixed, or still there.

A finding is a user, or an account's root user, that is NON_COMPLIANT. Users are distinguished by their unique ids: one
who was deleted and created again under the same name is another user.
"""

from dataclasses import dataclass
from datetime import datetime

ROOT = "root"
"""Stands for the root user where other findings have a unique id."""

FindingKey = tuple[str, str]
"""An account, and a user's unique id or `ROOT`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierFinding:
    """A finding of an earlier document.

    Attributes:
        account_id: Twelve digits.
        user_id: The unique id, or `ROOT`.
        user_name: As it was then; empty for the root user.
        arn: Likewise.
        partition: Of the account.
        annotation: What was said then.
    """

    account_id: str
    user_id: str
    user_name: str
    arn: str
    partition: str
    annotation: str

    @property
    def title(self) -> str:
        """Whom it is about, in words."""
        return self.user_name or f"root user of {self.account_id}"

    @property
    def key(self) -> FindingKey:
        """What distinguishes it from all others."""
        return self.account_id, self.user_id


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedFinding:
    """A finding that is none any more.

    Attributes:
        earlier: What it was.
        now: What is said of the user now, in one sentence.
    """

    earlier: EarlierFinding
    now: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What changed since an earlier document.

    Attributes:
        since: When that was made, in UTC.
        new: Findings that it does not have.
        unchanged: Findings that it has too.
        fixed: Findings that only it has.
    """

    since: datetime
    new: frozenset[FindingKey]
    unchanged: frozenset[FindingKey]
    fixed: tuple[FixedFinding, ...]

    def change(self, key: FindingKey) -> str:
        """Return `new`, `unchanged`, or nothing for what is no finding now."""
        if key in self.new:
            return "new"
        return "unchanged" if key in self.unchanged else ""

    def is_new(self, account_id: str, user_id: str) -> bool:
        """Whether a user, or the root user for `ROOT`, is a finding that the earlier document does not have."""
        return (account_id, user_id) in self.new

    def line(self) -> str:
        """Give the comparison in one line."""
        return (
            f"Since {self.since:%Y-%m-%d %H:%M} UTC: {len(self.new)} new, {len(self.fixed)} fixed, "
            f"{len(self.unchanged)} unchanged."
        )
