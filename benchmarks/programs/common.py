"""Share the minimal decision and the output of the reference programs."""

import json
from functools import cache
from typing import Any
from urllib.parse import unquote

ADMINISTRATOR_ACCESS = ":iam::aws:policy/AdministratorAccess"
CONNECTIONS = 16


@cache
def full(document: str) -> bool:
    """Return whether a document allows everything; URL-encoded documents repeat, so each is decoded once."""
    return allows_all(json.loads(unquote(document)))


def allows_all(document: dict[str, Any]) -> bool:
    """Return whether one statement allows every action on every resource."""
    statements = document["Statement"]
    if not isinstance(statements, list):
        statements = [statements]
    return any(s["Effect"] == "Allow" and s.get("Action") == "*" and s.get("Resource") == "*" for s in statements)


def report(users: int, administrators: int, without_mfa: int) -> None:
    """Print the totals as JSON."""
    print(json.dumps({"users": users, "administrators": administrators, "without_mfa": without_mfa}))
