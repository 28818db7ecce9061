"""What the product and the emulator assume about AWS: one row for each assumption, with its source.

docs/aws-contract.md is written from this table. A test compares the rows with the emulator: a function that refuses a
request without a row fails it, and so does a row whose function or test does not exist.
"""

from dataclasses import dataclass
from enum import StrEnum

READ = "2026-11-24"
"""When most sources were read."""


class Status(StrEnum):
    """How an assumption is known.

    DOCUMENTED: AWS's documentation or service model states it. RECORDED: a published answer or template of AWS shows
    it. ASSUMED: neither does, so the code must be right either way, or the acceptance run decides.
    """

    DOCUMENTED = "documented"
    RECORDED = "recorded"
    ASSUMED = "assumed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumption:
    """One assumption about AWS.

    Attributes:
        id: Stable, so that a test or a comment can name it.
        service: The AWS service.
        text: The assumption.
        source: Where it was read.
        meaning: What the source states, in our words.
        status: How it is known.
        emulator: The functions of the emulator that refuse what breaks it; empty where the emulator has no such part.
        test: The test that shows it; empty where only a deployment can.
        read: When the source was read.
    """

    id: str
    service: str
    text: str
    source: str
    meaning: str
    status: Status
    emulator: tuple[str, ...] = ()
    test: str = ""
    read: str = READ


CONTRACT: tuple[Assumption, ...] = (
    Assumption(
        id="ses-sandbox",
        service="Amazon SES",
        text="In the sandbox mail goes to verified addresses only; others are refused with MessageRejected.",
        source="https://docs.aws.amazon.com/ses/latest/dg/request-production-access.html",
        meaning="In the sandbox mail goes to verified addresses and domains only.",
        status=Status.DOCUMENTED,
        test="tests/remediation/test_helper.py::test_an_optional_channel_never_stops_the_run",
    ),
    Assumption(
        id="ses-configuration-set",
        service="Amazon SES",
        text="SendEmail under a default configuration set needs ses:SendEmail on that configuration set too.",
        source=(
            "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsimpleemailservicev2.html"
        ),
        meaning="Resource types of SendEmail: identity, which is required, configuration set and template.",
        status=Status.DOCUMENTED,
        test="tests/remediation/test_helper.py::test_an_optional_channel_never_stops_the_run",
    ),
    Assumption(
        id="sns-subject",
        service="Amazon SNS",
        text="A subject has fewer than 100 characters and no line break or control character.",
        source="https://docs.aws.amazon.com/sns/latest/api/API_Publish.html",
        meaning="Constraints of Subject.",
        status=Status.DOCUMENTED,
    ),
    Assumption(
        id="sns-publisher-path",
        service="Amazon SNS",
        text=(
            "A request of a role in an organization carries aws:PrincipalOrgPaths, o-ID/r-ID/ou-ID/.../, also to "
            "another account's topic and key; an alarm's request to a topic carries aws:SourceArn."
        ),
        source="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html",
        meaning="The multivalued key is present where the principal is a member of an organization.",
        status=Status.DOCUMENTED,
        test="tests/organization/test_notices_topic.py::test_only_the_roles_of_deployed_stacks_publish",
    ),
    Assumption(
        id="sns-topic-gone",
        service="Amazon SNS",
        text=(
            "Publishing to a topic that is gone raises NotFound; to an encrypted one without key permission "
            "KMSAccessDenied."
        ),
        source="https://docs.aws.amazon.com/sns/latest/api/API_Publish.html",
        meaning="Errors of Publish.",
        status=Status.DOCUMENTED,
        test="tests/remediation/test_helper.py::test_a_topic_that_is_gone_fails_the_step_and_leaves_no_claim",
    ),
    Assumption(
        id="config-put-100",
        service="AWS Config",
        text="PutEvaluations takes at most 100 evaluations in one call.",
        source="https://docs.aws.amazon.com/config/latest/APIReference/API_PutEvaluations.html",
        meaning="The list of evaluations holds 0 to 100 items.",
        status=Status.DOCUMENTED,
        emulator=("config_service._check",),
        test="tests/demo/emulator/test_config.py::test_evaluations_beyond_the_limits_are_refused_and_none_recorded",
    ),
    Assumption(
        id="config-annotation-256",
        service="AWS Config",
        text="An annotation has 1 to 256 characters.",
        source="https://docs.aws.amazon.com/config/latest/APIReference/API_Evaluation.html",
        meaning="Length constraint of Annotation.",
        status=Status.DOCUMENTED,
        emulator=("config_service._check",),
        test="tests/demo/emulator/test_config.py::test_evaluations_beyond_the_limits_are_refused_and_none_recorded",
    ),
    Assumption(
        id="config-put-empty",
        service="AWS Config",
        text="A PutEvaluations call with an empty list and a valid token is accepted.",
        source="https://docs.aws.amazon.com/config/latest/APIReference/API_PutEvaluations.html",
        meaning="The list may be empty: its minimum is 0.",
        status=Status.DOCUMENTED,
        test="tests/demo/emulator/test_config.py::test_a_run_without_news_still_completes",
    ),
    Assumption(
        id="config-put-empty-completes",
        service="AWS Config",
        text="An empty PutEvaluations call marks the run as completed.",
        source="https://docs.aws.amazon.com/config/latest/APIReference/API_PutEvaluations.html",
        meaning="Not said; the rule remembers its completed runs itself, so enforcement does not depend on it.",
        status=Status.ASSUMED,
        test=(
            "tests/remediation/test_repeats.py::test_enforcement_begins_whether_or_not_config_tells_the_statu"
            "s_of_custom_rules"
        ),
    ),
    Assumption(
        id="config-failed-evaluations",
        service="AWS Config",
        text="PutEvaluations can answer 200 and still return evaluations in FailedEvaluations.",
        source="https://docs.aws.amazon.com/config/latest/APIReference/API_PutEvaluations.html",
        meaning="Failed evaluations come back when a call could not write all of them.",
        status=Status.DOCUMENTED,
        test="tests/demo/emulator/test_config.py::test_failed_evaluations_come_back_in_a_good_answer",
    ),
    Assumption(
        id="config-token",
        service="AWS Config",
        text="A result token that AWS Config did not issue is refused with InvalidResultTokenException.",
        source="https://docs.aws.amazon.com/config/latest/APIReference/API_PutEvaluations.html",
        meaning="The error for a token that is not valid.",
        status=Status.DOCUMENTED,
        emulator=("config_state.Store.token",),
        test="tests/demo/emulator/test_config.py::test_unknown_and_expired_result_tokens_are_refused",
    ),
    Assumption(
        id="config-token-lifetime",
        service="AWS Config",
        text="A result token expires; we expect it to last at least as long as one run (the emulator: one hour).",
        source="https://docs.aws.amazon.com/config/latest/APIReference/API_PutEvaluations.html",
        meaning="No lifetime is given.",
        status=Status.ASSUMED,
        emulator=("config_state.Store.token",),
        test="tests/demo/emulator/test_config.py::test_unknown_and_expired_result_tokens_are_refused",
    ),
    Assumption(
        id="config-test-mode",
        service="AWS Config",
        text="With TestMode nothing is recorded and any token is accepted.",
        source="https://docs.aws.amazon.com/config/latest/APIReference/API_PutEvaluations.html",
        meaning="A test run needs a token that is not null, and changes nothing.",
        status=Status.DOCUMENTED,
        test="tests/demo/emulator/test_config.py::test_test_mode_records_nothing_whatever_the_token",
    ),
    Assumption(
        id="config-insufficient-data",
        service="AWS Config",
        text="INSUFFICIENT_DATA is refused in PutEvaluations.",
        source="https://docs.aws.amazon.com/config/latest/APIReference/API_Evaluation.html",
        meaning="Only COMPLIANT, NON_COMPLIANT and NOT_APPLICABLE are supported.",
        status=Status.DOCUMENTED,
        emulator=("config_operations._check_evaluation",),
        test="tests/demo/emulator/test_config.py::test_refuses_what_config_refuses",
    ),
    Assumption(
        id="config-resource-type",
        service="AWS Config",
        text="The evaluated type is one that AWS Config supports, or AWS::::Account.",
        source="https://docs.aws.amazon.com/config/latest/APIReference/API_Evaluation.html",
        meaning="A type of 1 to 256 characters; supported values are a list elsewhere.",
        status=Status.ASSUMED,
        emulator=("config_operations._check_evaluation",),
        test="tests/demo/emulator/test_config.py::test_refuses_what_config_refuses",
    ),
    Assumption(
        id="config-ordering",
        service="AWS Config",
        text="An evaluation with an older OrderingTimestamp does not replace a newer one.",
        source="https://docs.aws.amazon.com/config/latest/APIReference/API_Evaluation.html",
        meaning="The timestamp orders evaluations; what happens to a late one is not said.",
        status=Status.ASSUMED,
        test="tests/demo/emulator/test_config.py::test_an_older_evaluation_does_not_replace_a_newer_one",
    ),
    Assumption(
        id="config-results-page",
        service="AWS Config",
        text="GetComplianceDetailsByConfigRule returns 10 results by default and 100 at most, then NextToken.",
        source="https://docs.aws.amazon.com/config/latest/APIReference/API_GetComplianceDetailsByConfigRule.html",
        meaning="Limit: default 10, at most 100, 0 means the default.",
        status=Status.DOCUMENTED,
        test="tests/demo/emulator/test_config.py::test_results_come_in_pages",
    ),
    Assumption(
        id="config-results-filter",
        service="AWS Config",
        text="Results cannot be filtered by INSUFFICIENT_DATA.",
        source="https://docs.aws.amazon.com/config/latest/APIReference/API_GetComplianceDetailsByConfigRule.html",
        meaning="The value is returned but is not a filter.",
        status=Status.DOCUMENTED,
        emulator=("config_operations._wanted",),
        test="tests/demo/emulator/test_config.py::test_refuses_what_config_refuses",
    ),
    Assumption(
        id="config-results-default-filter",
        service="AWS Config",
        text="Without a filter, NOT_APPLICABLE results are left out.",
        source="https://docs.aws.amazon.com/config/latest/APIReference/API_GetComplianceDetailsByConfigRule.html",
        meaning="Nothing is said.",
        status=Status.ASSUMED,
        test="tests/demo/emulator/test_config.py::test_results_are_filtered_by_compliance",
    ),
    Assumption(
        id="config-results-name-64",
        service="AWS Config",
        text="Calls about results take rule names of at most 64 characters.",
        source="https://docs.aws.amazon.com/config/latest/APIReference/API_GetComplianceDetailsByConfigRule.html",
        meaning="Length constraint of ConfigRuleName here, where PutConfigRule allows 128.",
        status=Status.DOCUMENTED,
        emulator=("config_service._check",),
        test="tests/demo/emulator/test_config.py::test_refuses_what_config_refuses",
    ),
    Assumption(
        id="config-next-token",
        service="AWS Config",
        text="A token from another operation is refused with InvalidNextTokenException.",
        source="https://docs.aws.amazon.com/config/latest/APIReference/API_GetComplianceDetailsByConfigRule.html",
        meaning="The error for a token that is not valid.",
        status=Status.DOCUMENTED,
        emulator=("config_operations._cut",),
        test="tests/demo/emulator/test_config.py::test_refuses_what_config_refuses",
    ),
    Assumption(
        id="config-start-minute",
        service="AWS Config",
        text=(
            "StartConfigRulesEvaluation is refused with LimitExceededException when called for a rule more "
            "than once a minute."
        ),
        source="https://docs.aws.amazon.com/config/latest/APIReference/API_StartConfigRulesEvaluation.html",
        meaning="LimitExceededException: more than once per minute.",
        status=Status.DOCUMENTED,
        emulator=("config_operations._start_config_rules_evaluation",),
        test="tests/demo/emulator/test_config.py::test_an_evaluation_is_started_once_a_minute_and_not_while_one_runs",
    ),
    Assumption(
        id="config-start-in-progress",
        service="AWS Config",
        text="StartConfigRulesEvaluation is refused while an evaluation of the rule is in progress.",
        source="https://docs.aws.amazon.com/config/latest/APIReference/API_StartConfigRulesEvaluation.html",
        meaning=(
            "LimitExceededException also covers an evaluation in progress; ResourceInUseException covers a "
            "rule that is being changed or deleted."
        ),
        status=Status.DOCUMENTED,
        emulator=("config_operations._start_config_rules_evaluation",),
        test="tests/demo/emulator/test_config.py::test_an_evaluation_is_started_once_a_minute_and_not_while_one_runs",
    ),
    Assumption(
        id="config-start-25",
        service="AWS Config",
        text="StartConfigRulesEvaluation takes at most 25 rule names.",
        source="https://docs.aws.amazon.com/config/latest/APIReference/API_StartConfigRulesEvaluation.html",
        meaning="List of 1 to 25.",
        status=Status.DOCUMENTED,
        emulator=("config_service._check",),
        test="tests/demo/emulator/test_config.py::test_refuses_what_config_refuses",
    ),
    Assumption(
        id="config-start-pack-rule",
        service="AWS Config",
        text="StartConfigRulesEvaluation works for a rule that a conformance pack created.",
        source="https://docs.aws.amazon.com/config/latest/APIReference/API_StartConfigRulesEvaluation.html",
        meaning="Not said; where it is refused, other rules are started all the same and the schedule remains.",
        status=Status.ASSUMED,
        test=(
            "tests/aws/test_reevaluate.py::test_rules_of_packs_are_started_where_config_takes_them_and_others_in_an"
            "y_case"
        ),
    ),
    Assumption(
        id="config-status-custom",
        service="AWS Config",
        text="DescribeConfigRuleEvaluationStatus may not return status for custom Lambda rules.",
        source="https://docs.aws.amazon.com/config/latest/APIReference/API_ConfigRuleEvaluationStatus.html",
        meaning="Status covers managed and custom policy rules, not custom Lambda rules.",
        status=Status.DOCUMENTED,
        test="tests/demo/emulator/test_config.py::test_the_status_of_a_custom_rule_can_be_left_out",
    ),
    Assumption(
        id="config-status-custom-recorded",
        service="AWS Config",
        text="An answer of 2018 has LastSuccessfulEvaluationTime for custom Lambda rules.",
        source=(
            "https://github.com/cloud-custodian/cloud-custodian/tree/df800e9e94d0860e0d8fbfebd9bc5b9b2d50367d"
            "/tests/data/placebo/test_config_rule_status"
        ),
        meaning=(
            "Rules of owner CUSTOM_LAMBDA with LastSuccessfulInvocationTime and LastSuccessfulEvaluationTime "
            "three minutes later."
        ),
        status=Status.RECORDED,
        test=(
            "tests/remediation/test_repeats.py::test_enforcement_begins_whether_or_not_config_tells_the_statu"
            "s_of_custom_rules"
        ),
    ),
    Assumption(
        id="config-delete-results-busy",
        service="AWS Config",
        text="DeleteEvaluationResults is refused with ResourceInUseException while the rule is evaluated.",
        source="https://docs.aws.amazon.com/config/latest/APIReference/API_DeleteEvaluationResults.html",
        meaning="ResourceInUseException: the rule is in use.",
        status=Status.DOCUMENTED,
        emulator=("config_operations._delete_evaluation_results",),
        test="tests/demo/emulator/test_config.py::test_results_can_be_deleted",
    ),
    Assumption(
        id="config-delete-rule-remediation",
        service="AWS Config",
        text="DeleteConfigRule is refused while a remediation configuration exists.",
        source="https://docs.aws.amazon.com/config/latest/APIReference/API_DeleteConfigRule.html",
        meaning="ResourceInUseException: a remediation action is associated with the rule.",
        status=Status.DOCUMENTED,
        emulator=("config_operations._delete_config_rule",),
        test="tests/demo/emulator/test_config.py::test_remediation_is_configured_excepted_started_and_taken_away",
    ),
    Assumption(
        id="config-rule-no-recorder",
        service="AWS Config",
        text="PutConfigRule needs a customer managed configuration recorder.",
        source="https://docs.aws.amazon.com/config/latest/APIReference/API_PutConfigRule.html",
        meaning="NoAvailableConfigurationRecorderException.",
        status=Status.DOCUMENTED,
        emulator=("config_operations._put_config_rule",),
        test="tests/demo/emulator/test_config.py::test_rules_need_a_recorder",
    ),
    Assumption(
        id="config-rule-identity",
        service="AWS Config",
        text="A new rule has a name and neither ARN nor id.",
        source="https://docs.aws.amazon.com/config/latest/APIReference/API_ConfigRule.html",
        meaning="The name is required for a new rule; AWS Config sets ARN and id.",
        status=Status.DOCUMENTED,
        emulator=("config_operations._put_config_rule",),
        test="tests/demo/emulator/test_config.py::test_a_wrong_rule_is_refused",
    ),
    Assumption(
        id="config-rule-source",
        service="AWS Config",
        text=(
            "A custom Lambda rule has a function ARN and SourceDetails; only a "
            "ScheduledNotification detail contains the frequency."
        ),
        source="https://docs.aws.amazon.com/config/latest/APIReference/API_SourceDetail.html",
        meaning="The frequency needs MessageType ScheduledNotification; a managed rule has no SourceDetails.",
        status=Status.DOCUMENTED,
        emulator=("config_operations._check_source",),
        test="tests/demo/emulator/test_config.py::test_a_wrong_rule_is_refused",
    ),
    Assumption(
        id="config-rule-parameters",
        service="AWS Config",
        text="InputParameters is a JSON object of strings with at most 1,024 characters.",
        source="https://docs.aws.amazon.com/config/latest/APIReference/API_ConfigRule.html",
        meaning="A JSON string of at most 1,024 characters.",
        status=Status.DOCUMENTED,
        emulator=("config_operations._check_input_parameters", "config_service._check"),
        test="tests/demo/emulator/test_config.py::test_a_wrong_rule_is_refused",
    ),
    Assumption(
        id="config-rules-page",
        service="AWS Config",
        text="DescribeConfigRules returns 25 rules a page.",
        source="https://docs.aws.amazon.com/config/latest/APIReference/API_DescribeConfigRules.html",
        meaning="A page size is not given; recorded answers hold up to 25.",
        status=Status.RECORDED,
        test="tests/demo/emulator/test_config.py::test_rules_come_25_a_page",
    ),
    Assumption(
        id="config-created-by",
        service="AWS Config",
        text="A rule that a service created carries that service's principal in CreatedBy.",
        source="https://docs.aws.amazon.com/config/latest/APIReference/API_ConfigRule.html",
        meaning="Filled only for service-linked rules.",
        status=Status.DOCUMENTED,
        test="tests/demo/emulator/test_config.py::test_a_wrong_remediation_is_refused",
    ),
    Assumption(
        id="config-created-by-recorded",
        service="AWS Config",
        text="CreatedBy is a service principal such as securityhub.amazonaws.com.",
        source=(
            "https://github.com/cloud-custodian/cloud-custodian/tree/df800e9e94d0860e0d8fbfebd9bc5b9b2d50367d"
            "/tests/data/placebo/test_config_rule_remediation"
        ),
        meaning="90 rules of Security Hub, 6 of Firewall Manager, none of a pack.",
        status=Status.RECORDED,
        test="tests/demo/emulator/test_config.py::test_a_wrong_remediation_is_refused",
    ),
    Assumption(
        id="config-conforms-principal",
        service="AWS Config",
        text="Rules of a conformance pack carry config-conforms.amazonaws.com in CreatedBy.",
        source="https://docs.aws.amazon.com/aws-managed-policy/latest/reference/ConfigConformsServiceRolePolicy.html",
        meaning=(
            "The service-linked role may put rules below config-rule/aws-service-rule/config-conforms.amazonaws.com."
        ),
        status=Status.ASSUMED,
    ),
    Assumption(
        id="config-rule-quota",
        service="AWS Config",
        text="An account and region take 1,000 rules.",
        source="https://docs.aws.amazon.com/config/latest/developerguide/configlimits.html",
        meaning="1,000 rules for each region and account, not to be raised.",
        status=Status.DOCUMENTED,
        test="tests/audit/test_doctor.py::test_a_sound_deployment_gives_nothing_to_do",
    ),
    Assumption(
        id="config-history",
        service="AWS Config",
        text="GetResourceConfigHistory refuses a resource that was never recorded with ResourceNotDiscoveredException.",
        source="https://docs.aws.amazon.com/config/latest/APIReference/API_GetResourceConfigHistory.html",
        meaning="The error for a resource that is unknown or not discovered.",
        status=Status.DOCUMENTED,
        emulator=("config_operations._get_resource_config_history",),
        test="tests/demo/emulator/test_config.py::test_refuses_what_config_refuses",
    ),
    Assumption(
        id="config-recorder-names",
        service="AWS Config",
        text="Asking for a recorder or delivery channel by a name that does not exist is refused.",
        source="https://docs.aws.amazon.com/config/latest/APIReference/API_DescribeConfigurationRecorders.html",
        meaning="NoSuchConfigurationRecorderException, NoSuchDeliveryChannelException.",
        status=Status.DOCUMENTED,
        emulator=("config_operations._recorders", "config_operations._describe_delivery_channels"),
        test="tests/demo/emulator/test_config.py::test_refuses_what_config_refuses",
    ),
    Assumption(
        id="config-recording-strategy",
        service="AWS Config",
        text=(
            "With the strategy EXCLUSION_BY_RESOURCE_TYPES every type is recorded that is not excluded, "
            "though allSupported is false."
        ),
        source="https://docs.aws.amazon.com/config/latest/APIReference/API_ExclusionByResourceTypes.html",
        meaning="All supported types, global IAM types among them, except those that are listed.",
        status=Status.DOCUMENTED,
        test="tests/audit/test_doctor.py::test_a_recorder_that_excludes_another_type_records_users",
    ),
    Assumption(
        id="config-event-form",
        service="AWS Config",
        text="The function receives invokingEvent, ruleParameters and resultToken as text.",
        source=(
            "https://docs.aws.amazon.com/config/latest/developerguide/evaluate-config_develop-rules_example-events.html"
        ),
        meaning="The example events; all three are text that holds JSON, but the token.",
        status=Status.DOCUMENTED,
        test="tests/demo/emulator/test_config_events.py::test_events_have_the_members_of_those_that_config_sends",
    ),
    Assumption(
        id="remediation-ranges",
        service="AWS Config",
        text=(
            "MaximumAutomaticAttempts is 1 to 25, RetryAttemptSeconds 1 to 2,678,000, each percentage 1 to "
            "100, parameters at most 25."
        ),
        source="https://docs.aws.amazon.com/config/latest/APIReference/API_RemediationConfiguration.html",
        meaning="Range constraints.",
        status=Status.DOCUMENTED,
        emulator=("config_service._check",),
        test="tests/organization/test_pack.py::test_each_limit_speaks_when_it_is_broken",
    ),
    Assumption(
        id="remediation-defaults",
        service="AWS Config",
        text="Automatic remediation states MaximumAutomaticAttempts and RetryAttemptSeconds.",
        source="https://docs.aws.amazon.com/config/latest/APIReference/API_RemediationConfiguration.html",
        meaning="Both have defaults, 5 attempts and 60 seconds; we state them so that nothing depends on a default.",
        status=Status.ASSUMED,
        emulator=("config_operations._check_remediation",),
        test="tests/demo/emulator/test_config.py::test_a_wrong_remediation_is_refused",
    ),
    Assumption(
        id="remediation-assume-role",
        service="AWS Config",
        text="Automatic remediation needs a parameter with the name AutomationAssumeRole.",
        source="https://docs.aws.amazon.com/config/latest/APIReference/API_PutRemediationConfigurations.html",
        meaning="For automatic remediation only that field is valid, and it needs a value.",
        status=Status.DOCUMENTED,
        emulator=("config_operations._check_remediation",),
        test="tests/demo/emulator/test_config.py::test_a_wrong_remediation_is_refused",
    ),
    Assumption(
        id="remediation-one-value",
        service="AWS Config",
        text="A remediation parameter has either a static or a resource value.",
        source="https://docs.aws.amazon.com/config/latest/APIReference/API_RemediationParameterValue.html",
        meaning="Two members of which one is used.",
        status=Status.ASSUMED,
        emulator=("config_operations._check_remediation",),
        test="tests/demo/emulator/test_config.py::test_a_wrong_remediation_is_refused",
    ),
    Assumption(
        id="remediation-resource-id",
        service="AWS Config",
        text="The only resource value is RESOURCE_ID.",
        source="https://docs.aws.amazon.com/config/latest/APIReference/API_ResourceValue.html",
        meaning="Enumeration.",
        status=Status.DOCUMENTED,
        emulator=("config_service._check",),
        test="tests/organization/test_pack.py::test_each_limit_speaks_when_it_is_broken",
    ),
    Assumption(
        id="remediation-service-linked",
        service="AWS Config",
        text="PutRemediationConfigurations does not take rules of conformance packs.",
        source="https://docs.aws.amazon.com/config/latest/APIReference/API_PutRemediationConfigurations.html",
        meaning="Service-linked rules are not supported, those of packs among them.",
        status=Status.DOCUMENTED,
        emulator=("config_operations._refuse_pack",),
        test="tests/demo/emulator/test_config.py::test_a_wrong_remediation_is_refused",
    ),
    Assumption(
        id="remediation-exception-service-linked",
        service="AWS Config",
        text="PutRemediationExceptions does not take remediation that an organization's pack put.",
        source="https://docs.aws.amazon.com/config/latest/APIReference/API_PutRemediationExceptions.html",
        meaning="Exceptions cannot be placed on service-linked remediation actions.",
        status=Status.DOCUMENTED,
        emulator=("config_operations._refuse_pack", "config_operations._put_remediation_exceptions"),
        test="tests/demo/emulator/test_config.py::test_refuses_what_config_refuses",
    ),
    Assumption(
        id="remediation-start-service-linked",
        service="AWS Config",
        text="StartRemediationExecution does not take rules of packs.",
        source="https://docs.aws.amazon.com/config/latest/APIReference/API_StartRemediationExecution.html",
        meaning="Not said.",
        status=Status.ASSUMED,
        emulator=("config_operations._refuse_pack", "config_operations._start_remediation_execution"),
        test="tests/demo/emulator/test_config.py::test_refuses_what_config_refuses",
    ),
    Assumption(
        id="remediation-exception-non-compliant",
        service="AWS Config",
        text="An exception is created for NON_COMPLIANT resources only.",
        source="https://docs.aws.amazon.com/config/latest/APIReference/API_PutRemediationExceptions.html",
        meaning="For others none is generated.",
        status=Status.DOCUMENTED,
        test="tests/demo/emulator/test_config.py::test_remediation_is_configured_excepted_started_and_taken_away",
    ),
    Assumption(
        id="remediation-exception-automatic",
        service="AWS Config",
        text=(
            "After the configured failures AWS Config itself puts an exception, and remediation of that resource stops."
        ),
        source="https://docs.aws.amazon.com/config/latest/APIReference/API_RemediationConfiguration.html",
        meaning="An exception is added on your behalf.",
        status=Status.DOCUMENTED,
        test="tests/remediation/test_repeats.py::test_sweep_leaves_alone_and_reports_whom_config_excepted",
    ),
    Assumption(
        id="remediation-compliant-too",
        service="AWS Config",
        text="Automatic remediation can start for a resource that is compliant by now.",
        source="https://docs.aws.amazon.com/config/latest/APIReference/API_PutRemediationConfigurations.html",
        meaning="It works from a snapshot of results.",
        status=Status.DOCUMENTED,
        test=(
            "tests/remediation/test_documents_run.py::test_story_holds_in_our_interpreter_and_in_the_simulato"
            "r_of_aws_by_the_same_steps"
        ),
    ),
    Assumption(
        id="remediation-after-success",
        service="AWS Config",
        text=(
            "A resource that is still NON_COMPLIANT after a successful run can be remediated again, and each "
            "run is billed."
        ),
        source="https://docs.aws.amazon.com/config/latest/developerguide/setup-autoremediation.html",
        meaning="A rule can try again while a resource stays noncompliant; each run of the remediation costs.",
        status=Status.DOCUMENTED,
        test="tests/remediation/test_repeats.py::test_thirty_daily_sweeps_of_an_unchanged_finding_send_no_more",
    ),
    Assumption(
        id="remediation-exceptions-page",
        service="AWS Config",
        text="DescribeRemediationExceptions returns 25 a page, and at most 100 where Limit asks for them.",
        source="https://docs.aws.amazon.com/config/latest/APIReference/API_DescribeRemediationExceptions.html",
        meaning="Limit: default 25, at most 100.",
        status=Status.DOCUMENTED,
        emulator=("config_operations._describe_remediation_exceptions",),
        test="tests/demo/emulator/test_config.py::test_refuses_what_config_refuses",
    ),
    Assumption(
        id="remediation-missing",
        service="AWS Config",
        text=(
            "Operations on a missing remediation or exception name it: "
            "NoSuchRemediationConfigurationException, NoSuchRemediationExceptionException."
        ),
        source="https://docs.aws.amazon.com/config/latest/APIReference/API_DeleteRemediationConfiguration.html",
        meaning="The error codes.",
        status=Status.DOCUMENTED,
        emulator=(
            "config_operations._delete_remediation_configuration",
            "config_operations._delete_remediation_exceptions",
            "config_operations._describe_remediation_execution_status",
        ),
        test="tests/demo/emulator/test_config.py::test_refuses_what_config_refuses",
    ),
    Assumption(
        id="remediation-status-page",
        service="AWS Config",
        text="DescribeRemediationExecutionStatus pages by Limit.",
        source="https://docs.aws.amazon.com/config/latest/APIReference/API_DescribeRemediationExecutionStatus.html",
        meaning="Limit, at most 100.",
        status=Status.DOCUMENTED,
        test="tests/demo/emulator/test_config.py::test_refuses_what_config_refuses",
    ),
    Assumption(
        id="pack-types",
        service="AWS Config",
        text="A conformance pack holds rules and remediation configurations only.",
        source="https://docs.aws.amazon.com/config/latest/APIReference/API_PutConformancePack.html",
        meaning="Two resource types.",
        status=Status.DOCUMENTED,
        test="tests/organization/test_pack.py::test_another_type_of_resource_too_many_parameters_and_bytes_are_seen",
    ),
    Assumption(
        id="pack-size",
        service="AWS Config",
        text="A pack in TemplateBody has at most 51,200 bytes; 300 KB in S3.",
        source="https://docs.aws.amazon.com/config/latest/APIReference/API_PutConformancePack.html",
        meaning="Sizes of both forms.",
        status=Status.DOCUMENTED,
        test="tests/organization/test_pack.py::test_another_type_of_resource_too_many_parameters_and_bytes_are_seen",
    ),
    Assumption(
        id="pack-parameters",
        service="AWS Config",
        text="A pack takes at most 60 input parameters.",
        source="https://docs.aws.amazon.com/config/latest/APIReference/API_PutConformancePack.html",
        meaning="List of 0 to 60.",
        status=Status.DOCUMENTED,
        test="tests/organization/test_pack.py::test_another_type_of_resource_too_many_parameters_and_bytes_are_seen",
    ),
    Assumption(
        id="pack-no-intrinsic",
        service="AWS Config",
        text=(
            "In a pack, the automation role and ConfigRuleName of a remediation are exact text, without an "
            "intrinsic function."
        ),
        source="https://docs.aws.amazon.com/config/latest/developerguide/cpack-prerequisites.html",
        meaning="Neither field supports CloudFormation functions; give the exact ARN and the full rule name.",
        status=Status.DOCUMENTED,
        test="tests/organization/test_pack.py::test_the_pack_of_a_member_keeps_to_what_aws_config_takes",
    ),
    Assumption(
        id="pack-ref-elsewhere",
        service="AWS Config",
        text="Other static values of a pack's remediation may refer to the pack's parameters.",
        source=(
            "https://github.com/awslabs/aws-config-rules/blob/master/aws-config-conformance-packs/Operational"
            "-Best-Practices-for-Amazon-DynamoDB-with-Remediation.yaml"
        ),
        meaning="AWS's sample passes a topic's ARN by Ref to a pack parameter, and the role as text.",
        status=Status.RECORDED,
        test="tests/organization/test_pack.py::test_each_limit_speaks_when_it_is_broken",
    ),
    Assumption(
        id="pack-management-id",
        service="AWS Config",
        text=(
            "In an organization's pack the role's ARN carries the management account's id, which AWS Config "
            "replaces in each member."
        ),
        source="https://docs.aws.amazon.com/config/latest/developerguide/cpack-prerequisites.html",
        meaning="The management account's id is replaced with the member's during deployment.",
        status=Status.DOCUMENTED,
        test="tests/organization/test_pack.py::test_the_pack_of_an_organization_carries_the_management_account",
    ),
    Assumption(
        id="pack-name-suffix",
        service="AWS Config",
        text=(
            "AWS Config names the rules of a pack <name>-conformance-pack-<id>, or puts awsconfigconforms- before "
            "that. Both are accepted."
        ),
        source="https://docs.aws.amazon.com/config/latest/developerguide/conformance-pack-cli.html",
        meaning="The example has the prefix and the suffix; rules seen in accounts have the suffix only.",
        status=Status.RECORDED,
        test="tests/remediation/test_helper.py::test_a_rule_of_a_pack_is_found_by_the_name_that_the_pack_declares",
        read="2026-11-25",
    ),
    Assumption(
        id="pack-no-value",
        service="AWS Config",
        text=(
            "AWS::NoValue leaves a parameter out of InputParameters of a pack, or passes it as an empty text. An "
            "empty text means the default too."
        ),
        source="https://github.com/awslabs/aws-config-rules/tree/master/aws-config-conformance-packs",
        meaning="AWS's sample packs drop empty parameters this way.",
        status=Status.RECORDED,
        test="tests/organization/test_pack.py::test_the_rule_reads_the_same_parameters_whatever_no_value_becomes",
    ),
    Assumption(
        id="pack-recorder",
        service="AWS Config",
        text="A pack cannot be created where no recorder is on.",
        source="https://docs.aws.amazon.com/config/latest/developerguide/cpack-prerequisites.html",
        meaning="Recording comes first.",
        status=Status.DOCUMENTED,
    ),
    Assumption(
        id="pack-service-role",
        service="AWS Config",
        text=(
            "Packs are deployed by the service-linked role AWSServiceRoleForConfigConforms, whatever the "
            "caller's policies deny."
        ),
        source="https://docs.aws.amazon.com/config/latest/APIReference/API_PutConformancePack.html",
        meaning="The role has the permissions even if the caller's policies deny them.",
        status=Status.DOCUMENTED,
        test="tests/security/test_scp.py::test_nobody_but_the_deployment_changes_what_a_member_has",
    ),
    Assumption(
        id="pack-organization-excluded",
        service="AWS Config",
        text="An organization's pack goes to every account but those in ExcludedAccounts.",
        source="https://docs.aws.amazon.com/config/latest/APIReference/API_PutOrganizationConformancePack.html",
        meaning="A list of at most 1,000 excluded accounts.",
        status=Status.DOCUMENTED,
        test="tests/organization/test_stack.py::test_the_pack_for_all_gets_every_parameter_of_the_pack",
    ),
    Assumption(
        id="root-rule-regions",
        service="AWS Config",
        text=(
            "ROOT_ACCOUNT_MFA_ENABLED is missing in China, GovCloud and several commercial regions "
            "(me-central-1, ap-southeast-5, il-central-1, ca-west-1)."
        ),
        source="https://docs.aws.amazon.com/config/latest/developerguide/root-account-mfa-enabled.html",
        meaning="A list of excluded regions that has grown over time.",
        status=Status.DOCUMENTED,
        test="tests/organization/test_pack.py::test_the_managed_rule_about_root_is_made_in_us_east_1_only",
    ),
    Assumption(
        id="root-rule-no-credentials",
        service="AWS Config",
        text="The rule answers NOT_APPLICABLE where the root user has no credentials.",
        source="https://docs.aws.amazon.com/config/latest/developerguide/root-account-mfa-enabled.html",
        meaning="A note on the page.",
        status=Status.DOCUMENTED,
    ),
    Assumption(
        id="china-queries",
        service="AWS Config",
        text="Saved queries, and advanced queries over several accounts, do not exist in the China regions.",
        source="https://docs.aws.amazon.com/config/latest/developerguide/querying-AWS-resources.html",
        meaning="Two notes below the supported regions.",
        status=Status.DOCUMENTED,
        test="tests/organization/test_stack.py::test_queries_and_the_rule_about_root_exist_where_aws_has_them",
        read="2026-11-25",
    ),
    Assumption(
        id="aggregator-role",
        service="AWS Config",
        text=(
            "AWS Config may or may not pass aws:SourceAccount when it assumes the role of an aggregator. The role "
            "of ours asks for no condition."
        ),
        source="https://docs.aws.amazon.com/config/latest/developerguide/set-up-aggregator-cli.html",
        meaning="The documented trust policy has no condition.",
        status=Status.DOCUMENTED,
        test="tests/organization/test_stack.py::test_the_role_of_the_aggregator_has_the_trust_that_aws_documents",
        read="2026-11-25",
    ),
    Assumption(
        id="config-rule-names",
        service="AWS Config",
        text="An unknown rule is refused with NoSuchConfigRuleException.",
        source="https://docs.aws.amazon.com/config/latest/APIReference/API_DescribeConfigRules.html",
        meaning="The error for a rule name that does not exist.",
        status=Status.DOCUMENTED,
        emulator=("config_state.Store.rule",),
        test="tests/demo/emulator/test_config.py::test_refuses_what_config_refuses",
    ),
    Assumption(
        id="config-by-resource",
        service="AWS Config",
        text="Compliance of a resource needs its type, and cannot be filtered by NOT_APPLICABLE by rule.",
        source="https://docs.aws.amazon.com/config/latest/APIReference/API_DescribeComplianceByResource.html",
        meaning="A resource id needs a resource type.",
        status=Status.DOCUMENTED,
        emulator=(
            "config_operations._get_compliance_details_by_resource",
            "config_operations._describe_compliance_by_config_rule",
            "config_operations._describe_compliance_by_resource",
        ),
        test="tests/demo/emulator/test_config.py::test_refuses_what_config_refuses",
    ),
    Assumption(
        id="config-pack-names",
        service="AWS Config",
        text="An unknown conformance pack is refused with NoSuchConformancePackException.",
        source="https://docs.aws.amazon.com/config/latest/APIReference/API_DescribeConformancePacks.html",
        meaning="The error for a pack that does not exist.",
        status=Status.DOCUMENTED,
        emulator=("config_operations._packs",),
        test="tests/demo/emulator/test_config.py::test_recorder_channel_and_packs_are_described",
    ),
    Assumption(
        id="config-pack-lists-its-rules",
        service="AWS Config",
        text=(
            "DescribeConformancePackCompliance lists each rule of a pack by its full name, whatever its compliance, "
            "INSUFFICIENT_DATA included."
        ),
        source="https://docs.aws.amazon.com/config/latest/APIReference/API_DescribeConformancePackCompliance.html",
        meaning="Returns each rule of the pack with COMPLIANT, NON_COMPLIANT or INSUFFICIENT_DATA.",
        status=Status.DOCUMENTED,
        test="tests/aws/test_rules.py::test_a_rule_of_a_pack_is_trusted_only_if_our_pack_lists_it",
    ),
    Assumption(
        id="config-organization-pack-name",
        service="AWS Config",
        text="In an account, an organization's pack is called OrgConformsPack-, its name, and a suffix.",
        source="https://github.com/getmoto/moto/blob/master/moto/config/models.py",
        meaning="Published commands and stubs for real packs show the prefix and a suffix of eight characters.",
        status=Status.RECORDED,
        test="tests/aws/test_rules.py::test_a_rule_of_a_pack_is_trusted_only_if_our_pack_lists_it",
    ),
    Assumption(
        id="config-organization-packs",
        service="AWS Config",
        text=(
            "Statuses of an organization's packs are refused with OrganizationAccessDeniedException where the account "
            "administers no organization."
        ),
        source=(
            "https://docs.aws.amazon.com/config/latest/APIReference"
            "/API_DescribeOrganizationConformancePackStatuses.html"
        ),
        meaning="The error of other accounts than the management account and delegated administrators.",
        status=Status.DOCUMENTED,
        emulator=("config_operations._describe_organization_conformance_pack_statuses",),
        test="tests/acceptance/test_run.py::test_the_pack_and_the_aggregator_of_an_organization_are_checked",
    ),
    Assumption(
        id="config-aggregator-names",
        service="AWS Config",
        text="An unknown aggregator is refused with NoSuchConfigurationAggregatorException.",
        source=(
            "https://docs.aws.amazon.com/config/latest/APIReference"
            "/API_DescribeConfigurationAggregatorSourcesStatus.html"
        ),
        meaning="The error for an aggregator that does not exist.",
        status=Status.DOCUMENTED,
        emulator=("config_operations._describe_configuration_aggregator_sources_status",),
        test="tests/demo/emulator/test_config.py::test_refuses_what_config_refuses",
    ),
    Assumption(
        id="config-unknown-operation",
        service="AWS Config",
        text="An operation that the emulator lacks is refused, so that nothing is silently accepted.",
        source="https://docs.aws.amazon.com/config/latest/APIReference/CommonErrors.html",
        meaning="Requests for an unknown action fail.",
        status=Status.ASSUMED,
        emulator=("config_service.Config.answer",),
        test="tests/demo/emulator/test_config.py::test_every_operation_here_is_one_of_configs",
    ),
    Assumption(
        id="config-invoke-async",
        service="AWS Lambda",
        text=(
            "AWS Config invokes the function asynchronously: two retries after an error, then the failure destination."
        ),
        source="https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html",
        meaning="After an error Lambda runs the function two more times, then sends a record to the destination.",
        status=Status.DOCUMENTED,
        test="tests/demo/emulator/test_config_events.py::test_a_handler_that_fails_is_called_again_with_the_same_event",
    ),
    Assumption(
        id="lambda-unknown-function",
        service="AWS Lambda",
        text="Invoking a function that does not exist is refused with ResourceNotFoundException.",
        source="https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html",
        meaning="The error, status 404.",
        status=Status.DOCUMENTED,
        emulator=("automation_service.Automations.invoke",),
        test="tests/demo/emulator/test_automation.py::test_signals_and_executions_that_do_not_exist_are_refused",
    ),
    Assumption(
        id="lambda-log-level",
        service="AWS Lambda",
        text="With LogFormat JSON, Lambda filters by ApplicationLogLevel, so the template sets it.",
        source="https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html",
        meaning="Only lines of that level or less detail are sent, and only with the JSON format.",
        status=Status.DOCUMENTED,
        test="tests/deploy/test_template.py::test_lambda_lets_the_log_level_through",
    ),
    Assumption(
        id="lambda-source-account",
        service="AWS Lambda",
        text="config.amazonaws.com invokes with the rule's account as source account.",
        source="https://docs.aws.amazon.com/config/latest/developerguide/evaluate-config_develop-rules_nodejs.html",
        meaning="Restrict the function's policy by source ARN or source account, which is that of the rule's creator.",
        status=Status.DOCUMENTED,
        test="tests/deploy/test_template.py::test_only_aws_config_of_this_account_invokes_the_rule",
        read="2026-11-25",
    ),
    Assumption(
        id="sts-source-account",
        service="AWS STS",
        text=(
            "aws:SourceOrgID is in requests that CloudWatch makes to a topic for an alarm of an organization's account."
        ),
        source=(
            "https://github.com/aws-samples/amazon-cloudwatch-auto-alarms/blob/"
            "073201541b6685b2e70931261d18f67c0278040d/CloudWatchAutoAlarms-SNS.yaml"
        ),
        meaning=(
            "AWS's sample lets cloudwatch.amazonaws.com publish from every account of an organization by this key "
            "alone."
        ),
        status=Status.RECORDED,
        test="tests/organization/test_notices_topic.py::test_only_alarms_of_our_name_publish",
        read="2026-11-25",
    ),
    Assumption(
        id="stackset-management",
        service="CloudFormation",
        text="A service-managed StackSet never deploys to the management account.",
        source=(
            "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-orgs-associate-stackset-with-org"
            ".html"
        ),
        meaning="No stack is deployed to the management account, even where it is in the target.",
        status=Status.DOCUMENTED,
    ),
    Assumption(
        id="stackset-stack-name",
        service="CloudFormation",
        text="Stacks of a StackSet are named StackSet-<name>-<id>.",
        source="https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-drift.html",
        meaning="Stack ids in the example begin with StackSet-, the name of the StackSet and a UUID.",
        status=Status.RECORDED,
        test="tests/security/test_scp.py::test_nobody_but_the_deployment_changes_what_a_member_has",
        read="2026-11-25",
    ),
    Assumption(
        id="stackset-no-macros",
        service="CloudFormation",
        text="Service-managed StackSets take no transforms.",
        source=(
            "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-orgs-associate-stackset-with-org"
            ".html"
        ),
        meaning="Service-managed stack sets take no nested stacks, macros or transforms.",
        status=Status.DOCUMENTED,
        test="tests/organization/test_member.py::test_it_is_plain_cloudformation_within_the_limits",
    ),
    Assumption(
        id="stackset-exec-role",
        service="CloudFormation",
        text=(
            "Service-managed StackSets act in members under stacksets-exec-<id>, which only CloudFormation's own "
            "role can assume."
        ),
        source=(
            "https://docs.aws.amazon.com/aws-managed-policy/latest/reference/"
            "CloudFormationStackSetsOrgAdminServiceRolePolicy.html"
        ),
        meaning="The policy of CloudFormation's service-linked role assumes role/stacksets-exec-* in every account.",
        status=Status.DOCUMENTED,
        test="tests/security/test_scp.py::test_who_may_do_what",
        read="2026-11-25",
    ),
    Assumption(
        id="stacksets-china",
        service="CloudFormation",
        text=(
            "In China, StackSets cannot use trusted access with Organizations, so they cannot be service-managed there."
        ),
        source="https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-prereqs.html",
        meaning="A note about the Beijing and Ningxia regions.",
        status=Status.DOCUMENTED,
        read="2026-11-25",
    ),
    Assumption(
        id="cloudwatch-cross-account-key",
        service="CloudWatch",
        text=(
            "An alarm of another account uses the customer managed key of a topic under cloudwatch.amazonaws.com, "
            "with or without aws:SourceOrgID in the request to the key."
        ),
        source="https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html",
        meaning=(
            "A service that publishes to an encrypted topic needs kms:GenerateDataKey* and kms:Decrypt in the key "
            "policy; other accounts are not spelled out."
        ),
        status=Status.ASSUMED,
        test=(
            "tests/organization/"
            "test_notices_topic.py::test_alarms_use_the_key_whether_or_not_the_request_names_the_organization"
        ),
        read="2026-11-25",
    ),
    Assumption(
        id="dynamodb-condition",
        service="DynamoDB",
        text="A conditional write is atomic on one item and fails with ConditionalCheckFailedException.",
        source="https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html",
        meaning="Conditions are evaluated with the write.",
        status=Status.DOCUMENTED,
        test="tests/remediation/test_repeats.py::test_twenty_automations_at_once_send_one_notice",
    ),
    Assumption(
        id="events-region",
        service="EventBridge",
        text="IAM events come to us-east-1 only in the commercial regions, and are best effort.",
        source="https://repost.aws/knowledge-center/eventbridge-rule-triggers-iam-single-region",
        meaning="Global services such as IAM deliver events to the default bus of us-east-1 only.",
        status=Status.DOCUMENTED,
    ),
    Assumption(
        id="china-root",
        service="IAM",
        text="Accounts in China have no root user to judge.",
        source="https://docs.amazonaws.cn/en_us/aws/latest/userguide/iam.html",
        meaning="In China there is no root user; every user is an IAM user.",
        status=Status.DOCUMENTED,
        test="tests/organization/test_pack.py::test_the_managed_rule_about_root_is_made_in_us_east_1_only",
        read="2026-11-25",
    ),
    Assumption(
        id="iam-names-case",
        service="IAM",
        text="User names differ by more than case.",
        source="https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateUser.html",
        meaning="Names are unique and not distinguished by case.",
        status=Status.DOCUMENTED,
        emulator=("iam_gaps._create_user",),
        test="tests/demo/emulator/test_iam_gaps.py::test_refuses_what_aws_refuses",
    ),
    Assumption(
        id="iam-ids",
        service="IAM",
        text="A user's unique id begins with AIDA and is never given again.",
        source="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html",
        meaning="AIDA is the prefix of a user; a user made again under an old name gets another id.",
        status=Status.DOCUMENTED,
        test="tests/demo/emulator/test_iam_gaps.py::test_unique_ids_tell_the_kind_and_are_never_given_twice",
    ),
    Assumption(
        id="iam-delete-conflict",
        service="IAM",
        text="DeleteUser, DeleteGroup and DeletePolicy are refused with DeleteConflict while something is attached.",
        source="https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html",
        meaning="Delete the subordinate entities first.",
        status=Status.DOCUMENTED,
        emulator=("iam_gaps._delete_user", "iam_gaps._delete_group", "iam_gaps._delete_policy"),
        test="tests/demo/emulator/test_iam_gaps.py::test_refuses_what_aws_refuses",
    ),
    Assumption(
        id="iam-policies-per-user",
        service="IAM",
        text="A user takes 10 attached managed policies (20 on request); one more is refused with LimitExceeded.",
        source="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html",
        meaning="Managed policies attached to a user: 10, up to 20.",
        status=Status.DOCUMENTED,
        emulator=("iam_gaps._attach_user_policy",),
        test="tests/demo/emulator/test_iam_gaps.py::test_refuses_what_aws_refuses",
    ),
    Assumption(
        id="iam-devices-per-user",
        service="IAM",
        text="A user takes 8 MFA devices.",
        source="https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa.html",
        meaning="Up to eight devices of any type for the root user and each IAM user.",
        status=Status.DOCUMENTED,
        emulator=("iam_gaps._enable_mfa_device",),
        test="tests/demo/emulator/test_iam_gaps.py::test_refuses_what_aws_refuses",
    ),
    Assumption(
        id="iam-tags",
        service="IAM",
        text="A resource takes 50 tags.",
        source="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html",
        meaning="50 tags for each kind of entity, virtual MFA devices among them.",
        status=Status.DOCUMENTED,
        emulator=("iam_gaps._tag_mfa_device",),
        test="tests/demo/emulator/test_iam_gaps.py::test_refuses_what_aws_refuses",
    ),
    Assumption(
        id="iam-code-pair",
        service="IAM",
        text=(
            "EnableMFADevice takes two consecutive codes; the same code twice is refused with "
            "InvalidAuthenticationCode."
        ),
        source="https://docs.aws.amazon.com/IAM/latest/APIReference/API_EnableMFADevice.html",
        meaning="Two consecutive codes.",
        status=Status.DOCUMENTED,
        emulator=("iam_gaps._enable_mfa_device",),
        test="tests/demo/emulator/test_iam_gaps.py::test_refuses_what_aws_refuses",
    ),
    Assumption(
        id="iam-virtual-device-order",
        service="IAM",
        text="A virtual device is deactivated before it is deleted.",
        source="https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteVirtualMFADevice.html",
        meaning="Deactivate first; DeleteConflict otherwise.",
        status=Status.DOCUMENTED,
        emulator=("iam_gaps._delete_virtual_mfa_device",),
        test="tests/demo/emulator/test_iam_gaps.py::test_refuses_what_aws_refuses",
    ),
    Assumption(
        id="iam-device-missing",
        service="IAM",
        text="Deactivating a device that is not the user's is refused with NoSuchEntity.",
        source="https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeactivateMFADevice.html",
        meaning="NoSuchEntity.",
        status=Status.DOCUMENTED,
        emulator=("iam_gaps._deactivate_mfa_device", "iam_gaps._virtual"),
        test="tests/demo/emulator/test_iam_gaps.py::test_refuses_what_aws_refuses",
    ),
    Assumption(
        id="iam-get-mfa-device",
        service="IAM",
        text="GetMFADevice answers for FIDO devices only.",
        source="https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetMFADevice.html",
        meaning="Information about a FIDO security key; serial number is its ARN.",
        status=Status.DOCUMENTED,
        emulator=("iam_gaps._get_mfa_device",),
        test="tests/demo/emulator/test_iam_gaps.py::test_refuses_what_aws_refuses",
    ),
    Assumption(
        id="iam-device-tags",
        service="IAM",
        text="Only virtual MFA devices can be tagged.",
        source="https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagMFADevice.html",
        meaning="Tags a virtual MFA device.",
        status=Status.DOCUMENTED,
        emulator=("iam_gaps._tagged",),
        test="tests/demo/emulator/test_iam_gaps.py::test_refuses_what_aws_refuses",
    ),
    Assumption(
        id="iam-device-tag-at-creation",
        service="IAM",
        text="CreateVirtualMFADevice takes tags, and then needs iam:TagMFADevice.",
        source="https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateVirtualMFADevice.html",
        meaning="Tags at creation; tagging permissions apply.",
        status=Status.DOCUMENTED,
        test=(
            "tests/docs/test_enrol_mfa.py::test_the_commands_enrol_a_device_under_the_enforcement_policy_and_leave_no"
            "_seed_behind"
        ),
    ),
    Assumption(
        id="iam-paging",
        service="IAM",
        text="Lists return 100 items by default, at most 1,000, can be shorter, and end where IsTruncated is false.",
        source="https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUsers.html",
        meaning="Fewer items may come than asked for; look at IsTruncated.",
        status=Status.DOCUMENTED,
        test="tests/demo/emulator/test_iam_paging.py::test_pages_come_as_asked_and_hold_everything_once",
    ),
    Assumption(
        id="iam-marker",
        service="IAM",
        text="A marker of another operation is refused.",
        source="https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUsers.html",
        meaning="Use the value from the response.",
        status=Status.ASSUMED,
        emulator=("paging.Paging.page", "paging._position"),
        test="tests/demo/emulator/test_iam_paging.py::test_a_wrong_size_or_marker_is_a_validation_error",
    ),
    Assumption(
        id="iam-details",
        service="IAM",
        text=(
            "GetAccountAuthorizationDetails holds users, groups, roles and policies over pages, documents "
            "percent-encoded."
        ),
        source="https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html",
        meaning="URL-encoded after RFC 3986; four lists.",
        status=Status.DOCUMENTED,
        test="tests/demo/emulator/test_iam_gaps.py::test_policy_documents_travel_percent_encoded",
    ),
    Assumption(
        id="iam-details-without-filter",
        service="IAM",
        text="Without a filter, GetAccountAuthorizationDetails returns users, groups, roles and all policies.",
        source="https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html",
        meaning="Returns all users, groups, roles and policies; a filter is optional and limits the types.",
        status=Status.DOCUMENTED,
        test=("tests/audit/test_offline.py::test_offline_equals_live_and_a_missing_file_makes_nobody_compliant"),
    ),
    Assumption(
        id="iam-one-endpoint",
        service="IAM",
        text="Requests to IAM go to us-east-1 from every region, so policies that deny regions have to exempt iam:*.",
        source=(
            "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_examples_aws_deny-requested-region.html"
        ),
        meaning="IAM has a single endpoint in us-east-1, and the example policy exempts its actions.",
        status=Status.DOCUMENTED,
    ),
    Assumption(
        id="iam-root-device",
        service="IAM",
        text=(
            "ListVirtualMFADevices lists the root user's device, which can have any name; its user has the "
            "account's id and root's ARN, and no name."
        ),
        source=(
            "https://github.com/cloud-custodian/cloud-custodian/tree/df800e9e94d0860e0d8fbfebd9bc5b9b2d50367d"
            "/tests/data/placebo/test_account_virtual_mfa"
        ),
        meaning="The root user's device is called test_mfa_device2 there, and a user holds root-account-mfa-device.",
        status=Status.RECORDED,
        test="tests/demo/emulator/test_iam_gaps.py::test_virtual_devices_name_their_user_and_the_roots_has_no_name",
    ),
    Assumption(
        id="iam-boundary-type",
        service="IAM",
        text="The type of a permissions boundary is Policy, though the service model names PermissionsBoundaryPolicy.",
        source=(
            "https://github.com/cloud-custodian/cloud-custodian/tree/df800e9e94d0860e0d8fbfebd9bc5b9b2d50367d"
            "/tests/data/placebo/test_iam_user_set_boundary"
        ),
        meaning="Answers of GetUser and GetRole hold Policy.",
        status=Status.RECORDED,
        test="tests/demo/emulator/test_conformity.py::test_known_deviations_are_told_apart_from_new_ones",
    ),
    Assumption(
        id="iam-summary",
        service="IAM",
        text="GetAccountSummary has AccountMFAEnabled, AccountPasswordPresent and AccountAccessKeysPresent.",
        source="https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html",
        meaning="Keys of the summary map.",
        status=Status.DOCUMENTED,
        test="tests/demo/emulator/test_iam_gaps.py::test_the_summary_tells_the_roots_credentials",
    ),
    Assumption(
        id="iam-simulate",
        service="IAM",
        text="SimulatePrincipalPolicy needs an existing principal.",
        source="https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html",
        meaning="NoSuchEntity.",
        status=Status.DOCUMENTED,
        emulator=("iam_gaps._simulate_principal_policy",),
        test="tests/demo/emulator/test_iam_gaps.py::test_refuses_what_aws_refuses",
    ),
    Assumption(
        id="iam-no-entity",
        service="IAM",
        text="A user or policy that does not exist gives NoSuchEntity, status 404.",
        source="https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetUser.html",
        meaning="NoSuchEntity 404.",
        status=Status.DOCUMENTED,
        emulator=("iam_state.AccountIam.user", "iam_state.AccountIam.policy", "iam_gaps.answer"),
        test="tests/demo/emulator/test_iam_gaps.py::test_refuses_what_aws_refuses",
    ),
    Assumption(
        id="iam-throttling",
        service="IAM",
        text="Each API answers Throttling beyond an unpublished rate.",
        source="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html",
        meaning="The page lists quotas of objects and sizes, and no request rates.",
        status=Status.ASSUMED,
        emulator=("aws.EmbeddedAws._limit",),
        test="tests/demo/emulator/test_faults.py::test_callers_are_throttled_beyond_the_burst",
    ),
    Assumption(
        id="iam-errors",
        service="IAM",
        text=(
            "Query services answer errors in XML, JSON services with __type; access denied has code "
            "AccessDenied or AccessDeniedException."
        ),
        source="https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html",
        meaning="Common errors.",
        status=Status.DOCUMENTED,
        emulator=("aws._struck",),
        test="tests/demo/emulator/test_faults.py::test_an_error_has_the_form_of_its_service",
    ),
    Assumption(
        id="iam-eventually",
        service="IAM",
        text="Reads of IAM lag behind writes by seconds.",
        source="https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_general.html",
        meaning="Changes take time to be visible everywhere, because of replication and caches; no time is given.",
        status=Status.DOCUMENTED,
    ),
    Assumption(
        id="iam-validation",
        service="IAM",
        text="Inputs outside a model's limits are refused with ValidationError.",
        source="https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html",
        meaning="ValidationError 400.",
        status=Status.DOCUMENTED,
        emulator=("aws._check_iam", "protocol._scalar"),
        test="tests/demo/emulator/test_iam_paging.py::test_a_wrong_size_or_marker_is_a_validation_error",
    ),
    Assumption(
        id="console-mfa",
        service="IAM",
        text="aws:MultiFactorAuthPresent is absent for long-term keys, so BoolIfExists denies them.",
        source="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html",
        meaning="The key is absent where long-term credentials are used, so the IfExists form is recommended.",
        status=Status.DOCUMENTED,
        test="tests/followup/test_enforcement.py::test_every_open_action_is_in_the_table",
    ),
    Assumption(
        id="organizations-scp-size",
        service="Organizations",
        text="A service control policy has at most 5,120 bytes (raised later; the smaller limit is the safe one).",
        source="https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html",
        meaning="The page gives 5,120 characters; we count bytes, which are never fewer.",
        status=Status.DOCUMENTED,
        test="tests/security/test_scp.py::test_each_is_a_service_control_policy_within_the_limit",
    ),
    Assumption(
        id="organizations-scp-count",
        service="Organizations",
        text="An entity takes 5 service control policies.",
        source="https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html",
        meaning="Service control policies: 5 for each root, unit and account.",
        status=Status.DOCUMENTED,
        test="tests/security/test_scp.py::test_each_is_a_service_control_policy_within_the_limit",
        read="2026-11-25",
    ),
    Assumption(
        id="organizations-scp-slr",
        service="Organizations",
        text="Service control policies do not restrict service-linked roles.",
        source="https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html",
        meaning="Service-linked roles are exempt.",
        status=Status.DOCUMENTED,
    ),
    Assumption(
        id="organizations-scp-management",
        service="Organizations",
        text="Service control policies do not apply to the management account.",
        source="https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html",
        meaning="Users and roles of the management account are not affected.",
        status=Status.DOCUMENTED,
    ),
    Assumption(
        id="organizations-list",
        service="Organizations",
        text="ListAccounts pages and is open to the management account and delegated administrators.",
        source="https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccounts.html",
        meaning="NextToken until null.",
        status=Status.DOCUMENTED,
        test=(
            "tests/aws/test_organizations.py::test_empty_pages_do_not_end_the_list_and_accounts_come_in_the_o"
            "rder_of_their_ids"
        ),
    ),
    Assumption(
        id="securityhub-off",
        service="Security Hub",
        text="BatchImportFindings in an account without Security Hub raises InvalidAccessException.",
        source="https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_BatchImportFindings.html",
        meaning="The account is not subscribed.",
        status=Status.DOCUMENTED,
        emulator=("security_hub.SecurityHub.answer",),
        test="tests/demo/emulator/test_security_hub.py::test_an_account_without_security_hub_is_refused",
    ),
    Assumption(
        id="securityhub-workflow",
        service="Security Hub",
        text="BatchImportFindings cannot change Workflow of a finding that exists; BatchUpdateFindings can.",
        source="https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_BatchImportFindings.html",
        meaning="Note, UserDefinedFields, VerificationState and Workflow belong to the customer after creation.",
        status=Status.DOCUMENTED,
        test=(
            "tests/demo/emulator/test_security_hub.py::test_an_import_does_not_change_the_workflow_of_a_findi"
            "ng_that_exists"
        ),
    ),
    Assumption(
        id="securityhub-reopen",
        service="Security Hub",
        text="A finding that becomes ACTIVE or FAILED again returns to NEW by itself.",
        source="https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_WorkflowUpdate.html",
        meaning="Security Hub resets the status to NEW in these cases.",
        status=Status.DOCUMENTED,
        test="tests/demo/emulator/test_security_hub.py::test_a_finding_that_begins_again_is_new",
    ),
    Assumption(
        id="ssm-token-once",
        service="Systems Manager",
        text="A client token of StartAutomationExecution cannot be used a second time.",
        source="https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_StartAutomationExecution.html",
        meaning="The token is a unique UUID and cannot be reused.",
        status=Status.DOCUMENTED,
        emulator=("automation_service.Automations.start",),
        test="tests/demo/emulator/test_automation.py::test_a_client_token_cannot_be_used_again",
    ),
    Assumption(
        id="ssm-token-mismatch",
        service="Systems Manager",
        text="Other parameters under a used token raise IdempotentParameterMismatch.",
        source="https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_StartAutomationExecution.html",
        meaning="The error for a retry whose parameters differ.",
        status=Status.DOCUMENTED,
        emulator=("automation_service.Automations.start",),
        test=(
            "tests/demo/emulator/test_automation.py::test_where_a_used_token_is_answered_it_still_refuses_other_inputs"
        ),
    ),
    Assumption(
        id="ssm-approve-topic",
        service="Systems Manager",
        text="The topic of an aws:approve step has a name that begins with Automation.",
        source="https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-action-approve.html",
        meaning="The topic's title must be prefixed with Automation.",
        status=Status.DOCUMENTED,
        emulator=("automation._approve",),
        test=(
            "tests/demo/emulator/test_automation.py::test_a_request_for_approval_goes_to_a_topic_whose_name_b"
            "egins_with_automation"
        ),
    ),
    Assumption(
        id="ssm-approve-recorded",
        service="Systems Manager",
        text=(
            "GetAutomationExecution shows who was asked (the step's Inputs, as JSON) or who decided (its output "
            "ApproverDecisions). Either one suffices; with neither, no device is removed."
        ),
        source="https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-action-approve.html",
        meaning="ApproverDecisions holds the decision of each approver; published answers have inputs as JSON.",
        status=Status.ASSUMED,
        test=("tests/remediation/test_backout_authority.py::test_an_approval_counts_in_each_form_that_may_be_recorded"),
    ),
    Assumption(
        id="ssm-approvers-from-a-step",
        service="Systems Manager",
        text="Approvers and NotificationArn of aws:approve can be outputs of an earlier step.",
        source="https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-action-approve.html",
        meaning="Approvers is a StringList, NotificationArn a String; inputs of a step can refer to earlier outputs.",
        status=Status.ASSUMED,
        test="tests/remediation/test_backout_authority.py::test_an_approver_cannot_approve_a_removal_that_it_started",
    ),
    Assumption(
        id="ssm-execution-id",
        service="Systems Manager",
        text="A step can hand on the id of its execution, automation:EXECUTION_ID.",
        source="https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-variables.html",
        meaning="A unique identifier, assigned to the current execution.",
        status=Status.DOCUMENTED,
        test="tests/remediation/test_backout_authority.py::test_an_execution_that_has_ended_cannot_be_replayed",
    ),
    Assumption(
        id="ssm-executed-by",
        service="Systems Manager",
        text="GetAutomationExecution names who started the execution; a shared document is named by its ARN.",
        source="https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_AutomationExecution.html",
        meaning="ExecutedBy is the ARN of the principal; the CLI reference shows a session of a role.",
        status=Status.RECORDED,
        test="tests/remediation/test_backout_authority.py::test_an_approver_cannot_approve_a_removal_that_it_started",
    ),
    Assumption(
        id="ssm-approve-time",
        service="Systems Manager",
        text="aws:approve waits 7 days by default and 30 at most; a message has at most 4,096 characters.",
        source="https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-action-approve.html",
        meaning="Default and maximum timeout, length of Message.",
        status=Status.DOCUMENTED,
        test="tests/remediation/test_documents_written.py::test_document_has_the_schema_that_aws_publishes",
    ),
    Assumption(
        id="ssm-approve-accounts",
        service="Systems Manager",
        text="aws:approve does not work in multi-account automations.",
        source="https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-action-approve.html",
        meaning="A note on the page.",
        status=Status.DOCUMENTED,
    ),
    Assumption(
        id="ssm-document-name",
        service="Systems Manager",
        text=(
            "A custom document's name does not begin with aws, amazon, amzn, AWSEC2, AWSConfigRemediation or "
            "AWSSupport."
        ),
        source="https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_CreateDocument.html",
        meaning="Reserved prefixes.",
        status=Status.DOCUMENTED,
        test="tests/remediation/test_template.py::test_the_documents_are_included_and_replace_their_default_version",
    ),
    Assumption(
        id="ssm-document-size",
        service="Systems Manager",
        text="A document has at most 64 KB.",
        source="https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_CreateDocument.html",
        meaning="MaxDocumentSizeExceeded.",
        status=Status.DOCUMENTED,
        test="tests/remediation/test_documents_written.py::test_document_is_small_enough",
    ),
    Assumption(
        id="ssm-duplicate-content",
        service="Systems Manager",
        text=(
            "UpdateDocument refuses content that another version of the document already has, with "
            "DuplicateDocumentContent."
        ),
        source="https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_UpdateDocument.html",
        meaning="The content matches another document; change it.",
        status=Status.DOCUMENTED,
    ),
    Assumption(
        id="ssm-step-times",
        service="Systems Manager",
        text="invokeLambdaFunction ends after 300 s.",
        source="https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-action-lamb.html",
        meaning="A step of this action runs for at most five minutes.",
        status=Status.DOCUMENTED,
        test="tests/remediation/test_template.py::test_the_steps_wait_longer_than_the_helper_may_take",
    ),
    Assumption(
        id="ssm-payload-selector",
        service="Systems Manager",
        text=(
            "The output Payload of invokeLambdaFunction is an object, JSON text, or JSON text that was encoded "
            "twice, of at most 200 KB. No step selects from it; a script reads each form."
        ),
        source="https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-action-lamb.html",
        meaning=(
            "Payload is the JSON representation of what the function returned; a runbook of AWS's uses it where "
            "the function returns a plain text."
        ),
        status=Status.ASSUMED,
        test=(
            "tests/remediation/"
            "test_documents_written.py::test_documents_are_right_whatever_automation_makes_of_an_answer"
        ),
        read="2026-11-25",
    ),
    Assumption(
        id="ssm-failed-function",
        service="Systems Manager",
        text="A function that raises fails its invokeLambdaFunction step, or its error is the output Payload.",
        source="https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-action-lamb.html",
        meaning="FunctionError is an output, with details in Payload; whether the step fails is not said.",
        status=Status.ASSUMED,
        test=(
            "tests/remediation/test_documents_written.py"
            "::test_documents_are_right_whatever_automation_makes_of_an_answer"
        ),
    ),
    Assumption(
        id="ssm-script-payload",
        service="Systems Manager",
        text="A step can refer to Payload without declaring it; $.Payload.X selects from what a script returns.",
        source="https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-action-outputs-inputs.html",
        meaning="Predefined outputs need no declaration; AWS's runbooks select members of a script's Payload.",
        status=Status.DOCUMENTED,
        test="tests/remediation/test_documents_run.py::"
        "test_story_holds_in_our_interpreter_and_in_the_simulator_of_aws_by_the_same_steps",
        read="2026-11-25",
    ),
    Assumption(
        id="ssm-step-quota",
        service="Systems Manager",
        text=(
            "An account runs 100 automations at once in a region and queues 1,000; further ones are refused, and "
            "the next sweep starts them."
        ),
        source=(
            "https://docs.aws.amazon.com/systems-manager/latest/userguide/"
            "scheduling-automations-state-manager-associations.html"
        ),
        meaning="100 concurrent and 1,000 queued automations for each account and region.",
        status=Status.DOCUMENTED,
        test="tests/remediation/test_repeats.py::test_sweep_starts_all_that_it_can_and_then_fails_for_the_rest",
        read="2026-11-25",
    ),
    Assumption(
        id="ssm-signal",
        service="Systems Manager",
        text="SendAutomationSignal Approve or Reject works while a step waits.",
        source="https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_SendAutomationSignal.html",
        meaning="InvalidAutomationSignalException otherwise.",
        status=Status.DOCUMENTED,
        emulator=("automation_service.Automations.signal",),
        test="tests/demo/emulator/test_automation.py::test_signals_and_executions_that_do_not_exist_are_refused",
    ),
    Assumption(
        id="ssm-unknown",
        service="Systems Manager",
        text="Unknown documents and executions are refused.",
        source="https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetAutomationExecution.html",
        meaning="AutomationDefinitionNotFoundException, AutomationExecutionNotFoundException.",
        status=Status.DOCUMENTED,
        emulator=("automation_service.Automations.start", "automation_service.Automations._found"),
        test="tests/demo/emulator/test_automation.py::test_signals_and_executions_that_do_not_exist_are_refused",
    ),
    Assumption(
        id="ssm-document-accepts",
        service="Systems Manager",
        text=(
            "StartAutomationExecution refuses parameters that the document does not declare or whose pattern "
            "does not match."
        ),
        source="https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_StartAutomationExecution.html",
        meaning="InvalidAutomationExecutionParametersException.",
        status=Status.DOCUMENTED,
        emulator=("automation_service.Automations.start",),
        test="tests/demo/emulator/test_automation.py::test_inputs_that_the_document_does_not_take_start_nothing",
    ),
)


def contract_markdown() -> str:
    """Return the table as Markdown, one section for each service."""
    sections = []
    for service in dict.fromkeys(row.service for row in CONTRACT):
        rows = [
            "| Id | Assumption | Source | Read | Status | Refused by | Test |",
            "|---|---|---|---|---|---|---|",
            *(_row(row) for row in CONTRACT if row.service == service),
        ]
        sections.append(f"## {service}\n\n" + "\n".join(rows) + "\n")
    return "\n".join(sections)


def _row(row: Assumption) -> str:
    emulator = ", ".join(f"`{name}`" for name in row.emulator)
    test = f"`{row.test.rpartition('/')[2]}`" if row.test else "a deployment"
    source = f"[{row.meaning}]({row.source})"
    return f"| `{row.id}` | {row.text} | {source} | {row.read} | {row.status} | {emulator} | {test} |"
