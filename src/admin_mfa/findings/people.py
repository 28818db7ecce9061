"""The users of a report with their MFA status, worst first."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from admin_mfa.findings.audits import Audit
from admin_mfa.findings.content import Report
from admin_mfa.model import Compliance, Verdict
from admin_mfa.parameters import Parameters, parse_parameters


class UserStatus(StrEnum):
    """The MFA status of one user, worst first."""

    LACKS_MFA = "lacks"
    EXEMPT = "exempt"
    NOT_REQUIRED = "not-asked"
    HAS_MFA = "has"
    NOT_ADMINISTRATOR = "other"


RANK = {state: rank for rank, state in enumerate(UserStatus)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One user of a report.

    Attributes:
        verdict: The verdict.
        audit: The audit that the verdict belongs to.
        parameters: The rule parameters of the audit.
        state: The user's MFA status.
        change: `new` or `unchanged` for a finding that was compared with an earlier report; else empty.
    """

    verdict: Verdict
    audit: Audit
    parameters: Parameters
    state: UserStatus
    change: str = ""


def ended_exemption(verdict: Verdict) -> str:
    """Return when the exemption of a finding ended, in words; empty if it had none."""
    return f"exemption ended on {verdict.exemption_ended}" if verdict.exemption_ended else ""


def state(verdict: Verdict, parameters: Parameters) -> UserStatus:
    """Return the MFA status. NOT_REQUIRED is a compliant administrator without a device or an exemption."""
    if verdict.compliance is Compliance.NON_COMPLIANT:
        return UserStatus.LACKS_MFA
    if not verdict.administrator:
        return UserStatus.NOT_ADMINISTRATOR
    if verdict.exempt:
        return UserStatus.EXEMPT
    return (
        UserStatus.HAS_MFA
        if any(parameters.accepts(device) for device in verdict.mfa_devices)
        else UserStatus.NOT_REQUIRED
    )


def people(report: Report) -> tuple[Person, ...]:
    """Return all users, worst first, then by name."""
    found = [person for audit in report.audits for person in _people(audit, report)]
    return tuple(sorted(found, key=lambda p: (RANK[p.state], p.verdict.user_name.casefold(), p.audit.account_id)))


def _people(audit: Audit, report: Report) -> Iterable[Person]:
    parameters = parse_parameters(dict(audit.parameters))
    for verdict in audit.verdicts:
        key = (audit.account_id, verdict.user_id)
        yield Person(
            verdict=verdict,
            audit=audit,
            parameters=parameters,
            state=state(verdict, parameters),
            change=report.comparison.change(key) if report.comparison else "",
        )
