"""The interpreter of Automation documents refuses what Systems Manager refuses."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from demo.emulator import EmbeddedAws
from demo.emulator.automation import Execution, Hooks, run


def _approved(topic: str) -> Execution:
    step: dict[str, Any] = {
        "name": "Approve",
        "action": "aws:approve",
        "inputs": {"NotificationArn": topic, "Approvers": ["arn:aws:iam::123456789012:user/grace"]},
        "isEnd": True,
    }
    hooks = Hooks(invoke=lambda *_: {}, approve=lambda _: True)
    return run({"mainSteps": [step]}, {}, hooks)


@pytest.mark.parametrize(
    ("name", "succeeds"),
    [
        pytest.param("Automation-mfa", True, id="the prefix that AWS asks for"),
        pytest.param("iam-admin-user-mfa-enabled-notices", False, id="another name"),
        pytest.param("automation-mfa", False, id="lower case"),
    ],
)
def test_a_request_for_approval_goes_to_a_topic_whose_name_begins_with_automation(name: str, *, succeeds: bool) -> None:
    """Source: https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-action-approve.html"""
    execution = _approved(f"arn:aws:sns:us-east-1:123456789012:{name}")
    assert execution.succeeded is succeeds
    assert succeeds or "must begin with Automation" in execution.failure


def _start(aws: EmbeddedAws, **inputs: str) -> str:
    started = aws.client("ssm").start_automation_execution(
        DocumentName="Nothing",
        ClientToken="6F0C3F5E-0A7C-4F0E-9D53-1F2B6C1F7A10",
        Parameters={name: [value] for name, value in inputs.items()},
    )
    return str(started["AutomationExecutionId"])


NOTHING: dict[str, Any] = {
    "parameters": {"Mode": {"type": "String", "default": "Notify"}},
    "mainSteps": [
        {
            "name": "End",
            "action": "aws:executeScript",
            "inputs": {"Handler": "end", "Script": "def end(events, context):\n    return {}"},
            "isEnd": True,
        }
    ],
}


def test_a_client_token_cannot_be_used_again(aws: EmbeddedAws) -> None:
    """Source: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_StartAutomationExecution.html"""
    aws.automations.document("Nothing", NOTHING)
    _start(aws, Mode="Notify")
    for inputs in ({"Mode": "Notify"}, {"Mode": "Enforce"}):
        with pytest.raises(ClientError, match="IdempotentParameterMismatch"):
            _start(aws, **inputs)


def test_where_a_used_token_is_answered_it_still_refuses_other_inputs(aws: EmbeddedAws) -> None:
    aws.automations.document("Nothing", NOTHING)
    aws.automations.reuse = "returned"
    assert _start(aws, Mode="Notify") == _start(aws, Mode="Notify")
    with pytest.raises(ClientError, match="IdempotentParameterMismatch"):
        _start(aws, Mode="Enforce")


@pytest.mark.parametrize("inputs", [{"Mode": "Loud"}, {"Another": "x"}], ids=["not allowed", "not declared"])
def test_inputs_that_the_document_does_not_take_start_nothing(aws: EmbeddedAws, inputs: dict[str, str]) -> None:
    """Source: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_StartAutomationExecution.html"""
    parameters = {"Mode": {"type": "String", "default": "Notify", "allowedPattern": "^(Notify|Enforce)$"}}
    aws.automations.document("Nothing", {**NOTHING, "parameters": parameters})
    with pytest.raises(ClientError, match="InvalidAutomationExecutionParametersException"):
        _start(aws, **inputs)
    assert aws.automations.wait() == ()


def test_signals_and_executions_that_do_not_exist_are_refused(aws: EmbeddedAws) -> None:
    """Source: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_SendAutomationSignal.html"""
    ssm, nobody = aws.client("ssm"), "6a7e8feb-b491-4cf7-a9f1-bf3703467718"
    with pytest.raises(ClientError, match="AutomationDefinitionNotFoundException"):
        ssm.start_automation_execution(DocumentName="Missing")
    with pytest.raises(ClientError, match="AutomationExecutionNotFoundException"):
        ssm.get_automation_execution(AutomationExecutionId=nobody)
    aws.automations.document("Nothing", NOTHING)
    started = _start(aws, Mode="Notify")
    aws.automations.wait()
    with pytest.raises(ClientError, match="InvalidAutomationSignalException"):
        ssm.send_automation_signal(AutomationExecutionId=started, SignalType="Approve")
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        aws.client("lambda").invoke(FunctionName="missing")
