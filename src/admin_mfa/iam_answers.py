"""IAM's answers: the dictionaries that botocore hands out in, frozen values out.

Nothing here calls AWS. An answer that lacks what every good answer has is refused, never taken for empty.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from admin_mfa.administrator import AWS_MANAGED
from admin_mfa.errors import PolicyDocumentError, ReadError
from admin_mfa.model import Attachment, IamUser, MfaDevice, MfaType, Policy, PolicyDocument
from admin_mfa.policy_document import parse_document


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """A user or a group as IAM describes it, its policies and groups still by name."""

    name: str
    unique_id: str
    arn: str
    inline: tuple[Policy, ...]
    attached: tuple[Policy, ...]
    groups: tuple[str, ...] = ()
    boundary_arn: str | None = None
    tags: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What users share: groups by name, and the documents of customer-managed policies by ARN."""

    groups: Mapping[str, Entity]
    documents: Mapping[str, PolicyDocument]


USERS, GROUPS, DOCUMENTS = "UserEntities", "GroupEntities", "DefaultDocuments"
"""Where a page holds what `admin_mfa.iam_xml` has already read of it."""


def users_of(page: Mapping[str, Any]) -> tuple[Entity, ...]:
    """Return the users of a page of GetAccountAuthorizationDetails."""
    if USERS in page:
        users: tuple[Entity, ...] = page[USERS]
        return users
    details = member(page, "UserDetailList", "GetAccountAuthorizationDetails")
    return tuple(user_entity(detail) for detail in details)


def groups_of(page: Mapping[str, Any]) -> tuple[Entity, ...]:
    """Return the groups of a page of GetAccountAuthorizationDetails.

    A missing list is an empty one here: a user who is in a group that did not come makes the run fail.
    """
    if GROUPS in page:
        groups: tuple[Entity, ...] = page[GROUPS]
        return groups
    return tuple(group_entity(detail) for detail in page.get("GroupDetailList", ()))


def documents_of(page: Mapping[str, Any]) -> dict[str, PolicyDocument]:
    """Return the documents of the policies on a page of GetAccountAuthorizationDetails, by ARN.

    A missing list is an empty one here: a document that did not come is asked for by itself.
    """
    if DOCUMENTS in page:
        documents: dict[str, PolicyDocument] = page[DOCUMENTS]
        return documents
    return {policy["Arn"]: default_version(policy) for policy in page.get("Policies", ())}


def member(answer: Mapping[str, Any], name: str, operation: str) -> Any:
    """Return a part that every good answer has. Taking its absence for an empty list would clear findings."""
    if name not in answer:
        action = f"iam:{operation}"
        raise ReadError(f"{action} answered without {name}.", action=action, code="IncompleteAnswer")
    return answer[name]


def mfa_type(serial_number: str) -> MfaType:
    """Tell the kind of an MFA device by the form of its serial number.

    >>> mfa_type("arn:aws:iam::123456789012:mfa/ada"), mfa_type("GAKT12345678")
    (<MfaType.VIRTUAL: 'virtual'>, <MfaType.HARDWARE: 'hardware'>)

    Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_MFADevice.html
    """
    if not serial_number.startswith("arn:"):
        return MfaType.HARDWARE
    resource = serial_number.split(":", 5)[-1]
    return _TYPES.get(resource.split("/", 1)[0], MfaType.OTHER)


_TYPES = {"mfa": MfaType.VIRTUAL, "u2f": MfaType.FIDO, "sms-mfa": MfaType.SMS}


def mfa_device(serial_number: str) -> MfaDevice:
    """Make a device whose tags are still unread."""
    return MfaDevice(serial_number=serial_number, type=mfa_type(serial_number))


def user_entity(detail: Mapping[str, Any]) -> Entity:
    """Read a UserDetail of GetAccountAuthorizationDetails, or what the calls about one user add up to."""
    return Entity(
        name=detail["UserName"],
        unique_id=detail["UserId"],
        arn=detail["Arn"],
        inline=_inline(detail.get("UserPolicyList", ()), f"user {detail['UserName']}"),
        attached=_attached(detail.get("AttachedManagedPolicies", ())),
        groups=tuple(detail.get("GroupList", ())),
        boundary_arn=detail.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
        tags=tag_pairs(detail.get("Tags", ())),
    )


def group_entity(detail: Mapping[str, Any]) -> Entity:
    """Read a GroupDetail of GetAccountAuthorizationDetails."""
    return Entity(
        name=detail["GroupName"],
        unique_id=detail["GroupId"],
        arn=detail["Arn"],
        inline=_inline(detail.get("GroupPolicyList", ()), f"group {detail['GroupName']}"),
        attached=_attached(detail.get("AttachedManagedPolicies", ())),
    )


def _inline(items: Iterable[Mapping[str, Any]], holder: str) -> tuple[Policy, ...]:
    policies = (
        Policy(
            name=item["PolicyName"], document=read_document(item["PolicyDocument"], f"{item['PolicyName']} of {holder}")
        )
        for item in items
    )
    return tuple(sorted(policies, key=lambda policy: policy.name))


def read_document(document: str | Mapping[str, Any], whose: str) -> PolicyDocument:
    """Read a document; an error says whose it is, because one document ends the run for everybody."""
    try:
        return parse_document(document)
    except PolicyDocumentError as error:
        raise PolicyDocumentError(f"The policy {whose} cannot be read: {error}") from error


def _attached(items: Iterable[Mapping[str, Any]]) -> tuple[Policy, ...]:
    policies = (managed_policy(item["PolicyArn"], item["PolicyName"]) for item in items)
    return tuple(sorted(policies, key=lambda policy: policy.arn or ""))


@lru_cache(maxsize=4096)
def managed_policy(arn: str, name: str) -> Policy:
    """Make a managed policy; AWS's own come with their document where it is known.

    Remembered, because thousands of users carry the same few.
    """
    policy = Policy(name=name, arn=arn)
    if not policy.aws_managed:
        return policy
    return replace(policy, document=AWS_MANAGED.get(arn.split(":", 5)[5].removeprefix("policy/")))


def default_version(policy: Mapping[str, Any]) -> PolicyDocument:
    """Return the one document of a ManagedPolicyDetail that is in force."""
    for version in policy["PolicyVersionList"]:
        if version["VersionId"] == policy["DefaultVersionId"]:
            return read_document(version["Document"], policy["Arn"])
    raise ReadError(
        f"IAM gave no default version of {policy['Arn']}.",
        action="iam:GetAccountAuthorizationDetails",
        code="NoDefaultVersion",
    )


def tag_pairs(items: Iterable[Mapping[str, str]]) -> tuple[tuple[str, str], ...]:
    """Read tags; sorted, because IAM keeps no order."""
    return tuple(sorted((tag["Key"], tag["Value"]) for tag in items))


def customer_managed(entity: Entity) -> bool:
    """Whether the user carries a policy whose document must be read: a customer's own, or a boundary."""
    arns = [policy.arn for policy in entity.attached if not policy.aws_managed]
    return bool(arns or entity.boundary_arn)


def join(user: Entity, shared: Shared, *, mfa_devices: tuple[MfaDevice, ...]) -> IamUser:
    """Give the user the policies of its groups, and the policies their documents, as far as they were read."""
    attachments = [Attachment(policy=policy) for policy in user.attached + user.inline]
    for name in sorted(user.groups):
        group = shared.groups.get(name)
        if group is None:
            raise ReadError(
                f"Group {name} vanished while the account was read; run again.",
                action="iam:GetAccountAuthorizationDetails",
                code="Inconsistent",
            )
        attachments += [Attachment(policy=policy, group=name) for policy in group.attached + group.inline]
    boundary = None
    if user.boundary_arn:
        boundary = managed_policy(user.boundary_arn, user.boundary_arn.rsplit("/", 1)[-1])
    joined = IamUser(
        user_name=user.name,
        user_id=user.unique_id,
        arn=user.arn,
        attachments=tuple(attachments),
        boundary=boundary,
        tags=user.tags,
        mfa_devices=mfa_devices,
    )
    return with_documents(joined, shared.documents)


def with_documents(user: IamUser, documents: Mapping[str, PolicyDocument | None]) -> IamUser:
    """Fill in the documents that were read, by ARN; None drops the policy, which turned out to be gone."""

    def told(policy: Policy) -> Policy | None:
        if policy.document is not None or policy.arn is None or policy.arn not in documents:
            return policy
        document = documents[policy.arn]
        return replace(policy, document=document) if document else None

    attachments = ((told(attachment.policy), attachment) for attachment in user.attachments)
    return replace(
        user,
        attachments=tuple(replace(attachment, policy=policy) for policy, attachment in attachments if policy),
        boundary=told(user.boundary) if user.boundary else None,
    )
