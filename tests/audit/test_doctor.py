"""`admin-mfa doctor` on a deployed stack, sound and with one thing missing after the other."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from admin_mfa.audit.doctor import ACTIONS, EXAMINATIONS, Patient, State, examine
from admin_mfa.aws.session import aws_session
from admin_mfa.cli import app
from demo.emulator import EmbeddedAws, Kind
from tests.deploy.standing import ROLE, TOPIC, stand
from tests.deploy.templates import of_type, plain
from tests.support.handler import RULE, handle


@pytest.fixture
def deployed(aws: EmbeddedAws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> EmbeddedAws:
    """The stack, a recorder, a trail and a subscribed topic: nothing is missing."""
    stand(aws)
    stack(aws)
    (tmp_path / "samconfig.toml").write_text(SAMCONFIG)
    monkeypatch.chdir(tmp_path)
    aws.calls.clear()
    return aws


SAMCONFIG = """
[default.deploy.parameters]
stack_name = "admin-mfa"
parameter_overrides = 'RuleName="iam-admin-user-mfa-enabled" ExemptUsers="break-glass,ada@2027-01-31" ReminderDays=7'
[listed.deploy.parameters]
stack_name = "admin-mfa"
parameter_overrides = ["RemediationMode=Enforce", "HelpText=\\"Write to \\\\\\"us\\\\\\"\\""]
[gone.deploy.parameters]
stack_name = "gone"
[broken.deploy.parameters]
region = "us-east-1"
"""


def stack(aws: EmbeddedAws, **changed: str) -> None:
    """Create the stack with the parameters of SAMCONFIG, but for what was changed by hand."""
    given = {
        "RuleName": RULE,
        "ExemptUsers": "break-glass,ada@2027-01-31",
        "ReminderDays": "7",
        "RemediationMode": "Notify",
        "HelpText": 'Write to "us"',
        **changed,
    }
    template = {
        "Parameters": {name: {"Type": "String"} for name in given},
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
    }
    client = aws.client("cloudformation")
    client.delete_stack(StackName="admin-mfa")
    client.create_stack(
        StackName="admin-mfa",
        TemplateBody=json.dumps(template),
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in given.items()],
    )


def drift(config_env: str = "default") -> list[tuple[State, str]]:
    examined = replace(patient(), config_env=config_env)
    return [(finding.state, finding.text) for finding in examine(examined) if finding.subject == "parameters"]


def patient(region: str = "us-east-1") -> Patient:
    session = aws_session()
    session.set_config_variable("region", region)
    return Patient(
        session=session,
        account_id="123456789012",
        partition="aws",
        region=region,
        rule_name=RULE,
        samconfig=Path("samconfig.toml"),
    )


def told(state: State) -> list[str]:
    return [f"{finding.subject}: {finding.text}" for finding in examine(patient()) if finding.state is state]


def test_a_sound_deployment_gives_nothing_to_do(deployed: EmbeddedAws) -> None:
    found = list(examine(patient()))
    assert [finding for finding in found if finding.state is not State.OK] == []
    assert [finding.subject for finding in found] == [
        "region",
        "recorder",
        "delivery channel",
        "trail",
        "function",
        "permissions",
        "rule",
        "rule",
        "parameters",
        "alarms",
        "alarms",
        "queues",
        "queues",
        "quotas",
        "quotas",
    ]
    called = {call.permission for call in deployed.calls.all()}
    assert called == set(ACTIONS)


def test_it_reads_only() -> None:
    assert [a for a in ACTIONS if not a.split(":")[1].startswith(("Get", "List", "Describe", "Simulate"))] == []


def _excludes_users(aws: EmbeddedAws) -> None:
    aws.config.recorder(excluded=["AWS::IAM::User"])


def _no_recorder(aws: EmbeddedAws) -> None:
    aws.config.no_recorder()


def _stop(aws: EmbeddedAws) -> None:
    aws.config.recorder(recording=False)


def _other_types(aws: EmbeddedAws) -> None:
    aws.config.recorder(resource_types=["AWS::S3::Bucket"])


def _stop_trail(aws: EmbeddedAws) -> None:
    aws.client("cloudtrail").stop_logging(Name="all")


def _no_function(aws: EmbeddedAws) -> None:
    aws.client("lambda").delete_function(FunctionName=RULE)


def _less_role(aws: EmbeddedAws) -> None:
    aws.client("iam").delete_role_policy(RoleName=ROLE, PolicyName="judge-users")


def _no_rule(aws: EmbeddedAws) -> None:
    aws.client("config").delete_config_rule(ConfigRuleName=RULE)


def _never_evaluated(aws: EmbeddedAws) -> None:
    _no_rule(aws)
    aws.config.rule(RULE, {"AssumeRoleMode": "false"})


def _long_ago(aws: EmbeddedAws) -> None:
    aws.config.set_clock(lambda: datetime.now(UTC) - timedelta(days=3))
    aws.config.invoke(handle, rule_name=RULE)


def _alarm_rings(aws: EmbeddedAws) -> None:
    aws.client("cloudwatch").set_alarm_state(AlarmName=f"{RULE}-errors", StateValue="ALARM", StateReason="a test")


def _nobody_subscribed(aws: EmbeddedAws) -> None:
    sns = aws.client("sns")
    for subscription in sns.list_subscriptions_by_topic(TopicArn=TOPIC)["Subscriptions"]:
        sns.unsubscribe(SubscriptionArn=subscription["SubscriptionArn"])


def _dead_letter(aws: EmbeddedAws) -> None:
    sqs = aws.client("sqs")
    url = sqs.get_queue_url(QueueName=f"{RULE}-dead-letters")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="{}")


def _no_queue(aws: EmbeddedAws) -> None:
    sqs = aws.client("sqs")
    sqs.delete_queue(QueueUrl=sqs.get_queue_url(QueueName=f"{RULE}-failed-runs")["QueueUrl"])


@pytest.mark.parametrize(
    ("break_", "state", "begins"),
    [
        pytest.param(
            _no_recorder,
            State.PROBLEM,
            [
                "recorder: AWS Config has no recorder in us-east-1",
                "delivery channel: AWS Config has no delivery channel",
            ],
            id="no recorder",
        ),
        pytest.param(
            _excludes_users, State.WARNING, ["recorder: The recorder leaves AWS::IAM::User out"], id="users excluded"
        ),
        pytest.param(_stop, State.PROBLEM, ["recorder: The recorder default does not record"], id="stopped recorder"),
        pytest.param(
            _other_types, State.WARNING, ["recorder: The recorder leaves AWS::IAM::User out"], id="users not recorded"
        ),
        pytest.param(_stop_trail, State.WARNING, ["trail: No trail logs IAM's events in us-east-1"], id="no trail"),
        pytest.param(
            _no_function,
            State.PROBLEM,
            [f"function: There is no function {RULE}", "permissions: Without the function"],
            id="no function",
        ),
        pytest.param(
            _less_role,
            State.PROBLEM,
            ["permissions: The function's role is not allowed config:GetComplianceDetailsByConfigRule, config:Put"],
            id="role without its policy",
        ),
        pytest.param(_no_rule, State.PROBLEM, ["rule: No AWS Config rule invokes the function"], id="no rule"),
        pytest.param(
            _never_evaluated, State.WARNING, ["rule: AWS Config knows of no completed evaluation"], id="never evaluated"
        ),
        pytest.param(_long_ago, State.PROBLEM, ["rule: The last evaluation completed on 2"], id="evaluated long ago"),
        pytest.param(_alarm_rings, State.PROBLEM, ["alarms: These alarms ring, and their"], id="an alarm rings"),
        pytest.param(
            _nobody_subscribed, State.WARNING, [f"alarms: Nobody has subscribed to {TOPIC}"], id="nobody subscribed"
        ),
        pytest.param(
            _dead_letter, State.WARNING, [f"queues: {RULE}-dead-letters holds 1 events of IAM"], id="a dead letter"
        ),
        pytest.param(_no_queue, State.PROBLEM, [f"queues: There is no queue {RULE}-failed-runs"], id="no queue"),
    ],
)
def test_what_is_missing_is_named_with_what_to_do(
    deployed: EmbeddedAws, break_: Callable[[EmbeddedAws], None], state: State, begins: list[str]
) -> None:
    break_(deployed)
    found = told(state)
    assert [text[: len(begin)] for text, begin in zip(found, begins, strict=True)] == begins


def test_a_recorder_that_excludes_another_type_records_users(deployed: EmbeddedAws) -> None:
    """Source: https://docs.aws.amazon.com/config/latest/APIReference/API_ExclusionByResourceTypes.html"""
    deployed.config.recorder(excluded=["AWS::S3::Bucket"])
    assert [f.text for f in examine(patient()) if f.subject == "recorder"] == ["AWS Config records."]


def test_another_region_is_told_that_events_do_not_arrive() -> None:
    finding = next(examine(patient("eu-west-1")))
    assert finding.state is State.WARNING
    assert finding.text.startswith("IAM's events arrive in us-east-1 and not in eu-west-1")


@pytest.mark.parametrize("action", ACTIONS)
def test_what_may_not_be_looked_at_is_unknown_and_never_sound(deployed: EmbeddedAws, action: str) -> None:
    deployed.faults.add(action, Kind.ACCESS_DENIED, times=None)
    found = list(examine(patient()))
    denied = [finding for finding in found if finding.state is State.UNKNOWN]
    assert {finding.subject for finding in denied} == {e.subject for e in EXAMINATIONS if action in e.actions}
    assert [finding for finding in denied if not finding.text.startswith(f"It could not be examined. {action} ")] == []


# Drift


def test_a_parameter_that_was_changed_by_hand_is_drift(deployed: EmbeddedAws) -> None:
    stack(deployed, ExemptUsers="ada@2027-01-31", RemediationMode="Enforce")
    assert drift() == [
        (
            State.WARNING,
            (
                "ExemptUsers is 'ada@2027-01-31' in the stack admin-mfa and 'break-glass,ada@2027-01-31' in "
                "samconfig.toml (default): the next deployment sets the latter, so correct the file to keep the former."
            ),
        )
    ]


@pytest.mark.usefixtures("deployed")
def test_parameters_may_be_listed_and_quoted() -> None:
    ((state, text),) = drift("listed")
    assert state is State.WARNING
    assert text.startswith("RemediationMode is 'Notify' in the stack admin-mfa and 'Enforce' in samconfig.toml")


@pytest.mark.usefixtures("deployed")
@pytest.mark.parametrize(
    ("config_env", "state", "begins"),
    [
        ("gone", State.WARNING, "samconfig.toml (gone) deploys the stack gone, which does not exist"),
        ("broken", State.UNKNOWN, "samconfig.toml (broken) could not be read ('stack_name')"),
        ("none", State.UNKNOWN, "samconfig.toml (none) could not be read ('none')"),
    ],
)
def test_an_environment_that_cannot_be_compared_is_named(config_env: str, state: State, begins: str) -> None:
    ((found, text),) = drift(config_env)
    assert (found, text[: len(begins)]) == (state, begins)


def test_another_rule_is_not_compared(deployed: EmbeddedAws) -> None:
    stack(deployed, RuleName="other", ReminderDays="0")
    ((state, text),) = drift()
    assert state is State.WARNING
    assert text.startswith("samconfig.toml (default) deploys another rule, other")


def test_drift_is_not_examined_outside_of_a_clone(deployed: EmbeddedAws) -> None:
    examined = replace(patient(), samconfig=None)
    assert [finding for finding in examine(examined) if finding.subject == "parameters"] == []
    Path("samconfig.toml").unlink()
    deployed.calls.clear()
    assert run().exit_code == 0
    assert "cloudformation:DescribeStacks" not in {call.permission for call in deployed.calls.all()}


# The command


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["doctor", *arguments], prog_name="admin-mfa")


@pytest.mark.usefixtures("deployed")
def test_the_command_says_that_all_is_well() -> None:
    found = run()
    lines = found.stdout.splitlines()
    assert lines[0] == f"Account 123456789012, region us-east-1, rule {RULE}"
    assert lines[3] == "ok      recorder: AWS Config records."
    assert [line for line in lines[2:] if not line.startswith("ok ")] == []
    assert found.exit_code == 0


def test_a_problem_exits_with_1_and_a_denial_with_3(deployed: EmbeddedAws) -> None:
    deployed.faults.add("sqs:GetQueueUrl", Kind.ACCESS_DENIED, times=None)
    assert run().exit_code == 3
    deployed.config.no_recorder()
    found = run()
    assert found.exit_code == 1
    assert "PROBLEM recorder: AWS Config has no recorder in us-east-1" in found.stdout


@pytest.mark.usefixtures("deployed")
def test_a_stack_with_another_name_or_region_is_not_found() -> None:
    found = run("--region", "eu-west-1", "--rule-name", "other")
    assert found.exit_code == 1
    assert "PROBLEM function: There is no function other in eu-west-1: deploy the stack" in found.stdout


def test_the_template_names_things_as_the_doctor_looks_for_them() -> None:
    resources = plain()["Resources"]
    queues = {queue["QueueName"]["Fn::Sub"] for queue in of_type(resources, "AWS::SQS::Queue").values()}
    assert {"${RuleName}-dead-letters", "${RuleName}-failed-runs"} <= queues
    assert resources["RuleFunction"]["Properties"]["FunctionName"] == {"Ref": "RuleName"}
