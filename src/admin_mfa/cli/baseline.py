"""`--baseline FILE`: an earlier JSON document, read before anybody waits for AWS."""

import errno
from dataclasses import replace
from enum import StrEnum
from pathlib import Path

from admin_mfa.cli import output
from admin_mfa.cli.errors import CommandError, ExitCode
from admin_mfa.findings.order import all_compliant
from admin_mfa.report import Report
from admin_mfa.report.baseline import Baseline, BaselineError, compare, read_baseline

LIMIT = 256 * 2**20
"""Bytes; a document of an account that is as full as AWS lets it be has some five million."""


class FailOn(StrEnum):
    """Which findings make the exit code 1."""

    ANY = "any"
    NEW = "new"


def load(path: Path | None, fail_on: FailOn) -> Baseline | None:
    """Read the file that was given, if one was.

    Raises:
        CommandError: It cannot be read, is no document of ours, or is missing where only new findings are to count.
    """
    if path is None:
        if fail_on is FailOn.NEW:
            raise CommandError(
                "--fail-on new needs --baseline with an earlier report, as `--format json` writes it.", ExitCode.USAGE
            )
        return None
    try:
        with path.open("rb") as file:
            content = file.read(LIMIT + 1)
    except OSError as error:
        reason = "there is no such file" if error.errno == errno.ENOENT else output.reason(error)
        raise CommandError(f"The baseline {str(path)!r} cannot be read: {reason}.", ExitCode.USAGE) from error
    if len(content) > LIMIT:
        raise _unusable(path, f"it is larger than {LIMIT // 2**20} MB")
    try:
        return read_baseline(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise _unusable(path, "it is not UTF-8") from error
    except BaselineError as error:
        raise _unusable(path, str(error)) from error


def compared(report: Report, baseline: Baseline | None, path: Path | None) -> Report:
    """Say in the report what changed, if there is something to compare with.

    Raises:
        CommandError: The baseline is about other accounts.
    """
    if baseline is None:
        return report
    try:
        return replace(report, comparison=compare(report.audits, baseline))
    except BaselineError as error:
        raise _unusable(path, str(error)) from error


def failing(report: Report, fail_on: FailOn) -> bool:
    """Whether there is a finding that counts."""
    if report.comparison and fail_on is FailOn.NEW:
        return bool(report.comparison.new)
    return not all(map(all_compliant, report.audits))


def _unusable(path: Path | None, reason: str) -> CommandError:
    return CommandError(
        f"The baseline {str(path)!r} cannot be used: {reason}; give a file that `admin-mfa audit --format json` wrote.",
        ExitCode.USAGE,
    )
