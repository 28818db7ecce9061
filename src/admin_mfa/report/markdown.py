"""Markdown for a ticket or a pull request: the answer, what must be done, and the table of administrators."""

import re

from admin_mfa.model import Audit, Verdict
from admin_mfa.report.comparison import Comparison
from admin_mfa.report.content import Report
from admin_mfa.report.format import Look
from admin_mfa.report.order import Standing, printable, standing, summary_line, worst_first

_SPECIAL = re.compile(r"[^\w\s.,;()'=+-]|_|(?<=\w)\.(?=\w)", re.ASCII)
"""What Markdown, or a ticket system on top of it, could give a meaning to: all but plain prose.

Underscores and dots inside of words are in it for emphasis and bare addresses (www.example.com).
"""


def render(report: Report, look: Look) -> str:
    """Write GitHub-flavoured Markdown in which every name is text and nothing else."""
    comparison = report.comparison
    lines = [line for audit in report.audits for line in _section(audit, look, comparison)]
    if comparison:
        lines += [plain(comparison.line()), ""]
        lines += [f"- [x] {plain(fixed.earlier.title)}: {plain(fixed.now)}" for fixed in comparison.fixed]
    return "\n".join(lines).rstrip("\n") + "\n"


def _section(audit: Audit, look: Look, comparison: Comparison | None) -> list[str]:
    shown = [v for v in worst_first(audit.verdicts) if look.everyone or standing(v) < Standing.NOT_ADMINISTRATOR]
    findings = [v for v in shown if standing(v) is Standing.NON_COMPLIANT]
    lines = [
        f"## Administrators without MFA in account {plain(audit.account_id)}",
        "",
        f"**{plain(summary_line(audit))}**",
        "",
        f"Evaluated {audit.evaluated_at:%Y-%m-%d %H:%M} UTC. Root user: {plain(audit.account.compliance)}.",
        plain(audit.account.annotation),
    ]
    if findings:
        lines += ["", *(f"- [ ] {_new(audit, verdict, comparison)}{plain(verdict.annotation)}" for verdict in findings)]
    if shown:
        lines += ["", "| User | Why an administrator | MFA | Verdict |", "|---|---|---|---|", *map(_row, shown)]
    return [*lines, ""]


def _new(audit: Audit, verdict: Verdict, comparison: Comparison | None) -> str:
    new = comparison and comparison.change((audit.account_id, verdict.user_id)) == "new"
    return "**new:** " if new else ""


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
