"""CSV for spreadsheets: one row for each user, worst first, in which no cell is ever a formula."""

import csv
from io import StringIO

from admin_mfa.activity import UserActivity
from admin_mfa.findings import frameworks
from admin_mfa.findings.audits import Audit, NotAudited, Unknown
from admin_mfa.findings.content import Report
from admin_mfa.findings.format import RenderOptions
from admin_mfa.findings.order import worst_accounts_first, worst_first
from admin_mfa.model import Verdict

COLUMNS = (
    "account_id",
    "user_name",
    "user_id",
    "arn",
    "compliance",
    "administrator",
    "grants",
    "mfa_devices",
    "exempt",
    "exempt_until",
    "annotation",
    "supports",
    "exempt_reason",
    "last_sign_in",
    "oldest_access_key",
)

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What makes a spreadsheet take a cell for a formula, the full-width forms of the signs included.

Source: https://owasp.org/www-community/attacks/CSV_Injection
"""


NOT_AUDITED = "NOT_AUDITED"
"""Stands in the column compliance of an account about which nothing is known, and which so must not be overlooked."""

UNKNOWN = "UNKNOWN"
"""Likewise for a user whom saved answers leave without a verdict."""


def render(report: Report, _: RenderOptions) -> str:
    """Write the rows as RFC 4180 has them, lines ending in CR LF.

    Accounts that could not be audited come first. In each account, the root user comes first.
    """
    text = StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows(_inert(_not_audited(account)) for account in report.not_audited)
    for audit in worst_accounts_first(report.audits):
        writer.writerow(_inert(_root(audit)))
        writer.writerows(_inert(_unknown(audit, one)) for one in audit.unknown)
        writer.writerows(_inert(_row(audit, verdict)) for verdict in worst_first(audit.verdicts))
    return text.getvalue()


def _not_audited(account: NotAudited) -> tuple[str, ...]:
    return (account.account_id, "<account>", "", "", NOT_AUDITED, "", "", "", "", "", account.reason, "", "", "", "")


def _root(audit: Audit) -> tuple[str, ...]:
    arn = f"arn:{audit.partition}:iam::{audit.account_id}:root"
    return (
        audit.account_id,
        "<root>",
        "",
        arn,
        audit.account.answer,
        "",
        "",
        "",
        "",
        "",
        audit.account.annotation,
        "; ".join(frameworks.ROOT),
        "",
        "",
        "",
    )


def _unknown(audit: Audit, one: Unknown) -> tuple[str, ...]:
    user = one.user
    names = (audit.account_id, user.user_name, user.user_id, user.arn, UNKNOWN)
    administrator = "true" if one.grants else ""
    return (*names, administrator, "; ".join(map(str, one.grants)), "", "", "", one.annotation, "", "")


def _row(audit: Audit, verdict: Verdict) -> tuple[str, ...]:
    return (
        audit.account_id,
        verdict.user_name,
        verdict.user_id,
        verdict.arn,
        verdict.compliance,
        _truth(verdict.administrator),
        "; ".join(map(str, verdict.grants)),
        "; ".join(device.type for device in verdict.mfa_devices),
        _truth(verdict.exempt),
        verdict.exempt_until.isoformat() if verdict.exempt_until else "",
        verdict.annotation,
        "; ".join(frameworks.USER) if verdict.administrator else "",
        verdict.exempt_reason,
        *_activity(audit.activity_of(verdict)),
    )


def _activity(activity: UserActivity | None) -> tuple[str, str]:
    """Return the day of the last sign-in and the day when the oldest active key was created or changed."""
    if activity is None:
        return "", ""
    rotated = min((key.rotated for key in activity.access_keys if key.rotated), default=None)
    return (
        activity.signed_in.isoformat() if activity.signed_in else "never",
        rotated.isoformat() if rotated else "none",
    )


def _truth(answer: bool) -> str:  # noqa: FBT001 - the word for it
    return "true" if answer else "false"


def _inert(cells: tuple[str, ...]) -> tuple[str, ...]:
    """Put an apostrophe, which spreadsheets hide, before what they would calculate; IAM allows =, +, - and @ first."""
    return tuple(f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in cells)
