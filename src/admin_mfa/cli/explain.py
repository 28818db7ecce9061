"""`admin-mfa explain`: the whole story of one user, on the terminal."""

from typing import Annotated

import typer

from admin_mfa.cli import output, terminal
from admin_mfa.cli.errors import ExitCode
from admin_mfa.cli.options import Profile, Region, RuleParameters
from admin_mfa.cli.raw_parameters import ignored_parameters, parse_pairs
from admin_mfa.model import Compliance
from admin_mfa.parameters import parse_parameters


def explain(
    *,
    user: Annotated[str, typer.Argument(metavar="USER", help="A user name, unique id or ARN.")],
    profile: Profile = None,
    region: Region = None,
    parameter: RuleParameters = None,
) -> None:
    """Tell why one user is judged as it is, and what would change that.

    Every grant and its path, the ways to become administrator step by step, devices, password and access keys. It
    reads only, and as much as an audit with AdministratorDefinition=Escalation. Exit codes as those of `audit`.
    """
    given = parse_pairs(parameter or [])
    parameters = parse_parameters(given)
    from admin_mfa.cli.account import explain_user  # noqa: PLC0415 - it loads AWS's library
    from admin_mfa.report.explanation import render_explanation  # noqa: PLC0415 - only who explains pays for it

    with terminal.progress() as progress:
        told = explain_user(user, parameters, profile=profile, region=region, progress=progress)
    for warning in ignored_parameters(given):
        terminal.warn(warning)
    output.write(render_explanation(told, terminal.look(to_file=False, everyone=True)), None)
    bad = told.verdict.compliance is Compliance.NON_COMPLIANT
    raise typer.Exit(ExitCode.NON_COMPLIANT if bad else ExitCode.COMPLIANT)
