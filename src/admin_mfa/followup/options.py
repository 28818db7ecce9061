"""What an operator decided about the remediation: the Automation document's inputs, parsed once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from admin_mfa.errors import InvalidInputError
from admin_mfa.parameter_table import Parameter, boolean, parse_table


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


def _days(text: str) -> timedelta:
    return timedelta(days=int(text))


def _days_or_never(text: str) -> timedelta | None:
    return _days(text) or None


OPTIONS: tuple[Parameter, ...] = (
    Parameter(
        name="Mode",
        default="Notify",
        field="mode",
        pattern="^(Notify|Enforce)$",
        allowed="Notify or Enforce",
        meaning="Notify sends notices. Enforce also denies a user everything but enrolling a device, from the end of "
        "the grace period until a device is enrolled.",
        parse=Mode,
    ),
    Parameter(
        name="GracePeriodDays",
        default="14",
        field="grace",
        pattern="^[1-9][0-9]{0,2}$",
        allowed="a whole number of days from 1 to 999",
        meaning="Days from the first published notice to enforcement.",
        parse=_days,
    ),
    Parameter(
        name="ReminderDays",
        default="0",
        field="reminder",
        pattern="^[0-9]{1,3}$",
        allowed="a whole number of days from 0 to 999",
        meaning="A reminder is sent every so many days for as long as the finding lasts; 0 sends none.",
        parse=_days_or_never,
    ),
    Parameter(
        name="MaxEnforcementsPerDay",
        default="5",
        field="max_enforcements_per_day",
        pattern="^[0-9]{1,3}$",
        allowed="a whole number from 0 to 999",
        meaning="The maximum number of users on whom enforcement begins on one day (UTC), so that a mistake in a "
        "policy or a parameter cannot lock out all administrators at once.",
        parse=int,
    ),
    Parameter(
        name="EnforceWithoutConsolePassword",
        default="false",
        field="enforce_without_console_password",
        pattern="^(true|false)$",
        allowed="true or false",
        meaning="Whether users without a console password, who are mostly programs, are also subject to enforcement.",
        parse=boolean,
    ),
    Parameter(
        name="EnforceDespiteAccessKeys",
        default="false",
        field="enforce_despite_access_keys",
        pattern="^(true|false)$",
        allowed="true or false",
        meaning="Whether users whose access keys were used within 90 days are also subject to enforcement. "
        "The keys alone then "
        "stop working: they need a session with MFA.",
        parse=boolean,
    ),
)


def beyond(requested: Options, deployed: Options) -> tuple[str, ...]:
    """Return the options by which a request would enforce sooner, or on more users, than the deployment does.

    >>> beyond(Options(mode=Mode.ENFORCE, grace=timedelta(days=1)), Options())
    ('Mode', 'GracePeriodDays')
    >>> beyond(Options(), Options(mode=Mode.ENFORCE))
    ()
    """
    exceeds = {
        "Mode": requested.mode is Mode.ENFORCE and deployed.mode is not Mode.ENFORCE,
        "GracePeriodDays": requested.grace < deployed.grace,
        "MaxEnforcementsPerDay": requested.max_enforcements_per_day > deployed.max_enforcements_per_day,
        "EnforceWithoutConsolePassword": requested.enforce_without_console_password
        > deployed.enforce_without_console_password,
        "EnforceDespiteAccessKeys": requested.enforce_despite_access_keys > deployed.enforce_despite_access_keys,
    }
    return tuple(name for name, exceeded in exceeds.items() if exceeded)


def parse_options(raw: Mapping[str, object]) -> Options:
    """Read the options as the Automation document hands them on; each pattern is the document's `allowedPattern`.

    Raises:
        InvalidInputError: A name is unknown or a text is not allowed; the error names it and what is allowed.
    """
    return Options(**parse_table(OPTIONS, raw, kind="option", error=InvalidInputError))
