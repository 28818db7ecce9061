"""The commands, their arguments and their help."""

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

from admin_mfa import __version__
from admin_mfa.cli import output, terminal
from admin_mfa.cli.accounts import DEFAULT_CONCURRENCY, DEFAULT_ROLE, MAX_CONCURRENCY, Wanted, refuse_role_name
from admin_mfa.cli.baseline import FailOn, compared, failing, load
from admin_mfa.cli.destination import destinations
from admin_mfa.cli.doctor import doctor
from admin_mfa.cli.errors import CommandError, ExitCode
from admin_mfa.cli.explain import explain
from admin_mfa.cli.options import Profile, Region, RuleParameters
from admin_mfa.cli.raw_parameters import ignored_parameters, parse_pairs
from admin_mfa.errors import AdminMfaError, InvalidParametersError
from admin_mfa.findings.order import common_warnings, counted
from admin_mfa.parameters import parse_parameters
from admin_mfa.report import FORMATS, Report, summary_line
from admin_mfa.report.json_document import organization_schema
from admin_mfa.report.json_document import schema as json_schema
from admin_mfa.report.reference import parameters_markdown


class _Commands(TyperGroup):
    """The commands together; every error that a person can act on ends here as one line and an exit code."""

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
        sys.exit(int(code or 0))


def _examples(*lines: str) -> str:
    """Write a help text's examples; the backspace asks for lines as they stand."""
    return "\n".join(("\b", "Examples:", *(f"  {line}" for line in lines)))


app = typer.Typer(
    name="admin-mfa",
    cls=_Commands,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    help="""Find the IAM users who are administrators and have no MFA device.

    Every AWS_* variable works as in the AWS CLI. Nothing is written to the account.

    \b
    Exit codes: 0 all compliant, 1 a user or the account is not, 2 usage, 3 could not complete
    (nothing is reported as compliant then), 130 interrupted.
    """,
    epilog=_examples("admin-mfa audit --profile audit"),
)


def main() -> None:
    """Run the command and leave with its exit code.

    Leaving does not wait for threads: those of a read that was given up can be inside of a call for a minute.
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


def _version(asked: bool) -> None:  # noqa: FBT001 - typer calls it so
    if asked:
        output.write(f"admin-mfa {__version__}\n", None)
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    del version
    if context.invoked_subcommand is None:
        typer.echo(context.get_help(), err=True)
        raise typer.Exit(ExitCode.USAGE)


def _known_formats(given: list[str] | None) -> list[str]:
    for name in given or ():
        if name not in FORMATS:
            *names, last = FORMATS
            raise typer.BadParameter(f"{name!r:.50} is unknown; use {', '.join(names)} or {last}.")
    return given or ["table"]


def _complete_format(incomplete: str) -> list[tuple[str, str]]:
    return [(row.name, row.description) for row in FORMATS.values() if row.name.startswith(incomplete)]


@app.command(
    epilog=_examples(
        "admin-mfa audit",
        "admin-mfa audit --profile audit --format html --output audit.html",
        "admin-mfa audit --format html --format json --output reports",
        "admin-mfa audit --baseline reports/admin-mfa.json --fail-on new",
        "admin-mfa audit --parameter AllowedMfaTypes=fido,hardware --parameter ExemptUsers=breakglass@2027-01-31",
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
            + ". Repeat it for more, with a directory for --output.",
        ),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Write to a file, whole or not at all, which only you can read. - is standard output. "
            "In a directory the file is called admin-mfa, with the ending of its format.",
        ),
    ] = None,
    baseline: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="An earlier report in JSON: say what is new, fixed and unchanged since."),
    ] = None,
    fail_on: Annotated[
        FailOn, typer.Option(help="Exit with 1 for any finding, or only for those that the baseline has not.")
    ] = FailOn.ANY,
    everyone: Annotated[
        bool, typer.Option("--all", help="In the table, list users who are no administrators too.")
    ] = False,
    organization: Annotated[
        bool, typer.Option("--organization", help="Audit every active account of the organization.")
    ] = False,
    accounts: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Audit the accounts of a file: one id a line, and a name behind it if you like. - is standard input.",
        ),
    ] = None,
    role_name: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help=f"Role to assume in each account, with its path if it has one. Default: {DEFAULT_ROLE}. "
            "Whatever it may do, the session can only read.",
        ),
    ] = None,
    external_id: Annotated[
        str | None, typer.Option(metavar="ID", help="External id, where the role's trust policy asks for one.")
    ] = None,
    ou: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="Only accounts below this organizational unit; repeat it for more."),
    ] = None,
    tag: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY[=VALUE]", help="Only accounts with this tag; of several tags, with all of them."),
    ] = None,
    account: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Only this account; repeat it for more.")
    ] = None,
    exclude_account: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Not this account; repeat it for more.")
    ] = None,
    concurrency: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=MAX_CONCURRENCY,
            metavar="N",
            help=f"How many accounts are read at once, 1 to {MAX_CONCURRENCY}. Default: {DEFAULT_CONCURRENCY}.",
        ),
    ] = None,
) -> None:
    """Judge every IAM user of one account, and its root user; or of many accounts.

    It reads only; `admin-mfa permissions` prints the policy that it needs. Of many accounts, those that cannot be
    read are listed as not audited, the others are reported, and the exit code is 3.
    """
    given = parse_pairs(parameter or [])
    parameters = parse_parameters(given)
    earlier = load(baseline, fail_on)
    reports = destinations(formats or (), file)
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
    wanted.refuse_nonsense()
    # AWS's library takes longer to load than everything else together: `--help` and usage errors do without.
    from admin_mfa.cli.account import audit_account, audit_accounts  # noqa: PLC0415

    with terminal.progress() as progress:
        if wanted.many:
            report = Report.of(audit_accounts(wanted, parameters, profile=profile, region=region, progress=progress))
        else:
            report = Report.of(audit_account(parameters, profile=profile, region=region, progress=progress))
    report = compared(report, earlier, baseline)
    texts = [one.format.render(report, terminal.look(to_file=bool(one.file), everyone=everyone)) for one in reports]
    for warning in (*ignored_parameters(given), *common_warnings(report.audits)):
        terminal.warn(warning)
    for one, text in zip(reports, texts, strict=True):
        output.write(text, one.file)
    if reports[-1].file:
        terminal.note(f"{', '.join(str(one.file) for one in reports)}: {summary_line(report)}")
        if report.comparison:
            terminal.note(report.comparison.line())
    if report.not_audited:
        lacking = counted(len(report.not_audited), "account")
        raise CommandError(
            f"{lacking} could not be audited, so nobody can say that all is well; the report names them."
        )
    good = not failing(report, fail_on)
    raise typer.Exit(ExitCode.COMPLIANT if good else ExitCode.NON_COMPLIANT)


@app.command(
    epilog=_examples(
        "admin-mfa permissions > policy.json",
        "aws iam create-policy --policy-name AdminMfaAudit --policy-document file://policy.json",
        "admin-mfa permissions --doctor",
    )
)
def permissions(
    *,
    organization: Annotated[
        bool,
        typer.Option("--organization", help="For the account that calls `audit --organization`."),
    ] = False,
    role_name: Annotated[str, typer.Option(metavar="NAME", help="The role to assume in each account.")] = DEFAULT_ROLE,
    for_doctor: Annotated[bool, typer.Option("--doctor", help="For `admin-mfa doctor`.")] = False,
) -> None:
    """Print the read-only IAM policy that `admin-mfa audit` or `admin-mfa explain` needs.

    With --organization, the role in each account needs the policy that is printed without options.
    """
    refuse_role_name(role_name)
    if organization and for_doctor:
        raise CommandError("Pass --organization or --doctor, not both.", ExitCode.USAGE)
    from admin_mfa.cli import permissions as policies  # noqa: PLC0415 - loads AWS's library

    if for_doctor:
        policy = policies.doctor_policy()
    else:
        policy = policies.organization_policy(role_name) if organization else policies.read_only_policy()
    output.write(json.dumps(policy, indent=2) + "\n", None)


app.command(epilog=_examples("admin-mfa explain ada", "admin-mfa explain ada --parameter ApiAccess=require-mfa"))(
    explain
)


app.command(epilog=_examples("admin-mfa doctor", "admin-mfa doctor --region eu-west-1 --rule-name mfa-rule"))(doctor)


@app.command(
    "parameters",
    epilog=_examples(
        "admin-mfa parameters",
    ),
)
def print_parameters() -> None:
    """Print every rule parameter with its default and meaning, as a Markdown table."""
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
    organization: Annotated[bool, typer.Option("--organization", help="Of the document about many accounts.")] = False,
) -> None:
    """Print the JSON Schema (draft 2020-12) of `admin-mfa audit --format json`."""
    output.write(organization_schema() if organization else json_schema(), None)
