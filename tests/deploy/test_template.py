"""The template says what it should, and what it repeats of the code is what the code says."""

import json
import re
import subprocess
import tomllib
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path

import pytest

from admin_mfa.aws import config, iam, reevaluate
from admin_mfa.aws import session as clients
from admin_mfa.followup import records
from admin_mfa.parameters import PARAMETERS, parse_parameters
from tests.deploy.templates import (
    IN_CHINA,
    IN_GOVCLOUD,
    IN_US,
    Place,
    Resolver,
    allowed_actions,
    of_type,
    plain,
    source,
    statements,
)
from tests.support.tools import ROOT, require_tool

RULE_PARAMETERS = [row for row in PARAMETERS if row.field and row.name != "RootMfaTypes"]
FREQUENCIES = {"One_Hour": 3600, "Three_Hours": 10800, "Six_Hours": 21600, "Twelve_Hours": 43200}

# cfn-lint and SAM


def run(*command: str | Path) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_sam_finds_nothing_wrong_with_the_template() -> None:
    sam = require_tool("sam", "validates the template")
    assert "is a valid SAM Template" in run(sam, "validate", "--lint", "--region", "us-east-1")


def test_cfn_lint_finds_nothing_wrong_with_the_source_and_its_translation(tmp_path: Path) -> None:
    translation = tmp_path / "plain.json"
    translation.write_text(json.dumps(plain()))
    lint = require_tool("cfn-lint", "checks the template")
    regions = ["--regions", "us-east-1", "cn-north-1", "us-gov-west-1"]
    assert (
        run(lint, *regions, "--", ROOT / "template.yaml", ROOT / "organization/forward-iam-events.yaml", translation)
        == ""
    )


# Parameters


def test_every_rule_parameter_is_a_parameter_of_the_template_with_the_same_default() -> None:
    declared = source()["Parameters"]
    assert {row.name: declared[row.name]["Default"] for row in RULE_PARAMETERS} == {
        row.name: row.default for row in RULE_PARAMETERS
    }


def test_what_the_template_allows_the_rule_understands() -> None:
    declared = source()["Parameters"]
    choices = {row.name: declared[row.name].get("AllowedValues", []) for row in RULE_PARAMETERS}
    assert {name for name, values in choices.items() if values} == {
        "AdministratorDefinition",
        "PrivilegeModel",
        "ConsoleUsersOnly",
        "ApiAccess",
        "NonAdminCompliance",
    }
    for name, values in choices.items():
        for value in values:
            assert parse_parameters({name: value}).given == ((name, value),)


def test_rule_parameters_reach_the_rule_and_empty_ones_are_left_out() -> None:
    given = {
        "AdministratorDefinition": "AdministratorAccess",
        "PrivilegeModel": "effective",
        "AdditionalAdminPolicyArns": "arn:aws:iam::123456789012:policy/ops",
        "AllowedMfaTypes": "fido,hardware",
        "ManagedDeviceTag": "Managed",
        "ExemptUsers": "ada@2027-01-31",
        "ExemptTag": "MfaExempt",
        "ConsoleUsersOnly": "true",
        "ApiAccess": "require-mfa",
        "NonAdminCompliance": "NOT_APPLICABLE",
    }
    own_role = {"AssumeRoleMode": "false"}
    assert set(given) == {row.name for row in RULE_PARAMETERS}
    assert Resolver(given).resources()["ConfigRule"]["Properties"]["InputParameters"] == given | own_role
    defaults = {row.name: row.default for row in RULE_PARAMETERS if row.default}
    assert Resolver().resources()["ConfigRule"]["Properties"]["InputParameters"] == defaults | own_role
    for parameters in (given, defaults):
        parse_parameters(parameters | own_role)


def test_the_longest_rule_parameters_fit_into_1024_characters() -> None:
    declared = source()["Parameters"]
    longest = {"AllowedMfaTypes": "virtual , hardware , hardware"}
    for row in RULE_PARAMETERS:
        if choices := declared[row.name].get("AllowedValues"):
            longest[row.name] = max(choices, key=len)
        elif row.name not in longest:
            longest[row.name] = "x" * declared[row.name]["MaxLength"]
    sent = Resolver(longest).resources()["ConfigRule"]["Properties"]["InputParameters"]
    assert len(json.dumps(sent)) <= 1024


def test_every_parameter_has_a_description_and_a_place_in_the_console() -> None:
    template = source()
    grouped = [
        name
        for group in template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
        for name in group["Parameters"]
    ]
    assert sorted(grouped) == sorted(template["Parameters"])
    assert [name for name, parameter in template["Parameters"].items() if not parameter.get("Description")] == []
    labels = template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterLabels"]
    assert set(labels) <= set(template["Parameters"])


def test_every_free_text_is_bounded() -> None:
    free = {
        name: parameter
        for name, parameter in source()["Parameters"].items()
        if parameter["Type"] == "String" and "AllowedValues" not in parameter
    }
    assert [n for n, p in free.items() if not {"AllowedPattern", "MaxLength"} & set(p)] == []
    assert [n for n, p in free.items() if "AllowedPattern" in p and "ConstraintDescription" not in p] == []


@pytest.mark.parametrize(
    ("parameter", "good", "bad"),
    [
        pytest.param("RuleName", ["iam-admin-user-mfa-enabled", "a"], ["", "-a", "A", "a" * 38], id="rule name"),
        pytest.param("EvaluationRegion", ["", "eu-west-1", "us-gov-west-1"], ["eu", "eu-west"], id="region"),
        pytest.param(
            "AlarmTopicArn",
            ["", "arn:aws:sns:us-east-1:123456789012:alarms", "arn:aws-cn:sns:cn-north-1:123456789012:a-b_c"],
            ["alarms", "arn:aws:sqs:us-east-1:123456789012:alarms"],
            id="topic",
        ),
        pytest.param(
            "AllowedMfaTypes", ["any", "fido", "virtual, fido,hardware"], ["", "sms", "any,fido", "fido,"], id="types"
        ),
        pytest.param("RuleFunctionReservedConcurrency", ["", "1", "100"], ["0", "1000", "-1", "one"], id="concurrency"),
    ],
)
def test_a_pattern_lets_pass_what_it_should(parameter: str, good: Iterable[str], bad: Iterable[str]) -> None:
    pattern = source()["Parameters"][parameter]["AllowedPattern"]
    assert [text for text in good if not re.fullmatch(pattern, text)] == []
    assert [text for text in bad if re.fullmatch(pattern, text)] == []


# Guards


@pytest.mark.parametrize(
    ("place", "evaluation_region", "refusals"),
    [
        pytest.param(IN_US, "", 0, id="region of IAM"),
        pytest.param(IN_CHINA, "", 0, id="region of IAM in China"),
        pytest.param(IN_GOVCLOUD, "", 0, id="region of IAM in GovCloud"),
        pytest.param(Place(region="eu-west-1"), "", 1, id="another region"),
        pytest.param(Place(region="eu-west-1"), "eu-west-1", 0, id="another region, chosen"),
        pytest.param(IN_US, "eu-west-1", 1, id="region of IAM, another one chosen"),
        pytest.param(Place(region="cn-northwest-1", partition="aws-cn"), "", 1, id="another region of China"),
    ],
)
def test_the_stack_is_refused_outside_the_one_region(place: Place, evaluation_region: str, refusals: int) -> None:
    sentences = Resolver({"EvaluationRegion": evaluation_region}, place).refusals()
    assert [sentence[:54] for sentence in sentences] == [
        "Users are evaluated in one region only, and this is a "
    ] * refusals


@pytest.mark.parametrize(
    ("parameters", "place", "rules"),
    [
        pytest.param({}, IN_US, {"ConfigRule", "RootMfaConfigRule"}, id="both"),
        pytest.param({"DeployRootMfaRule": "false"}, IN_US, {"ConfigRule"}, id="without the rule about root"),
        pytest.param({}, IN_CHINA, {"ConfigRule"}, id="China has no managed rule about root"),
        pytest.param({}, IN_GOVCLOUD, {"ConfigRule"}, id="GovCloud neither"),
        pytest.param({"DeployConfigRule": "false"}, IN_US, set(), id="a conformance pack brings them"),
    ],
)
def test_rules_are_created_where_they_should(parameters: dict[str, str], place: Place, rules: set[str]) -> None:
    created = Resolver(parameters, place).resources()
    everything = Resolver().resources()
    assert set(of_type(created, "AWS::Config::ConfigRule")) == rules
    assert set(everything) - set(created) <= {"ConfigRule", "RootMfaConfigRule", "RemediationConfiguration"}


def test_the_rule_keeps_its_name_in_a_conformance_pack() -> None:
    longest = "a" * 37
    assert re.fullmatch(source()["Parameters"]["RuleName"]["AllowedPattern"], longest)
    resources = Resolver({"RuleName": longest}).resources()
    for name, function in of_type(resources, "AWS::Lambda::Function").items():
        assert len(function["FunctionName"]) <= 64, name


# Permissions


def test_the_roles_allow_what_the_code_declares_and_nothing_else() -> None:
    resources = Resolver().resources()
    log = {"logs:CreateLogStream", "logs:PutLogEvents"}
    rule = {*iam.BULK_ACTIONS, *iam.SINGLE_ACTIONS, *config.ACTIONS, *config.OVERSIZED_ACTIONS}
    assert allowed_actions(resources, "RuleFunctionRole") == rule | log | {"sqs:SendMessage", *records.RUN_ACTIONS}
    queue = {"sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"}
    assert allowed_actions(resources, "ReevaluateFunctionRole") == {*reevaluate.ACTIONS} | log | queue


def _scopable() -> dict[str, set[str]]:
    """The actions that can be limited to resources, by service: the data of AWS that cfn-lint carries."""
    text = files("cfnlint.data.AdditionalSpecs").joinpath("Policies.json").read_text()
    services = json.loads(text)
    return {
        service: {action.casefold() for action, about in found["Actions"].items() if about.get("Resources")}
        for service, found in services.items()
    }


def test_a_role_names_resources_wherever_iam_lets_it() -> None:
    scopable = _scopable()
    assert "startconfigrulesevaluation" in scopable["config"]
    resources = Resolver().resources()
    too_wide = [
        (role, action)
        for role in of_type(resources, "AWS::IAM::Role")
        for statement in statements(resources, role)
        if statement["Effect"] == "Allow" and "*" in statement["Resource"]
        for service, action in [action.casefold().split(":") for action in statement["Action"]]
        if action in scopable[service] and "Condition" not in statement
    ]
    assert too_wide == []


def test_a_role_that_names_resources_names_actions_that_can_be_limited() -> None:
    scopable = _scopable()
    resources = Resolver().resources()
    never_allowed = [
        (role, action)
        for role in of_type(resources, "AWS::IAM::Role")
        for statement in statements(resources, role)
        if statement["Effect"] == "Allow" and "*" not in statement["Resource"]
        for service, action in [action.casefold().split(":") for action in statement["Action"]]
        if action not in scopable[service]
    ]
    assert never_allowed == []


def test_only_aws_config_of_this_account_invokes_the_rule() -> None:
    permissions = of_type(Resolver().resources(), "AWS::Lambda::Permission")
    assert permissions["RuleFunctionPermission"] == {
        "FunctionName": "arn:aws:lambda:us-east-1:123456789012:iam-admin-user-mfa-enabled",
        "Action": "lambda:InvokeFunction",
        "Principal": "config.amazonaws.com",
        "SourceAccount": "123456789012",
    }


# Functions


def test_the_functions_try_as_often_as_the_code_asks() -> None:
    for name, function in of_type(Resolver().resources(), "AWS::Lambda::Function").items():
        variables = function["Environment"]["Variables"]
        assert (variables["AWS_RETRY_MODE"], variables["AWS_MAX_ATTEMPTS"]) == ("standard", str(clients.ATTEMPTS)), name


def test_a_handler_is_where_its_function_looks_for_it() -> None:
    makefile = dict(re.findall(r"^HANDLER_(\w+) := (\S+)$", (ROOT / "Makefile").read_text(), re.MULTILINE))
    functions = {n: r for n, r in source()["Resources"].items() if r["Type"] == "AWS::Serverless::Function"}
    assert set(makefile) == set(functions)
    for name, function in functions.items():
        handler = ROOT / makefile[name]
        assert f"{handler.stem}.lambda_handler" == function["Properties"]["Handler"]
        assert ROOT / function["Properties"]["CodeUri"] == handler.parent
        assert "def lambda_handler(" in handler.read_text()


def test_messages_wait_as_long_as_lambda_asks_for() -> None:
    resources = Resolver().resources()
    (mapping,) = of_type(resources, "AWS::Lambda::EventSourceMapping").values()
    queue = resources["IamEventsQueue"]["Properties"]
    timeout = resources["ReevaluateFunction"]["Properties"]["Timeout"]
    assert queue["VisibilityTimeout"] >= 6 * timeout + mapping["MaximumBatchingWindowInSeconds"]
    assert queue["VisibilityTimeout"] * queue["RedrivePolicy"]["maxReceiveCount"] < queue["MessageRetentionPeriod"]
    assert queue["RedrivePolicy"]["maxReceiveCount"] == 20
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


# Observability


@pytest.mark.parametrize("frequency", source()["Parameters"]["MaximumExecutionFrequency"]["AllowedValues"])
def test_two_periods_without_a_run_ring(frequency: str) -> None:
    alarm = Resolver({"MaximumExecutionFrequency": frequency}).resources()["RuleNotCompletedAlarm"]["Properties"]
    assert alarm["Period"] == FREQUENCIES.get(frequency, 86400)
    assert (alarm["EvaluationPeriods"], alarm["TreatMissingData"]) == (2, "breaching")


def test_alarms_tell_the_topic_that_was_given_and_nobody_else() -> None:
    topic = "arn:aws:sns:us-east-1:123456789012:alarms"
    for given, told in (("", None), (topic, [topic])):
        for name, alarm in of_type(Resolver({"AlarmTopicArn": given}).resources(), "AWS::CloudWatch::Alarm").items():
            assert (alarm.get("AlarmActions"), alarm.get("OKActions")) == (told, told), name


@pytest.mark.parametrize(
    ("level", "of_lambda"), [("DEBUG", "DEBUG"), ("INFO", "INFO"), ("WARNING", "WARN"), ("ERROR", "ERROR")]
)
def test_lambda_lets_the_log_level_through(level: str, of_lambda: str) -> None:
    """Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html"""
    for name, function in of_type(Resolver({"LogLevel": level}).resources(), "AWS::Lambda::Function").items():
        assert function["LoggingConfig"]["ApplicationLogLevel"] == of_lambda, name


def test_the_dashboard_shows_every_alarm() -> None:
    resources = Resolver().resources()
    body = json.loads(resources["Dashboard"]["Properties"]["DashboardBody"])
    shown = [arn for widget in body["widgets"] for arn in widget["properties"].get("alarms", [])]
    alarms = [alarm["AlarmName"] for alarm in of_type(resources, "AWS::CloudWatch::Alarm").values()]
    assert sorted(arn.rsplit(":", 1)[1] for arn in shown) == sorted(alarms)


# How the file is read


def test_the_table_of_contents_names_every_section_in_its_order() -> None:
    text = (ROOT / "template.yaml").read_text()
    listed = re.findall(r"^#   (\d+\. .+)$", text, re.MULTILINE)
    assert listed
    assert re.findall(r"^  # (\d+\. .+)$", text, re.MULTILINE) == listed


# What stands elsewhere too


def test_the_environments_deploy_one_stack_each_with_known_parameters() -> None:
    environments = tomllib.loads((ROOT / "samconfig.toml").read_text())
    declared = source()["Parameters"]
    assert set(environments) - {"version"} == {"default", "dev", "prod"}
    stacks = {}
    for name in ("default", "dev", "prod"):
        deploy = environments[name]["deploy"]["parameters"]
        given = dict(re.findall(r'(\w+)="([^"]*)"', deploy.get("parameter_overrides", "")))
        assert set(given) <= set(declared)
        for parameter, value in given.items():
            assert value in map(str, declared[parameter].get("AllowedValues", [value]))
        assert Resolver(given, Place(region=deploy["region"])).refusals() == []
        assert deploy["capabilities"] == "CAPABILITY_NAMED_IAM"
        assert 'Application="admin-mfa"' in deploy["tags"]
        stacks[name] = (deploy["stack_name"], given.get("RuleName", declared["RuleName"]["Default"]))
    assert stacks["dev"][0] != stacks["prod"][0]
    assert stacks["dev"][1] != stacks["prod"][1]


def test_rdk_would_deploy_the_same_rule() -> None:
    document = json.loads((ROOT / "rules/IAM_ADMIN_USER_MFA_ENABLED/parameters.json").read_text())["Parameters"]
    resources = Resolver().resources()
    rule, function = resources["ConfigRule"]["Properties"], resources["RuleFunction"]["Properties"]
    assert document["Description"] == rule["Description"]
    assert document["SourcePeriodic"] == rule["Source"]["SourceDetails"][0]["MaximumExecutionFrequency"]
    assert document["SourceRuntime"] == f"{function['Runtime']}-lib"
    assert document["SourceHandler"] == function["Handler"]
    assert document["RuleName"].lower().replace("_", "-") == rule["ConfigRuleName"]
    optional = json.loads(document["OptionalParameters"])
    assert optional == {row.name: row.default for row in PARAMETERS}
    assert json.loads(document["InputParameters"]) == {}
