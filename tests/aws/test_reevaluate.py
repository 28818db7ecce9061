"""Events of IAM start evaluations: of the right rules, as few as will do, and never none by mistake."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from admin_mfa.aws.reevaluate import ACTIONS, Outcome, newest, start_evaluations
from admin_mfa.aws.session import aws_session
from admin_mfa.errors import EvaluationError, ReadError
from demo.emulator import EmbeddedAws, Kind
from tests.support.handler import RULE, handle

FUNCTION = f"arn:aws:lambda:us-east-1:123456789012:function:{RULE}"
PACKED = f"{RULE}-conformance-pack-abc123xyz"


@pytest.fixture
def now(aws: EmbeddedAws) -> Iterator[datetime]:
    moment = datetime.now(UTC)
    aws.config.rule(RULE, {"AssumeRoleMode": "false"})
    aws.config.set_clock(lambda: moment)
    yield moment
    aws.config.set_clock(lambda: datetime.now(UTC))


def started(newest_event: datetime | None) -> Outcome:
    return start_evaluations(aws_session(), FUNCTION, newest_event)


def another_rule(aws: EmbeddedAws, name: str, function: str) -> None:
    source = {"Owner": "CUSTOM_LAMBDA", "SourceIdentifier": function}
    details = [{"EventSource": "aws.config", "MessageType": "ScheduledNotification"}]
    rule = {"ConfigRuleName": name, "Source": {**source, "SourceDetails": details}}
    aws.client("config").put_config_rule(ConfigRule=rule)


def test_an_evaluation_of_the_rule_is_started(aws: EmbeddedAws, now: datetime) -> None:
    assert started(now) == Outcome(started=(RULE,))
    assert aws.config.pending() == (RULE,)


def test_the_rule_is_whichever_invokes_our_function(aws: EmbeddedAws, now: datetime) -> None:
    aws.client("config").delete_config_rule(ConfigRuleName=RULE)
    another_rule(aws, PACKED, FUNCTION)
    another_rule(aws, "somebody-elses", FUNCTION.replace(RULE, "other"))
    assert started(now) == Outcome(started=(PACKED,))
    assert aws.config.pending() == (PACKED,)


def test_two_rules_on_one_function_are_started_both(aws: EmbeddedAws, now: datetime) -> None:
    another_rule(aws, PACKED, FUNCTION)
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
        pytest.param(timedelta(seconds=60), False, id="IAM may not have settled when the run began"),
        pytest.param(timedelta(seconds=61), True, id="the run began after IAM had settled"),
    ],
)
@pytest.mark.usefixtures("now")
def test_what_the_newest_run_has_judged_starts_nothing(aws: EmbeddedAws, age: timedelta, *, judged: bool) -> None:
    aws.config.invoke(handle, rule_name=RULE)
    (status,) = aws.client("config").describe_config_rule_evaluation_status()["ConfigRulesEvaluationStatus"]
    event = status["LastSuccessfulInvocationTime"] - age
    assert started(event) == (Outcome(judged=(RULE,)) if judged else Outcome(started=(RULE,)))


def test_an_event_without_a_time_starts_in_any_case(aws: EmbeddedAws, now: datetime) -> None:
    aws.config.invoke(handle, rule_name=RULE)
    aws.config.set_clock(lambda: now + timedelta(hours=1))
    assert started(None) == Outcome(started=(RULE,))


def test_within_a_minute_of_a_start_it_is_postponed_without_a_second_try(aws: EmbeddedAws, now: datetime) -> None:
    started(now)
    aws.calls.clear()
    assert started(now) == Outcome(postponed=(RULE,))
    assert aws.calls.counts()["config:StartConfigRulesEvaluation"] == 1


def test_while_a_run_is_pending_it_is_postponed(aws: EmbeddedAws, now: datetime) -> None:
    started(now)
    aws.config.set_clock(lambda: now + timedelta(minutes=5))
    assert started(now + timedelta(minutes=5)) == Outcome(postponed=(RULE,))


@pytest.mark.parametrize("call", ["DescribeConfigRuleEvaluationStatus", "StartConfigRulesEvaluation"])
def test_a_rule_that_vanishes_meanwhile_is_nobodys_error(aws: EmbeddedAws, now: datetime, call: str) -> None:
    own, deleted = aws_session(), list[object]()

    def delete(**_: object) -> None:
        if not deleted:
            deleted.append(aws.client("config").delete_config_rule(ConfigRuleName=RULE))

    own.register(f"before-call.config.{call}", delete)
    assert start_evaluations(own, FUNCTION, now) == Outcome()


@pytest.mark.parametrize("action", ACTIONS)
def test_a_denial_is_an_error(aws: EmbeddedAws, now: datetime, action: str) -> None:
    aws.faults.add(action, Kind.ACCESS_DENIED, times=None)
    with pytest.raises((ReadError, EvaluationError), match="AccessDenied"):
        started(now)
    assert aws.config.pending() == ()


@pytest.mark.parametrize("accepted", [True, False])
def test_rules_of_packs_are_started_where_config_takes_them_and_others_in_any_case(
    aws: EmbeddedAws, now: datetime, *, accepted: bool
) -> None:
    aws.config.rule(PACKED, function=RULE, created_by="config-conforms.amazonaws.com")
    aws.config.rule(f"{RULE}-of-another-stack", function=RULE)
    aws.config.decide(starts_pack_rules=accepted)
    if accepted:
        assert PACKED in started(now).started
    else:
        with pytest.raises(EvaluationError, match=f"no evaluation of {PACKED} .InsufficientPermissions"):
            started(now)
    assert set(aws.config.pending()) == {RULE, f"{RULE}-of-another-stack"} | ({PACKED} if accepted else set())


@pytest.mark.parametrize(
    ("bodies", "expected"),
    [
        pytest.param([], None, id="no event"),
        pytest.param(['{"time": "2026-11-24T03:00:00Z"}'], datetime(2026, 11, 24, 3, tzinfo=UTC), id="one"),
        pytest.param(
            ['{"time": "2026-11-24T05:00:00+02:00"}', '{"time": "2026-11-24T02:00:00Z"}'],
            datetime(2026, 11, 24, 3, tzinfo=UTC),
            id="the newest, whatever its zone",
        ),
        pytest.param(['{"time": "2026-11-24T03:00:00Z"}', "{}"], None, id="one without a time"),
        pytest.param(["moved by hand"], None, id="no JSON"),
        pytest.param(["[]"], None, id="a list"),
        pytest.param(['{"time": 1795505925}'], None, id="a number"),
        pytest.param(['{"time": "yesterday"}'], None, id="no time"),
        pytest.param(
            [json.dumps({"time": "2026-11-24T03:00:00"})], datetime(2026, 11, 24, 3, tzinfo=UTC), id="no zone"
        ),
    ],
)
def test_the_newest_event_is_told_by_its_time(bodies: list[str], expected: datetime | None) -> None:
    assert newest(bodies) == expected
