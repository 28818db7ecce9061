"""ASFF, the AWS Security Finding Format: an array of findings for BatchImportFindings, one for each user and root.

Ids are stable, so importing anew updates what is there. Compliant users are in it as PASSED: that is how an earlier
FAILED ends. Who was deleted since is only known by comparing with an earlier report, and is then archived.
Source: https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-findings-format.html
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from admin_mfa import __version__
from admin_mfa.model import Audit, Compliance, Verdict
from admin_mfa.parameters import parse_parameters
from admin_mfa.report import next_steps, rule
from admin_mfa.report.comparison import ROOT, EarlierFinding
from admin_mfa.report.content import Report
from admin_mfa.report.format import Look
from admin_mfa.report.people import Person, state

_STATUS = {
    Compliance.COMPLIANT: "PASSED",
    Compliance.NON_COMPLIANT: "FAILED",
    Compliance.NOT_APPLICABLE: "NOT_AVAILABLE",
}
_PARTITIONS = ("aws", "aws-cn", "aws-us-gov")
_TEXT, _FIELD = 512, 2048
"""Characters that Security Hub takes of a recommendation and of a product field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Finding:
    """What differs from finding to finding."""

    user_id: str
    title: str
    description: str
    compliance: Compliance
    severity: str
    resource: dict[str, Any]
    recommendation: str
    link: str
    fields: dict[str, str]


def render(report: Report, _: Look) -> str:
    """Write the findings, in ASCII."""
    return json.dumps(findings(report), indent=2) + "\n"


def findings(report: Report) -> list[dict[str, Any]]:
    """Return the findings of all accounts; what is imported at once is at most a hundred of them."""
    found = [_asff(audit, finding) for audit in report.audits for finding in _findings(audit)]
    by_account = {audit.account_id: audit for audit in report.audits}
    known = {finding["Id"] for finding in found}
    for fixed in report.comparison.fixed if report.comparison else ():
        gone = _gone(fixed.earlier, fixed.now)
        if rule.finding_id(fixed.earlier.partition, *fixed.earlier.key) not in known:
            found.append(_asff(by_account[fixed.earlier.account_id], gone) | {"RecordState": "ARCHIVED"})
    return found


def _findings(audit: Audit) -> Iterator[_Finding]:
    status = audit.account
    failed = status.compliance is Compliance.NON_COMPLIANT
    yield _Finding(
        user_id=ROOT,
        title=rule.ROOT_TITLE,
        description=status.annotation,
        compliance=status.compliance,
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
            compliance=verdict.compliance,
            severity="HIGH" if failed else "INFORMATIONAL",
            resource=_user(verdict),
            recommendation=next_steps.in_words(next_steps.advice(person)) if failed else "Nothing is to be done.",
            link=rule.URL,
            fields=_fields(verdict),
        )


def _gone(earlier: EarlierFinding, now: str) -> _Finding:
    return _Finding(
        user_id=earlier.user_id,
        title=rule.TITLE,
        description=now,
        compliance=Compliance.COMPLIANT,
        severity="INFORMATIONAL",
        resource={"Type": "AwsIamUser", "Id": earlier.arn},
        recommendation="Nothing is to be done.",
        link=rule.URL,
        fields={},
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


def _asff(audit: Audit, finding: _Finding) -> dict[str, Any]:
    moment = audit.evaluated_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    region = audit.region or _iam_region(audit.partition)
    place = {"Region": region} | ({"Partition": audit.partition} if audit.partition in _PARTITIONS else {})
    applies = finding.compliance is not Compliance.NOT_APPLICABLE
    return {
        "SchemaVersion": "2018-10-08",
        "Id": rule.finding_id(audit.partition, audit.account_id, finding.user_id),
        "ProductArn": f"arn:{audit.partition}:securityhub:{region}:{audit.account_id}"
        f":product/{audit.account_id}/default",
        "GeneratorId": rule.GENERATOR,
        "AwsAccountId": audit.account_id,
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
        "Resources": [finding.resource | place],
        "Compliance": {"Status": _STATUS[finding.compliance]},
        "RecordState": "ACTIVE" if applies else "ARCHIVED",
    }


def _iam_region(partition: str) -> str:
    """Return the region of a partition that IAM's own events are in, for an audit that names no region."""
    return {"aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}.get(partition, "us-east-1")


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 3] + "..."
