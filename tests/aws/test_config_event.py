"""Test that an event that is not from AWS Config is refused in one sentence, before any call."""

import json
from typing import Any

import pytest

from admin_mfa.aws.config_event import check_event
from admin_mfa.errors import InvalidEventError

SCHEDULED = {"messageType": "ScheduledNotification", "notificationCreationTime": "2026-11-24T03:00:00.000Z"}
CHANGED = {"messageType": "ConfigurationItemChangeNotification", "configurationItem": {"resourceId": "AIDA"}}
WHOLE = {
    "invokingEvent": json.dumps(SCHEDULED),
    "executionRoleArn": "arn:aws:iam::123456789012:role/config",
    "resultToken": "token",
    "configRuleName": "iam-admin-user-mfa-enabled",
}


@pytest.mark.parametrize(
    ("event", "sentence"),
    [
        pytest.param(None, "The event must be an object, not NoneType.", id="nothing"),
        pytest.param({}, "The event must hold the text executionRoleArn.", id="empty"),
        pytest.param(WHOLE | {"resultToken": 1}, "The event must hold the text resultToken.", id="a number as token"),
        pytest.param(WHOLE | {"invokingEvent": "{"}, "invokingEvent must be the text of a JSON object.", id="cut off"),
        pytest.param(WHOLE | {"invokingEvent": {}}, "invokingEvent must be the text of a JSON object.", id="not text"),
        pytest.param(WHOLE | {"invokingEvent": "[]"}, "invokingEvent must be an object, not list.", id="a list"),
        pytest.param(
            WHOLE | {"invokingEvent": "[" * 100_000}, "invokingEvent must be the text of a JSON object.", id="too deep"
        ),
        pytest.param(WHOLE | {"invokingEvent": "{}"}, "invokingEvent must hold the text messageType.", id="no type"),
        pytest.param(
            WHOLE | {"ruleParameters": "nonsense"}, "ruleParameters must be the text of a JSON object.", id="parameters"
        ),
        pytest.param(WHOLE | {"configRuleName": ""}, "The event must hold the text configRuleName.", id="no rule"),
        pytest.param(
            WHOLE | {"invokingEvent": json.dumps(CHANGED)},
            "configurationItem must hold the text configurationItemCaptureTime.",
            id="an incomplete item",
        ),
        pytest.param(
            WHOLE | {"invokingEvent": json.dumps({"messageType": CHANGED["messageType"]})},
            "configurationItem must be an object, not NoneType.",
            id="no item",
        ),
    ],
)
def test_a_malformed_event_is_refused_with_a_reason(event: Any, sentence: str) -> None:
    with pytest.raises(InvalidEventError) as refused:
        check_event(event)
    assert str(refused.value) == sentence


@pytest.mark.parametrize("message_type", ["ScheduledNotification", "SomethingNew"])
def test_complete_events_pass_and_unknown_types_are_left_to_rdklib(message_type: str) -> None:
    check_event(WHOLE | {"invokingEvent": json.dumps(SCHEDULED | {"messageType": message_type})})
