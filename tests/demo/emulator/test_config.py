"""AWS Config as strict as the service: what it takes, what it keeps, what it refuses."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from demo.emulator import EmbeddedAws
from demo.emulator.config_operations import OPERATIONS
from demo.emulator.models import service_model

MOMENT = datetime(2026, 11, 24, 3, tzinfo=UTC)
RULE = "iam-admin-user-mfa-enabled"
LAMBDA = "arn:aws:lambda:us-east-1:123456789012:function:ours"
USER = "AWS::IAM::User"


def evaluation(resource: str = "AIDA1", compliance: str = "COMPLIANT", **more: Any) -> dict[str, Any]:
    return {
        "ComplianceResourceType": USER,
        "ComplianceResourceId": resource,
        "ComplianceType": compliance,
        "OrderingTimestamp": MOMENT,
        **more,
    }


def put(aws: EmbeddedAws, *evaluations: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    token = aws.config.scheduled_event(RULE)["resultToken"]
    answer = aws.client("config").put_evaluations(Evaluations=evaluations, **{"ResultToken": token, **more})
    failed: list[dict[str, Any]] = answer["FailedEvaluations"]
    return failed


def code_of(aws: EmbeddedAws, operation: str, **arguments: Any) -> str:
    client = aws.client("config")
    with pytest.raises(ClientError) as caught:
        getattr(client, operation)(**arguments)
    return str(caught.value.response["Error"]["Code"])


@pytest.fixture
def ruled(aws: EmbeddedAws) -> EmbeddedAws:
    aws.config.rule(RULE)
    return aws


def test_an_evaluation_is_recorded_and_read_back(ruled: EmbeddedAws) -> None:
    ruled.config.set_clock(lambda: MOMENT)
    put(ruled, evaluation("AIDA1", "NON_COMPLIANT", Annotation="no MFA device"))
    found = ruled.client("config").get_compliance_details_by_config_rule(ConfigRuleName=RULE)["EvaluationResults"]
    assert found == [
        {
            "EvaluationResultIdentifier": {
                "EvaluationResultQualifier": {
                    "ConfigRuleName": RULE,
                    "ResourceType": USER,
                    "ResourceId": "AIDA1",
                    "EvaluationMode": "DETECTIVE",
                },
                "OrderingTimestamp": MOMENT,
            },
            "ComplianceType": "NON_COMPLIANT",
            "ResultRecordedTime": MOMENT,
            "ConfigRuleInvokedTime": MOMENT,
            "Annotation": "no MFA device",
        }
    ]
    assert [(one.resource_id, one.compliance) for one in ruled.config.recorded] == [("AIDA1", "NON_COMPLIANT")]


@pytest.mark.parametrize(
    ("evaluations", "code"),
    [
        pytest.param([evaluation(f"AIDA{number}") for number in range(101)], "ValidationException", id="101 a call"),
        pytest.param([evaluation(Annotation="a" * 257)], "ValidationException", id="annotation of 257 characters"),
        pytest.param(
            [evaluation(compliance="INSUFFICIENT_DATA")], "InvalidParameterValueException", id="INSUFFICIENT_DATA"
        ),
        pytest.param([evaluation(compliance="FINE")], "ValidationException", id="a compliance type of its own"),
        pytest.param(
            [evaluation(ComplianceResourceType="AWS::IAM::Usr")],
            "InvalidParameterValueException",
            id="a resource type that does not exist",
        ),
    ],
)
def test_evaluations_beyond_the_limits_are_refused_and_none_recorded(
    ruled: EmbeddedAws, evaluations: list[dict[str, Any]], code: str
) -> None:
    token = ruled.config.scheduled_event(RULE)["resultToken"]
    good = evaluation("AIDA-good")
    assert code_of(ruled, "put_evaluations", Evaluations=[good, *evaluations[:100]], ResultToken=token) == code
    assert ruled.config.recorded == ()


def test_the_most_that_is_allowed_is_taken(ruled: EmbeddedAws) -> None:
    assert put(ruled, *(evaluation(f"AIDA{number}", Annotation="a" * 256) for number in range(100))) == []
    assert len(ruled.config.recorded) == 100


@pytest.mark.parametrize("missing", ["OrderingTimestamp", "ComplianceType"])
def test_a_member_that_is_missing_is_told(ruled: EmbeddedAws, missing: str) -> None:
    given = {name: value for name, value in evaluation().items() if name != missing}
    token = ruled.config.scheduled_event(RULE)["resultToken"]
    client = ruled.client("config", config=None)
    client.meta.events.register(
        "before-call.config",
        lambda params, **_: params.update(
            body=json.dumps({"Evaluations": [given], "ResultToken": token}, default=datetime.timestamp)
        ),
    )
    with pytest.raises(ClientError) as caught:
        client.put_evaluations(ResultToken=token)
    where = missing[:1].lower() + missing[1:]
    assert caught.value.response["Error"] == {
        "Code": "ValidationException",
        "Message": f"1 validation error detected: Value null at 'evaluations.1.member.{where}' failed to satisfy "
        "constraint: Member must not be null",
    }


def test_a_run_without_news_still_completes(ruled: EmbeddedAws) -> None:
    assert put(ruled) == []
    assert (ruled.config.runs_completed(RULE), ruled.config.recorded) == (1, ())


def test_batches_of_one_run_complete_it_once(ruled: EmbeddedAws) -> None:
    token = ruled.config.scheduled_event(RULE)["resultToken"]
    put(ruled, evaluation("AIDA1"), ResultToken=token)
    put(ruled, evaluation("AIDA2"), ResultToken=token)
    assert (ruled.config.runs_completed(RULE), set(ruled.config.results(RULE))) == (1, {"AIDA1", "AIDA2"})


def test_test_mode_records_nothing_whatever_the_token(ruled: EmbeddedAws) -> None:
    assert put(ruled, evaluation(), ResultToken="TESTMODE", TestMode=True) == []
    assert (ruled.config.recorded, ruled.config.runs_completed(RULE)) == ((), 0)


def test_unknown_and_expired_result_tokens_are_refused(ruled: EmbeddedAws) -> None:
    token = ruled.config.scheduled_event(RULE)["resultToken"]
    ruled.config.expire_tokens()
    codes = [code_of(ruled, "put_evaluations", Evaluations=[evaluation()], ResultToken=text) for text in (token, "x")]
    assert (codes, ruled.config.recorded) == (["InvalidResultTokenException"] * 2, ())


def test_an_older_evaluation_does_not_replace_a_newer_one(ruled: EmbeddedAws) -> None:
    put(ruled, evaluation(compliance="NON_COMPLIANT"))
    put(ruled, evaluation(OrderingTimestamp=MOMENT - timedelta(seconds=1)))
    assert ruled.config.results(RULE) == {"AIDA1": ("NON_COMPLIANT", None)}
    put(ruled, evaluation(OrderingTimestamp=MOMENT + timedelta(seconds=1)))
    assert ruled.config.results(RULE) == {"AIDA1": ("COMPLIANT", None)}


def test_failed_evaluations_come_back_in_a_good_answer(ruled: EmbeddedAws) -> None:
    ruled.config.fail_evaluations(lambda given: given["ComplianceResourceId"] == "AIDA2")
    assert put(ruled, evaluation("AIDA1"), evaluation("AIDA2")) == [evaluation("AIDA2")]
    assert set(ruled.config.results(RULE)) == {"AIDA1"}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param({}, ["AIDA1", "AIDA2"], id="without a wish: what applies"),
        pytest.param({"ComplianceTypes": ["NON_COMPLIANT"]}, ["AIDA2"], id="one kind"),
        pytest.param({"ComplianceTypes": ["NOT_APPLICABLE"]}, ["AIDA3"], id="not applicable when asked for"),
    ],
)
def test_results_are_filtered_by_compliance(ruled: EmbeddedAws, arguments: dict[str, Any], expected: list[str]) -> None:
    kinds = ("COMPLIANT", "NON_COMPLIANT", "NOT_APPLICABLE")
    put(ruled, *(evaluation(f"AIDA{number}", kind) for number, kind in enumerate(kinds, 1)))
    answer = ruled.client("config").get_compliance_details_by_config_rule(ConfigRuleName=RULE, **arguments)
    found = [one["EvaluationResultIdentifier"]["EvaluationResultQualifier"] for one in answer["EvaluationResults"]]
    assert [one["ResourceId"] for one in found] == expected


@pytest.mark.parametrize(
    ("limit", "sizes"),
    [
        pytest.param({}, [10] * 11, id="10 unless more are asked for"),
        pytest.param({"Limit": 0}, [10] * 11, id="0 is the default"),
        pytest.param({"Limit": 100}, [100, 10], id="100 at most"),
    ],
)
def test_results_come_in_pages(ruled: EmbeddedAws, limit: dict[str, int], sizes: list[int]) -> None:
    put(ruled, *(evaluation(f"AIDA{number}") for number in range(100)))
    put(ruled, *(evaluation(f"AIDA{number}") for number in range(100, 110)))
    pages = (
        ruled.client("config")
        .get_paginator("get_compliance_details_by_config_rule")
        .paginate(ConfigRuleName=RULE, **limit)
    )
    assert [len(page["EvaluationResults"]) for page in pages] == sizes


@pytest.mark.parametrize(
    ("operation", "arguments", "code"),
    [
        pytest.param(
            "get_compliance_details_by_config_rule",
            {"ConfigRuleName": "x"},
            "NoSuchConfigRuleException",
            id="results of no rule",
        ),
        pytest.param(
            "get_compliance_details_by_config_rule",
            {"ConfigRuleName": RULE, "Limit": 101},
            "ValidationException",
            id="101 results a page",
        ),
        pytest.param(
            "get_compliance_details_by_config_rule",
            {"ConfigRuleName": RULE, "NextToken": "x"},
            "InvalidNextTokenException",
            id="a token that nobody gave",
        ),
        pytest.param(
            "get_compliance_details_by_config_rule",
            {"ConfigRuleName": RULE, "ComplianceTypes": ["INSUFFICIENT_DATA"]},
            "InvalidParameterValueException",
            id="results with insufficient data",
        ),
        pytest.param(
            "describe_config_rules", {"ConfigRuleNames": [RULE, "x"]}, "NoSuchConfigRuleException", id="no rule"
        ),
        pytest.param("describe_config_rules", {"ConfigRuleNames": ["x"] * 26}, "ValidationException", id="26 rules"),
        pytest.param(
            "start_config_rules_evaluation", {"ConfigRuleNames": ["x"]}, "NoSuchConfigRuleException", id="start no rule"
        ),
        pytest.param(
            "delete_evaluation_results", {"ConfigRuleName": "x"}, "NoSuchConfigRuleException", id="clear no rule"
        ),
        pytest.param(
            "delete_remediation_configuration",
            {"ConfigRuleName": RULE},
            "NoSuchRemediationConfigurationException",
            id="no remediation",
        ),
        pytest.param(
            "start_remediation_execution",
            {"ConfigRuleName": RULE, "ResourceKeys": [{"resourceType": USER, "resourceId": "AIDA1"}]},
            "NoSuchRemediationConfigurationException",
            id="start no remediation",
        ),
        pytest.param(
            "put_remediation_exceptions",
            {"ConfigRuleName": RULE, "ResourceKeys": [{"ResourceType": USER, "ResourceId": "AIDA1"}]},
            "InvalidParameterValueException",
            id="except from no remediation",
        ),
        pytest.param(
            "get_resource_config_history",
            {"resourceType": USER, "resourceId": "AIDA1"},
            "ResourceNotDiscoveredException",
            id="history of nobody",
        ),
        pytest.param(
            "describe_conformance_packs",
            {"ConformancePackNames": ["x"]},
            "NoSuchConformancePackException",
            id="no pack",
        ),
        pytest.param(
            "describe_configuration_aggregator_sources_status",
            {"ConfigurationAggregatorName": "x"},
            "NoSuchConfigurationAggregatorException",
            id="no aggregator",
        ),
        pytest.param(
            "describe_configuration_recorders",
            {"ConfigurationRecorderNames": ["x"]},
            "NoSuchConfigurationRecorderException",
            id="no recorder",
        ),
        pytest.param(
            "select_resource_config",
            {"Expression": "SELECT"},
            "UnknownOperationException",
            id="an operation that is not here",
        ),
    ],
)
def test_refuses_what_config_refuses(ruled: EmbeddedAws, operation: str, arguments: dict[str, Any], code: str) -> None:
    assert code_of(ruled, operation, **arguments) == code


def a_rule(**more: Any) -> dict[str, Any]:
    details = [{"EventSource": "aws.config", "MessageType": "ScheduledNotification"}]
    source = {"Owner": "CUSTOM_LAMBDA", "SourceIdentifier": LAMBDA, "SourceDetails": details}
    return {"ConfigRuleName": "new", "Source": source, **more}


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        pytest.param(a_rule(InputParameters="{"), "InvalidParameterValueException", id="parameters that are no JSON"),
        pytest.param(
            a_rule(InputParameters='{"a": true}'), "InvalidParameterValueException", id="a parameter that is no text"
        ),
        pytest.param(
            a_rule(InputParameters=json.dumps({"a": "b" * 1024})), "ValidationException", id="too many parameters"
        ),
        pytest.param(a_rule(ConfigRuleName="a" * 129), "ValidationException", id="too long a name"),
        pytest.param(
            a_rule(Source={"Owner": "CUSTOM_LAMBDA", "SourceIdentifier": LAMBDA}),
            "InvalidParameterValueException",
            id="no trigger",
        ),
        pytest.param(
            a_rule(Source={**a_rule()["Source"], "SourceIdentifier": "x"}),
            "InvalidParameterValueException",
            id="a function that is no ARN",
        ),
        pytest.param(a_rule(ConfigRuleId="config-rule-x"), "InvalidParameterValueException", id="an id for a new rule"),
        pytest.param(
            a_rule(MaximumExecutionFrequency="One_Hour"),
            "InvalidParameterValueException",
            id="frequency in the wrong place",
        ),
    ],
)
def test_a_wrong_rule_is_refused(aws: EmbeddedAws, rule: dict[str, Any], code: str) -> None:
    assert code_of(aws, "put_config_rule", ConfigRule=rule) == code
    assert aws.client("config").describe_config_rules()["ConfigRules"] == []


def test_rules_need_a_recorder(aws: EmbeddedAws) -> None:
    aws.config.no_recorder()
    assert code_of(aws, "put_config_rule", ConfigRule=a_rule()) == "NoAvailableConfigurationRecorderException"
    assert aws.client("config").describe_configuration_recorders()["ConfigurationRecorders"] == []
    assert aws.client("config").describe_delivery_channels()["DeliveryChannels"] == []


def test_a_rule_keeps_its_identity_when_it_is_changed(aws: EmbeddedAws) -> None:
    client = aws.client("config")
    client.put_config_rule(ConfigRule=a_rule())
    client.put_config_rule(ConfigRule=a_rule(Description="better"))
    assert client.describe_config_rules(ConfigRuleNames=["new"])["ConfigRules"] == [
        a_rule(
            Description="better",
            ConfigRuleId="config-rule-000001",
            ConfigRuleArn="arn:aws:config:us-east-1:123456789012:config-rule/config-rule-000001",
            ConfigRuleState="ACTIVE",
            EvaluationModes=[{"Mode": "DETECTIVE"}],
        )
    ]
    assert client.describe_config_rules(Filters={"EvaluationMode": "PROACTIVE"})["ConfigRules"] == []


def test_rules_come_25_a_page(aws: EmbeddedAws) -> None:
    for number in range(30):
        aws.config.rule(f"rule-{number:02}")
    pages = aws.client("config").get_paginator("describe_config_rules").paginate()
    assert [len(page["ConfigRules"]) for page in pages] == [25, 5]


def test_compliance_is_summed_up_by_rule_and_by_resource(ruled: EmbeddedAws) -> None:
    ruled.config.set_clock(lambda: MOMENT)
    ruled.config.rule("silent")
    put(ruled, *(evaluation(f"AIDA{number:02}", "NON_COMPLIANT") for number in range(26)), evaluation("AIDA26"))
    client = ruled.client("config")
    assert client.describe_compliance_by_config_rule()["ComplianceByConfigRules"] == [
        {
            "ConfigRuleName": RULE,
            "Compliance": {
                "ComplianceType": "NON_COMPLIANT",
                "ComplianceContributorCount": {"CappedCount": 25, "CapExceeded": True},
            },
        },
        {"ConfigRuleName": "silent", "Compliance": {"ComplianceType": "INSUFFICIENT_DATA"}},
    ]
    assert client.describe_compliance_by_resource(ResourceType=USER, ResourceId="AIDA26")["ComplianceByResources"] == [
        {
            "ResourceType": USER,
            "ResourceId": "AIDA26",
            "Compliance": {
                "ComplianceType": "COMPLIANT",
                "ComplianceContributorCount": {"CappedCount": 1, "CapExceeded": False},
            },
        }
    ]
    found = client.get_compliance_details_by_resource(ResourceType=USER, ResourceId="AIDA26")["EvaluationResults"]
    assert [one["ComplianceType"] for one in found] == ["COMPLIANT"]
    assert client.get_compliance_summary_by_config_rule()["ComplianceSummary"] == {
        "CompliantResourceCount": {"CappedCount": 0, "CapExceeded": False},
        "NonCompliantResourceCount": {"CappedCount": 1, "CapExceeded": False},
        "ComplianceSummaryTimestamp": MOMENT,
    }


def test_an_evaluation_is_started_once_a_minute_and_not_while_one_runs(ruled: EmbeddedAws) -> None:
    now = MOMENT
    ruled.config.set_clock(lambda: now)
    start = "start_config_rules_evaluation"
    client = ruled.client("config")
    client.start_config_rules_evaluation(ConfigRuleNames=[RULE])
    assert code_of(ruled, start, ConfigRuleNames=[RULE]) == "LimitExceededException"
    now += timedelta(seconds=60)
    assert code_of(ruled, start, ConfigRuleNames=[RULE]) == "LimitExceededException"
    ran = ruled.config.run_pending(lambda event, _: put(ruled, ResultToken=event["resultToken"]))
    assert (ran, ruled.config.pending(), ruled.config.runs_completed(RULE)) == ((RULE,), (), 1)
    client.start_config_rules_evaluation(ConfigRuleNames=[RULE])


def test_results_can_be_deleted(ruled: EmbeddedAws) -> None:
    put(ruled, evaluation())
    ruled.client("config").delete_evaluation_results(ConfigRuleName=RULE)
    assert ruled.config.results(RULE) == {}


def test_the_status_of_a_custom_rule_can_be_left_out(aws: EmbeddedAws) -> None:
    """AWS documents the status for managed and custom policy rules only."""
    config = aws.client("config")
    managed = {"Owner": "AWS", "SourceIdentifier": "ROOT_ACCOUNT_MFA_ENABLED"}
    config.put_config_rule(ConfigRule={"ConfigRuleName": "root", "Source": managed})
    aws.config.rule("ours")
    for tells, listed in ((True, ["ours", "root"]), (False, ["root"])):
        aws.config.tell_status_of_custom_rules(tells)
        found = config.describe_config_rule_evaluation_status()["ConfigRulesEvaluationStatus"]
        assert [status["ConfigRuleName"] for status in found] == listed


def test_the_status_of_a_rule_tells_its_last_run(ruled: EmbeddedAws) -> None:
    ruled.config.set_clock(lambda: MOMENT)
    (before,) = ruled.client("config").describe_config_rule_evaluation_status()["ConfigRulesEvaluationStatus"]
    assert ("LastSuccessfulEvaluationTime" in before, before["FirstEvaluationStarted"]) == (False, False)
    ruled.config.invoke(lambda event, _: put(ruled, ResultToken=event["resultToken"]), rule_name=RULE)
    (after,) = ruled.client("config").describe_config_rule_evaluation_status()["ConfigRulesEvaluationStatus"]
    assert (after["LastSuccessfulEvaluationTime"], after["FirstEvaluationStarted"]) == (MOMENT, True)


def remediation(**more: Any) -> dict[str, Any]:
    return {"ConfigRuleName": RULE, "TargetType": "SSM_DOCUMENT", "TargetId": "RequireAdminMfa", **more}


AUTOMATIC = {
    "Automatic": True,
    "MaximumAutomaticAttempts": 5,
    "RetryAttemptSeconds": 60,
    "Parameters": {"AutomationAssumeRole": {"StaticValue": {"Values": ["arn:aws:iam::123456789012:role/x"]}}},
}


@pytest.mark.parametrize(
    ("given", "code"),
    [
        pytest.param({"MaximumAutomaticAttempts": 26}, "ValidationException", id="26 attempts"),
        pytest.param({"RetryAttemptSeconds": 2_678_001}, "ValidationException", id="too long between attempts"),
        pytest.param(
            {"ExecutionControls": {"SsmControls": {"ErrorPercentage": 101}}}, "ValidationException", id="101 per cent"
        ),
        pytest.param(
            {"Parameters": {"A": {"ResourceValue": {"Value": "OTHER"}}}},
            "ValidationException",
            id="another resource value",
        ),
        pytest.param({"Parameters": {"A": {}}}, "InvalidParameterValueException", id="a parameter without a value"),
        pytest.param({"ConfigRuleName": "x"}, "InvalidParameterValueException", id="no rule"),
        pytest.param({**AUTOMATIC, "Parameters": {}}, "InvalidParameterValueException", id="automatic without a role"),
        pytest.param({"Automatic": True}, "InvalidParameterValueException", id="automatic without attempts"),
        pytest.param({"ConfigRuleName": "packed"}, "InsufficientPermissionsException", id="a rule made by a pack"),
    ],
)
def test_a_wrong_remediation_is_refused(ruled: EmbeddedAws, given: dict[str, Any], code: str) -> None:
    ruled.config.rule("packed", created_by="config-conforms.amazonaws.com")
    found = code_of(ruled, "put_remediation_configurations", RemediationConfigurations=[remediation(**given)])
    assert found == code


def test_remediation_is_configured_excepted_started_and_taken_away(ruled: EmbeddedAws) -> None:
    client = ruled.client("config")
    client.put_remediation_configurations(RemediationConfigurations=[remediation(**AUTOMATIC)])
    (held,) = client.describe_remediation_configurations(ConfigRuleNames=[RULE])["RemediationConfigurations"]
    assert held.pop("Arn").startswith("arn:aws:config:us-east-1:123456789012:remediation-configuration/")
    assert held == remediation(**AUTOMATIC)
    keys = [{"ResourceType": USER, "ResourceId": "AIDA1"}]
    client.put_remediation_exceptions(ConfigRuleName=RULE, ResourceKeys=keys)
    assert client.describe_remediation_exceptions(ConfigRuleName=RULE)["RemediationExceptions"] == []
    put(ruled, evaluation("AIDA1", compliance="NON_COMPLIANT"))
    client.put_remediation_exceptions(ConfigRuleName=RULE, ResourceKeys=keys, Message="on leave")
    assert client.describe_remediation_exceptions(ConfigRuleName=RULE)["RemediationExceptions"] == [
        {"ConfigRuleName": RULE, **keys[0], "Message": "on leave"}
    ]
    client.delete_remediation_exceptions(ConfigRuleName=RULE, ResourceKeys=keys)
    missing = code_of(ruled, "delete_remediation_exceptions", ConfigRuleName=RULE, ResourceKeys=keys)
    assert missing == "NoSuchRemediationExceptionException"
    key = {"resourceType": USER, "resourceId": "AIDA1"}
    client.start_remediation_execution(ConfigRuleName=RULE, ResourceKeys=[key])
    ruled.config.execution(RULE, "AIDA2", "FAILED", "no such user")
    statuses = client.describe_remediation_execution_status(ConfigRuleName=RULE)["RemediationExecutionStatuses"]
    assert [(one["ResourceKey"]["resourceId"], one["State"]) for one in statuses] == [
        ("AIDA1", "QUEUED"),
        ("AIDA2", "FAILED"),
    ]
    assert code_of(ruled, "delete_config_rule", ConfigRuleName=RULE) == "ResourceInUseException"
    client.delete_remediation_configuration(ConfigRuleName=RULE)
    client.delete_config_rule(ConfigRuleName=RULE)
    assert client.describe_config_rules()["ConfigRules"] == []


def test_recorder_channel_and_packs_are_described(aws: EmbeddedAws) -> None:
    aws.config.recorder(recording=False, resource_types=["AWS::IAM::User"])
    aws.config.conformance_pack("admins")
    client = aws.client("config")
    (recorder,) = client.describe_configuration_recorders()["ConfigurationRecorders"]
    (status,) = client.describe_configuration_recorder_status()["ConfigurationRecordersStatus"]
    (pack,) = client.describe_conformance_packs()["ConformancePackDetails"]
    (state,) = client.describe_conformance_pack_status()["ConformancePackStatusDetails"]
    (channel,) = client.describe_delivery_channels()["DeliveryChannels"]
    assert (recorder["recordingGroup"]["resourceTypes"], status["recording"]) == (["AWS::IAM::User"], False)
    assert (pack["ConformancePackName"], state["ConformancePackState"]) == ("admins", "CREATE_COMPLETE")
    assert channel == {"name": "default", "s3BucketName": "config-bucket-123456789012"}


def test_every_operation_here_is_one_of_configs() -> None:
    assert set(OPERATIONS) <= set(service_model("config").operation_names)
