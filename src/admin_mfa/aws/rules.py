"""Which AWS Config rules are trusted: the stack's own, and those that our conformance pack lists.

Anyone who may call PutConfigRule can create a rule that names our function, or a conformance pack that holds one. The
remediation and the function that starts evaluations act for trusted rules only, and both decide it here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from admin_mfa.aws.paging import pages
from admin_mfa.errors import ReadError

if TYPE_CHECKING:
    from mypy_boto3_config import ConfigServiceClient

ACTIONS = (
    "config:DescribeConfigRules",
    "config:DescribeConformancePackCompliance",
    "config:DescribeConformancePacks",
)
"""All of them read. The last two are called only where a rule may belong to a conformance pack."""

_CONFIG_SERVICE = re.compile(r"config(-[a-z]+)*\.amazonaws\.com(\.cn)?")
"""AWS Config's own service principals, in CreatedBy of the rules that it created, such as those of a conformance pack.

Only the service can set that field.
Source: https://docs.aws.amazon.com/config/latest/APIReference/API_ConfigRule.html
"""

_IN_A_PACK = re.compile(r"(?:awsconfigconforms-)?(?P<declared>.+?)-conformance-pack-.+")
"""AWS Config's documentation shows the prefix, and rules seen in accounts have none.

Source: https://docs.aws.amazon.com/config/latest/developerguide/conformance-pack-cli.html
"""

Description = Mapping[str, Any]
"""A rule as DescribeConfigRules returns it."""


def declared_name(rule_name: str) -> str:
    """Return the name under which a conformance pack declares a rule; a rule of no pack has its own name.

    >>> [declared_name(f"{prefix}mfa-conformance-pack-1a2b3c") for prefix in ("", "awsconfigconforms-")]
    ['mfa', 'mfa']
    """
    found = _IN_A_PACK.fullmatch(rule_name)
    return found["declared"] if found else rule_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What the deployment created.

    Attributes:
        function_arn: The function that evaluates.
        rule_name: The stack's own rule, and the conformance pack that brings the rule to accounts of an organization;
            see `declared_name`.
    """

    function_arn: str
    rule_name: str

    def owns_pack(self, name: str) -> bool:
        """Whether a conformance pack is ours: by its name, or by the name AWS Config makes of an organization's pack.

        >>> names = ("mfa", "OrgConformsPack-mfa-1a2b3c4d", "OrgConformsPack-mfa-extra-1a2b3c4d", "mfa-2")
        >>> [Source(function_arn="", rule_name="mfa").owns_pack(name) for name in names]
        [True, True, False, False]
        """
        own = re.escape(self.rule_name)
        return re.fullmatch(rf"{own}|OrgConformsPack-{own}-[a-z0-9]+", name) is not None

    def may_come_from_our_pack(self, rule: Description) -> bool:
        """Whether AWS Config itself created the rule under our name; the pack must list it all the same."""
        return (
            rule["ConfigRuleName"] != self.rule_name == declared_name(rule["ConfigRuleName"])
            and _CONFIG_SERVICE.fullmatch(rule.get("CreatedBy", "")) is not None
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundRules:
    """The rules that name our function.

    Attributes:
        trusted: Those to act for.
        untrusted: The names of the others.
        unread: Why the conformance packs could not be read; None if they were, or if no rule depended on them.
    """

    trusted: tuple[Description, ...]
    untrusted: tuple[str, ...]
    unread: ReadError | None = None


def find_rules(client: "ConfigServiceClient", source: Source, name: str = "") -> FoundRules:
    """Return the rules that name our function, or the one of them that has a name.

    A rule of a conformance pack is not trusted while the packs cannot be read; the caller reports `unread`.

    Raises:
        ReadError: The rules could not be read, or there is none of that name.
    """
    arguments: dict[str, Any] = {"ConfigRuleNames": [name]} if name else {}
    described = [
        rule
        for page in pages(client.describe_config_rules, "config:DescribeConfigRules", **arguments)
        for rule in page["ConfigRules"]
        if rule["Source"].get("SourceIdentifier") == source.function_arn
    ]
    listed: frozenset[str] = frozenset()
    unread = None
    if any(map(source.may_come_from_our_pack, described)):
        try:
            listed = _listed_by_our_packs(client, source)
        except ReadError as error:
            unread = error
    trusted = tuple(
        rule
        for rule in described
        if rule["ConfigRuleName"] == source.rule_name
        or (source.may_come_from_our_pack(rule) and rule["ConfigRuleName"] in listed)
    )
    names = [rule["ConfigRuleName"] for rule in trusted]
    return FoundRules(
        trusted=trusted,
        untrusted=tuple(sorted(rule["ConfigRuleName"] for rule in described if rule["ConfigRuleName"] not in names)),
        unread=unread,
    )


def _listed_by_our_packs(client: "ConfigServiceClient", source: Source) -> frozenset[str]:
    """Return the names of the rules of our packs, whatever their compliance.

    Source: https://docs.aws.amazon.com/config/latest/APIReference/API_DescribeConformancePackCompliance.html
    """
    packs = [
        pack["ConformancePackName"]
        for page in pages(client.describe_conformance_packs, "config:DescribeConformancePacks")
        for pack in page["ConformancePackDetails"]
        if source.owns_pack(pack["ConformancePackName"])
    ]
    action = "config:DescribeConformancePackCompliance"
    return frozenset(
        rule["ConfigRuleName"]
        for pack in packs
        for page in pages(client.describe_conformance_pack_compliance, action, ConformancePackName=pack)
        for rule in page["ConformancePackRuleComplianceList"]
    )
