"""ASFF, the AWS Security Finding Format: an array of findings for BatchImportFindings, one for each user and root.

Ids are stable, so importing anew updates what is there. Compliant users are in it as PASSED: that is how an earlier
FAILED ends. Who was deleted since is only known by comparing with an earlier report, and is then archived.
Source: https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-findings-format.html
"""

import json
from datetime import UTC
from typing import Any

from admin_mfa import __version__
from admin_mfa.findings import next_steps, rule
from admin_mfa.findings.comparison import ROOT
from admin_mfa.findings.content import Report
from admin_mfa.findings.finding import Finding, account_finding, findings_of, gone_finding
from admin_mfa.findings.format import RenderOptions
from admin_mfa.model import Compliance, Verdict

_STATUS = {
    Compliance.COMPLIANT: "PASSED",
    Compliance.NON_COMPLIANT: "FAILED",
    Compliance.NOT_APPLICABLE: "NOT_AVAILABLE",
    None: "WARNING",
}
_PARTITIONS = ("aws", "aws-cn", "aws-us-gov")
_NOTHING = "No action is needed."
_TEXT, _FIELD = 512, 2048
"""Characters that Security Hub takes of a recommendation and of a product field."""


def render(report: Report, _: RenderOptions) -> str:
    """Write the findings, in ASCII."""
    return json.dumps(findings(report), indent=2) + "\n"


def findings(report: Report) -> list[dict[str, Any]]:
    """Return the findings of all accounts; what is imported at once is at most a hundred of them."""
    places = {audit.account_id: rule.place(audit) for audit in report.audits}
    found: list[Finding] = []
    for audit in report.audits:
        if report.organization:
            found.append(account_finding(places[audit.account_id]))
        found += findings_of(audit)
    found += [account_finding(rule.unread_place(one, report), one.reason) for one in report.not_audited]
    known = {finding.id for finding in found}
    fixed = report.comparison.fixed if report.comparison else ()
    gone = [gone_finding(places[one.earlier.account_id], one.earlier, one.now) for one in fixed]
    return [asff(finding) for finding in (*found, *(one for one in gone if one.id not in known))]


def asff(finding: Finding) -> dict[str, Any]:
    """Return one finding in ASFF: the same id creates, updates and archives it.

    Workflow and Severity are the customer's once the finding exists: an import cannot change the first and should not
    change the second. A user who is gone has PASSED, which ends an earlier FAILED.
    Source: https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_BatchImportFindings.html
    """
    place = finding.place
    moment = place.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    archived = finding.gone or finding.compliance is Compliance.NOT_APPLICABLE
    return {
        "SchemaVersion": "2018-10-08",
        "Id": finding.id,
        "ProductArn": f"arn:{place.partition}:securityhub:{place.region}:{place.account_id}"
        f":product/{place.account_id}/default",
        "GeneratorId": rule.GENERATOR,
        "AwsAccountId": place.account_id,
        "Types": ["Software and Configuration Checks/AWS Security Best Practices"],
        "CreatedAt": moment,
        "UpdatedAt": moment,
        "Severity": {"Label": finding.severity.value},
        "Title": finding.title,
        "Description": finding.annotation,
        "Remediation": {
            "Recommendation": {
                "Text": _cut(finding.recommendation or _NOTHING, _TEXT),
                "Url": next_steps.ROOT if finding.subject == ROOT else rule.URL,
            }
        },
        "ProductFields": {
            f"{rule.PRODUCT}/{name}": _cut(value, _FIELD)
            for name, value in ({"Version": __version__} | _fields(finding)).items()
        },
        "Resources": [
            _resource(finding)
            | {"Region": place.region}
            | ({"Partition": place.partition} if place.partition in _PARTITIONS else {})
        ],
        "Compliance": {"Status": "PASSED" if finding.gone else _STATUS[finding.compliance]}
        | ({"RelatedRequirements": list(finding.requirements)} if finding.requirements else {}),
        "RecordState": "ARCHIVED" if archived else "ACTIVE",
    }


def _resource(finding: Finding) -> dict[str, Any]:
    if finding.subject in (ROOT, rule.ACCOUNT):
        return {"Type": "AwsAccount", "Id": f"AWS::::Account:{finding.place.account_id}"}
    resource = {"Type": "AwsIamUser", "Id": finding.arn}
    return resource | ({"Details": {"AwsIamUser": _details(finding.verdict)}} if finding.verdict else {})


def _details(verdict: Verdict) -> dict[str, str]:
    path = verdict.arn.split(":user", 1)[-1].removesuffix(verdict.user_name)
    return {"UserName": verdict.user_name, "UserId": verdict.user_id} | ({"Path": path} if path else {})


def _fields(finding: Finding) -> dict[str, str]:
    if finding.root_mfa:
        return {"RootMfa": finding.root_mfa}
    verdict = finding.verdict
    if verdict is None:
        return {}
    fields = {"Administrator": "true" if verdict.administrator else "false"}
    if verdict.grants:
        fields["Grants"] = "; ".join(map(str, verdict.grants))
    if verdict.mfa_devices:
        fields["MfaDevices"] = "; ".join(device.serial_number for device in verdict.mfa_devices)
    if verdict.bypass:
        fields["AccessKeysWithoutMfa"] = f"{verdict.bypass.access_keys}, {verdict.bypass.reason}"
    if verdict.exempt:
        fields["ExemptUntil"] = verdict.exempt_until.isoformat() if verdict.exempt_until else "without end"
        if verdict.exempt_reason:
            fields["ExemptReason"] = verdict.exempt_reason
    return fields


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 3] + "..."
