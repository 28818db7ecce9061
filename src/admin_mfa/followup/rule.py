"""The trusted rules as AWS Config holds them: parameters, pace, findings, and who is excepted from remediation."""

import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from admin_mfa.aws.config import RESOURCE_TYPE, recorded
from admin_mfa.aws.paging import pages
from admin_mfa.aws.session import reading
from admin_mfa.errors import InvalidInputError, InvalidParametersError, ReadError
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

_PACKS = re.compile(r"config(-[a-z]+)*\.amazonaws\.com(\.cn)?")
"""AWS Config's own service principals, in CreatedBy of the rules that it created, such as those of a conformance pack.

Nobody else can set that field.
Source: https://docs.aws.amazon.com/config/latest/APIReference/API_ConfigRule.html
"""

_HOURS = {"One_Hour": 1, "Three_Hours": 3, "Six_Hours": 6, "Twelve_Hours": 12, "TwentyFour_Hours": 24}
_NO_RULE = "NoSuchConfigRuleException"
_DEFAULT_PERIOD = timedelta(hours=24)
"""What AWS Config takes where a periodic rule names no frequency."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Which rules are trusted: those that name our function and that the deployment created.

    Attributes:
        function_arn: The function that evaluates.
        rule_name: The stack's own rule; AWS Config suffixes this name in a conformance pack.
    """

    function_arn: str
    rule_name: str

    def trusts(self, item: Any) -> bool:
        """Whether AWS Config's description of a rule is that of a trusted one: anyone can name our function."""
        if item["Source"].get("SourceIdentifier") != self.function_arn:
            return False
        name = item["ConfigRuleName"]
        return name == self.rule_name or (
            name.startswith(f"{self.rule_name}-conformance-pack-")
            and _PACKS.fullmatch(item.get("CreatedBy", "")) is not None
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One trusted rule.

    Attributes:
        name: AWS Config suffixes it inside conformance packs.
        parameters: The rule's own, so that the remediation judges as the rule does.
        period: How often it runs.
    """

    name: str
    parameters: Parameters
    period: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadableRule:
    """A trusted rule whose parameters are not what the rule allows: it clears no user.

    Attributes:
        name: AWS Config's name.
        error: Which parameter is wrong, and what is allowed.
    """

    name: str
    error: InvalidParametersError


def read_rule(client: "ConfigServiceClient", name: str, source: Source) -> Rule:
    """Return a rule by its name, or by the name under which a conformance pack declares it.

    AWS Config adds a suffix to the names of a pack's rules, and a pack cannot refer to the result.

    Raises:
        ReadError: AWS Config could not be read, or has no such rule.
        InvalidInputError: The rule is not a trusted one; or several packs declare rules of this name.
        InvalidParametersError: The rule's parameters are not what the rule allows.
    """
    try:
        with reading("config:DescribeConfigRules"):
            found = client.describe_config_rules(ConfigRuleNames=[name])["ConfigRules"]
    except ReadError as error:
        if error.code != _NO_RULE:
            raise
        return _readable(_declared_rule(client, name, source, error))
    if not source.trusts(found[0]):
        raise InvalidInputError(
            f"The rule {name} is not evaluated by {source.function_arn} or was not created by the deployment, so "
            "nothing is done about it."
        )
    return _readable(_rule(found[0]))


def _readable(rule: Rule | UnreadableRule) -> Rule:
    if isinstance(rule, UnreadableRule):
        raise rule.error
    return rule


def _declared_rule(
    client: "ConfigServiceClient", name: str, source: Source, missing: ReadError
) -> Rule | UnreadableRule:
    suffixed = [rule for rule in trusted_rules(client, source) if rule.name.startswith(f"{name}-")]
    if not suffixed:
        raise missing
    if len(suffixed) > 1:
        names = ", ".join(sorted(rule.name for rule in suffixed))
        raise InvalidInputError(f"Several rules begin with {name} ({names}). Give the full name of one of them.")
    return suffixed[0]


def trusted_rules(client: "ConfigServiceClient", source: Source) -> tuple[Rule | UnreadableRule, ...]:
    """Read every trusted rule: the stack's own, and those of conformance packs.

    Raises:
        ReadError: AWS Config could not be read.
    """
    found = pages(client.describe_config_rules, "config:DescribeConfigRules")
    return tuple(_rule(item) for page in found for item in page["ConfigRules"] if source.trusts(item))


def _rule(item: Any) -> Rule | UnreadableRule:
    try:
        parameters = parse_parameters(json.loads(item.get("InputParameters") or "{}"))
    except InvalidParametersError as error:
        return UnreadableRule(name=item["ConfigRuleName"], error=error)
    details = item["Source"].get("SourceDetails", ())
    frequencies = [d["MaximumExecutionFrequency"] for d in details if "MaximumExecutionFrequency" in d]
    return Rule(
        name=item["ConfigRuleName"],
        parameters=parameters,
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
    found = pages(client.describe_remediation_exceptions, "config:DescribeRemediationExceptions", ConfigRuleName=name)
    return {
        item["ResourceId"]: item.get("Message", "")
        for page in found
        for item in page["RemediationExceptions"]
        if item["ResourceType"] == RESOURCE_TYPE
    }
