"""How this product calls AWS: how often it tries, how long it waits, and what it says when it gives up."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError
from botocore.session import Session, get_session
from botocore.utils import parse_timestamp

from admin_mfa.errors import ReadError

MAX_CONNECTIONS = 16
ATTEMPTS = 6
LAST_RETRY_SECONDS = 30.0
"""No retry starts later than this after a call began.

botocore waits 20 seconds at most before it tries again and the attempt then has 10 seconds, so a call has answered
or failed within 60.
"""

CLIENT_CONFIG = Config(
    retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
    connect_timeout=5,
    read_timeout=10,
    max_pool_connections=MAX_CONNECTIONS,
)


def aws_session(botocore_session: Session | None = None) -> Session:
    """Make every client of a botocore session patient in the same way: six attempts, 60 seconds.

    Args:
        botocore_session: The session to prepare; a new one with the default credentials if None.
    """
    session = botocore_session or get_session()
    session.set_default_client_config(CLIENT_CONFIG)
    session.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=moment)
    session.register("before-call", _note_start)
    session.register("needs-retry", _give_up_in_time)
    session.register("before-parse", _reject_invalid_json)
    return session


def moment(value: Any) -> datetime:
    """Read a moment as botocore does, in a thirtieth of the time for the forms in which AWS's services send them."""
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        found = None
    return found if found and found.tzinfo else parse_timestamp(value)


def _note_start(**event: Any) -> None:
    event["params"]["context"]["admin_mfa_start"] = time.monotonic()


def _give_up_in_time(**event: Any) -> None:
    started = event["request_dict"]["context"].get("admin_mfa_start", time.monotonic())
    if time.monotonic() - started < LAST_RETRY_SECONDS:
        return
    if code := error_code(event["response"], event["caught_exception"]):
        operation = event["operation"]
        raise ReadError(
            f"{operation.name} returned no successful response within {LAST_RETRY_SECONDS:.0f} seconds ({code}).",
            action=f"{operation.service_model.signing_name}:{operation.name}",
            code=code,
        )


_JSON = frozenset(("json", "rest-json"))


def _reject_invalid_json(**event: Any) -> None:
    """Raise an error if a body is not JSON. botocore would return an empty answer instead: no results, no refusals."""
    operation, response = event["operation_model"], event["response_dict"]
    if operation.service_model.metadata["protocol"] not in _JSON or response["status_code"] != HTTPStatus.OK:
        return
    try:
        json.loads(response["body"] or b"{}")
    except ValueError as error:
        action = f"{operation.service_model.signing_name}:{operation.name}"
        raise ReadError(f"{action} did not return JSON.", action=action, code="Nonsense") from error


def error_code(response: Any, caught_exception: Exception | None) -> str:
    """Return the error code in what botocore's `needs-retry` event carries; empty for a good answer."""
    if caught_exception is not None:
        return type(caught_exception).__name__
    http, parsed = response
    if http.status_code < HTTPStatus.MULTIPLE_CHOICES:
        return ""
    return str(parsed.get("Error", {}).get("Code") or http.status_code)


@contextmanager
def reading(action: str) -> Iterator[None]:
    """Turn whatever botocore raises into a `ReadError` that names the action.

    Raises:
        ReadError: AWS denied, throttled to the end of all attempts, answered nonsense, or could not be reached.
    """
    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        raise ReadError(
            f"{action} failed ({code}): {error.response['Error'].get('Message', 'no reason given')}",
            action=action,
            code=code,
        ) from error
    except (BotoCoreError, ResponseParserError) as error:
        # These texts can span lines (a parser quotes what it was given); the first one says what went wrong.
        first_line = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ReadError(f"{action} failed: {first_line}", action=action, code=type(error).__name__) from error
