"""`--parameter KEY=VALUE` and `--option KEY=VALUE`: parse them, and suggest the closest name or value."""

import re
from collections.abc import Mapping, Sequence

from admin_mfa.cli.errors import did_you_mean
from admin_mfa.errors import InvalidParametersError
from admin_mfa.parameters import PARAMETERS, Parameters, parse_parameters


def parse_given(given: Mapping[str, str]) -> Parameters:
    """Parse rule parameters.

    Raises:
        InvalidParametersError: As `parse_parameters`, with the closest known name or value.
    """
    rows = {row.name: row for row in PARAMETERS}
    for name, value in given.items():
        if name not in rows:
            raise InvalidParametersError(
                f"Unknown rule parameter {name!r:.100}.{did_you_mean(name, rows)} `admin-mfa parameters` "
                "lists them all."
            )
        try:
            parse_parameters({name: value})
        except InvalidParametersError as error:
            raise InvalidParametersError(f"{error}{_closest_value(name, value, rows[name].allowed)}") from error
    return parse_parameters(given)


def _closest_value(name: str, value: str, allowed: str) -> str:
    """Suggest one of the words in a parameter's description that the parameter accepts."""
    words = [word for word in re.findall(r"[A-Za-z][A-Za-z-]+", allowed) if _accepts(name, word)]
    items = [item.strip() for item in value.split(",")]
    return next((did_you_mean(item, words) for item in items if not _accepts(name, item)), "")


def _accepts(name: str, value: str) -> bool:
    try:
        parse_parameters({name: value})
    except InvalidParametersError:
        return False
    return True


_KINDS = {"--parameter": "rule parameter", "--option": "remediation option"}


def parse_pairs(
    pairs: Sequence[str],
    option: str = "--parameter",
    example: str = f"{PARAMETERS[0].name}={PARAMETERS[0].default}",
) -> dict[str, str]:
    """Split each text at its first equals sign.

    Raises:
        InvalidParametersError: One has no equals sign, or a name comes twice.
    """
    given: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise InvalidParametersError(f"{option} takes KEY=VALUE, not {pair!r:.200}; for example {example}.")
        if name in given:
            raise InvalidParametersError(f"The {_KINDS[option]} {name!r:.100} is set twice; set it once.")
        given[name] = value
    return given


def ignored_parameters(given: Mapping[str, str]) -> tuple[str, ...]:
    """Return a warning for each given parameter that only the rule's function uses."""
    only_rule = {row.name for row in PARAMETERS if not row.field}
    return tuple(
        f"{name} has no effect here: the command uses the caller's own credentials."
        for name, value in given.items()
        if name in only_rule and value.strip()
    )


def complete_parameter(incomplete: str) -> list[tuple[str, str]]:
    """Complete the name of a parameter, with the values that it allows."""
    return [(f"{row.name}=", row.allowed) for row in PARAMETERS if row.field and row.name.startswith(incomplete)]
