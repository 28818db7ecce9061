"""Every call that reached the embedded AWS, in the order of arrival."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request, whatever was answered to it.

    Attributes:
        permission: What IAM would have to allow, such as `iam:ListMFADevices`.
        parameters: The operation's input by member names.
        account_id: The account that was asked.
    """

    permission: str
    service: str
    action: str
    parameters: Mapping[str, Any]
    account_id: str
    region: str


class Calls:
    """A recorder that many threads may write to."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._calls: list[Call] = []

    def add(self, call: Call) -> None:
        """Remember one call."""
        with self._lock:
            self._calls.append(call)

    def all(self) -> tuple[Call, ...]:
        """All calls since the last `clear`."""
        with self._lock:
            return tuple(self._calls)

    def of(self, service: str) -> tuple[Call, ...]:
        """The calls to one service."""
        return tuple(call for call in self.all() if call.service == service)

    def counts(self) -> Counter[str]:
        """How often each permission was used."""
        return Counter(call.permission for call in self.all())

    def clear(self) -> None:
        """Forget all calls."""
        with self._lock:
            self._calls.clear()
