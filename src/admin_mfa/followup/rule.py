"""The trusted rules as AWS Config holds them: parameters, pace, findings, and who is excepted from remediation."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from admin_mfa.aws import rules
from admin_mfa.aws.config import RESOURCE_TYPE, recorded
from admin_mfa.aws.paging import pages
from admin_mfa.aws.rules import Description, FoundRules, Source, declared_name, find_rules
from admin_mfa.aws.session import reading
from admin_mfa.errors import InvalidInputError, InvalidParametersError, ReadError
from admin_mfa.model import Compliance
from admin_mfa.parameters import Parameters, parse_parameters

if TYPE_CHECKING:
    from mypy_boto3_config import ConfigServiceClient

ACTIONS = (
    *rules.ACTIONS,
    "config:DescribeConfigRuleEvaluationStatus",
    "config:DescribeRemediationExceptions",
    "config:GetComplianceDetailsByConfigRule",
)
"""All of them read."""

PREVIEW_ACTIONS = (
    *rules.ACTIONS,
    "config:DescribeConfigRuleEvaluationStatus",
    "config:DescribeRemediationConfigurations",
    "config:DescribeRemediationExceptions",
)
"""What a preview by the command takes."""

_HOURS = {"One_Hour": 1, "Three_Hours": 3, "Six_Hours": 6, "Twelve_Hours": 12, "TwentyFour_Hours": 24}
_NO_RULE = "NoSuchConfigRuleException"
_DEFAULT_PERIOD = timedelta(hours=24)
"""What AWS Config takes where a periodic rule names no frequency."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class OurRules:
    """The rules that name our function, parsed.

    Attributes:
        readable: The trusted ones.
        unreadable: Trusted ones whose parameters are not what the rule allows.
        untrusted: The names of the others.
        unread: Why the conformance packs could not be read: some of the others may be trusted. None if they were.
    """

    readable: tuple[Rule, ...]
    unreadable: tuple[UnreadableRule, ...]
    untrusted: tuple[str, ...]
    unread: ReadError | None

    @property
    def names(self) -> frozenset[str]:
        """The names of the trusted rules."""
        return frozenset((*(rule.name for rule in self.readable), *(rule.name for rule in self.unreadable)))

    @property
    def complete(self) -> bool:
        """Whether every trusted rule is known and can be judged by; otherwise no user may be cleared."""
        return not self.unreadable and self.unread is None


def read_rule(client: "ConfigServiceClient", name: str, source: Source) -> Rule:
    """Return a rule by its name, or by the name under which a conformance pack declares it.

    AWS Config changes the names of a pack's rules, and a pack cannot refer to the result.

    Raises:
        ReadError: AWS Config could not be read, or has no such rule.
        InvalidInputError: The rule is not a trusted one; or several packs declare rules of this name.
        InvalidParametersError: The rule's parameters are not what the rule allows.
    """
    try:
        found = _parsed(find_rules(client, source, name))
    except ReadError as error:
        if error.code != _NO_RULE:
            raise
        return _declared_rule(client, name, source, error)
    return _only(name, found, source)


def _declared_rule(client: "ConfigServiceClient", name: str, source: Source, missing: ReadError) -> Rule:
    ours = our_rules(client, source)
    found = replace(
        ours,
        readable=tuple(rule for rule in ours.readable if declared_name(rule.name) == name),
        unreadable=tuple(rule for rule in ours.unreadable if declared_name(rule.name) == name),
    )
    names = sorted(found.names)
    if not names and ours.unread is None:
        raise missing
    if len(names) > 1:
        raise InvalidInputError(
            f"Several rules begin with {name} ({', '.join(names)}). Give the full name of one of them."
        )
    return _only(name, found, source)


def _only(name: str, found: OurRules, source: Source) -> Rule:
    """Return the one rule that was found, or say why it is not to be used."""
    if found.unreadable:
        raise found.unreadable[0].error
    if found.readable:
        return found.readable[0]
    if found.unread is not None:
        raise found.unread
    raise InvalidInputError(
        f"The rule {name} is not evaluated by {source.function_arn} or was not created by the deployment, so "
        "nothing is done about it."
    )


def our_rules(client: "ConfigServiceClient", source: Source) -> OurRules:
    """Read every rule that names our function: the stack's own, those of our conformance pack, and others.

    Raises:
        ReadError: AWS Config could not be read.
    """
    return _parsed(find_rules(client, source))


def _parsed(found: FoundRules) -> OurRules:
    parsed = [_rule(item) for item in found.trusted]
    return OurRules(
        readable=tuple(rule for rule in parsed if isinstance(rule, Rule)),
        unreadable=tuple(rule for rule in parsed if isinstance(rule, UnreadableRule)),
        untrusted=found.untrusted,
        unread=found.unread,
    )


def _rule(item: Description) -> Rule | UnreadableRule:
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
    """Return the rule's last successful evaluation as AWS Config reports it; None if it reports none.

    It documents this for managed and custom policy rules, and recorded answers have it for custom Lambda rules too.
    Source: https://docs.aws.amazon.com/config/latest/APIReference/API_ConfigRuleEvaluationStatus.html

    Raises:
        ReadError: AWS Config could not be read.
    """
    with reading("config:DescribeConfigRuleEvaluationStatus"):
        found = client.describe_config_rule_evaluation_status(ConfigRuleNames=[name])["ConfigRulesEvaluationStatus"]
    return found[0].get("LastSuccessfulEvaluationTime") if found else None


@dataclass(frozen=True, slots=True, kw_only=True)
class RemediationSettings:
    """What AWS Config starts the document with.

    Attributes:
        automatic: Whether AWS Config starts it by itself.
        inputs: The document's inputs that are the same for every user, as text.
    """

    automatic: bool
    inputs: Mapping[str, str]


def remediation_settings(client: "ConfigServiceClient", name: str) -> RemediationSettings | None:
    """Return the remediation configuration of a rule; None if it has none.

    Raises:
        ReadError: AWS Config could not be read.
    """
    with reading("config:DescribeRemediationConfigurations"):
        found = client.describe_remediation_configurations(ConfigRuleNames=[name])["RemediationConfigurations"]
    if not found:
        return None
    parameters = found[0].get("Parameters", {})
    return RemediationSettings(
        automatic=found[0].get("Automatic", False),
        inputs={key: value["StaticValue"]["Values"][0] for key, value in parameters.items() if "StaticValue" in value},
    )


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
