"""The template keeps to the rules in template.guard, and each of those rules speaks when it is broken."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import guardpycfn  # type: ignore[import-untyped]
import pytest

from tests.deploy.templates import Resolver

RULES = (Path(__file__).parent / "template.guard").read_text()
NAMES = {line.split()[1] for line in RULES.splitlines() if line.startswith("rule ")}
Resources = dict[str, Any]


def broken_rules(resources: Resources) -> set[str]:
    # Only the verbose answer is well-formed whatever the template holds.
    answer = guardpycfn.validate_with_guard(json.dumps({"Resources": resources}), rules=RULES, verbose=True)
    assert answer["success"], answer
    checked = [child["container"]["RuleCheck"] for child in answer["result"]["children"]]
    assert {rule["name"] for rule in checked} == NAMES
    return {rule["name"] for rule in checked if rule["status"] == "FAIL"}


@pytest.fixture(scope="module")
def resources() -> Resources:
    return Resolver({"AlarmTopicArn": "arn:aws:sns:us-east-1:123456789012:alarms"}).resources()


def test_the_template_keeps_to_every_rule(resources: Resources) -> None:
    assert broken_rules(resources) == set()


def _first(resources: Resources, kind: str) -> Any:
    return next(r["Properties"] for r in resources.values() if r["Type"] == kind)


def _remove(kind: str, name: str) -> Callable[[Resources], None]:
    return lambda resources: _first(resources, kind).pop(name)


def _statement(kind: str, **values: Any) -> Callable[[Resources], None]:
    def change(resources: Resources) -> None:
        properties = _first(resources, kind)
        document = (
            properties["Policies"][0]["PolicyDocument"] if "Policies" in properties else properties["PolicyDocument"]
        )
        document["Statement"][0].update(values)

    return change


def _add(name: str, kind: str, **properties: Any) -> Callable[[Resources], None]:
    return lambda resources: resources.update({name: {"Type": kind, "Properties": properties}})


def _trust(**principal: str) -> Callable[[Resources], None]:
    def change(resources: Resources) -> None:
        _first(resources, "AWS::IAM::Role")["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] = principal

    return change


def _without_tls(resources: Resources) -> None:
    document = _first(resources, "AWS::SQS::QueuePolicy")["PolicyDocument"]
    document["Statement"] = [s for s in document["Statement"] if s["Effect"] == "Allow"]


def _no_policy(resources: Resources) -> None:
    del next(r for r in resources.values() if r["Type"] == "AWS::SQS::Queue")["DeletionPolicy"]


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        pytest.param("QUEUES_ARE_ENCRYPTED", _remove("AWS::SQS::Queue", "SqsManagedSseEnabled"), id="queue"),
        pytest.param("TOPICS_ARE_ENCRYPTED", _add("Topic", "AWS::SNS::Topic"), id="topic"),
        pytest.param("TABLES_ARE_ENCRYPTED_AND_CAN_BE_RESTORED", _add("Table", "AWS::DynamoDB::Table"), id="table"),
        pytest.param("LOGS_ARE_NOT_KEPT_FOR_EVER", _remove("AWS::Logs::LogGroup", "RetentionInDays"), id="log group"),
        pytest.param("FUNCTIONS_LOG_WHERE_WE_SAY", _remove("AWS::Lambda::Function", "LoggingConfig"), id="function"),
        pytest.param(
            "ROLES_SAY_WHAT_THEY_ALLOW", _statement("AWS::IAM::Role", Action=["iam:Get*"]), id="wildcard in an action"
        ),
        pytest.param("ROLES_SAY_WHAT_THEY_ALLOW", _statement("AWS::IAM::Role", NotAction="s3:*"), id="NotAction"),
        pytest.param(
            "ROLES_SAY_WHAT_THEY_ALLOW",
            _add("Role", "AWS::IAM::Role", ManagedPolicyArns=["arn:aws:iam::aws:policy/ReadOnlyAccess"]),
            id="managed policy",
        ),
        pytest.param(
            "MANAGED_POLICIES_SAY_WHAT_THEY_ALLOW",
            _statement("AWS::IAM::ManagedPolicy", Action=["iam:Get*"]),
            id="wildcard in a managed policy",
        ),
        pytest.param("ROLES_ARE_ASSUMED_BY_SERVICES_ONLY", _trust(AWS="123456789012"), id="account"),
        pytest.param(
            "PERMISSIONS_NAME_THE_ACCOUNT_OR_THE_SOURCE",
            _remove("AWS::Lambda::Permission", "SourceAccount"),
            id="permission for every account",
        ),
        pytest.param(
            "RESOURCE_POLICIES_NAME_THE_ACCOUNT_OR_THE_SOURCE",
            _statement("AWS::SQS::QueuePolicy", Condition={}),
            id="queue for every account",
        ),
        pytest.param(
            "RESOURCE_POLICIES_NAME_THE_ACCOUNT_OR_THE_SOURCE",
            _statement("AWS::SQS::QueuePolicy", Principal="*"),
            id="queue for everybody",
        ),
        pytest.param("RESOURCE_POLICIES_WANT_TLS", _without_tls, id="no TLS"),
        pytest.param(
            "ALARMS_SAY_WHAT_SILENCE_MEANS", _remove("AWS::CloudWatch::Alarm", "TreatMissingData"), id="alarm"
        ),
        pytest.param("WHAT_HOLDS_DATA_SAYS_WHAT_BECOMES_OF_IT", _no_policy, id="data without a policy"),
    ],
)
def test_a_rule_speaks_when_it_is_broken(rule: str, change: Callable[[Resources], object]) -> None:
    changed = Resolver({"AlarmTopicArn": "arn:aws:sns:us-east-1:123456789012:alarms"}).resources()
    change(changed)
    assert rule in broken_rules(changed)


def test_no_rule_is_left_untried() -> None:
    (table,) = test_a_rule_speaks_when_it_is_broken.pytestmark  # type: ignore[attr-defined]
    assert {row.values[0] for row in table.args[1]} == NAMES
