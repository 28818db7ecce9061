"""The one finding type: what the machine formats and the remediation's Security Hub channel are made of.

A finding is about one subject: a user, the account's root user, or the account itself where it could not be audited.
Its id depends on the account and the subject alone, never on the name that AWS Config gives the rule: a report and the
remediation update the same finding, inside a conformance pack and outside.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from admin_mfa.findings import frameworks, next_steps, rule
from admin_mfa.findings.audits import Audit, Unknown
from admin_mfa.findings.comparison import ROOT, EarlierFinding
from admin_mfa.model import Compliance, Verdict
from admin_mfa.parameters import Parameters, parse_parameters


class Severity(StrEnum):
    """How bad a finding is, in Security Hub's words."""

    CRITICAL = "CRITICAL"
    HIGH = "HIGH"
    MEDIUM = "MEDIUM"
    INFORMATIONAL = "INFORMATIONAL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One finding.

    Attributes:
        place: Where and when.
        subject: The user's unique id, `comparison.ROOT` or `rule.ACCOUNT`.
        name: The user's name, `root`, or the account's id.
        arn: The resource's; the account's id for the account itself.
        title: What is asked for.
        annotation: What was found, in one sentence.
        compliance: None where the account could not be audited, or where saved answers leave it unknown.
        severity: How bad it is; INFORMATIONAL for what is in order.
        recommendation: What to do; empty where nothing is to be done.
        verdict: What it rests on; None for root users, accounts, and users who are gone.
        root_mfa: The root user's MFA; empty for other findings.
        gone: Whether the user does not exist any more.
    """

    place: rule.FindingContext
    subject: str
    name: str
    arn: str
    title: str
    annotation: str
    compliance: Compliance | None
    severity: Severity = Severity.INFORMATIONAL
    recommendation: str = ""
    verdict: Verdict | None = None
    root_mfa: str = ""
    gone: bool = False

    @property
    def id(self) -> str:
        """Stable: a report and the remediation give a subject the same id."""
        return rule.finding_id(self.place.partition, self.place.account_id, self.subject)

    @property
    def requirements(self) -> tuple[str, ...]:
        """The requirements of compliance frameworks that the finding supports."""
        if self.subject == rule.ACCOUNT:
            return ()
        return frameworks.ROOT if self.subject == ROOT else frameworks.USER

    @property
    def failed(self) -> bool:
        """Whether something is to be done about the subject."""
        return self.compliance is Compliance.NON_COMPLIANT


def user_finding(place: rule.FindingContext, verdict: Verdict, parameters: Parameters) -> Finding:
    """Return the finding about one user."""
    failed = verdict.compliance is Compliance.NON_COMPLIANT
    return Finding(
        place=place,
        subject=verdict.user_id,
        name=verdict.user_name,
        arn=verdict.arn,
        title=rule.TITLE,
        annotation=verdict.annotation,
        compliance=verdict.compliance,
        severity=Severity.HIGH if failed else Severity.INFORMATIONAL,
        recommendation=next_steps.in_words(next_steps.advice(verdict, parameters)) if failed else "",
        verdict=verdict,
    )


def gone_finding(place: rule.FindingContext, earlier: EarlierFinding, annotation: str) -> Finding:
    """Return the finding about a user who does not exist any more."""
    return Finding(
        place=place,
        subject=earlier.user_id,
        name=earlier.user_name,
        arn=earlier.arn,
        title=rule.TITLE,
        annotation=annotation,
        compliance=Compliance.NOT_APPLICABLE,
        gone=True,
    )


def root_finding(audit: Audit) -> Finding:
    """Return the finding about an account's root user."""
    status = audit.account
    failed = status.compliance is Compliance.NON_COMPLIANT
    return Finding(
        place=rule.place(audit),
        subject=ROOT,
        name="root",
        arn=rule.root_arn(audit),
        title=rule.ROOT_TITLE,
        annotation=status.annotation,
        compliance=status.compliance,
        severity=Severity.CRITICAL if failed else Severity.INFORMATIONAL,
        recommendation=next_steps.in_words(next_steps.root_advice(status.root_mfa)) if failed else "",
        root_mfa=status.root_mfa,
    )


def account_finding(place: rule.FindingContext, reason: str = "") -> Finding:
    """Return the finding that an account was audited, which ends an earlier one; or that it was not, and why."""
    return Finding(
        place=place,
        subject=rule.ACCOUNT,
        name=place.account_id,
        arn=place.account_id,
        title=rule.ACCOUNT_TITLE,
        annotation=f"The account could not be audited: {reason}" if reason else "The account was audited.",
        compliance=None if reason else Compliance.COMPLIANT,
        severity=Severity.MEDIUM if reason else Severity.INFORMATIONAL,
        recommendation="Grant the audit read access to the account, and run it again." if reason else "",
    )


def unknown_finding(place: rule.FindingContext, unknown: Unknown) -> Finding:
    """Return the finding that saved answers leave a user without a verdict; it neither opens nor ends another one."""
    user = unknown.user
    return Finding(
        place=place,
        subject=user.user_id,
        name=user.user_name,
        arn=user.arn,
        title=rule.TITLE,
        annotation=unknown.annotation,
        compliance=None,
        severity=Severity.MEDIUM,
        recommendation=f"Save the output of {unknown.missing}, and repeat the audit.",
    )


def findings_of(audit: Audit, verdicts: Iterable[Verdict] | None = None) -> Iterator[Finding]:
    """Yield the findings of one account: root user, users in the audit's order or the one given, unknown users."""
    yield root_finding(audit)
    parameters, place = parse_parameters(dict(audit.parameters)), rule.place(audit)
    for verdict in audit.verdicts if verdicts is None else verdicts:
        yield user_finding(place, verdict, parameters)
    for unknown in audit.unknown:
        yield unknown_finding(place, unknown)
