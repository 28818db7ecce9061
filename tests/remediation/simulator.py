"""Runs our Automation documents in AWS's own simulator.

The simulator's loader for YAML files ignores nextStep and lacks actions that we use, so the typed steps are built
here, element by element; an element that is not translated is an error.
"""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import jsii
from aws_cdk import App, Stack
from cdklabs import cdk_ssm_documents as ssm
from cdklabs.cdk_ssm_documents import IApproveHook, IAwsInvoker

from demo.emulator.automation import Document, Execution, Hooks

_TYPES = {"String": ssm.DataTypeEnum.STRING, "StringList": ssm.DataTypeEnum.STRING_LIST}
_STEP_ELEMENTS = {
    *("name", "description", "action", "maxAttempts", "timeoutSeconds"),
    *("onFailure", "inputs", "outputs", "nextStep", "isEnd"),
}


class _RejectedError(Exception):
    pass


@cache
def _app() -> App:
    return App()


def run(document: Document, inputs: Mapping[str, Any], hooks: Hooks) -> Execution:
    """Run a document from its YAML, as the interpreter in `demo.emulator.automation` does."""
    stack = Stack(_app(), f"Run{len(_app().node.children)}")
    built = ssm.AutomationDocument(
        stack,
        "Document",
        document_name="Document",
        assume_role=ssm.StringVariable.of("AutomationAssumeRole"),
        doc_inputs=[_input(name, declared) for name, declared in document["parameters"].items()],
    )
    # The simulator makes an execution's id of its own.
    own = json.dumps(document["mainSteps"]).replace("{{ automation:EXECUTION_ID }}", hooks.execution_id)
    for step in json.loads(own):
        built.add_step(_step(stack, step))
    # jsii hands a hook one value where its protocol for Python declares three.
    invoker: Any = _Invoker(hooks)
    simulation = ssm.Simulation.of_automation(built, aws_invoker=invoker, approve_hook=_Approver(hooks))
    result = simulation.simulate(dict(inputs))
    outputs = {name: value for name, value in (result.outputs or {}).items() if "." in name}
    succeeded = result.response_code == ssm.ResponseCode.SUCCESS
    return Execution(
        succeeded=succeeded,
        steps=tuple(result.executed_steps),
        outputs=outputs,
        failure="" if succeeded else (result.stack_trace or "failed"),
    )


def _input(name: str, declared: Mapping[str, Any]) -> ssm.Input:
    options: dict[str, Any] = {}
    if "allowedPattern" in declared:
        options["allowed_pattern"] = declared["allowedPattern"]
    if "default" in declared:
        options["default_value"] = declared["default"]
    makers: dict[str, Any] = {"String": ssm.Input.of_type_string, "StringList": ssm.Input.of_type_string_list}
    made: ssm.Input = makers[declared["type"]](name, **options)
    return made


def _step(stack: Stack, step: Mapping[str, Any]) -> ssm.AutomationStep:
    if unknown := step.keys() - _STEP_ELEMENTS:
        raise AssertionError(f"{step['name']} has elements that are not translated: {sorted(unknown)}")
    if step["onFailure"] != "Abort":
        raise AssertionError(f"{step['name']}: onFailure {step['onFailure']} is not translated")
    common: dict[str, Any] = {
        "name": step["name"],
        "description": step["description"],
        "on_failure": ssm.OnFailure.abort(),
        "max_attempts": step.get("maxAttempts", 1),
        "is_end": step.get("isEnd", False),
    }
    if "timeoutSeconds" in step:
        common["timeout_seconds"] = step["timeoutSeconds"]
    if "nextStep" in step:
        common["explicit_next_step"] = ssm.StepRef.from_name(step["nextStep"])
    if "outputs" in step:
        common["user_outputs"] = [
            ssm.Output(name=output["Name"], selector=output["Selector"], output_type=_TYPES[output["Type"]])
            for output in step["outputs"]
        ]
    return _BUILDERS[step["action"]](stack, step["inputs"], common)


def _invoke(stack: Stack, inputs: Mapping[str, Any], common: dict[str, Any]) -> ssm.AutomationStep:
    # The simulator's own step for Lambda calls AWS; this one asks our hook, with the same inputs.
    return ssm.AwsApiStep(
        stack,
        common["name"],
        service=ssm.AwsService.LAMBDA_,
        pascal_case_api="Invoke",
        api_params={"FunctionName": inputs["FunctionName"], "Payload": dict(inputs["InputPayload"])},
        outputs=[ssm.Output(name="Payload", selector="$.Payload", output_type=ssm.DataTypeEnum.STRING_MAP)],
        **common,
    )


def _branch(stack: Stack, inputs: Mapping[str, Any], common: dict[str, Any]) -> ssm.AutomationStep:
    return ssm.BranchStep(
        stack,
        common["name"],
        choices=[
            ssm.Choice(
                variable=ssm.StringVariable.of(choice["Variable"].strip("{} ")),
                operation=ssm.Operation.STRING_EQUALS,
                constant=choice["StringEquals"],
                jump_to_step_name=choice["NextStep"],
            )
            for choice in inputs["Choices"]
        ],
        default_step_name=inputs["Default"],
        **common,
    )


def _approve(stack: Stack, inputs: Mapping[str, Any], common: dict[str, Any]) -> ssm.AutomationStep:
    return ssm.ApproveStep(
        stack,
        common["name"],
        approvers=ssm.StringListVariable.of(inputs["Approvers"].strip("{} ")),
        message=ssm.HardCodedString.of(inputs["Message"]),
        min_required_approvals=ssm.HardCodedNumber.of(inputs["MinRequiredApprovals"]),
        notification_arn=ssm.StringVariable.of(inputs["NotificationArn"].strip("{} ")),
        **common,
    )


def _script(stack: Stack, inputs: Mapping[str, Any], common: dict[str, Any]) -> ssm.AutomationStep:
    return ssm.ExecuteScriptStep(
        stack,
        common["name"],
        language=ssm.ScriptLanguage.from_runtime(inputs["Runtime"], inputs["Handler"]),
        code=ssm.ScriptCode.inline(inputs["Script"]),
        outputs=common.pop("user_outputs", []),
        input_payload={name: _given(value) for name, value in inputs["InputPayload"].items()},
        **common,
    )


def _given(value: str) -> Any:
    """Return an input of a script: the output of an earlier step, or a literal."""
    if value.startswith("{{"):
        return ssm.StringMapVariable.of(value.strip("{} "))
    return ssm.HardCodedString.of(value)


_BUILDERS = {
    "aws:invokeLambdaFunction": _invoke,
    "aws:branch": _branch,
    "aws:approve": _approve,
    "aws:executeScript": _script,
}


@jsii.implements(IAwsInvoker)
class _Invoker:
    """Answers the simulator's calls of AWS, which are all Lambda's Invoke, with the real helper."""

    def __init__(self, hooks: Hooks) -> None:
        self._hooks = hooks

    def invoke(self, invocation: Any) -> Any:
        """Invoke the helper."""
        parameters = dict(invocation.aws_params)
        return {"Payload": self._hooks.invoke(parameters["FunctionName"], dict(parameters["Payload"]))}


@jsii.implements(IApproveHook)
class _Approver:
    """Answers approvals. The simulator goes on after a rejection, which Systems Manager does not: so it raises."""

    def __init__(self, hooks: Hooks) -> None:
        self._hooks = hooks

    def ask(self, approver: str) -> bool:
        """Approve, or end the automation."""
        if not self._hooks.approve([approver]):
            raise _RejectedError("the approval was denied")
        return True
