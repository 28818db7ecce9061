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
    Also whoever can become administrator in one of the known ways, alone or over others: `admin_mfa.escalation.ways` is
    the table of them, `admin_mfa.escalation.search` judges by it. That takes the whole account, see `survey`.

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

from admin_mfa.escalation.search import Account, Definition
from admin_mfa.model import (
    AdminGrant,
    Attachment,
    Effect,
    Fact,
    IamUser,
    Policy,
    PolicyDocument,
    Snapshot,
    Statement,
    Unread,
)
from admin_mfa.parameters import AdministratorDefinition, Parameters, PrivilegeModel
from admin_mfa.policy.document import covers, every_resource, every_resource_exactly, parse_document

_ADMINISTRATOR_ACCESS = re.compile(r"arn:aws[a-z-]*:iam::aws:policy/AdministratorAccess")
_IAM = "iam:"


def _statement(effect: str, **elements: object) -> dict[str, object]:
    return {"Effect": effect, "Resource": "*", **elements}


# The AWS managed policies whose documents decide something: of all that AWS publishes, these alone allow every
# action, everything but a list, or all of IAM, or deny every action. Knowing them saves two calls each, and knowing
# that no other does saves the calls for all others. Statements that cannot matter (single actions) are left out.
# tests/policy/test_aws_managed.py compares the table with the published documents.
AWS_MANAGED: dict[str, PolicyDocument] = {
    name: parse_document({"Statement": statement})
    for name, statement in {
        "AdministratorAccess": _statement("Allow", Action="*"),
        "PowerUserAccess": _statement("Allow", NotAction=["iam:*", "organizations:*", "account:*"]),
        "IAMFullAccess": _statement("Allow", Action="iam:*"),
        "AWSDenyAll": _statement("Deny", Action="*"),
        # Reachable only through AWS's MCP servers, but a condition clears nobody.
        "AWSMcpServiceActionsFullAccess": _statement(
            "Allow", Action="*", Condition={"Bool": {"aws:IsMcpServiceAction": "true"}}
        ),
        "AIDevOpsAgentActionsPolicy": _statement(
            "Allow",
            NotAction=[
                f"{service}:*"
                for service in (
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
            ],
        ),
    }.items()
}


def find_grants(
    user: IamUser, parameters: Parameters, account: Account | None = None
) -> tuple[AdminGrant, ...] | Unread:
    """Say what makes the user an administrator, or what must be read before that can be said.

    Args:
        user: As far as it has been read.
        parameters: The definition of administrator and the privilege model.
        account: What `survey` made of the whole account; only `Escalation` needs it.

    Returns:
        The grants, in the order of the user's attachments or of the table of ways; empty for a user who is no
        administrator. Or an `Unread` with the policies that the answer depends on and no others, or with the
        snapshot if that is what is missing.
    """
    if parameters.administrator_definition is AdministratorDefinition.ESCALATION:
        if account is None:
            return Unread(facts=frozenset((Fact.SNAPSHOT,)))
        return account.grants(user) or account.ways(user)
    grants = _attached_grants(user, parameters)
    if isinstance(grants, Unread) or not grants or parameters.privilege_model is PrivilegeModel.ATTACHED:
        return grants
    cleared = _cleared(user)
    if isinstance(cleared, Unread):
        return cleared
    return () if cleared else grants


def survey(snapshot: Snapshot, parameters: Parameters) -> Account:
    """Find everybody who is or can become administrator of an account, once for all of its users.

    Args:
        snapshot: The account; every policy has its document.
        parameters: As for `find_grants`.
    """
    effective = parameters.privilege_model is PrivilegeModel.EFFECTIVE
    return Account(
        snapshot,
        Definition(
            grants=_Remembered(parameters).grants,
            denied=lambda attachments: effective and _denied(attachment.policy for attachment in attachments),
            bounded=lambda boundary: effective and boundary is not None and _withholds(boundary),
            effective=effective,
        ),
    )


class _Remembered:
    """The definition for a whole account: each policy is looked into once, and each union of policies."""

    def __init__(self, parameters: Parameters) -> None:
        self._parameters = parameters
        # By the document's identity, because comparing documents costs more than judging them; kept beside it.
        self._policies: dict[tuple[str | None, int], tuple[Policy, bool, frozenset[Statement]]] = {}
        self._together: dict[frozenset[Statement], bool] = {}

    def grants(self, attachments: tuple[Attachment, ...]) -> tuple[AdminGrant, ...]:
        known = [self._policy(attachment.policy) for attachment in attachments]
        if any(alone for _, alone, _ in known):
            return _single(attachments, self._parameters)
        wide = frozenset[Statement]().union(*(statements for _, _, statements in known))
        if wide not in self._together:
            self._together[wide] = full_access(wide)
        return _grant_together(attachments) if self._together[wide] else ()

    def _policy(self, policy: Policy) -> tuple[Policy, bool, frozenset[Statement]]:
        key = (policy.arn, id(policy.document))
        if key not in self._policies:
            self._policies[key] = (policy, makes_administrator(policy, self._parameters), frozenset(_wide(policy)))
        return self._policies[key]


def _attached_grants(user: IamUser, parameters: Parameters) -> tuple[AdminGrant, ...] | Unread:
    single = _single(user.attachments, parameters)
    if single or parameters.administrator_definition is AdministratorDefinition.ADMINISTRATOR_ACCESS:
        return single
    # What has been read can be enough; what has not could then be left out.
    together = _grant_together(user.attachments)
    if not together and (unread := _unread_allowing(user.attachments)):
        return Unread(policy_arns=unread)
    return together


def _single(attachments: Iterable[Attachment], parameters: Parameters) -> tuple[AdminGrant, ...]:
    """Name the policies each of which alone makes an administrator."""
    return tuple(
        AdminGrant(policy=attachment.policy.name, via=attachment.via)
        for attachment in attachments
        if makes_administrator(attachment.policy, parameters)
    )


def makes_administrator(policy: Policy, parameters: Parameters) -> bool:
    """Whether a policy alone makes an administrator of whoever holds it, Deny and boundary left aside."""
    if policy.arn and (
        _ADMINISTRATOR_ACCESS.fullmatch(policy.arn) or policy.arn in parameters.additional_admin_policy_arns
    ):
        return True
    if parameters.administrator_definition is AdministratorDefinition.ADMINISTRATOR_ACCESS:
        return False
    return full_access(_wide(policy))


def _statements(policy: Policy) -> tuple[Statement, ...]:
    return policy.document.statements if policy.document else ()


def _wide(policy: Policy) -> tuple[Statement, ...]:
    return _wide_statements(policy.document) if policy.document else ()


@lru_cache(maxsize=8192)
def _wide_statements(document: PolicyDocument) -> tuple[Statement, ...]:
    """Return the Allow statements on every resource: all that can matter, and of most documents none."""
    return tuple(s for s in document.statements if s.effect is Effect.ALLOW and every_resource(s))


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


def _actions(statements: Iterable[Statement]) -> list[str]:
    return [pattern for statement in statements for pattern in statement.actions or ()]


def _allows_but(statement: Statement) -> bool:
    """Whether a statement allows everything except a list, and the list leaves something."""
    return statement.not_actions is not None and not covers(statement.not_actions)


def _grant_together(attachments: Sequence[Attachment]) -> tuple[AdminGrant, ...]:
    """Name the policies that only together are full access, none that could be left out."""
    needed = list(attachments)
    if not full_access(_all_wide(needed)):
        return ()
    for attachment in reversed(attachments):
        others = [other for other in needed if other is not attachment]
        if full_access(_all_wide(others)):
            needed = others
    parts = tuple(AdminGrant(policy=attachment.policy.name, via=attachment.via) for attachment in needed)
    return (
        AdminGrant(
            policy=" + ".join(part.policy for part in parts),
            via=" + ".join(part.via for part in parts),
            together=parts,
        ),
    )


def _all_wide(attachments: Iterable[Attachment]) -> list[Statement]:
    return [statement for attachment in attachments for statement in _wide(attachment.policy)]


def _unread_allowing(attachments: Sequence[Attachment]) -> frozenset[str]:
    """Return the unread policies that could complete a full access.

    A customer's policy can be anything. An AWS managed one that is not in `AWS_MANAGED` can at most complete what
    stands one half: everything but IAM, or IAM.
    """
    unread = [a.policy for a in attachments if a.policy.document is None and a.policy.arn]
    wide = _all_wide(attachments)
    half = covers(_actions(wide), _IAM) or any(_allows_but(statement) for statement in wide)
    return frozenset(policy.arn for policy in unread if policy.arn and (half or not policy.aws_managed))


def _cleared(user: IamUser) -> bool | Unread:
    policies = [attachment.policy for attachment in user.attachments]
    if user.boundary:
        policies.append(user.boundary)
    if unread := frozenset(policy.arn for policy in policies if policy.document is None and policy.arn):
        return Unread(policy_arns=unread)
    return _denied(policies) or (user.boundary is not None and _withholds(user.boundary))


def _denied(policies: Iterable[Policy]) -> bool:
    """Whether policies together deny every action on every resource, unconditionally."""
    denied = [
        statement
        for policy in policies
        for statement in _statements(policy)
        if statement.effect is Effect.DENY and not statement.conditions and every_resource_exactly(statement)
    ]
    return covers(_actions(denied))


def _withholds(boundary: Policy) -> bool:
    return _denied((boundary,)) or not full_access(_statements(boundary))
