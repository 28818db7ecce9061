"""`admin-mfa doctor`: what a deployed rule lacks, on the terminal."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from admin_mfa.cli import output
from admin_mfa.cli.errors import ExitCode
from admin_mfa.cli.options import Profile

if TYPE_CHECKING:
    from admin_mfa.audit.doctor import CheckResult

_LABELS = {"ok": "ok      ", "warning": "WARNING ", "problem": "PROBLEM ", "unknown": "UNKNOWN "}


def doctor(
    *,
    profile: Profile = None,
    region: Annotated[
        str | None, typer.Option(metavar="REGION", help="Region of the stack; by default, the region of the profile.")
    ] = None,
    rule_name: Annotated[
        str, typer.Option(metavar="NAME", help="The stack's parameter RuleName.")
    ] = "iam-admin-user-mfa-enabled",
    config_env: Annotated[
        str,
        typer.Option(metavar="NAME", help="Environment in ./samconfig.toml to compare the stack's parameters with."),
    ] = "default",
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="List only what needs attention.")] = False,
) -> None:
    """Check a deployed rule for what is missing.

    Read-only; `admin-mfa permissions --doctor` prints the policy that it needs. Exit codes: 0 no problem (warnings
    are allowed), 1 a problem, 3 a check could not be completed.
    """
    from admin_mfa.audit.doctor import CheckStatus, Deployment, run_checks  # noqa: PLC0415
    from admin_mfa.cli.connection import identify  # noqa: PLC0415 - they load AWS's library

    caller = identify(profile=profile, region=region)
    deployment = Deployment(
        session=caller.session,
        account_id=caller.account_id,
        partition=caller.partition,
        region=caller.region,
        rule_name=rule_name,
        samconfig=Path("samconfig.toml") if Path("samconfig.toml").is_file() else None,
        config_env=config_env,
    )
    output.write(f"Account {deployment.account_id}, region {deployment.region}, rule {rule_name}\n\n", None)
    results: list[CheckResult] = []
    for result in run_checks(deployment):
        results.append(result)
        if not result.denied and not (quiet and result.status is CheckStatus.OK):
            output.write(f"{_LABELS[result.status]}{result.subject}: {result.text}\n", None)
    for line in (*_denials(results), _conclusion(results)):
        output.write(f"{line}\n", None)
    statuses = {result.status for result in results}
    if CheckStatus.PROBLEM in statuses:
        raise typer.Exit(ExitCode.NON_COMPLIANT)
    if CheckStatus.UNKNOWN in statuses:
        raise typer.Exit(ExitCode.INCOMPLETE)


def _denials(results: "Iterable[CheckResult]") -> Iterator[str]:
    """Yield a line for each missing permission, with every check that it prevented, and the one remedy."""
    subjects = defaultdict(list)
    for result in results:
        if result.denied:
            subjects[result.denied].append(result.subject)
    for action, prevented in subjects.items():
        yield f"{_LABELS['unknown']}{', '.join(prevented)}: Not checked: AWS denies {action}."
    if subjects:
        yield "Attach the policy that `admin-mfa permissions --doctor` prints, and repeat the command."


def _conclusion(results: "list[CheckResult]") -> str:
    """Return the last line: how many results need attention."""
    found = [
        f"{count} {word}{'s' if count > 1 and plural else ''}"
        for status, word, plural in (
            ("problem", "problem", True),
            ("warning", "warning", True),
            ("unknown", "not checked", False),
        )
        if (count := sum(result.status == status for result in results))
    ]
    return f"\nResult: {', '.join(found) or 'no problems'}."
