"""SARIF 2.1.0 for code-scanning services: one result for each finding, with a fingerprint that stays.

Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC
from typing import Any

from admin_mfa import __version__
from admin_mfa.model import Audit, Compliance
from admin_mfa.report.content import Report
from admin_mfa.report.format import Look
from admin_mfa.report.order import worst_first

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
USER_RULE = "IAM_ADMIN_USER_MFA_ENABLED"
ROOT_RULE = "ROOT_USER_MFA_ENABLED"

_RULES = (
    (USER_RULE, "Every IAM user who is an administrator has an MFA device."),
    (ROOT_RULE, "The account's root user has an MFA device, or no credentials."),
)


def render(report: Report, _: Look) -> str:
    """Write one run for each account. Only findings are results: a service closes those that are gone."""
    return json.dumps(document(report.audits), indent=2) + "\n"


def document(audits: Iterable[Audit]) -> dict[str, Any]:
    """Return the log file's content."""
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(audit) for audit in audits]}


def _run(audit: Audit) -> dict[str, Any]:
    root_arn = f"arn:{audit.partition}:iam::{audit.account_id}:root"
    results = [
        _result(USER_RULE, verdict.arn, verdict.user_id, verdict.annotation)
        for verdict in worst_first(audit.verdicts)
        if verdict.compliance is Compliance.NON_COMPLIANT
    ]
    if audit.account.compliance is Compliance.NON_COMPLIANT:
        results.append(_result(ROOT_RULE, root_arn, root_arn, audit.account.annotation))
    return {
        "tool": {
            "driver": {
                "name": "admin-mfa",
                "semanticVersion": __version__,
                "rules": [
                    {
                        "id": rule,
                        "shortDescription": {"text": text},
                        "defaultConfiguration": {"level": "error"},
                        "properties": {"tags": ["security", "iam", "mfa"], "security-severity": "8.0"},
                    }
                    for rule, text in _RULES
                ],
            }
        },
        "automationDetails": {"id": f"admin-mfa/{audit.account_id}/"},
        "invocations": [
            {
                "executionSuccessful": True,
                "startTimeUtc": audit.evaluated_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            }
        ],
        "results": results,
    }


def _result(rule: str, arn: str, identity: str, annotation: str) -> dict[str, Any]:
    """Make a result that services recognize again by rule and user id, whatever the annotation says by then.

    The place of an IAM user is no file. Services that insist on one get a name that leads nowhere.
    """
    return {
        "ruleId": rule,
        "ruleIndex": [name for name, _ in _RULES].index(rule),
        "level": "error",
        "message": {"text": annotation},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "iam/credentials"},
                    "region": {"startLine": 1},
                },
                "logicalLocations": [{"fullyQualifiedName": arn, "kind": "resource"}],
            }
        ],
        "partialFingerprints": {"userId/v1": hashlib.sha256(f"{rule} {identity}".encode()).hexdigest()},
    }
