"""Test that IAM events start evaluations of the right rules, with as few as possible and without missing one."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from admin_mfa.aws.reevaluate import ACTIONS, Outcome, newest, start_evaluations
from admin_mfa.aws.rules import Source
from admin_mfa.aws.session import aws_session
from admin_mfa.errors import EvaluationError, ReadError
from demo.emulator import EmbeddedAws, Kind
from tests.support.handler import RULE, handle

FUNCTION = f"arn:aws:lambda:us-east-1:123456789012:function:{RULE}"
SOURCE = Source(function_arn=FUNCTION, rule_name=RULE)
PACKED = f"{RULE}-conformance-pack-abc123xyz"


@pytest.fixture
def now(aws: EmbeddedAws) -> Iterator[datetime]:
    moment = datetime.now(UTC)
    aws.config.rule(RULE, {"AssumeRoleMode": "false"})
    aws.config.set_clock(lambda: moment)
    yield moment
    aws.config.set_clock(lambda: datetime.now(UTC))


def started(newest_event: datetime | None) -> Outcome:
    return start_evaluations(aws_session(), SOURCE, newest_event)


def another_rule(aws: EmbeddedAws, name: str, function: str) -> None:
    source = {"Owner": "CUSTOM_LAMBDA", "SourceIdentifier": function}
    details = [{"EventSource": "aws.config", "MessageType": "ScheduledNotification"}]
    rule = {"ConfigRuleName": name, "Source": {**source, "SourceDetails": details}}
    aws.client("config").put_config_rule(ConfigRule=rule)


def test_an_evaluation_of_the_rule_is_started(aws: EmbeddedAws, now: datetime) -> None:
    assert started(now) == Outcome(started=(RULE,))
    assert aws.config.pending() == (RULE,)


def packed(aws: EmbeddedAws) -> None:
    aws.config.rule(PACKED, {"AssumeRoleMode": "false"}, function=RULE, pack=RULE)


def test_the_rule_of_our_conformance_pack_is_started(aws: EmbeddedAws, now: datetime) -> None:
    aws.client("config").delete_config_rule(ConfigRuleName=RULE)
    packed(aws)
    another_rule(aws, "of-another-team", FUNCTION.replace(RULE, "other"))
    assert started(now) == Outcome(started=(PACKED,))
    assert aws.config.pending() == (PACKED,)


def test_a_rule_that_merely_names_our_function_is_not_started(aws: EmbeddedAws, now: datetime) -> None:
    another_rule(aws, PACKED, FUNCTION)
    assert started(now) == Outcome(started=(RULE,), untrusted=(PACKED,))
    assert aws.config.pending() == (RULE,)


def test_the_stacks_rule_is_started_even_if_the_packs_cannot_be_read(aws: EmbeddedAws, now: datetime) -> None:
    packed(aws)
    aws.faults.add("config:DescribeConformancePackCompliance", Kind.ACCESS_DENIED, times=None)
    with pytest.raises(ReadError, match="config:DescribeConformancePackCompliance"):
        started(now)
    assert aws.config.pending() == (RULE,)


def test_both_trusted_rules_are_started(aws: EmbeddedAws, now: datetime) -> None:
    packed(aws)
    assert started(now) == Outcome(started=(RULE, PACKED))


def test_a_rule_on_a_later_page_is_found(aws: EmbeddedAws, now: datetime) -> None:
    for number in range(120):
        another_rule(aws, f"a-{number:03}", FUNCTION.replace(RULE, "other"))
    assert started(now) == Outcome(started=(RULE,))
    assert aws.calls.counts()["config:DescribeConfigRules"] > 1


def test_without_a_rule_nothing_is_started(aws: EmbeddedAws, now: datetime) -> None:
    aws.client("config").delete_config_rule(ConfigRuleName=RULE)
    assert started(now) == Outcome()


@pytest.mark.parametrize(
    ("age", "judged"),
    [
        pytest.param(timedelta(0), False, id="the run began with the event"),
        pytest.param(timedelta(seconds=60), False, id="IAM may not have been consistent when the run began"),
        pytest.param(timedelta(seconds=61), True, id="the run began after IAM was consistent"),
    ],
)
@pytest.mark.usefixtures("now")
def test_an_event_that_the_latest_run_covers_starts_nothing(aws: EmbeddedAws, age: timedelta, *, judged: bool) -> None:
    aws.config.invoke(handle, rule_name=RULE)
    (status,) = aws.client("config").describe_config_rule_evaluation_status()["ConfigRulesEvaluationStatus"]
    event = status["LastSuccessfulInvocationTime"] - age
    assert started(event) == (Outcome(judged=(RULE,)) if judged else Outcome(started=(RULE,)))


def test_an_event_without_a_time_always_starts_an_evaluation(aws: EmbeddedAws, now: datetime) -> None:
    aws.config.invoke(handle, rule_name=RULE)
    aws.config.set_clock(lambda: now + timedelta(hours=1))
    assert started(None) == Outcome(started=(RULE,))


def test_an_event_within_a_minute_of_a_start_is_postponed_without_a_retry(aws: EmbeddedAws, now: datetime) -> None:
    started(now)
    aws.calls.clear()
    assert started(now) == Outcome(postponed=(RULE,))
    assert aws.calls.counts()["config:StartConfigRulesEvaluation"] == 1


def test_an_event_during_a_pending_run_is_postponed(aws: EmbeddedAws, now: datetime) -> None:
    started(now)
    aws.config.set_clock(lambda: now + timedelta(minutes=5))
    assert started(now + timedelta(minutes=5)) == Outcome(postponed=(RULE,))


@pytest.mark.parametrize("call", ["DescribeConfigRuleEvaluationStatus", "StartConfigRulesEvaluation"])
def test_a_rule_deleted_in_the_meantime_is_not_an_error(aws: EmbeddedAws, now: datetime, call: str) -> None:
    own, deleted = aws_session(), list[object]()

    def delete(**_: object) -> None:
        if not deleted:
            deleted.append(aws.client("config").delete_config_rule(ConfigRuleName=RULE))

    own.register(f"before-call.config.{call}", delete)
    assert start_evaluations(own, SOURCE, now) == Outcome()


@pytest.mark.parametrize("action", ACTIONS)
def test_a_denial_is_an_error(aws: EmbeddedAws, now: datetime, action: str) -> None:
    aws.client("config").delete_config_rule(ConfigRuleName=RULE)
    packed(aws)
    aws.faults.add(action, Kind.ACCESS_DENIED, times=None)
    with pytest.raises((ReadError, EvaluationError), match="AccessDenied"):
        started(now)
    assert aws.config.pending() == ()


@pytest.mark.parametrize("accepted", [True, False])
def test_rules_of_packs_are_started_where_config_takes_them_and_others_in_any_case(
    aws: EmbeddedAws, now: datetime, *, accepted: bool
) -> None:
    packed(aws)
    aws.config.rule(f"{RULE}-conformance-pack-zzz", {"AssumeRoleMode": "false"}, function=RULE, pack=RULE)
    aws.config.decide(starts_pack_rules=accepted)
    if accepted:
        assert PACKED in started(now).started
    else:
        with pytest.raises(
            EvaluationError, match=rf"no evaluation of {PACKED} .*no evaluation of {RULE}-conformance-pack-zzz "
        ):
            started(now)
    assert set(aws.config.pending()) == {RULE} | ({PACKED, f"{RULE}-conformance-pack-zzz"} if accepted else set())


@pytest.mark.parametrize(
    ("bodies", "expected"),
    [
        pytest.param([], None, id="no event"),
        pytest.param(['{"time": "2026-11-24T03:00:00Z"}'], datetime(2026, 11, 24, 3, tzinfo=UTC), id="one"),
        pytest.param(
            ['{"time": "2026-11-24T05:00:00+02:00"}', '{"time": "2026-11-24T02:00:00Z"}'],
            datetime(2026, 11, 24, 3, tzinfo=UTC),
            id="the newest, in any time zone",
        ),
        pytest.param(['{"time": "2026-11-24T03:00:00Z"}', "{}"], None, id="one without a time"),
        pytest.param(["moved by hand"], None, id="not JSON"),
        pytest.param(["[]"], None, id="a list"),
        pytest.param(['{"time": 1795505925}'], None, id="a number"),
        pytest.param(['{"time": "yesterday"}'], None, id="not a time"),
        pytest.param(
            [json.dumps({"time": "2026-11-24T03:00:00"})], datetime(2026, 11, 24, 3, tzinfo=UTC), id="no time zone"
        ),
    ],
)
def test_the_newest_event_is_found_by_its_time(bodies: list[str], expected: datetime | None) -> None:
    assert newest(bodies) == expected
