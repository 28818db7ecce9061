"""`--parameter KEY=VALUE` and `--option KEY=VALUE`: texts in, the mapping that AWS would send out."""

from collections.abc import Mapping, Sequence

from admin_mfa.errors import InvalidParametersError
from admin_mfa.parameters import PARAMETERS

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
            raise InvalidParametersError(f"The {_KINDS[option]} {name!r:.100} is given twice; give it once.")
        given[name] = value
    return given


def ignored_parameters(given: Mapping[str, str]) -> tuple[str, ...]:
    """Say which of the given parameters are for the rule's function alone."""
    only_rule = {row.name for row in PARAMETERS if not row.field}
    return tuple(
        f"{name} changes nothing here: the command works with the credentials that it is given."
        for name, value in given.items()
        if name in only_rule and value.strip()
    )


def complete_parameter(incomplete: str) -> list[tuple[str, str]]:
    """Complete the name of a parameter, and say what its value may be."""
    return [(f"{row.name}=", row.allowed) for row in PARAMETERS if row.field and row.name.startswith(incomplete)]
