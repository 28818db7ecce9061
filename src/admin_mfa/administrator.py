"""Who is an administrator: policy documents in, grants out.

The definition, in the words of the rule parameter `AdministratorDefinition`:

`AdministratorAccess`
    The AWS managed policy of that name, attached to the user or to one of the user's groups, matched by its ARN in
    any partition: a customer's policy of the same name is something else.
`FullAccess`
    Also whoever's Allow statements are full access, in one policy or in several together. Statements are *full
    access* when, on every resource (or on all but a part),

    - their actions cover every action, or
    - one of them allows everything except a list (NotAction), and IAM is not in that list or is allowed by the
      others. So `NotAction: s3:*` is full access but for a corner, and PowerUserAccess is not, unless IAMFullAccess
      stands beside it.

    Conditions clear nobody: they can be met.
`Escalation`
    Also users who can make themselves administrator in one of the known ways, alone or through others. That depends
    on the whole account, so it is found by `admin_mfa.escalation.search` and not here.

A policy listed in `AdditionalAdminPolicyArns` makes an administrator under every definition.

With `PrivilegeModel=effective`, an unconditional Deny of every action on every resource clears, and so does a
permissions boundary that is not itself full access. With `attached` nothing clears.

Source of the idea of full administrative privileges: CIS AWS Foundations Benchmark, "Ensure IAM policies that allow
full *:* administrative privileges are not attached",
https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html#iam-1
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from admin_mfa.model import (
    AdminGrant,
    Attachment,
    Effect,
    GrantSource,
    IamUser,
    Policy,
    PolicyDocument,
    Statement,
    Unread,
)
from admin_mfa.parameters import AdministratorDefinition, Parameters, PrivilegeModel
from admin_mfa.policy.coverage import covers, every_resource, every_resource_exactly

_ADMINISTRATOR_ACCESS = re.compile(r"arn:aws[a-z-]*:iam::aws:policy/AdministratorAccess")
_IAM = "iam:"


def find_grants(user: IamUser, parameters: Parameters) -> tuple[AdminGrant, ...] | Unread:
    """Return what makes the user an administrator by what it holds, or what must be read before that is known.

    `Escalation` is taken for `FullAccess` here: what a user could do to become administrator is found by
    `admin_mfa.escalation.search`.

    Args:
        user: As far as it has been read.
        parameters: The definition of administrator and the privilege model.

    Returns:
        The grants, in the order of the user's attachments; empty for a user who is not an administrator. Or an
        `Unread` with the policies that the answer depends on, and no others.
    """
    grants = attached_grants(user.attachments, parameters)
    # What has been read can be enough; the rest need not be read then.
    if not grants and (unread := _unread_allowing(user.attachments, parameters)):
        return Unread(policy_arns=unread)
    if not grants or parameters.privilege_model is PrivilegeModel.ATTACHED:
        return grants
    policies = [attachment.policy for attachment in user.attachments]
    if user.boundary:
        policies.append(user.boundary)
    if unread := frozenset(policy.arn for policy in policies if policy.document is None and policy.arn):
        return Unread(policy_arns=unread)
    return () if denies_everything(policies) or withholds(user.boundary) else grants


def attached_grants(attachments: Sequence[Attachment], parameters: Parameters) -> tuple[AdminGrant, ...]:
    """Return what makes the holder of some policies an administrator; Deny and permissions boundaries are ignored.

    Args:
        attachments: The policies of a user, a group or a role; those without a document allow nothing.
        parameters: The definition of administrator.
    """
    alone = tuple(
        AdminGrant(sources=(GrantSource.of(attachment),))
        for attachment in attachments
        if makes_administrator(attachment.policy, parameters)
    )
    if alone or parameters.administrator_definition is AdministratorDefinition.ADMINISTRATOR_ACCESS:
        return alone
    return _granted_together(attachments)


def makes_administrator(policy: Policy, parameters: Parameters) -> bool:
    """Whether a policy alone makes its holder an administrator; Deny and permissions boundaries are ignored."""
    if policy.arn and (
        _ADMINISTRATOR_ACCESS.fullmatch(policy.arn) or policy.arn in parameters.additional_admin_policy_arns
    ):
        return True
    if parameters.administrator_definition is AdministratorDefinition.ADMINISTRATOR_ACCESS:
        return False
    return _full_access_together(_wide(policy))


def full_access(statements: Iterable[Statement]) -> bool:
    """Whether Allow statements, taken together, are full access as the module defines it. Deny is ignored here."""
    wide = [statement for statement in statements if statement.effect is Effect.ALLOW and every_resource(statement)]
    if not wide:
        return False
    allowed = _actions(wide)
    return covers(allowed) or any(
        _allows_but(statement) and (not covers(statement.not_actions or (), _IAM) or covers(allowed, _IAM))
        for statement in wide
    )


def denies_everything(policies: Iterable[Policy]) -> bool:
    """Whether policies together deny every action on every resource, unconditionally."""
    denied = [
        statement
        for policy in policies
        if policy.document
        for statement in policy.document.statements
        if statement.effect is Effect.DENY and not statement.conditions and every_resource_exactly(statement)
    ]
    return covers(_actions(denied))


def withholds(boundary: Policy | None) -> bool:
    """Whether a permissions boundary keeps its user or role from being an administrator; no boundary never does."""
    if boundary is None:
        return False
    return denies_everything((boundary,)) or not full_access(boundary.document.statements if boundary.document else ())


def _wide(policy: Policy) -> frozenset[Statement]:
    return _wide_statements(policy.document) if policy.document else frozenset()


# The same few documents reach thousands of users, and so do the same unions of them: each is looked into once.
@lru_cache(maxsize=8192)
def _wide_statements(document: PolicyDocument) -> frozenset[Statement]:
    """Return the Allow statements on every resource: all that can matter, and of most documents none."""
    return frozenset(s for s in document.statements if s.effect is Effect.ALLOW and every_resource(s))


@lru_cache(maxsize=8192)
def _full_access_together(wide: frozenset[Statement]) -> bool:
    return full_access(wide)


def _all_wide(attachments: Iterable[Attachment]) -> frozenset[Statement]:
    return frozenset[Statement]().union(*(_wide(attachment.policy) for attachment in attachments))


def _actions(statements: Iterable[Statement]) -> list[str]:
    return [pattern for statement in statements for pattern in statement.actions or ()]


def _allows_but(statement: Statement) -> bool:
    """Whether a statement allows everything except a list, and the list leaves something."""
    return statement.not_actions is not None and not covers(statement.not_actions)


def _granted_together(attachments: Sequence[Attachment]) -> tuple[AdminGrant, ...]:
    """Return the policies that only together are full access, none that could be left out."""
    if not _full_access_together(_all_wide(attachments)):
        return ()
    needed = list(attachments)
    for attachment in reversed(attachments):
        others = [other for other in needed if other is not attachment]
        if _full_access_together(_all_wide(others)):
            needed = others
    return (AdminGrant(sources=tuple(map(GrantSource.of, needed))),)


def _unread_allowing(attachments: Sequence[Attachment], parameters: Parameters) -> frozenset[str]:
    """Return the unread policies that could complete a full access.

    A customer's policy can be anything. An AWS managed one that is not in `AWS_MANAGED` can at most complete what
    stands one half: everything but IAM, or IAM.
    """
    if parameters.administrator_definition is AdministratorDefinition.ADMINISTRATOR_ACCESS:
        return frozenset()
    unread = [a.policy for a in attachments if a.policy.document is None and a.policy.arn]
    if not unread:
        return frozenset()
    wide = _all_wide(attachments)
    half = covers(_actions(wide), _IAM) or any(_allows_but(statement) for statement in wide)
    return frozenset(policy.arn for policy in unread if policy.arn and (half or not policy.aws_managed))
