"""What surrounds the rule: conformance packs, an organization's pack, and the aggregator, where there are any."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from acceptance.stack import AcceptanceError, SkippedError

_COMPLETE = frozenset(("CREATE_COMPLETE", "UPDATE_COMPLETE"))
_SUCCESSFUL = frozenset(("CREATE_SUCCESSFUL", "UPDATE_SUCCESSFUL"))
_NOT_OURS = frozenset(("NoSuchOrganizationConformancePackException", "OrganizationAccessDeniedException"))
"""The account has no say in an organization, or the organization has no pack."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check of the deployment.

    Attributes:
        name: What is proven.
        test: Raises AcceptanceError where it is not so, and SkippedError where there is nothing to check; called with
            a client of AWS Config and the rule's name, which every name of the deployment contains.
    """

    name: str
    test: Callable[[Any, str], None]

    def __call__(self, config: Any, rule_name: str) -> None:
        """Check it."""
        self.test(config, rule_name)


def all_of(client: Any, operation: str, key: str, **arguments: Any) -> list[Any]:
    """Return a list that comes in pages, whole."""
    found: list[Any] = client.get_paginator(operation).paginate(**arguments).build_full_result().get(key, [])
    return found


def _packs(config: Any, rule_name: str) -> None:
    packs = all_of(config, "describe_conformance_packs", "ConformancePackDetails")
    ours = [pack["ConformancePackName"] for pack in packs if rule_name in pack["ConformancePackName"]]
    if not ours:
        raise SkippedError("no conformance pack brings the rule here")
    statuses = all_of(
        config, "describe_conformance_pack_status", "ConformancePackStatusDetails", ConformancePackNames=ours
    )
    for pack in statuses:
        if pack["ConformancePackState"] not in _COMPLETE:
            raise AcceptanceError(f"The pack {pack['ConformancePackName']} is in {pack['ConformancePackState']}.")


def _organization_pack(config: Any, rule_name: str) -> None:
    try:
        statuses = all_of(
            config, "describe_organization_conformance_pack_statuses", "OrganizationConformancePackStatuses"
        )
    except ClientError as error:
        if error.response["Error"]["Code"] in _NOT_OURS:
            raise SkippedError("this account deploys no organization conformance pack") from error
        raise
    ours = [status for status in statuses if rule_name in status["OrganizationConformancePackName"]]
    if not ours:
        raise SkippedError("this account deploys no organization conformance pack")
    for status in ours:
        if status["Status"] not in _SUCCESSFUL:
            pack = status["OrganizationConformancePackName"]
            raise AcceptanceError(f"The organization's pack {pack} is in {status['Status']}.")


def _aggregator(config: Any, rule_name: str) -> None:
    held = all_of(config, "describe_configuration_aggregators", "ConfigurationAggregators")
    names = [aggregator["ConfigurationAggregatorName"] for aggregator in held]
    ours = [name for name in names if rule_name in name]
    if not ours:
        raise SkippedError("this account has no aggregator of the deployment")
    for name in ours:
        failed = all_of(
            config,
            "describe_configuration_aggregator_sources_status",
            "AggregatedSourceStatusList",
            ConfigurationAggregatorName=name,
            UpdateStatus=["FAILED"],
        )
        if failed:
            sources = ", ".join(sorted({source["SourceId"] for source in failed}))
            raise AcceptanceError(
                f"The aggregator {name} lacks {sources}: {failed[0].get('LastErrorMessage', 'FAILED')}"
            )


CHECKS = (
    Check(name="the conformance pack is complete", test=_packs),
    Check(name="the organization's conformance pack is complete", test=_organization_pack),
    Check(name="the aggregator has every account", test=_aggregator),
)
