"""The JSON document: stable, complete, and covered by the schema that lies beside this module."""

import json
from datetime import UTC
from importlib.resources import files
from typing import Any

from admin_mfa.model import Audit, Verdict
from admin_mfa.report.content import Report
from admin_mfa.report.format import Look
from admin_mfa.report.order import summarize

SCHEMA_VERSION = 1
"""Goes up when something is removed or changes its meaning."""


def render(report: Report, _: Look) -> str:
    """Write the document of the one account, in ASCII, so that it survives every pipe and locale."""
    (audit,) = report.audits
    return json.dumps(document(audit), indent=2) + "\n"


def schema() -> str:
    """Return the JSON Schema (draft 2020-12) of the document."""
    return (files("admin_mfa.report") / "audit.schema.json").read_text(encoding="utf-8")


def document(audit: Audit) -> dict[str, Any]:
    """Return the document's content; users stand in the order of the audit."""
    summary = summarize(audit)
    return {
        "schema_version": SCHEMA_VERSION,
        "account_id": audit.account_id,
        "partition": audit.partition,
        "evaluated_at": audit.evaluated_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "parameters": dict(audit.parameters),
        "account": {
            "root_mfa": audit.account.root_mfa,
            "compliance": audit.account.compliance,
            "annotation": audit.account.annotation,
        },
        "summary": {
            "users": summary.users,
            "administrators": summary.administrators,
            "compliant": summary.compliant,
            "non_compliant": summary.non_compliant,
        },
        "users": [_user(verdict) for verdict in audit.verdicts],
    }


def _user(verdict: Verdict) -> dict[str, Any]:
    return {
        "user_name": verdict.user_name,
        "user_id": verdict.user_id,
        "arn": verdict.arn,
        "compliance": verdict.compliance,
        "administrator": verdict.administrator,
        "grants": [{"policy": grant.policy, "via": grant.via} for grant in verdict.grants],
        "mfa_devices": [{"serial_number": device.serial_number, "type": device.type} for device in verdict.mfa_devices],
        "exempt_until": verdict.exempt_until.isoformat() if verdict.exempt_until else None,
        "annotation": verdict.annotation,
    }
