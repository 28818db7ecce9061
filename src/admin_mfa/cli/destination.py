"""Where each format is written: one to standard output or a file, several to a directory."""

import errno
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from admin_mfa.cli import output
from admin_mfa.cli.errors import CommandError, ExitCode
from admin_mfa.report import FORMATS, Format

NAME = "admin-mfa"
"""The name of files in a directory; the format adds its ending."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """One report to write.

    Attributes:
        format: The format.
        file: The file; None is standard output.
    """

    format: Format
    file: Path | None


def destinations(names: Sequence[str] | None, given: Path | None) -> tuple[Destination, ...]:
    """Pair formats with files, and check that each can be written before AWS is called.

    Args:
        names: The names of formats, without duplicates in the result; None for the format that the file's ending
            selects, and the table where it has none.
        given: The value of --output: a file, or a directory, which is created for several formats.

    Raises:
        CommandError: Formats and file contradict each other, or a file cannot be written.
    """
    given = None if given == output.STANDARD_OUTPUT else given
    formats = [FORMATS[name] for name in dict.fromkeys(names)] if names else [_by_ending(given)]
    if len(formats) > 1:
        _make_directory(given)
    if given is not None and given.is_dir():
        found = tuple(Destination(format=row, file=given / f"{NAME}{row.suffix}") for row in formats)
    else:
        found = (Destination(format=formats[0], file=given),)
    for destination in found:
        output.probe(destination.file)
    return found


def _by_ending(given: Path | None) -> Format:
    """Return the format that a file name selects by its ending; the longest ending wins.

    Raises:
        CommandError: No format has this ending.
    """
    if given is None or given.is_dir() or not given.suffix:
        return FORMATS["table"]
    matching = [row for row in FORMATS.values() if given.name.lower().endswith(row.suffix)]
    if not matching:
        endings = ", ".join(row.suffix for row in FORMATS.values())
        raise CommandError(
            f"The file extension of {given.name!r} does not select a format. Pass --format, or use one of {endings}.",
            ExitCode.USAGE,
        )
    return max(matching, key=lambda row: len(row.suffix))


def _make_directory(given: Path | None) -> None:
    if given is None:
        raise CommandError(
            "Several formats need a directory: pass one with --output.",
            ExitCode.USAGE,
        )
    try:
        given.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        reason = "it is a file" if error.errno == errno.EEXIST else output.reason(error)
        raise CommandError(
            f"{str(given)!r} cannot hold several formats: {reason}. Pass a directory with --output.", ExitCode.USAGE
        ) from error
