"""Verify the automation on whose behalf the helper removes a device.

Anyone who can pass the document's role can run a document of their own under it, and anyone who can invoke the helper
can name any execution. The helper therefore reads the execution from Systems Manager, and trusts only what is recorded
there and what the stack fixes.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from admin_mfa.aws.session import reading
from admin_mfa.errors import InvalidInputError

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

ACTIONS = ("ssm:DescribeDocument", "ssm:GetAutomationExecution")

_RUNNING = frozenset(("Pending", "InProgress", "Waiting"))
"""An execution that has ended was for one removal, and its id is worth nothing afterwards.

Source: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_AutomationExecution.html
"""

_PRINCIPAL = re.compile(r"arn:[\w-]+:(?:iam|sts)::(\d{12}):(?:role|assumed-role)/(.+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Backout:
    """What the stack fixes about the removal of devices; a caller cannot choose any of it.

    Attributes:
        document_name: The one Automation document that may remove a device.
        approvers: ARNs of the users and roles of this account, one of whom must approve; empty for no approval.
        topic_arn: The topic that receives requests for approval.
    """

    document_name: str
    approvers: tuple[str, ...] = ()
    topic_arn: str = ""


def approvers_of(text: str, partition: str, account_id: str) -> tuple[str, ...]:
    """Return the ARNs of a comma-separated list such as `role/security, user/ops/grace`."""
    names = (name.strip() for name in text.split(","))
    return tuple(f"arn:{partition}:iam::{account_id}:{name}" for name in names if name)


def verify_execution(
    ssm: "SSMClient", backout: Backout, execution_id: str, inputs: Mapping[str, str], *, approved: bool
) -> None:
    """Make sure that an execution is a running one of our document, started for exactly this.

    Args:
        ssm: Reads the execution.
        backout: What the stack fixes.
        execution_id: The execution that the caller names.
        inputs: What the helper is asked to act on; the execution was started with the same.
        approved: Whether the stack's approval must have been given by now. Without approvers there is none.

    Raises:
        InvalidInputError: It is not such an execution; nothing was done.
        ReadError: Systems Manager could not be read.
    """
    with reading("ssm:GetAutomationExecution"):
        answered = ssm.get_automation_execution(AutomationExecutionId=execution_id)
    execution: Mapping[str, Any] = answered["AutomationExecution"]
    with reading("ssm:DescribeDocument"):
        document = ssm.describe_document(Name=backout.document_name)["Document"]
    # A document that another account shares has its whole ARN as its name here, so a plain name is one of this account.
    if execution.get("DocumentName") != backout.document_name:
        raise _refusal(execution_id, f"runs the document {execution.get('DocumentName')}")
    if execution.get("DocumentVersion") != document["DefaultVersion"]:
        raise _refusal(execution_id, f"runs version {execution.get('DocumentVersion')}, which is not the default one")
    if execution.get("AutomationExecutionStatus") not in _RUNNING:
        raise _refusal(execution_id, f"is not running ({execution.get('AutomationExecutionStatus')})")
    given = execution.get("Parameters", {})
    if differing := sorted(name for name, value in inputs.items() if given.get(name) != [value]):
        raise _refusal(execution_id, f"was started with another {', '.join(differing)}")
    if approved and backout.approvers:
        _verify_approval(execution_id, execution, {_principal(arn) for arn in backout.approvers})


def _verify_approval(execution_id: str, execution: Mapping[str, Any], approvers: set[str]) -> None:
    """Approval takes two: an approver of the stack, and another principal who started the execution."""
    starter = _principal(execution.get("ExecutedBy", ""))
    if not starter or starter in approvers:
        raise _refusal(execution_id, f"was started by {starter or 'an unknown principal'}; approvers cannot start one")
    if not any(_approved(step, approvers) for step in execution.get("StepExecutions", ())):
        raise _refusal(execution_id, "has no approval by an approver of the stack")


def _approved(step: Mapping[str, Any], approvers: set[str]) -> bool:
    """Whether a step records an approval that only the stack's approvers can have given.

    AWS documents the output ApproverDecisions, but not its form, and records each input as JSON. Either one suffices:
    who decided, or the complete list of those who were asked.
    """
    if (step.get("Action"), step.get("StepStatus")) != ("aws:approve", "Success"):
        return False
    asked = {_principal(text) for text in _texts(step.get("Inputs", {}).get("Approvers", ""))}
    decided = {
        _principal(str(decision.get("Approver", "")))
        for text in step.get("Outputs", {}).get("ApproverDecisions", ())
        for decision in _objects(text)
        if decision.get("Decision") == "Approve"
    }
    return (bool(asked) and asked <= approvers) or bool(decided & approvers)


def _texts(text: str) -> list[str]:
    parsed = _parsed(text)
    return [str(item) for item in parsed] if isinstance(parsed, list) else [str(parsed)]


def _objects(text: str) -> Iterator[Mapping[str, Any]]:
    parsed = _parsed(text)
    for item in parsed if isinstance(parsed, list) else [parsed]:
        if isinstance(item, Mapping):
            yield item


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _principal(arn: str) -> str:
    """Return the same text for a role and for each of its sessions; a role's name is unique whatever its path."""
    match = _PRINCIPAL.fullmatch(arn)
    if not match:
        return arn
    account_id, rest = match.groups()
    name = rest.partition("/")[0] if ":assumed-role/" in arn else rest.rpartition("/")[2]
    return f"{account_id}:role/{name}"


def _refusal(execution_id: str, why: str) -> InvalidInputError:
    return InvalidInputError(f"The execution {execution_id} {why}; nothing was done.")
