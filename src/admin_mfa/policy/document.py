"""Policy documents: JSON in IAM's grammar in, frozen statements out.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from admin_mfa.errors import PolicyDocumentError
from admin_mfa.model import Condition, Effect, PolicyDocument, Statement, TrustStatement


def parse_document(document: str | Mapping[str, Any]) -> PolicyDocument:
    """Read a policy document in any of the forms in which AWS hands one out.

    IAM sends it URL-encoded, botocore decodes it to an object, AWS Config items hold either; a single statement,
    action or resource may stand without its list.

    Raises:
        PolicyDocumentError: It is no JSON object, or has a part that IAM's grammar does not know. Nothing is guessed:
            a document that cannot be read must not clear anybody.
    """
    return _parse_text(document) if isinstance(document, str) else _document(document)


@lru_cache(maxsize=4096)
def _parse_text(text: str) -> PolicyDocument:
    return _document(_decoded(text))


def _decoded(text: str) -> object:
    # A document may hold a literal % or +, but its first character tells the forms apart: JSON begins with "{".
    plain = text if text.lstrip().startswith("{") else unquote(text)
    try:
        return json.loads(plain)
    except (ValueError, RecursionError) as error:
        raise PolicyDocumentError(f"A policy document is not JSON: {plain[:80]!r}.") from error


def _document(document: object) -> PolicyDocument:
    return PolicyDocument(statements=tuple(_statement(elements) for elements in _statement_elements(document)))


def _statement_elements(document: object) -> Iterator[dict[str, Any]]:
    """Yield the elements of each statement by lower-case name: in old documents their case varies."""
    if not isinstance(document, Mapping):
        raise PolicyDocumentError(f"A policy document must be a JSON object, not {type(document).__name__}.")
    statements = _elements(document).get("statement")
    if isinstance(statements, Mapping):
        statements = (statements,)
    if not isinstance(statements, (list, tuple)) or not all(isinstance(item, Mapping) for item in statements):
        raise PolicyDocumentError("Statement must be an object or a list of objects.")
    yield from map(_elements, statements)


def _elements(item: Mapping[str, Any]) -> dict[str, Any]:
    return {str(name).lower(): value for name, value in item.items()}


def _statement(elements: Mapping[str, Any]) -> Statement:
    effect = _effect(elements)
    _exactly_one_of(elements, "Action")
    _exactly_one_of(elements, "Resource")
    return Statement(
        effect=effect,
        actions=_lower(_patterns(elements, "Action")),
        not_actions=_lower(_patterns(elements, "NotAction")),
        resources=_patterns(elements, "Resource"),
        not_resources=_patterns(elements, "NotResource"),
        conditions=_conditions(elements.get("condition", {})),
    )


def _effect(elements: Mapping[str, Any]) -> Effect:
    effect = elements.get("effect")
    if effect not in (Effect.ALLOW, Effect.DENY):
        told = repr(effect[:80]) if isinstance(effect, str) else type(effect).__name__
        raise PolicyDocumentError(f"Effect must be Allow or Deny, not {told}.")
    return Effect(effect)


def _exactly_one_of(elements: Mapping[str, Any], name: str) -> None:
    if (name.lower() in elements) == (f"not{name.lower()}" in elements):
        raise PolicyDocumentError(f"A statement must have either {name} or Not{name}.")


def _lower(patterns: tuple[str, ...] | None) -> tuple[str, ...] | None:
    return patterns and tuple(pattern.lower() for pattern in patterns)


def _patterns(elements: Mapping[str, Any], name: str) -> tuple[str, ...] | None:
    if name.lower() not in elements:
        return None
    value = elements[name.lower()]
    items = value if isinstance(value, (list, tuple)) else (value,)
    for item in items:
        if not isinstance(item, str):
            raise PolicyDocumentError(f"{name} must be text or a list of texts, not {type(item).__name__}.")
    return tuple(items)


def _conditions(block: object) -> tuple[Condition, ...]:
    if not isinstance(block, Mapping) or not all(isinstance(keys, Mapping) for keys in block.values()):
        raise PolicyDocumentError("Condition must be an object of objects.")
    return tuple(
        Condition(operator=str(operator), key=str(key), values=_condition_values(values))
        for operator, keys in block.items()
        for key, values in keys.items()
    )


def _condition_values(values: object) -> tuple[str, ...]:
    items = values if isinstance(values, (list, tuple)) else (values,)
    if not all(isinstance(item, str | int | float) for item in items):
        raise PolicyDocumentError("The values of a Condition must be texts, numbers, booleans or a list of them.")
    return tuple(str(item).lower() if isinstance(item, bool) else str(item) for item in items)


def parse_trust(document: str | Mapping[str, Any]) -> tuple[TrustStatement, ...]:
    """Read a role's trust policy, in any of the forms that `parse_document` reads.

    Raises:
        PolicyDocumentError: As `parse_document`.
    """
    return _parse_trust_text(document) if isinstance(document, str) else _trust(document)


@lru_cache(maxsize=4096)
def _parse_trust_text(text: str) -> tuple[TrustStatement, ...]:
    return _trust(_decoded(text))


def _trust(document: object) -> tuple[TrustStatement, ...]:
    return tuple(_trust_statement(elements) for elements in _statement_elements(document))


def _trust_statement(elements: Mapping[str, Any]) -> TrustStatement:
    _exactly_one_of(elements, "Action")
    _exactly_one_of(elements, "Principal")
    all_but = "notprincipal" in elements
    return TrustStatement(
        effect=_effect(elements),
        actions=_lower(_patterns(elements, "Action")),
        not_actions=_lower(_patterns(elements, "NotAction")),
        principals=_principals(elements["notprincipal" if all_but else "principal"]),
        all_but=all_but,
        conditions=_conditions(elements.get("condition", {})),
    )


def _principals(block: object) -> tuple[tuple[str, str], ...]:
    if block == "*":
        return (("AWS", "*"),)
    if not isinstance(block, Mapping):
        raise PolicyDocumentError("Principal must be * or an object.")
    return tuple(
        (str(kind), value)
        for kind, values in block.items()
        for value in _patterns({"principal": values}, "Principal") or ()
    )
