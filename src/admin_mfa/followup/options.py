"""What an operator decided about the remediation: the Automation document's inputs, parsed once."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from admin_mfa.errors import InvalidInputError


class Mode(StrEnum):
    """How far the remediation goes."""

    NOTIFY = "Notify"
    ENFORCE = "Enforce"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The remediation's options. Field by field the table `OPTIONS`, which gives names, defaults and meanings."""

    mode: Mode = Mode.NOTIFY
    grace: timedelta = timedelta(days=14)
    reminder: timedelta | None = None
    max_enforcements_per_day: int = 5
    enforce_without_console_password: bool = False
    enforce_despite_access_keys: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One row of the table.

    Attributes:
        name: The document's input and the template's parameter of the same name.
        default: As text.
        field: The attribute of `Options`.
        pattern: What a text must match as a whole; the document's `allowedPattern`.
        allowed: The same in words.
        meaning: What it does, in a sentence or two.
        parse: Turns a matching text into the value.
    """

    name: str
    default: str
    field: str
    pattern: str
    allowed: str
    meaning: str
    parse: Callable[[str], Any]


def _days(text: str) -> timedelta:
    return timedelta(days=int(text))


def _days_or_never(text: str) -> timedelta | None:
    return _days(text) or None


def _true(text: str) -> bool:
    return text == "true"


OPTIONS: tuple[Option, ...] = (
    Option(
        name="Mode",
        default="Notify",
        field="mode",
        pattern="^(Notify|Enforce)$",
        allowed="Notify or Enforce",
        meaning="Notify tells people. Enforce also denies a user everything but enrolling a device, after the grace "
        "period and until a device is enrolled.",
        parse=Mode,
    ),
    Option(
        name="GracePeriodDays",
        default="14",
        field="grace",
        pattern="^[1-9][0-9]{0,2}$",
        allowed="a whole number of days from 1 to 999",
        meaning="Days from the first published notice to enforcement.",
        parse=_days,
    ),
    Option(
        name="ReminderDays",
        default="0",
        field="reminder",
        pattern="^[0-9]{1,3}$",
        allowed="a whole number of days from 0 to 999",
        meaning="A reminder is sent every so many days for as long as the finding lasts; 0 sends none.",
        parse=_days_or_never,
    ),
    Option(
        name="MaxEnforcementsPerDay",
        default="5",
        field="max_enforcements_per_day",
        pattern="^[0-9]{1,3}$",
        allowed="a whole number from 0 to 999",
        meaning="On how many users at most enforcement may begin on one day (UTC), so that a mistake in a policy or "
        "in a parameter cannot shut out everybody at once.",
        parse=int,
    ),
    Option(
        name="EnforceWithoutConsolePassword",
        default="false",
        field="enforce_without_console_password",
        pattern="^(true|false)$",
        allowed="true or false",
        meaning="Whether users without a console password, who are mostly programs, are enforced upon too.",
        parse=_true,
    ),
    Option(
        name="EnforceDespiteAccessKeys",
        default="false",
        field="enforce_despite_access_keys",
        pattern="^(true|false)$",
        allowed="true or false",
        meaning="Whether users whose access keys were used within 90 days are enforced upon too. The keys alone then "
        "stop working: they need a session with MFA.",
        parse=_true,
    ),
)


def parse_options(raw: Mapping[str, object]) -> Options:
    """Read the options as the Automation document hands them on: names and texts. What is absent has its default.

    Raises:
        InvalidInputError: A name is unknown or a text is not allowed; the error names it and what is allowed.
    """
    rows = {row.name: row for row in OPTIONS}
    values: dict[str, Any] = {}
    for name, text in raw.items():
        row = rows.get(name)
        if row is None:
            raise InvalidInputError(f"Unknown option {name!r:.100}; allowed are {', '.join(rows)}.")
        if not isinstance(text, str) or not re.fullmatch(row.pattern, text):
            raise InvalidInputError(f"{name} is {text!r:.100}; allowed is {row.allowed}.")
        values[row.field] = row.parse(text)
    return Options(**values)
