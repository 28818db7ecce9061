"""Each alarm of the remediation rings for what it is about, and watches what the code and AWS really feed."""

import json
import os
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import patch

import pytest
from moto.events.models import EventPattern

from admin_mfa.errors import AdminMfaError
from demo.emulator import Kind
from tests.deploy.templates import Resolver, of_type
from tests.deploy.test_alarms import ALARMS, Point, emitted, state

from .world import ACCOUNT, HELPER_ARN, RULE, START, World, helper

RESOURCES = Resolver().resources()
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:{RULE}-remediation-failures"
AFTER = START + timedelta(minutes=1)


def _swept(world: World, capsys: pytest.CaptureFixture[str]) -> dict[str, float]:
    """Sweep as AWS Lambda does, and return the metrics, with the errors that Lambda counts."""
    capsys.readouterr()
    errors = 0.0
    # Not by monkeypatch: it would set the variable again after the world, which sets it, is gone.
    with patch.dict(os.environ):
        del os.environ["POWERTOOLS_METRICS_DISABLED"]
        try:
            helper().lambda_handler({"Action": "sweep"}, SimpleNamespace(invoked_function_arn=HELPER_ARN))
        except AdminMfaError:
            errors = 1.0
    world.aws.automations.wait()
    return {**emitted(capsys.readouterr().out), "Errors": errors}


def _sound(_: World) -> None:
    """Nothing is wrong."""


def _foreign_rule(world: World) -> None:
    world.aws.config.rule("everyone", {"AssumeRoleMode": "false"}, function=RULE)


def _changed_parameters(world: World) -> None:
    world.set_rule_parameters(ExemptUsers="mallory")


def _denied(world: World) -> None:
    world.aws.faults.add("iam:ListEntitiesForPolicy", Kind.ACCESS_DENIED, times=None)


RINGS = [
    pytest.param(_sound, set(), id="a sound sweep"),
    pytest.param(_foreign_rule, {"RemediationRulesAlarm"}, id="a rule that the deployment did not create"),
    pytest.param(_changed_parameters, {"RemediationRulesAlarm"}, id="a rule with other parameters"),
    pytest.param(_denied, {"RemediationErrorsAlarm"}, id="a failure of the function"),
]


@pytest.mark.parametrize(("happens", "rings"), RINGS)
def test_an_alarm_rings_for_its_fault_and_no_other(
    world: World,
    capsys: pytest.CaptureFixture[str],
    happens: Any,
    rings: set[str],
) -> None:
    happens(world)
    found = _swept(world, capsys)
    metrics = {
        ("AWS/Lambda" if name == "Errors" else "AdminMfa", name): [Point(at=START, value=value)]
        for name, value in found.items()
    }
    alarms = {name: ALARMS[name] for name in ("RemediationRulesAlarm", "RemediationErrorsAlarm")}
    assert {name for name, alarm in alarms.items() if state(alarm, metrics, AFTER) == "ALARM"} == rings


def test_the_alarms_watch_the_function_and_the_queue() -> None:
    function = RESOURCES["RemediationFunction"]["Properties"]["FunctionName"]
    assert {name: alarm["Dimensions"] for name, alarm in ALARMS.items() if name.startswith("Remediation")} == {
        "RemediationErrorsAlarm": [{"Name": "FunctionName", "Value": function}],
        "RemediationFailuresAlarm": [{"Name": "QueueName", "Value": QUEUE.rpartition(":")[2]}],
        "RemediationRulesAlarm": [{"Name": "service", "Value": function}],
    }


@pytest.mark.parametrize(("messages", "rings"), [(0, "OK"), (1, "ALARM")])
def test_one_message_in_the_queue_rings(messages: int, rings: str) -> None:
    metrics = {("AWS/SQS", "ApproximateNumberOfMessagesVisible"): [Point(at=START, value=messages)]}
    assert state(ALARMS["RemediationFailuresAlarm"], metrics, AFTER) == rings


def test_whatever_fails_ends_in_the_queue_of_the_alarm() -> None:
    (target,) = RESOURCES["FailedAutomationRule"]["Properties"]["Targets"]
    invoked = RESOURCES["RemediationFunctionEventInvokeConfig"]["Properties"]["DestinationConfig"]
    feeding = {"FailedAutomationRule": target["Arn"], "RemediationFunction": invoked["OnFailure"]["Destination"]}
    for name in ("SweepRule", "RemediationFunctionComplianceChange"):
        (target,) = RESOURCES[name]["Properties"]["Targets"]
        feeding[name] = target["DeadLetterConfig"]["Arn"]
    assert feeding == dict.fromkeys(feeding, QUEUE)
    rules = [
        RESOURCES[name]["Properties"]["Name"]
        for name in ("RemediationFunctionComplianceChange", "SweepRule", "FailedAutomationRule")
    ]
    (allowed,) = (
        statement
        for statement in RESOURCES["RemediationFailuresQueuePolicy"]["Properties"]["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    )
    assert allowed["Resource"] == QUEUE
    assert allowed["Condition"] == {
        # The resolver puts the rules' names in place of their ARNs.
        "ArnEquals": {"aws:SourceArn": [f"arn:aws:events:us-east-1:{ACCOUNT}:{name}" for name in rules]},
        "StringEquals": {"aws:SourceAccount": ACCOUNT},
    }


@pytest.mark.parametrize(
    ("detail", "matches"),
    [
        pytest.param({}, True, id="failed"),
        pytest.param({"Status": "TimedOut"}, True, id="timed out"),
        pytest.param({"Definition": f"BackoutAdminMfa-{RULE}"}, True, id="the backout"),
        pytest.param({"Status": "Success"}, False, id="succeeded"),
        pytest.param({"Status": "Cancelled"}, False, id="cancelled by a person"),
        pytest.param({"Definition": "AWS-StopEC2Instance"}, False, id="another document"),
    ],
)
def test_failed_executions_of_both_documents_are_events_of_the_rule(detail: dict[str, str], *, matches: bool) -> None:
    """Source: https://docs.aws.amazon.com/systems-manager/latest/userguide/monitoring-systems-manager-event-examples.html"""
    event = {
        "source": "aws.ssm",
        "detail-type": "EC2 Automation Execution Status-change Notification",
        "detail": {"Definition": f"RequireAdminMfa-{RULE}", "DefinitionVersion": 1, "Status": "Failed", **detail},
    }
    pattern = RESOURCES["FailedAutomationRule"]["Properties"]["EventPattern"]
    assert EventPattern.load(json.dumps(pattern)).matches_event(cast("Any", event)) is matches


def test_every_alarm_of_the_remediation_is_tried() -> None:
    tried = {name for parameter in RINGS for name in cast("set[str]", parameter.values[1])}
    assert {name for name in ALARMS if "Remediation" in name} == {*tried, "RemediationFailuresAlarm"}


def test_only_our_event_rules_invoke_the_function() -> None:
    function = RESOURCES["RemediationFunction"]["Properties"]["FunctionName"]
    permissions = of_type(RESOURCES, "AWS::Lambda::Permission")
    invokers = {
        name: (permission["Principal"], permission["SourceArn"])
        for name, permission in permissions.items()
        if permission["FunctionName"].rpartition(":")[2] == function
    }
    assert invokers == {
        permission: (
            "events.amazonaws.com",
            f"arn:aws:events:us-east-1:{ACCOUNT}:{RESOURCES[rule]['Properties']['Name']}",
        )
        for permission, rule in (
            ("SweepPermission", "SweepRule"),
            ("RemediationFunctionComplianceChangePermission", "RemediationFunctionComplianceChange"),
        )
    }
    assert set(permissions) == {*invokers, "RuleFunctionPermission"}
