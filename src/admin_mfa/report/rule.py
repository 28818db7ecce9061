"""What the machine formats call the rule, the product and each finding; the remediation's notices use the same."""

from admin_mfa.model import Audit

RULE = "iam-admin-user-mfa-enabled"
PRODUCT = "admin-mfa"
TITLE = "Every IAM user who is an administrator has an MFA device"
ROOT_TITLE = "The root user has an MFA device"
GENERATOR = f"{PRODUCT}/{RULE}"
URL = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa.html"


def finding_id(partition: str, account_id: str, user_id: str) -> str:
    """Name a finding the same way for ever: it depends on the account and on the user's unique id alone."""
    return f"arn:{partition}:iam::{account_id}:{PRODUCT}/{RULE}/{user_id}"


def root_arn(audit: Audit) -> str:
    """Return the ARN of the account's root user."""
    return f"arn:{audit.partition}:iam::{audit.account_id}:root"
