"""The commands, their arguments and their help."""

import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.exceptions import Abort, TyperException

from admin_mfa import __version__
from admin_mfa.cli import output, terminal
from admin_mfa.cli.audit import audit
from admin_mfa.cli.collect import collect
from admin_mfa.cli.doctor import doctor
from admin_mfa.cli.errors import CommandError, ExitCode
from admin_mfa.cli.explain import explain
from admin_mfa.cli.preview import preview as print_preview
from admin_mfa.cli.print_policy import permissions
from admin_mfa.errors import AdminMfaError, InvalidParametersError
from admin_mfa.report.json_document import organization_schema
from admin_mfa.report.json_document import schema as json_schema

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


app.command(
    epilog=_examples(
        "admin-mfa audit",
        "admin-mfa audit --profile audit --format html --output audit.html",
        "admin-mfa audit --format html --format json --output reports",
        "admin-mfa audit --baseline reports/admin-mfa.json --fail-on new",
        "admin-mfa audit --parameter AllowedMfaTypes=fido,hardware --parameter ExemptUsers=breakglass@2027-01-31",
        "admin-mfa audit --from answers",
        "admin-mfa audit --organization --ou ou-ab12-cd34ef56 --role-name AdminMfaAudit",
    )
)(audit)


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
    from admin_mfa.report.reference import parameters_markdown  # noqa: PLC0415 - it loads the table of escalation

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
