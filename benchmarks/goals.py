"""Define the goals. Ratios apply to every machine; seconds apply where the 30 ms for each call dominate."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from benchmarks.account import expected_calls


class _Run(Protocol):
    @property
    def wall(self) -> float: ...
    @property
    def memory(self) -> float: ...
    @property
    def calls(self) -> Mapping[str, int]: ...
    @property
    def evaluations(self) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """A figure and its limit."""

    name: str
    found: float
    limit: float

    @property
    def met(self) -> bool:
        """Return whether the figure is within its limit."""
        return self.found <= self.limit


_RATIOS = {1000: 1.35, 5000: 1.20}
SIZES = frozenset(_RATIOS)
"""The numbers of users for which there are goals of time and memory."""
_MEGABYTES = {1000: 65, 5000: 75}
_THROTTLED_SECONDS = {5000: 7.5}
_THROTTLED = ("admin-mfa audit", "handler")
# Reading users in parallel with groups and policies takes one page more than reading all of them in sequence.
_OVERLAP_PAGES = 1


def goals_of(users: int, found: Mapping[str, _Run]) -> list[Goal]:
    """Return the goals for an account of this size, with the measured figures."""
    fewest = sum(expected_calls(users).values()) + _OVERLAP_PAGES
    reference = "bare botocore + Config"
    pairs = {"admin-mfa audit": "bare botocore", "handler": reference, "handler, first run": f"{reference}, first run"}
    goals = [Goal(name="evaluations on an unchanged account", found=found["handler"].evaluations, limit=0)]
    for name, against in pairs.items():
        run = found[name]
        reads = sum(count for call, count in run.calls.items() if call.startswith("iam:") and "Summary" not in call)
        goals.append(Goal(name=f"{name}: IAM calls for users", found=reads, limit=fewest))
        if users in _RATIOS:
            ratio = run.wall / found[against].wall
            goals.append(Goal(name=f"{name}: wall time relative to {against}", found=ratio, limit=_RATIOS[users]))
            goals.append(Goal(name=f"{name}: resident MB", found=run.memory, limit=_MEGABYTES[users]))
        if users in _THROTTLED_SECONDS and name in _THROTTLED:
            seconds = found[f"{name}, throttled"].wall
            goals.append(Goal(name=f"{name}: seconds throttled", found=seconds, limit=_THROTTLED_SECONDS[users]))
    return goals
