"""template.yaml as written, as SAM translates it, and as CloudFormation resolves it for given parameters."""

import copy
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from unittest.mock import patch

from samtranslator.parser.parser import Parser  # type: ignore[import-untyped]
from samtranslator.translator.translator import Translator  # type: ignore[import-untyped]
from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]

from tests.support.tools import ROOT

ACCOUNT = "123456789012"
_NO_VALUE = object()


@cache
def _source() -> dict[str, Any]:
    found: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text())
    return found


def source() -> dict[str, Any]:
    """The hand-written template."""
    return copy.deepcopy(_source())


@cache
def _plain() -> dict[str, Any]:
    template = _included(source())
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = "s3://bucket/artifact.zip"
    with patch.dict(os.environ, AWS_DEFAULT_REGION="us-east-1"):
        found: dict[str, Any] = Translator({}, Parser()).translate(template, {})
    return found


def plain() -> dict[str, Any]:
    """The template as CloudFormation gets it: translated by SAM, with what AWS::Include names put in its place."""
    return copy.deepcopy(_plain())


def _included(value: Any) -> Any:
    if isinstance(value, list):
        return [_included(item) for item in value]
    if not isinstance(value, dict):
        return value
    found = {name: _included(item) for name, item in value.items()}
    transform = found.pop("Fn::Transform", None)
    if transform is None:
        return found
    assert transform["Name"] == "AWS::Include", transform
    return {**found, **yaml_parse((ROOT / transform["Parameters"]["Location"]).read_text())}


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a stack is deployed."""

    region: str = "us-east-1"
    partition: str = "aws"


IN_US = Place()
IN_CHINA = Place(region="cn-north-1", partition="aws-cn")
IN_GOVCLOUD = Place(region="us-gov-west-1", partition="aws-us-gov")


class Resolver:
    """CloudFormation's intrinsic functions, as far as the template uses them; an unknown one is an error.

    What only exists after creation is a placeholder: an ARN that ends in the logical id, or the logical id itself.
    """

    def __init__(
        self,
        parameters: Mapping[str, Any] | None = None,
        place: Place = IN_US,
        template: dict[str, Any] | None = None,
        account_id: str = ACCOUNT,
    ) -> None:
        self.template = template or plain()
        declared = self.template["Parameters"]
        assert set(parameters or {}) <= set(declared), parameters
        given = {name: str(parameter.get("Default", "")) for name, parameter in declared.items()}
        self._values: dict[str, Any] = {
            **given,
            **(parameters or {}),
            "AWS::Region": place.region,
            "AWS::Partition": place.partition,
            "AWS::AccountId": account_id,
            "AWS::URLSuffix": "amazonaws.com.cn" if place.partition == "aws-cn" else "amazonaws.com",
            "AWS::StackName": "admin-mfa",
            "AWS::NoValue": _NO_VALUE,
        }

    def resources(self) -> dict[str, dict[str, Any]]:
        """The resources that would be created."""
        return {
            name: self(resource)
            for name, resource in self.template["Resources"].items()
            if "Condition" not in resource or self.condition(resource["Condition"])
        }

    def refusals(self) -> list[str]:
        """The sentences with which the stack would be refused before anything is created."""
        assertions = (a for rule in self.template.get("Rules", {}).values() for a in rule["Assertions"])
        return [assertion["AssertDescription"] for assertion in assertions if not self(assertion["Assert"])]

    def condition(self, name: str) -> bool:
        return bool(self(self.template["Conditions"][name]))

    def __call__(self, value: Any) -> Any:
        """Resolve a value and all that is in it."""
        if isinstance(value, list):
            return [item for item in map(self, value) if item is not _NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            (function, argument), *_ = value.items()
            if function == "Condition" and isinstance(argument, str):
                return self.condition(argument)
            if function == "Ref" or function.startswith("Fn::"):
                return getattr(self, f"_{function.removeprefix('Fn::').lower()}")(argument)
        return {name: found for name, item in value.items() if (found := self(item)) is not _NO_VALUE}

    def _ref(self, name: str) -> Any:
        if name in self._values:
            return self._values[name]
        properties = self.template["Resources"][name].get("Properties", {})
        named = next((p for n, p in properties.items() if n in _NAMES), name)
        return self(named)

    def _getatt(self, argument: Any) -> Any:
        name, attribute = argument if isinstance(argument, list) else argument.split(".", 1)
        if attribute == "QueueName":
            return self._ref(name)
        service = self.template["Resources"][name]["Type"].split("::")[1].lower()
        place = f"{self._values['AWS::Region']}:{self._values['AWS::AccountId']}"
        return f"arn:{self._values['AWS::Partition']}:{service}:{place}:{self._ref(name)}"

    def _sub(self, argument: Any) -> str:
        text, values = argument if isinstance(argument, list) else (argument, {})
        own = {name: self(value) for name, value in values.items()}

        def value_of(match: re.Match[str]) -> str:
            name = match[1]
            if name in own:
                return str(own[name])
            return str(self._getatt(name) if "." in name else self._ref(name))

        return re.sub(r"\$\{([A-Za-z0-9:.]+)\}", value_of, text).replace("${!", "${")

    def _if(self, argument: list[Any]) -> Any:
        name, yes, no = argument
        return self(yes if self.condition(name) else no)

    def _equals(self, argument: list[Any]) -> bool:
        one, other = map(self, argument)
        return bool(one == other)

    def _not(self, argument: list[Any]) -> bool:
        return not self(argument[0])

    def _and(self, argument: list[Any]) -> bool:
        return all(self(item) for item in argument)

    def _or(self, argument: list[Any]) -> bool:
        return any(self(item) for item in argument)

    def _contains(self, argument: list[Any]) -> bool:
        return self(argument[1]) in self(argument[0])

    def _eachmemberequals(self, argument: list[Any]) -> bool:
        values, wanted = argument
        return all(value == wanted for value in self(values))

    def _join(self, argument: list[Any]) -> str:
        return str(argument[0]).join(str(item) for item in self(argument[1]))

    def _split(self, argument: list[Any]) -> list[str]:
        return str(self(argument[1])).split(str(argument[0]))


_NAMES = frozenset(
    ("AlarmName", "ConfigRuleName", "DashboardName", "FunctionName", "LogGroupName", "Name", "QueueName", "TopicName")
)


def of_type(resources: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """The properties of all resources of a type, by logical id."""
    return {name: r.get("Properties", {}) for name, r in resources.items() if r["Type"] == kind}


def policies(resources: Mapping[str, Any], role: str) -> Iterator[dict[str, Any]]:
    """The policy documents of a role, by logical id: inline, attached to it, and attached by the policy itself."""
    properties = resources[role]["Properties"]
    yield from (policy["PolicyDocument"] for policy in properties.get("Policies", ()))
    for name, policy in of_type(resources, "AWS::IAM::ManagedPolicy").items():
        if name in properties.get("ManagedPolicyArns", ()) or role in policy.get("Roles", ()):
            yield policy["PolicyDocument"]


def statements(resources: Mapping[str, Any], role: str) -> Iterator[dict[str, Any]]:
    """The statements of a role's policies, their actions and resources as lists."""
    for document in policies(resources, role):
        for statement in document["Statement"]:
            yield {**statement, "Action": _list(statement["Action"]), "Resource": _list(statement["Resource"])}


def allowed_actions(resources: Mapping[str, Any], role: str) -> set[str]:
    """Every action that a role's policies allow."""
    return {
        action
        for statement in statements(resources, role)
        if statement["Effect"] == "Allow"
        for action in statement["Action"]
    }


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
