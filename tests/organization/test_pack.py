"""The conformance pack says what template.yaml says, and keeps to limits that no linter knows for packs."""

import re
from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from tests.deploy.templates import IN_CHINA, IN_GOVCLOUD, IN_US, Place, Resolver
from tests.organization.conftest import Produced
from tests.support.tools import ROOT

PACK = ROOT / "organization" / "conformance-pack.yaml"
SHARED = ("ConfigRule", "RootMfaConfigRule", "RemediationConfiguration")
FREQUENCIES = {"One_Hour", "Three_Hours", "Six_Hours", "Twelve_Hours", "TwentyFour_Hours"}

# https://docs.aws.amazon.com/config/latest/developerguide/managed-rules-by-aws-config.html
MANAGED = {"ROOT_ACCOUNT_MFA_ENABLED"}

# https://docs.aws.amazon.com/config/latest/APIReference/API_RemediationConfiguration.html
# https://docs.aws.amazon.com/config/latest/APIReference/API_SsmControls.html
RANGES = {
    "MaximumAutomaticAttempts": (1, 25),
    "RetryAttemptSeconds": (1, 2_678_000),
    "ConcurrentExecutionRatePercentage": (1, 100),
    "ErrorPercentage": (1, 100),
}
MAX_REMEDIATION_PARAMETERS = 25
MAX_PACK_PARAMETERS = 60
MAX_PACK_BYTES = 51_200
MAX_RULE_NAME = 37
MAX_INPUT_PARAMETERS = 1024


def problems(pack: Mapping[str, Any], size: int = 0) -> set[str]:
    """What AWS Config would refuse in a pack, or silently not do."""
    found = set()
    if size > MAX_PACK_BYTES:
        found.add("too many bytes")
    if len(pack.get("Parameters", {})) > MAX_PACK_PARAMETERS:
        found.add("too many parameters")
    resources = pack["Resources"]
    names = {
        name: resource["Properties"]["ConfigRuleName"]
        for name, resource in resources.items()
        if resource["Type"] == "AWS::Config::ConfigRule"
    }
    for resource in resources.values():
        properties = resource["Properties"]
        if resource["Type"] == "AWS::Config::ConfigRule":
            found |= _rule_problems(properties)
        elif resource["Type"] == "AWS::Config::RemediationConfiguration":
            found |= _remediation_problems(properties, set(map(str, names.values())))
        else:
            found.add(f"type {resource['Type']}")
    return found


def _rule_problems(rule: Mapping[str, Any]) -> set[str]:
    found = set()
    name, source = rule["ConfigRuleName"], rule["Source"]
    if not isinstance(name, str) or not re.fullmatch(r"[\w-]+", name) or len(name) > MAX_RULE_NAME:
        found.add("rule name")
    if source["Owner"] == "AWS" and source["SourceIdentifier"] not in MANAGED:
        found.add("managed identifier")
    frequencies = [
        rule.get("MaximumExecutionFrequency"),
        *(d.get("MaximumExecutionFrequency") for d in source.get("SourceDetails", ())),
    ]
    if any(isinstance(frequency, str) and frequency not in FREQUENCIES for frequency in frequencies):
        found.add("frequency")
    if source["Owner"] == "CUSTOM_LAMBDA" and not source.get("SourceDetails"):
        found.add("no trigger")
    return found


def _remediation_problems(remediation: Mapping[str, Any], rules: set[str]) -> set[str]:
    found = set()
    controls = remediation.get("ExecutionControls", {}).get("SsmControls", {})
    for name, (least, most) in RANGES.items():
        value = remediation.get(name, controls.get(name))
        if value is None or not least <= value <= most:
            found.add(name)
    parameters = remediation["Parameters"]
    if len(parameters) > MAX_REMEDIATION_PARAMETERS:
        found.add("too many remediation parameters")
    if remediation["Automatic"] and "AutomationAssumeRole" not in parameters:
        found.add("no AutomationAssumeRole")
    if any(p["ResourceValue"]["Value"] != "RESOURCE_ID" for p in parameters.values() if "ResourceValue" in p):
        found.add("resource value")
    if any(
        len(p["StaticValue"]["Values"]) > MAX_REMEDIATION_PARAMETERS for p in parameters.values() if "StaticValue" in p
    ):
        found.add("static values")
    if remediation["ConfigRuleName"] not in rules:
        found.add("rule that is not in the pack")
    return found


def test_the_pack_keeps_to_what_aws_config_takes(produced: Produced) -> None:
    assert problems(produced.pack, PACK.stat().st_size) == set()


BREAKAGES = [
    pytest.param(
        "RemediationConfiguration", ["MaximumAutomaticAttempts"], 26, "MaximumAutomaticAttempts", id="attempts"
    ),
    pytest.param("RemediationConfiguration", ["RetryAttemptSeconds"], 0, "RetryAttemptSeconds", id="seconds"),
    pytest.param(
        "RemediationConfiguration",
        ["ExecutionControls", "SsmControls", "ErrorPercentage"],
        0,
        "ErrorPercentage",
        id="percentage",
    ),
    pytest.param(
        "RemediationConfiguration",
        ["Parameters", "ResourceId", "ResourceValue", "Value"],
        "RESOURCE_NAME",
        "resource value",
        id="resource value",
    ),
    pytest.param(
        "RemediationConfiguration", ["ConfigRuleName"], "another", "rule that is not in the pack", id="another rule"
    ),
    pytest.param("RootMfaConfigRule", ["ConfigRuleName"], "a" * 38, "rule name", id="rule name too long"),
    pytest.param("RootMfaConfigRule", ["ConfigRuleName"], {"Ref": "RuleName"}, "rule name", id="rule name no literal"),
    pytest.param("ConfigRule", ["Source", "SourceDetails"], [], "no trigger", id="no trigger"),
    pytest.param(
        "RootMfaConfigRule", ["Source", "SourceIdentifier"], "ROOT_MFA", "managed identifier", id="identifier"
    ),
    pytest.param("RootMfaConfigRule", ["MaximumExecutionFrequency"], "Daily", "frequency", id="frequency"),
]


@pytest.mark.parametrize(("resource", "path", "value", "problem"), BREAKAGES)
def test_each_limit_speaks_when_it_is_broken(
    produced: Produced, resource: str, path: list[str], value: Any, problem: str
) -> None:
    pack = yaml.safe_load(yaml.safe_dump(produced.pack))
    place = pack["Resources"][resource]["Properties"]
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    assert problems(pack) == {problem}


def test_another_type_of_resource_too_many_parameters_and_bytes_are_seen(produced: Produced) -> None:
    pack = dict(produced.pack)
    pack["Resources"] = {**pack["Resources"], "Topic": {"Type": "AWS::SNS::Topic", "Properties": {}}}
    pack["Parameters"] = {f"P{number}": {} for number in range(61)}
    assert problems(pack, 51_201) == {"type AWS::SNS::Topic", "too many parameters", "too many bytes"}


GIVEN = {
    "MaximumExecutionFrequency": "Six_Hours",
    "AdministratorDefinition": "AdministratorAccess",
    "AdditionalAdminPolicyArns": "arn:aws:iam::123456789012:policy/ops",
    "AllowedMfaTypes": "fido,hardware",
    "ManagedDeviceTag": "Managed",
    "ExemptUsers": "ada@2027-01-31",
    "ExemptTag": "MfaExempt",
    "AutomaticRemediation": "false",
    "RemediationMode": "Enforce",
    "GracePeriodDays": "7",
}


@pytest.mark.parametrize(
    "place",
    [
        pytest.param(IN_US, id="commercial"),
        pytest.param(IN_CHINA, id="China"),
        pytest.param(IN_GOVCLOUD, id="GovCloud"),
    ],
)
@pytest.mark.parametrize("given", [pytest.param({}, id="defaults"), pytest.param(GIVEN, id="others")])
def test_rules_and_remediation_are_those_of_the_template(
    produced: Produced, place: Place, given: dict[str, str]
) -> None:
    """What only exists after creation is a placeholder on one side and a name on the other: see the member's test."""
    ours = Resolver(given, place, produced.pack).resources()
    theirs = Resolver(given, place).resources()
    assert set(ours) == set(theirs) & set(SHARED)
    for name, resource in ours.items():
        for field, value in resource["Properties"].items():
            expected = theirs[name]["Properties"][field]
            if field == "Parameters":
                assert set(value) == set(expected)
                named = {"AutomationAssumeRole", "HelperFunctionArn", "EnforcementPolicyArn", "ConfigRuleName"}
                assert {k: v for k, v in value.items() if k not in named} == {
                    k: v for k, v in expected.items() if k not in named
                }
            elif field == "Source" and value["Owner"] == "CUSTOM_LAMBDA":
                assert value["SourceDetails"] == expected["SourceDetails"]
                assert value["SourceIdentifier"].rsplit(":", 1)[1] == expected["SourceIdentifier"].rsplit(":", 1)[1]
            else:
                assert value == expected, field
        assert set(theirs[name]["Properties"]) == set(resource["Properties"])


def test_a_parameter_of_the_pack_has_the_default_of_the_template(produced: Produced) -> None:
    template = Resolver().template["Parameters"]
    declared = {name: parameter["Default"] for name, parameter in produced.pack["Parameters"].items()}
    assert declared == {name: template[name]["Default"] for name in declared}


def test_the_longest_rule_parameters_fit(produced: Produced) -> None:
    template = Resolver().template["Parameters"]
    longest = {
        name: "x" * int(template[name].get("MaxLength", 0)) or max(template[name].get("AllowedValues", [""]), key=len)
        for name in produced.pack["Parameters"]
        if template[name]["Type"] == "String" and ("MaxLength" in template[name] or "AllowedValues" in template[name])
    }
    sent = Resolver(longest, template=produced.pack).resources()["ConfigRule"]["Properties"]["InputParameters"]
    assert len(yaml.safe_dump(sent)) <= MAX_INPUT_PARAMETERS
