"""The deployed stack: what the acceptance run reads of it, and when it refuses it."""

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError
from botocore.session import Session


class AcceptanceError(Exception):
    """The run cannot begin, or a step did not end as it should; the text says what to do."""


class SkippedError(Exception):
    """A step does not apply to this deployment; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """The deployed stack.

    Attributes:
        account_id: Twelve digits.
        partition: Of the caller's ARN.
        outputs: By name.
        parameters: By name.
    """

    account_id: str
    partition: str
    outputs: dict[str, str]
    parameters: dict[str, str]


def read_stack(session: Session, name: str) -> Stack:
    """Read the stack, and refuse it where the run must not or cannot prove it.

    Raises:
        AcceptanceError: The stack is for production, lacks outputs, or has parameters by which the test user would not
            be found.
    """
    sts: Any = session.create_client("sts")
    cloudformation: Any = session.create_client("cloudformation")
    identity = sts.get_caller_identity()
    try:
        (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        raise AcceptanceError(f"The stack {name} cannot be read: {error}. Give its name with --stack-name.") from error
    tags = {tag["Key"]: tag["Value"] for tag in stack.get("Tags", ())}
    if tags.get("Environment") == "prod":
        raise AcceptanceError(f"The stack {name} has the tag Environment=prod. Run this on another environment.")
    found = Stack(
        account_id=identity["Account"],
        partition=identity["Arn"].split(":")[1],
        outputs={output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", ())},
        parameters={
            parameter["ParameterKey"]: parameter["ParameterValue"] for parameter in stack.get("Parameters", ())
        },
    )
    if missing := sorted(_OUTPUTS - found.outputs.keys()):
        raise AcceptanceError(f"The stack {name} lacks the outputs {', '.join(missing)}. Deploy the current template.")
    if found.parameters.get("ConsoleUsersOnly") == "true":
        raise AcceptanceError("ConsoleUsersOnly is true, and the test user has no password. Deploy with false.")
    if found.parameters.get("BackoutApprovers"):
        raise AcceptanceError("BackoutApprovers is set, and the run removes a device alone. Deploy without approvers.")
    types = found.parameters.get("AllowedMfaTypes", "any")
    if types != "any" and "virtual" not in types:
        raise AcceptanceError(f"AllowedMfaTypes is {types}, and the run enrols a virtual device. Allow virtual.")
    return found


_OUTPUTS = {
    *("BackoutAdminMfaDocumentName", "BackoutAdminMfaRoleArn", "NoticesTopicArn"),
    *("RemediationFunctionArn", "RuleName"),
}
