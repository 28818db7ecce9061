"""member.yaml is template.yaml in plain CloudFormation, but for what a member of an organization has otherwise."""

import copy
import json
import re
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from admin_mfa.cli.permissions import read_only_policy
from scripts import member_template
from tests.deploy.templates import Resolver, plain
from tests.organization.conftest import GIVEN, MANAGEMENT, Produced, loaded
from tests.support.tools import ROOT, require_tool

ADDITIONS = ROOT / "organization" / "member-additions.yaml"
MAX_PARAMETERS, MAX_RESOURCES, MAX_BYTES = 200, 500, 1_000_000


def words(value: Any) -> set[str]:
    """Every text in a template, keys too."""
    if isinstance(value, dict):
        return {text for item in value.items() for part in item for text in words(part)}
    if isinstance(value, list):
        return {text for item in value for text in words(item)}
    return {str(value)}


def test_it_is_plain_cloudformation_within_the_limits(produced: Produced) -> None:
    member = produced.member
    assert not words(member) & {"Transform", "Fn::Transform", "AWS::CloudFormation::Stack"}
    assert not [resource["Type"] for resource in member["Resources"].values() if "Serverless" in resource["Type"]]
    assert len(member["Parameters"]) <= MAX_PARAMETERS
    assert len(member["Resources"]) <= MAX_RESOURCES
    text = (produced.folder / "member.yaml").read_text(encoding="utf-8")
    assert len(text.encode()) < MAX_BYTES / 5
    assert "&id" not in text


def test_the_same_sources_give_the_same_bytes(produced: Produced, placeholders: Path, tmp_path: Path) -> None:
    (placeholders / "RuleFunction" / "handler.py").touch()
    member_template.main(placeholders, tmp_path, {"management_account_id": MANAGEMENT})
    files = {
        file.relative_to(produced.folder): file.read_bytes() for file in produced.folder.rglob("*") if file.is_file()
    }
    assert files == {file.relative_to(tmp_path): file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}


def test_other_code_has_another_key_and_gives_another_version(
    produced: Produced, placeholders: Path, tmp_path: Path
) -> None:
    build = tmp_path / "build"
    for folder in placeholders.iterdir():
        (build / folder.name).mkdir(parents=True)
        (build / folder.name / "handler.py").write_bytes((folder / "handler.py").read_bytes())
    member_template.main(build, tmp_path / "out")
    (build / "RuleFunction" / "handler.py").write_text("# changed\n")
    member_template.main(build, tmp_path / "out")
    before = {file.name for file in (produced.folder / "code").iterdir()}
    after = {file.name for file in (tmp_path / "out" / "code").iterdir()}
    assert {name.split("-")[0] for name in after - before} == {"RuleFunction"}
    assert len(after) == len(before)
    assert (tmp_path / "out" / "VERSION").read_text().strip() != produced.version


def test_code_comes_from_the_bucket_under_the_keys_that_were_written(produced: Produced) -> None:
    functions = {n: r for n, r in produced.member["Resources"].items() if r["Type"] == "AWS::Lambda::Function"}
    assert sorted(functions) == member_template.functions()
    for name, function in functions.items():
        code = function["Properties"]["Code"]
        assert code["S3Bucket"] == {"Ref": "ArtifactBucket"}
        with zipfile.ZipFile(produced.folder / code["S3Key"]) as archive:
            assert archive.read("handler.py").decode() == f"# {name}\n"


def test_everything_else_is_the_template_s(produced: Produced) -> None:
    """Undo the listed differences, and nothing is left of them."""
    member, template, additions = copy.deepcopy(produced.member), plain(), loaded(ADDITIONS)
    for section in ("Parameters", "Conditions", "Resources", "Outputs"):
        for name in additions.get(section, {}):
            del member[section][name]
    for resources in (member["Resources"], template["Resources"]):
        for resource in resources.values():
            resource.get("Properties", {}).pop("Code", None)
            resource.pop("Metadata", None)
    for name in member_template.OWN_TOPICS:
        del template["Resources"][name]
    del template["Parameters"]["NotificationEmail"], template["Conditions"]["HasNotificationEmail"]
    del template["Metadata"]
    for one in (member, template):
        del one["Description"], one["Parameters"]["DeployConfigRule"]
    expected = json.dumps(template)
    for topic in member_template.TOPICS:
        expected = expected.replace(json.dumps({"Ref": topic}), json.dumps({"Ref": "CentralTopicArn"}))
    assert json.loads(expected) == member
    assert not {"NoticesTopic", "ApprovalsTopic"} & set(member["Resources"])


def test_the_rule_comes_with_the_pack_alone(produced: Produced) -> None:
    resolver = Resolver(GIVEN, template=produced.member)
    resources = resolver.resources()
    assert not [r["Type"] for r in resources.values() if r["Type"] == "AWS::Config::ConfigRule"]
    assert "RemediationConfiguration" not in resources
    assert resources["ConformancePack"]["Properties"]["ConformancePackName"] == "iam-admin-user-mfa-enabled"
    without = Resolver({**GIVEN, "DeployConformancePack": "false"}, template=produced.member).resources()
    assert set(resources) - set(without) == {"ConformancePack"}
    declared = produced.member["Parameters"]["DeployConfigRule"]
    assert (declared["AllowedValues"], declared["Default"]) == (["false"], "false")


@pytest.mark.parametrize("document", ["remediation/BACKOUT.md", "remediation/README.md"])
def test_a_member_has_the_outputs_that_the_runbooks_read(produced: Produced, document: str) -> None:
    read = set(re.findall(r"\$\(output (\w+)\)", (ROOT / document).read_text(encoding="utf-8")))
    assert read
    outputs = Resolver(GIVEN, template=produced.member).template["Outputs"]
    assert read <= set(outputs)
    assert [name for name in read if "Condition" in outputs[name]] == []
    resolved = Resolver({**GIVEN, "RuleName": "canary-mfa"}, template=produced.member)
    assert resolved(outputs["RuleName"]["Value"]) == "canary-mfa"
    for name in ("NoticesTopicArn", "ApprovalTopicArn"):
        assert resolved(outputs[name]["Value"]) == GIVEN["CentralTopicArn"]


def test_the_pack_is_put_in_whole_with_all_its_parameters_and_after_its_functions(produced: Produced) -> None:
    pack = produced.member["Resources"]["ConformancePack"]
    text = (ROOT / "organization" / "conformance-pack.yaml").read_text(encoding="utf-8")
    assert pack["Properties"]["TemplateBody"] == {"Fn::Sub": text}
    given = {p["ParameterName"]: p["ParameterValue"] for p in pack["Properties"]["ConformancePackInputParameters"]}
    assert given.pop("DeployRootMfaRule") == {"Fn::If": ["RootMfaRuleWanted", "true", "false"]}
    assert given == {name: {"Ref": name} for name in produced.pack["Parameters"] if name != "DeployRootMfaRule"}
    resources = produced.member["Resources"]
    assert set(pack["DependsOn"]) == {
        "RuleFunction",
        "RuleFunctionPermission",
        "RemediationFunction",
        "RequireAdminMfaDocument",
    }
    assert not [name for name in pack["DependsOn"] if "Condition" in resources[name]]


def test_the_names_in_the_pack_are_those_of_the_members_resources(produced: Produced) -> None:
    member = Resolver(GIVEN, template=produced.member).resources()
    pack = Resolver(template=produced.pack).resources()
    parameters = {
        name: parameter["StaticValue"]["Values"][0].rsplit(":", 1)[-1]
        for name, parameter in pack["RemediationConfiguration"]["Properties"]["Parameters"].items()
        if "StaticValue" in parameter
    }
    assert parameters["AutomationAssumeRole"] == f"role/{member['RequireAdminMfaRole']['Properties']['RoleName']}"
    assert parameters["HelperFunctionName"] == member["RemediationFunction"]["Properties"]["FunctionName"]
    assert (
        pack["RemediationConfiguration"]["Properties"]["TargetId"]
        == (member["RequireAdminMfaDocument"]["Properties"]["Name"])
    )
    rule = pack["ConfigRule"]["Properties"]["Source"]["SourceIdentifier"]
    assert rule.rsplit(":", 1)[1] == member["RuleFunction"]["Properties"]["FunctionName"]


def test_the_documents_stand_in_it(produced: Produced) -> None:
    for name, file in (("RequireAdminMfaDocument", "require"), ("BackoutAdminMfaDocument", "backout")):
        content = produced.member["Resources"][name]["Properties"]["Content"]
        assert content == loaded(ROOT / "remediation" / f"{file}_admin_mfa.yaml")


def test_the_role_of_the_auditor_reads_what_the_command_needs(produced: Produced) -> None:
    resources = Resolver({**GIVEN, "AuditorAccountId": "333333333333"}, template=produced.member).resources()
    role = resources["AuditRole"]["Properties"]
    (statement,) = role["Policies"][0]["PolicyDocument"]["Statement"]
    assert statement["Action"] == read_only_policy()["Statement"][0]["Action"]
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"AWS": "arn:aws:iam::333333333333:root"}
    assert "AuditRole" not in Resolver(GIVEN, template=produced.member).resources()


def test_cfn_lint_finds_nothing_wrong(produced: Produced) -> None:
    lint = require_tool("cfn-lint", "checks the template of member accounts, the pack, and the organization's stack")
    files = (
        produced.folder / "member.yaml",
        produced.folder / "organization-pack.yaml",
        ROOT / "organization/stack.yaml",
    )
    regions = ("--regions", "us-east-1", "cn-north-1", "us-gov-west-1")
    done = subprocess.run([lint, *regions, "--", *files], capture_output=True, text=True, check=False)
    assert done.stdout + done.stderr == ""


def test_a_build_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"is not a folder. Run `sam build`, which creates one for each function"):
        member_template.main(tmp_path / "nothing", tmp_path)
