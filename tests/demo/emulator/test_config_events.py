"""Events are those that AWS Config sends, and handlers are called as Lambda calls them."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from demo.emulator import EmbeddedAws, EmbeddedAwsError

EVENTS = Path(__file__).parents[2] / "events"
RULE = "iam-admin-user-mfa-enabled"
MOMENT = datetime(2026, 11, 24, 3, tzinfo=UTC)
DOCUMENT = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


@pytest.fixture
def seeded(aws: EmbeddedAws) -> EmbeddedAws:
    aws.config.set_clock(lambda: MOMENT)
    aws.config.rule(RULE, {"AllowedMfaTypes": "any"}, change_triggered=True)
    aws.iam.user(
        "ada",
        policies=("AdministratorAccess",),
        inline={"all": DOCUMENT},
        groups=("ops",),
        tags={"team": "red"},
        boundary="ReadOnlyAccess",
        devices=("virtual",),
    )
    return aws


def shape(value: object) -> object:
    """The members of a value, and of what is in it, without what they hold."""
    if isinstance(value, dict):
        return {name: shape(member) for name, member in value.items()}
    return [shape(value[0])] if isinstance(value, list) and value else type(value).__name__


def opened(event: dict[str, Any]) -> dict[str, Any]:
    texts = ("invokingEvent", "ruleParameters")
    return {name: json.loads(value) if name in texts else value for name, value in event.items()}


@pytest.mark.parametrize("kind", ["scheduled", "change", "oversized", "deleted"])
def test_events_have_the_members_of_those_that_config_sends(seeded: EmbeddedAws, kind: str) -> None:
    build: Any = getattr(seeded.config, f"{kind}_event")
    event = build(RULE) if kind == "scheduled" else build(RULE, "ada")
    expected = json.loads((EVENTS / f"{kind}.json").read_text(encoding="utf-8"))
    assert {type(one["invokingEvent"]) for one in (event, expected)} == {str}
    assert shape(opened(event)) == shape(opened(expected))


def test_a_configuration_item_holds_policies_but_no_device(seeded: EmbeddedAws) -> None:
    event = seeded.config.change_event(RULE, "ada")
    item = json.loads(event["invokingEvent"])["configurationItem"]
    held = item["configuration"]
    assert held.pop("createDate")
    inline = held.pop("userPolicyList")
    assert json.loads(unquote(inline[0]["policyDocument"])) == DOCUMENT
    assert "%22" in inline[0]["policyDocument"]
    assert held == {
        "path": "/",
        "userName": "ada",
        "userId": seeded.iam.user_id("ada"),
        "arn": "arn:aws:iam::123456789012:user/ada",
        "groupList": ["ops"],
        "attachedManagedPolicies": [
            {"policyName": "AdministratorAccess", "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}
        ],
        "permissionsBoundary": {
            "permissionsBoundaryType": "Policy",
            "permissionsBoundaryArn": "arn:aws:iam::aws:policy/ReadOnlyAccess",
        },
        "tags": [{"key": "team", "value": "red"}],
    }
    assert (item["resourceId"], item["resourceName"]) == (seeded.iam.user_id("ada"), "ada")


def test_the_item_that_was_too_big_is_in_the_history(seeded: EmbeddedAws) -> None:
    event = seeded.config.oversized_event(RULE, "ada")
    summary = json.loads(event["invokingEvent"])["configurationItemSummary"]
    assert "configuration" not in summary
    (item,) = seeded.client("config").get_resource_config_history(
        resourceType=summary["resourceType"], resourceId=summary["resourceId"], laterTime=MOMENT, limit=1
    )["configurationItems"]
    assert (json.loads(item["configuration"])["userName"], item["configurationItemCaptureTime"]) == ("ada", MOMENT)


def test_a_deleted_users_event_has_no_configuration_and_has_left_the_scope(seeded: EmbeddedAws) -> None:
    event = seeded.config.deleted_event(RULE, "ada")
    item = json.loads(event["invokingEvent"])["configurationItem"]
    assert (item["configuration"], item["configurationItemStatus"], event["eventLeftScope"]) == (
        None,
        "ResourceDeleted",
        True,
    )


def test_each_event_has_a_token_of_its_own(seeded: EmbeddedAws) -> None:
    tokens = {seeded.config.scheduled_event(RULE)["resultToken"] for _ in range(3)}
    assert len(tokens) == 3


def test_a_handler_that_fails_is_called_again_with_the_same_event(seeded: EmbeddedAws) -> None:
    seen: list[str] = []

    def handler(event: dict[str, Any], context: Any) -> str:
        seen.append(event.pop("resultToken"))
        assert context.get_remaining_time_in_millis() > 0
        if len(seen) < 3:
            raise RuntimeError("not yet")
        return "done"

    assert seeded.config.invoke(handler, rule_name=RULE, retries=2) == "done"
    assert len(seen) == 3
    assert len(set(seen)) == 1


def test_a_handlers_last_failure_is_raised(seeded: EmbeddedAws) -> None:
    def handler(event: dict[str, Any], context: Any) -> None:
        raise RuntimeError(f"{event['configRuleName']} on {context.function_name}")

    with pytest.raises(RuntimeError, match="iam-admin-user-mfa-enabled on iam-admin-user-mfa-enabled"):
        seeded.config.invoke(handler, rule_name=RULE)


def test_what_a_handler_returns_must_be_json(seeded: EmbeddedAws) -> None:
    with pytest.raises(TypeError, match="datetime is not JSON serializable"):
        seeded.config.invoke(lambda *_: MOMENT, rule_name=RULE)


@pytest.mark.parametrize(
    ("rule", "user", "message"),
    [
        pytest.param("x", "ada", "there is no rule x", id="no rule"),
        pytest.param(RULE, "x", "there is no user x", id="no user"),
    ],
)
def test_an_event_about_nothing_is_a_mistake_of_the_test(
    seeded: EmbeddedAws, rule: str, user: str, message: str
) -> None:
    with pytest.raises(EmbeddedAwsError, match=f"^{message}$"):
        seeded.config.change_event(rule, user)
