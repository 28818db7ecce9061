"""The caller's session, from the AWS CLI's own variables and files.

Credentials are resolved before any progress is displayed: botocore can prompt for an MFA code, and a spinner would
erase the prompt.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError, NoCredentialsError
from botocore.session import Session

from admin_mfa.audit.account import Progress, silent
from admin_mfa.audit.accounts import Identity
from admin_mfa.audit.denied import denied_actions, is_denied
from admin_mfa.aws.session import aws_session, reading
from admin_mfa.cli.advice import ASSUME_PROFILE_ROLE, Situation, advise
from admin_mfa.cli.errors import CommandError, ExitCode, did_you_mean
from admin_mfa.errors import ReadError

DEFAULT_REGION = "us-east-1"
"""IAM is global, so any region of the partition works; the default is in the commercial partition."""

_REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}")


class Connection:
    """A session with resolved credentials, and what is known about it when a call fails."""

    def __init__(self, session: Session, profile: str | None, region: str | None) -> None:
        self.session = session
        self._profile = profile
        self._region = region
        self._caller = ""
        self._iam: Any = None

    def iam(self) -> Any:
        """Return the client for the caller's own account."""
        with configuring():
            self._iam = self.session.create_client("iam")
        return self._iam

    def identify(self, progress: Progress) -> Identity:
        """Return the identity that the credentials belong to.

        Raises:
            ReadError: STS could not be called.
        """
        with configuring():
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
def connect(profile: str | None, region: str | None) -> Iterator[Connection]:
    """Prepare a session, resolve its credentials, and turn failed reads into what to do about them.

    Raises:
        CommandError: A read failed; the text says what to do.
    """
    session = Session(profile=profile)
    connection = Connection(session, profile, region)
    try:
        with configuring():
            credentials = _prepare(session, region)
        with configuring(), reading(ASSUME_PROFILE_ROLE):
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
    with connect(profile, region) as connection:
        identity = connection.identify(silent)
    return Caller(
        session=connection.session,
        account_id=identity.account_id,
        partition=identity.partition,
        region=str(connection.session.get_config_variable("region")),
    )


def _prepare(session: Session, region: str | None) -> Credentials:
    # botocore reads AWS_DEFAULT_REGION only; the AWS CLI and most SDKs also read AWS_REGION, which wins.
    # Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-region.html
    if region := region or os.environ.get("AWS_REGION"):
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
def configuring() -> Iterator[None]:
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
