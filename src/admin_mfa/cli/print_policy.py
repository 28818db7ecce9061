"""`admin-mfa permissions`: print the IAM policy of a command."""

import json
from typing import Annotated

import typer

from admin_mfa.cli import output
from admin_mfa.cli.accounts import DEFAULT_ROLE, refuse_role_name
from admin_mfa.cli.errors import CommandError, ExitCode


def permissions(
    *,
    organization: Annotated[
        bool,
        typer.Option("--organization", help="For the account that calls `audit --organization`."),
    ] = False,
    role_name: Annotated[str, typer.Option(metavar="NAME", help="The role to assume in each account.")] = DEFAULT_ROLE,
    for_doctor: Annotated[bool, typer.Option("--doctor", help="For `admin-mfa doctor`.")] = False,
    activity: Annotated[bool, typer.Option("--activity", help="For `audit --activity`.")] = False,
    for_preview: Annotated[bool, typer.Option("--preview", help="For `admin-mfa preview`.")] = False,
) -> None:
    """Print the read-only IAM policy that a command needs.

    Without options, the policy for `audit` and `explain`. The role that `audit --organization` assumes in each
    account needs that policy too.
    """
    refuse_role_name(role_name)
    chosen = [
        option
        for option, given in (
            ("--organization", organization),
            ("--activity", activity),
            ("--doctor", for_doctor),
            ("--preview", for_preview),
        )
        if given
    ]
    if len(chosen) > 1:
        raise CommandError(f"Pass {' or '.join(chosen)}, not more than one.", ExitCode.USAGE)
    from admin_mfa.cli import permissions as policies  # noqa: PLC0415 - loads AWS's library

    policy = {
        "": policies.read_only_policy,
        "--organization": lambda: policies.organization_policy(role_name),
        "--activity": policies.activity_policy,
        "--doctor": policies.doctor_policy,
        "--preview": policies.preview_policy,
    }["".join(chosen)]()
    output.write(json.dumps(policy, indent=2) + "\n", None)
