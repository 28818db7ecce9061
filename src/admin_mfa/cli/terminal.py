"""Standard error: progress for whoever watches, warnings and errors for everybody."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from admin_mfa.cli.advice import one_line
from admin_mfa.findings.format import DEFAULT_WIDTH
from admin_mfa.report import RenderOptions

_MIN_WIDTH = 20


def complain(text: str) -> None:
    """Say in one line why the command stops."""
    print(f"error: {one_line(text)}", file=sys.stderr)  # noqa: T201 - this is where the command speaks


def warn(text: str) -> None:
    """Say something that changes no verdict."""
    print(f"warning: {one_line(text)}", file=sys.stderr)  # noqa: T201 - as above


def note(text: str) -> None:
    """Say what became of the result, where it does not stand on standard output."""
    print(one_line(text), file=sys.stderr)  # noqa: T201 - as above


def look(*, to_file: bool, everyone: bool) -> RenderOptions:
    """See how wide and how colourful the result may be: NO_COLOR, TERM and COLUMNS are heeded."""
    columns = shutil.get_terminal_size((DEFAULT_WIDTH, 24)).columns
    coloured = not to_file and _animated(sys.stdout.isatty()) and not os.environ.get("NO_COLOR")
    return RenderOptions(width=max(columns, _MIN_WIDTH), colour=coloured, everyone=everyone)


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """Show on a terminal what is being done, and leave no trace of it; elsewhere say nothing."""
    if not _animated(sys.stderr.isatty()):
        yield lambda _: None
        return
    from rich.console import Console  # noqa: PLC0415 - who watches pays for it
    from rich.text import Text  # noqa: PLC0415 - as above

    console = Console(stderr=True, force_terminal=True)
    with console.status(Text("starting"), spinner="line") as status:
        yield lambda text: status.update(Text(text))


def _animated(is_terminal: bool) -> bool:  # noqa: FBT001 - a question about one stream
    return is_terminal and os.environ.get("TERM", "") not in ("", "dumb", "unknown")
