"""AWS Config's events, looked at before anything is done because of one.

Source: https://docs.aws.amazon.com/config/latest/developerguide/evaluate-config_develop-rules_example-events.html
"""

import json
from collections.abc import Mapping
from typing import Any

from admin_mfa.errors import InvalidEventError

_ITEM = ("configurationItemCaptureTime", "configurationItemStatus", "resourceId", "resourceType")

_TEXTS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "ScheduledNotification": {"": ("configRuleName",), "invokingEvent": ("notificationCreationTime",)},
    "ConfigurationItemChangeNotification": {"configurationItem": _ITEM},
    "OversizedConfigurationItemChangeNotification": {
        "configurationItemSummary": ("resourceId", "resourceType"),
        "invokingEvent": ("notificationCreationTime", "recordVersion"),
    },
}
"""The texts that an answer to each type of message takes, by the part of the event that holds them."""


def check_event(event: object) -> None:
    """Refuse what is no event of AWS Config, before rdklib stumbles over it.

    Message types that nobody knows are left to rdklib, which refuses them by name.

    Raises:
        InvalidEventError: A part is missing or is not what it must be; the text names it.
    """
    whole = _mapping(event, "The event")
    _texts(whole, "The event", ("executionRoleArn", "resultToken"))
    invoking = _decoded(whole, "invokingEvent")
    if "ruleParameters" in whole:
        _decoded(whole, "ruleParameters")
    _texts(invoking, "invokingEvent", ("messageType",))
    needed = _TEXTS.get(invoking["messageType"], {})
    for part, names in needed.items():
        if part in ("", "invokingEvent"):
            _texts(invoking if part else whole, part or "The event", names)
        else:
            _texts(_mapping(invoking.get(part), part), part, names)
            if not isinstance(whole.get("eventLeftScope"), bool):
                raise InvalidEventError("The event must say whether it left the scope (eventLeftScope, true or false).")


def _decoded(event: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return the object that the event holds as a JSON text."""
    try:
        return _mapping(json.loads(event.get(name, "")), name)
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidEventError(f"{name} must be the text of a JSON object.") from error


def _mapping(value: object, name: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidEventError(f"{name} must be an object, not {type(value).__name__}.")
    return value


def _texts(part: Mapping[str, Any], name: str, texts: tuple[str, ...]) -> None:
    for text in texts:
        if not (isinstance(part.get(text), str) and part[text]):
            raise InvalidEventError(f"{name} must hold the text {text}.")
