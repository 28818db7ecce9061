"""Faults on demand: a call can be denied, throttled, broken, cut off or slow, as often as a test asks.

Nothing fails by chance. A fault matches an action and, if asked, its parameters; it begins after a number of
matching calls and ends after another.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from threading import Lock
from typing import Any

from .errors import AwsError, EmbeddedAwsError


class Kind(StrEnum):
    """What happens to a call."""

    ACCESS_DENIED = "AccessDenied"
    THROTTLING = "Throttling"
    SERVICE_FAILURE = "ServiceFailure"
    MALFORMED_XML = "MalformedXml"
    CUT_CONNECTION = "CutConnection"
    SLOW = "Slow"


# Error codes differ between services that speak XML and those that speak JSON.
# https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
# https://docs.aws.amazon.com/config/latest/APIReference/CommonErrors.html
_ERRORS: Mapping[Kind, Mapping[str, tuple[str, int]]] = {
    Kind.ACCESS_DENIED: {"query": ("AccessDenied", 403), "json": ("AccessDeniedException", 400)},
    Kind.THROTTLING: {"query": ("Throttling", 400), "json": ("ThrottlingException", 400)},
    Kind.SERVICE_FAILURE: {"query": ("ServiceFailure", 500), "json": ("InternalFailure", 500)},
}


def error_for(kind: Kind, protocol: str, permission: str) -> AwsError:
    """The answer that a service of this protocol gives for this kind of fault."""
    code, status = _ERRORS[kind]["query" if protocol == "query" else "json"]
    messages = {
        Kind.ACCESS_DENIED: "User: arn:aws:iam::123456789012:user/embedded is not authorized to perform: "
        f"{permission} because no identity-based policy allows the {permission} action",
        Kind.THROTTLING: "Rate exceeded",
        Kind.SERVICE_FAILURE: "The request processing has failed because of an unknown error.",
    }
    return AwsError(code, messages[kind], status)


@dataclass(slots=True, kw_only=True)
class Fault:
    """One fault and how far it has got.

    Attributes:
        action: A permission such as `iam:ListMFADevices`; `*` matches any part of it.
        times: How many calls it hits; None for all.
        after: How many matching calls pass before it begins.
        when: Asked with the call's parameters; only a true answer counts as a match.
        seconds: How long a `Slow` call is held before it is served.
        hits: How many calls it has hit.
    """

    action: str
    kind: Kind
    times: int | None = 1
    after: int = 0
    when: Callable[[Mapping[str, Any]], bool] | None = None
    seconds: float = 1.0
    seen: int = field(default=0, init=False)
    hits: int = field(default=0, init=False)

    def strikes(self, permission: str, parameters: Mapping[str, Any]) -> bool:
        """Whether this call is hit; counts it."""
        if not fnmatchcase(permission, self.action) or (self.when is not None and not self.when(parameters)):
            return False
        self.seen += 1
        if self.seen <= self.after or (self.times is not None and self.hits >= self.times):
            return False
        self.hits += 1
        return True


class Faults:
    """The faults that are set now."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._faults: list[Fault] = []

    def add(
        self,
        action: str,
        kind: Kind | str,
        *,
        times: int | None = 1,
        after: int = 0,
        when: Callable[[Mapping[str, Any]], bool] | None = None,
        seconds: float = 1.0,
    ) -> Fault:
        """Set a fault, and get it back to ask how often it hit.

        Raises:
            EmbeddedAwsError: The kind is none of those in `Kind`, or the action is no permission.
        """
        if kind not in list(Kind):
            raise EmbeddedAwsError(f"unknown fault {kind!r}; use one of: {', '.join(Kind)}")
        if ":" not in action and action != "*":
            raise EmbeddedAwsError(f"a fault's action is a permission such as iam:ListUsers, not {action!r}")
        fault = Fault(action=action, kind=Kind(kind), times=times, after=after, when=when, seconds=seconds)
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        """Take every fault away."""
        with self._lock:
            self._faults.clear()

    def strike(self, permission: str, parameters: Mapping[str, Any]) -> Fault | None:
        """The first fault that hits this call."""
        with self._lock:
            return next((fault for fault in self._faults if fault.strikes(permission, parameters)), None)


class TokenBucket:
    """A rate limit with a burst, as AWS's APIs have: each call takes a token, and time brings tokens back."""

    def __init__(self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._tokens = burst
        self._at = clock()
        self._lock = Lock()

    def take(self) -> bool:
        """Whether a token was there to take."""
        with self._lock:
            now = self._clock()
            self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
            self._at = now
            if self._tokens < 1:
                return False
            self._tokens -= 1
            return True
