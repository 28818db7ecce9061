"""What is reported: the audit of one account, or those of many."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from admin_mfa.findings.audits import Audit, NotAudited, OrganizationAudit
from admin_mfa.findings.comparison import Comparison

__all__ = ["NotAudited", "Report"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything that a renderer is given.

    Attributes:
        audits: At least one, unless no account could be read.
        not_audited: The accounts that could not be read.
        left_out: The accounts that are not active and cannot be read.
        organization: Whether many accounts were asked for; a report about one account has one audit and nothing else.
        comparison: What changed since an earlier report; None if none was given.
        made_at: When the report was made, in UTC; stands for the time of reading where nothing could be read.
    """

    audits: tuple[Audit, ...]
    not_audited: tuple[NotAudited, ...] = ()
    left_out: tuple[NotAudited, ...] = ()
    organization: bool = False
    comparison: Comparison | None = None
    made_at: datetime = field(default_factory=lambda: datetime.now(UTC), compare=False)

    @classmethod
    def of(cls, subject: Audit | OrganizationAudit) -> "Report":
        """Report about an account or about many."""
        if isinstance(subject, Audit):
            return cls(audits=(subject,))
        return cls(
            audits=subject.audits,
            not_audited=subject.not_audited,
            left_out=subject.left_out,
            organization=True,
        )

    @property
    def evaluated_at(self) -> datetime | None:
        """When reading began in the first account; None if no account could be read."""
        return min((audit.evaluated_at for audit in self.audits), default=None)
