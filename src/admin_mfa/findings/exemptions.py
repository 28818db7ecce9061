"""Exemptions that end soon: each user among them needs an MFA device or another exemption."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC

from admin_mfa.findings.audits import Audit
from admin_mfa.model import Verdict

SOON_DAYS = 14
"""Reports list an exemption that ends within so many days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndingExemption:
    """One exemption that ends soon.

    Attributes:
        audit: The audit that the verdict belongs to.
        verdict: The exempt user.
        days: How many days are left after the day of the audit; 0 on the last day.
    """

    audit: Audit
    verdict: Verdict
    days: int

    def words(self) -> str:
        """Return the user, the last day and the reason, if the exemption has one."""
        reason = f", {self.verdict.exempt_reason}" if self.verdict.exempt_reason else ""
        return f"{self.verdict.user_name} ({self.verdict.exempt_until}{reason})"


def days_left(audit: Audit, verdict: Verdict) -> int | None:
    """Return the days left after the day of the audit; None without an end."""
    until = verdict.exempt_until
    return (until - audit.evaluated_at.astimezone(UTC).date()).days if until else None


def ending_soon(audits: Iterable[Audit]) -> tuple[EndingExemption, ...]:
    """Return the exemptions that end within `SOON_DAYS`, the first to end first."""
    found = [
        EndingExemption(audit=audit, verdict=verdict, days=days)
        for audit in audits
        for verdict in audit.verdicts
        if verdict.exempt and (days := days_left(audit, verdict)) is not None and days <= SOON_DAYS
    ]
    return tuple(sorted(found, key=lambda one: (one.days, one.verdict.user_name.casefold(), one.audit.account_id)))
