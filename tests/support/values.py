"""Short ways to say what a test is about; everything that is left out is ordinary."""

from typing import Any

from admin_mfa.aws.iam_devices import mfa_device
from admin_mfa.model import AdminGrant, Attachment, GrantSource, IamUser, MfaDevice, Policy
from admin_mfa.parameters import Parameters, parse_parameters
from admin_mfa.policy.aws_managed import AWS_MANAGED
from admin_mfa.policy.document import parse_document

ACCOUNT = "123456789012"
ADA_ID = "AIDAADAADAADAADAADAAD"
ADMINISTRATOR_ACCESS = "arn:aws:iam::aws:policy/AdministratorAccess"


def allow(action: str | list[str] = "*", resource: str | list[str] = "*", **elements: Any) -> dict[str, Any]:
    """Say Allow; `NotAction=` and `NotResource=` stand in place of the other."""
    return _statement("Allow", action, resource, elements)


def deny(action: str | list[str] = "*", resource: str | list[str] = "*", **elements: Any) -> dict[str, Any]:
    """Say Deny."""
    return _statement("Deny", action, resource, elements)


def _statement(effect: str, action: object, resource: object, elements: dict[str, Any]) -> dict[str, Any]:
    return {
        "Effect": effect,
        **({} if "NotAction" in elements else {"Action": action}),
        **({} if "NotResource" in elements else {"Resource": resource}),
        **elements,
    }


def inline(name: str, *statements: dict[str, Any]) -> Policy:
    """Make an inline policy."""
    return Policy(name=name, document=parse_document({"Version": "2012-10-17", "Statement": list(statements)}))


def managed(name: str, *statements: dict[str, Any], path: str = "/") -> Policy:
    """Make a customer-managed policy; without statements its document has not been read."""
    return Policy(
        name=name,
        arn=f"arn:aws:iam::{ACCOUNT}:policy{path}{name}",
        document=parse_document({"Version": "2012-10-17", "Statement": list(statements)}) if statements else None,
    )


def of_aws(name: str, partition: str = "aws") -> Policy:
    """Make an AWS managed policy, its document known where the product knows it."""
    return Policy(name=name, arn=f"arn:{partition}:iam::aws:policy/{name}", document=AWS_MANAGED.get(name))


def user(*policies: Policy | tuple[str, Policy], **fields: Any) -> IamUser:
    """Make the user ada with policies of her own and, as pairs of group and policy, of groups."""
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
    """Make a virtual device; its tags are unread unless given."""
    device = mfa_device(f"arn:aws:iam::{ACCOUNT}:mfa/{name}")
    return MfaDevice(
        serial_number=device.serial_number,
        type=device.type,
        tags=None if tags is None else tuple(sorted(tags.items())),
    )


def fido() -> MfaDevice:
    """Make a FIDO2 security key."""
    return mfa_device(f"arn:aws:iam::{ACCOUNT}:u2f/user/ada/key-1")


def hardware() -> MfaDevice:
    """Make a hardware token."""
    return mfa_device("GAKT12345678")


def sms() -> MfaDevice:
    """Make an SMS device."""
    return mfa_device(f"arn:aws:iam::{ACCOUNT}:sms-mfa/ada")


def parameters(**given: str) -> Parameters:
    """Parse rule parameters."""
    return parse_parameters(given)


def admin_grant(policy: str, via: str = "user", **way: Any) -> AdminGrant:
    """Make a grant from one policy, by the words in which a report shows its path."""
    if via.startswith("trust policy of role "):
        return AdminGrant(sources=(GrantSource(role=via.removeprefix("trust policy of role ")),), **way)
    inline_path = f"inline policy {policy} of "
    holder = via.removeprefix(inline_path)
    group = holder.removeprefix("group ") if holder.startswith("group ") else None
    assert holder == "user" or group is not None, via
    return AdminGrant(sources=(GrantSource(policy=policy, group=group, inline=via.startswith(inline_path)),), **way)


def together(*grants: AdminGrant) -> AdminGrant:
    """Make the grant of policies that only together are full access."""
    return AdminGrant(sources=tuple(source for grant in grants for source in grant.sources))
