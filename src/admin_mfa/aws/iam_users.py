"""What the remediation reads of single users beyond a verdict, and who carries a policy."""

from datetime import datetime

from admin_mfa.aws.iam_answers import member
from admin_mfa.aws.iam_calls import IamCalls, if_exists
from admin_mfa.model import IamUser

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

CIRCUMSTANCES_ACTIONS = (
    "iam:GetAccessKeyLastUsed",
    "iam:GetAccountSummary",
    "iam:GetLoginProfile",
    "iam:ListAccessKeys",
    "iam:ListEntitiesForPolicy",
)
"""Those of them that a preview of enforcement takes."""

_DEFAULT_POLICY_SLOTS = 10


class UserReader(IamCalls):
    """Reads single users through one client.

    Raises:
        ReadError: From every method, when IAM could not be read.
    """

    def unique_id(self, user_name: str) -> str | None:
        """Return the unique id of the user who has this name now; None if no user has it."""
        found = if_exists(self.call, "GetUser", UserName=user_name)
        return str(found["User"]["UserId"]) if found else None

    def policy_slots_full(self, user: IamUser) -> bool:
        """Whether a user carries as many managed policies as the account's quota allows.

        Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
        """
        carried = sum(a.group is None and a.policy.arn is not None for a in user.attachments)
        if carried < _DEFAULT_POLICY_SLOTS:
            return False
        quotas = self.call("GetAccountSummary")["SummaryMap"]
        return bool(carried >= quotas.get("AttachedPoliciesPerUserQuota", _DEFAULT_POLICY_SLOTS))

    def has_console_password(self, user_name: str) -> bool:
        """Whether the user has a login profile."""
        return if_exists(self.call, "GetLoginProfile", UserName=user_name) is not None

    def key_used_at(self, user_name: str) -> datetime | None:
        """Return when one of the user's active access keys was last used; None if none ever was."""
        keys = self.all("ListAccessKeys", "AccessKeyMetadata", UserName=user_name)
        uses = [
            self.call("GetAccessKeyLastUsed", AccessKeyId=key["AccessKeyId"])["AccessKeyLastUsed"]
            for key in keys
            if key["Status"] == "Active"
        ]
        # A key that was never used has no date.
        return max((use["LastUsedDate"] for use in uses if use.get("LastUsedDate")), default=None)

    def carriers(self, policy_arn: str) -> dict[str, str]:
        """Return the users who carry a policy: names by unique id. No user carries a policy that does not exist."""
        found = if_exists(self._policy_users, policy_arn) or []
        return {user["UserId"]: user["UserName"] for user in found}

    def _policy_users(self, policy_arn: str) -> list[dict[str, str]]:
        found = self.pages("ListEntitiesForPolicy", PolicyArn=policy_arn, EntityFilter="User")
        return [user for page in found for user in page.get("PolicyUsers", ())]

    def device_serials(self, user_name: str) -> frozenset[str]:
        """Return the serial numbers of the devices that are enabled for a user; none for a user who is gone."""
        listed = if_exists(self.all, "ListMFADevices", "MFADevices", UserName=user_name) or []
        return frozenset(device["SerialNumber"] for device in listed)

    def unassigned_device_exists(self, serial_number: str) -> bool:
        """Whether a virtual device of this serial number exists and is not enabled for any user."""
        operation = "ListVirtualMFADevices"
        return any(
            device["SerialNumber"] == serial_number
            for page in self.pages(operation, AssignmentStatus="Unassigned")
            for device in member(page, "VirtualMFADevices", operation)
        )
