"""What `collect` and `audit --from` read."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from admin_mfa.audit.collect import collect
from admin_mfa.audit.offline.answers import SavedAnswers
from admin_mfa.audit.offline.errors import SavedAnswersError
from admin_mfa.audit.offline.files import SavedFiles
from admin_mfa.audit.offline.reader import audit_saved
from admin_mfa.cli import terminal
from admin_mfa.cli.connection import connect
from admin_mfa.cli.errors import CommandError, ExitCode
from admin_mfa.errors import ReadError
from admin_mfa.findings.audits import Audit
from admin_mfa.parameters import Parameters


def audit_files(path: Path, parameters: Parameters, *, region: str | None) -> Audit:
    """Audit the account whose answers were saved.

    Raises:
        CommandError: A file cannot be used, or nothing can be concluded from the files.
    """
    try:
        return audit_saved(SavedAnswers.open(SavedFiles(path)), parameters, region=region or "")
    except SavedAnswersError as error:
        raise CommandError(str(error), ExitCode.USAGE) from error
    except ReadError as error:
        raise CommandError(str(error)) from error


def collect_account(
    parameters: Parameters, *, profile: str | None, region: str | None, quiet: bool
) -> Mapping[str, Mapping[str, Any]]:
    """Collect the answers about the account that the credentials belong to; see `admin_mfa.audit.collect`.

    Raises:
        CommandError: The account could not be read; the text says what to do.
    """
    with connect(profile, region) as connection, terminal.progress(quiet=quiet) as progress:
        iam = connection.iam()
        return collect(iam, connection.identify(progress), parameters, progress)
