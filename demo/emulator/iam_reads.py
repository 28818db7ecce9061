"""How IAM's objects look in its answers."""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from moto.iam.models import Group, ManagedPolicy, Role, User, VirtualMfaDevice

from .iam_state import AccountIam, boundary_of

Answer = dict[str, Any]


@lru_cache(maxsize=4096)
def encoded(document: str) -> str:
    """A policy document as IAM sends it: percent-encoded after RFC 3986.

    Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_PolicyVersion.html
    """
    return quote(document, safe="")


def inline(policies: dict[str, str]) -> list[Answer]:
    """Inline policies as lists of details hold them."""
    return [{"PolicyName": name, "PolicyDocument": encoded(document)} for name, document in policies.items()]


def attached(policies: Iterable[ManagedPolicy]) -> list[Answer]:
    """Attached managed policies by name and ARN."""
    return [{"PolicyName": policy.name, "PolicyArn": policy.arn} for policy in policies]


def boundary(principal: Any) -> Answer | None:
    """A permissions boundary, as IAM's answers show it."""
    arn = boundary_of(principal)
    return {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn} if arn else None


def tags(iam: AccountIam, user: User) -> list[Answer]:
    """A user's tags."""
    found: list[Answer] = iam.backend.tagger.list_tags_for_resource(user.arn)["Tags"]
    return found


def user(found: User) -> Answer:
    """A user in a listing, which shows neither tags nor boundary.

    Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUsers.html
    """
    return {
        "Path": found.path,
        "UserName": found.name,
        "UserId": found.id,
        "Arn": found.arn,
        "CreateDate": found.create_date,
        "PasswordLastUsed": found.password_last_used,
    }


def full_user(iam: AccountIam, found: User) -> Answer:
    """A user with tags and boundary."""
    return {**user(found), "PermissionsBoundary": boundary(found), "Tags": tags(iam, found) or None}


def _user_detail(iam: AccountIam, groups: Sequence[Group], user: User) -> Answer:
    return {
        "Path": user.path,
        "UserName": user.name,
        "UserId": user.id,
        "Arn": user.arn,
        "CreateDate": user.create_date,
        # The service leaves this one out where there is nothing in it, and only this one.
        "UserPolicyList": inline(user.policies) or None,
        "GroupList": [group.name for group in groups],
        "AttachedManagedPolicies": attached(user.managed_policies.values()),
        "PermissionsBoundary": boundary(user),
        "Tags": tags(iam, user),
    }


def _group_detail(group: Group) -> Answer:
    return {
        "Path": group.path,
        "GroupName": group.name,
        "GroupId": group.id,
        "Arn": group.arn,
        "CreateDate": group.create_date,
        "GroupPolicyList": inline(group.policies),
        "AttachedManagedPolicies": attached(group.managed_policies.values()),
    }


def _role(role: Role) -> Answer:
    return {
        "Path": role.path,
        "RoleName": role.name,
        "RoleId": role.id,
        "Arn": role.arn,
        "CreateDate": role.create_date,
        "AssumeRolePolicyDocument": encoded(role.assume_role_policy_document),
    }


def _role_detail(iam: AccountIam, role: Role) -> Answer:
    return {
        **_role(role),
        "InstanceProfileList": [
            {
                "Path": profile.path,
                "InstanceProfileName": profile.name,
                "InstanceProfileId": profile.id,
                "Arn": profile.arn,
                "CreateDate": profile.create_date,
                "Roles": [_role(held) for held in profile.roles],
            }
            for profile in iam.backend.instance_profiles.values()
            if role in profile.roles
        ],
        "RolePolicyList": inline(role.policies),
        "AttachedManagedPolicies": attached(role.managed_policies.values()),
        "PermissionsBoundary": boundary(role),
        "Tags": [{"Key": tag["Key"], "Value": tag["Value"]} for tag in role.tags],
        "RoleLastUsed": {},
    }


def _policy_detail(bounded: dict[str, int], policy: ManagedPolicy) -> Answer:
    return {
        "PolicyName": policy.name,
        "PolicyId": policy.id,
        "Arn": policy.arn,
        "Path": policy.path,
        "DefaultVersionId": policy.default_version_id,
        "AttachmentCount": policy.attachment_count,
        "PermissionsBoundaryUsageCount": bounded.get(policy.arn, 0),
        "IsAttachable": True,
        "CreateDate": policy.create_date,
        "UpdateDate": policy.update_date,
        "PolicyVersionList": [
            {
                "Document": encoded(version.document),
                "VersionId": version.version_id,
                "IsDefaultVersion": version.is_default,
                "CreateDate": version.create_date,
            }
            for version in policy.versions
        ],
    }


def device(found: VirtualMfaDevice) -> Answer:
    """A virtual device in a listing; of an unassigned one there is only the serial number."""
    if found.user is None:
        return {"SerialNumber": found.serial_number}
    return {"SerialNumber": found.serial_number, "User": user(found.user), "EnableDate": found.enable_date}


def root_device(iam: AccountIam) -> Answer:
    """The root user's virtual device: its user has an ARN and an id but neither name nor path."""
    return {
        "SerialNumber": iam.root_device(),
        "User": {
            "UserId": iam.account_id,
            "Arn": iam.arn("root"),
            "CreateDate": iam.root.created,
            "PasswordLastUsed": iam.root.created,
        },
        "EnableDate": iam.root.created,
    }


_LISTS = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")
_EVERYTHING = ("User", "Group", "Role", "LocalManagedPolicy", "AWSManagedPolicy")


def authorization_items(iam: AccountIam, filters: Sequence[str]) -> list[tuple[str, Any]]:
    """What GetAccountAuthorizationDetails goes through: users, groups, roles and policies, in this order.

    Of AWS's own policies only those in use are here, attached or as a boundary.

    Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
    """
    wanted = set(filters or _EVERYTHING)
    backend = iam.backend
    bounded = boundary_counts(iam)
    found: list[tuple[str, Any]] = []
    if "User" in wanted:
        found += [("UserDetailList", user) for user in backend.users.values()]
    if "Group" in wanted:
        found += [("GroupDetailList", group) for group in backend.groups.values()]
    if "Role" in wanted:
        found += [("RoleDetailList", role) for role in backend.roles.values()]
    for policy in backend.managed_policies.values():
        of_aws = is_of_aws(policy.arn)
        in_use = not of_aws or policy.attachment_count > 0 or policy.arn in bounded
        if in_use and ("AWSManagedPolicy" if of_aws else "LocalManagedPolicy") in wanted:
            found.append(("Policies", policy))
    return found


def authorization_page(iam: AccountIam, items: Sequence[tuple[str, Any]]) -> Answer:
    """One page of GetAccountAuthorizationDetails: all four lists, each with its share of the items."""
    groups = iam.groups_by_user()
    bounded = boundary_counts(iam)
    detail: dict[str, Callable[[Any], Answer]] = {
        "UserDetailList": lambda user: _user_detail(iam, groups.get(id(user), ()), user),
        "GroupDetailList": _group_detail,
        "RoleDetailList": lambda role: _role_detail(iam, role),
        "Policies": lambda policy: _policy_detail(bounded, policy),
    }
    page: Answer = {name: [] for name in _LISTS}
    for name, item in items:
        page[name].append(detail[name](item))
    return page


def boundary_counts(iam: AccountIam) -> dict[str, int]:
    """How often each policy is somebody's permissions boundary."""
    found: dict[str, int] = {}
    for principal in iam.principals():
        arn = boundary_of(principal)
        if arn:
            found[arn] = found.get(arn, 0) + 1
    return found


def is_of_aws(arn: str) -> bool:
    """Whether a managed policy is AWS's own."""
    return arn.split(":")[4] == "aws"
