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
