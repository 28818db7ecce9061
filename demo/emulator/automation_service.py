"""Systems Manager Automation and Lambda's Invoke, as far as remediation asks for them; moto has neither.

Documents and functions are given by whoever drives the embedded AWS. An automation runs in a thread of its own, as
it would beside its caller, and waits for signals at an approval.
"""

import json
import re
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal

from .automation import Document, Execution, Hooks, PayloadForm, refused_inputs, run
from .errors import AwsError, EmbeddedAwsError

_APPROVAL_LASTS = 30.0
_INVOKE_PATH = re.compile(r"/2015-03-31/functions/([^/]+)/invocations/?")

Function = Callable[[dict[str, Any]], Any]
Answer = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class _Automation:
    identity: str
    document: str
    version: str
    inputs: dict[str, list[str]]
    started: datetime
    executed_by: str
    approvals: list[Answer] = field(default_factory=list)
    ended: bool = False
    signalled: threading.Event = field(default_factory=threading.Event)
    approved: bool = False
    waiting: bool = False
    result: Execution | None = None

    @property
    def status(self) -> str:
        if self.result is None:
            return "Waiting" if self.waiting else "Cancelled" if self.ended else "InProgress"
        return "Success" if self.result.succeeded else "Failed"


class Automations:
    """The documents, functions and executions of the embedded AWS.

    Args:
        client: Makes the clients with which steps call AWS.

    Attributes:
        reuse: What a client token gets that was used before with the same inputs. AWS says that it cannot be
            used again, and not what it answers.
        payload: See `Hooks`.
        function_error_fails: See `Hooks`.
        executed_by: The ARN of the principal that starts executions.
    """

    reuse: Literal["refused", "returned"] = "refused"
    payload: PayloadForm = "object"
    function_error_fails: bool = True
    executed_by: str = "arn:aws:sts::123456789012:assumed-role/on-call/night"

    def __init__(self, client: Callable[[str], Any]) -> None:
        self._client = client
        self._documents: dict[str, Document] = {}
        self._versions: dict[str, str] = {}
        self._functions: dict[str, Function] = {}
        self._executions: dict[str, _Automation] = {}
        self._tokens: dict[str, _Automation] = {}
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()

    def document(self, name: str, document: Document, default_version: str = "") -> None:
        """Have a document of this name; with a default version, DescribeDocument reports it too."""
        self._documents[name] = document
        if default_version:
            self._versions[name] = default_version

    def function(self, name: str, function: Function) -> None:
        """Have a Lambda function of this name, called with the decoded event."""
        self._functions[name] = function

    def wait(self) -> tuple[Execution, ...]:
        """Wait until every automation has ended, and get how each went, in the order of their start."""
        for thread in self._threads:
            thread.join()
        return tuple(automation.result for automation in self._executions.values() if automation.result)

    def answers(self, action: str, parameters: Mapping[str, Any]) -> bool:
        """Whether this answers an operation of Systems Manager."""
        return action in _OPERATIONS and (action != "DescribeDocument" or parameters["Name"] in self._versions)

    def answer(self, action: str, parameters: Mapping[str, Any]) -> bytes:
        """Answer one request to Systems Manager."""
        return json.dumps(_OPERATIONS[action](self, parameters)).encode()

    def invoke(self, path: str, body: bytes) -> tuple[dict[str, str], bytes]:
        """Answer Lambda's Invoke: headers and body."""
        match = _INVOKE_PATH.fullmatch(path)
        name = match[1].replace("%3A", ":").rpartition(":")[2] if match else ""
        if name not in self._functions:
            raise AwsError("ResourceNotFoundException", f"Function not found: {name}", 404)
        try:
            return {}, json.dumps(self._functions[name](json.loads(body or b"{}"))).encode()
        except Exception as error:  # noqa: BLE001 - whatever a function raises is what Lambda answers
            failure = {"errorMessage": str(error), "errorType": type(error).__name__}
            return {"X-Amz-Function-Error": "Unhandled"}, json.dumps(failure).encode()

    def start(self, parameters: Mapping[str, Any]) -> Answer:
        """StartAutomationExecution; a token that was used already starts nothing new.

        Source: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_StartAutomationExecution.html
        """
        name = parameters["DocumentName"]
        if name not in self._documents:
            raise AwsError("AutomationDefinitionNotFoundException", f"Automation document {name} does not exist.")
        if reason := refused_inputs(self._documents[name], self._inputs(name, parameters.get("Parameters", {}))):
            raise AwsError("InvalidAutomationExecutionParametersException", reason)
        with self._lock:
            token = parameters.get("ClientToken")
            used = self._tokens.get(str(token).lower()) if token else None
            if used is not None:
                same = (used.document, used.inputs) == (name, parameters.get("Parameters", {}))
                if self.reuse == "refused" or not same:
                    raise AwsError("IdempotentParameterMismatch", "The client token was used by another request.")
                return {"AutomationExecutionId": used.identity}
            automation = self._begin(name, parameters.get("DocumentVersion", ""), parameters.get("Parameters", {}))
            if token:
                self._tokens[str(token).lower()] = automation
        thread = threading.Thread(target=self._run, args=(automation,), daemon=True)
        self._threads.append(thread)
        thread.start()
        return {"AutomationExecutionId": automation.identity}

    def _begin(self, name: str, version: str, inputs: Mapping[str, list[str]]) -> _Automation:
        automation = _Automation(
            identity=str(uuid.uuid4()),
            document=name,
            version=version or self._versions.get(name, "1"),
            inputs=dict(inputs),
            started=datetime.now(UTC),
            executed_by=self.executed_by,
        )
        self._executions[automation.identity] = automation
        return automation

    @contextmanager
    def running(self, name: str, inputs: Mapping[str, Any], hooks: Hooks, version: str = "") -> Iterator[Hooks]:
        """Have an execution in progress that a runner elsewhere carries out with the hooks given here."""
        values = {key: value if isinstance(value, list) else [value] for key, value in inputs.items()}
        automation = self._begin(name, version, values)
        try:
            yield self._recording(automation, hooks)
        finally:
            automation.ended = True

    def _recording(self, automation: _Automation, hooks: Hooks) -> Hooks:
        """Return the hooks of an execution, which records who was asked for an approval that was given.

        Inputs of a step are JSON texts, as in the answers that AWS publishes.
        """

        def approve(approvers: list[str]) -> bool:
            approved = hooks.approve(approvers)
            automation.approvals.append(
                {
                    "StepName": "Approve",
                    "Action": "aws:approve",
                    "StepStatus": "Success" if approved else "Failed",
                    "Inputs": {"Approvers": json.dumps(approvers)},
                }
            )
            return approved

        return replace(hooks, approve=approve, execution_id=automation.identity)

    def _inputs(self, name: str, given: Mapping[str, list[str]]) -> dict[str, Any]:
        """The inputs of an execution by the types that the document declares."""
        declared = self._documents[name].get("parameters", {})
        return {
            key: values if declared.get(key, {}).get("type") == "StringList" else values[0]
            for key, values in given.items()
        }

    def _run(self, automation: _Automation) -> None:
        document = self._documents[automation.document]
        inputs = self._inputs(automation.document, automation.inputs)

        def approve(_: list[str]) -> bool:
            automation.waiting = True
            automation.signalled.wait(_APPROVAL_LASTS)
            automation.waiting = False
            return automation.approved

        hooks = Hooks(
            invoke=lambda arn, event: self._functions[arn.rpartition(":")[2]](event),
            approve=approve,
            payload=self.payload,
            function_error_fails=self.function_error_fails,
        )
        try:
            automation.result = run(document, inputs, self._recording(automation, hooks))
        except EmbeddedAwsError as error:
            automation.result = Execution(succeeded=False, steps=(), outputs={}, failure=str(error))

    def get(self, parameters: Mapping[str, Any]) -> Answer:
        """GetAutomationExecution."""
        automation = self._found(parameters)
        result = automation.result
        outputs = {name: [str(value)] for name, value in (result.outputs if result else {}).items()}
        return {
            "AutomationExecution": {
                **_summary(automation),
                "Parameters": automation.inputs,
                **({"Outputs": outputs} if outputs else {}),
                "StepExecutions": [
                    *automation.approvals,
                    *({"StepName": name} for name in (result.steps if result else ())),
                ],
            }
        }

    def describe_document(self, parameters: Mapping[str, Any]) -> Answer:
        """DescribeDocument, for documents that were given with a version."""
        name = parameters["Name"]
        return {"Document": {"Name": name, "DefaultVersion": self._versions[name]}}

    def describe(self, _: Mapping[str, Any]) -> Answer:
        """DescribeAutomationExecutions, without its filters."""
        return {"AutomationExecutionMetadataList": [_summary(a) for a in self._executions.values()]}

    def signal(self, parameters: Mapping[str, Any]) -> Answer:
        """SendAutomationSignal: Approve or Reject."""
        automation = self._found(parameters)
        kind = parameters["SignalType"]
        if kind not in {"Approve", "Reject"} or not automation.waiting:
            raise AwsError("InvalidAutomationSignalException", "The signal is not valid for the automation's status.")
        automation.approved = kind == "Approve"
        automation.signalled.set()
        return {}

    def _found(self, parameters: Mapping[str, Any]) -> _Automation:
        found = self._executions.get(parameters["AutomationExecutionId"])
        if found is None:
            raise AwsError("AutomationExecutionNotFoundException", "There is no such automation.")
        return found


def _summary(automation: _Automation) -> Answer:
    summary: Answer = {
        "AutomationExecutionId": automation.identity,
        "DocumentName": automation.document,
        "DocumentVersion": automation.version,
        "ExecutedBy": automation.executed_by,
        "AutomationExecutionStatus": automation.status,
        "ExecutionStartTime": automation.started.timestamp(),
    }
    if automation.result and automation.result.failure:
        summary["FailureMessage"] = automation.result.failure
    return summary


_OPERATIONS: Mapping[str, Callable[[Automations, Mapping[str, Any]], Answer]] = {
    "StartAutomationExecution": Automations.start,
    "GetAutomationExecution": Automations.get,
    "DescribeAutomationExecutions": Automations.describe,
    "DescribeDocument": Automations.describe_document,
    "SendAutomationSignal": Automations.signal,
}
