"""Calls to IAM: one operation, all of its pages, or an answer that may be missing. Every reader of IAM uses this."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from botocore import xform_name

from admin_mfa.aws.iam_answers import member
from admin_mfa.aws.paging import MARKER, pages
from admin_mfa.aws.session import reading
from admin_mfa.errors import ReadError

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

_T = TypeVar("_T")

PAGE_SIZE = 1000
"""The most that IAM allows. Pages can be shorter, even empty, and still be followed by more.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
"""


class IamCalls:
    """Calls IAM through one client.

    Raises:
        ReadError: From every method, when IAM could not be read completely.
    """

    def __init__(self, client: "IAMClient") -> None:
        self._client = client

    def call(self, operation: str, **arguments: Any) -> dict[str, Any]:
        """Return the answer of one call."""
        with reading(f"iam:{operation}"):
            answer: dict[str, Any] = getattr(self._client, xform_name(operation))(**arguments)
        return answer

    def pages(self, operation: str, **arguments: Any) -> Iterator[dict[str, Any]]:
        """Yield every page of an operation."""
        call = partial(self.call, operation)
        return pages(call, f"iam:{operation}", style=MARKER, MaxItems=PAGE_SIZE, **arguments)

    def all(self, operation: str, key: str, **arguments: Any) -> list[Any]:
        """Return what every page of an operation holds under a key."""
        return [item for page in self.pages(operation, **arguments) for item in member(page, key, operation)]


def if_exists(read: Callable[..., _T], *arguments: Any, **named: Any) -> _T | None:
    """Return what a function reads; None where IAM says that the thing does not exist (any more)."""
    try:
        return read(*arguments, **named)
    except ReadError as error:
        if error.code == "NoSuchEntity":
            return None
        raise
