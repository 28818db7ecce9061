"""What the delegated administrator deploys: in the right order, closed to others, and agreeing with template.yaml."""

from typing import Any

import pytest

from tests.deploy.templates import IN_CHINA, Place, Resolver, source
from tests.organization.conftest import Produced

ORGANIZATION = "o-ab12cd34ef"
UNIT = "ou-ab12-cd34ef56"
VERSION = "0123456789abcdef"
OWN_PARAMETERS = {
    "OrganizationId",
    "CallAs",
    "Version",
    "TargetOrganizationalUnitIds",
    "ExcludedAccountIds",
    "FailureTolerancePercentage",
    "OrganizationPack",
    "NotificationEmail",
}


def resolver(stack: dict[str, Any], place: Place = Place(), **given: Any) -> Resolver:  # noqa: B008 - a frozen value
    lists = {"TargetOrganizationalUnitIds": [UNIT], "ExcludedAccountIds": [""]}
    return Resolver({"OrganizationId": ORGANIZATION, **lists, **given}, place, stack)


def test_a_parameter_that_the_template_has_too_is_the_same(stack: dict[str, Any]) -> None:
    declared, theirs = stack["Parameters"], source()["Parameters"]
    shared = set(declared) - OWN_PARAMETERS
    assert shared <= set(theirs)
    assert {name: {k: v for k, v in declared[name].items() if k != "Description"} for name in shared} == {
        name: {k: v for k, v in theirs[name].items() if k != "Description"} for name in shared
    }


def test_members_get_every_parameter_that_is_not_the_stacks_own(stack: dict[str, Any], produced: Produced) -> None:
    stack_set = resolver(stack, Version=VERSION).resources()["MemberStackSet"]["Properties"]
    given = {parameter["ParameterKey"] for parameter in stack_set["Parameters"]}
    assert given <= set(produced.member["Parameters"])
    assert set(stack["Parameters"]) - OWN_PARAMETERS <= given
    required = {name for name, parameter in produced.member["Parameters"].items() if "Default" not in parameter}
    assert required <= given


def test_the_pack_for_all_gets_every_parameter_of_the_pack(stack: dict[str, Any], produced: Produced) -> None:
    excluded = ["111111111111"]
    found = resolver(stack, Version=VERSION, OrganizationPack="true", ExcludedAccountIds=excluded)
    resources = found.resources()
    pack = resources["OrganizationConformancePack"]["Properties"]
    names = {parameter["ParameterName"] for parameter in pack["ConformancePackInputParameters"]}
    assert names == set(produced.pack["Parameters"]) - {"DeployRootMfaRule"}
    assert pack["ExcludedAccounts"] == ["111111111111"]
    members = {p["ParameterKey"]: p["ParameterValue"] for p in resources["MemberStackSet"]["Properties"]["Parameters"]}
    assert members["DeployConformancePack"] == "false"
    assert "OrganizationConformancePack" not in resolver(stack, Version=VERSION).resources()


def test_nothing_is_rolled_out_before_the_artifacts_are_there(stack: dict[str, Any]) -> None:
    before, after = resolver(stack).resources(), resolver(stack, Version=VERSION).resources()
    assert set(after) - set(before) == {"MemberStackSet"}
    assert {"ArtifactBucket", "ArtifactBucketPolicy", "CentralTopic", "Aggregator"} <= set(before)
    assert after["MemberStackSet"]["Properties"]["TemplateURL"].endswith(f"/member-{VERSION}.yaml")


def test_the_organization_pack_is_refused_without_functions(stack: dict[str, Any]) -> None:
    assert resolver(stack, OrganizationPack="true").refusals() == [
        "The organization conformance pack needs the functions in every account; roll out a Version."
    ]
    assert resolver(stack, OrganizationPack="true", Version=VERSION).refusals() == []


@pytest.mark.parametrize(
    ("excluded", "targets"),
    [
        pytest.param([""], {"OrganizationalUnitIds": [UNIT]}, id="nobody is excluded"),
        pytest.param(
            ["111111111111"],
            {"OrganizationalUnitIds": [UNIT], "AccountFilterType": "DIFFERENCE", "Accounts": ["111111111111"]},
            id="an account is excluded",
        ),
    ],
)
def test_the_stack_set_goes_to_one_region_and_the_units_but_for_the_excluded(
    stack: dict[str, Any], excluded: list[str], targets: dict[str, Any]
) -> None:
    stack_set = resolver(stack, Version=VERSION, ExcludedAccountIds=excluded).resources()["MemberStackSet"][
        "Properties"
    ]
    assert stack_set["StackInstancesGroup"] == [{"Regions": ["us-east-1"], "DeploymentTargets": targets}]
    assert stack_set["AutoDeployment"] == {"Enabled": True, "RetainStacksOnAccountRemoval": False}
    assert stack_set["PermissionModel"] == "SERVICE_MANAGED"
    assert stack_set["OperationPreferences"]["FailureTolerancePercentage"] == "10"


def test_what_accounts_use_is_made_before_and_removed_after_the_stack_set(stack: dict[str, Any]) -> None:
    resources = stack["Resources"]
    assert set(resources["MemberStackSet"]["DependsOn"]) == {"ArtifactBucketPolicy", "CentralTopicPolicy"}
    assert resources["OrganizationConformancePack"]["DependsOn"] == "MemberStackSet"
    assert [name for name, r in resources.items() if r.get("DeletionPolicy", "Delete") != "Delete"] == []


def statements(resources: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Every resource policy, by logical id."""
    return {
        name: resource["Properties"].get("PolicyDocument", resource["Properties"].get("KeyPolicy", {})).get("Statement")
        for name, resource in resources.items()
        if resource["Type"] in ("AWS::S3::BucketPolicy", "AWS::SNS::TopicPolicy", "AWS::KMS::Key")
    }


@pytest.mark.parametrize("place", [pytest.param(Place(), id="commercial"), pytest.param(IN_CHINA, id="China")])
def test_nobody_outside_of_the_organization_is_let_in(stack: dict[str, Any], place: Place) -> None:
    for name, found in statements(resolver(stack, place, Version=VERSION).resources()).items():
        assert found, name
        for statement in found:
            if statement["Effect"] == "Deny":
                continue
            condition = statement.get("Condition", {}).get("StringEquals", {})
            if statement["Principal"] == "*":
                assert condition["aws:PrincipalOrgID"] == ORGANIZATION, name
            elif "Service" in statement["Principal"]:
                assert condition["aws:SourceOrgID"] == ORGANIZATION, name
            else:
                assert statement["Principal"] == {"AWS": f"arn:{place.partition}:iam::123456789012:root"}, name


def test_only_our_roles_publish_and_the_bucket_is_read_only(stack: dict[str, Any], produced: Produced) -> None:
    found = statements(resolver(stack, Version=VERSION).resources())
    everybody = [s for name in found for s in found[name] if s["Effect"] == "Allow" and s["Principal"] == "*"]
    assert {str(statement["Action"]) for statement in everybody} == {
        "s3:GetObject",
        "sns:Publish",
        "['kms:Decrypt', 'kms:GenerateDataKey']",
    }
    pattern = "arn:aws:iam::*:role/iam-admin-user-mfa-enabled-*"
    for statement in everybody:
        if statement["Action"] != "s3:GetObject":
            assert statement["Condition"]["ArnLike"] == {"aws:PrincipalArn": pattern}
    publishing = ("RemediationFunctionRole", "BackoutAdminMfaRole")
    for name in publishing:
        assert produced.member["Resources"][name]["Properties"]["RoleName"]["Fn::Sub"].startswith("${RuleName}-")
    assert produced.member["Resources"]["CentralTopicUse"]["Properties"]["Roles"] == [
        {"Ref": name} for name in publishing
    ]


def test_every_parameter_has_a_description_and_a_place_in_the_console(stack: dict[str, Any]) -> None:
    groups = stack["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    grouped = [name for group in groups for name in group["Parameters"]]
    assert sorted(grouped) == sorted(stack["Parameters"])
    assert [name for name, parameter in stack["Parameters"].items() if not parameter.get("Description")] == []
