"""Only a running, approved execution of the stack's own document removes a device."""

import json
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from admin_mfa.errors import AdminMfaError, InvalidInputError
from admin_mfa.followup.authority import Backout, approvers_of, verify_execution
from demo.emulator.automation import Hooks

from .world import ACCOUNT, APPROVER, AUTOMATION_ROLE, HELPER_ARN, World

REASON = "lost phone, ticket 42"
OUTSIDER = f"arn:aws:iam::{ACCOUNT}:user/mallory"
NOBODY = "6a7e8feb-b491-4cf7-a9f1-bf3703467718"


@pytest.fixture
def serial(world: World) -> str:
    """Ada's device; the stack demands an approval, and whoever is asked gives it."""
    world.demand_approval()
    world.approves = True
    world.aws.iam.user("ada")
    world.aws.iam.user("grace")
    return str(world.aws.iam.device("ada"))


def _inputs(serial: str, **changed: str) -> dict[str, str]:
    given = {"UserName": "ada", "SerialNumber": serial, "Reason": REASON, "HelperFunctionArn": HELPER_ARN}
    return {"AutomationAssumeRole": AUTOMATION_ROLE, **given, **changed}


def _removed_by(world: World, execution_id: str, serial: str, user_name: str = "ada") -> None:
    """Invoke the helper directly, as a document under the passed role or anyone with lambda:InvokeFunction can."""
    device = {"ExecutionId": execution_id, "UserName": user_name, "SerialNumber": serial}
    world.ask(HELPER_ARN, {"Action": "check_device", **device})
    world.ask(HELPER_ARN, {"Action": "remove_device", **device})
    world.ask(HELPER_ARN, {"Action": "notify_removal", **device, "Reason": REASON})


def _nothing_happened(world: World, serial: str) -> None:
    listed = world.aws.client("iam").list_mfa_devices(UserName="ada")["MFADevices"]
    assert [device["SerialNumber"] for device in listed] == [serial]
    assert world.events() == []


@pytest.mark.parametrize(
    "chosen",
    [
        pytest.param({"Approvers": [OUTSIDER]}, id="another approver"),
        pytest.param({"RequireApproval": ["false"]}, id="approval switched off"),
        pytest.param({"ApprovalTopicArn": [f"arn:aws:sns:us-east-1:{ACCOUNT}:Automation-mine"]}, id="another topic"),
    ],
)
def test_who_starts_the_document_chooses_no_approval(world: World, serial: str, chosen: dict[str, Any]) -> None:
    parameters = {name: [value] for name, value in _inputs(serial).items()} | chosen
    with pytest.raises(ClientError, match="InvalidAutomationExecutionParametersException"):
        world.aws.client("ssm").start_automation_execution(DocumentName="BackoutAdminMfa", Parameters=parameters)
    _nothing_happened(world, serial)


@pytest.mark.parametrize(
    ("begun", "asked", "says"),
    [
        pytest.param(("Mine", "", {}), APPROVER, "runs the document Mine", id="another document under the role"),
        pytest.param(
            ("arn:aws:ssm:us-east-1:210987654321:document/BackoutAdminMfa", "", {}),
            APPROVER,
            "runs the document arn:",
            id="a document of the same name that another account shares",
        ),
        pytest.param(("BackoutAdminMfa", "2", {}), APPROVER, "runs version 2", id="another version"),
        pytest.param(("BackoutAdminMfa", "", {}), "", "has no approval", id="no approval yet"),
        pytest.param(("BackoutAdminMfa", "", {}), OUTSIDER, "has no approval", id="approved by another principal"),
        pytest.param(("BackoutAdminMfa", "", {"UserName": "grace"}), APPROVER, "another UserName", id="another user"),
        pytest.param(
            ("BackoutAdminMfa", "", {"SerialNumber": "GAKT00000001"}),
            APPROVER,
            "another SerialNumber",
            id="another device",
        ),
    ],
)
def test_an_execution_that_is_not_the_approved_one_removes_nothing(
    world: World, serial: str, begun: tuple[str, str, dict[str, str]], asked: str, says: str
) -> None:
    document, version, changed = begun
    with world.aws.automations.running(document, _inputs(serial, **changed), world.hooks, version) as hooks:
        if asked:
            assert hooks.approve([asked])
        with pytest.raises(InvalidInputError, match=says):
            _removed_by(world, hooks.execution_id, serial)
    _nothing_happened(world, serial)


def test_a_rejected_approval_is_none(world: World, serial: str) -> None:
    world.approves = False
    with world.aws.automations.running("BackoutAdminMfa", _inputs(serial), world.hooks) as hooks:
        assert not hooks.approve([APPROVER])
        with pytest.raises(InvalidInputError, match="has no approval"):
            _removed_by(world, hooks.execution_id, serial)
    _nothing_happened(world, serial)


def test_an_execution_that_has_ended_cannot_be_replayed(world: World, serial: str) -> None:
    ids: list[str] = []
    runner = world.runner

    def watching(document: Mapping[str, Any], inputs: Mapping[str, Any], hooks: Hooks) -> Any:
        ids.append(hooks.execution_id)
        return runner(document, inputs, hooks)

    world.runner = watching
    assert world.back_out("ada", serial).succeeded
    assert world.aws.iam.device("ada") == serial
    with pytest.raises(InvalidInputError, match="is not running"):
        _removed_by(world, ids[0], serial)
    assert world.events() == ["device-removed"]


def test_an_approver_cannot_approve_a_removal_that_it_started(world: World, serial: str) -> None:
    world.aws.automations.executed_by = f"arn:aws:sts::{ACCOUNT}:assumed-role/approvers/mallory"
    run = world.back_out("ada", serial)
    assert "approvers cannot start one" in run.failure
    _nothing_happened(world, serial)


def test_a_function_of_the_caller_cannot_answer_for_the_helper(world: World, serial: str) -> None:
    """It can let the document skip the approval, and then the helper finds none."""
    world.lies["check_device"] = {"Approval": "NotRequired", "Approvers": ["none"], "ApprovalTopicArn": "none"}
    run = world.back_out("ada", serial)
    assert "has no approval" in run.failure
    _nothing_happened(world, serial)


def test_an_execution_that_does_not_exist_removes_nothing(world: World, serial: str) -> None:
    with pytest.raises(AdminMfaError, match="AutomationExecutionNotFoundException"):
        _removed_by(world, NOBODY, serial)
    _nothing_happened(world, serial)


def _decided(approver: str, decision: str = "Approve") -> dict[str, Any]:
    return {"ApproverDecisions": [json.dumps({"Approver": approver, "Decision": decision})]}


def _verify(**recorded: Any) -> None:
    """Verify an execution without approval inputs or decisions, but for what the test records."""
    step = {"Action": "aws:approve", "StepStatus": "Success", **recorded.pop("step", {})}
    execution = {
        "DocumentName": "Backout",
        "DocumentVersion": "3",
        "AutomationExecutionStatus": "InProgress",
        "Parameters": {"UserName": ["ada"]},
        "ExecutedBy": OUTSIDER,
        "StepExecutions": [step],
        **recorded,
    }
    ssm: Any = SimpleNamespace(
        get_automation_execution=lambda **_: {"AutomationExecution": execution},
        describe_document=lambda **_: {"Document": {"DefaultVersion": "3"}},
    )
    backout = Backout(document_name="Backout", approvers=approvers_of("role/security/approvers", "aws", ACCOUNT))
    verify_execution(cast("Any", ssm), backout, NOBODY, {"UserName": "ada"}, approved=True)


SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/approvers/grace"


@pytest.mark.parametrize(
    "step",
    [
        pytest.param({"Inputs": {"Approvers": json.dumps([APPROVER])}}, id="who was asked, as JSON"),
        pytest.param({"Inputs": {"Approvers": APPROVER}}, id="who was asked, as text"),
        pytest.param({"Outputs": _decided(APPROVER)}, id="who decided"),
        pytest.param({"Outputs": _decided(SESSION)}, id="who decided, by a session of the role"),
    ],
)
def test_an_approval_counts_in_each_form_that_may_be_recorded(step: dict[str, Any]) -> None:
    _verify(step=step)


@pytest.mark.parametrize(
    "recorded",
    [
        pytest.param({"step": {}}, id="nothing recorded"),
        pytest.param({"step": {"Inputs": {"Approvers": json.dumps([APPROVER, OUTSIDER])}}}, id="an outsider asked too"),
        pytest.param({"step": {"Inputs": {"Approvers": "[]"}}}, id="nobody asked"),
        pytest.param({"step": {"Outputs": _decided(OUTSIDER)}}, id="an outsider decided"),
        pytest.param({"step": {"Outputs": _decided(APPROVER, "Reject")}}, id="rejected"),
        pytest.param({"step": {"Outputs": {"ApproverDecisions": ["["]}}}, id="decisions that cannot be read"),
        pytest.param(
            {"step": {"Action": "aws:executeScript", "Inputs": {"Approvers": json.dumps([APPROVER])}}},
            id="a script that looks like an approval",
        ),
        pytest.param(
            {"step": {"Outputs": _decided("arn:aws:sts::210987654321:assumed-role/approvers/x")}},
            id="a role of the same name in another account",
        ),
        pytest.param({"step": {"Outputs": _decided(APPROVER)}, "ExecutedBy": ""}, id="an unknown starter"),
        pytest.param({"step": {"Outputs": _decided(APPROVER)}, "ExecutedBy": SESSION}, id="an approver started it"),
    ],
)
def test_everything_else_is_no_approval(recorded: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        _verify(**recorded)


@pytest.mark.parametrize("status", ["Success", "Failed", "TimedOut", "Cancelled", "Cancelling", "Exited", ""])
def test_an_execution_must_be_running(status: str) -> None:
    with pytest.raises(InvalidInputError, match="is not running"):
        _verify(step={"Outputs": _decided(APPROVER)}, AutomationExecutionStatus=status)
