"""Markdown for a ticket or a pull request: the answer, what must be done, and the table of administrators."""

import re

from admin_mfa.findings.audits import Audit
from admin_mfa.findings.comparison import Comparison
from admin_mfa.findings.content import Report
from admin_mfa.findings.exemptions import SOON_DAYS, ending_soon
from admin_mfa.findings.format import RenderOptions
from admin_mfa.findings.order import (
    account_title,
    all_compliant,
    printable,
    summarize,
    summary_line,
    worst_accounts_first,
    worst_first,
)
from admin_mfa.model import Compliance, Verdict

_SPECIAL = re.compile(r"[^\w\s.,;()'=+-]|_|(?<=\w)\.(?=\w)", re.ASCII)
"""What Markdown, or a ticket system on top of it, could give a meaning to: all but plain prose.

Underscores and dots inside of words are in it for emphasis and bare addresses (www.example.com).
"""


def render(report: Report, options: RenderOptions) -> str:
    """Write GitHub-flavoured Markdown in which every name is text and nothing else."""
    lines = _many(report, options) if report.organization else _one(report, options)
    if ending := ending_soon(report.audits):
        names = ", ".join(plain(one.words()) for one in ending)
        lines += ["", f"Exemptions that end within {SOON_DAYS} days: {names}."]
    if comparison := report.comparison:
        lines += ["", plain(comparison.line())]
        lines += ["", *(f"- [x] {plain(fixed.earlier.title)}: {plain(fixed.now)}" for fixed in comparison.fixed)]
    return "\n".join(lines).rstrip("\n") + "\n"


def _finding(audit: Audit, verdict: Verdict, comparison: Comparison | None) -> str:
    new = comparison is not None and comparison.is_new(audit.account_id, verdict.user_id)
    return f"{'**new:** ' if new else ''}{plain(verdict.annotation)}"


def _many(report: Report, options: RenderOptions) -> list[str]:
    lines = [
        f"## Administrators without MFA in {len(report.audits) + len(report.not_audited)} accounts",
        "",
        f"**{plain(summary_line(report))}**",
    ]
    if report.evaluated_at:
        lines += ["", f"Evaluated {report.evaluated_at:%Y-%m-%d %H:%M} UTC."]
    if report.not_audited:
        lines += ["", "### Not audited", ""]
        lines += (
            f"- [ ] {plain(account_title(account.account_id, account.account_name))}: {plain(account.reason)}"
            for account in report.not_audited
        )
    if report.audits:
        audits = worst_accounts_first(report.audits)
        lines += ["", "### Accounts", "", "| Account | Administrators | Without MFA | Root user |", "|---|---|---|---|"]
        lines += map(_account_row, audits)
        for audit in audits:
            if options.everyone or not all_compliant(audit):
                lines += ["", f"### {plain(account_title(audit.account_id, audit.account_name))}", ""]
                lines += _account(audit, options, report.comparison)
    return lines


def _account_row(audit: Audit) -> str:
    summary = summarize(audit)
    cells = (
        plain(account_title(audit.account_id, audit.account_name)),
        str(summary.administrators),
        str(summary.non_compliant),
        plain(audit.account.answer),
    )
    return f"| {' | '.join(cells)} |"


def _account(audit: Audit, options: RenderOptions, comparison: Comparison | None) -> list[str]:
    shown = [v for v in worst_first(audit.verdicts) if options.everyone or v.compliance is Compliance.NON_COMPLIANT]
    findings = [_finding(audit, v, comparison) for v in shown if v.compliance is Compliance.NON_COMPLIANT]
    if audit.account.compliance is Compliance.NON_COMPLIANT:
        findings.append(plain(audit.account.annotation))
    lines = [f"- [ ] {finding}" for finding in findings]
    if shown:
        lines += ["", "| User | Why an administrator | MFA | Verdict |", "|---|---|---|---|", *map(_row, shown)]
    return lines


def _one(report: Report, options: RenderOptions) -> list[str]:
    (audit,) = report.audits
    shown = [v for v in worst_first(audit.verdicts) if options.everyone or v.administrator]
    findings = [v for v in shown if v.compliance is Compliance.NON_COMPLIANT]
    lines = [
        f"## Administrators without MFA in account {plain(audit.account_id)}",
        "",
        f"**{plain(summary_line(report))}**",
        "",
        f"Evaluated {audit.evaluated_at:%Y-%m-%d %H:%M} UTC. Root user: {plain(audit.account.answer)}.",
        plain(audit.account.annotation),
    ]
    if findings:
        lines += ["", *(f"- [ ] {_finding(audit, verdict, report.comparison)}" for verdict in findings)]
    if audit.unknown:
        lines += ["", *(f"- [ ] {plain(one.annotation)}" for one in audit.unknown)]
    if shown:
        lines += ["", "| User | Why an administrator | MFA | Verdict |", "|---|---|---|---|", *map(_row, shown)]
    return lines


def plain(text: str) -> str:
    """Write a text so that Markdown shows it as it is, on one line.

    Character references instead of backslashes: they also keep bare addresses from becoming links.
    """
    return _SPECIAL.sub(lambda match: f"&#{ord(match[0])};", printable(text))


def _row(verdict: Verdict) -> str:
    cells = (
        plain(verdict.user_name),
        "<br>".join(plain(str(grant)) for grant in verdict.grants),
        ", ".join(dict.fromkeys(device.type.value for device in verdict.mfa_devices)) or "none",
        f"{plain(verdict.compliance)}{' (exempt)' if verdict.exempt else ''}",
    )
    return f"| {' | '.join(cells)} |"
