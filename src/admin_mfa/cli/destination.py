"""Which format goes where: one to standard output or a file, several into a directory."""

import errno
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from admin_mfa.cli import output
from admin_mfa.cli.errors import CommandError, ExitCode
from admin_mfa.report import FORMATS, Format

NAME = "admin-mfa"
"""What files in a directory are called; the format adds its suffix."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """One report to write.

    Attributes:
        format: How.
        file: Where; None is standard output.
    """

    format: Format
    file: Path | None


def destinations(names: Sequence[str], given: Path | None) -> tuple[Destination, ...]:
    """Pair formats with files, and make sure that each can be written before anybody waits.

    Args:
        names: Of formats; one that comes twice is written once.
        given: The value of --output: a file, or a directory, which several formats need and which is made for them.

    Raises:
        CommandError: It does not fit, or cannot be written.
    """
    formats = [FORMATS[name] for name in dict.fromkeys(names)]
    given = None if given == output.STANDARD_OUTPUT else given
    if len(formats) > 1:
        _make_directory(given)
    if given is not None and given.is_dir():
        found = tuple(Destination(format=row, file=given / f"{NAME}{row.suffix}") for row in formats)
    else:
        found = (Destination(format=formats[0], file=given),)
    for destination in found:
        output.probe(destination.file)
    return found


def _make_directory(given: Path | None) -> None:
    if given is None:
        raise CommandError(
            "Several formats do not fit on standard output: give --output a directory to write them to.",
            ExitCode.USAGE,
        )
    try:
        given.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        reason = "it is a file" if error.errno == errno.EEXIST else output.reason(error)
        raise CommandError(
            f"{str(given)!r} cannot take several formats: {reason}; give --output a directory.", ExitCode.USAGE
        ) from error
