"""Who asks and where: a session from the AWS CLI's own variables and files, and one look at its account or at many."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, NoCredentialsError
from botocore.session import Session

from admin_mfa.audit.account import Progress, audit
from admin_mfa.audit.accounts import AuditRole, Identity, ManyAccounts
from admin_mfa.audit.explain import explain_one
from admin_mfa.aws.iam import IamReader
from admin_mfa.aws.organizations import ACTIVE, MemberAccount, Selection, list_accounts
from admin_mfa.aws.rules import Source
from admin_mfa.aws.session import aws_session, reading
from admin_mfa.cli.accounts import DEFAULT_CONCURRENCY, DEFAULT_ROLE, Wanted, pairs, read_file
from admin_mfa.cli.advice import Situation, advise
from admin_mfa.cli.errors import CommandError, ExitCode
from admin_mfa.errors import InvalidInputError, ReadError
from admin_mfa.findings.audits import Audit, OrganizationAudit
from admin_mfa.followup.judgement import Judge
from admin_mfa.followup.preview import Preview, previews
from admin_mfa.followup.records import Records
from admin_mfa.parameters import Parameters
from admin_mfa.report.explanation import Explanation

DEFAULT_REGION = "us-east-1"
"""IAM is global, and so any region of the partition does; without one, the commercial partition is meant."""


def audit_account(parameters: Parameters, *, profile: str | None, region: str | None, progress: Progress) -> Audit:
    """RenderOptions at the account that the credentials belong to.

    Args:
        parameters: The rule parameters.
        profile: A profile of the AWS config file; None for what the environment says.
        region: Decides the partition; None for what the environment and the profile say.
        progress: Is told what is being done.

    Raises:
        CommandError: Somebody must do something first; the text says what.
    """
    with _asking(profile, region) as asking:
        with _configuring():
            iam: Any = asking.session.create_client("iam")
        caller = asking.who(progress)
        with IamReader(iam) as reader:
            return audit(
                reader,
                account_id=caller.account_id,
                partition=caller.partition,
                parameters=parameters,
                region=str(asking.session.get_config_variable("region")),
                progress=progress,
            )


def explain_user(
    user: str, parameters: Parameters, *, profile: str | None, region: str | None, progress: Progress
) -> Explanation:
    """Tell the whole story of one user of the account that the credentials belong to.

    Args:
        user: A user name, unique id or ARN.
        parameters: The rule parameters.
        profile: See `audit_account`.
        region: See `audit_account`.
        progress: Is told what is being done.

    Raises:
        CommandError: There is no such user, or somebody must do something first; the text says what.
    """
    with _asking(profile, region) as asking:
        with _configuring():
            iam: Any = asking.session.create_client("iam")
        caller = asking.who(progress)
        with IamReader(iam) as reader:
            told = explain_one(reader, user, parameters, progress)
    if told is None:
        raise CommandError(
            f"Account {caller.account_id} has no user with the name, id or ARN {user!r:.100}.", ExitCode.USAGE
        )
    return told


def preview_account(  # noqa: PLR0913 - what the command was given
    rule_name: str,
    parameters: Mapping[str, str],
    options: Mapping[str, str],
    now: datetime,
    *,
    profile: str | None,
    region: str | None,
    progress: Progress,
) -> tuple[str, tuple[Preview, ...]]:
    """Return the account's id, and what the remediation of each trusted rule is about to do there.

    Args:
        rule_name: The stack's parameter RuleName; every other name begins with it.
        parameters: Rule parameters that differ from the rule's own.
        options: Remediation options that differ from the deployed ones.
        now: The time, in UTC.
        profile: See `audit_account`.
        region: See `audit_account`.
        progress: Receives a few words about what is being done.

    Raises:
        CommandError: An option is not allowed, or something must be done first; the text says what.
    """
    with _asking(profile, region) as asking:
        caller = asking.who(progress)
        with _configuring():
            clients: Any = {name: asking.session.create_client(name) for name in ("iam", "config", "dynamodb")}
        prefix, account_id = f"arn:{caller.partition}", caller.account_id
        judge = Judge(
            iam=clients["iam"],
            config=clients["config"],
            source=Source(
                function_arn=f"{prefix}:lambda:{asking.session.get_config_variable('region')}:{account_id}"
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
    wanted: Wanted, parameters: Parameters, *, profile: str | None, region: str | None, progress: Progress
) -> OrganizationAudit:
    """RenderOptions at all accounts that are wanted; those that cannot be read are in the result, each with its reason.

    Args:
        wanted: Which accounts, and how.
        parameters: The rule parameters, the same in each account.
        profile: See `audit_account`.
        region: See `audit_account`.
        progress: Is told what is being done.

    Raises:
        CommandError: Nobody can say which accounts there are, or none is wanted.
    """
    listed = read_file(wanted.file) if wanted.file else ()
    with _asking(profile, region) as asking:
        caller = asking.who(progress)
        accounts = tuple(MemberAccount(account_id=account_id, name=name) for account_id, name in listed)
        if wanted.organization:
            progress("asking AWS Organizations which accounts there are")
            with _configuring():
                organizations: Any = asking.session.create_client("organizations")
            accounts = list_accounts(organizations, _selection(wanted))
            _refuse_what_is_not_there(wanted, accounts)
        many = ManyAccounts(
            asking.session,
            caller=caller,
            role=AuditRole(name=wanted.role_name or DEFAULT_ROLE, external_id=wanted.external_id or ""),
            parameters=parameters,
            explain=lambda error, identity: str(advise(error, replace(asking.situation(), caller=identity))),
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
    """Stop where an account that was named is not among those found: a typing error would leave it out in silence."""
    missing = sorted(set(wanted.account_ids) - set(wanted.excluded_ids) - {account.account_id for account in accounts})
    if missing and not wanted.parents and not wanted.tags:
        raise CommandError(f"--account {missing[0]} is no account of the organization.", ExitCode.USAGE)
    if not any(account.state == ACTIVE for account in accounts):
        raise CommandError(
            "No active account of the organization is meant by --ou, --tag, --account and --exclude-account.",
            ExitCode.USAGE,
        )


class _Asking:
    """A session that is ready to ask, and what is known of it when something goes wrong."""

    def __init__(self, session: Session, profile: str | None, region: str | None) -> None:
        self.session = session
        self._profile = profile
        self._region = region
        self._caller = ""

    def who(self, progress: Progress) -> Identity:
        """Ask AWS whom the credentials belong to.

        Raises:
            ReadError: Nobody could say.
        """
        with _configuring():
            sts: Any = self.session.create_client("sts")
        progress("asking AWS who you are")
        account_id, self._caller = identity_of(sts)
        return Identity(account_id=account_id, arn=self._caller)

    def situation(self) -> Situation:
        """Say what is known by now."""
        return _situation(self.session, self._profile, self._region, self._caller)


@contextmanager
def _asking(profile: str | None, region: str | None) -> Iterator[_Asking]:
    """Prepare a session, and turn a read that failed into what a person can do about it.

    Raises:
        CommandError: Somebody must do something first; the text says what.
    """
    session = Session(profile=profile)
    asking = _Asking(session, profile, region)
    try:
        with _configuring():
            _prepare(session, region)
        yield asking
    except ReadError as error:
        raise advise(error, asking.situation()) from error


def identity_of(sts: Any) -> tuple[str, str]:
    """Return the account and the ARN of whoever the credentials belong to.

    Raises:
        ReadError: STS did not say.
    """
    action = "sts:GetCallerIdentity"
    with reading(action):
        answer: dict[str, Any] = sts.get_caller_identity()
    account_id, arn = answer.get("Account"), answer.get("Arn")
    if not (account_id and arn):
        raise ReadError(f"{action} answered without an account or an ARN.", action=action, code="IncompleteAnswer")
    return str(account_id), str(arn)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks, and where.

    Attributes:
        session: Patient with AWS, and in the region.
        account_id: Twelve digits.
        partition: `aws`, `aws-cn`, `aws-us-gov` or another.
        region: The region that was asked for.
    """

    session: Session
    account_id: str
    partition: str
    region: str


def identify(*, profile: str | None, region: str | None) -> Caller:
    """Ask AWS who we are; arguments as for `audit_account`.

    Raises:
        CommandError: Somebody must do something first; the text says what.
    """
    with _asking(profile, region) as asking:
        who = asking.who(lambda _: None)
    return Caller(
        session=asking.session,
        account_id=who.account_id,
        partition=who.partition,
        region=str(asking.session.get_config_variable("region")),
    )


def _prepare(session: Session, region: str | None) -> None:
    if region:
        session.set_config_variable("region", region)
    aws_session(session)
    if not session.get_config_variable("region"):
        session.set_config_variable("region", DEFAULT_REGION)
    if session.get_credentials() is None:
        raise NoCredentialsError


@contextmanager
def _configuring() -> Iterator[None]:
    """Turn what botocore raises about variables and files into a `ReadError`.

    botocore checks some of them itself and hands others to code that raises whatever it likes.
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
