"""What enforcement must know of a user beyond the verdict, and who carries the enforcement policy."""

from datetime import datetime
from typing import TYPE_CHECKING

from admin_mfa.aws.iam import PAGE_SIZE
from admin_mfa.aws.paging import MARKER, pages
from admin_mfa.aws.session import reading
from admin_mfa.errors import ReadError
from admin_mfa.model import IamUser

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

ACTIONS = (
    "iam:GetAccessKeyLastUsed",
    "iam:GetAccountSummary",
    "iam:GetLoginProfile",
    "iam:GetUser",
    "iam:ListAccessKeys",
    "iam:ListEntitiesForPolicy",
    "iam:ListMFADevices",
    "iam:ListVirtualMFADevices",
)
"""All of them read."""

_DEFAULT_POLICY_SLOTS = 10


def unique_id(client: "IAMClient", user_name: str) -> str | None:
    """Return the unique id of the user who has this name now; None if no user has it.

    Raises:
        ReadError: IAM could not be read.
    """
    try:
        with reading("iam:GetUser"):
            return client.get_user(UserName=user_name)["User"]["UserId"]
    except ReadError as error:
        if error.code == "NoSuchEntity":
            return None
        raise


def policy_slots_full(client: "IAMClient", user: IamUser) -> bool:
    """Whether a user carries as many managed policies as the account's quota allows.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html

    Raises:
        ReadError: IAM could not be read.
    """
    carried = sum(a.group is None and a.policy.arn is not None for a in user.attachments)
    if carried < _DEFAULT_POLICY_SLOTS:
        return False
    with reading("iam:GetAccountSummary"):
        summary = client.get_account_summary()["SummaryMap"]
    return carried >= summary.get("AttachedPoliciesPerUserQuota", _DEFAULT_POLICY_SLOTS)


def has_console_password(client: "IAMClient", user_name: str) -> bool:
    """Whether the user has a login profile.

    Raises:
        ReadError: IAM could not be read.
    """
    try:
        with reading("iam:GetLoginProfile"):
            client.get_login_profile(UserName=user_name)
    except ReadError as error:
        if error.code == "NoSuchEntity":
            return False
        raise
    return True


def key_used_at(client: "IAMClient", user_name: str) -> datetime | None:
    """Return when one of the user's active access keys was last used; None if none ever was. A user has two at most.

    Raises:
        ReadError: IAM could not be read.
    """
    with reading("iam:ListAccessKeys"):
        keys = client.list_access_keys(UserName=user_name)["AccessKeyMetadata"]
    uses = []
    for key in keys:
        if key["Status"] == "Active":
            with reading("iam:GetAccessKeyLastUsed"):
                used = client.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])["AccessKeyLastUsed"]
            # A key that was never used has no date.
            uses.append(used.get("LastUsedDate"))
    return max((used for used in uses if used), default=None)


def carriers(client: "IAMClient", policy_arn: str) -> dict[str, str]:
    """Return the users who carry the policy: names by unique id.

    Raises:
        ReadError: IAM could not be read. A policy that is gone is carried by nobody.
    """
    try:
        return {
            user["UserId"]: user["UserName"]
            for page in pages(
                client.list_entities_for_policy,
                "iam:ListEntitiesForPolicy",
                style=MARKER,
                PolicyArn=policy_arn,
                EntityFilter="User",
                MaxItems=PAGE_SIZE,
            )
            for user in page.get("PolicyUsers", ())
        }
    except ReadError as error:
        if error.code == "NoSuchEntity":
            return {}
        raise


def device_serials(client: "IAMClient", user_name: str) -> frozenset[str]:
    """Return the serial numbers of the devices that are enabled for a user; none for a user who is gone.

    Raises:
        ReadError: IAM could not be read.
    """
    try:
        with reading("iam:ListMFADevices"):
            # At most eight devices a user, so that one page holds them all.
            listed = client.list_mfa_devices(UserName=user_name)["MFADevices"]
    except ReadError as error:
        if error.code == "NoSuchEntity":
            return frozenset()
        raise
    return frozenset(device["SerialNumber"] for device in listed)


def unassigned_device_exists(client: "IAMClient", serial_number: str) -> bool:
    """Whether a virtual device of this serial number exists and is enabled for nobody.

    Raises:
        ReadError: IAM could not be read.
    """
    found = pages(
        client.list_virtual_mfa_devices,
        "iam:ListVirtualMFADevices",
        style=MARKER,
        AssignmentStatus="Unassigned",
        MaxItems=PAGE_SIZE,
    )
    return any(device["SerialNumber"] == serial_number for page in found for device in page["VirtualMFADevices"])
