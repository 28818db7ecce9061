"""The table for people at a terminal: worst first, the answer in the last line, nothing cut off.

Everything but names is ASCII, colour repeats what a word says, and below 60 columns a list takes the table's place.
"""

from io import StringIO
from typing import TYPE_CHECKING

from admin_mfa.model import Audit, Compliance, MfaType, Verdict
from admin_mfa.parameters import PARAMETERS
from admin_mfa.report.comparison import Comparison
from admin_mfa.report.content import Report
from admin_mfa.report.format import Look
from admin_mfa.report.order import Standing, printable, standing, summarize, summary_line, worst_first

if TYPE_CHECKING:
    from rich.console import Console

_NARROW = 60
_INDENT = 2
_MFA = max(len(mfa_type) for mfa_type in MfaType)
_VERDICT = max(len(compliance) for compliance in Compliance)
_GAPS = 6
"""What the fixed columns of the table and the gaps between all of them take; user and reason share the rest."""

_STYLES = {
    Compliance.COMPLIANT: "green",
    Compliance.NON_COMPLIANT: "bold red",
    Compliance.NOT_APPLICABLE: "dim",
}


def render(report: Report, look: Look) -> str:
    """Write the report for people, in as many columns as there are."""
    from rich.console import Console  # noqa: PLC0415 - only who renders a table pays for it

    text = StringIO()
    console = Console(
        file=text,
        width=look.width,
        force_terminal=look.colour,
        color_system="standard" if look.colour else None,
        markup=False,
        emoji=False,
        highlight=False,
        legacy_windows=False,
        _environ={},
    )
    for number, audit in enumerate(report.audits):
        if number:
            console.print()
        _account(console, audit, look, report.comparison)
    return "".join(f"{line.rstrip()}\n" for line in text.getvalue().splitlines())


def _account(console: "Console", audit: Audit, look: Look, comparison: Comparison | None) -> None:
    shown = [v for v in worst_first(audit.verdicts) if look.everyone or standing(v) < Standing.NOT_ADMINISTRATOR]
    _head(console, audit)
    if shown:
        (_list if look.width < _NARROW else _table)(console, shown)
        console.print()
    sentences = [_sentence(audit, v, comparison) for v in shown if _needs_words(v)]
    if comparison:
        fixed = (one for one in comparison.fixed if one.earlier.account_id == audit.account_id)
        sentences += [f"fixed: {one.now}" for one in fixed]
    _sentences(console, sentences)
    _foot(console, audit, comparison, hidden=len(audit.verdicts) - len(shown))


def _sentence(audit: Audit, verdict: Verdict, comparison: Comparison | None) -> str:
    new = comparison and comparison.change((audit.account_id, verdict.user_id)) == "new"
    return f"new: {verdict.annotation}" if new else verdict.annotation


def _head(console: "Console", audit: Audit) -> None:
    console.print(
        f"Account {audit.account_id} ({audit.partition}), {audit.evaluated_at:%Y-%m-%d %H:%M} UTC", style="bold"
    )
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


def _foot(console: "Console", audit: Audit, comparison: Comparison | None, *, hidden: int) -> None:
    from rich.text import Text  # noqa: PLC0415 - as above

    account = audit.account
    answer = (account.compliance.value, _STYLES[account.compliance])
    console.print(Text.assemble("Root user: ", answer, ". ", printable(account.annotation), overflow="fold"))
    if hidden:
        others = "1 user is no administrator" if hidden == 1 else f"{hidden} users are no administrators"
        console.print(f"{others}; --all lists them too.")
    elif not audit.verdicts:
        console.print("The account has no IAM users.")
    if comparison:
        console.print(comparison.line())
    worst = Compliance.NON_COMPLIANT if summarize(audit).non_compliant else Compliance.COMPLIANT
    console.print(summary_line(audit), style=_STYLES[worst])


def _why(verdict: Verdict) -> list[str]:
    return [printable(str(grant)) for grant in verdict.grants] or ["-"]


def _mfa(verdict: Verdict) -> list[str]:
    """Name the types of the devices that were read, each once; of other users not every device is read."""
    types = list(dict.fromkeys(device.type.value for device in verdict.mfa_devices))
    if types:
        return types
    return ["none" if verdict.compliance is Compliance.NON_COMPLIANT else "-"]


def _answer(verdict: Verdict) -> str:
    return f"{verdict.compliance}{' (exempt)' if verdict.exempt else ''}"


def _needs_words(verdict: Verdict) -> bool:
    """Whether the row does not tell the whole story: what is missing, or why nothing need be there."""
    if standing(verdict) is Standing.COMPLIANT_ADMINISTRATOR:
        return not verdict.mfa_devices
    return standing(verdict) in (Standing.NON_COMPLIANT, Standing.EXEMPT)


def _wrapped(console: "Console", text: str, *, bullet: str = "") -> None:
    """Print a text with a hanging indent."""
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
