"""Create values for tests; every omitted property has an unremarkable default."""

from typing import Any

from admin_mfa.aws.iam_devices import mfa_device
from admin_mfa.model import AdminGrant, GrantSource, IamUser, MfaDevice
from admin_mfa.parameters import Parameters, parse_parameters
from admin_mfa.policy.aws_managed import AWS_MANAGED
from admin_mfa.policy.document import parse_document
from admin_mfa.statements import Attachment, Policy

ACCOUNT = "123456789012"
ADA_ID = "AIDAADAADAADAADAADAAD"
ADMINISTRATOR_ACCESS = "arn:aws:iam::aws:policy/AdministratorAccess"


def allow(action: str | list[str] = "*", resource: str | list[str] = "*", **elements: Any) -> dict[str, Any]:
    """Return an Allow statement; `NotAction=` and `NotResource=` replace Action and Resource."""
    return _statement("Allow", action, resource, elements)


def deny(action: str | list[str] = "*", resource: str | list[str] = "*", **elements: Any) -> dict[str, Any]:
    """Return a Deny statement."""
    return _statement("Deny", action, resource, elements)


def _statement(effect: str, action: object, resource: object, elements: dict[str, Any]) -> dict[str, Any]:
    return {
        "Effect": effect,
        **({} if "NotAction" in elements else {"Action": action}),
        **({} if "NotResource" in elements else {"Resource": resource}),
        **elements,
    }


def inline(name: str, *statements: dict[str, Any]) -> Policy:
    """Create an inline policy."""
    return Policy(name=name, document=parse_document({"Version": "2012-10-17", "Statement": list(statements)}))


def managed(name: str, *statements: dict[str, Any], path: str = "/") -> Policy:
    """Create a customer managed policy; without statements its document is unread."""
    return Policy(
        name=name,
        arn=f"arn:aws:iam::{ACCOUNT}:policy{path}{name}",
        document=parse_document({"Version": "2012-10-17", "Statement": list(statements)}) if statements else None,
    )


def of_aws(name: str, partition: str = "aws") -> Policy:
    """Create an AWS managed policy, with its document if the product's table contains it."""
    return Policy(name=name, arn=f"arn:{partition}:iam::aws:policy/{name}", document=AWS_MANAGED.get(name))


def user(*policies: Policy | tuple[str, Policy], **fields: Any) -> IamUser:
    """Create the user ada with policies attached to her or, as pairs of group and policy, to groups."""
    attachments = tuple(
        Attachment(policy=item) if isinstance(item, Policy) else Attachment(group=item[0], policy=item[1])
        for item in policies
    )
    name = fields.pop("user_name", "ada")
    return IamUser(
        **{
            "user_name": name,
            "user_id": ADA_ID,
            "arn": f"arn:aws:iam::{ACCOUNT}:user/{name}",
            "attachments": attachments,
            **fields,
        }
    )


def virtual(name: str = "ada", tags: dict[str, str] | None = None) -> MfaDevice:
    """Create a virtual device; its tags are unread unless given."""
    device = mfa_device(f"arn:aws:iam::{ACCOUNT}:mfa/{name}")
    return MfaDevice(
        serial_number=device.serial_number,
        type=device.type,
        tags=None if tags is None else tuple(sorted(tags.items())),
    )


def fido() -> MfaDevice:
    """Create a FIDO2 security key."""
    return mfa_device(f"arn:aws:iam::{ACCOUNT}:u2f/user/ada/key-1")


def hardware() -> MfaDevice:
    """Create a hardware token."""
    return mfa_device("GAKT12345678")


def sms() -> MfaDevice:
    """Create an SMS device."""
    return mfa_device(f"arn:aws:iam::{ACCOUNT}:sms-mfa/ada")


def parameters(**given: str) -> Parameters:
    """Parse rule parameters."""
    return parse_parameters(given)


def admin_grant(policy: str, via: str = "user", **way: Any) -> AdminGrant:
    """Create a grant from one policy, from the text that a report shows for its path."""
    if via.startswith("trust policy of role "):
        return AdminGrant(sources=(GrantSource(role=via.removeprefix("trust policy of role ")),), **way)
    inline_path = f"inline policy {policy} of "
    holder = via.removeprefix(inline_path)
    group = holder.removeprefix("group ") if holder.startswith("group ") else None
    assert holder == "user" or group is not None, via
    return AdminGrant(sources=(GrantSource(policy=policy, group=group, inline=via.startswith(inline_path)),), **way)


def together(*grants: AdminGrant) -> AdminGrant:
    """Create a grant of policies that give full access only in combination."""
    return AdminGrant(sources=tuple(source for grant in grants for source in grant.sources))
