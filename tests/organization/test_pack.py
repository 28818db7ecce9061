"""The conformance pack says what template.yaml says, and keeps to limits that no linter knows for packs."""

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from admin_mfa.parameters import parse_parameters
from scripts import member_template
from tests.deploy.templates import IN_CHINA, IN_GOVCLOUD, IN_US, Place, Resolver
from tests.organization.conftest import GIVEN as GIVEN_MEMBER
from tests.organization.conftest import MANAGEMENT, Produced, received_pack
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
# https://docs.aws.amazon.com/config/latest/developerguide/cpack-prerequisites.html
EXACT = ("AutomationAssumeRole", "ConfigRuleName")
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


def _function_problems(parameters: Mapping[str, Any]) -> set[str]:
    found = set()
    for field in EXACT:
        values = parameters.get(field, {}).get("StaticValue", {}).get("Values", [])
        if any(not isinstance(value, str) or "${" in value for value in values):
            found.add(f"{field} is not exact")
    if any(intrinsic(value, {"Ref"}) for value in parameters.values()):
        found.add("an intrinsic function that no published pack uses here")
    return found


def intrinsic(value: Any, allowed: Collection[str] = ()) -> set[str]:
    """The intrinsic functions in a value, but for those that are allowed; a pseudo parameter never is."""
    if isinstance(value, list):
        return {name for item in value for name in intrinsic(item, allowed)}
    if not isinstance(value, dict):
        return set()
    own = {
        name
        for name, item in value.items()
        if name.startswith("Fn::") or (name == "Ref" and (name not in allowed or str(item).startswith("AWS::")))
    }
    return own | {name for item in value.values() for name in intrinsic(item, allowed)}


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
    found |= _function_problems(parameters)
    if remediation["ConfigRuleName"] not in rules:
        found.add("rule that is not in the pack")
    return found


PLACES = [
    pytest.param(IN_US, id="commercial"),
    pytest.param(IN_CHINA, id="China"),
    pytest.param(IN_GOVCLOUD, id="GovCloud"),
]


@pytest.mark.parametrize("rule_name", ["iam-admin-user-mfa-enabled", "canary-mfa", "true"])
@pytest.mark.parametrize("place", PLACES)
def test_the_pack_of_a_member_keeps_to_what_aws_config_takes(produced: Produced, place: Place, rule_name: str) -> None:
    pack = received_pack(produced.member, place, RuleName=rule_name)
    assert problems(pack, PACK.stat().st_size) == set()
    resources = pack["Resources"]
    assert resources["ConfigRule"]["Properties"]["ConfigRuleName"] == rule_name
    remediation = resources["RemediationConfiguration"]["Properties"]
    assert remediation["Parameters"]["ConfigRuleName"]["StaticValue"]["Values"] == [rule_name]
    assert remediation["Parameters"]["AutomationAssumeRole"]["StaticValue"]["Values"] == [
        f"arn:{place.partition}:iam::123456789012:role/{rule_name}-require"
    ]
    identifier = resources["ConfigRule"]["Properties"]["Source"]["SourceIdentifier"]
    assert identifier == f"arn:{place.partition}:lambda:{place.region}:123456789012:function:{rule_name}"


@pytest.mark.parametrize("place", PLACES)
def test_the_pack_of_an_organization_carries_the_management_account(place: Place) -> None:
    """AWS Config replaces that id in the role's ARN by the member's; nothing else may depend on the account."""
    pack = member_template.organization_pack(
        management_account_id=MANAGEMENT, rule_name="canary-mfa", partition=place.partition
    )
    assert problems(pack, len(member_template.as_yaml(pack))) == set()
    parameters = pack["Resources"]["RemediationConfiguration"]["Properties"]["Parameters"]
    assert parameters["AutomationAssumeRole"]["StaticValue"]["Values"] == [
        f"arn:{place.partition}:iam::{MANAGEMENT}:role/canary-mfa-require"
    ]
    assert pack["Resources"]["ConfigRule"]["Properties"]["Source"]["SourceIdentifier"] == {
        "Fn::Sub": f"arn:{place.partition}:lambda:{place.region}:${{AWS::AccountId}}:function:canary-mfa"
    }
    del parameters["AutomationAssumeRole"], pack["Resources"]["ConfigRule"]["Properties"]["Source"]["SourceIdentifier"]
    assert MANAGEMENT not in str(pack)
    assert "${" not in str(pack)


def test_the_pack_of_an_organization_is_produced_on_request_only(
    produced: Produced, placeholders: Path, tmp_path: Path
) -> None:
    assert produced.organization_pack == member_template.organization_pack(management_account_id=MANAGEMENT)
    member_template.main(placeholders, tmp_path, {"management_account_id": MANAGEMENT})
    member_template.main(placeholders, tmp_path)
    assert not (tmp_path / "organization-pack.yaml").exists()


def test_both_packs_say_the_same_but_for_the_account(produced: Produced) -> None:
    ours = member_template.as_yaml(produced.organization_pack).replace(MANAGEMENT, "123456789012")
    theirs = yaml.safe_load(ours)
    source = theirs["Resources"]["ConfigRule"]["Properties"]["Source"]
    source["SourceIdentifier"] = source["SourceIdentifier"]["Fn::Sub"].replace("${AWS::AccountId}", "123456789012")
    assert theirs == produced.pack


BREAKAGES = [
    pytest.param(
        "RemediationConfiguration",
        ["Parameters", "AutomationAssumeRole", "StaticValue", "Values"],
        [{"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:role/require"}],
        {"AutomationAssumeRole is not exact", "an intrinsic function that no published pack uses here"},
        id="role by Fn::Sub",
    ),
    pytest.param(
        "RemediationConfiguration",
        ["Parameters", "AutomationAssumeRole", "StaticValue", "Values"],
        ["arn:aws:iam::${AWS::AccountId}:role/require"],
        {"AutomationAssumeRole is not exact"},
        id="a name in braces that nobody replaced",
    ),
    pytest.param(
        "RemediationConfiguration",
        ["Parameters", "ConfigRuleName", "StaticValue", "Values"],
        [{"Ref": "ConfigRule"}],
        {"ConfigRuleName is not exact"},
        id="rule by Ref",
    ),
    pytest.param(
        "RemediationConfiguration",
        ["Parameters", "Mode", "StaticValue", "Values"],
        [{"Ref": "AWS::AccountId"}],
        {"an intrinsic function that no published pack uses here"},
        id="a pseudo parameter",
    ),
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
    produced: Produced, resource: str, path: list[str], value: Any, problem: str | set[str]
) -> None:
    pack = yaml.safe_load(yaml.safe_dump(produced.pack))
    place = pack["Resources"][resource]["Properties"]
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    assert problems(pack) == ({problem} if isinstance(problem, str) else problem)


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


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("given", [pytest.param({}, id="defaults"), pytest.param(GIVEN, id="others")])
def test_rules_and_remediation_are_those_of_the_template(
    produced: Produced, place: Place, given: dict[str, str]
) -> None:
    """What only exists after creation is a placeholder on one side and a name on the other: see the member's test."""
    root = "true" if Resolver(given, place).condition("RootMfaRuleWanted") else "false"
    ours = Resolver({**given, "DeployRootMfaRule": root}, place, received_pack(produced.member, place)).resources()
    theirs = Resolver(given, place).resources()
    assert set(ours) == set(theirs) & set(SHARED)
    for name, resource in ours.items():
        for field, value in resource["Properties"].items():
            expected = theirs[name]["Properties"][field]
            if field == "Parameters":
                assert set(value) == set(expected)
                named = {"AutomationAssumeRole", "HelperFunctionName", "ConfigRuleName"}
                assert {k: v for k, v in value.items() if k not in named} == {
                    k: v for k, v in expected.items() if k not in named
                }
            elif field == "Source" and value["Owner"] == "CUSTOM_LAMBDA":
                assert value["SourceDetails"] == expected["SourceDetails"]
                assert value["SourceIdentifier"].rsplit(":", 1)[1] == expected["SourceIdentifier"].rsplit(":", 1)[1]
            else:
                assert value == expected, field
        assert set(theirs[name]["Properties"]) == set(resource["Properties"])


@pytest.mark.parametrize(
    ("place", "made"),
    [
        pytest.param(IN_US, True, id="us-east-1"),
        pytest.param(Place(region="eu-west-1"), False, id="eu-west-1"),
        pytest.param(Place(region="me-central-1"), False, id="a region without the managed rule"),
        pytest.param(IN_CHINA, False, id="China"),
        pytest.param(IN_GOVCLOUD, False, id="GovCloud"),
    ],
)
def test_the_managed_rule_about_root_is_made_in_us_east_1_only(
    produced: Produced, stack: dict[str, Any], place: Place, *, made: bool
) -> None:
    """Source: https://docs.aws.amazon.com/config/latest/developerguide/root-account-mfa-enabled.html"""
    assert ("RootMfaConfigRule" in Resolver(place=place).resources()) is made
    member = Resolver(GIVEN_MEMBER, place, produced.member).resources()["ConformancePack"]["Properties"]
    given = {"Version": "0123456789abcdef", "OrganizationPack": "true", "OrganizationId": "o-ab12cd34ef"}
    lists = {"TargetOrganizationalUnitIds": ["r-ab12"], "ExcludedAccountIds": [""]}
    organization = Resolver({**given, **lists}, place, stack).resources()["OrganizationConformancePack"]["Properties"]
    for properties in (member, organization):
        sent = {p["ParameterName"]: p["ParameterValue"] for p in properties["ConformancePackInputParameters"]}
        assert sent["DeployRootMfaRule"] == str(made).lower()


def test_a_parameter_of_the_pack_has_the_default_of_the_template(produced: Produced) -> None:
    template = Resolver().template["Parameters"]
    declared = {name: parameter["Default"] for name, parameter in produced.pack["Parameters"].items()}
    assert declared == {name: template[name]["Default"] for name in declared}


@pytest.mark.parametrize("pack", ["pack", "organization_pack"])
def test_the_rule_reads_the_same_parameters_whatever_no_value_becomes(produced: Produced, pack: str) -> None:
    """Whether a pack drops a parameter that is AWS::NoValue, or passes an empty text, is not documented."""
    rule = Resolver(template=getattr(produced, pack))(getattr(produced, pack)["Resources"]["ConfigRule"]["Properties"])
    dropped = rule["InputParameters"]
    written = getattr(produced, pack)["Resources"]["ConfigRule"]["Properties"]["InputParameters"]
    left_out = written.keys() - dropped.keys()
    assert left_out == {"AdditionalAdminPolicyArns", "ManagedDeviceTag", "ExemptUsers", "ExemptTag"}
    empty = {**dropped, **dict.fromkeys(left_out, "")}
    assert parse_parameters(empty) == replace(parse_parameters(dropped), given=parse_parameters(empty).given)


def test_the_longest_rule_parameters_fit(produced: Produced) -> None:
    template = Resolver().template["Parameters"]
    longest = {
        name: "x" * int(template[name].get("MaxLength", 0)) or max(template[name].get("AllowedValues", [""]), key=len)
        for name in produced.pack["Parameters"]
        if template[name]["Type"] == "String" and ("MaxLength" in template[name] or "AllowedValues" in template[name])
    }
    sent = Resolver(longest, template=produced.pack).resources()["ConfigRule"]["Properties"]["InputParameters"]
    assert len(yaml.safe_dump(sent)) <= MAX_INPUT_PARAMETERS
