"""OCSF: an array of Compliance Findings (class 2003), one for each user and root.

Without an earlier report to compare with, every finding is a creation; with one, a finding that was there is an update,
and one that is over is closed.
Source: https://schema.ocsf.io/1.8.0/classes/compliance_finding
"""

import json
from collections.abc import Iterator
from typing import Any

from admin_mfa import __version__
from admin_mfa.findings import next_steps, rule
from admin_mfa.findings.audits import Audit
from admin_mfa.findings.comparison import ROOT, FixedFinding
from admin_mfa.findings.content import Report
from admin_mfa.findings.format import RenderOptions
from admin_mfa.findings.people import Person, state
from admin_mfa.model import Compliance, Verdict
from admin_mfa.parameters import parse_parameters

VERSION = "1.8.0"
"""Of the schema."""

_CATEGORY = 2
_CLASS = 2003
_ACTIVITIES = {1: "Create", 2: "Update", 3: "Close"}
_SEVERITIES = {1: "Informational", 3: "Medium", 4: "High", 5: "Critical"}
_NEW, _RESOLVED = (1, "New"), (4, "Resolved")
_COMPLIANCE = {
    Compliance.COMPLIANT: (1, "Pass"),
    Compliance.NON_COMPLIANT: (3, "Fail"),
    Compliance.NOT_APPLICABLE: (99, "Not applicable"),
}
_WARNING = (2, "Warning")
_CREATE, _UPDATE, _CLOSE = _ACTIVITIES
_AWS_ACCOUNT = (10, "AWS Account")


def render(report: Report, _: RenderOptions) -> str:
    """Write the events, in ASCII."""
    return json.dumps(events(report), indent=2) + "\n"


def events(report: Report) -> list[dict[str, Any]]:
    """Return the events of all accounts, then those of users who are gone."""
    fixed = {one.earlier.key: one for one in report.comparison.fixed} if report.comparison else {}
    found = []
    for audit in report.audits:
        if report.organization:
            found.append(_account(rule.place(audit)))
        for user_id, event in _events(audit, report):
            fixed_before = fixed.pop((audit.account_id, user_id), None)
            found.append(_with_activity(event, _CLOSE) if fixed_before else event)
    found += [_account(rule.unread_place(one, report), one.reason) for one in report.not_audited]
    by_account = {audit.account_id: rule.place(audit) for audit in report.audits}
    return found + [_gone(by_account[one.earlier.account_id], one) for one in fixed.values()]


def _events(audit: Audit, report: Report) -> Iterator[tuple[str, dict[str, Any]]]:
    status, place = audit.account, rule.place(audit)
    failed = status.compliance is Compliance.NON_COMPLIANT
    yield (
        ROOT,
        _event(
            place,
            user_id=ROOT,
            title=rule.ROOT_TITLE,
            annotation=status.annotation,
            compliance=_COMPLIANCE[status.compliance],
            severity=5 if failed else 1,
            resource={"uid": rule.root_arn(audit), "name": "root", "type": "AWS::::Account"},
            todo=next_steps.in_words(next_steps.ROOT_ADVICE) if failed else "",
            known=_known(report, audit, ROOT),
        ),
    )
    parameters = parse_parameters(dict(audit.parameters))
    for verdict in audit.verdicts:
        person = Person(verdict=verdict, audit=audit, parameters=parameters, state=state(verdict, parameters))
        failed = verdict.compliance is Compliance.NON_COMPLIANT
        yield (
            verdict.user_id,
            _event(
                place,
                user_id=verdict.user_id,
                title=rule.TITLE,
                annotation=verdict.annotation,
                compliance=_COMPLIANCE[verdict.compliance],
                severity=4 if failed else 1,
                resource={
                    "uid": verdict.arn,
                    "name": verdict.user_name,
                    "type": "AWS::IAM::User",
                    "data": _data(verdict),
                },
                todo=next_steps.in_words(next_steps.advice(person)) if failed else "",
                known=_known(report, audit, verdict.user_id),
            ),
        )


def _account(place: rule.FindingContext, reason: str = "") -> dict[str, Any]:
    """Say that an account was audited, which ends an earlier event that it was not; or the reason why it was not."""
    return _event(
        place,
        user_id=rule.ACCOUNT,
        title=rule.ACCOUNT_TITLE,
        annotation=f"The account could not be audited: {reason}" if reason else "The account was audited.",
        compliance=_WARNING if reason else _COMPLIANCE[Compliance.COMPLIANT],
        severity=3 if reason else 1,
        resource={"uid": place.account_id, "name": place.account_id, "type": "AWS::::Account"},
    )


def _gone(place: rule.FindingContext, fixed: FixedFinding) -> dict[str, Any]:
    earlier = fixed.earlier
    event = _event(
        place,
        user_id=earlier.user_id,
        title=rule.TITLE,
        annotation=fixed.now,
        compliance=_COMPLIANCE[Compliance.NOT_APPLICABLE],
        severity=1,
        resource={"uid": earlier.arn, "name": earlier.user_name, "type": "AWS::IAM::User"},
    )
    return _with_activity(event, _CLOSE)


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
    }


def _known(report: Report, audit: Audit, user_id: str) -> bool:
    """Whether it is a finding that an earlier report has too."""
    return report.comparison is not None and (audit.account_id, user_id) in report.comparison.unchanged


def _event(  # noqa: PLR0913 - what differs from event to event
    place: rule.FindingContext,
    *,
    user_id: str,
    title: str,
    annotation: str,
    compliance: tuple[int, str],
    severity: int,
    resource: dict[str, Any],
    todo: str = "",
    known: bool = False,
) -> dict[str, Any]:
    status_id, status = compliance
    event = {
        "category_uid": _CATEGORY,
        "category_name": "Findings",
        "class_uid": _CLASS,
        "class_name": "Compliance Finding",
        "time": int(place.at.timestamp() * 1000),
        "severity_id": severity,
        "severity": _SEVERITIES[severity],
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
            "uid": rule.finding_id(place.partition, place.account_id, user_id),
            "title": title,
            "desc": annotation,
            "analytic": {"uid": rule.RULE, "name": title, "type_id": 1, "type": "Rule"},
        },
        "compliance": {
            "control": rule.RULE,
            "status_id": status_id,
            "status": status,
            "status_details": [annotation],
            "control_parameters": [{"name": name, "value": value} for name, value in place.parameters if value],
        },
        "resources": [resource | {"cloud_partition": place.partition}],
    }
    if todo:
        event["remediation"] = {"desc": todo, "references": [rule.URL]}
    return _with_activity(event, _UPDATE if known else _CREATE)


def _with_activity(event: dict[str, Any], activity: int) -> dict[str, Any]:
    status_id, status = _RESOLVED if activity == _CLOSE else _NEW
    return event | {
        "status_id": status_id,
        "status": status,
        "activity_id": activity,
        "activity_name": _ACTIVITIES[activity],
        "type_uid": _CLASS * 100 + activity,
        "type_name": f"Compliance Finding: {_ACTIVITIES[activity]}",
    }
