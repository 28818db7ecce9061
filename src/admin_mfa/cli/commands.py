"""The commands, their arguments and their help."""

import json
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

from admin_mfa import __version__
from admin_mfa.cli import output, terminal
from admin_mfa.cli.baseline import FailOn, compared, load
from admin_mfa.cli.destination import destinations
from admin_mfa.cli.doctor import doctor
from admin_mfa.cli.errors import CommandError, ExitCode
from admin_mfa.cli.raw_parameters import complete_parameter, ignored_parameters, parse_pairs
from admin_mfa.errors import AdminMfaError, InvalidParametersError
from admin_mfa.parameters import parse_parameters
from admin_mfa.report import FORMATS, Report, summary_line
from admin_mfa.report.json_document import schema as json_schema
from admin_mfa.report.order import all_compliant
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
    epilog=_examples("admin-mfa demo", "admin-mfa audit --profile audit"),
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
    )
)
def audit(  # noqa: PLR0913 - the arguments are the command's options
    *,
    profile: Annotated[
        str | None, typer.Option(metavar="NAME", help="Profile of the AWS config file, as AWS_PROFILE.")
    ] = None,
    region: Annotated[
        str | None, typer.Option(metavar="REGION", help="Region, as AWS_REGION; it decides the partition.")
    ] = None,
    parameter: Annotated[
        list[str] | None,
        typer.Option(
            "--parameter",
            "-p",
            metavar="KEY=VALUE",
            autocompletion=complete_parameter,
            help="A rule parameter; repeat it for more. `admin-mfa parameters` lists them.",
        ),
    ] = None,
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
) -> None:
    """Judge every IAM user of one account, and its root user.

    It reads only; `admin-mfa permissions` prints the policy that it needs.
    """
    given = parse_pairs(parameter or [])
    parameters = parse_parameters(given)
    earlier = load(baseline, fail_on)
    reports = destinations(formats or (), file)
    # AWS's library takes longer to load than everything else together: `--help` and usage errors do without.
    from admin_mfa.cli.account import audit_account  # noqa: PLC0415

    with terminal.progress() as progress:
        result = audit_account(parameters, profile=profile, region=region, progress=progress)
    comparison = compared((result,), earlier, baseline)
    report = Report(audits=(result,), comparison=comparison)
    texts = [one.format.render(report, terminal.look(to_file=bool(one.file), everyone=everyone)) for one in reports]
    for warning in (*ignored_parameters(given), *result.warnings):
        terminal.warn(warning)
    for one, text in zip(reports, texts, strict=True):
        output.write(text, one.file)
    if reports[-1].file:
        terminal.note(f"{', '.join(str(one.file) for one in reports)}: {summary_line(result)}")
        if comparison:
            terminal.note(comparison.line())
    good = not comparison.new if comparison and fail_on is FailOn.NEW else all_compliant(result)
    raise typer.Exit(ExitCode.COMPLIANT if good else ExitCode.NON_COMPLIANT)


@app.command(
    epilog=_examples(
        "admin-mfa demo",
    )
)
def demo(
    *,
    file: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Where to write the report in JSON; the page goes beside it."
        ),
    ] = None,
) -> None:
    """Show the whole story on an embedded AWS: no account, no credentials, no network."""
    output.probe(file)
    try:
        demonstration = import_module("admin_mfa.demo")  # it brings a whole AWS along
    except ModuleNotFoundError as error:
        raise CommandError(
            f"The demonstration needs the package {error.name}: install it with `pip install 'admin-mfa[demo]'`."
        ) from error
    demonstration.run(output=file, stream=sys.stdout)


@app.command(
    epilog=_examples(
        "admin-mfa permissions > policy.json",
        "aws iam create-policy --policy-name AdminMfaAudit --policy-document file://policy.json",
    )
)
def permissions() -> None:
    """Print the read-only IAM policy that `admin-mfa audit` needs."""
    from admin_mfa.cli.permissions import read_only_policy  # noqa: PLC0415 - it loads AWS's library

    output.write(json.dumps(read_only_policy(), indent=2) + "\n", None)


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
    ),
)
def print_schema() -> None:
    """Print the JSON Schema (draft 2020-12) of `admin-mfa audit --format json`."""
    output.write(json_schema(), None)
