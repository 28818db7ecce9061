"""Stores every answer of AWS as a fixture, without what identifies an account, a person or a secret."""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from botocore.session import Session

ACCOUNT = "123456789012"
_SECRET = frozenset(("Base32StringSeed", "QRCodePNG", "ResultToken", "ReceiptHandle"))
_PATTERNS = (
    (re.compile(r"\b\d{12}\b"), ACCOUNT),
    (re.compile(r"\b(AIDA|AKIA|ASIA|AROA)[A-Z0-9]{12,124}\b"), r"\1EXAMPLEEXAMPLE"),
    (re.compile(r"\b[\w.+-]+@[\w-]+(\.[\w-]+)+\b"), "someone@example.com"),
    (re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "00000000-0000-4000-8000-000000000000"),
    (re.compile(r"\bo-[a-z0-9]{10,32}\b"), "o-exampleorg"),
)


def scrub(value: Any) -> Any:
    """Return a value without ids, addresses and secrets.

    >>> scrub({"Arn": "arn:aws:iam::111122223333:user/ada", "Base32StringSeed": "ABC"})
    {'Arn': 'arn:aws:iam::123456789012:user/ada', 'Base32StringSeed': '...'}
    """
    if isinstance(value, Mapping):
        return {
            name: "..." if name in _SECRET else scrub(item)
            for name, item in value.items()
            if name != "ResponseMetadata"
        }
    if isinstance(value, list | tuple):
        return [scrub(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return "..."
    if not isinstance(value, str):
        return value
    for pattern, replacement in _PATTERNS:
        value = pattern.sub(replacement, value)
    return value


def record(session: Session, folder: Path) -> None:
    """Have every client of a session write its answers into a folder, one file each, in the order of the calls."""
    folder.mkdir(parents=True, exist_ok=True)
    written = 0

    def write(**event: Any) -> None:
        nonlocal written
        written += 1
        model, parsed, http_response = event["model"], event["parsed"], event["http_response"]
        name = f"{written:04}-{model.service_model.service_name}.{model.name}.json"
        content = {"status_code": http_response.status_code, "data": scrub(parsed)}
        (folder / name).write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")

    session.register("after-call", write)
