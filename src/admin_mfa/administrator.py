"""Who is an administrator: policy documents in, grants out.

The definition, in the words of the rule parameter `AdministratorDefinition`:

`AdministratorAccess`
    The AWS managed policy of that name, attached to the user or to one of the user's groups, matched by its ARN in
    any partition: a customer's policy of the same name is something else.
`FullAccess`
    Also users whose Allow statements are full access, in one policy or in several together. Statements are *full
    access* when they allow

    - on every resource of the account, or on all but a part (NotResource), every action of all services but IAM, by
      patterns or service by service, or everything except a list (NotAction) that does not name every service; and
    - all of IAM: by a NotAction that leaves IAM in, or every published action on the users, groups, roles and
      policies that it can be on, by whatever patterns.

    So `NotAction: s3:*` is full access but for a corner, and PowerUserAccess is not, unless IAMFullAccess or `iam:*`
    on IAM's own ARNs stands beside it. Conditions clear nobody: they can be met. A policy that could not be read
    counts as full access, and the grant is marked.
`Escalation`
    Also users who can make themselves administrator in one of the known ways, alone or through others. That depends
    on the whole account, so it is found by `admin_mfa.escalation.search` and not here.

A policy listed in `AdditionalAdminPolicyArns` makes an administrator under every definition.

With `PrivilegeModel=effective`, an unconditional Deny of every action on every resource clears, and so does a
permissions boundary that is not itself full access, unless the user may delete the boundary from itself. With
`attached` nothing clears.

Source of the idea of full administrative privileges: CIS AWS Foundations Benchmark, "Ensure IAM policies that allow
full *:* administrative privileges are not attached",
https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html#iam-1
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache

from admin_mfa.model import AdminGrant, GrantSource, IamUser, Unread
from admin_mfa.parameters import AdministratorDefinition, Parameters, PrivilegeModel
from admin_mfa.policy.aws_managed import NEVER_ALLOWED, others_at_most, published
from admin_mfa.policy.coverage import (
    Account,
    covers,
    covers_beside_iam,
    every_resource,
    every_resource_exactly,
    iam_actions,
    iam_allowed,
    leaves_iam,
    leaves_iam_resources,
    leaves_services,
    may_allow,
    may_matter,
)
from admin_mfa.statements import Attachment, Effect, Policy, PolicyDocument, Statement

_ADMINISTRATOR_ACCESS = re.compile(r"arn:aws[a-z-]*:iam::aws:policy/AdministratorAccess")


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
    account = Account.of(user.arn)
    grants = attached_grants(user.attachments, parameters, account)
    # What has been read can be enough; the rest need not be read then.
    if not grants and (unread := _unread_allowing(user.attachments, parameters, account)):
        return Unread(policy_arns=unread)
    if not grants or parameters.privilege_model is PrivilegeModel.ATTACHED:
        return grants
    policies = [attachment.policy for attachment in user.attachments]
    if user.boundary:
        policies.append(user.boundary)
    if unread := frozenset(policy.arn for policy in policies if policy.document is None and policy.arn):
        return Unread(policy_arns=unread)
    if denies_everything(policies) or (withholds(user.boundary, account) and not _may_delete_boundary(user)):
        return ()
    return doubted(grants, user.attachments, user.boundary)


def _may_delete_boundary(user: IamUser) -> bool:
    """Whether the user may delete its own permissions boundary: its policies and the boundary must both allow that.

    Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUserPermissionsBoundary.html
    """
    values = {
        "aws:username": user.user_name,
        "aws:userid": user.user_id,
        "aws:principalaccount": Account.of(user.arn).account_id,
        **{f"aws:principaltag/{key.lower()}": value for key, value in user.tags},
    }
    held = _statements(attachment.policy for attachment in user.attachments)
    bounds = _statements([user.boundary] if user.boundary else [])
    return all(may_allow(found, "iam:deleteuserpermissionsboundary", user.arn, values) for found in (held, bounds))


def _statements(policies: Iterable[Policy]) -> list[Statement]:
    return [statement for policy in policies if policy.document for statement in policy.document.statements]


def doubted(
    grants: tuple[AdminGrant, ...], attachments: Sequence[Attachment], boundary: Policy | None
) -> tuple[AdminGrant, ...]:
    """Add to each grant the policies that could clear and could not be read; for `PrivilegeModel=effective`."""
    holding = [*attachments, *([Attachment(policy=boundary)] if boundary else [])]
    unreadable = [GrantSource.of(attachment) for attachment in holding if attachment.policy.unreadable]
    if not unreadable:
        return grants
    return tuple(replace(grant, sources=tuple(dict.fromkeys((*grant.sources, *unreadable)))) for grant in grants)


def attached_grants(
    attachments: Sequence[Attachment], parameters: Parameters, account: Account
) -> tuple[AdminGrant, ...]:
    """Return what makes the holder of some policies an administrator; Deny and permissions boundaries are ignored.

    Args:
        attachments: The policies of a user, a group or a role; those without a document allow nothing.
        parameters: The definition of administrator.
        account: The account of the user, group or role.
    """
    alone = tuple(
        AdminGrant(sources=(_source(attachment, parameters),))
        for attachment in attachments
        if makes_administrator(attachment.policy, parameters, account)
    )
    narrow = parameters.administrator_definition is AdministratorDefinition.ADMINISTRATOR_ACCESS
    if narrow or not all(grant.unreadable for grant in alone):
        return alone
    # Without a policy that is enough alone, or only with policies that are unreadable: then the others may be enough.
    readable = [attachment for attachment in attachments if not attachment.policy.unreadable]
    return (*_granted_together(readable, account), *alone)


def _source(attachment: Attachment, parameters: Parameters) -> GrantSource:
    source = GrantSource.of(attachment)
    return replace(source, unreadable=False) if _named(attachment.policy, parameters) else source


def _named(policy: Policy, parameters: Parameters) -> bool:
    """Whether the policy makes an administrator by its ARN, whatever its document says."""
    return policy.arn is not None and (
        policy.arn in parameters.additional_admin_policy_arns or _ADMINISTRATOR_ACCESS.fullmatch(policy.arn) is not None
    )


def makes_administrator(policy: Policy, parameters: Parameters, account: Account) -> bool:
    """Whether a policy alone makes its holder an administrator; Deny and permissions boundaries are ignored."""
    if _named(policy, parameters):
        return True
    if parameters.administrator_definition is AdministratorDefinition.ADMINISTRATOR_ACCESS:
        return False
    return _full_access_together(_relevant(policy), account)


def full_access(statements: Iterable[Statement], account: Account) -> bool:
    """Whether Allow statements, taken together, are full access as the module defines it. Deny is ignored here."""
    allowed = _with_resources_joined(statement for statement in statements if statement.effect is Effect.ALLOW)
    wide = [statement for statement in allowed if every_resource(statement, account)]
    if any(_allows_but(s) and leaves_iam(s.not_actions or ()) and leaves_iam_resources(s, account) for s in wide):
        return True
    return _all_but_iam(wide) and iam_allowed(allowed, account)


def _all_but_iam(wide: Sequence[Statement]) -> bool:
    """Whether Allow statements on every resource allow all services but IAM, or everything except a list."""
    return any(map(_allows_but, wide)) or covers_beside_iam(p for s in wide for p in s.actions or ())


def _with_resources_joined(statements: Iterable[Statement]) -> list[Statement]:
    """Join the statements of the same actions, because together they can name every resource."""
    resources: dict[tuple[str, ...], tuple[str, ...]] = {}
    others: list[Statement] = []
    for statement in statements:
        if statement.actions is None or statement.resources is None:
            others.append(statement)
        else:
            resources[statement.actions] = resources.get(statement.actions, ()) + statement.resources
    return [Statement(effect=Effect.ALLOW, actions=a, resources=r) for a, r in resources.items()] + others


def denies_everything(policies: Iterable[Policy]) -> bool:
    """Whether policies together deny every action on every resource, unconditionally."""
    denied = [
        statement
        for statement in _statements(policies)
        if statement.effect is Effect.DENY and not statement.conditions and every_resource_exactly(statement)
    ]
    return covers(pattern for statement in denied for pattern in statement.actions or ())


def withholds(boundary: Policy | None, account: Account) -> bool:
    """Whether a permissions boundary keeps its user or role from being an administrator; no boundary never does."""
    if boundary is None:
        return False
    return denies_everything((boundary,)) or not _full_access_together(_relevant(boundary), account)


def _relevant(policy: Policy) -> frozenset[Statement]:
    return _relevant_statements(policy.document) if policy.document else frozenset()


# The same few documents reach thousands of users, and so do the same unions of them: each is looked into once.
@lru_cache(maxsize=8192)
def _relevant_statements(document: PolicyDocument) -> frozenset[Statement]:
    """Return the Allow statements on many resources: all that can matter, and of most documents few."""
    return frozenset(s for s in document.statements if s.effect is Effect.ALLOW and may_matter(s))


@lru_cache(maxsize=8192)
def _full_access_together(relevant: frozenset[Statement], account: Account) -> bool:
    return full_access(relevant, account)


def _all_relevant(attachments: Iterable[Attachment]) -> frozenset[Statement]:
    return frozenset[Statement]().union(*(_relevant(attachment.policy) for attachment in attachments))


def _allows_but(statement: Statement) -> bool:
    """Whether a statement allows everything except a list, and the list leaves a service other than IAM."""
    return statement.not_actions is not None and leaves_services(statement.not_actions)


def _granted_together(attachments: Sequence[Attachment], account: Account) -> tuple[AdminGrant, ...]:
    """Return the policies that only together are full access, none that could be left out."""
    if not _full_access_together(_all_relevant(attachments), account):
        return ()
    needed = list(attachments)
    for attachment in reversed(attachments):
        others = [other for other in needed if other is not attachment]
        if _full_access_together(_all_relevant(others), account):
            needed = others
    return (AdminGrant(sources=tuple(map(GrantSource.of, needed))),)


def _unread_allowing(attachments: Sequence[Attachment], parameters: Parameters, account: Account) -> frozenset[str]:
    """Return the unread policies that could complete a full access.

    A customer's policy can be anything. The AWS managed ones that are not in `AWS_MANAGED` allow no more together than
    `others_at_most`, if they were published when the table was made: one can complete IAM and another the services. A
    newer one counts where it could complete the half that is missing: everything but IAM, or IAM.
    """
    if parameters.administrator_definition is AdministratorDefinition.ADMINISTRATOR_ACCESS:
        return frozenset()
    unread = [a.policy for a in attachments if a.policy.document is None and a.policy.arn]
    if not unread:
        return frozenset()
    held = _all_relevant(attachments)
    half = _half(held, account)
    whole = _holds_what_is_never_allowed(held) and _full_access_together(held | {others_at_most()}, account)
    return frozenset(
        policy.arn
        for policy in unread
        if policy.arn and (not policy.aws_managed or whole or (half and not published(policy.arn)))
    )


def _holds_what_is_never_allowed(relevant: frozenset[Statement]) -> bool:
    """Whether the actions of IAM are there that no other policy of AWS allows; of most users this is all to look at."""
    return frozenset[str]().union(*map(iam_actions, relevant)) >= NEVER_ALLOWED


@lru_cache(maxsize=8192)
def _half(relevant: frozenset[Statement], account: Account) -> bool:
    """Whether Allow statements allow all of IAM, or everything but IAM."""
    return iam_allowed(relevant, account) or _all_but_iam([s for s in relevant if every_resource(s, account)])
