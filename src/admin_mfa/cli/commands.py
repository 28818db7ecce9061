"""The commands, their arguments and their help."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.exceptions import Abort, TyperException

from admin_mfa import __version__
from admin_mfa.cli import output, terminal
from admin_mfa.cli.accounts import DEFAULT_CONCURRENCY, DEFAULT_ROLE, MAX_CONCURRENCY, Wanted
from admin_mfa.cli.baseline import FailOn, compared, failing, load
from admin_mfa.cli.collect import Saved, collect, refuse_live_options, refuse_unknown
from admin_mfa.cli.destination import destinations
from admin_mfa.cli.doctor import doctor
from admin_mfa.cli.errors import CommandError, ExitCode, did_you_mean
from admin_mfa.cli.explain import explain
from admin_mfa.cli.options import Profile, Quiet, Region, RuleParameters
from admin_mfa.cli.preview import preview as print_preview
from admin_mfa.cli.print_policy import permissions
from admin_mfa.cli.raw_parameters import ignored_parameters, parse_given, parse_pairs
from admin_mfa.errors import AdminMfaError, InvalidParametersError
from admin_mfa.findings.order import common_warnings, counted
from admin_mfa.report import FORMATS, Report, summary_line
from admin_mfa.report.json_document import organization_schema
from admin_mfa.report.json_document import schema as json_schema
from admin_mfa.report.reference import parameters_markdown

TRACEBACK = "ADMIN_MFA_TRACEBACK"
"""An environment variable: set, an unexpected error is raised with its traceback."""


class _Commands(TyperGroup):
    """All commands; every error ends here as one line and an exit code, which is 1 for findings only."""

    def main(self, args: Sequence[str] | None = None, *rest: Any, **named: Any) -> Any:
        named["standalone_mode"] = False
        try:
            code = super().main(args, *rest, **named)
        except TyperException as error:
            terminal.complain(error.format_message())
            code = ExitCode.USAGE
        except InvalidParametersError as error:
            terminal.complain(str(error))
            code = ExitCode.USAGE
        except CommandError as error:
            terminal.complain(str(error))
            code = error.exit_code
        except AdminMfaError as error:
            terminal.complain(str(error))
            code = ExitCode.INCOMPLETE
        except Abort:  # end of input at a prompt, such as botocore's for an MFA code
            terminal.complain("Input ended at a prompt; nothing was audited.")
            code = ExitCode.INTERRUPTED
        except Exception as error:
            if os.environ.get(TRACEBACK):
                raise
            terminal.complain(
                f"Unexpected {type(error).__name__}: {error}. Please report this bug: open an issue with the output of "
                f"`admin-mfa --version` and the traceback that {TRACEBACK}=1 prints."
            )
            code = ExitCode.INCOMPLETE
        sys.exit(int(code or 0))


def _examples(*lines: str) -> str:
    """Return the examples of a help text; the backspace character preserves line breaks."""
    return "\n".join(("\b", "Examples:", *(f"  {line}" for line in lines)))


app = typer.Typer(
    name="admin-mfa",
    cls=_Commands,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    help="""Find the IAM users who are administrators and have no MFA device.

    Read-only: it never changes the account. Every AWS_* variable works as in the AWS CLI.

    \b
    Exit codes: 0 compliant, 1 a user or the root user is not compliant, 2 usage error,
    3 incomplete (nothing is reported as compliant then), 130 interrupted.
    """,
    epilog=_examples("admin-mfa audit --profile audit"),
)


def main() -> None:
    """Run the command and exit with its exit code.

    Exiting does not wait for threads: those of an abandoned read can be inside a call for a minute.
    """
    try:
        app(prog_name="admin-mfa")
    except SystemExit as exit_:
        code = exit_.code if isinstance(exit_.code, int) else int(ExitCode.INCOMPLETE)
        _leave(code)


def _leave(code: int) -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            continue
    os._exit(code)


def _version(requested: bool) -> None:  # noqa: FBT001 - typer's signature
    if requested:
        output.write(f"admin-mfa {__version__}\n", None)
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    del version
    if context.invoked_subcommand is None:
        typer.echo(context.get_help(), err=True)
        raise typer.Exit(ExitCode.USAGE)


def _known_formats(given: list[str] | None) -> list[str] | None:
    for name in given or ():
        if name not in FORMATS:
            *names, last = FORMATS
            raise typer.BadParameter(
                f"{name!r:.50} is unknown.{did_you_mean(name, FORMATS)} Use {', '.join(names)} or {last}."
            )
    return given


def _complete_format(incomplete: str) -> list[tuple[str, str]]:
    return [(row.name, row.description) for row in FORMATS.values() if row.name.startswith(incomplete)]


@app.command(
    epilog=_examples(
        "admin-mfa audit",
        "admin-mfa audit --profile audit --format html --output audit.html",
        "admin-mfa audit --format html --format json --output reports",
        "admin-mfa audit --baseline reports/admin-mfa.json --fail-on new",
        "admin-mfa audit --parameter AllowedMfaTypes=fido,hardware --parameter ExemptUsers=breakglass@2027-01-31",
        "admin-mfa audit --from answers",
        "admin-mfa audit --organization --ou ou-ab12-cd34ef56 --role-name AdminMfaAudit",
    )
)
def audit(  # noqa: PLR0913 - the arguments are the command's options
    *,
    profile: Profile = None,
    region: Region = None,
    parameter: RuleParameters = None,
    formats: Annotated[
        list[str] | None,
        typer.Option(
            "--format",
            "-f",
            metavar="FORMAT",
            callback=_known_formats,
            autocompletion=_complete_format,
            help="; ".join(f"{row.name}: {row.description}" for row in FORMATS.values())
            + ". Repeat for several, with a directory for --output. Default: by the file extension of "
            "--output, or table.",
        ),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Write to a file that only you can read, replaced atomically. - is standard output. "
            "In a directory, the file is named admin-mfa, with the extension of its format.",
        ),
    ] = None,
    baseline: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="An earlier JSON report: shows what is new, fixed and unchanged since."),
    ] = None,
    fail_on: Annotated[
        FailOn, typer.Option(help="Exit with 1 for any finding, or only for findings that are not in the baseline.")
    ] = FailOn.ANY,
    everyone: Annotated[
        bool, typer.Option("--all", help="In the table, also list users who are not administrators.")
    ] = False,
    activity: Annotated[
        bool,
        typer.Option(
            "--activity",
            help="Also show the account alias and, from the credential report, each user's last sign-in and the age of "
            "access keys. The report can be 4 hours old and never decides about MFA. "
            "`admin-mfa permissions --activity` prints the policy.",
        ),
    ] = False,
    organization: Annotated[
        bool, typer.Option("--organization", help="Audit every active account of the organization.")
    ] = False,
    accounts: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Audit the accounts in a file: one id per line, optionally followed by a name. - is standard input.",
        ),
    ] = None,
    role_name: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help=f"Role to assume in each account, with its path if it has one. Default: {DEFAULT_ROLE}. "
            "A session policy makes the session read-only, whatever the role allows.",
        ),
    ] = None,
    external_id: Annotated[
        str | None, typer.Option(metavar="ID", help="External id, if the role's trust policy requires one.")
    ] = None,
    ou: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="Only accounts in this organizational unit; repeat for more."),
    ] = None,
    tag: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY[=VALUE]", help="Only accounts with this tag; repeat to require several."),
    ] = None,
    account: Annotated[list[str] | None, typer.Option(metavar="ID", help="Only this account; repeat for more.")] = None,
    exclude_account: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Skip this account; repeat for more.")
    ] = None,
    concurrency: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=MAX_CONCURRENCY,
            metavar="N",
            help=f"Accounts to read at once, 1 to {MAX_CONCURRENCY}. Default: {DEFAULT_CONCURRENCY}.",
        ),
    ] = None,
    saved: Saved = None,
    quiet: Quiet = False,
) -> None:
    """Audit the IAM users and root user of one or many accounts.

    Read-only; `admin-mfa permissions` prints the policy that it needs. With --organization or --accounts, accounts
    that cannot be read are listed as not audited, and the exit code is 3. With --from, users whose verdict depends on
    an answer that was not saved are listed as unknown, and the exit code is 3.
    """
    given = parse_pairs(parameter or [])
    parameters = parse_given(given)
    earlier = load(baseline, fail_on)
    reports = destinations(formats, file)
    wanted = Wanted(
        organization=organization,
        file=accounts,
        role_name=role_name,
        external_id=external_id,
        parents=tuple(ou or ()),
        account_ids=tuple(account or ()),
        excluded_ids=tuple(exclude_account or ()),
        tags=tuple(tag or ()),
        concurrency=concurrency,
    )
    wanted.validate()
    refuse_live_options(saved, many=wanted.many, profile=profile)
    if activity and wanted.many:
        raise CommandError("--activity audits one account: omit --organization and --accounts.", ExitCode.USAGE)
    # AWS's library takes longer to load than everything else: `--help` and usage errors do without it.
    from admin_mfa.cli.account import audit_account, audit_accounts  # noqa: PLC0415

    if saved is not None:
        from admin_mfa.cli.offline import audit_files  # noqa: PLC0415 - loaded with --from only

        report = Report.of(audit_files(saved, parameters, region=region))
    elif wanted.many:
        report = Report.of(audit_accounts(wanted, parameters, profile=profile, region=region, quiet=quiet))
    else:
        report = Report.of(audit_account(parameters, profile=profile, region=region, quiet=quiet, activity=activity))
    report = compared(report, earlier, baseline)
    texts = [
        one.format.render(report, terminal.render_options(to_file=bool(one.file), everyone=everyone)) for one in reports
    ]
    warnings = () if quiet else (*ignored_parameters(given), *common_warnings(report.audits))
    for warning in warnings:
        terminal.warn(warning)
    for one, text in zip(reports, texts, strict=True):
        output.write(text, one.file)
    if reports[-1].file and not quiet:
        terminal.note(f"{', '.join(str(one.file) for one in reports)}: {summary_line(report)}")
        if report.comparison:
            terminal.note(report.comparison.line())
    if report.not_audited:
        missing = counted(len(report.not_audited), "account")
        raise CommandError(
            f"{missing} could not be audited, so the result is incomplete. The report lists the reasons."
        )
    refuse_unknown(report)
    raise typer.Exit(ExitCode.NON_COMPLIANT if failing(report, fail_on) else ExitCode.COMPLIANT)


app.command(
    epilog=_examples(
        "admin-mfa permissions > policy.json",
        "aws iam create-policy --policy-name AdminMfaAudit --policy-document file://policy.json",
        "admin-mfa permissions --doctor",
    )
)(permissions)


app.command(epilog=_examples("admin-mfa explain ada", "admin-mfa explain ada --parameter ApiAccess=require-mfa"))(
    explain
)


app.command(
    "preview",
    epilog=_examples(
        "admin-mfa preview",
        "admin-mfa preview --option Mode=Enforce --option GracePeriodDays=30",
        "admin-mfa preview --format json",
    ),
)(print_preview)


app.command(epilog=_examples("admin-mfa doctor", "admin-mfa doctor --region eu-west-1 --rule-name mfa-rule"))(doctor)


app.command(epilog=_examples("admin-mfa collect answers", "admin-mfa collect answers --profile audit"))(collect)


@app.command(
    "parameters",
    epilog=_examples(
        "admin-mfa parameters",
    ),
)
def print_parameters() -> None:
    """Print all rule parameters with their defaults, in Markdown."""
    output.write(parameters_markdown(), None)


@app.command(
    "schema",
    epilog=_examples(
        "admin-mfa schema > audit.schema.json",
        "admin-mfa schema --organization > organization.schema.json",
    ),
)
def print_schema(
    *,
    organization: Annotated[bool, typer.Option("--organization", help="For the report about many accounts.")] = False,
) -> None:
    """Print the JSON Schema of `audit --format json`."""
    output.write(organization_schema() if organization else json_schema(), None)
