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
from admin_mfa.statements import Condition, Effect, PolicyDocument, Statement


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
    return _document(decoded(text))


def decoded(text: str) -> object:
    """Return what the JSON of a document says, URL-encoded or not."""
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
    elements = statement_elements(document)
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


def statement_elements(document: object) -> Iterator[dict[str, Any]]:
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
    effect = effect_of(elements)
    exactly_one_of(elements, "Action")
    exactly_one_of(elements, "Resource")
    return Statement(
        effect=effect,
        actions=lower_case(patterns_of(elements, "Action")),
        not_actions=lower_case(patterns_of(elements, "NotAction")),
        resources=_of_version(patterns_of(elements, "Resource"), version),
        not_resources=_of_version(patterns_of(elements, "NotResource"), version),
        conditions=tuple(
            replace(condition, values=_of_version(condition.values, version) or ())
            for condition in conditions_of(elements.get("condition", {}))
        ),
    )


def _of_version(texts: tuple[str, ...] | None, version: str) -> tuple[str, ...] | None:
    """Escape what looks like a variable in a document of the version that has none."""
    if texts is None or version == _WITH_VARIABLES or not any("${" in text for text in texts):
        return texts
    return tuple(text.replace("${", "${$}{") for text in texts)


def effect_of(elements: Mapping[str, Any]) -> Effect:
    """Return the effect of a statement."""
    effect = elements.get("effect")
    if effect not in (Effect.ALLOW, Effect.DENY):
        found = repr(effect[:80]) if isinstance(effect, str) else type(effect).__name__
        raise PolicyDocumentError(f"Effect must be Allow or Deny, not {found}.")
    return Effect(effect)


def exactly_one_of(elements: Mapping[str, Any], name: str) -> None:
    """Raise unless a statement has exactly one of an element and its negation."""
    if (name.lower() in elements) == (f"not{name.lower()}" in elements):
        raise PolicyDocumentError(f"A statement must have either {name} or Not{name}.")


def lower_case(patterns: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """Return action patterns in lower case, because IAM ignores their case."""
    return patterns and tuple(pattern.lower() for pattern in patterns)


def patterns_of(elements: Mapping[str, Any], name: str) -> tuple[str, ...] | None:
    """Return the texts of an element, such as Action; None if the statement does not have it."""
    if name.lower() not in elements:
        return None
    value = elements[name.lower()]
    # Whether IAM ever accepted a null in a list is not documented; it names nothing.
    items = [item for item in value if item is not None] if isinstance(value, (list, tuple)) else [value]
    for item in items:
        if not isinstance(item, str):
            raise PolicyDocumentError(f"{name} must be text or a list of texts, not {type(item).__name__}.")
    return tuple(items)


def conditions_of(block: object) -> tuple[Condition, ...]:
    """Return the lines of a Condition block."""
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
