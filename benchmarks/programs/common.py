"""What the reference programs share: a decision that is as cheap as can be, and what they print."""

import json
from functools import cache
from typing import Any
from urllib.parse import unquote

ADMINISTRATOR_ACCESS = ":iam::aws:policy/AdministratorAccess"
CONNECTIONS = 16


@cache
def full(document: str) -> bool:
    """Whether a document allows everything; URL-encoded documents repeat, so each is decoded once."""
    return allows_all(json.loads(unquote(document)))


def allows_all(document: dict[str, Any]) -> bool:
    """Whether one statement allows every action on every resource."""
    statements = document["Statement"]
    if not isinstance(statements, list):
        statements = [statements]
    return any(s["Effect"] == "Allow" and s.get("Action") == "*" and s.get("Resource") == "*" for s in statements)


def report(users: int, administrators: int, without_mfa: int) -> None:
    """Print what was found; the runner holds it against what the account really has."""
    print(json.dumps({"users": users, "administrators": administrators, "without_mfa": without_mfa}))
