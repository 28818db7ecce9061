"""One look at many accounts: a role assumed in each, several of them at once, and only the conclusions kept."""

import json
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from typing import Any

from botocore.session import Session

from admin_mfa.audit.account import Progress, audit
from admin_mfa.aws.iam import BULK_ACTIONS, IamReader
from admin_mfa.aws.organizations import ACTIVE, MemberAccount
from admin_mfa.aws.session import reading
from admin_mfa.errors import AdminMfaError, ReadError
from admin_mfa.findings.audits import Audit, NotAudited, OrganizationAudit
from admin_mfa.parameters import Parameters

ASSUME_ROLE = "sts:AssumeRole"
SESSION_NAME = "admin-mfa"
SESSION_SECONDS = 900
"""The least that STS gives; it must last for one account only.

Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
"""

SESSION_POLICY = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(BULK_ACTIONS), "Resource": "*"}]},
    separators=(",", ":"),
)
"""What a session may do at most, whatever its role may: so even an administrator's role can only read here."""

Explain = Callable[[ReadError, str], str]
"""Turns why an account could not be read, and the identity that tried, into one sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRole:
    """The role that is assumed in every account but the caller's own.

    Attributes:
        name: With its path where it has one, such as `audit/AdminMfaAudit`.
        external_id: What the role's trust policy may ask for; empty if it does not.
    """

    name: str
    external_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Whoever the session belongs to.

    Attributes:
        account_id: The account that is read with the session's own credentials.
        arn: Names the caller, and the partition.
    """

    account_id: str
    arn: str

    @property
    def partition(self) -> str:
        """The partition in which every ARN is made."""
        return self.arn.split(":")[1]


class ManyAccounts:
    """Audits accounts, and goes on when one of them cannot be read.

    Of an account that is done, its verdicts stay in memory, and nothing else that was read.

    Args:
        session: Prepared by `admin_mfa.aws.session.aws_session`, its region set.
        caller: Whom the session belongs to.
        role: What to assume.
        parameters: The rule parameters, the same for all.
        explain: See `Explain`.
    """

    def __init__(
        self, session: Session, *, caller: Identity, role: AuditRole, parameters: Parameters, explain: Explain
    ) -> None:
        self._session = session
        self._caller = caller
        self._role = role
        self._parameters = parameters
        self._explain = explain
        # botocore's clients are for many threads, its sessions are for one.
        self._session_lock = threading.Lock()
        session.set_config_variable("sts_regional_endpoints", "regional")
        self._sts: Any = session.create_client("sts")

    def audit(self, accounts: Sequence[MemberAccount], *, concurrency: int, progress: Progress) -> OrganizationAudit:
        """Look at all active accounts, at most so many at once. Never raises for what is wrong with one of them."""
        active = [account for account in accounts if account.state == ACTIVE]
        found: list[Audit] = []
        failed: list[NotAudited] = []
        executor = ThreadPoolExecutor(concurrency, thread_name_prefix="account")
        try:
            for done in as_completed([executor.submit(self._look_at, account) for account in active]):
                result = done.result()
                found.append(result) if isinstance(result, Audit) else failed.append(result)
                without = f", {len(failed)} failed" if failed else ""
                progress(f"{len(found) + len(failed)} of {len(active)} accounts audited{without}")
        finally:
            # After Ctrl-C, do not wait for pending calls.
            executor.shutdown(wait=False, cancel_futures=True)
        return OrganizationAudit(
            audits=tuple(sorted(found, key=lambda one: one.account_id)),
            not_audited=tuple(sorted(failed, key=lambda one: one.account_id)),
            left_out=tuple(
                NotAudited(
                    account_id=account.account_id,
                    account_name=account.name,
                    reason=f"AWS Organizations reports the account as {account.state}.",
                )
                for account in accounts
                if account.state != ACTIVE
            ),
        )

    def _look_at(self, account: MemberAccount) -> Audit | NotAudited:
        identity = self._caller.arn
        try:
            credentials: dict[str, Any] = {}
            if account.account_id != self._caller.account_id:
                identity, credentials = self._assume(account.account_id)
            with self._session_lock:
                client: Any = self._session.create_client("iam", **credentials)
            try:
                with IamReader(client) as reader:
                    result = audit(
                        reader,
                        account_id=account.account_id,
                        partition=self._caller.partition,
                        parameters=self._parameters,
                        region=str(self._session.get_config_variable("region")),
                    )
            finally:
                client.close()
        except ReadError as error:
            reason = self._explain(error, identity)
        except AdminMfaError as error:
            reason = str(error)
        else:
            return replace(result, account_name=account.name)
        return NotAudited(account_id=account.account_id, account_name=account.name, reason=reason)

    def _assume(self, account_id: str) -> tuple[str, dict[str, Any]]:
        """Assume the role, and return the session's ARN and its credentials.

        Raises:
            ReadError: It could not be assumed, or STS answered about another account.
        """
        role_arn = f"arn:{self._caller.partition}:iam::{account_id}:role/{self._role.name}"
        external = {"ExternalId": self._role.external_id} if self._role.external_id else {}
        try:
            with reading(ASSUME_ROLE):
                answer = self._sts.assume_role(
                    RoleArn=role_arn,
                    RoleSessionName=SESSION_NAME,
                    DurationSeconds=SESSION_SECONDS,
                    Policy=SESSION_POLICY,
                    **external,
                )
        except ReadError as error:
            if error.code != "AccessDenied":
                raise
            raise ReadError(
                f"{self._caller.arn} may not assume {role_arn}: the role does not exist, does not trust that identity, "
                f"or requires {'another' if external else 'an'} external id; or nothing allows that identity to assume "
                "it.",
                action=ASSUME_ROLE,
                code="RoleNotAssumed",
            ) from error
        arn, credentials = answer["AssumedRoleUser"]["Arn"], answer["Credentials"]
        if arn.split(":")[4] != account_id:
            raise ReadError(
                f"{ASSUME_ROLE} answered with {arn}, which is not in account {account_id}.",
                action=ASSUME_ROLE,
                code="OtherAccount",
            )
        return arn, {
            "aws_access_key_id": credentials["AccessKeyId"],
            "aws_secret_access_key": credentials["SecretAccessKey"],
            "aws_session_token": credentials["SessionToken"],
        }
