"""The terminal: progress, warnings and errors on standard error, and the width and colour of the result."""

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
    """Print in one line why the command stops."""
    print(f"error: {one_line(text)}", file=sys.stderr)  # noqa: T201 - the command's one place for errors


def warn(text: str) -> None:
    """Print a warning, which changes no verdict."""
    print(f"warning: {one_line(text)}", file=sys.stderr)  # noqa: T201 - as above


def note(text: str) -> None:
    """Print where the result is, if it is not on standard output."""
    print(one_line(text), file=sys.stderr)  # noqa: T201 - as above


def render_options(*, to_file: bool, everyone: bool) -> RenderOptions:
    """Return the width and colour of the result, from NO_COLOR, TERM and COLUMNS."""
    columns = shutil.get_terminal_size((DEFAULT_WIDTH, 24)).columns
    coloured = not to_file and _animated(sys.stdout.isatty()) and not os.environ.get("NO_COLOR")
    return RenderOptions(width=max(columns, _MIN_WIDTH), colour=coloured, everyone=everyone)


@contextmanager
def progress(*, quiet: bool = False) -> Iterator[Callable[[str], None]]:
    """Display progress on a terminal and erase it at the end; display nothing elsewhere."""
    if quiet or not _animated(sys.stderr.isatty()):
        yield lambda _: None
        return
    from rich.console import Console  # noqa: PLC0415 - loaded for terminals only
    from rich.text import Text  # noqa: PLC0415 - as above

    console = Console(stderr=True, force_terminal=True)
    with console.status(Text("starting"), spinner="line") as status:
        yield lambda text: status.update(Text(text))


def _animated(is_terminal: bool) -> bool:  # noqa: FBT001 - one property of one stream
    return is_terminal and os.environ.get("TERM", "") not in ("", "dumb", "unknown")
