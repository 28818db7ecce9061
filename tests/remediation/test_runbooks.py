"""The commands of README.md and BACKOUT.md, run by a shell with the real AWS CLI against the embedded AWS."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from admin_mfa.followup.finding import Notice
from admin_mfa.followup.notices import SEVERITY
from tests.deploy.templates import source
from tests.support.doc_blocks import assert_printed, blocks, run

from .world import ACCOUNT, APPROVAL_TOPIC_ARN, AUTOMATION_ROLE, HELPER_ARN, HELPER_NAME, ROOT, RULE, TABLE, World

README = "remediation/README.md"
BACKOUT = "remediation/BACKOUT.md"


def _deploy(world: World) -> None:
    """Have a stack with our parameters and outputs; what it stands for was made by the world."""
    outputs = {
        "RuleName": RULE,
        "NoticesTopicArn": world.topic_arn,
        "ApprovalTopicArn": APPROVAL_TOPIC_ARN,
        "RequireAdminMfaDocumentName": "RequireAdminMfa",
        "BackoutAdminMfaDocumentName": "BackoutAdminMfa",
        "RequireAdminMfaRoleArn": AUTOMATION_ROLE,
        "BackoutAdminMfaRoleArn": AUTOMATION_ROLE,
        "RemediationFunctionArn": HELPER_ARN,
        "RemediationFunctionName": HELPER_NAME,
        "EnforcementPolicyArn": world.policy_arn,
    }
    assert set(outputs) <= set(source()["Outputs"])
    declared = source()["Parameters"]
    given = {name: str(parameter.get("Default", "")) for name, parameter in declared.items()}
    given["RemediationMode"] = "Enforce"
    template = {
        "Parameters": {name: {"Type": "String"} for name in declared},
        # A resource that each parameter changes: an update that changes nothing is refused.
        "Resources": {
            "Queue": {
                "Type": "AWS::SQS::Queue",
                "Properties": {"Tags": [{"Key": name, "Value": {"Ref": name}} for name in declared]},
            }
        },
        "Outputs": {name: {"Value": value} for name, value in outputs.items()},
    }
    world.aws.client("cloudformation").create_stack(
        StackName="admin-mfa",
        TemplateBody=json.dumps(template),
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in given.items()],
    )


def _told(world: World) -> list[tuple[str, str]]:
    return [(n["attributes"]["event"], n["attributes"]["user"]) for n in world.published()]


def test_readme_works_as_written(world: World, tmp_path: Path) -> None:
    _deploy(world)
    for name in ("ada", "grace"):
        world.administrator(name)
    wanted = blocks(README)
    outputs = run(wanted, world.aws.environment, tmp_path)
    world.aws.automations.wait()
    assert_printed(wanted, outputs)
    (subscription,) = world.aws.client("sns").list_subscriptions()["Subscriptions"]
    attributes = world.aws.client("sns").get_subscription_attributes(SubscriptionArn=subscription["SubscriptionArn"])
    assert json.loads(attributes["Attributes"]["FilterPolicy"]) == {"severity": ["CRITICAL"]}
    assert sorted(_told(world)) == [("found", "ada"), ("found", "grace"), ("root", "root")]


def test_backout_works_as_written(world: World, tmp_path: Path) -> None:
    _deploy(world)
    for name in ("ada", "joan"):
        world.administrator(name)
        world.aws.iam.device(name)
    katherine = world.enforced("katherine")
    world.aws.iam.user("grace")
    world.aws.iam.attach("grace", world.policy_arn)
    world.except_from_remediation(katherine, "Remediation failed 5 times.")
    _other_resources(world)
    wanted = blocks(BACKOUT)
    at = {text: number for number, block in enumerate(wanted) for text in _MARKS if text in block.text}
    assert set(at) == set(_MARKS)

    outputs = run(wanted, world.aws.environment, tmp_path)
    world.aws.automations.wait()
    assert_printed(wanted, outputs)

    iam = world.aws.client("iam")
    assert iam.list_virtual_mfa_devices()["VirtualMFADevices"] == []
    assert ("device-removed", "ada") in _told(world)
    assert not world.carries("katherine")
    assert not world.carries("grace")
    assert iam.list_user_tags(UserName="katherine")["Tags"] == []
    config = world.aws.client("config")
    assert config.describe_remediation_exceptions(ConfigRuleName=RULE)["RemediationExceptions"] == []
    assert world.aws.client("ssm").describe_document(Name="RequireAdminMfa")["Document"]["DefaultVersion"] == "1"
    saved = json.loads((tmp_path / "notices.json").read_text(encoding="utf-8"))
    assert katherine in json.dumps(saved)
    assert world.aws.client("cloudformation").list_stacks(StackStatusFilter=["DELETE_COMPLETE"])["StackSummaries"]
    changes = [
        {p["ParameterKey"]: p["ParameterValue"] for p in call.parameters["Parameters"] if "ParameterValue" in p}
        for call in world.aws.calls.of("cloudformation")
        if call.action == "UpdateStack"
    ]
    assert changes == [
        {"RemediationMode": "Notify"},
        {"ExemptUsers": "katherine@2027-01-31"},
        {"ExemptUsers": ""},
        {"AutomaticRemediation": "false"},
        {"AutomaticRemediation": "true"},
        {"AutomaticRemediation": "false"},
    ]
    concurrency = [c.action for c in world.aws.calls.of("lambda") if "Concurrency" in c.action]
    assert concurrency == ["PutFunctionConcurrency", "DeleteFunctionConcurrency"]


_MARKS = ("send-automation-signal", "deactivate-mfa-device", "put-remediation-exceptions", "delete-stack")


def _other_resources(world: World) -> None:
    """The document in two versions, and the function, as the stack would have made them."""
    ssm = world.aws.client("ssm")
    content: dict[str, Any] = {"DocumentType": "Automation", "DocumentFormat": "YAML"}
    text = (ROOT / "remediation" / "require_admin_mfa.yaml").read_text(encoding="utf-8")
    ssm.create_document(Name="RequireAdminMfa", Content=text, **content)
    made = ssm.update_document(
        Name="RequireAdminMfa", Content=text + "# newer\n", DocumentVersion="$LATEST", DocumentFormat="YAML"
    )
    ssm.update_document_default_version(
        Name="RequireAdminMfa", DocumentVersion=made["DocumentDescription"]["DocumentVersion"]
    )
    role = world.aws.client("iam").create_role(RoleName="helper", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    world.aws.client("lambda").create_function(
        FunctionName=HELPER_ARN.rpartition(":")[2],
        Role=role,
        Runtime="python3.13",
        Handler="handler.lambda_handler",
        Code={"ZipFile": b"not run here"},
    )


def test_table_of_events_is_the_codes() -> None:
    text = (ROOT / README).read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([a-z-]+) \| ([A-Z]+) \|", text, re.MULTILINE)
    assert rows == [(notice.value, SEVERITY[notice]) for notice in Notice]


def test_readme_names_every_parameter_of_the_remediation_and_no_other() -> None:
    text = (ROOT / README).read_text(encoding="utf-8").partition("## Parameters")[2]
    groups = source()["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    ours = [
        name
        for group in groups
        if group["Label"]["default"] in {"What happens to a finding", "Who is told and how"}
        for name in group["Parameters"]
    ]
    assert re.findall(r"`(\w+)`", text.partition("\n\n`HelpText` stands")[0]) == ours


def test_runbook_has_the_contents_that_its_table_promises() -> None:
    text = (ROOT / BACKOUT).read_text(encoding="utf-8")
    headings = [
        re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^## (.+)$", text, re.MULTILINE)
    ]
    assert sorted(set(re.findall(r"\(#([\w-]+)\)", text))) == sorted(headings)


@pytest.mark.parametrize("document", [README, BACKOUT])
def test_every_command_of_aws_stands_in_a_block_or_is_explained(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    in_blocks = "".join(block.text for block in blocks(document))
    assert in_blocks.count("aws ") >= 4
    assert ACCOUNT in text or "admin-mfa" in text
    assert TABLE.rpartition("-")[2] in text
