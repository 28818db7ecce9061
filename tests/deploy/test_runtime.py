"""The built artifacts under AWS's runtime interface emulator, against the embedded AWS."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from admin_mfa.followup.records import KEY
from demo.emulator import EmbeddedAws, Kind
from tests.deploy.runtime import Function, libraries, running
from tests.deploy.templates import Resolver

pytestmark = pytest.mark.xdist_group("deployment")

RULE = "iam-admin-user-mfa-enabled"
RULE_ARN = f"arn:aws:lambda:us-east-1:123456789012:function:{RULE}"


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return libraries(tmp_path_factory.mktemp("runtime"))


@pytest.fixture(scope="module")
def running_aws() -> Iterator[EmbeddedAws]:
    with EmbeddedAws() as aws:
        yield aws


@pytest.fixture
def aws(running_aws: EmbeddedAws) -> EmbeddedAws:
    """An account with one administrator who has an MFA device, one who has none, and a user."""
    running_aws.reset()
    running_aws.iam.user("ada", policies=("AdministratorAccess",), devices=("virtual",))
    running_aws.iam.user("grace", policies=("AdministratorAccess",))
    running_aws.iam.user("linus")
    running_aws.config.rule(RULE, {"AssumeRoleMode": "false"})
    running_aws.client("dynamodb").create_table(
        TableName=function("RuleFunction")[2]["TABLE_NAME"],
        KeySchema=[{"AttributeName": KEY, "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": KEY, "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    running_aws.calls.clear()
    return running_aws


def function(logical_id: str) -> tuple[str, int, dict[str, str]]:
    """Handler, timeout and variables of a function, as the template gives them."""
    properties = Resolver().resources()[logical_id]["Properties"]
    return properties["Handler"], properties["Timeout"], properties["Environment"]["Variables"]


@pytest.fixture(scope="module")
def rule(
    built: Path, runtime: Path, running_aws: EmbeddedAws, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Function]:
    handler, timeout, variables = function("RuleFunction")
    with running(
        built / "RuleFunction",
        handler,
        environment=variables | running_aws.environment,
        runtime=runtime,
        log=tmp_path_factory.mktemp("log") / "rule.txt",
        timeout=timeout,
    ) as started:
        yield started


def test_a_scheduled_event_judges_every_user(aws: EmbeddedAws, rule: Function) -> None:
    answer = rule.invoke(aws.config.scheduled_event(RULE))
    assert {e["ComplianceResourceId"]: e["ComplianceType"] for e in answer} == {
        aws.iam.user_id("ada"): "COMPLIANT",
        aws.iam.user_id("grace"): "NON_COMPLIANT",
        aws.iam.user_id("linus"): "COMPLIANT",
    }
    assert {user: result[0] for user, result in aws.config.results(RULE).items()} == {
        e["ComplianceResourceId"]: e["ComplianceType"] for e in answer
    }
    measured = rule.metrics()[-1]
    assert measured.pop("Duration") > 0
    assert measured == {
        "Namespace": "AdminMfa",
        "service": RULE,
        "Users": 3,
        "Administrators": 2,
        "AdministratorsWithoutMfa": 1,
        "RootWithoutMfa": 1,
        "EvaluationsRecorded": 3,
        "CompletedRuns": 1,
        "Errors": 0,
    }


def test_a_second_run_records_nothing_and_is_completed_all_the_same(aws: EmbeddedAws, rule: Function) -> None:
    rule.invoke(aws.config.scheduled_event(RULE))
    aws.config.clear_recorded()
    assert rule.invoke(aws.config.scheduled_event(RULE)) == []
    assert aws.config.recorded == ()
    assert aws.config.runs_completed(RULE) == 2
    assert (rule.metrics()[-1]["EvaluationsRecorded"], rule.metrics()[-1]["CompletedRuns"]) == (0, 1)


def test_a_change_event_judges_one_user(aws: EmbeddedAws, rule: Function) -> None:
    aws.config.rule(RULE, {"AssumeRoleMode": "false"}, change_triggered=True)
    (answer,) = rule.invoke(aws.config.change_event(RULE, "grace"))
    assert (answer["ComplianceResourceId"], answer["ComplianceType"]) == (aws.iam.user_id("grace"), "NON_COMPLIANT")
    measured = rule.metrics()[-1]
    assert "CompletedRuns" not in measured
    assert (measured["EvaluationsRecorded"], measured["Errors"]) == (1, 0)


def test_the_runtime_sees_an_error_when_iam_denies(aws: EmbeddedAws, rule: Function) -> None:
    aws.faults.add("iam:ListVirtualMFADevices", Kind.ACCESS_DENIED, times=None)
    answer = rule.invoke(aws.config.scheduled_event(RULE))
    assert answer["errorType"] == "ReadError"
    assert answer["errorMessage"].startswith("iam:ListVirtualMFADevices failed (AccessDenied)")
    assert aws.config.results(RULE) == {}
    measured = rule.metrics()[-1]
    assert measured["Errors"] == 1
    assert "CompletedRuns" not in measured


def test_the_runtime_sees_an_error_when_a_parameter_is_wrong(aws: EmbeddedAws, rule: Function) -> None:
    aws.config.rule(RULE, {"AssumeRoleMode": "false", "PrivilegeModel": "none"})
    answer = rule.invoke(aws.config.scheduled_event(RULE))
    assert answer["errorType"] == "EvaluationError"
    assert "PrivilegeModel is 'none'; allowed is attached or effective." in answer["errorMessage"]


def test_the_log_names_nobody(aws: EmbeddedAws, rule: Function) -> None:
    aws.config.rule(RULE, {"AssumeRoleMode": "false", "ExemptUsers": "hopper"})
    before = len(rule.log)
    rule.invoke(aws.config.scheduled_event(RULE))
    written = rule.log[before:]
    lines = [json.loads(line) for line in written.splitlines() if line.startswith("{")]
    assert [line["positions"] for line in lines if line.get("level") == "WARNING"] == [[1]]
    assert [name for name in ("ada", "grace", "linus", "hopper") if name in written] == []


def test_a_run_that_takes_too_long_is_stopped(aws: EmbeddedAws, built: Path, runtime: Path, tmp_path: Path) -> None:
    handler, _, variables = function("RuleFunction")
    aws.faults.add("iam:GetAccountAuthorizationDetails", Kind.SLOW, times=None, seconds=6)
    with running(
        built / "RuleFunction",
        handler,
        environment=variables | aws.environment,
        runtime=runtime,
        log=tmp_path / "log.txt",
        timeout=3,
    ) as slow:
        answer = slow.invoke(aws.config.scheduled_event(RULE))
        assert "Task timed out after 3.00 seconds" in str(answer)
    assert aws.config.results(RULE) == {}


@pytest.fixture(scope="module")
def reevaluate(
    built: Path, runtime: Path, running_aws: EmbeddedAws, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Function]:
    handler, timeout, variables = function("ReevaluateFunction")
    with running(
        built / "ReevaluateFunction",
        handler,
        environment=variables | running_aws.environment | {"RULE_FUNCTION_ARN": RULE_ARN},
        runtime=runtime,
        log=tmp_path_factory.mktemp("log") / "reevaluate.txt",
        timeout=timeout,
    ) as started:
        yield started


def batch(count: int) -> dict[str, Any]:
    body = json.dumps({"eventName": "EnableMFADevice", "time": datetime.now(UTC).isoformat()})
    return {"Records": [{"messageId": str(number), "body": body} for number in range(count)]}


def test_a_batch_of_events_starts_one_evaluation(aws: EmbeddedAws, reevaluate: Function) -> None:
    assert reevaluate.invoke(batch(100)) == {"batchItemFailures": []}
    assert aws.config.pending() == (RULE,)
    assert aws.calls.counts()["config:StartConfigRulesEvaluation"] == 1
    assert reevaluate.metrics()[-1] == {
        "Namespace": "AdminMfa",
        "service": f"{RULE}-reevaluate",
        "EventsReceived": 100,
        "EventsPostponed": 0,
        "EvaluationsStarted": 1,
    }


def test_events_that_come_too_early_go_back_to_the_queue(aws: EmbeddedAws, reevaluate: Function) -> None:
    reevaluate.invoke(batch(1))
    aws.calls.clear()
    assert reevaluate.invoke(batch(3)) == {"batchItemFailures": [{"itemIdentifier": str(n)} for n in range(3)]}
    assert aws.calls.counts()["config:StartConfigRulesEvaluation"] == 1
    assert reevaluate.metrics()[-1]["EventsPostponed"] == 3


def test_the_runtime_sees_an_error_when_config_denies(aws: EmbeddedAws, reevaluate: Function) -> None:
    aws.faults.add("config:StartConfigRulesEvaluation", Kind.ACCESS_DENIED, times=None)
    answer = reevaluate.invoke(batch(1))
    assert answer["errorType"] == "EvaluationError"
    assert answer["errorMessage"] == f"AWS Config started no evaluation of {RULE} (AccessDeniedException)."
