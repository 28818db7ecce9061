"""Who asks and where: a session from the AWS CLI's own variables and files, and one look at its account."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, NoCredentialsError
from botocore.session import Session

from admin_mfa.audit import Progress, audit
from admin_mfa.cli.advice import Situation, advise
from admin_mfa.clients import aws_session, reading
from admin_mfa.errors import ReadError
from admin_mfa.iam import IamReader
from admin_mfa.model import Audit
from admin_mfa.parameters import Parameters

DEFAULT_REGION = "us-east-1"
"""IAM is global, and so any region of the partition does; without one, the commercial partition is meant."""


def audit_account(parameters: Parameters, *, profile: str | None, region: str | None, progress: Progress) -> Audit:
    """Look at the account that the credentials belong to.

    Args:
        parameters: The rule parameters.
        profile: A profile of the AWS config file; None for what the environment says.
        region: Decides the partition; None for what the environment and the profile say.
        progress: Is told what is being done.

    Raises:
        CommandError: Somebody must do something first; the text says what.
    """
    session = Session(profile=profile)
    caller = ""
    try:
        with _configuring():
            _prepare(session, region)
            sts: Any = session.create_client("sts")
            iam: Any = session.create_client("iam")
        progress("asking AWS who you are")
        account_id, caller = identity_of(sts)
        with IamReader(iam) as reader:
            return audit(
                reader,
                account_id=account_id,
                partition=caller.split(":")[1],
                parameters=parameters,
                region=str(session.get_config_variable("region")),
                progress=progress,
            )
    except ReadError as error:
        raise advise(error, _situation(session, profile, region, caller)) from error


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
    session = Session(profile=profile)
    try:
        with _configuring():
            _prepare(session, region)
            sts: Any = session.create_client("sts")
        account_id, arn = identity_of(sts)
    except ReadError as error:
        raise advise(error, _situation(session, profile, region, "")) from error
    return Caller(
        session=session,
        account_id=account_id,
        partition=arn.split(":")[1],
        region=str(session.get_config_variable("region")),
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
