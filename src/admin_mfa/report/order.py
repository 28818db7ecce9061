"""What every report says alike: who comes first, how many there are, and the answer in one line."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from admin_mfa.model import Audit, Compliance, RootMfa, Verdict


class Standing(IntEnum):
    """The groups of users in a report, worst first."""

    NON_COMPLIANT = 0
    EXEMPT = 1
    COMPLIANT_ADMINISTRATOR = 2
    NOT_ADMINISTRATOR = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """How many users there are of each kind. A user who is NOT_APPLICABLE counts as neither (non-)compliant."""

    users: int
    administrators: int
    compliant: int
    non_compliant: int


def standing(verdict: Verdict) -> Standing:
    """Say in which group of a report the user belongs."""
    if verdict.compliance is Compliance.NON_COMPLIANT:
        return Standing.NON_COMPLIANT
    if not verdict.administrator:
        return Standing.NOT_ADMINISTRATOR
    return Standing.EXEMPT if verdict.exempt else Standing.COMPLIANT_ADMINISTRATOR


def worst_first(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Order by standing, and within one by name."""
    return sorted(verdicts, key=lambda verdict: (standing(verdict), verdict.user_name.casefold()))


def summarize(audit: Audit) -> Summary:
    """Count the users of an audit."""
    return Summary(
        users=len(audit.verdicts),
        administrators=sum(verdict.administrator for verdict in audit.verdicts),
        compliant=sum(verdict.compliance is Compliance.COMPLIANT for verdict in audit.verdicts),
        non_compliant=sum(verdict.compliance is Compliance.NON_COMPLIANT for verdict in audit.verdicts),
    )


def all_compliant(audit: Audit) -> bool:
    """Whether neither a user nor the account is NON_COMPLIANT."""
    return audit.account.compliance is not Compliance.NON_COMPLIANT and not summarize(audit).non_compliant


_ROOT = {
    RootMfa.ENABLED: "has MFA",
    RootMfa.DISABLED: "has no MFA",
    RootMfa.NO_CREDENTIALS: "has no credentials",
}


def summary_line(audit: Audit) -> str:
    """Give the answer in one line.

    It says "that satisfies the rule" because a device of a type that AllowedMfaTypes leaves out is a device too.
    """
    summary = summarize(audit)
    root = f"root user {_ROOT[audit.account.root_mfa]}"
    if not summary.administrators:
        return f"No administrators among {counted(summary.users, 'user')}; {root}."
    administrators = counted(summary.administrators, "administrator")
    if not summary.non_compliant:
        return f"{administrators}, every one compliant; {root}."
    lack = "lacks" if summary.non_compliant == 1 else "lack"
    return f"{summary.non_compliant} of {administrators} {lack} an MFA device that satisfies the rule; {root}."


def counted(count: int, noun: str) -> str:
    """Return `1 user` or `2 users`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def printable(text: str) -> str:
    """Spell out, as escapes, what a terminal would act upon instead of showing."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
