"""The commands of README.md and BACKOUT.md, run by a shell with the real AWS CLI against the embedded AWS."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from admin_mfa.followup.finding import Notice
from admin_mfa.followup.notices import SEVERITY
from tests.deploy.templates import source
from tests.support.doc_blocks import (
    SHELLS,
    Block,
    all_blocks,
    assert_printed,
    blocks,
    run,
    section,
    start,
    substitute,
)
from tests.support.tools import require_tool

from .world import (
    ACCOUNT,
    APPROVAL_TOPIC_ARN,
    AUTOMATION_ROLE,
    HELPER_ARN,
    HELPER_NAME,
    ROOT,
    RULE,
    RULE_FUNCTION_ARN,
    TABLE,
    World,
)

README = "remediation/README.md"
BACKOUT = "remediation/BACKOUT.md"


PREPARE = section(BACKOUT, "Set the names once")
EXEMPTION = "4. Grant, extend or end an exemption"
FIXTURES = ("ada", "grace", "joan", "katherine", "break-glass")
PROGRAMS = ("aws", "awk", "cat", "paste", "sleep", "tr")
"""What the runbook needs: all of it is in AWS CloudShell and in macOS, but for the AWS CLI."""


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest) -> str:
    """Each shell that a reader may paste into."""
    return str(request.param)


def deploy(
    world: World,
    parameters: Mapping[str, str] | None = None,
    *,
    stack: str = "admin-mfa",
    tags: Mapping[str, str] | None = None,
) -> None:
    """Create a stack with our parameters and outputs; the world made the resources behind them."""
    outputs = {
        "RuleName": RULE,
        "RuleFunctionArn": RULE_FUNCTION_ARN,
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
    given |= {"RemediationMode": "Enforce", "ExemptTag": "MfaExemptUntil", **(parameters or {})}
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
        StackName=stack,
        TemplateBody=json.dumps(template),
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in given.items()],
        Tags=[{"Key": key, "Value": value} for key, value in (tags or {}).items()],
    )


def _sent(world: World) -> list[tuple[str, str]]:
    return [(n["attributes"]["event"], n["attributes"]["user"]) for n in world.published()]


def _run(
    world: World, folder: Path, shell: str, *headings: str, only: slice = slice(None), **values: str
) -> tuple[str, ...]:
    """Set the names and run the parts of the backout runbook, with no program but those that CloudShell has."""
    wanted = (*_prepared(**values), *[block for heading in headings for block in section(BACKOUT, heading)[only]])
    programs = folder / "programs"
    programs.mkdir(exist_ok=True)
    for name in PROGRAMS:
        (programs / name).unlink(missing_ok=True)
        (programs / name).symlink_to(require_tool(name, "is used by the runbook"))
    outputs = run(wanted, {**world.aws.environment, "PATH": str(programs)}, folder, shell)
    world.aws.automations.wait()
    assert_printed(wanted, outputs)
    return outputs[len(PREPARE) :]


def _prepared(user_name: str = "katherine", **values: str) -> tuple[Block, ...]:
    given = {"ACCOUNT_ID": ACCOUNT, "USER_NAME": user_name, "REASON": "lost phone, ticket 42", **values}
    return substitute(PREPARE, given)


def _changes(world: World) -> list[dict[str, str]]:
    """Return the parameters that each update of a stack changed."""
    return [
        {p["ParameterKey"]: p["ParameterValue"] for p in call.parameters["Parameters"] if "ParameterValue" in p}
        for call in world.aws.calls.of("cloudformation")
        if call.action == "UpdateStack"
    ]


def test_readme_works_as_written(world: World, tmp_path: Path, shell: str) -> None:
    deploy(world)
    for name in ("ada", "grace"):
        world.administrator(name)
    wanted = blocks(README)
    outputs = run(wanted, world.aws.environment, tmp_path, shell)
    world.aws.automations.wait()
    assert_printed(wanted, outputs)
    (subscription,) = world.aws.client("sns").list_subscriptions()["Subscriptions"]
    attributes = world.aws.client("sns").get_subscription_attributes(SubscriptionArn=subscription["SubscriptionArn"])
    assert json.loads(attributes["Attributes"]["FilterPolicy"]) == {"severity": ["CRITICAL"]}
    assert sorted(_sent(world)) == [("found", "ada"), ("found", "grace"), ("root", "root")]


def test_one_person_alone_removes_a_device(world: World, tmp_path: Path, shell: str) -> None:
    deploy(world)
    world.administrator("joan")
    world.aws.iam.device("joan")
    _run(world, tmp_path, shell, "1. Alone at night: one user without a device", user_name="joan")
    assert world.aws.client("iam").list_virtual_mfa_devices()["VirtualMFADevices"] == []
    assert ("device-removed", "joan") in _sent(world)
    assert world.aws.config.pending() == (RULE,)


def test_a_device_is_removed_without_the_document(world: World, tmp_path: Path, shell: str) -> None:
    deploy(world)
    world.administrator("joan")
    world.aws.iam.device("joan")
    _run(world, tmp_path, shell, "If the document does not work", user_name="joan")
    assert world.aws.client("iam").list_virtual_mfa_devices()["VirtualMFADevices"] == []


def test_a_second_person_approves_the_removal(world: World, tmp_path: Path, shell: str) -> None:
    deploy(world, {"BackoutApprovers": "role/security/approvers"})
    world.administrator("joan")
    world.aws.iam.device("joan")
    world.demand_approval()
    wanted = section(BACKOUT, "1. Alone at night: one user without a device")
    prepared = _prepared(user_name="joan")
    approving = section(BACKOUT, "2. Remove a device with approval")
    blocks_in_order = (*prepared, wanted[0], *approving, *wanted[1:])
    outputs = run(blocks_in_order, world.aws.environment, tmp_path, shell)
    world.aws.automations.wait()
    assert_printed(blocks_in_order, outputs)
    assert "approvers: role/security/approvers, see part 2" in outputs[1]
    assert world.aws.client("iam").list_virtual_mfa_devices()["VirtualMFADevices"] == []
    assert ("device-removed", "joan") in _sent(world)


def test_a_user_is_released_from_enforcement(world: World, tmp_path: Path, shell: str) -> None:
    deploy(world)
    world.enforced("katherine")
    _run(world, tmp_path, shell, "3. Release a user from enforcement", "Release every user")
    assert not world.carries("katherine")
    assert _changes(world) == [{"RemediationMode": "Notify"}]


BREAK_GLASS = "break-glass@2027-12-31"


@pytest.mark.parametrize(
    ("before", "during", "after"),
    [
        pytest.param(BREAK_GLASS, f"{BREAK_GLASS},katherine@2027-01-31", BREAK_GLASS, id="append"),
        pytest.param(
            f"katherine@2026-12-01, {BREAK_GLASS} ,katherine.two",
            f"{BREAK_GLASS},katherine.two,katherine@2027-01-31",
            f"{BREAK_GLASS},katherine.two",
            id="extend",
        ),
        pytest.param(
            f"arn:aws:iam::{ACCOUNT}:user/ops/katherine,{BREAK_GLASS}",
            f"{BREAK_GLASS},katherine@2027-01-31",
            BREAK_GLASS,
            id="by ARN",
        ),
        pytest.param("", "katherine@2027-01-31", "", id="empty"),
    ],
)
def test_exemptions_of_others_stay(
    world: World, tmp_path: Path, shell: str, before: str, during: str, after: str
) -> None:
    deploy(world, {"ExemptUsers": before})
    world.administrator("katherine")
    outputs = _run(world, tmp_path, shell, EXEMPTION, only=slice(3), EXEMPT_UNTIL="2027-01-31")
    assert outputs[1].splitlines()[-2:] == [during, ""]
    assert outputs[2].splitlines()[-2:] == [after, ""]
    assert _changes(world) == [{"ExemptUsers": during}, {"ExemptUsers": after}]


def test_an_exemption_list_that_cannot_be_read_is_not_overwritten(world: World, tmp_path: Path, shell: str) -> None:
    deploy(world, {"ExemptUsers": BREAK_GLASS})
    world.administrator("katherine")
    wanted = (*_prepared(EXEMPT_UNTIL="2027-01-31"), *section(BACKOUT, EXEMPTION)[:3])
    *before, define, exempt, end = wanted
    refuse = "aws() { echo throttled >&2; return 254; }\n"
    text = "".join(block.text for block in (*before, define)) + refuse + exempt.text + end.text
    assert "throttled" in start(text, world.aws.environment, tmp_path, shell).stderr
    assert _changes(world) == []


def test_a_user_is_exempted_by_tag(world: World, tmp_path: Path, shell: str) -> None:
    deploy(world)
    world.administrator("katherine")
    _run(world, tmp_path, shell, EXEMPTION, only=slice(3, 4), EXEMPT_UNTIL="2027-01-31")
    tags = world.aws.client("iam").list_user_tags
    assert tags(UserName="katherine")["Tags"] == [{"Key": "MfaExemptUntil", "Value": "2027-01-31"}]
    _run(world, tmp_path, shell, EXEMPTION, only=slice(4, 5))
    assert tags(UserName="katherine")["Tags"] == []


def test_remediation_is_paused_and_resumed(world: World, tmp_path: Path, shell: str) -> None:
    deploy(world)
    katherine = world.administrator("katherine")
    world.except_from_remediation(katherine, "Remediation failed 5 times.")
    _other_resources(world)
    _run(world, tmp_path, shell, "Everything, at once", "New findings only", "One user", EXEMPT_UNTIL="2027-01-31")
    assert _changes(world) == [{"AutomaticRemediation": "false"}, {"AutomaticRemediation": "true"}]
    config = world.aws.client("config")
    assert config.describe_remediation_exceptions(ConfigRuleName=RULE)["RemediationExceptions"] == []
    concurrency = [c.action for c in world.aws.calls.of("lambda") if "Concurrency" in c.action]
    assert concurrency == ["PutFunctionConcurrency", "DeleteFunctionConcurrency"]


def test_the_document_goes_back_one_version(world: World, tmp_path: Path, shell: str) -> None:
    deploy(world)
    world.administrator("katherine")
    _other_resources(world)
    _run(world, tmp_path, shell, "6. Go back one version")
    assert world.aws.client("ssm").describe_document(Name="RequireAdminMfa")["Document"]["DefaultVersion"] == "1"


def test_the_stack_is_removed_after_every_user_is_released(world: World, tmp_path: Path, shell: str) -> None:
    deploy(world)
    katherine = world.enforced("katherine")
    world.aws.iam.user("grace")
    world.aws.iam.attach("grace", world.policy_arn)
    _run(world, tmp_path, shell, "7. Remove the stack")
    assert not world.carries("katherine")
    assert not world.carries("grace")
    assert katherine in json.dumps(json.loads((tmp_path / "notices.json").read_text(encoding="utf-8")))
    assert world.aws.client("cloudformation").list_stacks(StackStatusFilter=["DELETE_COMPLETE"])["StackSummaries"]
    order = [call.action for call in world.aws.calls.all()]
    assert order.index("UpdateStack") < order.index("DetachUserPolicy") < order.index("DeleteStack")


def test_a_member_account_is_found_by_its_stack_set(world: World, tmp_path: Path, shell: str) -> None:
    deploy(world, stack=f"StackSet-{RULE}-1c4fb0a2-6d1f-4c0e-9a57-0e6f1c8f2a11")
    world.enforced("katherine")
    release = section(BACKOUT, "3. Release a user from enforcement")
    notify = section(BACKOUT, "Release every user")
    text = "".join(block.text for block in (*_prepared(STACK=RULE), *release, *notify))
    done = start(text, world.aws.environment, tmp_path, shell)
    assert not world.carries("katherine")
    assert "STOP: parameters of a member account live in the StackSet" in done.stdout
    assert _changes(world) == []


def _device(world: World) -> None:
    world.aws.iam.device("katherine")
    world.aws.iam.device("katherine", "hardware")


@pytest.mark.parametrize(
    ("values", "says"),
    [
        pytest.param({"USER_NAME": ""}, "STOP: USER_NAME is empty", id="no user"),
        pytest.param({"USER_NAME": "nobody"}, "STOP: USER_ID is empty", id="unknown user"),
        pytest.param({"ACCOUNT_ID": "210987654321"}, f"credentials are for {ACCOUNT}", id="another account"),
        pytest.param({"ACCOUNT_ID": ""}, "STOP: ACCOUNT_ID is ''", id="no account"),
        pytest.param({"STACK": "other"}, "STOP: STACK_NAME is empty", id="unknown stack"),
        pytest.param({"AWS_REGION": "eu-west-1"}, "STOP: STACK_NAME is empty", id="another region"),
    ],
)
def test_nothing_is_changed_after_a_name_is_missing(
    world: World, tmp_path: Path, shell: str, values: dict[str, str], says: str
) -> None:
    deploy(world)
    world.administrator("katherine")
    world.aws.iam.device("katherine")
    given = {"ACCOUNT_ID": ACCOUNT, "USER_NAME": "katherine", "REASON": "ticket", **values}
    given |= {"EXEMPT_UNTIL": "2027-01-31"}
    text = "".join(block.text for block in substitute(blocks(BACKOUT), given)).replace("sleep ", ": sleep ")
    world.aws.calls.clear()
    done = start(text, world.aws.environment, tmp_path, shell)
    assert says in done.stdout
    assert [call.action for call in world.aws.calls.all() if not call.action.startswith(READS)] == []


READS = ("Describe", "Get", "List", "Scan", "AssumeRole")


def test_several_devices_stop_until_one_is_chosen(world: World, tmp_path: Path, shell: str) -> None:
    deploy(world)
    world.administrator("katherine")
    _device(world)
    text = "".join(block.text for block in _prepared())
    done = start(text, world.aws.environment, tmp_path, shell)
    assert "STOP: set SERIAL_NUMBER to the device that is lost" in done.stdout


@pytest.mark.parametrize(
    ("document", "preparing"), [(BACKOUT, 1), ("docs/deploy.md", 1), ("organization/README.md", 1)]
)
def test_no_block_names_a_user_or_sets_a_name_again(document: str, preparing: int) -> None:
    found = [block.text for block in all_blocks(document) if block.language == "sh"]
    assert [name for name in FIXTURES if re.search(rf"\b{name}\b", "".join(found))] == []
    names = re.findall(r"^(?:export )?([A-Z_]+)=", found[0], re.MULTILINE)
    assert names
    assert [n for n in names if re.search(rf"(?<![\w-]){n}=", "".join(found[preparing:]))] == []
    assert "USER_NAME=" not in "".join(found[1:])


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
        if group["Label"]["default"] in {"Remediation", "Notifications"}
        for name in group["Parameters"]
    ]
    assert re.findall(r"`(\w+)`", text.partition("\n\n`HelpText` appears")[0]) == ours


def test_runbook_has_the_contents_that_its_table_promises() -> None:
    text = (ROOT / BACKOUT).read_text(encoding="utf-8")
    headings = [
        re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^## (\d.+)$", text, re.MULTILINE)
    ]
    assert re.findall(r"\(#([\w-]+)\)", text.partition("## Set the names once")[0]) == headings


@pytest.mark.parametrize("document", [README, BACKOUT])
def test_every_command_of_aws_stands_in_a_block_or_is_explained(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    in_blocks = "".join(block.text for block in blocks(document))
    assert in_blocks.count("aws ") >= 4
    assert ACCOUNT in text or "admin-mfa" in text
    assert TABLE.rpartition("-")[2] in text
