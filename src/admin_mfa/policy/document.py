"""Policy documents: JSON in IAM's grammar in, frozen statements out, and what their patterns cover.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from admin_mfa.errors import PolicyDocumentError
from admin_mfa.model import Condition, Effect, PolicyDocument, Statement, TrustStatement
from admin_mfa.policy.wildcard import matches


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


_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz")
_IN_NAME = _LETTERS | frozenset("0123456789")
_IN_SERVICE = _IN_NAME | frozenset("-:")


def covers(patterns: Iterable[str], prefix: str = "") -> bool:
    """Whether the patterns together match every action that begins with `prefix`.

    Exact for patterns whose wildcards all stand at their end, alone or many together (`a*`, `b*`, … `z*` cover
    everything as `*` does), and for one that covers the prefix alone, such as `ia?:*` all of IAM. Several patterns
    with a wildcard in the middle, as in `iam:*User*`, are taken to leave something out.

    Args:
        patterns: Lower-case action patterns.
        prefix: Lower case; empty for all actions of all services.

    >>> covers(["*:*"]), covers(["s3:*", "iam:*"]), covers(["iam:get*"], "iam:"), covers(["i*"], "iam:")
    (True, False, False, True)
    """
    told = tuple(patterns)
    if any(pattern.endswith("*") and matches(pattern, prefix) for pattern in told):
        return True
    return _heads_cover({head for pattern in told if (head := _head(pattern)) is not None}, prefix)


def _heads_cover(heads: set[str], prefix: str) -> bool:
    if any(prefix.startswith(head) for head in heads):
        return True
    longer = {head for head in heads if head.startswith(prefix)}
    following = _following(prefix)
    # Looking one character ahead keeps the work linear: going deeper takes one head for each character that may follow.
    if not following <= {head[len(prefix)] for head in longer}:
        return False
    return all(_heads_cover(longer, prefix + character) for character in following)


def _following(prefix: str) -> frozenset[str]:
    """Return the characters that can follow in the name of an action: services and actions begin with a letter."""
    if not prefix or prefix.endswith(":"):
        return _LETTERS
    return _IN_NAME if ":" in prefix else _IN_SERVICE


def _head(pattern: str) -> str | None:
    """Return what begins all actions that the pattern covers, or None if it covers no whole prefix.

    `*:*` is every action, because each has a colon, and so is `?*`, because none is empty. Likewise `s*:*` is `s*`.
    """
    service, colon, name = pattern.partition(":")
    if colon and _everything(name) and (_everything(service) or _open_ended(service)):
        pattern = service
    head = pattern.rstrip("*?")
    if "*" in head or "?" in head or not _everything(pattern[len(head) :]):
        return None
    # Only behind a service or its colon is one more character sure to follow.
    return head if "?" not in pattern or ":" not in head or head.endswith(":") else None


def _everything(pattern: str) -> bool:
    """Whether the pattern matches every text that is not empty. A second `?` would leave the shortest texts out."""
    return "*" in pattern and not pattern.strip("*?") and pattern.count("?") <= 1


def _open_ended(service: str) -> bool:
    return service.endswith("*") and not service.rstrip("*").endswith("?")


def every_resource(statement: Statement) -> bool:
    """Whether the statement speaks of every resource, or of all but a part.

    A list is as wide as its widest pattern. `arn:*` and `arn:aws:*` count: all that they leave out are actions that
    have no resource. NotResource counts unless it excludes everything.

    >>> but_one_bucket = Statement(effect=Effect.ALLOW, actions=("*",), not_resources=("arn:aws:s3:::logs",))
    >>> every_resource(but_one_bucket)
    True
    """
    if statement.not_resources is not None:
        return not any(_every_arn(pattern) for pattern in statement.not_resources)
    return any(_every_arn(pattern) for pattern in statement.resources or ())


def _every_arn(pattern: str) -> bool:
    """Whether the pattern matches ARNs that have nothing in common but the partition and the form of an ARN.

    Each stands for a kind of ARN: without a region, without an account, with slashes and colons in the resource.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
    """
    if not pattern.endswith(("*", "?")):
        return False  # an ARN in full, as nearly all are
    parts = pattern.split(":", 2)
    # Taken literally where it has a wildcard, as in arn:aws-cn*: the pattern then matches that text too.
    partition = parts[1] if len(parts) > 1 and parts[1].startswith("aws") else "aws"
    return all(matches(pattern, f"arn:{partition}:{rest}") for rest in ("b::0:c", "d:e::f", "gh:ij:12:kl/mn:op"))


def every_resource_exactly(statement: Statement) -> bool:
    """Whether the statement speaks of every resource without exception, as a Deny that clears must."""
    return any(pattern and not pattern.strip("*") for pattern in statement.resources or ())
