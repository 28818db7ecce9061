"""Remove an MFA device for the backout document: check it, take it off the user, and notify.

The helper removes the device itself. A role that the document could use for it could be passed to any other document.
"""

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Any

from admin_mfa.aws.iam_devices import mfa_type
from admin_mfa.aws.session import reading
from admin_mfa.errors import InvalidInputError, RemediationError
from admin_mfa.followup.actions import Answer, Remediation
from admin_mfa.followup.authority import verify_execution
from admin_mfa.followup.finding import Notice
from admin_mfa.followup.limits import REMOVALS_PER_HOUR, at_most
from admin_mfa.followup.records import device_key
from admin_mfa.model import MfaType

ACTIONS = ("iam:DeactivateMFADevice", "iam:DeleteVirtualMFADevice")


class Approval(StrEnum):
    """Whether the stack demands an approval; the backout document's branch."""

    REQUIRED = "Required"
    NOT_REQUIRED = "NotRequired"


class _RemovalState(StrEnum):
    ENABLED = "Enabled"
    DEACTIVATED = "Deactivated"
    GONE = "Gone"


def check_device(remediation: Remediation, execution_id: str, device: Mapping[str, str]) -> dict[str, Any]:
    """Remember whose device it is before anything is removed, and return who must approve the removal.

    Raises:
        InvalidInputError: The device is not this user's, but for example the root user's, or the execution has no
            authority. The name does not show whose a device is: the root user's can have any.
        ReadError: IAM or Systems Manager could not be read.
    """
    backout = remediation.place.backout
    verify_execution(remediation.aws.ssm, backout, execution_id, device, approved=False)
    _removal_state(remediation, device)
    approval = Approval.REQUIRED if backout.approvers else Approval.NOT_REQUIRED
    # No list is empty: whether a selector of Automation accepts an empty one is not documented.
    return {
        "Approval": approval.value,
        "Approvers": list(backout.approvers) or ["none"],
        "ApprovalTopicArn": backout.topic_arn,
    }


def remove_device(remediation: Remediation, execution_id: str, device: Mapping[str, str]) -> Answer:
    """Deactivate the device, and delete it if it is a virtual one; continue where an earlier run stopped.

    Raises:
        InvalidInputError: As for `check_device`, or the approval is missing; nothing was removed.
        ReadError: IAM or Systems Manager could not be read, or IAM refused the removal.
    """
    verify_execution(remediation.aws.ssm, remediation.place.backout, execution_id, device, approved=True)
    state, serial_number = _removal_state(remediation, device), device["SerialNumber"]
    if state is _RemovalState.ENABLED:
        with reading("iam:DeactivateMFADevice"):
            remediation.aws.iam.deactivate_mfa_device(UserName=device["UserName"], SerialNumber=serial_number)
    if state is not _RemovalState.GONE and mfa_type(serial_number) is MfaType.VIRTUAL:
        with reading("iam:DeleteVirtualMFADevice"):
            remediation.aws.iam.delete_virtual_mfa_device(SerialNumber=serial_number)
    return {"Found": state.value}


def notify_removal(remediation: Remediation, execution_id: str, device: Mapping[str, str], reason: str) -> Answer:
    """Notify once that the device is gone, whose it was, and which reason was given.

    Raises:
        InvalidInputError: The execution has no authority, or no removal of this device from this user is remembered.
        RemediationError: The device still exists (IAM reads lag behind writes by seconds, so a retry is right), or
            so many removals from this user were announced within the hour that this one waits: a caller must not be
            able to send official mail without end.
        AdminMfaError: A channel failed; the next run sends the notice.
    """
    inputs = {**device, "Reason": reason}
    verify_execution(remediation.aws.ssm, remediation.place.backout, execution_id, inputs, approved=True)
    user_name, serial_number = device["UserName"], device["SerialNumber"]
    key = device_key(serial_number)
    if remediation.records.remembered(key) != user_name:
        raise InvalidInputError(f"No removal of {serial_number} from {user_name} has begun; no notice was sent.")
    _verify_removal(remediation, user_name, serial_number)
    record = remediation.records.read(key)
    case = replace(remediation.case(user_name=user_name), device=serial_number, reason=reason)
    if record and Notice.DEVICE_REMOVED in record.sent:
        # Only what one channel could not send is sent now.
        remediation.messenger.send(key, Notice.DEVICE_REMOVED, case, record=record)
    else:
        with at_most(REMOVALS_PER_HOUR, remediation.records, f"removals#{user_name}", remediation.now):
            remediation.messenger.send(key, Notice.DEVICE_REMOVED, case, record=record)
    return {"Notice": Notice.DEVICE_REMOVED.value}


def _removal_state(remediation: Remediation, device: Mapping[str, str]) -> _RemovalState:
    """Return how far the removal has come, and remember the user of a device that is still enabled."""
    user_name, serial_number = device["UserName"], device["SerialNumber"]
    key = device_key(serial_number)
    if serial_number in remediation.aws.users.device_serials(user_name):
        remediation.records.remember(key, user_name, remediation.now)
        return _RemovalState.ENABLED
    if remediation.records.remembered(key) != user_name:
        raise InvalidInputError(f"{user_name} has no MFA device {serial_number}; nothing was removed.")
    if _unassigned(remediation, serial_number):
        return _RemovalState.DEACTIVATED
    return _RemovalState.GONE


def _verify_removal(remediation: Remediation, user_name: str, serial_number: str) -> None:
    if serial_number in remediation.aws.users.device_serials(user_name):
        raise RemediationError(f"{serial_number} is still enabled for {user_name}.")
    if _unassigned(remediation, serial_number):
        raise RemediationError(f"The virtual device {serial_number} still exists.")


def _unassigned(remediation: Remediation, serial_number: str) -> bool:
    virtual = mfa_type(serial_number) is MfaType.VIRTUAL
    return virtual and remediation.aws.users.unassigned_device_exists(serial_number)
