"""What template.yaml says about the remediation is what the code and the documents say."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest
from moto.events.models import EventPattern

from admin_mfa.aws import iam, iam_users
from admin_mfa.followup import authority, channels, device_removal, enforcement, records, rule, sweep
from admin_mfa.followup.enforcement import policy_document
from admin_mfa.followup.options import OPTIONS
from admin_mfa.parameters import PARAMETERS, parse_parameters
from tests.deploy.templates import IN_CHINA, IN_GOVCLOUD, IN_US, Place, Resolver, allowed_actions, of_type, source

from . import world as worlds
from .played import BOOKS, played
from .world import ACCOUNT, HELPER_ARN, RULE, World, document

LOG = {"logs:CreateLogStream", "logs:PutLogEvents"}
EVERY_CHANNEL = {
    "MailSender": "mfa@example.com",
    "MailTag": "Email",
    "ChatTopicArn": "arn:aws:sns:us-east-1:123456789012:chat",
    "SecurityHubFindings": "true",
}
DECLARED = {
    *(*iam_users.ACTIONS, *rule.ACTIONS, *records.ACTIONS, *sweep.ACTIONS, *channels.TOPIC_ACTIONS),
    *(*authority.ACTIONS, *device_removal.ACTIONS, *enforcement.ACTIONS),
}
DECLARED_OPTIONAL = {*channels.MAIL_ACTIONS, *channels.SECURITY_HUB_ACTIONS}
READING = {*iam.BULK_ACTIONS, *iam.SINGLE_ACTIONS}


def _properties(name: str, parameters: Mapping[str, str] | None = None, place: Place = IN_US) -> dict[str, Any]:
    properties: dict[str, Any] = Resolver(parameters, place).resources()[name]["Properties"]
    return properties


# Permissions


def test_the_helpers_role_allows_what_the_code_declares() -> None:
    beside = LOG | {"sqs:SendMessage", "iam:PassRole"}
    role = "RemediationFunctionRole"
    assert allowed_actions(Resolver().resources(), role) == DECLARED | READING | beside
    every_channel = allowed_actions(Resolver(EVERY_CHANNEL).resources(), role)
    assert every_channel == DECLARED | DECLARED_OPTIONAL | READING | beside


@pytest.mark.xdist_group("remediation stories")
def test_the_helper_calls_what_the_code_declares(monkeypatch: pytest.MonkeyPatch) -> None:
    made = {action for book in BOOKS for seen in played(book).values() for action in seen.by_helper}
    with worlds.world() as world:
        for name, value in worlds.every_channel(world).items():
            monkeypatch.setenv(name, value)
        world.aws.config.rule(f"{RULE}-conformance-pack-a", {"AssumeRoleMode": "false"}, function=RULE, pack=RULE)
        ada = world.administrator("ada", access_keys=1, tags={"Email": "ada@example.com"})
        world.remediate(ada, Mode="Enforce")
        world.ask(HELPER_ARN, {"Action": "compliance_changed", "ConfigRuleName": RULE, "UserId": ada})
        world.aws.automations.wait()
        world.ask(HELPER_ARN, {"Action": "sweep"})
        world.aws.iam.device("ada")
        world.remediate(ada)
        made |= world.used_by_helper
    assert made - READING == (DECLARED | DECLARED_OPTIONAL) - READING


def _asked_by(name: str) -> set[str]:
    """The permissions that a document's steps need."""
    needed = {"aws:invokeLambdaFunction": "lambda:InvokeFunction", "aws:approve": "sns:Publish"}
    return {
        needed[step["action"]]
        for step in document(name)["mainSteps"]
        if step["action"] not in {"aws:branch", "aws:executeScript"}
    }


@pytest.mark.parametrize(
    ("name", "role"),
    [
        pytest.param("require_admin_mfa", "RequireAdminMfaRole", id="RequireAdminMfa"),
        pytest.param("backout_admin_mfa", "BackoutAdminMfaRole", id="BackoutAdminMfa"),
    ],
)
def test_a_documents_role_allows_what_its_steps_need(name: str, role: str) -> None:
    assert allowed_actions(Resolver().resources(), role) == _asked_by(name)


def test_enforcement_attaches_our_policy_and_no_other() -> None:
    (statement,) = [
        statement
        for policy in _properties("RemediationFunctionRole")["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
        if "iam:AttachUserPolicy" in statement["Action"]
    ]
    assert statement["Condition"] == {"ArnEquals": {"iam:PolicyARN": "EnforcementPolicy"}}


@pytest.mark.parametrize("role", ["RequireAdminMfaRole", "BackoutAdminMfaRole"])
def test_only_automations_of_this_account_take_the_roles(role: str) -> None:
    (statement,) = _properties(role)["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Condition"] == {
        "StringEquals": {"aws:SourceAccount": ACCOUNT},
        "ArnLike": {"aws:SourceArn": f"arn:aws:ssm:*:{ACCOUNT}:automation-execution/*"},
    }


@pytest.mark.parametrize("rule_name", ["iam-admin-user-mfa-enabled", "a" * 37])
def test_approvals_are_asked_for_at_a_topic_that_automation_accepts(rule_name: str) -> None:
    """Source: https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-action-approve.html"""
    topic = f"arn:aws:sns:us-east-1:{ACCOUNT}:{_properties('ApprovalsTopic', {'RuleName': rule_name})['TopicName']}"
    assert topic.rpartition(":")[2].startswith("Automation")
    given = _properties("RemediationFunction", {"RuleName": rule_name})["Environment"]["Variables"]
    assert given["APPROVAL_TOPIC_ARN"] == Resolver({"RuleName": rule_name})({"Ref": "ApprovalsTopic"})
    (statement,) = (
        statement
        for policy in _properties("BackoutAdminMfaRole")["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Action"] == "sns:Publish"
    )
    assert Resolver().template["Outputs"]["ApprovalTopicArn"]["Value"] == {"Ref": "ApprovalsTopic"}
    assert statement["Resource"] == Resolver()({"Ref": "ApprovalsTopic"})


# The enforcement policy


@pytest.mark.parametrize("place", [IN_US, IN_CHINA, IN_GOVCLOUD], ids=lambda place: place.partition)
def test_the_policy_of_the_template_is_the_one_that_was_proven(place: Place) -> None:
    assert _properties("EnforcementPolicy", place=place)["PolicyDocument"] == policy_document(place.partition, ACCOUNT)


# The documents and the remediation configuration


@pytest.mark.parametrize(
    ("resource", "name"),
    [("RequireAdminMfaDocument", "require_admin_mfa"), ("BackoutAdminMfaDocument", "backout_admin_mfa")],
)
def test_the_documents_are_included_and_replace_their_default_version(resource: str, name: str) -> None:
    properties = _properties(resource)
    assert properties["Content"] == document(name)
    assert (properties["DocumentType"], properties["UpdateMethod"]) == ("Automation", "NewVersion")
    assert not properties["Name"].lower().startswith(("aws", "amazon", "amzn"))
    location = source()["Resources"][resource]["Properties"]["Content"]["Fn::Transform"]["Parameters"]["Location"]
    assert location == f"remediation/{name}.yaml"


def test_the_remediation_configuration_gives_the_document_all_that_it_takes() -> None:
    given = _properties("RemediationConfiguration")["Parameters"]
    assert set(given) == set(document("require_admin_mfa")["parameters"])
    assert given.pop("ResourceId") == {"ResourceValue": {"Value": "RESOURCE_ID"}}
    assert {len(value["StaticValue"]["Values"]) for value in given.values()} == {1}


def test_the_sweep_starts_the_document_with_the_same_values() -> None:
    changed = {"RemediationMode": "Enforce", "GracePeriodDays": "30", "ReminderDays": "7"}
    given = _properties("RemediationConfiguration", changed)["Parameters"]
    static = {name: value["StaticValue"]["Values"][0] for name, value in given.items() if "StaticValue" in value}
    # The helper knows the rule and the user.
    del static["ConfigRuleName"]
    environment = _properties("RemediationFunction", changed)["Environment"]["Variables"]
    inputs = json.loads(environment["AUTOMATION_INPUTS"])
    assert {**inputs, "AutomationAssumeRole": static["AutomationAssumeRole"]} == static
    assert static["Mode"] == "Enforce"


def test_the_sweep_compares_with_the_parameters_that_the_template_gives_the_rule() -> None:
    changed = {"ExemptUsers": "breakglass@2027-01-31", "AllowedMfaTypes": "fido"}
    given = _properties("ConfigRule", changed)["InputParameters"]
    deployed = json.loads(_properties("RemediationFunction", changed)["Environment"]["Variables"]["RULE_PARAMETERS"])
    assert parse_parameters(given) == replace(parse_parameters(deployed), given=parse_parameters(given).given)
    # Only the command evaluates RootMfaTypes.
    assert set(deployed) == {row.name for row in PARAMETERS if row.field} - {"RootMfaTypes"}


def test_what_the_helper_reads_from_its_environment_is_set() -> None:
    given = set(_properties("RemediationFunction")["Environment"]["Variables"])
    read = set(worlds.environment("topic", "policy")) | set(EVERY_CHANNEL_VARIABLES)
    assert read - {"POWERTOOLS_METRICS_DISABLED"} <= given


EVERY_CHANNEL_VARIABLES = ("MAIL_FROM", "MAIL_TAG", "CHAT_TOPIC_ARN", "SECURITY_HUB")


def test_limits_of_the_remediation_configuration_are_those_of_aws_config() -> None:
    """Source: https://docs.aws.amazon.com/config/latest/APIReference/API_RemediationConfiguration.html"""
    properties = _properties("RemediationConfiguration")
    assert 1 <= properties["MaximumAutomaticAttempts"] <= 25
    assert 1 <= properties["RetryAttemptSeconds"] <= 2_678_000
    limits = properties["ExecutionControls"]["SsmControls"]
    assert all(1 <= limits[name] <= 100 for name in ("ConcurrentExecutionRatePercentage", "ErrorPercentage"))
    assert len(properties["Parameters"]) <= 25


def test_options_are_parameters_with_the_same_defaults() -> None:
    declared = source()["Parameters"]
    names = {option.name: "RemediationMode" if option.name == "Mode" else option.name for option in OPTIONS}
    assert {name: declared[names[name]]["Default"] for name in names} == {o.name: o.default for o in OPTIONS}


@pytest.mark.parametrize("automatic", ["true", "false"])
def test_pausing_stops_config_and_the_notices_but_not_the_release(automatic: str) -> None:
    paused = {"AutomaticRemediation": automatic}
    assert _properties("RemediationConfiguration", paused)["Automatic"] == (automatic == "true")
    assert all(
        "State" not in _properties(name, paused) for name in ("SweepRule", "RemediationFunctionComplianceChange")
    )
    variables = _properties("RemediationFunction", paused)["Environment"]["Variables"]
    assert variables["AUTOMATIC_REMEDIATION"] == automatic


def test_the_steps_wait_longer_than_the_helper_may_take() -> None:
    timeout = _properties("RemediationFunction")["Timeout"]
    waits = [
        step["timeoutSeconds"]
        for name in ("require_admin_mfa", "backout_admin_mfa")
        for step in document(name)["mainSteps"]
        if step["action"] == "aws:invokeLambdaFunction"
    ]
    assert all(timeout < wait <= 300 for wait in waits)


def test_a_claim_outlives_every_invocation() -> None:
    assert timedelta(seconds=_properties("RemediationFunction")["Timeout"]) < records.CLAIM_LASTS


def test_the_table_is_the_one_that_the_code_writes() -> None:
    properties = _properties("RemediationTable")
    assert properties["KeySchema"] == [{"AttributeName": records.KEY, "KeyType": "HASH"}]
    assert properties["TimeToLiveSpecification"] == {"AttributeName": records.TTL, "Enabled": True}
    assert properties["BillingMode"] == "PAY_PER_REQUEST"


# Events


def _compliance_change(**changed: Any) -> dict[str, Any]:
    """Source: https://docs.aws.amazon.com/config/latest/developerguide/monitor-config-with-cloudwatchevents.html"""
    return {
        "source": "aws.config",
        "detail-type": "Config Rules Compliance Change",
        "account": ACCOUNT,
        "region": "us-east-1",
        "detail": {
            "resourceId": "AIDACKCEVSQ6C2EXAMPLE",
            "awsRegion": "us-east-1",
            "awsAccountId": ACCOUNT,
            "configRuleName": "iam-admin-user-mfa-enabled",
            "configRuleARN": f"arn:aws:config:us-east-1:{ACCOUNT}:config-rule/config-rule-abcdef",
            "messageType": "ComplianceChangeNotification",
            "newEvaluationResult": {"complianceType": "COMPLIANT"},
            "oldEvaluationResult": {"complianceType": "NON_COMPLIANT"},
            "resourceType": "AWS::IAM::User",
            **changed,
        },
    }


@pytest.mark.parametrize(
    ("event", "matches"),
    [
        pytest.param(_compliance_change(), True, id="enrolled"),
        pytest.param(_compliance_change(newEvaluationResult={"complianceType": "NOT_APPLICABLE"}), True, id="deleted"),
        pytest.param(
            _compliance_change(configRuleName="iam-admin-user-mfa-enabled-conformance-pack-abc"), True, id="pack"
        ),
        pytest.param(
            _compliance_change(configRuleName="awsconfigconforms-iam-admin-user-mfa-enabled-conformance-pack-abc"),
            True,
            id="pack, by the name that AWS Config documents",
        ),
        pytest.param(
            _compliance_change(newEvaluationResult={"complianceType": "NON_COMPLIANT"}), False, id="a new finding"
        ),
        pytest.param(_compliance_change(resourceType="AWS::::Account"), False, id="the root user"),
        pytest.param(_compliance_change(configRuleName="s3-bucket-versioning-enabled"), False, id="another rule"),
        pytest.param({**_compliance_change(), "source": "aws.iam"}, False, id="another source"),
    ],
)
def test_the_event_rule_takes_the_compliance_changes_that_release(event: dict[str, Any], *, matches: bool) -> None:
    pattern = _properties("RemediationFunctionComplianceChange")["EventPattern"]
    assert EventPattern.load(json.dumps(pattern)).matches_event(cast("Any", event)) is matches


def test_what_the_event_rules_send_the_helper_takes(world: World) -> None:
    (target,) = _properties("RemediationFunctionComplianceChange")["Targets"]
    transformer = target["InputTransformer"]
    detail = _compliance_change()["detail"]
    text = transformer["InputTemplate"]
    for name, path in transformer["InputPathsMap"].items():
        text = text.replace(f"<{name}>", json.dumps(detail[path.removeprefix("$.detail.")]))
    assert world.ask(HELPER_ARN, json.loads(text)) == {"started": False}
    (target,) = _properties("SweepRule")["Targets"]
    assert target["InputTransformer"]["InputPathsMap"] == {"id": "$.id"}
    text = target["InputTransformer"]["InputTemplate"].replace("<id>", '"6a7e8feb-b491-4cf7-a9f1-bf3703467718"')
    assert world.ask(HELPER_ARN, json.loads(text))["started"] == 0


@pytest.mark.parametrize("name", ["RemediationFunctionComplianceChangePermission", "SweepPermission"])
def test_only_our_event_rules_invoke_the_helper(name: str) -> None:
    permission = _properties(name)
    rules = [arn.rsplit("/", 1)[-1] for arn in [permission["SourceArn"]]]
    assert permission["Principal"] == "events.amazonaws.com"
    assert any(rule["Name"] in rules[0] for rule in of_type(Resolver().resources(), "AWS::Events::Rule").values())
