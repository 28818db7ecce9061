"""Policy documents: JSON in IAM's grammar in, frozen statements out.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from admin_mfa.errors import PolicyDocumentError
from admin_mfa.model import Condition, Effect, PolicyDocument, Statement, TrustStatement


def parse_document(document: str | Mapping[str, Any]) -> PolicyDocument:
    """Read a policy document in any of the forms in which AWS hands one out.

    IAM sends it URL-encoded, botocore decodes it to an object, AWS Config items hold either; a single statement,
    action or resource may stand without its list.

    IAM keeps documents from before its present grammar in force, and so they are read as IAM reads them: of an Effect
    that is given twice the last one counts, and Actions or Resources that are given twice add up. A null in a list is
    skipped.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_policies.html

    Raises:
        PolicyDocumentError: It is no JSON object, or has a part that IAM's grammar does not know. Nothing is guessed:
            a document that cannot be read must not clear anybody, see `UNREADABLE`.
    """
    return _parse_text(document) if isinstance(document, str) else _document(document)


@lru_cache(maxsize=4096)
def _parse_text(text: str) -> PolicyDocument:
    return _document(_decoded(text))


def _decoded(text: str) -> object:
    # A document may hold a literal % or +, but its first character tells the forms apart: JSON begins with "{".
    plain = text if text.lstrip().startswith("{") else unquote(text)
    try:
        return json.loads(plain, object_pairs_hook=_object)
    except (ValueError, RecursionError) as error:
        raise PolicyDocumentError(f"A policy document is not JSON: {plain[:80]!r}.") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object out of pairs; what stands there twice is read as IAM reads it."""
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    merged: dict[str, Any] = {}
    for name, value in pairs:
        if name in merged and name.lower() in _ADDING_UP:
            merged[name] = [*_listed(merged[name]), *_listed(value)]
        elif name in merged and name.lower() not in _LAST_COUNTS:
            raise PolicyDocumentError(f"A policy document has the key {name[:80]!r} twice.")
        else:
            merged[name] = value
    return merged


_ADDING_UP = frozenset(("action", "notaction", "resource", "notresource"))
_LAST_COUNTS = frozenset(("effect", "id", "sid", "version"))


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _document(document: object) -> PolicyDocument:
    elements = _statement_elements(document)
    version = _version(document)
    statements = tuple(_statement(found, version) for found in elements)
    return PolicyDocument(statements=statements, version=version)


_VERSIONS = ("2012-10-17", "2008-10-17")
_WITH_VARIABLES = _VERSIONS[0]


def _version(document: object) -> str:
    """Return the version of a document; a document without one is of the older version, which has no variables.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html
    """
    version = _elements(document).get("version", _VERSIONS[1]) if isinstance(document, Mapping) else None
    return version if version in _VERSIONS else _VERSIONS[1]


UNREADABLE = PolicyDocument(
    statements=(Statement(effect=Effect.ALLOW, actions=("*",), resources=("*",)),), unreadable=True
)
"""What stands for a document that IAM has accepted and that could not be read: it could allow everything."""


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
    return _object([(str(name).lower(), value) for name, value in item.items()])


def _statement(elements: Mapping[str, Any], version: str) -> Statement:
    effect = _effect(elements)
    _exactly_one_of(elements, "Action")
    _exactly_one_of(elements, "Resource")
    return Statement(
        effect=effect,
        actions=_lower(_patterns(elements, "Action")),
        not_actions=_lower(_patterns(elements, "NotAction")),
        resources=_of_version(_patterns(elements, "Resource"), version),
        not_resources=_of_version(_patterns(elements, "NotResource"), version),
        conditions=tuple(
            replace(condition, values=_of_version(condition.values, version) or ())
            for condition in _conditions(elements.get("condition", {}))
        ),
    )


def _of_version(texts: tuple[str, ...] | None, version: str) -> tuple[str, ...] | None:
    """Escape what looks like a variable in a document of the version that has none."""
    if texts is None or version == _WITH_VARIABLES or not any("${" in text for text in texts):
        return texts
    return tuple(text.replace("${", "${$}{") for text in texts)


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
    # Whether IAM ever accepted a null in a list is not documented; it names nothing.
    items = [item for item in value if item is not None] if isinstance(value, (list, tuple)) else [value]
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
