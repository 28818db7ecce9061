"""IAM's answers: the dictionaries that botocore hands out in, frozen values out.

Nothing here calls AWS. An answer that lacks what every good answer has is refused, never taken for empty.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from admin_mfa.errors import PolicyDocumentError, ReadError
from admin_mfa.escalation.snapshot import Group, Role, TrustStatement
from admin_mfa.escalation.trust_document import UNREADABLE_TRUST, parse_trust
from admin_mfa.model import IamUser, MfaDevice
from admin_mfa.policy.aws_managed import AWS_MANAGED
from admin_mfa.policy.document import UNREADABLE, parse_document
from admin_mfa.statements import Attachment, Policy, PolicyDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """A user, a group or a role as IAM describes it, its policies and groups still by name."""

    name: str
    unique_id: str
    arn: str
    inline: tuple[Policy, ...]
    attached: tuple[Policy, ...]
    groups: tuple[str, ...] = ()
    boundary_arn: str | None = None
    tags: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleEntity:
    """What a role has beside all that users and groups have too."""

    entity: Entity
    trust: tuple[TrustStatement, ...]
    instance_profile: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What users share, each made once for all of them.

    Attributes:
        policies: Policies with their documents, by ARN: the customer-managed ones, and AWS's own where they were read.
        attachments: What a group gives its members, by the group's name.
    """

    policies: Mapping[str, Policy]
    attachments: Mapping[str, tuple[Attachment, ...]]


USERS, GROUPS, ROLES = "UserEntities", "GroupEntities", "RoleEntities"
POLICIES, DEVICES = "LocalPolicies", "AssignedDevices"
OTHER_VERSIONS = "OtherVersions"
"""Where a page holds what `admin_mfa.aws.iam_xml` has already read of it."""


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


def policies_of(page: Mapping[str, Any]) -> tuple[Policy, ...]:
    """Return the customer-managed policies of a page of GetAccountAuthorizationDetails, with their documents.

    A missing list is an empty one here: a document that did not come is asked for by itself.
    """
    if POLICIES in page:
        policies: tuple[Policy, ...] = page[POLICIES]
        return policies
    return tuple(local_policy(detail) for detail in page.get("Policies", ()))


def other_versions_of(page: Mapping[str, Any]) -> dict[str, tuple[PolicyDocument, ...]]:
    """Return, by ARN, the documents of customer-managed policies on such a page that are not in force."""
    versions = page.get(OTHER_VERSIONS) or filter(None, map(other_versions, page.get("Policies", ())))
    return {
        arn: tuple(read_document(document) for document in documents)
        for arn, documents in versions
        if not Policy(name=arn, arn=arn).aws_managed
    }


def other_versions(detail: Mapping[str, Any]) -> tuple[str, tuple[Any, ...]] | None:
    """Return a policy's ARN and, as IAM sends them, its documents that are not in force; None if there are none."""
    versions, default = detail["PolicyVersionList"], detail["DefaultVersionId"]
    documents = tuple(version["Document"] for version in versions if version["VersionId"] != default)
    return (detail["Arn"], documents) if documents else None


def roles_of(page: Mapping[str, Any]) -> tuple[RoleEntity, ...]:
    """Return the roles of a page of GetAccountAuthorizationDetails that was asked for roles."""
    if ROLES in page:
        roles: tuple[RoleEntity, ...] = page[ROLES]
        return roles
    details = member(page, "RoleDetailList", "GetAccountAuthorizationDetails")
    return tuple(role_entity(detail) for detail in details)


def member(answer: Mapping[str, Any], name: str, operation: str) -> Any:
    """Return a part that every good answer has. Taking its absence for an empty list would clear findings."""
    if name not in answer:
        action = f"iam:{operation}"
        raise ReadError(f"{action} answered without {name}.", action=action, code="IncompleteAnswer")
    return answer[name]


def user_entity(detail: Mapping[str, Any]) -> Entity:
    """Read a UserDetail of GetAccountAuthorizationDetails, or what the calls about one user add up to."""
    return Entity(
        name=detail["UserName"],
        unique_id=detail["UserId"],
        arn=detail["Arn"],
        inline=_inline(detail.get("UserPolicyList", ())),
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
        inline=_inline(detail.get("GroupPolicyList", ())),
        attached=_attached(detail.get("AttachedManagedPolicies", ())),
    )


def role_entity(detail: Mapping[str, Any]) -> RoleEntity:
    """Read a RoleDetail of GetAccountAuthorizationDetails."""
    return RoleEntity(
        entity=Entity(
            name=detail["RoleName"],
            unique_id=detail["RoleId"],
            arn=detail["Arn"],
            inline=_inline(detail.get("RolePolicyList", ())),
            attached=_attached(detail.get("AttachedManagedPolicies", ())),
            boundary_arn=detail.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
            tags=tag_pairs(detail.get("Tags", ())),
        ),
        trust=_trust(detail["AssumeRolePolicyDocument"]),
        instance_profile=bool(detail.get("InstanceProfileList")),
    )


def _trust(document: str | Mapping[str, Any]) -> tuple[TrustStatement, ...]:
    """Read a trust policy; one that IAM has accepted and that cannot be read must not keep users from being judged."""
    try:
        return parse_trust(document)
    except PolicyDocumentError:
        return UNREADABLE_TRUST


def _inline(items: Iterable[Mapping[str, Any]]) -> tuple[Policy, ...]:
    policies = (Policy(name=item["PolicyName"], document=read_document(item["PolicyDocument"])) for item in items)
    return tuple(sorted(policies, key=lambda policy: policy.name))


def read_document(document: str | Mapping[str, Any]) -> PolicyDocument:
    """Read a document; one that IAM has accepted and that cannot be read must not keep all others from being judged."""
    try:
        return parse_document(document)
    except PolicyDocumentError:
        return UNREADABLE


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


def local_policy(detail: Mapping[str, Any]) -> Policy:
    """Read a ManagedPolicyDetail: the one version that is in force."""
    document = read_document(default_version(detail)["Document"])
    return Policy(name=detail["PolicyName"], arn=detail["Arn"], document=document)


def default_version(detail: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the version in force of a ManagedPolicyDetail, as IAM sent it."""
    for version in detail["PolicyVersionList"]:
        if version["VersionId"] == detail["DefaultVersionId"]:
            found: Mapping[str, Any] = version
            return found
    raise ReadError(
        f"IAM returned no default version of {detail['Arn']}.",
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


def shared(groups: Iterable[Entity] = (), policies: Iterable[Policy] = ()) -> Shared:
    """Make what users share out of the groups and customer-managed policies of an account."""
    by_arn = {policy.arn: policy for policy in policies if policy.arn}
    return Shared(
        policies=by_arn,
        attachments={group.name: _attachments(group, by_arn, group=group.name) for group in groups},
    )


def _attachments(entity: Entity, policies: Mapping[str, Policy], group: str | None = None) -> tuple[Attachment, ...]:
    managed = (policies.get(policy.arn or "", policy) for policy in entity.attached)
    return tuple(Attachment(policy=policy, group=group) for policy in (*managed, *entity.inline))


def join(user: Entity, known: Shared, *, mfa_devices: tuple[MfaDevice, ...]) -> IamUser:
    """Give the user the policies of its groups, and the policies their documents, as far as they were read."""
    attachments = _attachments(user, known.policies)
    for name in sorted(user.groups):
        if name not in known.attachments:
            raise ReadError(
                f"Group {name} was deleted while the account was read; run the command again.",
                action="iam:GetAccountAuthorizationDetails",
                code="Inconsistent",
            )
        attachments += known.attachments[name]
    return IamUser(
        user_name=user.name,
        user_id=user.unique_id,
        arn=user.arn,
        attachments=attachments,
        boundary=_boundary(user, known),
        tags=user.tags,
        groups=tuple(sorted(user.groups)),
        mfa_devices=mfa_devices,
    )


def _boundary(entity: Entity, known: Shared) -> Policy | None:
    if entity.boundary_arn is None:
        return None
    return known.policies.get(entity.boundary_arn) or managed_policy(
        entity.boundary_arn, entity.boundary_arn.rsplit("/", 1)[-1]
    )


def make_group(entity: Entity, known: Shared) -> Group:
    """Make a group; the policies that could not be read, because they are gone by now, are left out."""
    return Group(group_name=entity.name, arn=entity.arn, attachments=_read(known.attachments[entity.name]))


def make_role(role: RoleEntity, known: Shared) -> Role:
    """Make a role, as `make_group` makes a group."""
    entity = role.entity
    boundary = _boundary(entity, known)
    return Role(
        role_name=entity.name,
        arn=entity.arn,
        attachments=_read(_attachments(entity, known.policies)),
        boundary=boundary if boundary and boundary.document else None,
        trust=role.trust,
        instance_profile=role.instance_profile,
        tags=entity.tags,
    )


def without_vanished(user: IamUser) -> IamUser:
    """Leave out the policies of a user that could not be read, because they are gone by now."""
    boundary = user.boundary if user.boundary and user.boundary.document else None
    return replace(user, attachments=_read(user.attachments), boundary=boundary)


def _read(attachments: tuple[Attachment, ...]) -> tuple[Attachment, ...]:
    # Nearly always all of them: then nothing is made anew.
    if all(attachment.policy.document for attachment in attachments):
        return attachments
    return tuple(attachment for attachment in attachments if attachment.policy.document)


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
