"""AWS Config's operations, one function each, in one table. They are as strict as the service is.

A function takes what Config holds, who asks, and the operation's input, and gives its output. Requests and answers
are held against botocore's model of Config by `config_service`; here stands what no model says.
"""

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from .config_events import USER_TYPE, item, recorded
from .config_state import Recorded, ResourceKey, Rule, Store
from .errors import AwsError
from .iam_state import AccountIam
from .models import allowed_values
from .paging import Paging

Input = Mapping[str, Any]
Answer = dict[str, Any]

ACCOUNT_TYPE = "AWS::::Account"
MINUTE = timedelta(minutes=1)
_CAP = 25
_ASKABLE = ("COMPLIANT", "NON_COMPLIANT", "NOT_APPLICABLE")
# https://docs.aws.amazon.com/config/latest/APIReference/API_GetComplianceDetailsByConfigRule.html
_DEFAULT_RESULTS = 10
_RULES_A_PAGE = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where Config is asked: the account's IAM, the region, and how lists are cut there."""

    iam: AccountIam
    region: str
    paging: Paging

    def arn(self, resource: str) -> str:
        """The ARN of a resource of Config's in this place."""
        return f"arn:{self.iam.partition}:config:{self.region}:{self.iam.account_id}:{resource}"


def _invalid(message: str) -> AwsError:
    """The error of an input that the model allows and the service does not."""
    return AwsError("InvalidParameterValueException", message)


def _moment(value: Any) -> datetime:
    """A moment from a request: seconds since 1970 or ISO 8601."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, str):
        return datetime.fromisoformat(value)
    return datetime.fromtimestamp(value, UTC)


def _cut(
    place: Place, action: str, items: Sequence[Any], token: str | None, limit: int
) -> tuple[Sequence[Any], str | None]:
    """One page, and Config's kind of token for the next one."""
    try:
        marker = base64.b85decode(token).decode() if token else None
        chosen, following = place.paging.page(action, items, {"Marker": marker, "MaxItems": limit})
    except (AwsError, binascii.Error, ValueError):
        raise AwsError("InvalidNextTokenException", "The nextToken provided is invalid.") from None
    return chosen, base64.b85encode(following.encode()).decode() if following else None


def _answer(name: str, items: Iterable[Any], token: str | None) -> Answer:
    return {name: list(items), **({"NextToken": token} if token else {})}


def _put_config_rule(store: Store, place: Place, parameters: Input) -> Answer:
    given = dict(parameters["ConfigRule"])
    if store.recorder is None:
        raise AwsError(
            "NoAvailableConfigurationRecorderException",
            "Configuration recorder is not available to put config rule.",
        )
    known = [rule for rule in store.rules.values() if _names(rule, given)]
    if not known and any(name in given for name in ("ConfigRuleArn", "ConfigRuleId")):
        raise _invalid("ConfigRuleArn and ConfigRuleId are given by AWS Config; a new rule has neither.")
    if "ConfigRuleName" not in given and not known:
        raise _invalid("The ConfigRuleName is required for a new rule.")
    _check_source(given)
    _check_input_parameters(given.get("InputParameters"))
    name = given.get("ConfigRuleName") or known[0].name
    old = store.rules.get(name)
    number = len(store.rules) + 1
    identity = {
        "ConfigRuleName": name,
        "ConfigRuleId": old.definition["ConfigRuleId"] if old else f"config-rule-{number:06x}",
        "ConfigRuleState": "ACTIVE",
        "EvaluationModes": given.get("EvaluationModes", [{"Mode": "DETECTIVE"}]),
    }
    identity["ConfigRuleArn"] = place.arn(f"config-rule/{identity['ConfigRuleId']}")
    if old:
        old.definition = {**given, **identity}
    else:
        store.rules[name] = Rule(definition={**given, **identity}, activated_at=store.clock())
    return {}


def _names(rule: Rule, given: Input) -> bool:
    return any(
        name in given and given[name] == rule.definition[name]
        for name in ("ConfigRuleName", "ConfigRuleArn", "ConfigRuleId")
    )


def _check_source(given: Input) -> None:
    source = given["Source"]
    details = source.get("SourceDetails", ())
    if source["Owner"] == "AWS":
        if details:
            raise _invalid("SourceDetails should be null/empty if the owner is AWS.")
        return
    if source["Owner"] == "CUSTOM_LAMBDA" and not source.get("SourceIdentifier", "").startswith("arn:"):
        raise _invalid("SourceIdentifier must be the ARN of the Lambda function if the owner is CUSTOM_LAMBDA.")
    if not details:
        raise _invalid("SourceDetails cannot be null/empty if the owner is CUSTOM_LAMBDA.")
    if given.get("MaximumExecutionFrequency"):
        raise _invalid("MaximumExecutionFrequency of a custom rule belongs into its SourceDetails.")
    for detail in details:
        periodic = detail.get("MessageType") == "ScheduledNotification"
        if "MaximumExecutionFrequency" in detail and not periodic:
            raise _invalid("MaximumExecutionFrequency is allowed for the MessageType ScheduledNotification only.")


def _check_input_parameters(text: str | None) -> None:
    if text is None:
        return
    try:
        values = json.loads(text)
    except ValueError:
        raise _invalid(f"Invalid json {text} passed in the InputParameters field.") from None
    if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
        raise _invalid("InputParameters must be a JSON object whose values are strings.")


def _describe_config_rules(store: Store, place: Place, parameters: Input) -> Answer:
    rules = _chosen(store, parameters.get("ConfigRuleNames"))
    mode = parameters.get("Filters", {}).get("EvaluationMode")
    if mode:
        rules = [rule for rule in rules if {"Mode": mode} in rule.definition["EvaluationModes"]]
    page, token = _cut(place, "DescribeConfigRules", rules, parameters.get("NextToken"), _RULES_A_PAGE)
    return _answer("ConfigRules", [rule.definition for rule in page], token)


def _chosen(store: Store, names: Sequence[str] | None) -> list[Rule]:
    if not names:
        return sorted(store.rules.values(), key=lambda rule: rule.name)
    return [store.rule(name) for name in names]


def _delete_config_rule(store: Store, place: Place, parameters: Input) -> Answer:
    rule = store.rule(parameters["ConfigRuleName"])
    if rule.remediation is not None:
        raise AwsError("ResourceInUseException", "The rule has a remediation configuration. Delete that first.")
    del store.rules[rule.name]
    return {}


def _describe_config_rule_evaluation_status(store: Store, place: Place, parameters: Input) -> Answer:
    limit = parameters.get("Limit") or 50
    # https://docs.aws.amazon.com/config/latest/APIReference/API_ConfigRuleEvaluationStatus.html
    rules = [
        rule
        for rule in _chosen(store, parameters.get("ConfigRuleNames"))
        if store.tells_custom_status or rule.definition["Source"]["Owner"] != "CUSTOM_LAMBDA"
    ]
    page, token = _cut(place, "DescribeConfigRuleEvaluationStatus", rules, parameters.get("NextToken"), limit)
    return _answer("ConfigRulesEvaluationStatus", [_status(rule) for rule in page], token)


def _status(rule: Rule) -> Answer:
    found = {
        "ConfigRuleName": rule.name,
        "ConfigRuleArn": rule.definition["ConfigRuleArn"],
        "ConfigRuleId": rule.definition["ConfigRuleId"],
        "LastSuccessfulInvocationTime": rule.invoked_at,
        "LastSuccessfulEvaluationTime": rule.evaluated_at,
        "LastFailedEvaluationTime": rule.failed_at,
        "LastErrorMessage": rule.last_error,
        "FirstActivatedTime": rule.activated_at,
        "FirstEvaluationStarted": rule.invoked_at is not None,
    }
    return {name: value for name, value in found.items() if value is not None}


def _start_config_rules_evaluation(store: Store, place: Place, parameters: Input) -> Answer:
    rules = _chosen(store, parameters.get("ConfigRuleNames"))
    now = store.clock()
    for rule in rules:
        if not store.starts_pack_rules:
            _refuse_pack(rule)
        if rule.started_at is not None and now - rule.started_at < MINUTE:
            message = f"You can call StartConfigRulesEvaluation for {rule.name} only once a minute."
            raise AwsError("LimitExceededException", message)
        if rule.pending:
            # https://docs.aws.amazon.com/config/latest/APIReference/API_StartConfigRulesEvaluation.html
            raise AwsError("LimitExceededException", f"An evaluation of the rule {rule.name} is in progress.")
    for rule in rules:
        rule.started_at, rule.pending = now, True
    return {}


def _put_evaluations(store: Store, place: Place, parameters: Input) -> Answer:
    evaluations = parameters.get("Evaluations", ())
    for evaluation in evaluations:
        _check_evaluation(evaluation)
    if parameters.get("TestMode"):
        return {"FailedEvaluations": []}
    token = store.token(parameters["ResultToken"])
    rule = store.rule(token.rule_name)
    now = store.clock()
    failed = []
    for evaluation in evaluations:
        if store.fails is not None and store.fails(evaluation):
            failed.append(dict(evaluation))
            continue
        key: ResourceKey = (evaluation["ComplianceResourceType"], evaluation["ComplianceResourceId"])
        ordered_at = _moment(evaluation["OrderingTimestamp"])
        old = rule.results.get(key)
        if old is not None and ordered_at < old.ordered_at:
            continue
        result = Recorded(
            rule_name=rule.name,
            resource_type=key[0],
            resource_id=key[1],
            compliance=evaluation["ComplianceType"],
            annotation=evaluation.get("Annotation"),
            ordered_at=ordered_at,
            recorded_at=now,
            invoked_at=token.issued_at,
        )
        rule.results[key] = result
        store.recorded.append(result)
    if evaluations or store.counts_empty_runs:
        rule.evaluated_at = now
    if token.scheduled and not token.used:
        rule.runs_completed += 1
        rule.pending = False
    token.used = True
    return {"FailedEvaluations": failed}


def _check_evaluation(evaluation: Input) -> None:
    if evaluation["ComplianceType"] == "INSUFFICIENT_DATA":
        # https://docs.aws.amazon.com/config/latest/APIReference/API_Evaluation.html
        raise _invalid("INSUFFICIENT_DATA is not accepted as the value of ComplianceType.")
    kinds = allowed_values("config", "ResourceType")
    kind = evaluation["ComplianceResourceType"]
    if kind not in kinds and kind != ACCOUNT_TYPE:
        raise _invalid(f"{kind} is not a resource type that AWS Config supports.")


def _result(result: Recorded) -> Answer:
    return {
        "EvaluationResultIdentifier": {
            "EvaluationResultQualifier": {
                "ConfigRuleName": result.rule_name,
                "ResourceType": result.resource_type,
                "ResourceId": result.resource_id,
                "EvaluationMode": "DETECTIVE",
            },
            "OrderingTimestamp": result.ordered_at,
        },
        "ComplianceType": result.compliance,
        "ResultRecordedTime": result.recorded_at,
        "ConfigRuleInvokedTime": result.invoked_at,
        **({"Annotation": result.annotation} if result.annotation else {}),
    }


def _wanted(parameters: Input) -> frozenset[str]:
    """The kinds asked for; without a wish, those that apply."""
    kinds = parameters.get("ComplianceTypes") or ("COMPLIANT", "NON_COMPLIANT")
    for kind in kinds:
        if kind not in _ASKABLE:
            raise _invalid(f"{kind} is not a supported ComplianceType here; use {', '.join(_ASKABLE)}.")
    return frozenset(kinds)


def _get_compliance_details_by_config_rule(store: Store, place: Place, parameters: Input) -> Answer:
    rule, wanted = store.rule(parameters["ConfigRuleName"]), _wanted(parameters)
    found = [result for result in rule.results.values() if result.compliance in wanted]
    limit = parameters.get("Limit") or _DEFAULT_RESULTS
    page, token = _cut(place, "GetComplianceDetailsByConfigRule", found, parameters.get("NextToken"), limit)
    return _answer("EvaluationResults", map(_result, page), token)


def _get_compliance_details_by_resource(store: Store, place: Place, parameters: Input) -> Answer:
    if "ResourceType" not in parameters or "ResourceId" not in parameters:
        raise _invalid("ResourceType and ResourceId are required.")
    key, wanted = (parameters["ResourceType"], parameters["ResourceId"]), _wanted(parameters)
    found = [
        rule.results[key]
        for rule in store.rules.values()
        if key in rule.results and rule.results[key].compliance in wanted
    ]
    page, token = _cut(place, "GetComplianceDetailsByResource", found, parameters.get("NextToken"), _DEFAULT_RESULTS)
    return _answer("EvaluationResults", map(_result, page), token)


def _compliance(kind: str, count: int) -> Answer:
    if not count:
        return {"ComplianceType": kind}
    return {"ComplianceType": kind, "ComplianceContributorCount": _capped(count)}


def _capped(count: int) -> Answer:
    return {"CappedCount": min(count, _CAP), "CapExceeded": count > _CAP}


def _describe_compliance_by_config_rule(store: Store, place: Place, parameters: Input) -> Answer:
    kinds = parameters.get("ComplianceTypes")
    if kinds and "NOT_APPLICABLE" in kinds:
        raise _invalid("NOT_APPLICABLE is not a supported ComplianceType here.")
    found = [
        {"ConfigRuleName": rule.name, "Compliance": _compliance(*rule.compliance())}
        for rule in _chosen(store, parameters.get("ConfigRuleNames"))
        if not kinds or rule.compliance()[0] in kinds
    ]
    page, token = _cut(place, "DescribeComplianceByConfigRule", found, parameters.get("NextToken"), _RULES_A_PAGE)
    return _answer("ComplianceByConfigRules", page, token)


def _get_compliance_summary_by_config_rule(store: Store, place: Place, parameters: Input) -> Answer:
    kinds = [rule.compliance()[0] for rule in store.rules.values()]
    return {
        "ComplianceSummary": {
            "CompliantResourceCount": _capped(kinds.count("COMPLIANT")),
            "NonCompliantResourceCount": _capped(kinds.count("NON_COMPLIANT")),
            "ComplianceSummaryTimestamp": store.clock(),
        }
    }


def _describe_compliance_by_resource(store: Store, place: Place, parameters: Input) -> Answer:
    if "ResourceId" in parameters and "ResourceType" not in parameters:
        raise _invalid("ResourceType is required where ResourceId is given.")
    rules_by_resource: dict[ResourceKey, dict[str, int]] = {}
    for rule in store.rules.values():
        for key, result in rule.results.items():
            counts = rules_by_resource.setdefault(key, {"NON_COMPLIANT": 0, "COMPLIANT": 0})
            if result.compliance in counts:
                counts[result.compliance] += 1
    found = []
    for (kind, identifier), counts in rules_by_resource.items():
        compliance, count = next(((name, count) for name, count in counts.items() if count), ("", 0))
        asked = (
            parameters.get("ResourceType", kind) == kind
            and parameters.get("ResourceId", identifier) == identifier
            and compliance in (parameters.get("ComplianceTypes") or ("COMPLIANT", "NON_COMPLIANT"))
        )
        if asked:
            found.append({"ResourceType": kind, "ResourceId": identifier, "Compliance": _compliance(compliance, count)})
    limit = parameters.get("Limit") or _DEFAULT_RESULTS
    page, token = _cut(place, "DescribeComplianceByResource", found, parameters.get("NextToken"), limit)
    return _answer("ComplianceByResources", page, token)


def _delete_evaluation_results(store: Store, place: Place, parameters: Input) -> Answer:
    rule = store.rule(parameters["ConfigRuleName"])
    if rule.pending:
        raise AwsError("ResourceInUseException", f"The rule {rule.name} is being evaluated. Try again later.")
    rule.results.clear()
    return {}


def _get_resource_config_history(store: Store, place: Place, parameters: Input) -> Answer:
    kind, identifier = parameters["resourceType"], parameters["resourceId"]
    if store.recorder is None:
        raise AwsError("NoAvailableConfigurationRecorderException", "There is no configuration recorder.")
    items = list(store.history.get((kind, identifier), ()))
    if not items and kind == USER_TYPE:
        users = [user for user in place.iam.backend.users.values() if user.id == identifier]
        items = [item(place.iam, user, "OK", store.clock()) for user in users]
    if not items:
        message = f"Resource {identifier} of resourceType:{kind} is unknown or has not been discovered"
        raise AwsError("ResourceNotDiscoveredException", message)
    found = [recorded(one) for one in items]
    if "laterTime" in parameters:
        found = [one for one in found if one["configurationItemCaptureTime"] <= _moment(parameters["laterTime"])]
    if "earlierTime" in parameters:
        found = [one for one in found if one["configurationItemCaptureTime"] >= _moment(parameters["earlierTime"])]
    if parameters.get("chronologicalOrder", "Reverse") == "Reverse":
        found.reverse()
    limit = parameters.get("limit") or _DEFAULT_RESULTS
    page, token = _cut(place, "GetResourceConfigHistory", found, parameters.get("nextToken"), limit)
    return {"configurationItems": list(page), **({"nextToken": token} if token else {})}


def _no_remediation(name: str) -> AwsError:
    return AwsError("NoSuchRemediationConfigurationException", f"No remediation configuration for {name} exists.")


def _put_remediation_configurations(store: Store, place: Place, parameters: Input) -> Answer:
    given = parameters["RemediationConfigurations"]
    for configuration in given:
        _check_remediation(store, configuration)
    for configuration in given:
        rule = store.rule(configuration["ConfigRuleName"])
        arn = place.arn(f"remediation-configuration/{rule.name}/{rule.definition['ConfigRuleId']}")
        rule.remediation = {**configuration, "Arn": arn}
    return {"FailedBatches": []}


def _check_remediation(store: Store, configuration: Input) -> None:
    name = configuration["ConfigRuleName"]
    if name not in store.rules:
        raise _invalid(f"The rule {name} does not exist.")
    _refuse_pack(store.rules[name])
    parameters = configuration.get("Parameters", {})
    for parameter, value in parameters.items():
        if len(value) != 1:
            raise _invalid(f"The parameter {parameter} must have either a ResourceValue or a StaticValue.")
    if configuration.get("Automatic"):
        for required in ("MaximumAutomaticAttempts", "RetryAttemptSeconds"):
            if required not in configuration:
                raise _invalid(f"{required} is required where Automatic is true.")
        if "AutomationAssumeRole" not in parameters:
            raise _invalid("The parameter AutomationAssumeRole is required where Automatic is true.")


def _refuse_pack(rule: Rule) -> None:
    if rule.definition.get("CreatedBy"):
        message = f"The rule {rule.name} was made by {rule.definition['CreatedBy']}, so only that can change it."
        raise AwsError("InsufficientPermissionsException", message)


def _describe_remediation_configurations(store: Store, place: Place, parameters: Input) -> Answer:
    rules = [store.rules[name] for name in parameters["ConfigRuleNames"] if name in store.rules]
    return {"RemediationConfigurations": [rule.remediation for rule in rules if rule.remediation is not None]}


def _delete_remediation_configuration(store: Store, place: Place, parameters: Input) -> Answer:
    rule = store.rules.get(parameters["ConfigRuleName"])
    if rule is None or rule.remediation is None:
        raise _no_remediation(parameters["ConfigRuleName"])
    _refuse_pack(rule)
    rule.remediation = None
    return {}


def _keys(parameters: Input) -> list[ResourceKey]:
    return [
        (key.get("ResourceType") or key.get("resourceType"), key.get("ResourceId") or key.get("resourceId"))
        for key in parameters.get("ResourceKeys", ())
    ]


def _put_remediation_exceptions(store: Store, place: Place, parameters: Input) -> Answer:
    name = parameters["ConfigRuleName"]
    rule = store.rules.get(name)
    if rule is None or rule.remediation is None:
        raise _invalid(f"The rule {name} has no remediation configuration.")
    _refuse_pack(rule)
    expiration = parameters.get("ExpirationTime")
    for key in _keys(parameters):
        # https://docs.aws.amazon.com/config/latest/APIReference/API_PutRemediationExceptions.html
        if key not in rule.results or rule.results[key].compliance != "NON_COMPLIANT":
            continue
        rule.exceptions[key] = {
            "ConfigRuleName": name,
            "ResourceType": key[0],
            "ResourceId": key[1],
            **({"Message": parameters["Message"]} if "Message" in parameters else {}),
            **({"ExpirationTime": _moment(expiration)} if expiration is not None else {}),
        }
    return {"FailedBatches": []}


def _describe_remediation_exceptions(store: Store, place: Place, parameters: Input) -> Answer:
    rule = store.rules.get(parameters["ConfigRuleName"])
    if rule is None:
        raise _invalid(f"The rule {parameters['ConfigRuleName']} does not exist.")
    wanted, now = _keys(parameters), store.clock()
    found = [
        exception
        for key, exception in rule.exceptions.items()
        if (not wanted or key in wanted) and exception.get("ExpirationTime", now) >= now
    ]
    limit = parameters.get("Limit") or 25
    page, token = _cut(place, "DescribeRemediationExceptions", found, parameters.get("NextToken"), limit)
    return _answer("RemediationExceptions", page, token)


def _delete_remediation_exceptions(store: Store, place: Place, parameters: Input) -> Answer:
    rule = store.rules.get(parameters["ConfigRuleName"])
    keys = _keys(parameters)
    if rule is None or not all(key in rule.exceptions for key in keys):
        raise AwsError("NoSuchRemediationExceptionException", "You tried to delete an exception that does not exist.")
    _refuse_pack(rule)
    for key in keys:
        del rule.exceptions[key]
    return {"FailedBatches": []}


def _start_remediation_execution(store: Store, place: Place, parameters: Input) -> Answer:
    rule = store.rules.get(parameters["ConfigRuleName"])
    if rule is None or rule.remediation is None:
        raise _no_remediation(parameters["ConfigRuleName"])
    _refuse_pack(rule)
    now = store.clock()
    for kind, identifier in _keys(parameters):
        rule.executions[kind, identifier] = {
            "ResourceKey": {"resourceType": kind, "resourceId": identifier},
            "State": "QUEUED",
            "StepDetails": [],
            "InvocationTime": now,
            "LastUpdatedTime": now,
        }
    return {}


def _describe_remediation_execution_status(store: Store, place: Place, parameters: Input) -> Answer:
    rule = store.rules.get(parameters["ConfigRuleName"])
    if rule is None or rule.remediation is None:
        raise _no_remediation(parameters["ConfigRuleName"])
    wanted = _keys(parameters)
    found = [status for key, status in rule.executions.items() if not wanted or key in wanted]
    limit = parameters.get("Limit") or _DEFAULT_RESULTS
    page, token = _cut(place, "DescribeRemediationExecutionStatus", found, parameters.get("NextToken"), limit)
    return _answer("RemediationExecutionStatuses", page, token)


def _describe_configuration_recorders(store: Store, place: Place, parameters: Input) -> Answer:
    return {"ConfigurationRecorders": _recorders(store, parameters)}


def _recorders(store: Store, parameters: Input) -> list[Any]:
    names = parameters.get("ConfigurationRecorderNames")
    held = store.recorder
    if names and (held is None or names != [held["name"]]):
        message = f"Cannot find configuration recorder with the specified name '{names[0]}'."
        raise AwsError("NoSuchConfigurationRecorderException", message)
    return [held] if held is not None else []


def _describe_configuration_recorder_status(store: Store, place: Place, parameters: Input) -> Answer:
    return {
        "ConfigurationRecordersStatus": [
            {"name": recorder["name"], "arn": recorder["arn"], "recording": store.recording, "lastStatus": "Success"}
            for recorder in _recorders(store, parameters)
        ]
    }


def _describe_delivery_channels(store: Store, place: Place, parameters: Input) -> Answer:
    names = parameters.get("DeliveryChannelNames")
    if names and (store.channel is None or names != [store.channel["name"]]):
        raise AwsError("NoSuchDeliveryChannelException", f"Cannot find delivery channel '{names[0]}'.")
    return {"DeliveryChannels": [store.channel] if store.channel is not None else []}


def _describe_organization_conformance_pack_statuses(store: Store, place: Place, parameters: Input) -> Answer:
    if store.organization_packs is None:
        message = "This operation can be called by the management account or a delegated administrator only."
        raise AwsError("OrganizationAccessDeniedException", message)
    return _answer("OrganizationConformancePackStatuses", store.organization_packs, None)


def _describe_configuration_aggregators(store: Store, place: Place, parameters: Input) -> Answer:
    return _answer(
        "ConfigurationAggregators", ({"ConfigurationAggregatorName": name} for name in store.aggregators), None
    )


def _describe_configuration_aggregator_sources_status(store: Store, place: Place, parameters: Input) -> Answer:
    name = parameters["ConfigurationAggregatorName"]
    if name not in store.aggregators:
        raise AwsError("NoSuchConfigurationAggregatorException", f"The aggregator {name} does not exist.")
    wanted = parameters.get("UpdateStatus")
    sources = [s for s in store.aggregators[name] if not wanted or s["LastUpdateStatus"] in wanted]
    return _answer("AggregatedSourceStatusList", sources, None)


def _packs(store: Store, parameters: Input) -> list[dict[str, Any]]:
    names = parameters.get("ConformancePackNames") or list(store.packs)
    for name in names:
        if name not in store.packs:
            raise AwsError("NoSuchConformancePackException", f"Conformance pack {name} does not exist.")
    return [store.packs[name] for name in names]


def _describe_conformance_packs(store: Store, place: Place, parameters: Input) -> Answer:
    packs, limit = _packs(store, parameters), parameters.get("Limit") or _DEFAULT_RESULTS
    page, token = _cut(place, "DescribeConformancePacks", packs, parameters.get("NextToken"), limit)
    return _answer("ConformancePackDetails", page, token)


def _describe_conformance_pack_status(store: Store, place: Place, parameters: Input) -> Answer:
    packs, limit = _packs(store, parameters), parameters.get("Limit") or _DEFAULT_RESULTS
    page, token = _cut(place, "DescribeConformancePackStatus", packs, parameters.get("NextToken"), limit)
    shown = [
        {
            **{name: pack[name] for name in ("ConformancePackName", "ConformancePackId", "ConformancePackArn")},
            "ConformancePackState": "CREATE_COMPLETE",
            "StackArn": f"{pack['ConformancePackArn']}/stack",
            "LastUpdateRequestedTime": pack["LastUpdateRequestedTime"],
            "LastUpdateCompletedTime": pack["LastUpdateRequestedTime"],
        }
        for pack in page
    ]
    return _answer("ConformancePackStatusDetails", shown, token)


def _describe_conformance_pack_compliance(store: Store, place: Place, parameters: Input) -> Answer:
    name, limit = parameters["ConformancePackName"], parameters.get("Limit") or _DEFAULT_RESULTS
    _packs(store, {"ConformancePackNames": [name]})
    rules = [store.rules[rule] for rule in store.pack_rules.get(name, ()) if rule in store.rules]
    listed = [
        {"ConfigRuleName": rule.name, "ComplianceType": rule.compliance()[0], "Controls": []}
        for rule in rules
        if rule.name in (parameters.get("Filters", {}).get("ConfigRuleNames") or (rule.name,))
    ]
    page, token = _cut(place, "DescribeConformancePackCompliance", listed, parameters.get("NextToken"), limit)
    return {"ConformancePackName": name, **_answer("ConformancePackRuleComplianceList", page, token)}


Operation = Callable[[Store, Place, Input], Answer]
OPERATIONS: Mapping[str, Operation] = {
    "PutConfigRule": _put_config_rule,
    "DescribeConfigRules": _describe_config_rules,
    "DeleteConfigRule": _delete_config_rule,
    "DescribeConfigRuleEvaluationStatus": _describe_config_rule_evaluation_status,
    "StartConfigRulesEvaluation": _start_config_rules_evaluation,
    "PutEvaluations": _put_evaluations,
    "GetComplianceDetailsByConfigRule": _get_compliance_details_by_config_rule,
    "GetComplianceDetailsByResource": _get_compliance_details_by_resource,
    "DescribeComplianceByConfigRule": _describe_compliance_by_config_rule,
    "GetComplianceSummaryByConfigRule": _get_compliance_summary_by_config_rule,
    "DescribeComplianceByResource": _describe_compliance_by_resource,
    "DeleteEvaluationResults": _delete_evaluation_results,
    "GetResourceConfigHistory": _get_resource_config_history,
    "PutRemediationConfigurations": _put_remediation_configurations,
    "DescribeRemediationConfigurations": _describe_remediation_configurations,
    "DeleteRemediationConfiguration": _delete_remediation_configuration,
    "PutRemediationExceptions": _put_remediation_exceptions,
    "DescribeRemediationExceptions": _describe_remediation_exceptions,
    "DeleteRemediationExceptions": _delete_remediation_exceptions,
    "StartRemediationExecution": _start_remediation_execution,
    "DescribeRemediationExecutionStatus": _describe_remediation_execution_status,
    "DescribeConfigurationRecorders": _describe_configuration_recorders,
    "DescribeConfigurationRecorderStatus": _describe_configuration_recorder_status,
    "DescribeDeliveryChannels": _describe_delivery_channels,
    "DescribeConformancePackCompliance": _describe_conformance_pack_compliance,
    "DescribeConformancePacks": _describe_conformance_packs,
    "DescribeConformancePackStatus": _describe_conformance_pack_status,
    "DescribeOrganizationConformancePackStatuses": _describe_organization_conformance_pack_statuses,
    "DescribeConfigurationAggregators": _describe_configuration_aggregators,
    "DescribeConfigurationAggregatorSourcesStatus": _describe_configuration_aggregator_sources_status,
}
