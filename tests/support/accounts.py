"""Create accounts for tests as values: users, groups and roles with policies in AWS's JSON."""

from collections.abc import Iterable
from typing import Any

from admin_mfa.escalation.snapshot import Group, Role, TrustStatement
from admin_mfa.escalation.trust_document import parse_trust
from admin_mfa.model import IamUser
from admin_mfa.policy.document import parse_document
from admin_mfa.statements import Attachment, Policy, PolicyDocument

ACCOUNT = "123456789012"
IAM = f"arn:aws:iam::{ACCOUNT}:"
FULL_ACCESS = {"Effect": "Allow", "Action": "*", "Resource": "*"}
HARMLESS = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::records/*"}


def allow(action: str | list[str], resource: str | list[str] = "*", **elements: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **elements}


def deny(action: str | list[str], resource: str | list[str] = "*", **elements: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": action, "Resource": resource, **elements}


def document(*statements: dict[str, Any]) -> PolicyDocument:
    return parse_document({"Version": "2012-10-17", "Statement": list(statements)})


def inline(name: str, *statements: dict[str, Any], group: str | None = None) -> Attachment:
    return Attachment(policy=Policy(name=name, document=document(*statements)), group=group)


def managed(name: str, *statements: dict[str, Any], group: str | None = None) -> Attachment:
    policy = Policy(name=name, arn=f"{IAM}policy/{name}", document=document(*statements))
    return Attachment(policy=policy, group=group)


def aws_managed(name: str, *statements: dict[str, Any], group: str | None = None) -> Attachment:
    policy = Policy(name=name, arn=f"arn:aws:iam::aws:policy/{name}", document=document(*statements))
    return Attachment(policy=policy, group=group)


def administrator_access(group: str | None = None) -> Attachment:
    return aws_managed("AdministratorAccess", FULL_ACCESS, group=group)


def user(name: str, *attachments: Attachment, groups: Iterable[str] = (), **fields: Any) -> IamUser:
    path = fields.pop("path", "/")
    return IamUser(
        user_name=name,
        user_id=f"AIDAEXAMPLE{name.upper():0>9}",
        arn=f"{IAM}user{path}{name}",
        attachments=attachments,
        groups=tuple(groups),
        **fields,
    )


def group(name: str, *attachments: Attachment) -> Group:
    return Group(group_name=name, arn=f"{IAM}group/{name}", attachments=attachments)


def trust(principal: Any, action: str = "sts:AssumeRole", effect: str = "Allow", **elements: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Principal": principal, **elements}


def role(name: str, trusted: Any, *attachments: Attachment, **fields: Any) -> Role:
    """Create a role that trusts one principal, or that has a list of trust statements."""
    statements = trusted if isinstance(trusted, list) else [trust(trusted)]
    path = fields.pop("path", "/")
    return Role(
        role_name=name,
        arn=f"{IAM}role{path}{name}",
        attachments=attachments,
        trust=_trust(statements),
        **fields,
    )


def _trust(statements: list[dict[str, Any]]) -> tuple[TrustStatement, ...]:
    return parse_trust({"Version": "2012-10-17", "Statement": statements})
