"""`admin-mfa doctor` on a deployed stack, sound and with one thing missing after the other."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from admin_mfa.audit.doctor import (
    ACTIONS,
    CHECKS,
    CheckStatus,
    Deployment,
    check_results,
    run_checks,
)
from admin_mfa.aws.session import aws_session
from admin_mfa.cli import app
from demo.emulator import EmbeddedAws, Kind
from tests.deploy.standing import ROLE, TOPIC, stand
from tests.deploy.templates import of_type, plain
from tests.support.doc_blocks import ROOT
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


def drift(config_env: str = "default") -> list[tuple[CheckStatus, str]]:
    checked = replace(deployment(), config_env=config_env)
    return [(result.status, result.text) for result in run_checks(checked) if result.subject == "parameters"]


def deployment(region: str = "us-east-1") -> Deployment:
    session = aws_session()
    session.set_config_variable("region", region)
    return Deployment(
        session=session,
        account_id="123456789012",
        partition="aws",
        region=region,
        rule_name=RULE,
        samconfig=Path("samconfig.toml"),
    )


def texts(status: CheckStatus) -> list[str]:
    return [f"{result.subject}: {result.text}" for result in run_checks(deployment()) if result.status is status]


def test_a_sound_deployment_gives_nothing_to_do(deployed: EmbeddedAws) -> None:
    found = list(run_checks(deployment()))
    assert [result for result in found if result.status is not CheckStatus.OK] == []
    assert [result.subject for result in found] == [
        "recorder",
        "events",
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
    assert called == {action for action in ACTIONS if not action.startswith("events:")}


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
    iam = aws.client("iam")
    for name in iam.list_role_policies(RoleName=ROLE)["PolicyNames"]:
        document = iam.get_role_policy(RoleName=ROLE, PolicyName=name)["PolicyDocument"]
        if "config:GetComplianceDetailsByConfigRule" in json.dumps(document):
            iam.delete_role_policy(RoleName=ROLE, PolicyName=name)


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
    ("break_", "status", "begins"),
    [
        pytest.param(
            _no_recorder,
            CheckStatus.PROBLEM,
            ["recorder: AWS Config has no recorder in us-east-1, so it evaluates no rules. Set up"],
            id="no recorder",
        ),
        pytest.param(
            _excludes_users,
            CheckStatus.WARNING,
            ["recorder: The recorder does not record AWS::IAM::User"],
            id="users excluded",
        ),
        pytest.param(
            _stop, CheckStatus.PROBLEM, ["recorder: The recorder default is stopped. Run `aws"], id="stopped recorder"
        ),
        pytest.param(
            _other_types,
            CheckStatus.WARNING,
            ["recorder: The recorder does not record AWS::IAM::User"],
            id="users not recorded",
        ),
        pytest.param(
            _stop_trail, CheckStatus.WARNING, ["trail: No trail logs IAM's events in us-east-1"], id="no trail"
        ),
        pytest.param(
            _no_function,
            CheckStatus.PROBLEM,
            [f"stack: No stack with RuleName={RULE} is deployed in us-east-1. Deploy it, or pass"],
            id="no function",
        ),
        pytest.param(
            _less_role,
            CheckStatus.PROBLEM,
            ["permissions: The function's role is not allowed to call config:GetComplianceDetailsByConfigRule"],
            id="role without its policy",
        ),
        pytest.param(_no_rule, CheckStatus.PROBLEM, ["rule: No AWS Config rule invokes the function"], id="no rule"),
        pytest.param(
            _never_evaluated,
            CheckStatus.WARNING,
            ["rule: AWS Config has no record of a completed evaluation"],
            id="never evaluated",
        ),
        pytest.param(
            _long_ago, CheckStatus.PROBLEM, ["rule: The last evaluation completed on 2"], id="evaluated long ago"
        ),
        pytest.param(
            _alarm_rings,
            CheckStatus.PROBLEM,
            ["alarms: In alarm: iam-admin-user-mfa-enabled-errors. The"],
            id="an alarm rings",
        ),
        pytest.param(
            _nobody_subscribed, CheckStatus.WARNING, [f"alarms: {TOPIC} has no subscription"], id="nobody subscribed"
        ),
        pytest.param(
            _dead_letter,
            CheckStatus.WARNING,
            [f"queues: {RULE}-dead-letters holds 1 undeliverable IAM events"],
            id="a dead letter",
        ),
        pytest.param(
            _no_queue,
            CheckStatus.PROBLEM,
            [f"queues: The queue {RULE}-failed-runs does not exist. Deploy"],
            id="no queue",
        ),
    ],
)
def test_what_is_missing_is_named_with_what_to_do(
    deployed: EmbeddedAws, break_: Callable[[EmbeddedAws], None], status: CheckStatus, begins: list[str]
) -> None:
    break_(deployed)
    found = texts(status)
    assert [text[: len(begin)] for text, begin in zip(found, begins, strict=True)] == begins


def test_a_recorder_that_excludes_another_type_records_users(deployed: EmbeddedAws) -> None:
    """Source: https://docs.aws.amazon.com/config/latest/APIReference/API_ExclusionByResourceTypes.html"""
    deployed.config.recorder(excluded=["AWS::S3::Bucket"])
    found = [result.text for result in run_checks(deployment()) if result.subject == "recorder"]
    assert found == ["AWS Config is recording."]


def forward(aws: EmbeddedAws, *, target: str = "eu-west-1", state: str = "ENABLED") -> None:
    """Create what organization/forward-iam-events.yaml creates in the region of IAM."""
    events = aws.client("events")
    events.put_rule(Name=f"{RULE}-forward", EventPattern='{"source": ["aws.iam"]}', State=state)
    bus = f"arn:aws:events:{target}:123456789012:event-bus/default"
    events.put_targets(Rule=f"{RULE}-forward", Targets=[{"Id": "evaluation-region", "Arn": bus}])


@pytest.mark.parametrize(
    ("arguments", "status", "begins"),
    [
        pytest.param(
            None,
            CheckStatus.WARNING,
            "IAM's events arrive in us-east-1, and nothing forwards them to eu-west-1",
            id="no forwarder",
        ),
        pytest.param(
            {"state": "DISABLED"},
            CheckStatus.WARNING,
            f"The EventBridge rule {RULE}-forward in us-east-1 is disabled. Run `aws events enable-rule --name ",
            id="disabled",
        ),
        pytest.param(
            {"target": "eu-central-1"},
            CheckStatus.WARNING,
            f"The EventBridge rule {RULE}-forward in us-east-1 does not send events to eu-west-1. Deploy ",
            id="another region",
        ),
        pytest.param(
            {},
            CheckStatus.OK,
            f"The EventBridge rule {RULE}-forward forwards IAM's events from us-east-1 to eu-west-1.",
            id="sound",
        ),
    ],
)
def test_a_stack_outside_the_region_of_iam_needs_the_forwarder(
    aws: EmbeddedAws, arguments: dict[str, str] | None, status: CheckStatus, begins: str
) -> None:
    aws.reset()
    if arguments is not None:
        forward(aws, **arguments)
    (check,) = [check for check in CHECKS if check.subject == "events"]
    ((found, text),) = check.run(deployment("eu-west-1"))
    assert (found, text[: len(begins)]) == (status, begins)
    if arguments is not None:
        assert {call.permission for call in aws.calls.of("events")} > set(check.actions)


def test_the_template_names_the_forwarder_as_the_doctor_looks_for_it() -> None:
    assert "Name: !Sub ${RuleName}-forward" in (ROOT / "organization/forward-iam-events.yaml").read_text()


@pytest.mark.parametrize("action", ACTIONS)
def test_what_may_not_be_read_is_unknown_and_never_sound(deployed: EmbeddedAws, action: str) -> None:
    deployed.faults.add(action, Kind.ACCESS_DENIED, times=None)
    region = "eu-west-1" if action.startswith("events:") else "us-east-1"
    if region != "us-east-1":
        forward(deployed)
    run_one = [check for check in CHECKS if region == "us-east-1" or check.subject == "events"]
    found = [result for check in run_one for result in check_results(check, deployment(region))]
    denied = [result for result in found if result.status is CheckStatus.UNKNOWN]
    assert {result.subject for result in denied} == {check.subject for check in run_one if action in check.actions}
    assert [result for result in denied if result.denied != action] == []


# Drift


def test_a_parameter_that_was_changed_by_hand_is_drift(deployed: EmbeddedAws) -> None:
    stack(deployed, ExemptUsers="ada@2027-01-31", RemediationMode="Enforce")
    assert drift() == [
        (
            CheckStatus.WARNING,
            (
                "ExemptUsers is 'ada@2027-01-31' in the stack admin-mfa and 'break-glass,ada@2027-01-31' in "
                "samconfig.toml (default). The next deployment sets the latter; correct the file to keep the former."
            ),
        )
    ]


@pytest.mark.usefixtures("deployed")
def test_parameters_may_be_listed_and_quoted() -> None:
    ((state, text),) = drift("listed")
    assert state is CheckStatus.WARNING
    assert text.startswith("RemediationMode is 'Notify' in the stack admin-mfa and 'Enforce' in samconfig.toml")


@pytest.mark.usefixtures("deployed")
@pytest.mark.parametrize(
    ("config_env", "state", "begins"),
    [
        ("gone", CheckStatus.WARNING, "samconfig.toml (gone) deploys the stack gone, which does not exist"),
        ("broken", CheckStatus.UNKNOWN, "samconfig.toml (broken) could not be read ('stack_name')"),
        ("none", CheckStatus.UNKNOWN, "samconfig.toml (none) could not be read ('none')"),
    ],
)
def test_an_environment_that_cannot_be_compared_is_named(config_env: str, state: CheckStatus, begins: str) -> None:
    ((found, text),) = drift(config_env)
    assert (found, text[: len(begins)]) == (state, begins)


def test_another_rule_is_not_compared(deployed: EmbeddedAws) -> None:
    stack(deployed, RuleName="other", ReminderDays="0")
    ((state, text),) = drift()
    assert state is CheckStatus.WARNING
    assert text.startswith("samconfig.toml (default) deploys another rule, other")


def test_drift_is_not_checked_outside_of_a_clone(deployed: EmbeddedAws) -> None:
    checked = replace(deployment(), samconfig=None)
    assert [result for result in run_checks(checked) if result.subject == "parameters"] == []
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
    assert lines[2] == "ok      recorder: AWS Config is recording."
    assert [line for line in lines[2:-2] if not line.startswith("ok ")] == []
    assert lines[-1] == "Result: no problems."
    assert found.exit_code == 0
    assert run("--quiet").stdout.splitlines()[2:] == ["", "Result: no problems."]


def test_a_problem_exits_with_1_and_a_denial_with_3(deployed: EmbeddedAws) -> None:
    deployed.faults.add("sqs:GetQueueUrl", Kind.ACCESS_DENIED, times=None)
    assert run().exit_code == 3
    deployed.config.no_recorder()
    found = run()
    assert found.exit_code == 1
    assert "PROBLEM recorder: AWS Config has no recorder in us-east-1" in found.stdout


def test_a_missing_permission_is_one_line_for_all_that_it_prevents(deployed: EmbeddedAws) -> None:
    for action in ("lambda:GetFunctionConfiguration", "sqs:GetQueueUrl"):
        deployed.faults.add(action, Kind.ACCESS_DENIED, times=None)
    assert run("--quiet").stdout.splitlines()[2:] == [
        "UNKNOWN function, permissions: Not checked: AWS denies lambda:GetFunctionConfiguration.",
        "UNKNOWN queues: Not checked: AWS denies sqs:GetQueueUrl.",
        "Attach the policy that `admin-mfa permissions --doctor` prints, and repeat the command.",
        "",
        "Result: 3 not checked.",
    ]
    printed = CliRunner().invoke(app, ["permissions", "--doctor"], prog_name="admin-mfa")
    assert json.loads(printed.stdout)["Statement"][0]["Action"] == list(ACTIONS)


@pytest.mark.usefixtures("deployed")
def test_a_stack_with_another_name_or_region_is_one_finding() -> None:
    found = run("--region", "eu-west-1", "--rule-name", "other", "--quiet")
    assert found.exit_code == 1
    problems = [line for line in found.stdout.splitlines() if line.startswith("PROBLEM ")]
    assert len(problems) == 1
    assert problems[0].startswith("PROBLEM stack: No stack with RuleName=other is deployed in eu-west-1. Deploy it, or")


def test_the_template_names_things_as_the_doctor_looks_for_them() -> None:
    resources = plain()["Resources"]
    queues = {queue["QueueName"]["Fn::Sub"] for queue in of_type(resources, "AWS::SQS::Queue").values()}
    assert {"${RuleName}-dead-letters", "${RuleName}-failed-runs"} <= queues
    assert resources["RuleFunction"]["Properties"]["FunctionName"] == {"Ref": "RuleName"}
