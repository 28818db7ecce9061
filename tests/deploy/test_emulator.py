"""The stack in an emulator that enforces IAM: what the roles allow is enough, and none of it is too much."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from admin_mfa.aws import config, iam, reevaluate
from demo.emulator import EmbeddedAws, Kind
from tests.deploy.emulator import EVERYTHING_ON, NOT_EMULATED, Stack, gate, ministack, wait_until
from tests.deploy.runtime import libraries
from tests.deploy.templates import Resolver, plain, source

pytestmark = pytest.mark.xdist_group("deployment")

RULE = "iam-admin-user-mfa-enabled"
RULE_ACTIONS = (*iam.BULK_ACTIONS, *iam.SINGLE_ACTIONS, *config.ACTIONS, *config.OVERSIZED_ACTIONS)


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """The stack, and the AWS that its functions ask."""

    stack: Stack
    aws: EmbeddedAws
    ids: dict[str, str]

    def run(self, *events: Any) -> list[tuple[Any, str]]:
        return [self.stack.invoke(self.ids["RuleFunction"], event) for event in events]

    def every_kind_of_event(self) -> tuple[Any, ...]:
        """A scheduled event, a change, and a change whose item was too big for its event."""
        told = self.aws.config
        return (
            told.scheduled_event(RULE),
            told.change_event(RULE, "grace"),
            told.oversized_event(RULE, "grace"),
        )

    def failures(self, *events: Any) -> list[str]:
        return [answer["errorMessage"] for answer, error in self.run(*events) if error]


@pytest.fixture(scope="module")
def stack(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    folder = tmp_path_factory.mktemp("emulator")
    runtime = libraries(tmp_path_factory.mktemp("runtime"))
    with EmbeddedAws() as aws, ministack(folder / "log.txt") as port, gate(port, aws) as url:
        started = Stack(port, url, runtime)
        started.deploy(built)
        yield Deployed(stack=started, aws=aws, ids=started.resources())


@pytest.fixture
def deployed(stack: Deployed) -> Deployed:
    """An account in which judging takes every action that the code declares."""
    aws = stack.aws
    aws.reset()
    aws.iam.user("ada", policies=("AdministratorAccess",), devices=("virtual",), device_tags={"Managed": "yes"})
    # A policy of AWS that is newer than our list, beside one that is half of full access.
    newer = aws.iam.policy("PublishedLater", READ, of_aws=True)
    aws.iam.user("grace", policies=("AdministratorAccess", "IAMFullAccess", newer), inline={"own": READ})
    aws.iam.user("linus", policies=("IAMFullAccess", newer), groups=("ops",))
    parameters = {
        "AssumeRoleMode": "false",
        "ManagedDeviceTag": "Managed",
        "ConsoleUsersOnly": "true",
        "ApiAccess": "require-mfa",
    }
    aws.config.rule(RULE, parameters, change_triggered=False)
    aws.calls.clear()
    return stack


FOR_PACKS = ("config:DescribeConformancePacks", "config:DescribeConformancePackCompliance")
"""Read only if there is a rule that AWS Config made from a pack of our name."""

READ = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}


# Resources


def test_every_resource_of_the_template_is_created_or_known_not_to_be_emulated(deployed: Deployed) -> None:
    resources = plain()["Resources"]
    assert set(Resolver(EVERYTHING_ON).resources()) == set(resources)
    emulated = {name for name, r in resources.items() if r["Type"] not in NOT_EMULATED}
    assert set(deployed.ids) == emulated
    assert {r["Type"] for n, r in resources.items() if n not in emulated} <= NOT_EMULATED


# Permissions


def test_the_rule_calls_what_it_declares_and_succeeds_under_its_role(deployed: Deployed) -> None:
    assert deployed.failures(*deployed.every_kind_of_event()) == []
    called = {call.permission for call in deployed.aws.calls.all()}
    assert called == set(RULE_ACTIONS)
    assert {user: result[0] for user, result in deployed.aws.config.results(RULE).items()} == {
        deployed.aws.iam.user_id("ada"): "COMPLIANT",
        deployed.aws.iam.user_id("grace"): "COMPLIANT",
        deployed.aws.iam.user_id("linus"): "COMPLIANT",
    }


@pytest.mark.parametrize("action", RULE_ACTIONS)
def test_without_any_one_action_the_rule_fails(deployed: Deployed, action: str) -> None:
    scheduled, change, oversized = deployed.every_kind_of_event()
    event = change if action in iam.SINGLE_ACTIONS else oversized if action in config.OVERSIZED_ACTIONS else scheduled
    with deployed.stack.without(deployed.ids["RuleFunctionRole"], action):
        (failure,) = deployed.failures(event)
    assert action in failure
    assert "not authorized" in failure


# A run that fails


def test_a_run_that_fails_three_times_ends_in_the_queue_with_its_error(deployed: Deployed) -> None:
    deployed.aws.faults.add("iam:GetAccountSummary", Kind.ACCESS_DENIED, times=None)
    event = deployed.aws.config.scheduled_event(RULE)
    deployed.stack.client("lambda").invoke(
        FunctionName=deployed.ids["RuleFunction"], InvocationType="Event", Payload=json.dumps(event).encode()
    )
    sqs, queue = deployed.stack.client("sqs"), deployed.ids["FailedRunsQueue"]
    wait_until(lambda: waiting(deployed, "FailedRunsQueue") == 1, what="the failed run is in the queue")
    (found,) = sqs.receive_message(QueueUrl=queue)["Messages"]
    record = json.loads(found["Body"])
    assert record["requestPayload"] == event
    assert record["requestContext"]["approximateInvokeCount"] == 3
    assert record["responsePayload"]["errorMessage"].startswith("iam:GetAccountSummary failed (AccessDenied)")
    assert deployed.aws.calls.counts()["iam:GetAccountSummary"] == 3


@pytest.mark.parametrize(
    ("function", "alarm"), [("RuleFunction", "RuleErrorsAlarm"), ("ReevaluateFunction", "ReevaluateErrorsAlarm")]
)
def test_an_error_makes_the_alarm_of_the_function_ring(deployed: Deployed, function: str, alarm: str) -> None:
    cloudwatch, name = deployed.stack.client("cloudwatch"), deployed.ids[alarm]
    deployed.aws.faults.add("*", Kind.ACCESS_DENIED, times=None)
    record = {"messageId": "1", "body": "{}"}
    event = deployed.aws.config.scheduled_event(RULE) | {"Records": [record]}
    assert deployed.stack.invoke(deployed.ids[function], event)[1]
    # The emulator looks at its alarms when it is given metrics.
    cloudwatch.put_metric_data(Namespace="test", MetricData=[{"MetricName": "any", "Value": 1}])
    (found,) = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    assert found["StateValue"] == "ALARM"


# Events of IAM


@pytest.fixture
def quick(deployed: Deployed) -> Deployed:
    """The queue's times shortened, an empty queue, and a rule whose function is the deployed one."""
    sqs, queue = deployed.stack.client("sqs"), deployed.ids["IamEventsQueue"]
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "1"})
    sqs.purge_queue(QueueUrl=queue)
    events = deployed.stack.client("events")
    pattern = source()["Resources"]["IamEventRule"]["Properties"]["EventPattern"]
    # Nobody but AWS may say that an event comes from AWS, in the emulator too.
    ours = {**pattern, "source": ["test.iam"]}
    events.put_rule(Name=deployed.ids["IamEventRule"], EventPattern=json.dumps(ours), State="ENABLED")
    return deployed


def happen(deployed: Deployed, *names: str) -> None:
    detail = {"eventSource": "iam.amazonaws.com", "userIdentity": {"userName": "ada"}}
    entries = [
        {
            "Source": "test.iam",
            "DetailType": "AWS API Call via CloudTrail",
            "Detail": json.dumps({**detail, "eventName": name}),
        }
        for name in names
    ]
    client = deployed.stack.client("events")
    for start in range(0, len(entries), 10):
        assert client.put_events(Entries=entries[start : start + 10])["FailedEntryCount"] == 0


def waiting(deployed: Deployed, queue: str = "IamEventsQueue") -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = deployed.stack.client("sqs").get_queue_attributes(QueueUrl=deployed.ids[queue], AttributeNames=names)
    return sum(int(found["Attributes"][name]) for name in names)


def run_the_rule(deployed: Deployed) -> tuple[str, ...]:
    def handler(event: Any, _: Any) -> Any:
        ((answer, error),) = deployed.run(event)
        assert not error, answer
        return answer

    return deployed.aws.config.run_pending(handler)


def test_a_hundred_events_start_one_evaluation(quick: Deployed) -> None:
    happen(quick, *["EnableMFADevice"] * 50, *["AttachUserPolicy"] * 50)
    wait_until(lambda: bool(quick.aws.config.pending()), what="an evaluation is started")
    # Events take minutes to arrive, here they take none: the run begins as long after them.
    quick.aws.config.set_clock(lambda: datetime.now(UTC) + timedelta(minutes=2))
    assert run_the_rule(quick) == (RULE,)
    wait_until(lambda: waiting(quick) == 0, what="the queue is empty")
    assert quick.aws.config.pending() == ()
    assert quick.aws.config.runs_completed(RULE) == 1
    used = {call.permission for call in quick.aws.calls.of("config")}
    assert used >= set(reevaluate.ACTIONS) - set(FOR_PACKS)


def test_an_event_that_comes_too_early_is_tried_again(quick: Deployed) -> None:
    happen(quick, "EnableMFADevice")
    wait_until(lambda: bool(quick.aws.config.pending()), what="an evaluation is started")
    run_the_rule(quick)
    happen(quick, "DeactivateMFADevice")
    wait_until(
        lambda: quick.aws.calls.counts()["config:StartConfigRulesEvaluation"] >= 2, what="AWS Config said LimitExceeded"
    )
    assert quick.aws.config.pending() == ()
    quick.aws.config.set_clock(lambda: datetime.now(UTC) + timedelta(minutes=1))
    wait_until(lambda: bool(quick.aws.config.pending()), what="it is tried again")
    run_the_rule(quick)
    assert quick.aws.config.runs_completed(RULE) == 2
    wait_until(lambda: waiting(quick) == 0, what="the queue is empty")
    assert waiting(quick, "DeadLetterQueue") == 0


def test_an_event_that_cannot_matter_does_not_reach_the_queue(quick: Deployed) -> None:
    functions, sqs, queue = quick.stack.client("lambda"), quick.stack.client("sqs"), quick.ids["IamEventsQueue"]
    (mapping,) = functions.list_event_source_mappings()["EventSourceMappings"]
    functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    try:
        wait_until(lambda: not purged(quick), what="the queue is empty")
        happen(quick, "ListUsers", "CreateRole", "EnableMFADevice")
        wait_until(lambda: waiting(quick) > 0, what="the one that matters has arrived")
        found = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
        assert [json.loads(message["Body"])["eventName"] for message in found] == ["EnableMFADevice"]
    finally:
        purged(quick)
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)


def purged(deployed: Deployed) -> int:
    """Empty the queue, and tell how many messages wait all the same."""
    deployed.stack.client("sqs").purge_queue(QueueUrl=deployed.ids["IamEventsQueue"])
    return waiting(deployed)


def test_events_that_fail_for_ever_end_as_dead_letters(quick: Deployed) -> None:
    sqs, ids = quick.stack.client("sqs"), quick.ids
    (arn,) = sqs.get_queue_attributes(QueueUrl=ids["DeadLetterQueue"], AttributeNames=["QueueArn"])[
        "Attributes"
    ].values()
    redrive = {"deadLetterTargetArn": arn, "maxReceiveCount": 2}
    sqs.set_queue_attributes(QueueUrl=ids["IamEventsQueue"], Attributes={"RedrivePolicy": json.dumps(redrive)})
    quick.aws.faults.add("config:DescribeConfigRules", Kind.ACCESS_DENIED, times=None)
    happen(quick, "EnableMFADevice")
    wait_until(lambda: waiting(quick, "DeadLetterQueue") == 1, what="the event is a dead letter")
    (letter,) = sqs.receive_message(QueueUrl=ids["DeadLetterQueue"])["Messages"]
    body = json.loads(letter["Body"])
    assert set(body) == {"eventName", "time"}
    assert body["eventName"] == "EnableMFADevice"


@pytest.mark.parametrize("action", reevaluate.ACTIONS)
def test_without_any_one_action_no_evaluation_starts(deployed: Deployed, action: str) -> None:
    if action in FOR_PACKS:
        deployed.aws.client("config").delete_config_rule(ConfigRuleName=RULE)
        parameters = {"AssumeRoleMode": "false"}
        deployed.aws.config.rule(f"{RULE}-conformance-pack-abc123xyz", parameters, function=RULE, pack=RULE)
    record = {"messageId": "1", "body": json.dumps({"time": datetime.now(UTC).isoformat()})}
    with deployed.stack.without(deployed.ids["ReevaluateFunctionRole"], action):
        answer, error = deployed.stack.invoke(deployed.ids["ReevaluateFunction"], {"Records": [record]})
    assert error
    assert "AccessDenied" in answer["errorMessage"]
    assert deployed.aws.config.pending() == ()
