"""OCSF: an array of Compliance Findings (class 2003), one for each user and root.

Without an earlier report to compare with, every finding is a creation; with one, a finding that was there is an update,
and one that is over is closed.
Source: https://schema.ocsf.io/1.8.0/classes/compliance_finding
"""

import json
from typing import Any

from admin_mfa import __version__
from admin_mfa.findings import rule
from admin_mfa.findings.comparison import ROOT
from admin_mfa.findings.content import Report
from admin_mfa.findings.finding import Finding, Severity, account_finding, findings_of, gone_finding
from admin_mfa.findings.format import RenderOptions
from admin_mfa.findings.frameworks import REQUIREMENTS
from admin_mfa.model import Compliance, Verdict

VERSION = "1.8.0"
"""Of the schema."""

_CATEGORY = 2
_CLASS = 2003
_ACTIVITIES = {1: "Create", 2: "Update", 3: "Close"}
_SEVERITIES = {
    Severity.INFORMATIONAL: (1, "Informational"),
    Severity.MEDIUM: (3, "Medium"),
    Severity.HIGH: (4, "High"),
    Severity.CRITICAL: (5, "Critical"),
}
_NEW, _RESOLVED = (1, "New"), (4, "Resolved")
_COMPLIANCE = {
    Compliance.COMPLIANT: (1, "Pass"),
    Compliance.NON_COMPLIANT: (3, "Fail"),
    Compliance.NOT_APPLICABLE: (99, "Not applicable"),
    None: (2, "Warning"),
}
_CREATE, _UPDATE, _CLOSE = _ACTIVITIES
_AWS_ACCOUNT = (10, "AWS Account")


def render(report: Report, _: RenderOptions) -> str:
    """Write the events, in ASCII."""
    return json.dumps(events(report), indent=2) + "\n"


def events(report: Report) -> list[dict[str, Any]]:
    """Return the events of all accounts, then those of users who are gone."""
    comparison = report.comparison
    fixed = {one.earlier.key: one for one in comparison.fixed} if comparison else {}
    places = {audit.account_id: rule.place(audit) for audit in report.audits}
    found = []
    for audit in report.audits:
        if report.organization:
            found.append(_event(account_finding(places[audit.account_id]), _CREATE))
        for finding in findings_of(audit):
            key = (audit.account_id, finding.subject)
            known = comparison is not None and key in comparison.unchanged
            over = fixed.pop(key, None) is not None
            found.append(_event(finding, _CLOSE if over else _UPDATE if known else _CREATE))
    found += [
        _event(account_finding(rule.unread_place(one, report), one.reason), _CREATE) for one in report.not_audited
    ]
    gone = (gone_finding(places[one.earlier.account_id], one.earlier, one.now) for one in fixed.values())
    return found + [_event(finding, _CLOSE) for finding in gone]


def _data(verdict: Verdict) -> dict[str, Any]:
    """Return what the finding rests on; `data` is free in the schema."""
    return {
        "user_id": verdict.user_id,
        "administrator": verdict.administrator,
        "grants": [{"policy": grant.policy, "via": grant.via} for grant in verdict.grants],
        "mfa_devices": [{"serial_number": one.serial_number, "type": one.type} for one in verdict.mfa_devices],
        "access_keys_without_mfa": verdict.bypass.access_keys if verdict.bypass else None,
        "exempt": verdict.exempt,
        "exempt_until": verdict.exempt_until.isoformat() if verdict.exempt_until else None,
        "exempt_reason": verdict.exempt_reason or None,
    }


def _resource(finding: Finding) -> dict[str, Any]:
    kind = "AWS::::Account" if finding.subject in (ROOT, rule.ACCOUNT) else "AWS::IAM::User"
    resource = {"uid": finding.arn, "name": finding.name, "type": kind, "cloud_partition": finding.place.partition}
    return resource | ({"data": _data(finding.verdict)} if finding.verdict else {})


def _frameworks(finding: Finding) -> dict[str, list[str]]:
    if not finding.requirements:
        return {}
    standards = dict.fromkeys(requirement.framework for requirement in REQUIREMENTS)
    return {"standards": list(standards), "requirements": list(finding.requirements)}


def _event(finding: Finding, activity: int) -> dict[str, Any]:
    place, annotation = finding.place, finding.annotation
    severity_id, severity = _SEVERITIES[finding.severity]
    compliance_id, compliance = _COMPLIANCE[finding.compliance]
    status_id, status = _RESOLVED if activity == _CLOSE else _NEW
    event = {
        "category_uid": _CATEGORY,
        "category_name": "Findings",
        "class_uid": _CLASS,
        "class_name": "Compliance Finding",
        "time": int(place.at.timestamp() * 1000),
        "severity_id": severity_id,
        "severity": severity,
        "message": annotation,
        "metadata": {
            "version": VERSION,
            "profiles": ["cloud"],
            "event_code": rule.RULE,
            "product": {"name": rule.PRODUCT, "vendor_name": rule.PRODUCT, "version": __version__},
        },
        "cloud": {
            "provider": "AWS",
            "account": {"uid": place.account_id, "type_id": _AWS_ACCOUNT[0], "type": _AWS_ACCOUNT[1]},
            "cloud_partition": place.partition,
            "region": place.region,
        },
        "finding_info": {
            "uid": finding.id,
            "title": finding.title,
            "desc": annotation,
            "analytic": {"uid": rule.RULE, "name": finding.title, "type_id": 1, "type": "Rule"},
        },
        "compliance": {
            "control": rule.RULE,
            "status_id": compliance_id,
            "status": compliance,
            "status_details": [annotation],
            **_frameworks(finding),
            "control_parameters": [{"name": name, "value": value} for name, value in place.parameters if value],
        },
        "resources": [_resource(finding)],
    }
    if finding.failed:
        event["remediation"] = {"desc": finding.recommendation, "references": [rule.URL]}
    return event | {
        "status_id": status_id,
        "status": status,
        "activity_id": activity,
        "activity_name": _ACTIVITIES[activity],
        "type_uid": _CLASS * 100 + activity,
        "type_name": f"Compliance Finding: {_ACTIVITIES[activity]}",
    }
