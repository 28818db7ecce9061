"""How fast an account may be asked: as fast as it goes, until AWS throttles."""

import threading
import time
from collections.abc import Callable
from typing import Any

from admin_mfa.aws.session import error_code

FIRST_RATE = 20.0
"""Calls a second once AWS throttles for the first time."""

_LOWEST_RATE = 0.5
_CUT = 0.7
_CUTS_A_SECOND = 1.0
_GAIN_A_SECOND = 1.0
_THROTTLING = frozenset(("Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException"))


class Pace:
    """Spaces the calls of one client out from the moment that AWS throttles: fewer when it does, slowly more when not.

    The first attempts and the retries of all threads pass here, through botocore's own events. botocore's adaptive
    mode, which this stands in for, cuts its rate once for each call that is refused. With a dozen of them under way
    that brings it nearly to a standstill, and it takes seconds to come back; here they count as one.

    Args:
        clock: Seconds that never go back.
        sleep: Waits for seconds.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._next = 0.0
        self._cut_at = 0.0
        self.rate: float | None = None

    def listen(self, events: Any, service: str) -> None:
        """Pace every attempt of the client whose events (`client.meta.events`) these are."""
        # By an id, so that a client that is used again keeps the pace that it has found.
        events.register(f"before-send.{service}", self.wait, unique_id="admin-mfa-pace-wait")
        events.register(f"needs-retry.{service}", self.learn, unique_id="admin-mfa-pace-learn")

    def wait(self, **_: Any) -> None:
        """Wait for the turn of one attempt."""
        with self._lock:
            if self.rate is None:
                return
            now = self._clock()
            turn = max(now, self._next)
            self._next = turn + 1 / self.rate
        self._sleep(turn - now)

    def learn(self, **event: Any) -> None:
        """Take note of one answer; never asks for a retry itself."""
        throttled = error_code(event["response"], event["caught_exception"]) in _THROTTLING
        with self._lock:
            if throttled:
                self._slow_down(self._clock())
            elif self.rate is not None:
                self.rate += _GAIN_A_SECOND / self.rate

    def _slow_down(self, now: float) -> None:
        if self.rate is None:
            self.rate = FIRST_RATE
            self._next = now
        elif now - self._cut_at >= 1 / _CUTS_A_SECOND:
            self.rate = max(self.rate * _CUT, _LOWEST_RATE)
        else:
            return
        self._cut_at = now
