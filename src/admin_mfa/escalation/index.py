"""Look-up tables over one account: who carries, trusts, belongs to and may run what.

Built once from a snapshot and read-only afterwards, so that the search asks a table where it would otherwise look at
every principal.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from admin_mfa.escalation.arn_pattern import arn_pattern
from admin_mfa.escalation.snapshot import Group, Role, Snapshot
from admin_mfa.escalation.trust import TrustPolicy
from admin_mfa.escalation.ways import WAYS, Subject, Trust, Way
from admin_mfa.model import IamUser
from admin_mfa.policy.coverage import Account
from admin_mfa.statements import Policy

Principal = IamUser | Role


class ArnIndex:
    """Finds the principals, groups or policies whose ARN a pattern matches."""

    __slots__ = ("_by_name", "_found", "_found_together", "arns")

    def __init__(self, arns: Iterable[str]) -> None:
        self.arns = frozenset(arns)
        self._by_name = by_key((arn.rsplit("/", 1)[-1], arn) for arn in self.arns)
        self._found: dict[str, frozenset[str]] = {}
        self._found_together: dict[frozenset[str], frozenset[str]] = {}

    def matching_any(self, patterns: frozenset[str]) -> frozenset[str]:
        """Return the ARNs that some prepared pattern matches."""
        if patterns not in self._found_together:
            self._found_together[patterns] = frozenset[str]().union(*map(self.matching, patterns))
        return self._found_together[patterns]

    def matching(self, prepared: str) -> frozenset[str]:
        """Return the ARNs that a prepared pattern matches."""
        if prepared not in self._found:
            pattern = arn_pattern(prepared)
            # `user/*/${aws:username}` differs from user to user: look one name up instead of trying every ARN.
            candidates = self.arns if pattern.name is None else self._by_name.get(pattern.name, frozenset())
            self._found[prepared] = frozenset(arn for arn in candidates if pattern.matches(arn))
        return self._found[prepared]


class AccountIndex:
    """The tables over one account.

    Args:
        snapshot: The account as it was read. Roles that only AWS may pass and change are left out.

    Attributes:
        principals: Users and roles by ARN.
        groups: Groups by name.
        groups_by_arn: Groups by ARN.
        members: User ARNs by group name.
        trusts: Trust policies by role ARN.
        unreadable_trusts: The ARNs of the roles whose trust policy could not be read.
        trusted: Role ARNs by what their trust policies name: an ARN, an account id or `*`.
        policies: Customer-managed policies by ARN, also those that are attached to nothing.
        former_versions: Customer-managed policies by ARN, in the versions that are not in force.
        bounded: Principal ARNs by the customer-managed policy that is their permissions boundary.
        trusting_account: The ARNs of the roles whose trust policy names the account as a whole.
        arns: An `ArnIndex` of users and one of roles.
        policy_arns: An `ArnIndex` of the customer-managed policies.
        group_arns: An `ArnIndex` of groups.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        roles = {role.arn: role for role in snapshot.roles if not role.guarded_by_aws}
        users = {user.arn: user for user in snapshot.users}
        self.principals: Mapping[str, Principal] = {**users, **roles}
        self.groups = {group.group_name: group for group in snapshot.groups}
        self.groups_by_arn = {group.arn: group for group in snapshot.groups}
        self.members = by_key((name, user.arn) for user in users.values() for name in user.groups)
        self.trusts = {arn: TrustPolicy(role) for arn, role in roles.items()}
        self.unreadable_trusts = frozenset(arn for arn, trust in self.trusts.items() if trust.unreadable)
        self.trusted = by_key((value, arn) for arn, trust in self.trusts.items() for value in trust.named)
        attached = {a.policy.arn: a.policy for holder in self._holders(snapshot) for a in holder.attachments}
        self.policies: Mapping[str, Policy] = {
            arn: policy
            for arn, policy in (attached | {policy.arn: policy for policy in snapshot.policies}).items()
            if arn and not policy.aws_managed
        }
        self.bounded = by_key(
            (who.boundary.arn, arn)
            for arn, who in self.principals.items()
            if who.boundary and not who.boundary.aws_managed
        )
        self.former_versions = {
            arn: tuple(Policy(name=arn.rsplit("/", 1)[-1], arn=arn, document=document) for document in documents)
            for arn, documents in snapshot.other_versions
        }
        account = Account.of(next(iter(self.principals), ""))
        whole_account = (account.account_id, f"arn:{account.partition}:iam::{account.account_id}:root")
        self.trusting_account = union(self.trusted, whole_account)
        self.arns = {Subject.USER: ArnIndex(users), Subject.ROLE: ArnIndex(roles)}
        self.policy_arns = ArnIndex((*self.policies, *self.bounded))
        self.group_arns = ArnIndex(self.groups_by_arn)
        self._runnable = {
            way.name: frozenset(arn for arn in roles if self.runs(way, roles[arn]))
            for way in WAYS
            if way.trust not in (None, Trust.PRINCIPAL)
        }

    def _holders(self, snapshot: Snapshot) -> Iterator[Principal | Group]:
        yield from self.principals.values()
        yield from snapshot.groups

    @cached_property
    def carriers(self) -> Mapping[str, frozenset[str]]:
        """Principal ARNs by the customer-managed policy that they carry. Most accounts are judged without it."""
        return by_key(
            (attachment.policy.arn, arn)
            for arn, principal in self.principals.items()
            for attachment in principal.attachments
            if attachment.policy.arn in self.policies
        )

    def holds(self, principal: Principal) -> bool:
        """Whether the principal is in the account with exactly these policies."""
        known = self.principals.get(principal.arn)
        return known is not None and known.attachments == principal.attachments

    def runnable(self, way: Way) -> frozenset[str]:
        """Return the roles that trust the service or the identity provider of a way."""
        return self._runnable[way.name]

    def runs(self, way: Way, role: Principal) -> bool:
        """Whether the role trusts the service or the identity provider of a way, and EC2 can use it where it must."""
        if not isinstance(role, Role) or (way.instance_profile and not role.instance_profile):
            return False
        trust = self.trusts[role.arn]
        match way.trust, way.service:
            case Trust.SERVICE, str(service):
                return trust.trusts_service(service)
            case Trust.WEB_IDENTITY, str(service):
                return trust.trusts_web_identities_of(service)
            case Trust.SAML, _:
                return bool(trust.saml_providers)
            case _:
                return False


def subject_of(principal: Principal) -> Subject:
    """Return whether a principal is a user or a role."""
    return Subject.ROLE if isinstance(principal, Role) else Subject.USER


def groups_of(principal: Principal) -> tuple[str, ...]:
    """Return the names of a principal's groups; a role has none."""
    return () if isinstance(principal, Role) else principal.groups


def carried(principal: Principal | Group) -> list[Policy]:
    """Return the customer-managed policies of a principal, each once, those of its groups among them."""
    return list(
        {
            policy.arn: policy
            for attachment in principal.attachments
            if (policy := attachment.policy).arn and not policy.aws_managed
        }.values()
    )


def by_key(pairs: Iterable[tuple[str | None, str]]) -> dict[str, frozenset[str]]:
    """Group values by key; pairs without a key are dropped."""
    found: dict[str, set[str]] = {}
    for key, value in pairs:
        if key is not None:
            found.setdefault(key, set()).add(value)
    return {key: frozenset(values) for key, values in found.items()}


def union(found: Mapping[str, frozenset[str]], keys: Iterable[str]) -> frozenset[str]:
    """Return everything that some of the keys lead to."""
    return frozenset[str]().union(*(found.get(key, frozenset()) for key in keys))
