"""What the delegated administrator deploys: in the right order, closed to others, and agreeing with template.yaml."""

from typing import Any

import pytest

from tests.deploy.templates import IN_CHINA, IN_GOVCLOUD, Place, Resolver, of_type, source
from tests.organization.conftest import GIVEN, Produced

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
    assert "RuleName" in shared
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
    assert names == set(produced.pack["Parameters"])
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


NAMES = {
    "AWS::CloudFormation::StackSet": "StackSetName",
    "AWS::Config::ConfigurationAggregator": "ConfigurationAggregatorName",
    "AWS::Config::OrganizationConformancePack": "OrganizationConformancePackName",
    "AWS::Config::StoredQuery": "QueryName",
    "AWS::IAM::Role": "RoleName",
    "AWS::SNS::Topic": "TopicName",
}


def test_a_canary_stack_shares_no_name_with_the_first(stack: dict[str, Any], produced: Produced) -> None:
    """Neither in the administrator's account nor in a member's."""
    own: list[set[str]] = []
    for rule_name in ("iam-admin-user-mfa-enabled", "canary-mfa"):
        found = resolver(stack, Version=VERSION, OrganizationPack="true", RuleName=rule_name)
        names = {
            r["Properties"][NAMES[r["Type"]]]
            for r in found.resources().values()
            if r["Type"] in NAMES and NAMES[r["Type"]] in r["Properties"]
        }
        members = Resolver(
            {**GIVEN, "AuditorAccountId": "333333333333", "RuleName": rule_name}, template=produced.member
        )
        for resource in members.resources().values():
            properties = resource.get("Properties", {})
            names |= {str(properties[n]) for n in properties if n.endswith("Name") and n in OF_A_RESOURCE}
        own.append(names)
        given = found.resources()["MemberStackSet"]["Properties"]["Parameters"]
        assert {"ParameterKey": "RuleName", "ParameterValue": rule_name} in given
        assert [name for name in names if rule_name not in name] == []
    assert own[0].isdisjoint(own[1])


OF_A_RESOURCE = frozenset(
    (
        *("AlarmName", "ConformancePackName", "DashboardName", "FunctionName", "LogGroupName", "ManagedPolicyName"),
        *("Name", "QueueName", "RoleName", "TableName"),
    )
)
"""The properties by which a resource of member.yaml is named; others name something that it uses."""


def test_every_role_of_a_member_is_named_by_the_prefix(produced: Produced) -> None:
    roles = [r["Properties"] for r in produced.member["Resources"].values() if r["Type"] == "AWS::IAM::Role"]
    assert [role for role in roles if not role["RoleName"]["Fn::Sub"].startswith("${RuleName}-")] == []


USERS = {"AdministratorsWithoutMfa", "AdministratorsWithoutMfaByAccount"}


@pytest.mark.parametrize(
    ("place", "queries", "root_rule"),
    [
        pytest.param(Place(), {*USERS, "AccountsWhoseRootHasNoMfa"}, "true", id="us-east-1"),
        pytest.param(Place(region="eu-west-1"), USERS, "false", id="a region without the managed rule"),
        pytest.param(IN_GOVCLOUD, USERS, "false", id="GovCloud has no such rule"),
        pytest.param(IN_CHINA, set(), "false", id="China has neither a root user nor queries"),
    ],
)
def test_queries_and_the_rule_about_root_exist_where_aws_has_them(
    stack: dict[str, Any], place: Place, queries: set[str], root_rule: str
) -> None:
    """Source: https://docs.amazonaws.cn/en_us/aws/latest/userguide/config.html"""
    resources = resolver(stack, place, Version=VERSION, OrganizationPack="true").resources()
    assert set(of_type(resources, "AWS::Config::StoredQuery")) == queries
    pack = resources["OrganizationConformancePack"]["Properties"]["ConformancePackInputParameters"]
    assert {"ParameterName": "DeployRootMfaRule", "ParameterValue": root_rule} in pack


def test_the_topic_for_approvals_has_the_name_that_automation_wants(stack: dict[str, Any]) -> None:
    """Source: https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-action-approve.html"""
    topic = resolver(stack, RuleName="canary-mfa").resources()["CentralTopic"]["Properties"]["TopicName"]
    assert topic == "Automation-canary-mfa"


def test_the_role_of_the_aggregator_has_the_trust_that_aws_documents(stack: dict[str, Any]) -> None:
    """Source: https://docs.aws.amazon.com/config/latest/developerguide/aggregated-create.html"""
    (statement,) = stack["Resources"]["AggregatorRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "config.amazonaws.com"}
    assert "Condition" not in statement


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
            elif "kms:Decrypt" in statement["Action"]:
                assert statement["Condition"] == {"StringEqualsIfExists": {"aws:SourceOrgID": ORGANIZATION}}
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
    publishing = ("RemediationFunctionRole", "BackoutAdminMfaRole")
    resources = Resolver(GIVEN, template=produced.member).resources()
    arns = [f"arn:aws:iam::*:role/{resources[name]['Properties']['RoleName']}" for name in publishing]
    for statement in everybody:
        if statement["Action"] != "s3:GetObject":
            assert statement["Condition"]["ArnLike"] == {"aws:PrincipalArn": arns}
    assert produced.member["Resources"]["CentralTopicUse"]["Properties"]["Roles"] == [
        {"Ref": name} for name in publishing
    ]


def test_every_parameter_has_a_description_and_a_place_in_the_console(stack: dict[str, Any]) -> None:
    groups = stack["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    grouped = [name for group in groups for name in group["Parameters"]]
    assert sorted(grouped) == sorted(stack["Parameters"])
    assert [name for name, parameter in stack["Parameters"].items() if not parameter.get("Description")] == []
