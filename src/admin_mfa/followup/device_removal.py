"""What the backout document requests: whether the device is the user's, whether it is gone, and the notice."""

from dataclasses import replace
from enum import StrEnum

from admin_mfa.aws.iam_devices import mfa_type
from admin_mfa.errors import InvalidInputError, RemediationError
from admin_mfa.followup.actions import Answer, Remediation
from admin_mfa.followup.finding import Notice
from admin_mfa.followup.limits import REMOVALS_PER_HOUR, at_most
from admin_mfa.followup.records import device_key
from admin_mfa.model import MfaType

_ROOT_DEVICE = ":mfa/root-account-mfa-device"


class RemovalState(StrEnum):
    """How far the removal of a device has come; the backout document's branch."""

    ENABLED = "Enabled"
    DEACTIVATED = "Deactivated"
    GONE = "Gone"


def check_device(remediation: Remediation, user_name: str, serial_number: str) -> Answer:
    """Return how far the removal has come, and remember whose device it is before anything is removed.

    Raises:
        InvalidInputError: The device is not this user's, or is the root user's: nothing was done.
        ReadError: IAM could not be read.
    """
    if serial_number.endswith(_ROOT_DEVICE):
        raise InvalidInputError("This is the root user's device, which is never removed here.")
    key = device_key(serial_number)
    kind = mfa_type(serial_number)
    if serial_number in remediation.aws.users.device_serials(user_name):
        remediation.records.remember(key, user_name, remediation.now)
        state = RemovalState.ENABLED
    elif remediation.records.remembered(key) != user_name:
        raise InvalidInputError(f"{user_name} has no MFA device {serial_number}; nothing was removed.")
    elif kind is MfaType.VIRTUAL and remediation.aws.users.unassigned_device_exists(serial_number):
        state = RemovalState.DEACTIVATED
    else:
        state = RemovalState.GONE
    return {"Standing": state.value, "DeviceType": "virtual" if kind is MfaType.VIRTUAL else "other"}


def verify_removal(remediation: Remediation, user_name: str, serial_number: str) -> Answer:
    """Make sure that the device is no longer enabled for the user, and that a virtual one no longer exists.

    Raises:
        RemediationError: It is still there. IAM's reads lag behind its writes by seconds, so trying again is right.
        ReadError: IAM could not be read.
    """
    if serial_number in remediation.aws.users.device_serials(user_name):
        raise RemediationError(f"{serial_number} is still enabled for {user_name}.")
    if mfa_type(serial_number) is MfaType.VIRTUAL and remediation.aws.users.unassigned_device_exists(serial_number):
        raise RemediationError(f"The virtual device {serial_number} still exists.")
    return {"Removed": "true"}


def notify_removal(remediation: Remediation, user_name: str, serial_number: str, reason: str) -> Answer:
    """Announce once that the device is gone, to whom it belonged and which reason was given.

    Raises:
        InvalidInputError: No removal of this device from this user is remembered: there is nothing to announce.
        RemediationError: The device is still enabled, or so many removals from this user were announced within the
            hour that this one waits: a caller must not be able to send official mail without end.
        AdminMfaError: A channel failed; the next run announces it.
    """
    key = device_key(serial_number)
    if remediation.records.remembered(key) != user_name:
        raise InvalidInputError(f"No removal of {serial_number} from {user_name} has begun; no notice was sent.")
    verify_removal(remediation, user_name, serial_number)
    record = remediation.records.read(key)
    case = replace(remediation.case(user_name=user_name), device=serial_number, reason=reason)
    if record and Notice.DEVICE_REMOVED in record.sent:
        # Only what one channel could not send is made up for.
        remediation.messenger.send(key, Notice.DEVICE_REMOVED, case, record=record)
    else:
        with at_most(REMOVALS_PER_HOUR, remediation.records, f"removals#{user_name}", remediation.now):
            remediation.messenger.send(key, Notice.DEVICE_REMOVED, case, record=record)
    return {"Notice": Notice.DEVICE_REMOVED.value}
