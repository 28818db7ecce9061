"""`admin-mfa collect`, and what `audit --from` shares with it before AWS's library is loaded."""

import errno
import json
from pathlib import Path
from typing import Annotated

import typer

from admin_mfa.cli import output, terminal
from admin_mfa.cli.errors import CommandError, ExitCode
from admin_mfa.cli.options import Profile, Quiet, Region, RuleParameters
from admin_mfa.cli.raw_parameters import parse_given, parse_pairs
from admin_mfa.findings.order import counted
from admin_mfa.report import Report

Saved = Annotated[
    Path | None,
    typer.Option(
        "--from",
        metavar="PATH",
        help="Audit saved API responses instead of a live account: a directory that `admin-mfa collect` "
        "wrote, or output of "
        "the AWS CLI. Needs no credentials and no network.",
    ),
]


def collect(
    *,
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty directory.")],
    profile: Profile = None,
    region: Region = None,
    parameter: RuleParameters = None,
    quiet: Quiet = False,
) -> None:
    """Save the API responses for `audit --from` as JSON files.

    The files have the format of AWS CLI output. They contain policies, names and access key ids,
    but no secrets. Read-only; needs the policy that `admin-mfa permissions` prints. The files serve every parameter;
    only AdditionalAdminPolicyArns must be passed here too.
    """
    parameters = parse_given(parse_pairs(parameter or []))
    _make(directory)
    from admin_mfa.cli.offline import collect_account  # noqa: PLC0415 - it loads AWS's library

    found = collect_account(parameters, profile=profile, region=region, quiet=quiet)
    for name, content in found.items():
        path = directory / name
        path.parent.mkdir(mode=0o700, exist_ok=True)
        output.write(json.dumps(content, indent=2) + "\n", path)
    if not quiet:
        terminal.note(
            f"{directory}: {counted(len(found), 'file')}. Audit them with `admin-mfa audit --from {directory}`."
        )


def refuse_live_options(saved: Path | None, *, many: bool, profile: str | None) -> None:
    """Refuse options that only a live audit has.

    Raises:
        CommandError: One of them was given with --from.
    """
    if saved is not None and (many or profile):
        raise CommandError(
            f"--from reads files, so {'--organization and --accounts have' if many else '--profile has'} no effect. "
            "Pass one or the other.",
            ExitCode.USAGE,
        )


def refuse_unknown(report: Report) -> None:
    """Raise if the files left something unknown, after the report was written.

    Raises:
        CommandError: Something is unknown, so the exit code is 3.
    """
    if all(audit.complete for audit in report.audits):
        return
    users = sum(len(audit.unknown) for audit in report.audits)
    what = [f"the verdict on {counted(users, 'user')}"] if users else []
    if any(audit.account.compliance is None for audit in report.audits):
        what.append("the root user's MFA")
    raise CommandError(
        f"The files do not include everything, so {' and '.join(what)} {'is' if len(what) == 1 else 'are'} unknown. "
        "The report lists what to save."
    )


def _make(directory: Path) -> None:
    try:
        directory.mkdir(mode=0o700, exist_ok=True)
        used = any(directory.iterdir())
    except OSError as error:
        reason = "it is a file" if error.errno == errno.EEXIST else output.reason(error)
        raise CommandError(
            f"{str(directory)!r} cannot be used: {reason}. Pass a new or empty directory.", ExitCode.USAGE
        ) from error
    if used:
        # Older files could be about users who no longer exist, or about another account.
        raise CommandError(f"{str(directory)!r} is not empty. Pass a new or empty directory.", ExitCode.USAGE)
