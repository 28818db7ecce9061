"""`admin-mfa doctor`: what the deployed rule lacks, on the terminal."""

from pathlib import Path
from typing import Annotated

import typer

from admin_mfa.cli import output
from admin_mfa.cli.errors import ExitCode
from admin_mfa.cli.options import Profile

_MARKS = {"ok": "ok      ", "warning": "WARNING ", "problem": "PROBLEM ", "unknown": "UNKNOWN "}


def doctor(
    *,
    profile: Profile = None,
    region: Annotated[
        str | None, typer.Option(metavar="REGION", help="Region of the stack; default the region of IAM.")
    ] = None,
    rule_name: Annotated[
        str, typer.Option(metavar="NAME", help="The stack's parameter RuleName.")
    ] = "iam-admin-user-mfa-enabled",
    config_env: Annotated[
        str,
        typer.Option(metavar="NAME", help="Environment in ./samconfig.toml to compare the stack's parameters with."),
    ] = "default",
) -> None:
    """Examine whether the deployed rule can do its work, and say what to do.

    It reads only. Exit codes: 0 nothing to do or warnings only, 1 a problem, 3 something could not be examined.
    """
    from admin_mfa.audit.doctor import Finding, Patient, State, examine  # noqa: PLC0415
    from admin_mfa.cli.account import identify  # noqa: PLC0415 - they load AWS's library

    caller = identify(profile=profile, region=region)
    patient = Patient(
        session=caller.session,
        account_id=caller.account_id,
        partition=caller.partition,
        region=caller.region,
        rule_name=rule_name,
        samconfig=Path("samconfig.toml") if Path("samconfig.toml").is_file() else None,
        config_env=config_env,
    )
    output.write(f"Account {patient.account_id}, region {patient.region}, rule {rule_name}\n\n", None)
    found: list[Finding] = []
    for finding in examine(patient):
        found.append(finding)
        output.write(f"{_MARKS[finding.state]}{finding.subject}: {finding.text}\n", None)
    states = {finding.state for finding in found}
    if State.PROBLEM in states:
        raise typer.Exit(ExitCode.NON_COMPLIANT)
    if State.UNKNOWN in states:
        raise typer.Exit(ExitCode.INCOMPLETE)
