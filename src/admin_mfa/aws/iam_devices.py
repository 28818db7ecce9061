"""MFA devices as IAM lists them, and what a serial number says about a device's type."""

from collections.abc import Mapping
from typing import Any

from admin_mfa.aws.iam_answers import DEVICES, member
from admin_mfa.model import MfaDevice, MfaType

ROOT = ""
"""Stands for the root user where other devices have the name of their user, which is never empty."""


def devices_of(page: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return the assigned devices of a page of ListVirtualMFADevices: user names and serial numbers.

    The root user's device has the name `ROOT`.
    """
    if DEVICES in page:
        devices: tuple[tuple[str, str], ...] = page[DEVICES]
        return devices
    listed = member(page, "VirtualMFADevices", "ListVirtualMFADevices")
    return tuple(filter(None, map(owner_and_serial, listed)))


def owner_and_serial(device: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return the user's name and the serial number; None for a device without an owner.

    The User of the root user's device has the root user's ARN and no UserName.
    """
    user = device.get("User", {})
    if user_name := user.get("UserName"):
        return user_name, device["SerialNumber"]
    return (ROOT, device["SerialNumber"]) if str(user.get("Arn", "")).endswith(":root") else None


def mfa_type(serial_number: str) -> MfaType:
    """Tell the kind of an MFA device by the form of its serial number.

    >>> mfa_type("arn:aws:iam::123456789012:mfa/ada"), mfa_type("GAKT12345678")
    (<MfaType.VIRTUAL: 'virtual'>, <MfaType.HARDWARE: 'hardware'>)

    Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_MFADevice.html
    """
    if not serial_number.startswith("arn:"):
        return MfaType.HARDWARE
    resource = serial_number.split(":", 5)[-1]
    return _TYPES.get(resource.split("/", 1)[0], MfaType.OTHER)


_TYPES = {"mfa": MfaType.VIRTUAL, "u2f": MfaType.FIDO, "sms-mfa": MfaType.SMS}


def mfa_device(serial_number: str) -> MfaDevice:
    """Make a device whose tags are still unread."""
    return MfaDevice(serial_number=serial_number, type=mfa_type(serial_number))
