"""The AWS managed policies whose documents decide something.

Of all that AWS publishes, these alone allow every action, everything but a list, or all of IAM, or deny every action.
Knowing them saves two calls each, and knowing that no other does saves the calls for all others.
"""

from admin_mfa.policy.document import parse_document
from admin_mfa.statements import PolicyDocument


def _statement(effect: str, **elements: object) -> dict[str, object]:
    return {"Effect": effect, "Resource": "*", **elements}


_IDENTITY = (
    "account",
    "cognito-identity",
    "iam",
    "identitystore",
    "organizations",
    "ram",
    "rolesanywhere",
    "sso",
    "sts",
)


# Statements that cannot matter (single actions) are left out. tests/policy/test_aws_managed.py compares the table with
# the published documents.
AWS_MANAGED: dict[str, PolicyDocument] = {
    name: parse_document({"Version": "2012-10-17", "Statement": statement})
    for name, statement in {
        "AdministratorAccess": _statement("Allow", Action="*"),
        "PowerUserAccess": _statement("Allow", NotAction=["iam:*", "organizations:*", "account:*"]),
        "IAMFullAccess": _statement("Allow", Action="iam:*"),
        "AWSDenyAll": _statement("Deny", Action="*"),
        # Reachable only through AWS's MCP servers, but a condition clears nobody.
        "AWSMcpServiceActionsFullAccess": _statement(
            "Allow", Action="*", Condition={"Bool": {"aws:IsMcpServiceAction": "true"}}
        ),
        "AIDevOpsAgentActionsPolicy": _statement("Allow", NotAction=[f"{service}:*" for service in _IDENTITY]),
    }.items()
}
