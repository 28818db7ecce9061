"""SARIF 2.1.0 for code-scanning services: one result for each finding, with a fingerprint that stays.

Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

import hashlib
import json
from datetime import UTC
from typing import Any

from admin_mfa import __version__
from admin_mfa.findings import frameworks
from admin_mfa.findings.audits import Audit
from admin_mfa.findings.comparison import ROOT
from admin_mfa.findings.content import Report
from admin_mfa.findings.finding import Finding, findings_of
from admin_mfa.findings.format import RenderOptions
from admin_mfa.findings.order import worst_first

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
USER_RULE = "IAM_ADMIN_USER_MFA_ENABLED"
ROOT_RULE = "ROOT_USER_MFA_ENABLED"

_RULES = (
    (USER_RULE, "Every IAM user who is an administrator has an MFA device.", frameworks.USER),
    (ROOT_RULE, "The account's root user has an MFA device, or no credentials.", frameworks.ROOT),
)
"""Each with its tags; GitHub takes at most 20 of a rule.

Source: https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
"""


def render(report: Report, _: RenderOptions) -> str:
    """Write one run. Only findings are results: a service that keeps them closes those that are gone.

    An organization is one run too, because services limit the runs of a file.
    Source: https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
    """
    return json.dumps(document(report), indent=2) + "\n"


def document(report: Report) -> dict[str, Any]:
    """Return the log file's content."""
    about = "organization" if report.organization else report.audits[0].account_id
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "admin-mfa",
                        "semanticVersion": __version__,
                        "rules": [
                            {
                                "id": rule,
                                "shortDescription": {"text": text},
                                "defaultConfiguration": {"level": "error"},
                                "properties": {
                                    "tags": ["security", "iam", "mfa", *requirements],
                                    "security-severity": "8.0",
                                },
                            }
                            for rule, text, requirements in _RULES
                        ],
                    }
                },
                "automationDetails": {"id": f"admin-mfa/{about}/"},
                "invocations": [_invocation(report)],
                "results": [result for audit in report.audits for result in _results(audit)],
            }
        ],
    }


def _invocation(report: Report) -> dict[str, Any]:
    """Say whether every account was read; what services close because of a run that was not is not closed for good."""
    errors = [f"Account {account.account_id} was not audited: {account.reason}" for account in report.not_audited]
    for audit in report.audits:
        errors += [one.annotation for one in audit.unknown]
        errors += [audit.account.annotation] if audit.account.compliance is None else []
    invocation: dict[str, Any] = {"executionSuccessful": not errors}
    if report.evaluated_at:
        invocation["startTimeUtc"] = report.evaluated_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if errors:
        invocation["toolExecutionNotifications"] = [{"level": "error", "message": {"text": error}} for error in errors]
    return invocation


def _results(audit: Audit) -> list[dict[str, Any]]:
    root, *users = (finding for finding in findings_of(audit, worst_first(audit.verdicts)))
    return [_result(finding) for finding in (*users, root) if finding.failed]


def _result(finding: Finding) -> dict[str, Any]:
    """Make a result that services recognize again by rule and user id, whatever the annotation says by then.

    The place of an IAM user is not a file. Services that insist on one get a name that leads nowhere.
    """
    rule, identity = (ROOT_RULE, finding.arn) if finding.subject == ROOT else (USER_RULE, finding.subject)
    return {
        "ruleId": rule,
        "ruleIndex": [name for name, *_ in _RULES].index(rule),
        "level": "error",
        "message": {"text": finding.annotation},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "iam/credentials"},
                    "region": {"startLine": 1},
                },
                "logicalLocations": [{"fullyQualifiedName": finding.arn, "kind": "resource"}],
            }
        ],
        "partialFingerprints": {"userId/v1": hashlib.sha256(f"{rule} {identity}".encode()).hexdigest()},
    }
