"""The deployment that `admin-mfa doctor` checks, and the calls that checks share."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any

from botocore.session import Session

from admin_mfa.aws.paging import pages
from admin_mfa.aws.session import reading
from admin_mfa.errors import ReadError

IAM_REGIONS = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
"""The region that receives IAM's CloudTrail events, by partition.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html
"""

_NOT_FOUND = frozenset(
    ("ResourceNotFoundException", "NoSuchEntity", "QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue")
)


def is_not_found(error: ReadError) -> bool:
    """Return whether AWS answered that the resource does not exist."""
    return error.code in _NOT_FOUND


class CheckStatus(StrEnum):
    """The outcome of a check. UNKNOWN: AWS could not be read."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"
    UNKNOWN = "unknown"


Outcome = tuple[CheckStatus, str]
"""A status, and one or two sentences: what was found, and the remedy if there is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """One result of a check.

    Attributes:
        subject: What was checked, in one or two words.
        status: Whether it needs attention.
        text: What was found, and the remedy if there is one.
        denied: The permission that the caller lacks; empty otherwise.
    """

    subject: str
    status: CheckStatus
    text: str
    denied: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A deployed stack.

    Attributes:
        session: Prepared by `admin_mfa.aws.session.aws_session`, in the stack's region.
        account_id: Twelve digits.
        partition: `aws`, `aws-cn`, `aws-us-gov` or another.
        region: Where the stack was deployed.
        rule_name: The stack's parameter RuleName: the function has this name, and every other name begins with it.
        samconfig: The file that configures the deployment; None skips the comparison of parameters.
        config_env: The environment of that file, as in `sam deploy --config-env`.
    """

    session: Session
    account_id: str
    partition: str
    region: str
    rule_name: str
    samconfig: Path | None = None
    config_env: str = "default"

    @property
    def function_arn(self) -> str:
        """Return the ARN of the rule's function."""
        return f"arn:{self.partition}:lambda:{self.region}:{self.account_id}:function:{self.rule_name}"

    @property
    def iam_region(self) -> str:
        """Return the region that receives IAM's events."""
        return IAM_REGIONS.get(self.partition, self.region)

    def call(self, service: str, operation: str, *, region: str | None = None, **arguments: Any) -> dict[str, Any]:
        """Call AWS once.

        Raises:
            ReadError: The call failed; the error names the permission that it needs.
        """
        client: Any = self.session.create_client(service, region_name=region or self.region)
        name = client.meta.method_to_api_mapping[operation]
        action = f"{client.meta.service_model.signing_name}:{name}".replace("monitoring:", "cloudwatch:")
        with reading(action):
            answer: dict[str, Any] = getattr(client, operation)(**arguments)
        return answer

    def pages(self, service: str, operation: str, member: str, **arguments: Any) -> Iterator[Any]:
        """Yield the items of every page; for operations that page by NextToken."""
        found = pages(partial(self.call, service, operation), f"{service}:{operation}", **arguments)
        return (item for page in found for item in page.get(member, ()))

    def function(self) -> dict[str, Any] | None:
        """Return the configuration of the rule's function; None if the function does not exist.

        Raises:
            ReadError: The configuration could not be read.
        """
        try:
            return self.call("lambda", "get_function_configuration", FunctionName=self.rule_name)
        except ReadError as error:
            if is_not_found(error):
                return None
            raise


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentCheck:
    """One check.

    Attributes:
        subject: What is checked, in one or two words.
        actions: The permissions that the check needs.
        run: Yields the outcomes.
        needs_stack: Whether the check is skipped until the stack is deployed, which is one finding and not ten.
    """

    subject: str
    actions: tuple[str, ...]
    run: Callable[[Deployment], Iterator[Outcome]]
    needs_stack: bool = True
