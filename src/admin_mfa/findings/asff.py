"""ASFF, the AWS Security Finding Format: an array of findings for BatchImportFindings, one for each user and root.

Ids are stable, so importing anew updates what is there. Compliant users are in it as PASSED: that is how an earlier
FAILED ends. Who was deleted since is only known by comparing with an earlier report, and is then archived.
Source: https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-findings-format.html
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC
from typing import Any

from admin_mfa import __version__
from admin_mfa.findings import next_steps, rule
from admin_mfa.findings.audits import Audit, NotAudited
from admin_mfa.findings.comparison import ROOT, EarlierFinding
from admin_mfa.findings.content import Report
from admin_mfa.findings.format import RenderOptions
from admin_mfa.findings.people import Person, state
from admin_mfa.model import Compliance, Verdict
from admin_mfa.parameters import parse_parameters

_STATUS = {
    Compliance.COMPLIANT: "PASSED",
    Compliance.NON_COMPLIANT: "FAILED",
    Compliance.NOT_APPLICABLE: "NOT_AVAILABLE",
}
_PARTITIONS = ("aws", "aws-cn", "aws-us-gov")
_NOTHING = "Nothing is to be done."
_TEXT, _FIELD = 512, 2048
"""Characters that Security Hub takes of a recommendation and of a product field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Finding:
    """What differs from finding to finding."""

    user_id: str
    title: str
    description: str
    status: str
    severity: str
    resource: dict[str, Any]
    recommendation: str = _NOTHING
    link: str = rule.URL
    fields: dict[str, str] = field(default_factory=dict)


def render(report: Report, _: RenderOptions) -> str:
    """Write the findings, in ASCII."""
    return json.dumps(findings(report), indent=2) + "\n"


def findings(report: Report) -> list[dict[str, Any]]:
    """Return the findings of all accounts; what is imported at once is at most a hundred of them."""
    by_account = {audit.account_id: rule.place(audit) for audit in report.audits}
    found = [
        _asff(by_account[audit.account_id], finding)
        for audit in report.audits
        for finding in _findings(audit, many=report.organization)
    ]
    found += [_asff(rule.unread_place(one, report), _unread(one)) for one in report.not_audited]
    known = {finding["Id"] for finding in found}
    for fixed in report.comparison.fixed if report.comparison else ():
        gone = _gone(fixed.earlier, fixed.now)
        if rule.finding_id(fixed.earlier.partition, *fixed.earlier.key) not in known:
            found.append(_asff(by_account[fixed.earlier.account_id], gone) | {"RecordState": "ARCHIVED"})
    return found


def _findings(audit: Audit, *, many: bool) -> Iterator[_Finding]:
    if many:
        yield _account(audit.account_id, "The account was audited.")
    status = audit.account
    failed = status.compliance is Compliance.NON_COMPLIANT
    yield _Finding(
        user_id=ROOT,
        title=rule.ROOT_TITLE,
        description=status.annotation,
        status=_STATUS[status.compliance],
        severity="CRITICAL" if failed else "INFORMATIONAL",
        resource={"Type": "AwsAccount", "Id": f"AWS::::Account:{audit.account_id}"},
        recommendation=next_steps.in_words(next_steps.ROOT_ADVICE),
        link=next_steps.ROOT,
        fields={"RootMfa": status.root_mfa},
    )
    parameters = parse_parameters(dict(audit.parameters))
    for verdict in audit.verdicts:
        person = Person(verdict=verdict, audit=audit, parameters=parameters, state=state(verdict, parameters))
        failed = verdict.compliance is Compliance.NON_COMPLIANT
        yield _Finding(
            user_id=verdict.user_id,
            title=rule.TITLE,
            description=verdict.annotation,
            status=_STATUS[verdict.compliance],
            severity="HIGH" if failed else "INFORMATIONAL",
            resource=_user(verdict),
            recommendation=next_steps.in_words(next_steps.advice(person)) if failed else _NOTHING,
            fields=_fields(verdict),
        )


def _account(account_id: str, description: str) -> _Finding:
    """Say that an account was audited: it ends an earlier finding that it could not be."""
    return _Finding(
        user_id=rule.ACCOUNT,
        title=rule.ACCOUNT_TITLE,
        description=description,
        status="PASSED",
        severity="INFORMATIONAL",
        resource={"Type": "AwsAccount", "Id": f"AWS::::Account:{account_id}"},
    )


def _unread(account: NotAudited) -> _Finding:
    return replace(
        _account(account.account_id, f"The account could not be audited: {account.reason}"),
        status="WARNING",
        severity="MEDIUM",
        recommendation="Let the audit read the account, and repeat it.",
    )


def _gone(earlier: EarlierFinding, now: str) -> _Finding:
    return _Finding(
        user_id=earlier.user_id,
        title=rule.TITLE,
        description=now,
        status="PASSED",
        severity="INFORMATIONAL",
        resource={"Type": "AwsIamUser", "Id": earlier.arn},
    )


def _user(verdict: Verdict) -> dict[str, Any]:
    path = verdict.arn.split(":user", 1)[-1].removesuffix(verdict.user_name)
    details = {"UserName": verdict.user_name, "UserId": verdict.user_id} | ({"Path": path} if path else {})
    return {"Type": "AwsIamUser", "Id": verdict.arn, "Details": {"AwsIamUser": details}}


def _fields(verdict: Verdict) -> dict[str, str]:
    fields = {"Administrator": "true" if verdict.administrator else "false"}
    if verdict.grants:
        fields["Grants"] = "; ".join(map(str, verdict.grants))
    if verdict.mfa_devices:
        fields["MfaDevices"] = "; ".join(device.serial_number for device in verdict.mfa_devices)
    if verdict.bypass:
        fields["AccessKeysWithoutMfa"] = f"{verdict.bypass.access_keys}, {verdict.bypass.reason}"
    if verdict.exempt:
        fields["ExemptUntil"] = verdict.exempt_until.isoformat() if verdict.exempt_until else "without end"
    return fields


def _asff(place: rule.FindingContext, finding: _Finding) -> dict[str, Any]:
    moment = place.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    where = {"Region": place.region} | ({"Partition": place.partition} if place.partition in _PARTITIONS else {})
    return {
        "SchemaVersion": "2018-10-08",
        "Id": rule.finding_id(place.partition, place.account_id, finding.user_id),
        "ProductArn": f"arn:{place.partition}:securityhub:{place.region}:{place.account_id}"
        f":product/{place.account_id}/default",
        "GeneratorId": rule.GENERATOR,
        "AwsAccountId": place.account_id,
        "Types": ["Software and Configuration Checks/AWS Security Best Practices"],
        "CreatedAt": moment,
        "UpdatedAt": moment,
        "Severity": {"Label": finding.severity},
        "Title": finding.title,
        "Description": finding.description,
        "Remediation": {"Recommendation": {"Text": _cut(finding.recommendation, _TEXT), "Url": finding.link}},
        "ProductFields": {
            f"{rule.PRODUCT}/{name}": _cut(value, _FIELD)
            for name, value in ({"Version": __version__} | finding.fields).items()
        },
        "Resources": [finding.resource | where],
        "Compliance": {"Status": finding.status},
        "RecordState": "ARCHIVED" if finding.status == _STATUS[Compliance.NOT_APPLICABLE] else "ACTIVE",
    }


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 3] + "..."
