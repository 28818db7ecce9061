"""The caller's session, from the AWS CLI's own variables and files, and what the commands read with it.

Credentials are resolved before any progress is displayed: botocore can prompt for an MFA code, and a spinner would
erase the prompt.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError, NoCredentialsError
from botocore.session import Session

from admin_mfa.audit.account import Progress, audit, silent
from admin_mfa.audit.accounts import AuditRole, Identity, ManyAccounts
from admin_mfa.audit.denied import denied_actions, is_denied
from admin_mfa.audit.explain import explain_one
from admin_mfa.aws.iam import IamReader
from admin_mfa.aws.organizations import ACTIVE, MemberAccount, Selection, list_accounts
from admin_mfa.aws.rules import Source
from admin_mfa.aws.session import aws_session, reading
from admin_mfa.cli import terminal
from admin_mfa.cli.accounts import DEFAULT_CONCURRENCY, DEFAULT_ROLE, Wanted, pairs, read_file
from admin_mfa.cli.advice import ASSUME_PROFILE_ROLE, Situation, advise
from admin_mfa.cli.errors import CommandError, ExitCode, did_you_mean
from admin_mfa.errors import InvalidInputError, ReadError
from admin_mfa.findings.audits import Audit, OrganizationAudit
from admin_mfa.followup.judgement import Judge
from admin_mfa.followup.preview import Preview, previews
from admin_mfa.followup.records import Records
from admin_mfa.parameters import Parameters
from admin_mfa.report.explanation import Explanation

DEFAULT_REGION = "us-east-1"
"""IAM is global, so any region of the partition works; the default is in the commercial partition."""

_REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}")


def audit_account(parameters: Parameters, *, profile: str | None, region: str | None, quiet: bool = False) -> Audit:
    """Audit the account that the credentials belong to.

    Args:
        parameters: The rule parameters.
        profile: A profile of the AWS config file; None for the environment's.
        region: Selects the partition; None for the environment's or the profile's.
        quiet: Whether to display no progress.

    Raises:
        CommandError: The account could not be read; the text says what to do.
    """
    with _connect(profile, region) as connection, terminal.progress(quiet=quiet) as progress:
        iam = connection.iam()
        caller = connection.identify(progress)
        with IamReader(iam) as reader:
            return audit(
                reader,
                account_id=caller.account_id,
                partition=caller.partition,
                parameters=parameters,
                region=str(connection.session.get_config_variable("region")),
                progress=progress,
            )


def explain_user(
    user: str, parameters: Parameters, *, profile: str | None, region: str | None, quiet: bool = False
) -> Explanation:
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
    with _connect(profile, region) as connection, terminal.progress(quiet=quiet) as progress:
        iam = connection.iam()
        caller = connection.identify(progress)
        with IamReader(iam) as reader:
            explanation = explain_one(reader, user, parameters, progress)
    if explanation is None:
        raise CommandError(
            f"Account {caller.account_id} has no IAM user with the name, id or ARN {user!r:.100}.", ExitCode.USAGE
        )
    return explanation


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
    with _connect(profile, region) as connection, terminal.progress() as progress:
        caller, session = connection.identify(progress), connection.session
        with _configuring():
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
    with _connect(profile, region) as connection, terminal.progress(quiet=quiet) as progress:
        caller = connection.identify(progress)
        accounts = tuple(MemberAccount(account_id=account_id, name=name) for account_id, name in listed)
        if wanted.organization:
            progress("listing the organization's accounts")
            with _configuring():
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


class _Connection:
    """A session with resolved credentials, and what is known about it when a call fails."""

    def __init__(self, session: Session, profile: str | None, region: str | None) -> None:
        self.session = session
        self._profile = profile
        self._region = region
        self._caller = ""
        self._iam: Any = None

    def iam(self) -> Any:
        """Return the client for the caller's own account."""
        with _configuring():
            self._iam = self.session.create_client("iam")
        return self._iam

    def identify(self, progress: Progress) -> Identity:
        """Return the identity that the credentials belong to.

        Raises:
            ReadError: STS could not be called.
        """
        with _configuring():
            sts: Any = self.session.create_client("sts")
        progress("identifying the caller")
        account_id, self._caller = identity_of(sts)
        return Identity(account_id=account_id, arn=self._caller)

    def situation(self) -> Situation:
        """Return what is known so far."""
        return _situation(self.session, self._profile, self._region, self._caller)

    def explain(self, error: ReadError) -> CommandError:
        """Turn a failed read into what to do about it; a missing permission names all that are missing."""
        denied: tuple[str, ...] = ()
        if self._iam is not None and is_denied(error):
            denied = denied_actions(self._iam)
        return advise(error, self.situation(), also_denied=denied)


@contextmanager
def _connect(profile: str | None, region: str | None) -> Iterator[_Connection]:
    """Prepare a session, resolve its credentials, and turn failed reads into what to do about them.

    Raises:
        CommandError: A read failed; the text says what to do.
    """
    session = Session(profile=profile)
    connection = _Connection(session, profile, region)
    try:
        with _configuring():
            credentials = _prepare(session, region)
        with _configuring(), reading(ASSUME_PROFILE_ROLE):
            credentials.get_frozen_credentials()
        yield connection
    except ReadError as error:
        raise connection.explain(error) from error


def identity_of(sts: Any) -> tuple[str, str]:
    """Return the account and the ARN of the identity that the credentials belong to.

    Raises:
        ReadError: STS could not be called, or its answer is incomplete.
    """
    action = "sts:GetCallerIdentity"
    with reading(action):
        answer: dict[str, Any] = sts.get_caller_identity()
    account_id, arn = answer.get("Account"), answer.get("Arn")
    if not (account_id and arn):
        raise ReadError(f"{action} returned no account or no ARN.", action=action, code="IncompleteAnswer")
    return str(account_id), str(arn)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The caller of a command about one region.

    Attributes:
        session: Prepared by `aws_session`, in the region.
        account_id: Twelve digits.
        partition: `aws`, `aws-cn`, `aws-us-gov` or another.
        region: The given or configured region.
    """

    session: Session
    account_id: str
    partition: str
    region: str


def identify(*, profile: str | None, region: str | None) -> Caller:
    """Return the caller; arguments as for `audit_account`.

    Raises:
        CommandError: The caller could not be identified; the text says what to do.
    """
    with _connect(profile, region) as connection:
        identity = connection.identify(silent)
    return Caller(
        session=connection.session,
        account_id=identity.account_id,
        partition=identity.partition,
        region=str(connection.session.get_config_variable("region")),
    )


def _prepare(session: Session, region: str | None) -> Credentials:
    if region:
        session.set_config_variable("region", region)
    aws_session(session)
    if not session.get_config_variable("region"):
        session.set_config_variable("region", DEFAULT_REGION)
    _refuse_unknown_region(session)
    credentials = session.get_credentials()
    if credentials is None:
        raise NoCredentialsError
    return credentials


def _refuse_unknown_region(session: Session) -> None:
    """Stop before a call to a host that does not exist is retried for a minute; a custom endpoint takes any region.

    Raises:
        CommandError: botocore does not know the region.
    """
    region = str(session.get_config_variable("region"))
    if os.environ.get("AWS_ENDPOINT_URL") or not _REGION.fullmatch(region):
        return  # a malformed name is refused by botocore itself
    known = [
        name
        for partition in session.get_available_partitions()
        for name in session.get_available_regions("sts", partition_name=partition)
    ]
    if region not in known:
        raise CommandError(
            f"{region} is not an AWS region known to this version of botocore.{did_you_mean(region, known)} "
            "If the region is new, upgrade boto3.",
            ExitCode.USAGE,
        )


@contextmanager
def _configuring() -> Iterator[None]:
    """Turn what botocore raises about variables and files into a `ReadError`.

    botocore validates some of them itself and passes others to code that raises ValueError or OSError.
    """
    try:
        yield
    except BotoCoreError as error:
        raise ReadError(str(error), code=type(error).__name__) from error
    except (ValueError, OSError) as error:
        raise ReadError(str(error), code="Unusable") from error


def _situation(session: Session, profile: str | None, region: str | None, caller: str) -> Situation:
    try:
        profiles = tuple(sorted(session.available_profiles))
        configured = session.get_config_variable("region")
    except BotoCoreError:
        profiles, configured = (), None
    return Situation(
        profile=profile or session.profile or "",
        profiles=profiles,
        region=region or configured or DEFAULT_REGION,
        endpoint=os.environ.get("AWS_ENDPOINT_URL", ""),
        caller=caller,
    )
