"""docs/deploy-with.md: each example deploys member.yaml with parameters that it has, by tools' own rules."""

import json
import os
import re
import shutil
import subprocess
import sys
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import hcl2
import pytest
import yaml

from demo.emulator import EmbeddedAws
from tests.deploy.templates import IN_US, Resolver
from tests.organization.conftest import GIVEN, Produced, loaded
from tests.support.doc_blocks import ROOT, Block, all_blocks, blocks, run, substitute
from tests.support.resident_cli import resident_cli
from tests.support.tools import require_tool

DOCUMENT = "docs/deploy-with.md"
pytestmark = pytest.mark.xdist_group("organization")
MAX_BODY, MAX_BY_URL = 51_200, 460_800
"""Bytes of a template in a request, and in a bucket for a StackSet or Terraform."""


@pytest.fixture
def clone(produced: Produced, tmp_path: Path) -> Path:
    """What a clone contains after `make organization`."""
    shutil.copytree(produced.folder, tmp_path / "organization" / "build")
    return tmp_path


def block(language: str, containing: str = "") -> Block:
    (found,) = (one for one in all_blocks(DOCUMENT) if one.language == language and containing in one.text)
    return found


def assert_deploys(parameters: dict[str, Any], produced: Produced) -> None:
    """The template knows the parameters, and has a default for all others; it is too large for a request."""
    member = produced.member
    assert set(parameters) <= set(member["Parameters"])
    required = {name for name, one in member["Parameters"].items() if "Default" not in one}
    assert required == set(GIVEN)
    assert required <= set(parameters)
    text = (produced.folder / "member.yaml").read_text(encoding="utf-8")
    assert MAX_BODY < len(text.encode()) < MAX_BY_URL


def test_the_table_lists_the_parameters_without_a_default() -> None:
    text = (ROOT / DOCUMENT).read_text(encoding="utf-8")
    assert re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE) == list(GIVEN)


STAND_IN = """\
#!/bin/sh
if [ "$1 $2" = "cloudformation deploy" ]; then
    printf '%s\\n' "$@" > deployed
else
    exec {aws} "$@"
fi
"""
"""The AWS CLI, except for the one command that moto cannot execute for this template."""


def test_the_aws_cli_alone(produced: Produced, clone: Path) -> None:
    (clone / "bin").mkdir()
    program = clone / "bin" / "aws"
    program.write_text(STAND_IN.format(aws=resident_cli() / "aws"), encoding="utf-8")
    program.chmod(0o755)
    with EmbeddedAws() as aws:
        wanted = substitute(blocks(DOCUMENT), {"BUCKET": "artifacts-of-a-test"})
        run(wanted, {**aws.environment, "PATH": f"{program.parent}:{os.defpath}"}, clone)
        keys = [one["Key"] for one in aws.client("s3").list_objects_v2(Bucket="artifacts-of-a-test")["Contents"]]
        topics = [one["TopicArn"] for one in aws.client("sns").list_topics()["Topics"]]
    arguments = (clone / "deployed").read_text(encoding="utf-8").splitlines()
    parameters = dict(one.split("=", 1) for one in arguments[arguments.index("--parameter-overrides") + 1 :])
    assert_deploys(parameters, produced)
    assert arguments[arguments.index("--template-file") + 1] == "organization/build/member.yaml"
    assert arguments[arguments.index("--s3-bucket") + 1] == parameters["ArtifactBucket"] == "artifacts-of-a-test"
    assert arguments[arguments.index("--capabilities") + 1] == "CAPABILITY_NAMED_IAM"
    assert [parameters["CentralTopicArn"]] == topics
    for name, value in parameters.items():
        pattern = produced.member["Parameters"][name].get("AllowedPattern", ".*")
        assert re.fullmatch(pattern, value), f"{name}={value}"
    assert {code_key(one) for one in functions(produced.member)} <= set(keys)


def functions(template: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for one in template["Resources"].values() if one["Type"] == "AWS::Lambda::Function"]


def code_key(function: dict[str, Any]) -> str:
    return str(function["Properties"]["Code"]["S3Key"])


def test_a_cdk_app_synthesizes_the_same_resources(produced: Produced, clone: Path) -> None:
    node = require_tool("node", "runs the CDK app of docs/deploy-with.md")
    (clone / "app.py").write_text(block("python").text, encoding="utf-8")
    environment = {
        "PATH": f"{node.parent}:{os.defpath}",
        "HOME": str(clone),
        "BUCKET": GIVEN["ArtifactBucket"],
        "CDK_OUTDIR": str(clone / "cdk.out"),
        # Its own validation takes half a minute; tests/security/test_scans.py has other judges of the template.
        "CDK_VALIDATION": "false",
        "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
    }
    done = subprocess.run(
        [sys.executable, "app.py"], cwd=clone, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    template = json.loads((clone / "cdk.out" / "admin-mfa.template.json").read_text(encoding="utf-8"))
    created = {
        name: one["Type"] for name, one in template["Resources"].items() if name not in produced.member["Resources"]
    }
    (key,) = (name for name, kind in created.items() if kind == "AWS::KMS::Key")
    (topic,) = (name for name, kind in created.items() if kind == "AWS::SNS::Topic")
    assert len(created) == 2
    chosen = {"AllowedMfaTypes": "fido,hardware"}
    expected = Resolver({**GIVEN, **chosen}, IN_US, produced.member).resources()
    answers = {key: GIVEN["CentralTopicKeyArn"], topic: GIVEN["CentralTopicArn"]}
    found = Resolver({}, IN_US, replaced(template, answers)).resources()
    assert {name: normal(found[name]) for name in expected} == {name: normal(one) for name, one in expected.items()}
    assert template["Rules"]["OneRegion"] == produced.member["Rules"]["OneRegion"]


def replaced(value: Any, answers: dict[str, str]) -> Any:
    """Put an ARN where the app refers to its own topic and key, and take them out of the template."""
    if isinstance(value, list):
        return [replaced(item, answers) for item in value]
    if not isinstance(value, dict):
        return value
    reference = value.get("Ref") or (value.get("Fn::GetAtt") or [None])[0]
    if len(value) == 1 and isinstance(reference, str) and reference in answers:
        return answers[reference]
    return {name: replaced(item, answers) for name, item in value.items() if name not in answers}


def normal(value: Any) -> Any:
    """Return what CloudFormation takes for the same: CDK writes numbers otherwise, and sorts dependencies."""
    if isinstance(value, list):
        return [normal(item) for item in value]
    if isinstance(value, dict):
        return {
            name: sorted([item] if isinstance(item, str) else item) if name == "DependsOn" else normal(item)
            for name, item in sorted(value.items())
        }
    return str(value).lower() if isinstance(value, bool | int | float) else value


TERRAFORM = {
    "aws_cloudformation_stack": {"name", "template_url", "capabilities", "parameters", "depends_on"},
    "aws_cloudformation_stack_set": {
        "name",
        "call_as",
        "permission_model",
        "capabilities",
        "template_url",
        "parameters",
        "auto_deployment",
        "managed_execution",
    },
    "aws_cloudformation_stack_set_instance": {"stack_set_name", "call_as", "region", "deployment_targets"},
    "aws_kms_key": {"description", "enable_key_rotation"},
    "aws_s3_bucket": {"bucket_prefix"},
    "aws_s3_object": {"for_each", "bucket", "key", "source"},
    "aws_sns_topic": {"name", "kms_master_key_id"},
}
"""The arguments that the examples may use, from the provider's documentation.

Source: https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/cloudformation_stack_set
"""


def resources(text: str) -> dict[str, dict[str, Any]]:
    """Return the resources of a configuration by type, without the quotes that the parser keeps."""
    found: dict[str, dict[str, Any]] = {}
    for one in hcl2.load(StringIO(text))["resource"]:
        ((kind, named),) = one.items()
        ((_, arguments),) = ((name, body) for name, body in named.items() if name != "__is_block__")
        arguments.pop("__is_block__", None)
        assert set(arguments) <= TERRAFORM[kind.strip('"')], kind
        found.setdefault(kind.strip('"'), arguments)
    return found


@pytest.mark.parametrize("kind", ["aws_cloudformation_stack", "aws_cloudformation_stack_set"])
def test_terraform(kind: str, produced: Produced) -> None:
    text = block("hcl", f'"{kind}" "admin_mfa"').text
    arguments = resources(text)[kind]
    given = re.findall(r"^ +([A-Z]\w+) += \S", text, re.MULTILINE)
    assert_deploys(dict.fromkeys(given), produced)
    assert arguments["capabilities"] == ['"CAPABILITY_NAMED_IAM"']
    if kind == "aws_cloudformation_stack_set":
        # The provider requires a value for every parameter of a StackSet.
        assert "local.member.Parameters : name => tostring(try(one.Default" in text
        outputs = loaded(ROOT / "organization" / "stack.yaml")["Outputs"]
        assert set(re.findall(r"local\.central\.(\w+)", text)) <= set(outputs)
        rule = loaded(ROOT / "organization" / "stack.yaml")["Parameters"]["RuleName"]["Default"]
        assert arguments["name"] == f'"{rule}"'


MANIFEST = {"region": str, "version": date, "resources": list}
RESOURCE = {
    "name": str,
    "description": str,
    "resource_file": str,
    "deploy_method": str,
    "deployment_targets": dict,
    "parameters": list,
    "regions": list,
}
"""The members of a manifest and of its resources, with their types.

Source: https://github.com/aws-solutions/aws-control-tower-customizations/blob/main/source/src/cfct/validation/manifest-v2.schema.yaml
"""


def test_the_manifest_for_control_tower(produced: Produced) -> None:
    manifest = yaml.safe_load(block("yaml").text)
    assert {name: type(value) for name, value in manifest.items()} == MANIFEST
    assert manifest["version"] == date(2021, 3, 15)
    (resource,) = manifest["resources"]
    assert {name: type(value) for name, value in resource.items()} == RESOURCE
    assert resource["deploy_method"] == "stack_set"
    assert list(resource["deployment_targets"]) == ["organizational_units"]
    assert resource["resource_file"].endswith("/member.yaml")
    assert all(set(one) == {"parameter_key", "parameter_value"} for one in resource["parameters"])
    assert_deploys({one["parameter_key"]: one["parameter_value"] for one in resource["parameters"]}, produced)


def test_another_region_is_accepted_only_if_it_is_named(produced: Produced) -> None:
    text = (ROOT / DOCUMENT).read_text(encoding="utf-8")
    assert "EvaluationRegion=eu-central-1" in text
    condition = produced.member["Rules"]["OneRegion"]["Assertions"][0]["Assert"]
    assert {"Fn::Equals": [{"Ref": "EvaluationRegion"}, {"Ref": "AWS::Region"}]} in condition["Fn::Or"]
