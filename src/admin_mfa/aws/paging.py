"""Read every page of a list, and stop where AWS would send the same one for ever."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from admin_mfa.aws.session import reading
from admin_mfa.errors import ReadError


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How a service pages.

    Attributes:
        token: The member that carries the token, in the answer and in the next request.
        more: The member that says whether there is another page; None where the token alone says so.
    """

    token: str = "NextToken"  # noqa: S105 - the name of a member, not a secret
    more: str | None = None


NEXT_TOKEN = Style()
MARKER = Style(token="Marker", more="IsTruncated")  # noqa: S106 - likewise
"""IAM's way. Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUsers.html"""


def pages(
    call: Callable[..., Any], action: str, *, style: Style = NEXT_TOKEN, **arguments: Any
) -> Iterator[dict[str, Any]]:
    """Yield every page. Pages may be short or empty and still be followed by more, so no count is trusted.

    Args:
        call: An operation of a client; takes the arguments, and the token from the second page on.
        action: The permission that a call needs, such as `iam:ListUsers`; an error names it.
        style: How the service pages.
        arguments: What every call is given.

    Raises:
        ReadError: A page could not be read; or there is more, but no token leads to it, or one that was used before.
    """
    seen: set[str] = set()
    while True:
        with reading(action):
            page: dict[str, Any] = call(**arguments)
        yield page
        token = page.get(style.token)
        if not (token if style.more is None else page.get(style.more)):
            return
        if not token or token in seen:
            raise ReadError(f"{action} reports more results but returned no new marker.", action=action, code="Marker")
        seen.add(token)
        arguments[style.token] = token
