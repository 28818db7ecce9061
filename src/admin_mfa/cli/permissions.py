"""What an auditor's identity must be allowed to do."""

from typing import Any

from admin_mfa.aws import iam_users
from admin_mfa.aws.iam import BULK_ACTIONS
from admin_mfa.aws.organizations import ACTIONS
from admin_mfa.followup import records, rule


def read_only_policy() -> dict[str, Any]:
    """Return the policy document that `admin-mfa audit` needs.

    It takes every resource because the account as a whole is read. sts:GetCallerIdentity is not in it: it needs no
    permission.
    Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
    """
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "ReadWhoIsAnAdministratorAndHasMfa",
                "Effect": "Allow",
                "Action": list(BULK_ACTIONS),
                "Resource": "*",
            }
        ],
    }


def preview_policy() -> dict[str, Any]:
    """Return the policy document that `admin-mfa preview` needs; the table is the remediation's, in any account."""
    policy = read_only_policy()
    return policy | {
        "Statement": [
            *policy["Statement"],
            {
                "Sid": "ReadWhatEnforcementDependsOn",
                "Effect": "Allow",
                "Action": sorted({*iam_users.CIRCUMSTANCES_ACTIONS, *rule.PREVIEW_ACTIONS} - set(BULK_ACTIONS)),
                "Resource": "*",
            },
            {
                "Sid": "ReadTheRecords",
                "Effect": "Allow",
                "Action": list(records.READ_ACTIONS),
                "Resource": "arn:*:dynamodb:*:*:table/*-remediation",
            },
        ]
    }


def organization_policy(role_name: str) -> dict[str, Any]:
    """Return the policy document that `admin-mfa audit --organization` needs in the account that asks.

    The reading is for that account itself; in the others the role needs `read_only_policy`. Roles outside of the
    organization cannot be assumed with it, whoever may have made them.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-resourceorgid
    """
    policy = read_only_policy()
    return policy | {
        "Statement": [
            *policy["Statement"],
            {"Sid": "ListTheAccounts", "Effect": "Allow", "Action": list(ACTIONS), "Resource": "*"},
            {
                "Sid": "AssumeTheRole",
                "Effect": "Allow",
                "Action": "sts:AssumeRole",
                "Resource": f"arn:*:iam::*:role/{role_name}",
                "Condition": {"StringEquals": {"aws:ResourceOrgID": "${aws:PrincipalOrgID}"}},
            },
        ]
    }
