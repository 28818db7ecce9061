"""Tables of parameters that arrive as text: what each one is called, may be and means, and the one way to read them.

`admin_mfa.parameters` holds the rule parameters and `admin_mfa.followup.options` those of the remediation.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One row of a table.

    Attributes:
        name: As AWS sends it.
        default: As text.
        field: The attribute that holds the value; empty for a parameter that is only validated.
        allowed: What a value may be, as error messages and the documentation describe it.
        meaning: What it does, in one or two sentences.
        parse: Turns a non-empty text into the value; raises `NotAllowedError`.
        pattern: A regular expression that the whole text must match; empty where `parse` decides alone.
    """

    name: str
    default: str
    field: str
    allowed: str
    meaning: str
    parse: Callable[[str], Any] = str
    pattern: str = ""

    def value(self, text: str) -> Any:
        """Return the value of a text, or raise `NotAllowedError`."""
        if self.pattern and not re.fullmatch(self.pattern, text, re.ASCII):
            raise NotAllowedError
        return self.parse(text)


class NotAllowedError(Exception):
    """A text is not what the parameter allows. The argument, if any, names the part that is wrong."""


def parse_table(
    rows: Sequence[Parameter], raw: Mapping[str, object], *, kind: str, error: type[Exception]
) -> dict[str, Any]:
    """Return the values of a mapping by field; what is absent or empty is left to its default.

    Args:
        rows: The table.
        raw: Names and texts.
        kind: What a row is called in error messages.
        error: What to raise for an unknown name, a value that is not text, or a text that is not allowed. The message
            names the parameter and lists what is allowed.
    """
    known = {row.name: row for row in rows}
    values: dict[str, Any] = {}
    for name, text in raw.items():
        row = known.get(name)
        if row is None:
            raise error(f"Unknown {kind} {name!r:.100}; allowed are {', '.join(known)}.")
        if not isinstance(text, str):
            raise error(f"{name} must be text, not {type(text).__name__}; allowed is {row.allowed}, in quotes.")
        if not text:
            continue
        try:
            value = row.value(text)
        except NotAllowedError as reason:
            part = f": {reason}" if reason.args else ""
            if not part.isprintable():
                part = repr(part)[1:-1]
            raise error(f"{name} is {text!r:.200}{part:.300}; allowed is {row.allowed}.") from reason
        if row.field:
            values[row.field] = value
    return values


def choice(values: Iterable[str]) -> Callable[[str], Any]:
    """Return a parser of texts that are one of some values."""
    by_text = {str(value): value for value in values}

    def parse(text: str) -> str:
        if text not in by_text:
            raise NotAllowedError
        return by_text[text]

    return parse


def boolean(text: str) -> bool:
    """Parse `true` or `false`, in any case."""
    return bool(choice(("true", "false"))(text.lower()) == "true")


def comma_separated(text: str, allowed: Callable[[str], object]) -> list[str]:
    """Return the items of a list, without blanks around them; each must be allowed."""
    items = [item for part in text.split(",") if (item := part.strip())]
    for item in items:
        if not allowed(item):
            raise NotAllowedError(item)
    return items
