"""The numbers of the page, and its headline."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from admin_mfa.findings.audits import Audit
from admin_mfa.findings.content import Report
from admin_mfa.findings.order import counted
from admin_mfa.findings.people import Person, UserStatus
from admin_mfa.model import Compliance


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The number of administrators with each status, and of root users without MFA."""

    users: int
    administrators: int
    states: Counter[UserStatus]
    roots_lacking: int

    @property
    def percent(self) -> int:
        """Share of administrators with MFA; rounded down, so that 100 means all."""
        return self.states[UserStatus.HAS_MFA] * 100 // self.administrators if self.administrators else 0


def count(some: Iterable[Person], audits: Sequence[Audit]) -> Figures:
    """Return the figures of some users and the root users of some accounts."""
    states = Counter(person.state for person in some)
    return Figures(
        users=states.total(),
        administrators=states.total() - states[UserStatus.NOT_ADMINISTRATOR],
        states=states,
        roots_lacking=sum(audit.account.compliance is Compliance.NON_COMPLIANT for audit in audits),
    )


def headline(figures: Figures, report: Report, everyone: Sequence[Person]) -> str:
    """Return the result in one sentence."""
    if not report.audits:
        return "No account could be audited"
    unknown = sum(len(audit.unknown) for audit in report.audits)
    if unknown and not figures.administrators:
        return f"The verdict on {unknown} of {counted(figures.users + unknown, 'IAM user')} is unknown"
    result = _result(figures, everyone)
    return f"{result}; the verdict on {counted(unknown, 'user')} is unknown" if unknown else result


def _result(figures: Figures, everyone: Sequence[Person]) -> str:
    lacking = [person for person in everyone if person.state is UserStatus.LACKS_MFA]
    administrators = figures.administrators
    if not administrators:
        return f"None of {counted(figures.users, 'IAM user')} is an administrator"
    if lacking:
        # Some have a device, but of a type or with access keys that the parameters do not accept.
        subject = f"{len(lacking)} of {counted(administrators, 'administrator')}"
        if any(person.verdict.mfa_devices for person in lacking):
            return f"{subject} {'lacks' if len(lacking) == 1 else 'lack'} the required MFA"
        return f"{subject} {_have(len(lacking))} no MFA"
    with_mfa = figures.states[UserStatus.HAS_MFA]
    if with_mfa == administrators:
        return (
            "The only administrator has MFA" if administrators == 1 else f"All {administrators} administrators have MFA"
        )
    return f"{with_mfa} of {counted(administrators, 'administrator')} {_have(with_mfa)} MFA; the others need none"


def _have(count: int) -> str:
    return "has" if count == 1 else "have"
