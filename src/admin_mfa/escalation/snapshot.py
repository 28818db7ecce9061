"""All principals and policies of an account at one time: the values that the search for ways starts from."""

from dataclasses import dataclass

from admin_mfa.model import IamUser
from admin_mfa.statements import Attachment, Condition, Effect, Policy, PolicyDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustStatement:
    """One statement of a role's trust policy: who may assume the role.

    Attributes:
        effect: As in `Statement`.
        actions: Lower-case patterns, as in `Statement`; exactly one of this and `not_actions` is given.
        not_actions: Likewise.
        principals: Kind (`AWS`, `Service`, `Federated`, `CanonicalUser`) and value; a bare `*` is `AWS`, `*`.
        all_but: Whether the statement means everybody except the principals (NotPrincipal).
        conditions: As in `Statement`.
        unreadable: Whether it stands for a trust policy that could not be read.
    """

    effect: Effect
    actions: tuple[str, ...] | None = None
    not_actions: tuple[str, ...] | None = None
    principals: tuple[tuple[str, str], ...] = ()
    all_but: bool = False
    conditions: tuple[Condition, ...] = ()
    unreadable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """One IAM role of the account.

    Attributes:
        role_name: Unique in the account.
        arn: Contains the path.
        attachments: The role's policies.
        boundary: The permissions boundary, which grants nothing.
        trust: The statements of the trust policy.
        instance_profile: Whether an instance profile holds the role, so that EC2 instances can run under it.
        tags: Key and value pairs.
    """

    role_name: str
    arn: str
    attachments: tuple[Attachment, ...] = ()
    boundary: Policy | None = None
    trust: tuple[TrustStatement, ...] = ()
    instance_profile: bool = False
    tags: tuple[tuple[str, str], ...] = ()

    @property
    def guarded_by_aws(self) -> bool:
        """Whether AWS alone may pass and change the role: service-linked ones, and those of IAM Identity Center.

        Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html
        """
        return self.arn.split(":", 5)[-1].startswith(("role/aws-service-role/", "role/aws-reserved/"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One IAM group of the account."""

    group_name: str
    arn: str
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """All principals and policies of an account at one time; read where one user's rights depend on the others'.

    Attributes:
        users: Every user, policies with their documents.
        groups: Every group, also those without policies or members.
        roles: Every role.
        policies: Every customer-managed policy, also those that are attached to nothing.
        other_versions: By the ARN of a customer-managed policy, the documents of the versions that are not in force.
    """

    users: tuple[IamUser, ...] = ()
    groups: tuple[Group, ...] = ()
    roles: tuple[Role, ...] = ()
    policies: tuple[Policy, ...] = ()
    other_versions: tuple[tuple[str, tuple[PolicyDocument, ...]], ...] = ()
