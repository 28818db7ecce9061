"""What every report shares: the order of users and accounts, counts, and the result in one line."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from admin_mfa.findings.audits import Audit
from admin_mfa.findings.content import Report
from admin_mfa.model import Compliance, Verdict
from admin_mfa.root_user import RootMfa


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """How many users there are of each kind. A user who is NOT_APPLICABLE counts as neither (non-)compliant."""

    users: int
    administrators: int
    compliant: int
    non_compliant: int


def worst_first(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Return findings first, then exempt and other administrators, then everyone else; each group by name."""

    def rank(verdict: Verdict) -> tuple[bool, bool, bool, str]:
        return (
            verdict.compliance is not Compliance.NON_COMPLIANT,
            not verdict.administrator,
            not verdict.exempt,
            verdict.user_name.casefold(),
        )

    return sorted(verdicts, key=rank)


def summarize(audit: Audit) -> Summary:
    """Count the users of an audit."""
    return Summary(
        users=len(audit.verdicts),
        administrators=sum(verdict.administrator for verdict in audit.verdicts),
        compliant=sum(verdict.compliance is Compliance.COMPLIANT for verdict in audit.verdicts),
        non_compliant=sum(verdict.compliance is Compliance.NON_COMPLIANT for verdict in audit.verdicts),
    )


def summarize_all(audits: Iterable[Audit]) -> Summary:
    """Count the users of several audits."""
    each = [summarize(audit) for audit in audits]
    return Summary(
        users=sum(one.users for one in each),
        administrators=sum(one.administrators for one in each),
        compliant=sum(one.compliant for one in each),
        non_compliant=sum(one.non_compliant for one in each),
    )


def all_compliant(audit: Audit) -> bool:
    """Whether neither a user nor the account is NON_COMPLIANT or unknown."""
    return (
        audit.complete
        and audit.account.compliance is not Compliance.NON_COMPLIANT
        and not summarize(audit).non_compliant
    )


def worst_accounts_first(audits: Iterable[Audit]) -> list[Audit]:
    """Order accounts by what is to be done in them: most administrators without MFA first, then root, then the id."""

    def rank(audit: Audit) -> tuple[int, bool, str]:
        root_lacks = audit.account.compliance is Compliance.NON_COMPLIANT
        return -summarize(audit).non_compliant, not root_lacks, audit.account_id

    return sorted(audits, key=rank)


_ROOT = {
    RootMfa.ENABLED: "has MFA",
    RootMfa.DISABLED: "has no MFA",
    RootMfa.NO_CREDENTIALS: "has no credentials",
    RootMfa.UNKNOWN: "is unknown",
}


def _root(audit: Audit) -> str:
    status = audit.account
    virtual = status.root_mfa is RootMfa.ENABLED and status.compliance is Compliance.NON_COMPLIANT
    return "has only virtual MFA" if virtual else _ROOT[status.root_mfa]


def summary_line(report: Report) -> str:
    """Return the result in one line.

    It says "the required MFA" because a user can have a device of a type that AllowedMfaTypes does not allow.
    """
    return _line_of_many(report) if report.organization else _line_of_one(report.audits[0])


def common_warnings(audits: Sequence[Audit]) -> tuple[str, ...]:
    """Return what is worth a warning in every account: an exemption that matches a user in one of them is in use."""
    if not audits:
        return ()
    shared = set.intersection(*(set(one.warnings) for one in audits))
    return tuple(warning for warning in audits[0].warnings if warning in shared)


def account_title(account_id: str, name: str) -> str:
    """Name an account by its id, and by its name where that is known."""
    return f"{account_id} ({printable(name)})" if name else account_id


def _line_of_many(report: Report) -> str:
    accounts = len(report.audits) + len(report.not_audited)
    audited = f"{len(report.audits)} of {counted(accounts, 'account')} audited"
    summary = summarize_all(report.audits)
    administrators = counted(summary.administrators, "administrator")
    lack = "lacks" if summary.non_compliant == 1 else "lack"
    roots = sum(audit.account.compliance is Compliance.NON_COMPLIANT for audit in report.audits)
    users = (
        f"{summary.non_compliant} of {administrators} {lack} the required MFA"
        if summary.non_compliant
        else f"{administrators}, all compliant"
        if summary.administrators
        else f"none of {counted(summary.users, 'user')} is an administrator"
    )
    return (
        f"{audited}: {users}; {counted(roots, 'root user')} without {_required(report)}MFA{_inactive(report.left_out)}."
    )


def _required(report: Report) -> str:
    return "the required " if any(_root(audit) not in _ROOT.values() for audit in report.audits) else ""


def _inactive(left_out: Sequence[object]) -> str:
    if not left_out:
        return ""
    return f"; {counted(len(left_out), 'account')} {'is' if len(left_out) == 1 else 'are'} not active"


def _line_of_one(audit: Audit) -> str:
    summary = summarize(audit)
    root = f"root user {_root(audit)}"
    if audit.unknown and not summary.administrators:
        everyone = counted(summary.users + len(audit.unknown), "user")
        return f"The verdict on {len(audit.unknown)} of {everyone} is unknown; {root}."
    if audit.unknown:
        root = f"the verdict on {counted(len(audit.unknown), 'user')} is unknown; {root}"
    if not summary.administrators:
        return f"None of {counted(summary.users, 'user')} is an administrator; {root}."
    administrators = counted(summary.administrators, "administrator")
    if not summary.non_compliant:
        return f"{administrators}, all compliant; {root}."
    lack = "lacks" if summary.non_compliant == 1 else "lack"
    return f"{summary.non_compliant} of {administrators} {lack} the required MFA; {root}."


def counted(count: int, noun: str) -> str:
    """Return `1 user` or `2 users`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def printable(text: str) -> str:
    """Spell out, as escapes, what a terminal would act upon instead of showing."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
