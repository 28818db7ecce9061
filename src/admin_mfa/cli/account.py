"""What the commands read: one account, one user, or many accounts."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from admin_mfa.audit.account import audit, with_details
from admin_mfa.audit.accounts import AuditRole, ManyAccounts
from admin_mfa.aws.account_details import DetailsReader
from admin_mfa.aws.iam import IamReader
from admin_mfa.aws.organizations import ACTIVE, MemberAccount, Selection, list_accounts
from admin_mfa.cli import terminal
from admin_mfa.cli.accounts import DEFAULT_CONCURRENCY, DEFAULT_ROLE, Wanted, pairs, read_file
from admin_mfa.cli.advice import advise
from admin_mfa.cli.connection import configuring, connect
from admin_mfa.cli.errors import CommandError, ExitCode
from admin_mfa.findings.audits import Audit, OrganizationAudit
from admin_mfa.parameters import Parameters

if TYPE_CHECKING:
    from admin_mfa.report.explanation import Explanation


def audit_account(
    parameters: Parameters,
    *,
    profile: str | None,
    region: str | None,
    quiet: bool = False,
    activity: bool = False,
) -> Audit:
    """Audit the account that the credentials belong to.

    Args:
        parameters: The rule parameters.
        profile: A profile of the AWS config file; None for the environment's.
        region: Selects the partition; None for the environment's or the profile's.
        quiet: Whether to display no progress.
        activity: Whether to read the account's alias and its credential report too.

    Raises:
        CommandError: The account could not be read; the text says what to do.
    """
    with connect(profile, region) as connection, terminal.progress(quiet=quiet) as progress:
        iam = connection.iam()
        caller = connection.identify(progress)
        with IamReader(iam) as reader:
            result = audit(
                reader,
                account_id=caller.account_id,
                partition=caller.partition,
                parameters=parameters,
                region=str(connection.session.get_config_variable("region")),
                progress=progress,
            )
        if not activity:
            return result
        progress("reading the credential report")
        return with_details(result, DetailsReader(iam))


def explain_user(
    user: str, parameters: Parameters, *, profile: str | None, region: str | None, quiet: bool = False
) -> "Explanation":
    """Explain one user of the account that the credentials belong to.

    Args:
        user: A user name, unique id or ARN.
        parameters: The rule parameters.
        profile: See `audit_account`.
        region: See `audit_account`.
        quiet: See `audit_account`.

    Raises:
        CommandError: The user does not exist, or the account could not be read; the text says what to do.
    """
    # An audit does without this, and without the search for privilege escalation behind it.
    from admin_mfa.audit.explain import explain_one  # noqa: PLC0415

    with connect(profile, region) as connection, terminal.progress(quiet=quiet) as progress:
        iam = connection.iam()
        caller = connection.identify(progress)
        with IamReader(iam) as reader:
            explanation = explain_one(reader, user, parameters, progress)
    if explanation is None:
        raise CommandError(
            f"Account {caller.account_id} has no IAM user with the name, id or ARN {user!r:.100}.", ExitCode.USAGE
        )
    return explanation


def audit_accounts(
    wanted: Wanted, parameters: Parameters, *, profile: str | None, region: str | None, quiet: bool = False
) -> OrganizationAudit:
    """Audit all selected accounts; the result lists those that could not be read, each with its reason.

    Args:
        wanted: Which accounts, and how.
        parameters: The rule parameters, the same in each account.
        profile: See `audit_account`.
        region: See `audit_account`.
        quiet: See `audit_account`.

    Raises:
        CommandError: The accounts could not be listed, or none is selected.
    """
    listed = read_file(wanted.file) if wanted.file else ()
    with connect(profile, region) as connection, terminal.progress(quiet=quiet) as progress:
        caller = connection.identify(progress)
        accounts = tuple(MemberAccount(account_id=account_id, name=name) for account_id, name in listed)
        if wanted.organization:
            progress("listing the organization's accounts")
            with configuring():
                organizations: Any = connection.session.create_client("organizations")
            accounts = list_accounts(organizations, _selection(wanted))
            _refuse_what_is_not_there(wanted, accounts)
        many = ManyAccounts(
            connection.session,
            caller=caller,
            role=AuditRole(name=wanted.role_name or DEFAULT_ROLE, external_id=wanted.external_id or ""),
            parameters=parameters,
            explain=lambda error, identity: str(advise(error, replace(connection.situation(), caller=identity))),
        )
        return many.audit(accounts, concurrency=wanted.concurrency or DEFAULT_CONCURRENCY, progress=progress)


def _selection(wanted: Wanted) -> Selection:
    return Selection(
        parents=wanted.parents,
        account_ids=frozenset(wanted.account_ids),
        excluded_ids=frozenset(wanted.excluded_ids),
        tags=pairs(wanted.tags),
    )


def _refuse_what_is_not_there(wanted: Wanted, accounts: Sequence[MemberAccount]) -> None:
    """Stop if a named account was not found: a typing error would leave it out silently."""
    missing = sorted(set(wanted.account_ids) - set(wanted.excluded_ids) - {account.account_id for account in accounts})
    if missing and not wanted.parents and not wanted.tags:
        raise CommandError(f"--account {missing[0]} is not an account of the organization.", ExitCode.USAGE)
    if not any(account.state == ACTIVE for account in accounts):
        raise CommandError(
            "--ou, --tag, --account and --exclude-account select no active account of the organization.",
            ExitCode.USAGE,
        )
