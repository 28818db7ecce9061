"""What the code declares is what a member's stack provides: permissions, who invokes whom, queues, and metrics.

Nothing here repeats the template, so that it can be written in another way without a change here.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from admin_mfa.aws import config, iam, iam_users, reevaluate
from admin_mfa.followup import authority, channels, device_removal, enforcement, records, rule, sweep
from tests.deploy.templates import ACCOUNT, Resolver, allowed_actions, of_type, statements
from tests.organization.conftest import GIVEN, Produced
from tests.support.tools import ROOT

LOG = {"logs:CreateLogStream", "logs:PutLogEvents"}
READING = {*iam.BULK_ACTIONS, *iam.SINGLE_ACTIONS}
KEY = {"kms:Decrypt", "kms:GenerateDataKey"}
DECLARED = {
    "RuleFunctionRole": {
        *(*READING, *config.ACTIONS, *config.OVERSIZED_ACTIONS, *records.RUN_ACTIONS, *LOG),
        "sqs:SendMessage",
    },
    "ReevaluateFunctionRole": {
        *(*reevaluate.ACTIONS, *LOG),
        *("sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"),
    },
    "RemediationFunctionRole": {
        *(*READING, *iam_users.ACTIONS, *rule.ACTIONS, *records.ACTIONS, *sweep.ACTIONS, *channels.TOPIC_ACTIONS),
        *(*authority.ACTIONS, *device_removal.ACTIONS, *enforcement.ACTIONS, *LOG, *KEY),
        *("iam:PassRole", "sqs:SendMessage"),
    },
}
CODE = {
    "RuleFunction": "rules/IAM_ADMIN_USER_MFA_ENABLED/IAM_ADMIN_USER_MFA_ENABLED.py",
    "ReevaluateFunction": "functions/reevaluate/start_evaluation.py",
    "RemediationFunction": "remediation/handler.py",
}


@pytest.fixture(scope="module")
def member(produced: Produced) -> dict[str, dict[str, Any]]:
    return Resolver(GIVEN, template=produced.member).resources()


@pytest.mark.parametrize("role", sorted(DECLARED))
def test_a_function_may_do_what_its_code_declares(member: dict[str, Any], role: str) -> None:
    assert allowed_actions(member, role) == DECLARED[role]


def test_no_role_is_allowed_an_action_twice(member: dict[str, Any]) -> None:
    """One policy holds what both functions read; a copy in a role would come apart from it."""
    for role in of_type(member, "AWS::IAM::Role"):
        allowed = [
            (action, str(resource))
            for statement in statements(member, role)
            if statement["Effect"] == "Allow"
            for action in statement["Action"]
            for resource in statement["Resource"]
        ]
        assert len(allowed) == len(set(allowed)), role


def _arns(member: dict[str, Any], kind: str, service: str) -> set[str]:
    names = (p.get("FunctionName") or p.get("QueueName") for p in of_type(member, kind).values())
    return {f"arn:aws:{service}:us-east-1:{ACCOUNT}:{name}" for name in names}


def _targets(member: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The ARN of each event rule with the ARN of what it sends to, dead letters too."""
    for name, properties in of_type(member, "AWS::Events::Rule").items():
        arn = f"arn:aws:events:us-east-1:{ACCOUNT}:{properties['Name']}"
        assert properties["Targets"], name
        for target in properties["Targets"]:
            yield arn, target["Arn"]
            if "DeadLetterConfig" in target:
                yield arn, target["DeadLetterConfig"]["Arn"]


def test_an_event_rule_may_send_to_each_of_its_targets_and_no_other_may(member: dict[str, Any]) -> None:
    invokes = {
        (permission["SourceArn"], permission["FunctionName"].rpartition(":")[2])
        for permission in of_type(member, "AWS::Lambda::Permission").values()
        if permission["Principal"] == "events.amazonaws.com"
    }
    sends: set[tuple[str, str]] = set()
    for policy in of_type(member, "AWS::SQS::QueuePolicy").values():
        for statement in policy["PolicyDocument"]["Statement"]:
            if statement["Effect"] == "Allow":
                assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": ACCOUNT}
                sources = statement["Condition"]["ArnEquals"]["aws:SourceArn"]
                sends |= {
                    (source, statement["Resource"]) for source in (sources if isinstance(sources, list) else [sources])
                }
    targets = set(_targets(member))
    functions = _arns(member, "AWS::Lambda::Function", "lambda")
    assert {(rule, arn.rpartition(":")[2]) for rule, arn in targets if arn in functions} == invokes
    assert {(rule, arn) for rule, arn in targets if arn not in functions} == sends


def test_what_a_function_cannot_finish_ends_in_a_queue_with_an_alarm(member: dict[str, Any]) -> None:
    watched = {
        dimension["Value"]
        for alarm in of_type(member, "AWS::CloudWatch::Alarm").values()
        for dimension in alarm["Dimensions"]
        if dimension["Name"] == "QueueName"
    }
    queues = {p["QueueName"] for p in of_type(member, "AWS::SQS::Queue").values()}
    assert watched == queues
    configs = of_type(member, "AWS::Lambda::EventInvokeConfig").values()
    assert configs
    for invoked in configs:
        queue = invoked["DestinationConfig"]["OnFailure"]["Destination"]
        role = next(
            f"{name}Role"
            for name, function in of_type(member, "AWS::Lambda::Function").items()
            if function["FunctionName"] == invoked["FunctionName"].rpartition(":")[2]
        )
        allowed = [r for s in statements(member, role) if "sqs:SendMessage" in s["Action"] for r in s["Resource"]]
        assert allowed == [queue]


def test_alarms_and_dashboard_use_metrics_that_the_code_names(member: dict[str, Any]) -> None:
    body = json.loads(member["Dashboard"]["Properties"]["DashboardBody"])
    used = {
        metric[1]
        for widget in body["widgets"]
        for metric in widget["properties"].get("metrics", [])
        if metric[0] == "AdminMfa"
    } | {
        alarm["MetricName"]
        for alarm in of_type(member, "AWS::CloudWatch::Alarm").values()
        if alarm["Namespace"] == "AdminMfa"
    }
    assert "CompletedRuns" in used
    named = {word for path in CODE.values() for word in re.findall(r'"(\w+)"', (ROOT / path).read_text())}
    assert used - named == set()


def test_every_variable_that_the_code_reads_is_set(member: dict[str, Any]) -> None:
    for name, path in CODE.items():
        read = set(re.findall(r'environ(?:ment)?(?:\.get\(|\[)"([A-Z_]+)"', (ROOT / path).read_text()))
        given = set(member[name]["Properties"]["Environment"]["Variables"])
        assert read, name
        assert read <= given, name
