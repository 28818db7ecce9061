"""An account as a whole: who is an administrator already, and who is one way or several away from it.

Built once for a run from a snapshot. The table of ways is `admin_mfa.escalation.ways`; here it is applied, round by
round: whoever can raise itself, or take an administrator of an earlier round, is one of the next. What is looked at are
IAM's own facts. Resources that carry a role, such as functions and instances, are not: a right to rewrite functions
counts where a role is an administrator and Lambda may assume it.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from admin_mfa.escalation.rights import Documents, Privileges, View
from admin_mfa.escalation.trust import TrustPolicy
from admin_mfa.escalation.ways import WAYS, Kind, On, Step, Subject, Trust, Way
from admin_mfa.model import AdminGrant, Attachment, Group, IamUser, Policy, Role, Snapshot
from admin_mfa.policy.conditions import Facts
from admin_mfa.policy.wildcard import arn_pattern, example

Principal = IamUser | Role

_RAISES = tuple(way for way in WAYS if way.kind is Kind.RAISE)
_TAKES = tuple(way for way in WAYS if way.kind is Kind.TAKE)
_NEEDED = {way.name: frozenset(step.action.lower() for step in way.steps) for way in WAYS}
_NEW = {Subject.NEW_USER: Subject.USER, Subject.NEW_ROLE: Subject.ROLE}
_NEW_NAME = "new-administrator"
_ATTACHES = frozenset(("iam:AttachUserPolicy", "iam:AttachGroupPolicy", "iam:AttachRolePolicy"))
_TAG_KEYS = ("iam:resourcetag", "aws:resourcetag")


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """What the definition of administrator says without any way; made by `admin_mfa.administrator`.

    Attributes:
        grants: What makes the holder of some policies an administrator, Deny and boundary left aside.
        denied: Whether policies hold an unconditional Deny of everything, where the privilege model minds.
        bounded: Whether a permissions boundary withholds full access, where the privilege model minds.
        effective: Whether Deny statements and boundaries count at all.
    """

    grants: Callable[[tuple[Attachment, ...]], tuple[AdminGrant, ...]]
    denied: Callable[[tuple[Attachment, ...]], bool]
    bounded: Callable[[Policy | None], bool]
    effective: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Use:
    """Rights that are used on one principal: what was done, by which policies, and what is worth saying of it."""

    way: Way
    attachments: tuple[Attachment, ...]
    trusted_by: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Actor:
    """A principal and its rights under one view."""

    principal: Principal
    rights: Privileges

    @property
    def arn(self) -> str:
        return self.principal.arn


class Account:
    """Answers for every user of one account in what ways it can become administrator.

    Args:
        snapshot: The account as it was read; every policy has its document.
        definition: Who is an administrator without any way.
    """

    def __init__(self, snapshot: Snapshot, definition: Definition) -> None:
        self._definition = definition
        self._view = View(effective=definition.effective)
        self._documents = Documents()
        roles = {role.arn: role for role in snapshot.roles if not role.guarded_by_aws}
        users = {user.arn: user for user in snapshot.users}
        self._principals: dict[str, Principal] = {**users, **roles}
        self._actors: dict[str, _Actor] = {}
        self._groups = {group.group_name: group for group in snapshot.groups}
        self._group_by_arn = {group.arn: group for group in snapshot.groups}
        self._members = _by_key((name, user.arn) for user in users.values() for name in user.groups)
        self._trusts = {arn: TrustPolicy(role) for arn, role in roles.items()}
        self._named_by = _by_key((value, arn) for arn, trust in self._trusts.items() for value in trust.named)
        self._runnable = {
            way.name: frozenset(arn for arn in roles if self._runs(way, roles[arn]))
            for way in _TAKES
            if way.trust is Trust.SERVICE
        }
        self._policies = _customer_policies((*users.values(), *roles.values(), *snapshot.groups))
        account = next((arn.split(":")[1:5] for arn in self._principals), ["aws", "iam", "", ""])
        self._whole_account = (account[3], f"arn:{account[0]}:iam::{account[3]}:root")
        self._carriers = _by_key((p.arn, arn) for arn, who in self._principals.items() for p in _carried(who))
        self._bounded_by = _by_key(
            (who.boundary.arn, arn)
            for arn, who in self._principals.items()
            if who.boundary and not who.boundary.aws_managed
        )
        self._old_versions = frozenset(
            arn
            for arn, documents in snapshot.other_versions
            if any(self._full_access(Policy(name=arn, arn=arn, document=document)) for document in documents)
        )
        self._indices = {Subject.USER: _Index(users), Subject.ROLE: _Index(roles)}
        self._policy_index, self._group_index = _Index((*self._policies, *self._bounded_by)), _Index(self._group_by_arn)
        self._grants = {arn: found for arn, who in self._principals.items() if (found := self._without_ways(who))}
        self._rank = dict.fromkeys(self._grants, 0)
        self._chains: dict[str, tuple[str, ...]] = {
            arn: (f"{_label(arn)} is an administrator: {found[0]}",) for arn, found in self._grants.items()
        }
        self._spread()

    def grants(self, user: IamUser) -> tuple[AdminGrant, ...]:
        """Return what makes the user an administrator without any way, Deny and boundary considered."""
        return self._grants.get(user.arn, ()) if self._knows(user) else self._without_ways(user)

    def ways(self, user: IamUser) -> tuple[AdminGrant, ...]:
        """Return the ways in which the user can become administrator, each row of the table at most once."""
        if self._knows(user) and user.arn not in self._rank:
            return ()
        return tuple(self._ways(self._actor(user)))

    def ways_in_session(self, user: IamUser, session: Facts) -> tuple[AdminGrant, ...]:
        """Return the ways that are open in a session of which more is known, such as that it has no MFA.

        Deny statements that are surely met count then in either privilege model.
        """
        view = View(effective=True, session=session)
        return tuple(self._ways(_Actor(principal=user, rights=Privileges(user, view, self._documents))))

    def _knows(self, principal: Principal) -> bool:
        known = self._principals.get(principal.arn)
        return known is not None and known.attachments == principal.attachments

    def _actor(self, principal: Principal) -> _Actor:
        if not self._knows(principal):
            return _Actor(principal=principal, rights=Privileges(principal, self._view, self._documents))
        if principal.arn not in self._actors:
            rights = Privileges(principal, self._view, self._documents)
            self._actors[principal.arn] = _Actor(principal=principal, rights=rights)
        return self._actors[principal.arn]

    def _without_ways(self, principal: Principal) -> tuple[AdminGrant, ...]:
        grants = self._definition.grants(principal.attachments)
        return () if grants and self._held(principal) else grants

    def _held(self, principal: Principal) -> bool:
        """Whether new policies would not make the principal an administrator."""
        return self._definition.bounded(principal.boundary) or self._definition.denied(principal.attachments)

    def _full_access(self, policy: Policy) -> bool:
        return bool(self._definition.grants((Attachment(policy=policy),)))

    # Round by round

    def _spread(self) -> None:
        waiting = sorted(arn for arn in self._principals if arn not in self._rank and self._can_anything(arn))
        rank, fresh = 1, frozenset(self._rank)
        while fresh or rank == 1:
            # Whom a later round makes an administrator, it does by one of the round before: nothing else is new to it.
            found = [(arn, way) for arn in waiting if (way := self._first_way(arn, None if rank == 1 else fresh))]
            # Only now: within a round nobody profits from another, so that its order decides nothing.
            for arn, way in found:
                self._rank[arn] = rank
                self._chains[arn] = way.steps
            waiting = [arn for arn in waiting if arn not in self._rank]
            rank, fresh = rank + 1, frozenset(arn for arn, _ in found)

    def _first_way(self, arn: str, administrators: frozenset[str] | None) -> AdminGrant | None:
        """Return the first way of a principal; where administrators are given, the first one that takes one of them."""
        actor = self._actor(self._principals[arn])
        ways = self._ways(actor) if administrators is None else self._takes(actor, administrators)
        return next(ways, None)

    def _can_anything(self, arn: str) -> bool:
        return bool(self._actor(self._principals[arn]).rights.actions or {arn, "*"} & self._named_by.keys())

    def _ways(self, actor: _Actor) -> Iterator[AdminGrant]:
        takes = self._usable_takes(actor)
        for way in _RAISES:
            if _NEEDED[way.name] <= actor.rights.actions:
                if use := self._raise(actor, way, actor.principal):
                    yield self._grant(actor, actor.principal, (use,))
                elif found := self._raise_and_take(actor, way, takes):
                    yield self._grant(actor, *found)
        yield from self._takes(actor, self._rank.keys())

    def _takes(self, actor: _Actor, administrators: Collection[str]) -> Iterator[AdminGrant]:
        for way in self._usable_takes(actor):
            if found := self._take_administrator(actor, way, administrators):
                yield self._grant(actor, *found)

    def _usable_takes(self, actor: _Actor) -> list[Way]:
        actions = actor.rights.actions
        return [way for way in _TAKES if way.trust is Trust.PRINCIPAL or _NEEDED[way.name] <= actions]

    # Raising

    def _raise(self, actor: _Actor, way: Way, subject: Principal) -> _Use | None:
        """Say with which rights the actor can make the subject an administrator in one way."""
        if _subject(subject) is not way.subject or not self._helps(actor, way, subject):
            return None
        note = (
            ", once its permissions boundary is gone"
            if self._definition.bounded(subject.boundary) and not way.bounded
            else ""
        )
        return _use(way, (self._step(actor, way, step, subject) for step in way.steps), note)

    def _helps(self, actor: _Actor, way: Way, subject: Principal) -> bool:
        """Whether the subject would be an administrator afterwards, for all that Deny and boundary say."""
        bounded = self._definition.bounded(subject.boundary)
        denied = self._definition.denied(subject.attachments)
        if way.bounded:
            return bounded and not denied and bool(self._definition.grants(subject.attachments))
        if denied:
            return False
        return not bounded or any(
            self._step(actor, other, step, subject)
            for other in _RAISES
            if other.bounded and other.subject is way.subject
            for step in other.steps
        )

    def _step(self, actor: _Actor, way: Way, step: Step, subject: Principal) -> Attachment | None:
        action = step.action.lower()
        asked = self._asked(actor, way, step, subject)
        return next(
            (
                found
                for arn in self._resources(actor, step, subject)
                for facts in asked
                if (found := actor.rights.allowing(action, arn, facts))
            ),
            None,
        )

    def _resources(self, actor: _Actor, step: Step, subject: Principal) -> Iterable[str | None]:
        """Return the resources any of which would do, seen from the subject."""
        match step.on:
            case On.SUBJECT:
                return (subject.arn,)
            case On.GROUP:
                return [self._groups[name].arn for name in _groups(subject) if name in self._groups]
            case On.ADMIN_GROUP:
                return self._raising_groups(subject, self._matching(actor, step, self._group_index))
            case On.POLICY:
                return [policy.arn for policy in _carried(subject)]
            case On.BOUNDARY:
                return [p.arn for p in (subject.boundary,) if p and not p.aws_managed]
            case On.OLD_VERSION:
                return [policy.arn for policy in _carried(subject) if policy.arn in self._old_versions]
            case On.ANY:
                return (None,)

    def _raising_groups(self, subject: Principal, reached: frozenset[str]) -> Iterator[str]:
        """Yield the groups whose membership makes the subject an administrator, or lets it make itself one."""
        if not isinstance(subject, IamUser):
            return
        groups = [self._group_by_arn[arn] for arn in sorted(reached)]
        others = [group for group in groups if group.attachments and group.group_name not in subject.groups]
        for group in sorted(others, key=lambda group: not self._definition.grants(group.attachments)):
            member = replace(
                subject,
                attachments=subject.attachments + group.attachments,
                groups=(*subject.groups, group.group_name),
            )
            if self._without_ways(member) or self._raises_itself(member):
                yield group.arn

    def _raises_itself(self, member: IamUser) -> bool:
        actor = _Actor(principal=member, rights=Privileges(member, self._view, self._documents))
        return any(
            self._raise(actor, way, member)
            for way in _RAISES
            if way.subject is Subject.USER
            and _NEEDED[way.name] <= actor.rights.actions
            # Another group after this one: found when the user is judged as the member that it then is.
            and all(step.on is not On.ADMIN_GROUP for step in way.steps)
        )

    def _asked(self, actor: _Actor, way: Way, step: Step, subject: Principal) -> list[Facts]:
        """Return what is known of the request beside the actor; several where several requests would do."""
        new = subject.arn not in self._principals
        facts: dict[str, tuple[str, ...] | None] = {}
        if not new or self._definition.effective:
            facts["iam:permissionsboundary"] = (
                (subject.boundary.arn,) if subject.boundary and subject.boundary.arn else None
            )
        if not new:
            facts |= {f"{key}/{name.lower()}": (value,) for key in _TAG_KEYS for name, value in subject.tags}
        if step.action == "iam:PassRole" and way.service and not subject.arn.startswith("arn:aws-cn:"):
            facts["iam:passedtoservice"] = (f"{way.service}.amazonaws.com",)
        if step.action not in _ATTACHES:
            return [facts]
        return [{**facts, "iam:policyarn": (arn,)} for arn in self._worth_attaching(actor)]

    def _worth_attaching(self, actor: _Actor) -> Iterator[str]:
        """Yield the policies that would make an administrator, the likeliest first."""
        partition = actor.arn.split(":")[1]
        yield from (f"arn:{partition}:iam::aws:policy/{name}" for name in ("AdministratorAccess", "IAMFullAccess"))
        yield from self._full_access_policies
        for prepared in sorted(actor.rights.resource_patterns("iam:createpolicyversion")):
            for arn in sorted(self._policy_index.matching(prepared)):
                if actor.rights.allowing("iam:createpolicyversion", arn):
                    yield arn

    @cached_property
    def _full_access_policies(self) -> tuple[str, ...]:
        return tuple(sorted(arn for arn, policy in self._policies.items() if self._full_access(policy)))

    # Taking

    def _take(self, actor: _Actor, way: Way, subject: Principal) -> _Use | None:
        """Say with which rights the actor can act as the subject in one way."""
        if way.trust is Trust.PRINCIPAL:
            return self._assume(actor, way, subject)
        if way.trust is Trust.SERVICE and not self._runs(way, subject):
            return None
        return _use(way, (self._step(actor, way, step, subject) for step in way.steps))

    def _assume(self, actor: _Actor, way: Way, role: Principal) -> _Use | None:
        trusted = self._trusts[role.arn].lets_in(actor.arn, actor.rights.facts)
        if trusted is None:
            return None
        note = f", whose trust policy asks for {'MFA' if trusted.asks_for_mfa else 'no MFA'}"
        (step,) = way.steps
        if attachment := self._step(actor, way, step, role):
            return _Use(way=way, attachments=(attachment,), note=note)
        if trusted.by_name and not actor.rights.denies(step.action.lower(), role.arn):
            return _Use(way=way, attachments=(), trusted_by=f"trust policy of {_label(role.arn)}", note=note)
        return None

    def _runs(self, way: Way, role: Principal) -> bool:
        """Whether the service of a way may run code under the role."""
        return (
            isinstance(role, Role)
            and way.service is not None
            and self._trusts[role.arn].trusts_service(way.service)
            and (role.instance_profile or not way.instance_profile)
        )

    def _take_administrator(
        self, actor: _Actor, way: Way, administrators: Collection[str]
    ) -> tuple[Principal, tuple[_Use, ...]] | None:
        if way.subject in _NEW:
            return None
        within_reach = [arn for arn in self._reached(actor, way) if arn in administrators and arn != actor.arn]
        for arn in sorted(within_reach, key=lambda arn: (self._rank[arn], arn)):
            if use := self._take(actor, way, self._principals[arn]):
                return self._principals[arn], (use,)
        return None

    def _reached(self, actor: _Actor, way: Way) -> frozenset[str]:
        """Return the principals that a way could reach at most."""
        if way.trust is Trust.PRINCIPAL:
            return _union(
                self._named_by,
                (actor.arn, "*", *(self._whole_account if actor.rights.actions & _NEEDED[way.name] else ())),
            )
        step = next((step for step in way.steps if step.on is On.SUBJECT), None)
        if step is None:
            return self._runnable[way.name]
        named = self._matching(actor, step, self._indices[way.subject])
        return named & self._runnable[way.name] if way.trust is Trust.SERVICE else named

    def _matching(self, actor: _Actor, step: Step, index: "_Index") -> frozenset[str]:
        patterns = actor.rights.resource_patterns(step.action.lower())
        return frozenset[str]().union(*map(index.matching, patterns))

    # Both

    def _raise_and_take(self, actor: _Actor, way: Way, takes: list[Way]) -> tuple[Principal, tuple[_Use, ...]] | None:
        """Find a principal who is no administrator yet and whom the actor can both raise and take."""
        usable = [take for take in takes if _NEW.get(take.subject, take.subject) is way.subject]
        for subject in self._raisable(actor, way, usable):
            raised = self._raise(actor, way, subject)
            if raised is None:
                continue
            for take in usable:
                if (take.subject in _NEW) == (subject.arn not in self._principals) and (
                    taken := self._take(actor, take, subject)
                ):
                    return subject, (taken, raised)
        return None

    def _raisable(self, actor: _Actor, way: Way, takes: list[Way]) -> Iterator[Principal]:
        if not takes:
            return
        (step,) = way.steps
        match step.on:
            case On.SUBJECT:
                arns = self._matching(actor, step, self._indices[way.subject])
            case On.GROUP:
                arns = _union(
                    self._members,
                    (self._group_by_arn[a].group_name for a in self._matching(actor, step, self._group_index)),
                )
            case On.ADMIN_GROUP:
                # A user who may fill the group adds itself, and was asked about that before.
                takers = takes if isinstance(actor.principal, Role) else []
                arns = frozenset[str]().union(
                    *(self._reached(actor, take) for take in takers if take.subject not in _NEW)
                )
            case On.BOUNDARY:
                arns = _union(self._bounded_by, self._matching(actor, step, self._policy_index))
            case _:
                arns = _union(self._carriers, self._matching(actor, step, self._policy_index))
        yield from (
            self._principals[arn]
            for arn in sorted(arns)
            if arn in self._principals
            and arn not in self._grants
            and arn != actor.arn
            and _subject(self._principals[arn]) is way.subject
        )
        for take in takes:
            if take.subject in _NEW:
                yield from self._new_principals(actor, take)

    def _new_principals(self, actor: _Actor, take: Way) -> Iterator[Principal]:
        """Yield principals that do not exist yet, by names that the actor's policies let them have."""
        kind = _NEW[take.subject]
        partition, account = actor.arn.split(":")[1], actor.arn.split(":")[4]
        prepared = {p for step in take.steps for p in actor.rights.resource_patterns(step.action.lower())}
        names = {example(p, _NEW_NAME).split(":", 5)[-1] for p in prepared} | {f"{kind}/{_NEW_NAME}"}
        for name in sorted(name for name in names if name.startswith(f"{kind}/")):
            arn = f"arn:{partition}:iam::{account}:{name}"
            if arn in self._principals:
                continue
            last = name.rsplit("/", 1)[-1]
            yield (
                Role(role_name=last, arn=arn) if kind is Subject.ROLE else IamUser(user_name=last, user_id="", arn=arn)
            )

    # Telling

    def _grant(self, actor: _Actor, subject: Principal, uses: tuple[_Use, ...]) -> AdminGrant:
        itself = subject is actor.principal
        whom = self._whom(actor, subject, administrator=len(uses) == 1)
        can = [
            use.way.can.format(subject=name, of="its own" if itself else f"{name}'s" if name == whom else "its")
            + use.note
            for use, name in zip(uses, (whom, "it"), strict=False)
        ]
        actions = [[step.action for step in use.way.steps] for use in uses]
        sources = [_sources(use) for use in uses]
        steps = tuple(
            f"{_label(actor.arn)} can {able}: {' + '.join(needed)}, {_joined(str(grant) for grant in used)}"
            for able, needed, used in zip(can, actions, sources, strict=True)
        )
        grants = list(dict.fromkeys(grant for used in sources for grant in used))
        told = (", and " if uses[0].note else " and ").join(can)
        return AdminGrant(
            policy=" + ".join(grant.policy for grant in grants),
            via=" + ".join(grant.via for grant in grants),
            way=uses[-1].way.name,
            how=f"can {told}: {_joined(action for needed in actions for action in needed)}",
            together=tuple(grants) if len(grants) > 1 else (),
            steps=steps + self._chains.get(subject.arn, ()) if subject is not actor.principal else steps,
        )

    def _whom(self, actor: _Actor, subject: Principal, *, administrator: bool) -> str:
        if subject is actor.principal:
            return "itself"
        if subject.arn not in self._principals:
            return f"a new {_subject(subject)}"
        if not administrator:
            return _label(subject.arn)
        return f"the administrator {_label(subject.arn).removeprefix('user ')}"


class _Index:
    """Finds the principals, groups or policies whose ARN a pattern matches."""

    __slots__ = ("_all", "_by_name", "_found")

    def __init__(self, arns: Iterable[str]) -> None:
        self._all = frozenset(arns)
        self._by_name = _by_key((arn.rsplit("/", 1)[-1], arn) for arn in self._all)
        self._found: dict[str, frozenset[str]] = {}

    def matching(self, prepared: str) -> frozenset[str]:
        """Return the ARNs that a prepared pattern matches."""
        if prepared not in self._found:
            pattern = arn_pattern(prepared)
            # `user/*/${aws:username}` differs from user to user: one look at a name then, not one at everybody.
            candidates = self._all if pattern.name is None else self._by_name.get(pattern.name, frozenset())
            self._found[prepared] = frozenset(arn for arn in candidates if pattern.matches(arn))
        return self._found[prepared]


def _use(way: Way, attachments: Iterable[Attachment | None], note: str = "") -> _Use | None:
    found = []
    for attachment in attachments:
        if attachment is None:
            return None
        found.append(attachment)
    return _Use(way=way, attachments=tuple(found), note=note)


def _sources(use: _Use) -> list[AdminGrant]:
    """Return where the rights of a use come from, each policy once."""
    if use.trusted_by:
        return [AdminGrant(policy=use.trusted_by, via=use.trusted_by)]
    grants = (AdminGrant(policy=attachment.policy.name, via=attachment.via) for attachment in use.attachments)
    return list(dict.fromkeys(grants))


def _joined(texts: Iterable[str]) -> str:
    return " + ".join(dict.fromkeys(texts))


def _label(arn: str) -> str:
    """Return `user ada` or `role deploy`: kind and name, without the path."""
    kind, name = arn.split(":", 5)[-1].split("/", 1)
    return f"{kind} {name.rsplit('/', 1)[-1]}"


def _subject(principal: Principal) -> Subject:
    return Subject.ROLE if isinstance(principal, Role) else Subject.USER


def _groups(principal: Principal) -> tuple[str, ...]:
    return () if isinstance(principal, Role) else principal.groups


def _carried(principal: Principal | Group) -> list[Policy]:
    """Return the customer-managed policies of a principal, its groups' among them."""
    return list(
        {
            policy.arn: policy
            for attachment in principal.attachments
            if (policy := attachment.policy).arn and not policy.aws_managed
        }.values()
    )


def _customer_policies(holders: Iterable[Principal | Group]) -> dict[str, Policy]:
    return {policy.arn: policy for holder in holders for policy in _carried(holder) if policy.arn}


def _by_key(pairs: Iterable[tuple[str | None, str]]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for key, value in pairs:
        if key is not None:
            found.setdefault(key, set()).add(value)
    return {key: frozenset(values) for key, values in found.items()}


def _union(found: Mapping[str, frozenset[str]], keys: Iterable[str]) -> frozenset[str]:
    return frozenset[str]().union(*(found.get(key, frozenset()) for key in keys))
