"""`admin-mfa preview`: what the remediation is about to do, on the terminal or as JSON."""

import json
import textwrap
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from admin_mfa.cli import output, terminal
from admin_mfa.cli.options import Profile, RuleParameters
from admin_mfa.cli.raw_parameters import ignored_parameters, parse_pairs
from admin_mfa.findings.order import counted
from admin_mfa.followup.options import OPTIONS

if TYPE_CHECKING:
    from admin_mfa.followup.preview import Ahead, Preview

_NAME, _NOTICE, _DAY = 22, 12, 12
_HEAD = f"{'USER':{_NAME}}{'NEXT NOTICE':{_NOTICE}}{'RESTRICTED':{_DAY}}WHY NOT"


def preview(
    *,
    profile: Profile = None,
    region: Annotated[
        str | None, typer.Option(metavar="REGION", help="Region of the stack; by default, IAM's own region.")
    ] = None,
    rule_name: Annotated[
        str, typer.Option(metavar="NAME", help="The stack's parameter RuleName.")
    ] = "iam-admin-user-mfa-enabled",
    parameter: RuleParameters = None,
    option: Annotated[
        list[str] | None,
        typer.Option(
            "--option",
            metavar="KEY=VALUE",
            help="A remediation option to preview instead of the deployed value, such as Mode=Enforce; "
            "repeat for more. "
            f"{', '.join(row.name for row in OPTIONS)}.",
        ),
    ] = None,
    form: Annotated[Literal["text", "json"], typer.Option("--format", "-f", help="Output format.")] = "text",
) -> None:
    """Preview the next notices and restrictions of the remediation.

    Lists who gets which notice next, who is restricted on which day, and who is spared and why. Read-only. Uses the
    parameters and options of the deployed rule and the records of the remediation, or the defaults if no rule is
    deployed. The days are the earliest possible, in UTC. Exit codes: 0 done, 2 usage, 3 something could not be read;
    `admin-mfa permissions --preview` prints the required policy.
    """
    given = parse_pairs(parameter or [])
    options = parse_pairs(option or [], "--option", "Mode=Enforce")
    from admin_mfa.cli.preview_account import preview_account  # noqa: PLC0415 - it loads AWS's library

    now = datetime.now(UTC)
    account_id, found = preview_account(rule_name, given, options, now, profile=profile, region=region)
    for warning in ignored_parameters(given):
        terminal.warn(warning)
    if form == "json":
        document = {
            "schema_version": 1,
            "account_id": account_id,
            "made_at": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "rules": [one.as_json() for one in found],
        }
        output.write(json.dumps(document, indent=2) + "\n", None)
        return
    width = terminal.render_options(to_file=False, everyone=True).width
    output.write("\n".join(line for one in found for line in _lines(account_id, one, now, width)) + "\n", None)


def _lines(account_id: str, found: "Preview", now: datetime, width: int) -> Iterator[str]:
    rule = f"rule {found.rule_name}" if found.rule_name else "no deployed rule"
    yield f"Account {account_id}, {rule}, {now:%Y-%m-%d %H:%M} UTC"
    options = found.options
    limit = options.max_enforcements_per_day
    yield f"Mode={options.mode}, GracePeriodDays={options.grace.days}, MaxEnforcementsPerDay={limit}"
    if not found.automatic:
        yield from textwrap.wrap(
            "Automatic remediation is off: no notice is sent and no user is restricted until it is on.", width
        )
    if found.stale:
        yield from textwrap.wrap(
            "The rule has not been evaluated successfully for two periods. Enforcement starts only after a "
            "successful evaluation. Run "
            "`admin-mfa doctor`.",
            width,
        )
    yield ""
    if not found.users:
        yield "No administrator lacks an MFA device, and none is exempt."
        return
    yield _HEAD
    for user in found.users:
        yield from _row(user, width)
    restricted = sum(user.restricted_on is not None for user in found.users)
    spared = sum(user.spared is not None for user in found.users)
    yield ""
    yield f"{counted(len(found.users), 'user')}: {restricted} to be restricted, {spared} spared."


def _row(user: "Ahead", width: int) -> Iterator[str]:
    name = user.user_name
    if len(name) >= _NAME:
        yield name
        name = ""
    begin = f"{name:{_NAME}}{user.notice or '-':{_NOTICE}}{_when(user):{_DAY}}"
    indent = " " * len(begin)
    yield textwrap.fill(
        _why(user) or "-", max(width, len(begin) + 20), initial_indent=begin, subsequent_indent=indent
    ).rstrip()


def _when(user: "Ahead") -> str:
    if user.released:
        return "ends now"
    if user.restricted:
        return "already"
    return f"{user.restricted_on}" if user.restricted_on else "-"


def _why(user: "Ahead") -> str:
    if not user.examined:
        return "not examined"
    return str(user.spared) if user.spared else ""
