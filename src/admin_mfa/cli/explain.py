"""`admin-mfa explain`: why one user gets its verdict, on the terminal."""

from typing import Annotated

import typer

from admin_mfa.cli import output, terminal
from admin_mfa.cli.errors import ExitCode
from admin_mfa.cli.options import Profile, Quiet, Region, RuleParameters
from admin_mfa.cli.raw_parameters import ignored_parameters, parse_given, parse_pairs
from admin_mfa.model import Compliance


def explain(
    *,
    user: Annotated[str, typer.Argument(metavar="USER", help="A user name, unique id or ARN.")],
    profile: Profile = None,
    region: Region = None,
    parameter: RuleParameters = None,
    quiet: Quiet = False,
) -> None:
    """Explain the verdict on one user, and what would change it.

    Shows each grant and its path, privilege escalation step by step, MFA devices, password and access keys.
    Read-only; takes the calls of an audit with AdministratorDefinition=Escalation. Exit codes: see `audit`.
    """
    given = parse_pairs(parameter or [])
    parameters = parse_given(given)
    from admin_mfa.cli.account import explain_user  # noqa: PLC0415 - it loads AWS's library
    from admin_mfa.report.explanation import render_explanation  # noqa: PLC0415 - loaded by this command only

    explanation = explain_user(user, parameters, profile=profile, region=region, quiet=quiet)
    if not quiet:
        for warning in ignored_parameters(given):
            terminal.warn(warning)
    options = terminal.render_options(to_file=False, everyone=True)
    output.write(render_explanation(explanation, options), None)
    non_compliant = explanation.verdict.compliance is Compliance.NON_COMPLIANT
    raise typer.Exit(ExitCode.NON_COMPLIANT if non_compliant else ExitCode.COMPLIANT)
