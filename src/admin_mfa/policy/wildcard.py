"""IAM's wildcards: `*` for any characters, `?` for exactly one, in time that grows with the text and the pattern.

There is no backtracking: what stands between two stars is searched once, from where the segment before it ended.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
"""

import re
from collections.abc import Mapping
from functools import lru_cache

# Wildcards as they stand in a prepared pattern, so that a star that a policy variable brings in stays a letter.
ANY = "\x00"
ONE = "\x01"
_WILDCARDS = str.maketrans({"*": ANY, "?": ONE})
_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_LITERAL_VARIABLES = {"*": "*", "?": "?", "$": "$"}


class _Segment:
    """What stands between two stars."""

    __slots__ = ("_search", "length", "text")

    def __init__(self, text: str) -> None:
        self.text, self.length = text, len(text)
        # Plain text is searched much faster without an expression.
        self._search = re.compile(re.escape(text).replace(ONE, "."), re.DOTALL) if ONE in text else None

    def find(self, text: str, start: int, end: int) -> int:
        """Return the first position at which the segment is wholly between start and end, or -1."""
        if self._search is None:
            return text.find(self.text, start, end)
        found = self._search.search(text, start, end)
        return found.start() if found else -1


class Pattern:
    """A text with wildcards, taken apart once and matched often."""

    __slots__ = ("_first", "_last", "_middle", "_shortest", "literal")

    def __init__(self, prepared: str) -> None:
        first, *rest = prepared.split(ANY)
        self.literal = prepared if not rest and ONE not in prepared else None
        self._first = _Segment(first)
        self._middle = tuple(_Segment(text) for text in rest[:-1] if text)
        self._last = _Segment(rest[-1]) if rest else None
        self._shortest = len(prepared) - len(rest)

    def matches(self, text: str) -> bool:
        """Whether the pattern matches the whole text; case matters."""
        if self.literal is not None:
            return text == self.literal
        position = self._first.length
        if len(text) < self._shortest or self._first.find(text, 0, position) < 0:
            return False
        if self._last is None:
            return position == len(text)
        end = len(text) - self._last.length
        if self._last.find(text, end, len(text)) < 0:
            return False
        for segment in self._middle:
            position = segment.find(text, position, end)
            if position < 0:
                return False
            position += segment.length
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
