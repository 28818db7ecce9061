"""The finding as AWS Security Hub keeps one: created, updated and resolved under one id.

Source: https://docs.aws.amazon.com/securityhub/latest/userguide/asff-required-attributes.html
"""

from datetime import datetime
from typing import Any

from admin_mfa.followup.notices import Case, Text

_SEVERITY = "HIGH"


def finding(case: Case, text: Text, *, region: str, user_arn: str, now: datetime, resolved: bool) -> dict[str, Any]:
    """Return the finding in ASFF, for BatchImportFindings: the same id creates, updates and archives it.

    Workflow and Severity are the customer's once the finding exists: an import cannot change the first and should not
    change the second. Security Hub makes a new finding NEW, and one that is ACTIVE again, too.
    Source: https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_BatchImportFindings.html

    Args:
        case: What it is about.
        text: Its title and description.
        region: Where it is imported.
        user_arn: The user.
        now: When it was last seen to be so.
        resolved: Whether it is over.
    """
    moment = now.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    begun = case.found_at.strftime("%Y-%m-%dT%H:%M:%S.000Z") if case.found_at else moment
    return {
        "SchemaVersion": "2018-10-08",
        "Id": f"arn:{case.partition}:iam::{case.account_id}:admin-mfa/{case.rule_name}/{case.user_id}",
        "ProductArn": f"arn:{case.partition}:securityhub:{region}:{case.account_id}:product/{case.account_id}/default",
        "GeneratorId": f"admin-mfa/{case.rule_name}",
        "AwsAccountId": case.account_id,
        "Types": ["Software and Configuration Checks/AWS Security Best Practices"],
        "CreatedAt": begun,
        "UpdatedAt": moment,
        "Severity": {"Label": _SEVERITY},
        "Title": "IAM user who is an administrator has no MFA device",
        "Description": case.annotation or text.summary,
        "Resources": [
            {"Type": "AwsIamUser", "Id": user_arn, "Partition": case.partition, "Region": region},
        ],
        "Compliance": {"Status": "PASSED" if resolved else "FAILED"},
        "RecordState": "ARCHIVED" if resolved else "ACTIVE",
    }
