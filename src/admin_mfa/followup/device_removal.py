"""What the backout document asks: is the device the user's, is it gone, and has everybody heard of it."""

from enum import StrEnum

from admin_mfa.aws.iam_answers import mfa_type
from admin_mfa.errors import InvalidInputError, RemediationError
from admin_mfa.followup.actions import Answer, Remediation
from admin_mfa.followup.finding import Notice
from admin_mfa.followup.notices import Case
from admin_mfa.followup.records import device_key
from admin_mfa.followup.users import device_serials, unassigned_device_exists
from admin_mfa.model import MfaType


class DeviceStanding(StrEnum):
    """How far the removal of a device has come; the backout document's branch."""

    ENABLED = "Enabled"
    DEACTIVATED = "Deactivated"
    GONE = "Gone"


def check_device(remediation: Remediation, user_name: str, serial_number: str) -> Answer:
    """Say how far the removal has come, and remember whose device it is before anything is taken away.

    Raises:
        InvalidInputError: The device is not this user's, but for example the root user's: nothing was done. Its name
            does not show that: the root user's device can have any name, and a user's the one it usually has.
        ReadError: IAM could not be read.
    """
    key = device_key(serial_number)
    kind = mfa_type(serial_number)
    if serial_number in device_serials(remediation.aws.iam, user_name):
        remediation.records.remember(key, user_name, remediation.now)
        stands = DeviceStanding.ENABLED
    elif remediation.records.remembered(key) != user_name:
        raise InvalidInputError(f"{user_name} has no MFA device {serial_number}; nothing was removed.")
    elif kind is MfaType.VIRTUAL and unassigned_device_exists(remediation.aws.iam, serial_number):
        stands = DeviceStanding.DEACTIVATED
    else:
        stands = DeviceStanding.GONE
    return {"Standing": stands.value, "DeviceType": "virtual" if kind is MfaType.VIRTUAL else "other"}


def verify_removal(remediation: Remediation, user_name: str, serial_number: str) -> Answer:
    """Make sure that the device is enabled for the user no more, and that a virtual one does not exist any more.

    Raises:
        RemediationError: It is still there. IAM's reads lag behind its writes by seconds, so trying again is right.
        ReadError: IAM could not be read.
    """
    if serial_number in device_serials(remediation.aws.iam, user_name):
        raise RemediationError(f"{serial_number} is still enabled for {user_name}.")
    if mfa_type(serial_number) is MfaType.VIRTUAL and unassigned_device_exists(remediation.aws.iam, serial_number):
        raise RemediationError(f"The virtual device {serial_number} still exists.")
    return {"Removed": "true"}


def notify_removal(remediation: Remediation, user_name: str, serial_number: str, reason: str) -> Answer:
    """Tell once that the device is gone, who it belonged to and what reason was given.

    Raises:
        InvalidInputError: No removal of this device from this user is remembered: there is nothing to tell.
        RemediationError: The device is still enabled.
        AdminMfaError: A channel failed; the next run tells it.
    """
    if remediation.records.remembered(device_key(serial_number)) != user_name:
        raise InvalidInputError(f"No removal of {serial_number} from {user_name} has begun; nothing was told.")
    verify_removal(remediation, user_name, serial_number)
    case = Case(
        account_id=remediation.place.account_id,
        partition=remediation.place.partition,
        user_name=user_name,
        device=serial_number,
        reason=reason,
        help=remediation.place.help,
    )
    remediation.tell(device_key(serial_number), Notice.DEVICE_REMOVED, case)
    return {"Notice": Notice.DEVICE_REMOVED.value}
