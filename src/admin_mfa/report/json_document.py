"""The JSON documents: stable, complete, and covered by the schemas that lie beside this module."""

import json
from datetime import UTC, date, datetime
from importlib.resources import files
from typing import Any

from admin_mfa.activity import UserActivity
from admin_mfa.findings import frameworks
from admin_mfa.findings.audits import Audit, NotAudited, Unknown
from admin_mfa.findings.content import Report
from admin_mfa.findings.format import RenderOptions
from admin_mfa.findings.order import all_compliant, summarize, summarize_all
from admin_mfa.model import AdminGrant, Compliance, Verdict
from admin_mfa.root_user import RootMfa

SCHEMA_VERSION = 1
"""Goes up when something is removed or changes its meaning."""

ADDED = frozenset(
    (
        "RootMfaTypes",
        "account_alias",
        "activity",
        "activity_at",
        "exempt_reason",
        "root_access_keys",
        "root_mfa_type",
        "root_password",
        "root_with_credentials",
        "supports",
    )
)
"""Keys that documents of earlier releases lack; they still serve as a baseline."""


def render(report: Report, _: RenderOptions) -> str:
    """Write the document, in ASCII, so that it survives every pipe and locale."""
    content = (
        organization_document(report) if report.organization else document(report.audits[0]) | {"supports": _supports()}
    )
    return json.dumps(content, indent=2) + "\n"


def schema() -> str:
    """Return the JSON Schema (draft 2020-12) of the document about one account."""
    return (files("admin_mfa.report") / "audit.schema.json").read_text(encoding="utf-8")


def organization_schema() -> str:
    """Return the JSON Schema (draft 2020-12) of the document about many accounts.

    It is made from the schema about one: each member of `accounts` is such a document, with the account's name.
    """
    outer = json.loads((files("admin_mfa.report") / "organization.schema.json").read_text(encoding="utf-8"))
    account = json.loads(schema())
    for key in ("$schema", "$id"):
        del account[key]
    # A reference below a definition would be looked for at the root of the whole.
    outer["$defs"] |= account.pop("$defs")
    outer["properties"]["supports"] = account["properties"].pop("supports")
    account["required"].append("account_name")
    account["properties"]["account_name"] = {"$ref": "#/$defs/account_name"}
    outer["$defs"]["account"] = account
    return json.dumps(outer, indent=2) + "\n"


def organization_document(report: Report) -> dict[str, Any]:
    """Return the content of the document about many accounts, ordered by id."""
    summary = summarize_all(report.audits)
    return {
        "schema_version": SCHEMA_VERSION,
        "evaluated_at": _moment(report.evaluated_at) if report.evaluated_at else None,
        "summary": {
            "accounts": len(report.audits) + len(report.not_audited),
            "audited": len(report.audits),
            "not_audited": len(report.not_audited),
            "non_compliant_accounts": sum(not all_compliant(audit) for audit in report.audits),
            "root_with_credentials": sum(
                audit.account.root_mfa is not RootMfa.NO_CREDENTIALS for audit in report.audits
            ),
            "root_non_compliant": sum(audit.account.compliance is Compliance.NON_COMPLIANT for audit in report.audits),
            "users": summary.users,
            "administrators": summary.administrators,
            "compliant": summary.compliant,
            "non_compliant": summary.non_compliant,
        },
        "accounts": [document(audit) | {"account_name": audit.account_name} for audit in report.audits],
        "not_audited": [_not_audited(account) for account in report.not_audited],
        "left_out": [_not_audited(account) for account in report.left_out],
        "supports": _supports(),
    }


def _not_audited(account: NotAudited) -> dict[str, str]:
    return {"account_id": account.account_id, "account_name": account.account_name, "reason": account.reason}


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def document(audit: Audit) -> dict[str, Any]:
    """Return the content of the document about one account; users are in the order of the audit."""
    summary, root = summarize(audit), audit.account.credentials
    return {
        "schema_version": SCHEMA_VERSION,
        "account_id": audit.account_id,
        "partition": audit.partition,
        "evaluated_at": _moment(audit.evaluated_at),
        "parameters": dict(audit.parameters),
        "account_alias": audit.account_alias or None,
        "activity_at": _moment(audit.activity.created_at) if audit.activity else None,
        "account": {
            "root_mfa": audit.account.root_mfa,
            "compliance": audit.account.compliance,
            "annotation": audit.account.annotation,
            "root_mfa_type": (root.mfa_type or None) if root else None,
            "root_password": root.password if root else None,
            "root_access_keys": root.access_keys if root else None,
        },
        "summary": {
            "users": summary.users,
            "administrators": summary.administrators,
            "compliant": summary.compliant,
            "non_compliant": summary.non_compliant,
        },
        "users": [_user(verdict, audit.activity_of(verdict)) for verdict in audit.verdicts],
        **({"unknown": [_unknown(one) for one in audit.unknown]} if audit.unknown else {}),
    }


def _unknown(one: Unknown) -> dict[str, Any]:
    user = one.user
    return {
        "user_name": user.user_name,
        "user_id": user.user_id,
        "arn": user.arn,
        "grants": [_grant(grant) for grant in one.grants],
        "missing": one.missing,
        "annotation": one.annotation,
    }


def _supports() -> dict[str, list[str]]:
    """Return the requirements of compliance frameworks that findings support; once, not with each user."""
    return {"users": list(frameworks.USER), "root": list(frameworks.ROOT)}


def _activity(activity: UserActivity) -> dict[str, Any]:
    return {
        "last_sign_in": _day(activity.signed_in),
        "access_keys": [
            {"last_rotated": _day(key.rotated), "last_used": _day(key.used)} for key in activity.access_keys
        ],
    }


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _user(verdict: Verdict, activity: UserActivity | None) -> dict[str, Any]:
    return {
        "user_name": verdict.user_name,
        "user_id": verdict.user_id,
        "arn": verdict.arn,
        "compliance": verdict.compliance,
        "administrator": verdict.administrator,
        "grants": [_grant(grant) for grant in verdict.grants],
        "mfa_devices": [{"serial_number": device.serial_number, "type": device.type} for device in verdict.mfa_devices],
        "exempt_until": verdict.exempt_until.isoformat() if verdict.exempt_until else None,
        "exempt_reason": verdict.exempt_reason or None,
        "bypass": {"access_keys": bypass.access_keys, "reason": bypass.reason} if (bypass := verdict.bypass) else None,
        "activity": _activity(activity) if activity else None,
        "annotation": verdict.annotation,
    }


def _grant(grant: AdminGrant) -> dict[str, Any]:
    return {
        "policy": grant.policy,
        "via": grant.via,
        "way": grant.way,
        "how": grant.how,
        "steps": list(grant.steps),
    }
