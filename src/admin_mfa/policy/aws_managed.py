"""The AWS managed policies whose documents decide something.

Of all that AWS publishes, these alone allow every action, everything but a list, or all of IAM, or deny every action.
Knowing them saves two calls each. Knowing what no other policy has ever allowed saves the calls for all others.
"""

from functools import lru_cache

from admin_mfa.policy.aws_managed_names import aws_managed_names
from admin_mfa.policy.document import parse_document
from admin_mfa.policy.iam_actions import IAM_ACTIONS
from admin_mfa.policy.service_prefixes import SERVICE_PREFIXES
from admin_mfa.statements import Effect, PolicyDocument, Statement


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

NEVER_ALLOWED = frozenset(
    (
        "iam:attachgrouppolicy",
        "iam:createloginprofile",
        "iam:deleteuserpermissionsboundary",
        "iam:deleteuserpolicy",
        "iam:putgrouppolicy",
        "iam:putuserpolicy",
        "iam:updateloginprofile",
    )
)
"""Actions of IAM that no published policy outside of `AWS_MANAGED` allows, in any of its versions."""

NEVER_SERVED = frozenset(("activate", "marketplacecommerceanalytics", "rhelkb", "ts", "vpce"))
"""Services of which no published policy outside of `AWS_MANAGED` allows anything, in any of its versions."""


def published(arn: str) -> bool:
    """Whether AWS had published a managed policy of this ARN when the tables were made."""
    return arn.split(":policy/", 1)[-1] in aws_managed_names()


@lru_cache(maxsize=1)
def others_at_most() -> Statement:
    """Return more than all published policies outside of `AWS_MANAGED` allow together, in any of their versions.

    A principal that is not an administrator with this statement and its other policies cannot become one through AWS's
    policies, so they need not be read. `make check-aws-managed` compares it with every version that AWS has published.
    """
    services = (f"{service}:*" for service in SERVICE_PREFIXES if service != "iam" and service not in NEVER_SERVED)
    actions = (action for action in IAM_ACTIONS if action not in NEVER_ALLOWED)
    return Statement(effect=Effect.ALLOW, actions=(*services, *actions), resources=("*",))
