"""The rule as AWS Config holds it: its parameters, its pace, its findings, and who is excepted from remediation."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from admin_mfa.aws.config import RESOURCE_TYPE, recorded
from admin_mfa.aws.session import reading
from admin_mfa.errors import InvalidInputError, ReadError
from admin_mfa.model import Compliance
from admin_mfa.parameters import Parameters, parse_parameters

if TYPE_CHECKING:
    from mypy_boto3_config import ConfigServiceClient

ACTIONS = (
    "config:DescribeConfigRuleEvaluationStatus",
    "config:DescribeConfigRules",
    "config:DescribeRemediationExceptions",
    "config:GetComplianceDetailsByConfigRule",
)
"""All of them read."""

_HOURS = {"One_Hour": 1, "Three_Hours": 3, "Six_Hours": 6, "Twelve_Hours": 12, "TwentyFour_Hours": 24}
_NO_RULE = "NoSuchConfigRuleException"
_DEFAULT_PERIOD = timedelta(hours=24)
"""What AWS Config takes where a periodic rule names no frequency."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule that our function answers.

    Attributes:
        name: AWS Config suffixes it inside conformance packs.
        function_arn: The function that evaluates.
        parameters: The rule's own, so that the remediation judges as the rule does.
        period: How often it runs.
    """

    name: str
    function_arn: str
    parameters: Parameters
    period: timedelta


def read_rule(client: "ConfigServiceClient", name: str, function_arn: str) -> Rule:
    """Return a rule by its name, or by the name under which a conformance pack declares it.

    AWS Config adds a suffix to the names of a pack's rules, and a pack cannot refer to the result.

    Raises:
        ReadError: AWS Config could not be read, or has no such rule.
        InvalidInputError: The rule is not evaluated by our function, so its parameters mean something else; or several
            packs declare rules of this name.
        InvalidParametersError: The rule's parameters are not what the rule allows.
    """
    try:
        with reading("config:DescribeConfigRules"):
            found = client.describe_config_rules(ConfigRuleNames=[name])["ConfigRules"]
    except ReadError as error:
        if error.code != _NO_RULE:
            raise
        return _declared_rule(client, name, function_arn, error)
    rule = _rule(found[0])
    if rule.function_arn != function_arn:
        raise InvalidInputError(f"The rule {name} is not evaluated by {function_arn}, so nothing is done about it.")
    return rule


def _declared_rule(client: "ConfigServiceClient", name: str, function_arn: str, missing: ReadError) -> Rule:
    suffixed = [rule for rule in our_rules(client, function_arn) if rule.name.startswith(f"{name}-")]
    if not suffixed:
        raise missing
    if len(suffixed) > 1:
        names = ", ".join(sorted(rule.name for rule in suffixed))
        raise InvalidInputError(f"Several rules begin with {name} ({names}). Give the full name of one of them.")
    return suffixed[0]


def our_rules(client: "ConfigServiceClient", function_arn: str) -> tuple[Rule, ...]:
    """Read every rule that our function evaluates; a conformance pack names them as it likes.

    Raises:
        ReadError: AWS Config could not be read.
    """
    found = _every("config:DescribeConfigRules", client.describe_config_rules, "ConfigRules")
    return tuple(_rule(item) for item in found if item["Source"].get("SourceIdentifier") == function_arn)


def _rule(item: Any) -> Rule:
    details = item["Source"].get("SourceDetails", ())
    frequencies = [d["MaximumExecutionFrequency"] for d in details if "MaximumExecutionFrequency" in d]
    return Rule(
        name=item["ConfigRuleName"],
        function_arn=item["Source"].get("SourceIdentifier", ""),
        parameters=parse_parameters(json.loads(item.get("InputParameters") or "{}")),
        period=timedelta(hours=_HOURS[frequencies[0]]) if frequencies else _DEFAULT_PERIOD,
    )


def evaluated_at(client: "ConfigServiceClient", name: str) -> datetime | None:
    """Return the rule's last successful evaluation as AWS Config tells it; None if it tells none.

    It documents this for managed and custom policy rules, and recorded answers have it for custom Lambda rules too.
    Source: https://docs.aws.amazon.com/config/latest/APIReference/API_ConfigRuleEvaluationStatus.html

    Raises:
        ReadError: AWS Config could not be read.
    """
    with reading("config:DescribeConfigRuleEvaluationStatus"):
        found = client.describe_config_rule_evaluation_status(ConfigRuleNames=[name])["ConfigRulesEvaluationStatus"]
    return found[0].get("LastSuccessfulEvaluationTime") if found else None


def non_compliant(client: "ConfigServiceClient", name: str) -> tuple[str, ...]:
    """Return the ids of the users whom AWS Config holds to be NON_COMPLIANT.

    Raises:
        ReadError: AWS Config could not be read.
    """
    held = recorded(client, name)
    return tuple(sorted(user for user, result in held.items() if result.compliance is Compliance.NON_COMPLIANT))


def excepted(client: "ConfigServiceClient", name: str) -> dict[str, str]:
    """Return the users under a remediation exception, by unique id, with what it says.

    Raises:
        ReadError: AWS Config could not be read.
    """
    found = _every(
        "config:DescribeRemediationExceptions",
        client.describe_remediation_exceptions,
        "RemediationExceptions",
        ConfigRuleName=name,
    )
    return {item["ResourceId"]: item.get("Message", "") for item in found if item["ResourceType"] == RESOURCE_TYPE}


def _every(action: str, call: Callable[..., Any], key: str, **arguments: Any) -> Iterator[Any]:
    while True:
        with reading(action):
            page = call(**arguments)
        yield from page[key]
        if not page.get("NextToken"):
            return
        arguments["NextToken"] = page["NextToken"]
