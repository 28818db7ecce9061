"""The policies that `admin-mfa permissions` prints: what each command needs, and nothing else."""

from collections.abc import Sequence
from typing import Any

from admin_mfa.audit import doctor
from admin_mfa.aws import account_details, iam_users
from admin_mfa.aws.iam import BULK_ACTIONS
from admin_mfa.aws.organizations import ACTIONS
from admin_mfa.followup import records, rule


def read_only_policy() -> dict[str, Any]:
    """Return the policy document that `admin-mfa audit` needs.

    It covers all resources because the command reads the whole account. It omits sts:GetCallerIdentity, which needs
    no permission.
    Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
    """
    return _policy("ReadAdministratorsAndMfa", BULK_ACTIONS)


def activity_policy() -> dict[str, Any]:
    """Return the policy document that `admin-mfa audit --activity` needs."""
    return _policy("ReadAdministratorsMfaAndActivity", sorted((*BULK_ACTIONS, *account_details.ACTIONS)))


def doctor_policy() -> dict[str, Any]:
    """Return the policy document that `admin-mfa doctor` needs."""
    return _policy("ReadTheDeployment", doctor.ACTIONS)


def _policy(sid: str, actions: Sequence[str]) -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [{"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": "*"}],
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
    """Return the policy document that `admin-mfa audit --organization` needs in the calling account.

    It includes `read_only_policy` for the calling account itself; in every other account the assumed role needs that
    policy. The condition limits AssumeRole to roles inside the organization.
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
