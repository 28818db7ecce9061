"""Trust policies of roles: JSON in, frozen statements out.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from admin_mfa.errors import PolicyDocumentError
from admin_mfa.escalation.snapshot import TrustStatement
from admin_mfa.policy.document import (
    conditions_of,
    decoded,
    effect_of,
    exactly_one_of,
    lower_case,
    patterns_of,
    statement_elements,
)
from admin_mfa.statements import Effect

UNREADABLE_TRUST = (
    TrustStatement(
        effect=Effect.ALLOW,
        actions=("*",),
        principals=(("AWS", "*"), ("Service", "*"), ("Federated", "*")),
        unreadable=True,
    ),
)
"""What stands for a trust policy that IAM has accepted and that could not be read: it could trust anyone."""


def parse_trust(document: str | Mapping[str, Any]) -> tuple[TrustStatement, ...]:
    """Read a role's trust policy, in any of the forms that `parse_document` reads.

    Raises:
        PolicyDocumentError: As `parse_document`.
    """
    return _parse_trust_text(document) if isinstance(document, str) else _trust(document)


@lru_cache(maxsize=4096)
def _parse_trust_text(text: str) -> tuple[TrustStatement, ...]:
    return _trust(decoded(text))


def _trust(document: object) -> tuple[TrustStatement, ...]:
    return tuple(_trust_statement(elements) for elements in statement_elements(document))


def _trust_statement(elements: Mapping[str, Any]) -> TrustStatement:
    exactly_one_of(elements, "Action")
    exactly_one_of(elements, "Principal")
    all_but = "notprincipal" in elements
    return TrustStatement(
        effect=effect_of(elements),
        actions=lower_case(patterns_of(elements, "Action")),
        not_actions=lower_case(patterns_of(elements, "NotAction")),
        principals=_principals(elements["notprincipal" if all_but else "principal"]),
        all_but=all_but,
        conditions=conditions_of(elements.get("condition", {})),
    )


def _principals(block: object) -> tuple[tuple[str, str], ...]:
    if block == "*":
        return (("AWS", "*"),)
    if not isinstance(block, Mapping):
        raise PolicyDocumentError("Principal must be * or an object.")
    return tuple(
        (str(kind), value)
        for kind, values in block.items()
        for value in patterns_of({"principal": values}, "Principal") or ()
    )
