"""What the acceptance run may call, as a least-privilege policy."""

from typing import Any

PREFIX = "admin-mfa-acceptance-"
"""The beginning of every name that the run creates."""

ADMINISTRATOR_ACCESS = "arn:{partition}:iam::aws:policy/AdministratorAccess"

# sts:GetCallerIdentity needs no permission.
# https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
READS = (
    "cloudformation:DescribeStacks",
    "config:DescribeConfigRules",
    "config:DescribeConfigurationAggregatorSourcesStatus",
    "config:DescribeConfigurationAggregators",
    "config:DescribeConformancePackStatus",
    "config:DescribeConformancePacks",
    "config:DescribeOrganizationConformancePackStatuses",
    "config:GetComplianceDetailsByResource",
)
ON_THE_USER = (
    "iam:AttachUserPolicy",
    "iam:CreateUser",
    "iam:DeleteUser",
    "iam:DetachUserPolicy",
    "iam:EnableMFADevice",
    "iam:ListAttachedUserPolicies",
    "iam:ListMFADevices",
    "iam:TagUser",
)
CLEANING_THE_USER = ("iam:DeactivateMFADevice",)
ON_THE_DEVICE = ("iam:CreateVirtualMFADevice", "iam:DeleteVirtualMFADevice", "iam:TagMFADevice")
ON_THE_QUEUE = (
    *("sqs:CreateQueue", "sqs:DeleteQueue", "sqs:GetQueueAttributes"),
    *("sqs:ReceiveMessage", "sqs:SetQueueAttributes"),
)
ON_THE_TOPIC = ("sns:Subscribe", "sns:Unsubscribe")
ON_THE_RULE = ("config:StartConfigRulesEvaluation",)
ON_THE_DOCUMENT = ("ssm:GetAutomationExecution", "ssm:StartAutomationExecution")

ACTIONS = frozenset(
    (
        *(*READS, *ON_THE_USER, *CLEANING_THE_USER, *ON_THE_DEVICE, *ON_THE_QUEUE, *ON_THE_TOPIC, *ON_THE_RULE),
        *ON_THE_DOCUMENT,
    )
)


def policy(partition: str, account_id: str) -> dict[str, Any]:
    """Return the policy for the principal that runs the acceptance run."""
    iam, any_region = f"arn:{partition}:iam::{account_id}", f"*:{account_id}"
    statements: list[tuple[str, tuple[str, ...], list[str]]] = [
        ("Read", READS, ["*"]),
        ("TheTestUser", (*ON_THE_USER, *CLEANING_THE_USER), [f"{iam}:user/{PREFIX}*"]),
        ("TheTestUsersDevice", ON_THE_DEVICE, [f"{iam}:mfa/{PREFIX}*"]),
        ("TheQueueOfTheRun", ON_THE_QUEUE, [f"arn:{partition}:sqs:{any_region}:{PREFIX}*"]),
        ("TheTopicOfNotices", ON_THE_TOPIC, [f"arn:{partition}:sns:{any_region}:*"]),
        ("TheRule", ON_THE_RULE, [f"arn:{partition}:config:{any_region}:config-rule/*"]),
        (
            "TheBackoutDocument",
            ON_THE_DOCUMENT,
            [
                f"arn:{partition}:ssm:{any_region}:{kind}"
                for kind in (
                    "automation-definition/BackoutAdminMfa-*",
                    "automation-execution/*",
                    "document/BackoutAdminMfa-*",
                )
            ],
        ),
    ]
    found: list[dict[str, Any]] = [
        {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": resources}
        for sid, actions, resources in statements
    ]
    attach = next(statement for statement in found if statement["Sid"] == "TheTestUser")
    attach["Action"] = [action for action in attach["Action"] if action not in _ATTACHING]
    found.append(
        {
            "Sid": "OnePolicyOnTheTestUser",
            "Effect": "Allow",
            "Action": list(_ATTACHING),
            "Resource": f"{iam}:user/{PREFIX}*",
            "Condition": {"ArnEquals": {"iam:PolicyARN": ADMINISTRATOR_ACCESS.format(partition=partition)}},
        }
    )
    found.append(
        {
            "Sid": "TheBackoutDocumentsRole",
            "Effect": "Allow",
            "Action": "iam:PassRole",
            "Resource": f"{iam}:role/*-backout",
            "Condition": {"StringEquals": {"iam:PassedToService": "ssm.amazonaws.com"}},
        }
    )
    return {"Version": "2012-10-17", "Statement": found}


_ATTACHING = ("iam:AttachUserPolicy", "iam:DetachUserPolicy")
