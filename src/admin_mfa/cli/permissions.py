"""What an auditor's identity must be allowed to do."""

from typing import Any

from admin_mfa.iam import BULK_ACTIONS


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
