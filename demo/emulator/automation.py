"""Runs an Automation document step by step, for the demonstration and for many runs at once in the tests.

It knows the actions and the elements that this product's documents use, and refuses every other. The tests run every
scenario in AWS's own simulator as well and compare: same steps, same end.

Source: https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-actions.html
"""

import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

from .errors import EmbeddedAwsError

Document = Mapping[str, Any]

PayloadForm = Literal["object", "text", "text of text"]

_REFERENCE = re.compile(r"\{\{\s*([\w.:]+)\s*\}\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """How an automation went.

    Attributes:
        succeeded: Whether it came to a regular end.
        steps: The steps that were run, in their order; a step that was tried again stands once.
        outputs: The steps' outputs by `Step.Name`.
        failure: Why it failed; empty if it did not.
    """

    succeeded: bool
    steps: tuple[str, ...]
    outputs: Mapping[str, Any]
    failure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """What the steps act upon.

    Attributes:
        invoke: Calls a Lambda function by ARN with a JSON object, and gives what it returned or raises.
        approve: Asks whether one of these principals approves.
        execution_id: What `automation:EXECUTION_ID` stands for.
        payload: How the output Payload of a function holds its answer. AWS calls it a JSON representation, which can be
            an object, JSON text, or text that was encoded twice.
        function_error_fails: Whether a function that raises fails its step. AWS documents an output FunctionError, and
            not what becomes of the step.
    """

    invoke: Callable[[str, dict[str, Any]], Any]
    approve: Callable[[list[str]], bool] = lambda _: False
    execution_id: str = ""
    payload: PayloadForm = "object"
    function_error_fails: bool = True


class _StepFailedError(Exception):
    """A step did not succeed; the text says why."""


def run(document: Document, inputs: Mapping[str, Any], hooks: Hooks) -> Execution:
    """Run a document.

    Raises:
        EmbeddedAwsError: An input is missing, unknown or not allowed, or the document uses what this does not know.
    """
    # https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-variables.html
    values = {**_given(document, inputs), "automation:EXECUTION_ID": hooks.execution_id}
    steps = {step["name"]: step for step in document["mainSteps"]}
    done: list[str] = []
    name: str | None = document["mainSteps"][0]["name"]
    while name is not None:
        if name not in steps:
            raise EmbeddedAwsError(f"there is no step {name}")
        step = steps[name]
        done.append(name)
        try:
            name = _take(step, values, hooks)
        except _StepFailedError as error:
            if step.get("onFailure", "Abort") != "Abort":
                raise EmbeddedAwsError(
                    f"{step['name']}: onFailure is {step['onFailure']}, only Abort is known"
                ) from error
            return _execution(values, done, failure=f"{step['name']}: {error}")
    return _execution(values, done)


def _execution(values: Mapping[str, Any], done: list[str], failure: str = "") -> Execution:
    outputs = {name: value for name, value in values.items() if "." in name}
    return Execution(succeeded=not failure, steps=tuple(done), outputs=outputs, failure=failure)


def refused_inputs(document: Document, inputs: Mapping[str, Any]) -> str:
    """Why the document does not take these inputs; empty where it does."""
    try:
        _given(document, inputs)
    except EmbeddedAwsError as error:
        return str(error)
    return ""


def _given(document: Document, inputs: Mapping[str, Any]) -> dict[str, Any]:
    declared = document.get("parameters", {})
    if unknown := sorted(inputs.keys() - declared.keys()):
        raise EmbeddedAwsError(f"the document takes no {', '.join(unknown)}")
    values: dict[str, Any] = {}
    for name, declaration in declared.items():
        if name not in inputs and "default" not in declaration:
            raise EmbeddedAwsError(f"the document needs {name}")
        value = inputs.get(name, declaration.get("default"))
        pattern = declaration.get("allowedPattern")
        if pattern and not re.search(pattern, value, re.ASCII):
            raise EmbeddedAwsError(f"{name} is {value!r}, which {pattern} does not allow")
        values[name] = value
    return values


def _take(step: Mapping[str, Any], values: dict[str, Any], hooks: Hooks) -> str | None:
    """Run one step and give the next one's name; None at the end."""
    inputs = step["inputs"]
    if step["action"] == "aws:branch":
        for choice in inputs["Choices"]:
            if _filled(choice["Variable"], values) == choice["StringEquals"]:
                return str(choice["NextStep"])
        return str(inputs["Default"])
    act = _ACTIONS.get(step["action"])
    if act is None:
        raise EmbeddedAwsError(f"{step['name']}: the action {step['action']} is not known")
    result = _tried(lambda: act(_filled(inputs, values), hooks), step.get("maxAttempts", 1))
    # https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-action-outputs-inputs.html
    if step["action"] in _WITH_PAYLOAD:
        values[f"{step['name']}.Payload"] = result["Payload"]
    for output in step.get("outputs", ()):
        values[f"{step['name']}.{output['Name']}"] = _selected(result, output["Selector"])
    return None if step.get("isEnd") else str(step["nextStep"])


def _tried(act: Callable[[], Any], attempts: int) -> Any:
    for _ in range(attempts - 1):
        with suppress(_StepFailedError):
            return act()
    return act()


def _filled(item: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(item, Mapping):
        return {key: _filled(value, values) for key, value in item.items()}
    if isinstance(item, list):
        return [_filled(value, values) for value in item]
    if not isinstance(item, str):
        return item
    if whole := _REFERENCE.fullmatch(item):
        return _value(whole[1], values)
    return _REFERENCE.sub(lambda match: str(_value(match[1], values)), item)


def _value(name: str, values: Mapping[str, Any]) -> Any:
    if name not in values:
        raise _StepFailedError(f"{name} has no value")
    return values[name]


def _selected(result: Any, selector: str) -> Any:
    for part in selector.removeprefix("$.").split("."):
        if not isinstance(result, Mapping) or part not in result:
            raise _StepFailedError(f"the answer has no {selector}")
        result = result[part]
    return result


def _invoke(inputs: dict[str, Any], hooks: Hooks) -> dict[str, Any]:
    try:
        answer = hooks.invoke(inputs["FunctionName"], inputs["InputPayload"])
    except Exception as error:
        if hooks.function_error_fails:
            raise _StepFailedError(str(error)) from error
        answer = {"errorMessage": str(error), "errorType": type(error).__name__}
    return {"Payload": _FORMS[hooks.payload](answer)}


_FORMS: Mapping[PayloadForm, Callable[[Any], Any]] = {
    "object": lambda answer: answer,
    "text": json.dumps,
    "text of text": lambda answer: json.dumps(json.dumps(answer)),
}


def _approve(inputs: dict[str, Any], hooks: Hooks) -> dict[str, Any]:
    topic = inputs.get("NotificationArn", "")
    # https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-action-approve.html
    if topic and not topic.rpartition(":")[2].startswith("Automation"):
        raise _StepFailedError(f"the name of the topic {topic} must begin with Automation")
    if not hooks.approve(inputs["Approvers"]):
        raise _StepFailedError("the approval was denied")
    return {}


def _script(inputs: dict[str, Any], _: Hooks) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(inputs["Script"], names)  # noqa: S102 - it is the document's own script
    try:
        return {"Payload": names[inputs["Handler"]](inputs.get("InputPayload", {}), None)}
    except Exception as error:
        raise _StepFailedError(str(error)) from error


_ACTIONS: Mapping[str, Callable[[dict[str, Any], Hooks], Any]] = {
    "aws:invokeLambdaFunction": _invoke,
    "aws:approve": _approve,
    "aws:executeScript": _script,
}

_WITH_PAYLOAD = frozenset(("aws:invokeLambdaFunction", "aws:executeScript"))
"""Actions whose output Payload exists without being declared."""
