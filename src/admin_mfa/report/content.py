"""What is reported: the audits of one account or of many, and what they are compared with."""

from dataclasses import dataclass
from datetime import datetime

from admin_mfa.model import Audit
from admin_mfa.report.comparison import Comparison


@dataclass(frozen=True, slots=True, kw_only=True)
class NotAudited:
    """An account that could not be read, and so has no verdicts.

    Attributes:
        account_id: Twelve digits.
        reason: One sentence.
    """

    account_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything that a renderer is given.

    Attributes:
        audits: At least one, unless no account could be read.
        not_audited: The accounts that could not be read.
        comparison: What changed since an earlier report; None if nobody named one.
    """

    audits: tuple[Audit, ...]
    not_audited: tuple[NotAudited, ...] = ()
    comparison: Comparison | None = None

    @property
    def evaluated_at(self) -> datetime | None:
        """When reading began in the first account; None if no account could be read."""
        return min((audit.evaluated_at for audit in self.audits), default=None)
