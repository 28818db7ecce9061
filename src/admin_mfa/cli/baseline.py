"""`--baseline FILE`: an earlier JSON report, read before AWS is called."""

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
"""Bytes. The report of an account at IAM's quotas has about five million."""


class FailOn(StrEnum):
    """Which findings make the exit code 1."""

    ANY = "any"
    NEW = "new"


def load(path: Path | None, fail_on: FailOn) -> Baseline | None:
    """Return the given baseline; None without one.

    Raises:
        CommandError: It cannot be read, is not a report, or is missing although only new findings count.
    """
    if path is None:
        if fail_on is FailOn.NEW:
            raise CommandError("--fail-on new needs --baseline with an earlier `--format json` report.", ExitCode.USAGE)
        return None
    try:
        with path.open("rb") as file:
            content = file.read(LIMIT + 1)
    except OSError as error:
        reason = "the file does not exist" if error.errno == errno.ENOENT else output.reason(error)
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
    """Return the report with what changed since the baseline, if there is one.

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
    """Return whether a finding makes the exit code 1."""
    if report.comparison and fail_on is FailOn.NEW:
        return bool(report.comparison.new)
    return not all(map(all_compliant, report.audits))


def _unusable(path: Path | None, reason: str) -> CommandError:
    return CommandError(
        f"The baseline {str(path)!r} cannot be used: {reason}. Pass a file that `admin-mfa audit --format json` wrote.",
        ExitCode.USAGE,
    )
