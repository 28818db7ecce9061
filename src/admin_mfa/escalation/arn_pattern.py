"""Patterns of ARNs: which ARNs they match, and ARNs that they match.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
"""

from collections.abc import Mapping
from functools import lru_cache

from admin_mfa.policy.wildcard import ANY, ONE, Pattern

_ARN_PARTS = 6


class ArnPattern:
    """The pattern of an ARN: part by part, because a wildcard does not reach over a colon; missing parts are any.

    Only in the last part, where resources may hold colons themselves, does a star reach to the end.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
    """

    __slots__ = ("_parts", "literal", "name")

    def __init__(self, prepared: str) -> None:
        path, slash, name = prepared.rpartition("/")
        self.name = name if slash and ":" in path and _plain(name) else None
        """What follows the last slash of every ARN that matches; None if they differ in that."""
        texts = [] if not prepared.strip(ANY) and prepared else prepared.split(":", _ARN_PARTS - 1)
        self.literal = prepared if len(texts) == _ARN_PARTS and _plain(prepared) else None
        """The only ARN that matches; None if there can be others."""
        self._parts = tuple(enumerate(text if _plain(text) else Pattern(text) for text in texts))

    def matches(self, arn: str) -> bool:
        """Whether the pattern matches an ARN."""
        if self.literal is not None:
            return arn == self.literal
        parts = arn.split(":", _ARN_PARTS - 1)
        return not self._parts or (
            len(parts) == _ARN_PARTS and all(_part_matches(part, parts[i]) for i, part in reversed(self._parts))
        )

    def of_service(self, services: frozenset[str]) -> bool:
        """Whether the pattern can match an ARN of one of some services."""
        return len(self._parts) <= 2 or any(_part_matches(self._parts[2][1], service) for service in services)  # noqa: PLR2004 - arn:partition:service


def _plain(text: str) -> bool:
    return ANY not in text and ONE not in text


def _part_matches(part: str | Pattern, text: str) -> bool:
    return part == text if isinstance(part, str) else part.matches(text)


@lru_cache(maxsize=8192)
def arn_pattern(prepared: str) -> ArnPattern:
    """Take the pattern of an ARN apart; it comes from `prepare`."""
    return ArnPattern(prepared)


def example(prepared: str, ending: str) -> str:
    """Return a text that a prepared pattern matches: its stars become the ending."""
    return prepared.replace(ANY, ending).replace(ONE, "n")


def common(one: str, other: str, filling: str) -> str | None:
    """Return a text that two prepared patterns both match; None if there is none.

    Args:
        one: A prepared pattern.
        other: Another.
        filling: What stands where both may have any text.

    >>> from admin_mfa.policy.wildcard import prepare
    >>> common(prepare("user/*-ops"), prepare("user/eve*"), "")
    'user/eve-ops'
    """
    queue, came_from = [(0, 0)], {(0, 0): ((0, 0), "")}
    while queue:
        place = queue.pop()
        if place == (len(one), len(other)):
            return _walked(place, came_from)
        i, j = place
        a, b = one[i : i + 1], other[j : j + 1]
        steps = []
        if a == ANY:
            steps += [((i + 1, j), filling if b == ANY else ""), *([((i, j + 1), b)] if b not in ("", ANY) else [])]
        if b == ANY:
            steps += [((i, j + 1), filling if a == ANY else ""), *([((i + 1, j), a)] if a not in ("", ANY) else [])]
        if a and b and ANY not in (a, b) and (a == b or ONE in (a, b)):
            steps.append(((i + 1, j + 1), a if b == ONE else b))
        for following, text in steps:
            if following not in came_from:
                came_from[following] = (place, text)
                queue.append(following)
    return None


def _walked(place: tuple[int, int], came_from: Mapping[tuple[int, int], tuple[tuple[int, int], str]]) -> str:
    texts = []
    while place != (0, 0):
        place, text = came_from[place]
        texts.append(text)
    return "".join(reversed(texts)).replace(ONE, "n")
