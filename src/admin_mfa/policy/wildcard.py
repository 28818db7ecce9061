"""IAM's wildcards: `*` for any characters, `?` for exactly one, in time that grows with the text and never explodes.

There is no backtracking: what stands between two stars is searched once, from where the piece before it ended.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

# Wildcards as they stand in a prepared pattern, so that a star that a policy variable brings in stays a letter.
ANY = "\x00"
ONE = "\x01"
_WILDCARDS = str.maketrans({"*": ANY, "?": ONE})
_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_LITERAL_VARIABLES = {"*": "*", "?": "?", "$": "$"}
_ARN_PARTS = 6


@dataclass(frozen=True, slots=True)
class _Piece:
    """What stands between two stars."""

    text: str

    def at(self, text: str, position: int) -> bool:
        """Whether the piece stands at a position, which leaves room for it."""
        if ONE not in self.text:
            return text.startswith(self.text, position)
        here = text[position : position + len(self.text)]
        return all(own in (ONE, other) for own, other in zip(self.text, here, strict=True))

    def find(self, text: str, start: int, end: int) -> int:
        """Return the first position at which the piece stands wholly between start and end, or -1."""
        return text.find(self.text, start, end) if ONE not in self.text else self._find_with_holes(text, start, end)

    def _find_with_holes(self, text: str, start: int, end: int) -> int:
        """Search with one bit for each character of the piece, all of them moved at once for each of the text.

        Source: Baeza-Yates and Gonnet, "A new approach to text searching", https://doi.org/10.1145/135239.135243
        """
        holes = sum(1 << i for i, character in enumerate(self.text) if character == ONE)
        accepts: dict[str, int] = {}
        for i, character in enumerate(self.text):
            accepts[character] = accepts.get(character, holes) | 1 << i
        last = 1 << len(self.text) - 1
        state = 0
        for position in range(start, end):
            state = (state << 1 | 1) & accepts.get(text[position], holes)
            if state & last:
                return position - len(self.text) + 1
        return -1


class Pattern:
    """A text with wildcards, taken apart once and matched often."""

    __slots__ = ("_first", "_last", "_least", "_middle", "literal")

    def __init__(self, prepared: str) -> None:
        first, *rest = prepared.split(ANY)
        self.literal = prepared if not rest and ONE not in prepared else None
        self._first = _Piece(first)
        self._middle = tuple(_Piece(piece) for piece in rest[:-1] if piece)
        self._last = _Piece(rest[-1]) if rest else None
        self._least = len(prepared) - len(rest)

    def matches(self, text: str) -> bool:
        """Whether the pattern matches the whole text; case matters."""
        if self.literal is not None:
            return text == self.literal
        if len(text) < self._least or not self._first.at(text, 0):
            return False
        position = len(self._first.text)
        if self._last is None:
            return position == len(text)
        end = len(text) - len(self._last.text)
        if not self._last.at(text, end):
            return False
        for piece in self._middle:
            position = piece.find(text, position, end)
            if position < 0:
                return False
            position += len(piece.text)
        return True


@lru_cache(maxsize=4096)
def _pattern(text: str) -> Pattern:
    return Pattern(text.translate(_WILDCARDS))


def matches(pattern: str, text: str) -> bool:
    """Whether a pattern matches a whole text.

    >>> matches("iam:*User*", "iam:AttachUserPolicy"), matches("iam:?et*", "iam:ListUsers")
    (True, False)
    """
    return _pattern(pattern).matches(text)


class ArnPattern:
    """The pattern of an ARN: part by part, because a wildcard does not reach over a colon; missing parts are any.

    Only in the last part, where resources may hold colons themselves, does a star reach to the end.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
    """

    __slots__ = ("_parts", "literal", "name")

    def __init__(self, prepared: str) -> None:
        path, slash, name = prepared.rpartition("/")
        plain = slash and ":" in path and ANY not in name and ONE not in name
        self.name = name if plain else None
        """What follows the last slash of every ARN that matches; None if they differ in that."""
        texts = [] if not prepared.strip(ANY) and prepared else prepared.split(":", _ARN_PARTS - 1)
        patterns = [Pattern(text) for text in texts]
        self.literal = (
            prepared if len(texts) == _ARN_PARTS and all(part.literal is not None for part in patterns) else None
        )
        self._parts = tuple(enumerate(patterns))

    def matches(self, arn: str) -> bool:
        """Whether the pattern matches an ARN."""
        if self.literal is not None:
            return arn == self.literal
        parts = arn.split(":", _ARN_PARTS - 1)
        return not self._parts or (
            len(parts) == _ARN_PARTS and all(pattern.matches(parts[i]) for i, pattern in reversed(self._parts))
        )

    def of_service(self, services: frozenset[str]) -> bool:
        """Whether the pattern can match an ARN of one of some services."""
        return len(self._parts) <= 2 or any(self._parts[2][1].matches(service) for service in services)  # noqa: PLR2004 - arn:partition:service


@lru_cache(maxsize=8192)
def arn_pattern(prepared: str) -> ArnPattern:
    """Take the pattern of an ARN apart; it comes from `prepare`."""
    return ArnPattern(prepared)


@lru_cache(maxsize=8192)
def prepare(text: str) -> str:
    """Mark the wildcards of a text that has no policy variables."""
    return text.translate(_WILDCARDS)


def prepare_with(text: str, values: Mapping[str, str]) -> str | None:
    """Mark the wildcards of a text and put in the values of its policy variables.

    Args:
        text: For example `arn:aws:iam::*:user/${aws:username}`.
        values: By lower-case name. What they hold is taken literally, stars included.

    Returns:
        The prepared text, or None if a variable has neither a value nor a default: such a text matches nothing.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
    """
    if "${" not in text:
        return prepare(text)
    parts: list[str] = []
    end = 0
    for variable in _VARIABLE.finditer(text):
        value = _value(variable[1], values)
        if value is None:
            return None
        parts += [text[end : variable.start()].translate(_WILDCARDS), value]
        end = variable.end()
    return "".join(parts) + text[end:].translate(_WILDCARDS)


def _value(variable: str, values: Mapping[str, str]) -> str | None:
    name, comma, default = variable.partition(",")
    if name in _LITERAL_VARIABLES:
        return _LITERAL_VARIABLES[name]
    return values.get(name.strip().lower(), default.strip().strip("'") if comma else None)


def example(prepared: str, ending: str) -> str:
    """Return a text that a prepared pattern matches: its stars become the ending."""
    return prepared.replace(ANY, ending).replace(ONE, "n")


def common(one: str, other: str, filling: str) -> str | None:
    """Return a text that two prepared patterns both match; None if there is none.

    Args:
        one: A prepared pattern.
        other: Another.
        filling: What stands where both may have any text.

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
