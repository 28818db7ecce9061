"""Each alarm rings for the fault it is about and for no sound run, and shows metrics that the code really emits."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from admin_mfa.errors import AdminMfaError
from demo.emulator import EmbeddedAws, Kind
from tests.deploy.reevaluating import reevaluate
from tests.deploy.templates import Resolver, of_type
from tests.support.handler import RULE, handle, prepare

RESOURCES = Resolver({"MaximumExecutionFrequency": "One_Hour"}).resources()
ALARMS = of_type(RESOURCES, "AWS::CloudWatch::Alarm")
START = datetime(2026, 11, 24, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Point:
    at: datetime
    value: float


Metrics = dict[tuple[str, str], list[Point]]


def state(alarm: dict[str, Any], metrics: Metrics, now: datetime) -> str:
    """What CloudWatch would say at a moment of a metric's points: every period must breach."""
    assert alarm["Statistic"] in {"Sum", "Maximum"}
    points = metrics.get((alarm["Namespace"], alarm["MetricName"]), [])
    verdicts = []
    for number in range(alarm["EvaluationPeriods"]):
        end = now - number * timedelta(seconds=alarm["Period"])
        begin = end - timedelta(seconds=alarm["Period"])
        values = [point.value for point in points if begin <= point.at < end]
        if values:
            value = sum(values) if alarm["Statistic"] == "Sum" else max(values)
            verdicts.append(_breaches(alarm, value))
        else:
            verdicts.append({"breaching": True, "notBreaching": False}[alarm["TreatMissingData"]])
    return "ALARM" if all(verdicts) else "OK"


def _breaches(alarm: dict[str, Any], value: float) -> bool:
    compared = {
        "GreaterThanOrEqualToThreshold": value >= alarm["Threshold"],
        "LessThanThreshold": value < alarm["Threshold"],
    }
    return bool(compared[alarm["ComparisonOperator"]])


class Watched:
    """A rule that runs every hour, as CloudWatch sees it."""

    def __init__(self, aws: EmbeddedAws, capsys: pytest.CaptureFixture[str]) -> None:
        self.aws = aws
        self.metrics: Metrics = {}
        self._capsys = capsys

    def run(self, at: datetime) -> None:
        """Let AWS Config start a run, with two retries, and Lambda count its errors."""
        event = self.aws.config.scheduled_event(RULE)
        for _ in range(3):
            self._capsys.readouterr()
            failed = _fails(lambda: self.aws.config.invoke(handle, rule_name=RULE, event=event))
            for name, value in emitted(self._capsys.readouterr().out).items():
                self._add("AdminMfa", name, at, value)
            self._add("AWS/Lambda", "Errors", at, failed)
            if not failed:
                return
        # What failed for the last time, Lambda sends to the queue.
        self._add("AWS/SQS", "ApproximateNumberOfMessagesVisible", at, 1)

    def events(self, at: datetime, *, tries: int) -> None:
        """Let an event of IAM wait in the queue, tried every five minutes, until it is answered or given up."""
        for number in range(tries):
            moment = at + number * timedelta(minutes=5)
            self._add("AWS/SQS", "ApproximateAgeOfOldestMessage", moment, (moment - at).total_seconds())
            answer: list[Any] = []
            failed = _fails(lambda: answer.append(reevaluate(self.aws, at)))  # noqa: B023 - called at once
            self._add("AWS/Lambda", "Errors", moment, failed)
            if answer and not answer[0]["batchItemFailures"]:
                return
        given_up = RESOURCES["IamEventsQueue"]["Properties"]["RedrivePolicy"]["maxReceiveCount"]
        if tries >= given_up:
            self._add("AWS/SQS", "ApproximateNumberOfMessagesVisible", at + tries * timedelta(minutes=5), 1)

    def _add(self, namespace: str, name: str, at: datetime, value: float) -> None:
        self.metrics.setdefault((namespace, name), []).append(Point(at=at, value=value))


def _fails(act: Callable[[], object]) -> int:
    try:
        act()
    except AdminMfaError:
        return 1
    return 0


def emitted(text: str) -> dict[str, float]:
    """The values of all metrics in what a function printed."""
    found: dict[str, float] = {}
    for line in text.splitlines():
        if '"CloudWatchMetrics"' in line:
            emf = json.loads(line)
            (about,) = emf["_aws"]["CloudWatchMetrics"]
            assert about["Namespace"] == "AdminMfa"
            found |= {metric["Name"]: sum(emf[metric["Name"]]) for metric in about["Metrics"]}
    return found


@pytest.fixture
def watched(aws: EmbeddedAws, capsys: pytest.CaptureFixture[str]) -> Watched:
    aws.iam.user("ada", policies=("AdministratorAccess",))
    prepare(aws)
    return Watched(aws, capsys)


def hours(count: float) -> datetime:
    return START + timedelta(hours=count)


def test_no_alarm_rings_while_everything_works(watched: Watched) -> None:
    for hour in range(3):
        watched.run(hours(hour))
    watched.events(hours(2), tries=1)
    assert {name: state(alarm, watched.metrics, hours(3)) for name, alarm in ALARMS.items()} == dict.fromkeys(
        ALARMS, "OK"
    )


def _denied(watched: Watched) -> datetime:
    watched.aws.faults.add("iam:GetAccountSummary", Kind.ACCESS_DENIED, times=None)
    watched.run(hours(0))
    return hours(0) + timedelta(minutes=5)


def _denied_for_two_hours(watched: Watched) -> datetime:
    watched.run(hours(0))
    watched.aws.faults.add("iam:GetAccountSummary", Kind.ACCESS_DENIED, times=None)
    watched.run(hours(1))
    watched.run(hours(2))
    return hours(3)


def _recorder_stopped(watched: Watched) -> datetime:
    watched.run(hours(0))
    return hours(3)


def _start_denied(watched: Watched) -> datetime:
    watched.aws.faults.add("config:StartConfigRulesEvaluation", Kind.ACCESS_DENIED, times=None)
    watched.events(hours(0), tries=1)
    return hours(0) + timedelta(minutes=5)


def _run_never_ends(watched: Watched) -> datetime:
    reevaluate(watched.aws, hours(0))
    watched.events(hours(0), tries=7)
    return hours(0) + timedelta(minutes=35)


def _given_up(watched: Watched) -> datetime:
    reevaluate(watched.aws, hours(0))
    watched.events(hours(0), tries=20)
    return hours(0) + timedelta(minutes=105)


FAULTS = [
    pytest.param("RuleErrorsAlarm", _denied, id="a run fails"),
    pytest.param("FailedRunsAlarm", _denied, id="a run fails three times"),
    pytest.param("RuleNotCompletedAlarm", _denied_for_two_hours, id="runs fail for two periods"),
    pytest.param("RuleNotCompletedAlarm", _recorder_stopped, id="nothing runs for two periods"),
    pytest.param("ReevaluateErrorsAlarm", _start_denied, id="no evaluation may be started"),
    pytest.param("QueueAgeAlarm", _run_never_ends, id="events wait for half an hour"),
    pytest.param("DeadLettersAlarm", _given_up, id="events are given up"),
]


@pytest.mark.parametrize(("alarm", "fault"), FAULTS)
def test_an_alarm_rings_for_its_fault(watched: Watched, alarm: str, fault: Callable[[Watched], datetime]) -> None:
    now = fault(watched)
    assert state(ALARMS[alarm], watched.metrics, now) == "ALARM"
    assert state(ALARMS[alarm], watched.metrics, START - timedelta(days=1)) == (
        "ALARM" if ALARMS[alarm]["TreatMissingData"] == "breaching" else "OK"
    )


def test_every_alarm_of_the_rule_and_of_its_events_is_tried() -> None:
    """Alarms of the remediation are tried where it is tested; one of ours that nobody tries fails here."""
    tried = {str(parameter.values[0]) for parameter in FAULTS}
    named = {name for name, alarm in ALARMS.items() if "Remediation" not in name and "Helper" not in name}
    assert named == tried


def test_one_failed_period_does_not_ring_that_nothing_completed(watched: Watched) -> None:
    watched.run(hours(0))
    watched.aws.faults.add("iam:GetAccountSummary", Kind.ACCESS_DENIED, times=3)
    watched.run(hours(1))
    assert state(ALARMS["RuleNotCompletedAlarm"], watched.metrics, hours(2)) == "OK"


# Metrics


def test_alarms_and_dashboard_show_what_the_functions_emit(
    watched: Watched, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    watched.aws.config.invoke(handle, rule_name=RULE)
    rule = emitted(capsys.readouterr().out)
    reevaluate(watched.aws, datetime.now(UTC))
    small = emitted(capsys.readouterr().out)
    body = json.loads(RESOURCES["Dashboard"]["Properties"]["DashboardBody"])
    shown = {
        (metric[3], metric[1])
        for widget in body["widgets"]
        for metric in widget["properties"].get("metrics", [])
        if metric[0] == "AdminMfa"
    }
    emits = {(RULE, name) for name in rule} | {(f"{RULE}-reevaluate", name) for name in small}
    assert {found for found in shown if found[0] in {RULE, f"{RULE}-reevaluate"}} == emits
    for name, alarm in ALARMS.items():
        if alarm["Namespace"] == "AdminMfa" and "Remediation" not in name:
            assert alarm["Dimensions"] == [{"Name": "service", "Value": RULE}], name
            assert alarm["MetricName"] in rule, name


def test_the_functions_measure_under_their_own_names() -> None:
    for name in ("RuleFunction", "ReevaluateFunction", "RemediationFunction"):
        function = RESOURCES[name]["Properties"]
        assert function["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"] == function["FunctionName"]
