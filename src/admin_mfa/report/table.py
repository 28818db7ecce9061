"""The table for a terminal: the result and the root user first, then users, worst first, then what to do next.

Everything but names is ASCII, colour repeats what a word says, nothing is truncated, and a list replaces the table
below 60 columns.
"""

from io import StringIO
from typing import TYPE_CHECKING

from admin_mfa.findings.audits import Audit, NotAudited
from admin_mfa.findings.comparison import Comparison
from admin_mfa.findings.content import Report
from admin_mfa.findings.exemptions import SOON_DAYS, ending_soon
from admin_mfa.findings.format import RenderOptions
from admin_mfa.findings.next_steps import tasks
from admin_mfa.findings.order import (
    account_title,
    all_compliant,
    counted,
    printable,
    summarize,
    summarize_all,
    summary_line,
    worst_accounts_first,
    worst_first,
)
from admin_mfa.findings.people import Person, people
from admin_mfa.model import Compliance, MfaType, Verdict
from admin_mfa.parameters import PARAMETERS
from admin_mfa.root_user import AccountStatus

if TYPE_CHECKING:
    from rich.console import Console

_NARROW = 60
_INDENT = 2
_MFA = max(len(mfa_type) for mfa_type in MfaType)
_VERDICT = max(len(compliance) for compliance in Compliance)
_GAPS = 6
"""Columns between the table's columns; user and reason share what the other columns leave."""

_NAMED = 20
"""Users that a next step names at most."""

_ADMINISTRATORS = len("ADMINS")
_WITHOUT = len("NO MFA")

_STYLES = {
    Compliance.COMPLIANT: "green",
    Compliance.NON_COMPLIANT: "bold red",
    Compliance.NOT_APPLICABLE: "dim",
}


def render(report: Report, options: RenderOptions) -> str:
    """Return the report in as many columns as the terminal has."""
    from rich.console import Console  # noqa: PLC0415 - loaded for tables only

    text = StringIO()
    console = Console(
        file=text,
        width=options.width,
        force_terminal=options.colour,
        color_system="standard" if options.colour else None,
        markup=False,
        emoji=False,
        highlight=False,
        legacy_windows=False,
        _environ={},
    )
    (_many if report.organization else _one)(console, report, options)
    return "".join(f"{line.rstrip()}\n" for line in text.getvalue().splitlines())


def _one(console: "Console", report: Report, options: RenderOptions) -> None:
    (audit,) = report.audits
    title = account_title(audit.account_id, audit.account_alias)
    console.print(
        f"Account {title} ({audit.partition}), {audit.evaluated_at:%Y-%m-%d %H:%M} UTC",
        style="bold",
    )
    _parameters(console, audit)
    _result(console, report, bad=bool(summarize(audit).non_compliant or audit.unknown))
    _unknown(console, audit)
    _account(console, audit, options, report.comparison)
    _next_steps(console, report)


def _result(console: "Console", report: Report, *, bad: bool) -> None:
    """Print the result, and what changed since an earlier report."""
    console.print(summary_line(report), style=_STYLES[Compliance.NON_COMPLIANT if bad else Compliance.COMPLIANT])
    if not report.organization:
        _root(console, report.audits[0])
    _changes(console, report)
    console.print()


def _next_steps(console: "Console", report: Report) -> None:
    """Print the exemptions that end soon, and each action with the users that it is for."""
    if ending := ending_soon(report.audits):
        words = ", ".join(one.words() for one in ending[:_NAMED])
        more = f" and {len(ending) - _NAMED} more" if len(ending) > _NAMED else ""
        _wrapped(console, printable(f"Exemptions that end within {SOON_DAYS} days: {words}{more}."), bullet="- ")
        console.print()
    found = tasks(report.audits, people(report))
    if not found:
        return
    console.print("Next steps", style="bold")
    for number, task in enumerate(found, start=1):
        names = [_name(person, report) for person in task.people] or list(task.roots)
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        whom = f" ({', '.join(names[:_NAMED])}{more})" if task.people or len(names) > 1 else ""
        how = task.steps[0].text.removeprefix(f"{task.title}.").strip()
        _wrapped(console, printable(f"{task.title}{whom}. {how}"), bullet=f"{number}) ")


def _name(person: Person, report: Report) -> str:
    account = f" in {person.audit.account_id}" if report.organization else ""
    return f"{person.verdict.user_name}{account}"


def _many(console: "Console", report: Report, options: RenderOptions) -> None:
    """Print accounts that were not audited, accounts with findings in one table, and then their findings."""
    when = f", {report.evaluated_at:%Y-%m-%d %H:%M} UTC" if report.evaluated_at else ""
    console.print(f"{len(report.audits) + len(report.not_audited)} accounts{when}", style="bold")
    audits = [audit for audit in worst_accounts_first(report.audits) if options.everyone or not all_compliant(audit)]
    if report.audits:
        _parameters(console, report.audits[0])
    _result(console, report, bad=bool(report.not_audited or summarize_all(audits).non_compliant))
    _not_audited(console, "Not audited, so the result does not cover them:", report.not_audited)
    if audits:
        (_account_list if options.width < _NARROW else _account_table)(console, audits)
        console.print()
    for audit in audits:
        console.print(f"Account {account_title(audit.account_id, audit.account_name)}", style="bold")
        if options.everyone:
            _root(console, audit)
        (_account if options.everyone else _findings)(console, audit, options, report.comparison)
        console.print()
    _not_audited(console, "Not active:", report.left_out)
    if hidden := len(report.audits) - len(audits):
        others = "1 account has no findings" if hidden == 1 else f"{hidden} accounts have no findings"
        console.print(f"{others} (use --all to list them).\n")
    _next_steps(console, report)


def _account_table(console: "Console", audits: list[Audit]) -> None:
    from rich.table import Table  # noqa: PLC0415 - as above
    from rich.text import Text  # noqa: PLC0415 - as above

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    table.add_column("ACCOUNT", overflow="fold")
    table.add_column("ADMINS", justify="right", width=_ADMINISTRATORS)
    table.add_column("NO MFA", justify="right", width=_WITHOUT)
    table.add_column("ROOT USER", width=_VERDICT)
    for audit in audits:
        summary, root = summarize(audit), audit.account
        worst = Compliance.NON_COMPLIANT if summary.non_compliant else Compliance.COMPLIANT
        table.add_row(
            Text(account_title(audit.account_id, audit.account_name)),
            str(summary.administrators),
            Text(str(summary.non_compliant), style=_STYLES[worst]),
            Text(root.answer, style=_style(root)),
        )
    console.print(table)


def _account_list(console: "Console", audits: list[Audit]) -> None:
    for audit in audits:
        summary = summarize(audit)
        console.print(account_title(audit.account_id, audit.account_name), style="bold", overflow="fold")
        _wrapped(console, f"{summary.non_compliant} of {summary.administrators} administrators without MFA")
        _wrapped(console, f"root user {audit.account.answer}")


def _not_audited(console: "Console", title: str, accounts: tuple[NotAudited, ...]) -> None:
    if accounts:
        console.print(title, style="bold")
        for account in accounts:
            name = account_title(account.account_id, account.account_name)
            _wrapped(console, f"{name}: {printable(account.reason)}", bullet="- ")
        console.print()


def _findings(console: "Console", audit: Audit, _: RenderOptions, comparison: Comparison | None) -> None:
    """Print the findings of one account in sentences."""
    lacking = (v for v in worst_first(audit.verdicts) if v.compliance is Compliance.NON_COMPLIANT)
    wrong = [_sentence(audit, verdict, comparison) for verdict in lacking]
    if audit.account.compliance is Compliance.NON_COMPLIANT:
        wrong.append(audit.account.annotation)
    for annotation in wrong:
        _wrapped(console, printable(annotation), bullet="- ")


def _account(console: "Console", audit: Audit, options: RenderOptions, comparison: Comparison | None) -> None:
    """Print the users of one account, and sentences for those whose row does not say everything."""
    shown = [v for v in worst_first(audit.verdicts) if options.everyone or v.administrator]
    if shown:
        (_list if options.width < _NARROW else _table)(console, shown)
        console.print()
    _sentences(console, [_sentence(audit, v, comparison) for v in shown if _needs_words(audit, v, comparison)])
    _activity(console, audit, shown)
    hidden = len(audit.verdicts) - len(shown)
    if hidden:
        others = "1 user is not an administrator" if hidden == 1 else f"{hidden} users are not administrators"
        console.print(f"{others} (use --all to list them).")
    elif not (audit.verdicts or audit.unknown):
        console.print("The account has no IAM users.")
    console.print()


def _activity(console: "Console", audit: Audit, shown: list[Verdict]) -> None:
    """Print the activity of the users shown, with the time of the credential report."""
    if audit.activity is None:
        return
    console.print(f"Activity (credential report of {audit.activity.created_at:%Y-%m-%d %H:%M} UTC)", style="bold")
    for verdict in shown:
        activity = audit.activity_of(verdict)
        words = activity.words(audit.evaluated_at.date()) if activity else "created after the report"
        _wrapped(console, printable(f"{verdict.user_name}: {words}"), bullet="- ")
    console.print()


def _parameters(console: "Console", audit: Audit) -> None:
    """Print the parameters that differ from their defaults."""
    defaults = {row.name: row.default for row in PARAMETERS}
    for name, value in audit.parameters:
        if value != defaults.get(name):
            _wrapped(console, printable(f"{name}={value}"))
    console.print()


def _table(console: "Console", verdicts: list[Verdict]) -> None:
    from rich.table import Table  # noqa: PLC0415 - as above
    from rich.text import Text  # noqa: PLC0415 - as above

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    free = console.width - _MFA - _VERDICT - _GAPS
    table.add_column("USER", overflow="fold", min_width=12, max_width=free * 3 // 8)
    table.add_column("WHY AN ADMINISTRATOR", overflow="fold")
    table.add_column("MFA", overflow="fold", width=_MFA)
    table.add_column("VERDICT", width=_VERDICT)
    for verdict in verdicts:
        table.add_row(
            Text(printable(verdict.user_name)),
            Text("\n".join(_why(verdict))),
            Text("\n".join(_mfa(verdict))),
            Text(_answer(verdict), style=_STYLES[verdict.compliance]),
        )
    console.print(table)


def _list(console: "Console", verdicts: list[Verdict]) -> None:
    for verdict in verdicts:
        console.print(printable(verdict.user_name), style="bold", overflow="fold")
        console.print(f"  {_answer(verdict)}", style=_STYLES[verdict.compliance])
        for why in _why(verdict):
            _wrapped(console, why)
        if verdict.administrator:
            _wrapped(console, f"MFA: {', '.join(_mfa(verdict))}")


def _sentences(console: "Console", sentences: list[str]) -> None:
    for sentence in sentences:
        _wrapped(console, printable(sentence), bullet="- ")
    if sentences:
        console.print()


def _sentence(audit: Audit, verdict: Verdict, comparison: Comparison | None) -> str:
    new = comparison is not None and comparison.is_new(audit.account_id, verdict.user_id)
    return f"new: {verdict.annotation}" if new else verdict.annotation


def _changes(console: "Console", report: Report) -> None:
    """Print what changed since an earlier report."""
    if report.comparison:
        for fixed in report.comparison.fixed:
            _wrapped(console, printable(f"fixed: {fixed.now}"), bullet="- ")
        console.print(report.comparison.line())


def _root(console: "Console", audit: Audit) -> None:
    from rich.text import Text  # noqa: PLC0415 - as above

    account = audit.account
    compliance = (account.answer, _style(account))
    console.print(Text.assemble("Root user: ", compliance, ". ", printable(account.annotation), overflow="fold"))


def _style(account: AccountStatus) -> str:
    return _STYLES[account.compliance] if account.compliance else _STYLES[Compliance.NON_COMPLIANT]


def _unknown(console: "Console", audit: Audit) -> None:
    """Print the users whom saved answers leave without a verdict."""
    if audit.unknown:
        console.print("Unknown, because the files leave something out:", style="bold")
        for one in audit.unknown[:_NAMED]:
            _wrapped(console, printable(one.annotation), bullet="- ")
        if len(audit.unknown) > _NAMED:
            console.print(f"and {counted(len(audit.unknown) - _NAMED, 'more user')}.")
        console.print()


def _why(verdict: Verdict) -> list[str]:
    return [printable(str(grant)) for grant in verdict.grants] or ["-"]


def _mfa(verdict: Verdict) -> list[str]:
    """Return the types of the devices that were read, each once; a compliant user's devices may be unread."""
    types = list(dict.fromkeys(device.type.value for device in verdict.mfa_devices))
    if types:
        return types
    return ["none" if verdict.compliance is Compliance.NON_COMPLIANT else "-"]


def _answer(verdict: Verdict) -> str:
    return f"{verdict.compliance}{' (exempt)' if verdict.exempt else ''}"


def _needs_words(audit: Audit, verdict: Verdict, comparison: Comparison | None) -> bool:
    """Return whether the row leaves something out: a missing device and a complete one need no sentence."""
    if verdict.compliance is Compliance.NON_COMPLIANT:
        new = comparison is not None and comparison.is_new(audit.account_id, verdict.user_id)
        return bool(new or verdict.mfa_devices or verdict.bypass or verdict.exemption_ended)
    return verdict.administrator and (verdict.exempt or not verdict.mfa_devices)


def _wrapped(console: "Console", text: str, *, bullet: str = "") -> None:
    """Print text with a hanging indent."""
    from rich.padding import Padding  # noqa: PLC0415 - as above
    from rich.table import Table  # noqa: PLC0415 - as above
    from rich.text import Text  # noqa: PLC0415 - as above

    if not bullet:
        console.print(Padding(Text(text, overflow="fold"), (0, 0, 0, _INDENT)))
        return
    grid = Table.grid()
    grid.add_column(width=len(bullet))
    grid.add_column(overflow="fold")
    grid.add_row(bullet, Text(text))
    console.print(grid)
