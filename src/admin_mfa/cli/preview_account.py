"""What `admin-mfa preview` reads; apart from the other reads, which load nothing of the remediation."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from admin_mfa.aws.rules import Source
from admin_mfa.cli import terminal
from admin_mfa.cli.connection import configuring, connect
from admin_mfa.cli.errors import CommandError, ExitCode
from admin_mfa.errors import InvalidInputError
from admin_mfa.followup.judgement import Judge
from admin_mfa.followup.preview import Preview, previews
from admin_mfa.followup.records import Records


def preview_account(
    rule_name: str,
    parameters: Mapping[str, str],
    options: Mapping[str, str],
    now: datetime,
    *,
    profile: str | None,
    region: str | None,
) -> tuple[str, tuple[Preview, ...]]:
    """Return the account's id, and what the remediation of each trusted rule is about to do there.

    Args:
        rule_name: The stack's parameter RuleName; every other name begins with it.
        parameters: Rule parameters that differ from the rule's own.
        options: Remediation options that differ from the deployed ones.
        now: The time, in UTC.
        profile: See `audit_account`.
        region: See `audit_account`.

    Raises:
        CommandError: An option is not allowed, or something must be done first; the text says what.
    """
    with connect(profile, region) as connection, terminal.progress() as progress:
        caller, session = connection.identify(progress), connection.session
        with configuring():
            clients: Any = {name: session.create_client(name) for name in ("iam", "config", "dynamodb")}
        prefix, account_id = f"arn:{caller.partition}", caller.account_id
        judge = Judge(
            iam=clients["iam"],
            config=clients["config"],
            source=Source(
                function_arn=f"{prefix}:lambda:{session.get_config_variable('region')}:{account_id}"
                f":function:{rule_name}",
                rule_name=rule_name,
            ),
            policy_arn=f"{prefix}:iam::{account_id}:policy/{rule_name}-enforcement",
            records=Records(clients["dynamodb"], f"{rule_name}-remediation"),
            now=now,
        )
        try:
            return account_id, previews(judge, parameters, options, progress)
        except InvalidInputError as error:
            raise CommandError(str(error), ExitCode.USAGE) from error
