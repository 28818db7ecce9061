"""The enforcement policy: without MFA a user can do nothing but enrol a device, and that on itself alone.

template.yaml makes a customer-managed policy of the same document; a test compares the two. The shape follows AWS's
example, with two differences: what is left open about users is denied for every other user as well, because an
administrator has those permissions for all users; and sts:GetSessionToken and the change of an expired password are
open, because without them a user with keys could not present a code and a new user could never sign in.

What stays possible: an attacker with a stolen password can enrol a device of their own before the user does. The final
notice, the notice of enforcement and CloudTrail's EnableMFADevice are what shows it. Virtual devices of any name can
be made (the name need not be the user's), but enabled on the user itself only.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_examples_aws_my-sec-creds-self-manage-mfa-only.html
"""

from typing import TYPE_CHECKING, Any

from admin_mfa.aws.iam_calls import if_exists
from admin_mfa.aws.session import reading

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

ACTIONS = ("iam:AttachUserPolicy", "iam:DetachUserPolicy")
"""The function's role allows both with this one policy only."""

OWN_USER_ACTIONS = (
    "iam:ChangePassword",
    "iam:EnableMFADevice",
    "iam:GetMFADevice",
    "iam:GetUser",
    "iam:ListMFADevices",
    "iam:ResyncMFADevice",
)
"""Open on the user itself. EnableMFADevice registers every type: authenticator, passkey, security key, token."""

ACCOUNT_ACTIONS = (
    "iam:GetAccountPasswordPolicy",
    "iam:ListVirtualMFADevices",
    "sts:GetSessionToken",
)
"""Open everywhere, because AWS lets them name no resource."""

DEVICE_ACTIONS = ("iam:CreateVirtualMFADevice",)
"""Open on MFA devices of any name."""


def policy_document(partition: str, account_id: str) -> dict[str, Any]:
    """Return the enforcement policy for an account, at most 6,144 characters without whitespace.

    A user's path stands in its ARN and not in `aws:username`, so both forms are named.
    """
    own_user = [f"arn:{partition}:iam::{account_id}:user/{path}${{aws:username}}" for path in ("", "*/")]
    without_mfa = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "AllowEnrollingOnOneself",
                "Effect": "Allow",
                "Action": list(OWN_USER_ACTIONS),
                "Resource": own_user,
            },
            {"Sid": "AllowWhatNamesNoUser", "Effect": "Allow", "Action": list(ACCOUNT_ACTIONS), "Resource": "*"},
            {
                "Sid": "AllowMakingADevice",
                "Effect": "Allow",
                "Action": list(DEVICE_ACTIONS),
                "Resource": f"arn:{partition}:iam::{account_id}:mfa/*",
            },
            {
                "Sid": "DenyAllButEnrollingWithoutMfa",
                "Effect": "Deny",
                "NotAction": [*OWN_USER_ACTIONS, *ACCOUNT_ACTIONS, *DEVICE_ACTIONS],
                "Resource": "*",
                "Condition": without_mfa,
            },
            {
                "Sid": "DenyEnrollingForOthersWithoutMfa",
                "Effect": "Deny",
                "Action": list(OWN_USER_ACTIONS),
                "NotResource": own_user,
                "Condition": without_mfa,
            },
        ],
    }


def attach_policy(iam: "IAMClient", user_name: str, policy_arn: str) -> None:
    """Restrict a user; attaching twice is the same as once.

    Raises:
        ReadError: IAM refused.
    """
    with reading("iam:AttachUserPolicy"):
        iam.attach_user_policy(UserName=user_name, PolicyArn=policy_arn)


def detach_policy(iam: "IAMClient", user_name: str, policy_arn: str) -> None:
    """Release a user; one who does not carry the policy, or is gone, is released already.

    Raises:
        ReadError: IAM refused.
    """

    def detach() -> None:
        with reading("iam:DetachUserPolicy"):
            iam.detach_user_policy(UserName=user_name, PolicyArn=policy_arn)

    if_exists(detach)
