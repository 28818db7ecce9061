"""What the machine formats call the rule, the product and each finding; the remediation's notices use the same."""

from dataclasses import dataclass
from datetime import datetime

from admin_mfa.findings.audits import Audit, NotAudited
from admin_mfa.findings.content import Report

RULE = "iam-admin-user-mfa-enabled"
PRODUCT = "admin-mfa"
TITLE = "Every IAM user who is an administrator has an MFA device"
ROOT_TITLE = "The root user has an MFA device"
ACCOUNT_TITLE = "The account could be audited"
ACCOUNT = "account"
"""Stands, where findings have a unique id, for the finding that an account could not be audited."""

GENERATOR = f"{PRODUCT}/{RULE}"
URL = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa.html"


def finding_id(partition: str, account_id: str, user_id: str) -> str:
    """Name a finding the same way for ever: it depends on the account and on the user's unique id alone."""
    return f"arn:{partition}:iam::{account_id}:{PRODUCT}/{RULE}/{user_id}"


def root_arn(audit: Audit) -> str:
    """Return the ARN of the account's root user."""
    return f"arn:{audit.partition}:iam::{audit.account_id}:root"


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingContext:
    """Where and when something was found.

    Attributes:
        account_id: Twelve digits.
        partition: Of the account.
        region: Where findings are imported.
        at: When reading began, in UTC.
        parameters: The rule parameters that were in force.
    """

    account_id: str
    partition: str
    region: str
    at: datetime
    parameters: tuple[tuple[str, str], ...] = ()


def place(audit: Audit) -> FindingContext:
    """Return where an audit took place. An audit that names no region has that of IAM's own events."""
    return FindingContext(
        account_id=audit.account_id,
        partition=audit.partition,
        region=audit.region or _IAM_REGIONS.get(audit.partition, "us-east-1"),
        at=audit.evaluated_at,
        parameters=audit.parameters,
    )


def unread_place(account: NotAudited, report: Report) -> FindingContext:
    """Return where an audit should have taken place: beside the others, if there are any."""
    beside = place(report.audits[0]) if report.audits else None
    return FindingContext(
        account_id=account.account_id,
        partition=beside.partition if beside else "aws",
        region=beside.region if beside else "us-east-1",
        at=beside.at if beside else report.made_at,
    )


_IAM_REGIONS = {"aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
