"""The paths of one principal to administrator, given who is an administrator so far.

A path is one way, or two together. `admin_mfa.escalation.search` puts paths one behind the other.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from admin_mfa.escalation.holding import Holding
from admin_mfa.escalation.index import AccountIndex, ArnIndex, Principal, carried, groups_of, subject_of, union
from admin_mfa.escalation.path import Path, Reached, Use
from admin_mfa.escalation.rights import Documents, Privileges, View
from admin_mfa.escalation.ways import WAYS, Kind, On, Step, Subject, Trust, Way
from admin_mfa.model import Attachment, IamUser, Role
from admin_mfa.policy.conditions import Facts
from admin_mfa.policy.wildcard import example

_PERMISSION_WAYS = tuple(way for way in WAYS if way.kind is Kind.PERMISSIONS)
_ACCESS_WAYS = tuple(way for way in WAYS if way.kind is Kind.ACCESS)
_NEEDED = {way.name: frozenset(step.action.lower() for step in way.steps) for way in WAYS}
_NEW = {Subject.NEW_USER: Subject.USER, Subject.NEW_ROLE: Subject.ROLE}
_NEW_NAME = "new-administrator"
_ATTACHES = frozenset(("iam:AttachUserPolicy", "iam:AttachGroupPolicy", "iam:AttachRolePolicy"))
_TAG_KEYS = ("iam:resourcetag", "aws:resourcetag")


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """A principal and its permissions under one view."""

    principal: Principal
    rights: Privileges

    @property
    def arn(self) -> str:
        """The principal's ARN."""
        return self.principal.arn


class PathFinder:
    """Finds the paths of the principals of one account.

    Args:
        index: The account.
        holding: What principals are without any way.
        former_versions: The customer-managed policies that were full access in a version still kept.

    Attributes:
        reached: The administrators known so far, by ARN; `search` adds to them round by round.
    """

    def __init__(self, index: AccountIndex, holding: Holding, former_versions: Collection[str]) -> None:
        self._index = index
        self._holding = holding
        self._former_versions = former_versions
        self._view = View(effective=holding.effective)
        self._documents = Documents()
        self._actors: dict[str, Actor] = {}
        self.reached: dict[str, Reached] = {}

    def actor(self, principal: Principal) -> Actor:
        """Return a principal with its permissions; remembered for the principals of the account."""
        if not self._index.holds(principal):
            return self.acting(principal, self._view)
        if principal.arn not in self._actors:
            self._actors[principal.arn] = self.acting(principal, self._view)
        return self._actors[principal.arn]

    def acting(self, principal: Principal, view: View) -> Actor:
        """Return a principal with its permissions under a view."""
        return Actor(principal=principal, rights=Privileges(principal, view, self._documents))

    def paths(self, actor: Actor) -> Iterator[Path]:
        """Yield every path, each row of the table at most once."""
        access = self._usable(actor)
        for way in _PERMISSION_WAYS:
            if _NEEDED[way.name] <= actor.rights.actions:
                if use := self._change(actor, way, actor.principal):
                    yield Path(actor=actor.principal, subject=actor.principal, uses=(use,))
                elif path := self._gain_and_change(actor, way, access):
                    yield path
        yield from self.through(actor, self.reached.keys())

    def through(self, actor: Actor, administrators: Collection[str]) -> Iterator[Path]:
        """Yield the paths that gain access to one of some administrators."""
        for way in self._usable(actor):
            if path := self._gain_administrator(actor, way, administrators):
                yield path

    def _usable(self, actor: Actor) -> list[Way]:
        actions = actor.rights.actions
        return [way for way in _ACCESS_WAYS if way.trust is Trust.PRINCIPAL or _NEEDED[way.name] <= actions]

    def _path(self, actor: Actor, subject: Principal, *uses: Use) -> Path:
        return Path(
            actor=actor.principal,
            subject=subject,
            uses=uses,
            new=subject.arn not in self._index.principals,
            onward=onward.how if (onward := self.reached.get(subject.arn)) else None,
        )

    # Ways that change permissions

    def _change(self, actor: Actor, way: Way, subject: Principal) -> Use | None:
        """Return how the actor makes the subject an administrator in one way; None if it cannot."""
        if subject_of(subject) is not way.subject or not self._helps(actor, way, subject):
            return None
        found = self._allowed(actor, way, subject)
        if found is None:
            return None
        return Use(way=way, attachments=found, boundary_first=self._holding.bounded(subject) and not way.bounded)

    def _helps(self, actor: Actor, way: Way, subject: Principal) -> bool:
        """Whether the subject would be an administrator afterwards, for all that Deny and boundary say."""
        bounded, denied = self._holding.bounded(subject), self._holding.denied(subject)
        if way.bounded:
            return bounded and not denied and bool(self._holding.attached(subject))
        if denied:
            return False
        return not bounded or any(
            self._step(actor, other, step, subject)
            for other in _PERMISSION_WAYS
            if other.bounded and other.subject is way.subject
            for step in other.steps
        )

    def _allowed(self, actor: Actor, way: Way, subject: Principal) -> tuple[Attachment, ...] | None:
        """Return the policies that allow the steps of a way, one for each; None if a step is not allowed."""
        found = []
        for step in way.steps:
            attachment = self._step(actor, way, step, subject)
            if attachment is None:
                return None
            found.append(attachment)
        return tuple(found)

    def _step(self, actor: Actor, way: Way, step: Step, subject: Principal) -> Attachment | None:
        action = step.action.lower()
        requests = self._requests(actor, way, step, subject)
        return next(
            (
                found
                for arn in self._resources(actor, step, subject)
                for facts in requests
                if (found := actor.rights.allowing(action, arn, facts))
            ),
            None,
        )

    def _resources(self, actor: Actor, step: Step, subject: Principal) -> Iterable[str | None]:
        """Return the resources any of which would do, seen from the subject."""
        match step.on:
            case On.SUBJECT:
                return (subject.arn,)
            case On.GROUP:
                groups = self._index.groups
                return [groups[name].arn for name in groups_of(subject) if name in groups]
            case On.ADMIN_GROUP:
                return self._admin_groups(subject, self._matching(actor, step, self._index.group_arns))
            case On.POLICY:
                return [policy.arn for policy in carried(subject)]
            case On.BOUNDARY:
                return [p.arn for p in (subject.boundary,) if p and not p.aws_managed]
            case On.OLD_VERSION:
                return [policy.arn for policy in carried(subject) if policy.arn in self._former_versions]
            case On.ANY:
                return (None,)

    def _admin_groups(self, subject: Principal, within_reach: frozenset[str]) -> Iterator[str]:
        """Yield the groups whose membership makes the subject an administrator, or lets it make itself one."""
        if not isinstance(subject, IamUser):
            return
        groups = [self._index.groups_by_arn[arn] for arn in sorted(within_reach)]
        others = [group for group in groups if group.attachments and group.group_name not in subject.groups]
        for group in sorted(others, key=lambda group: not self._holding.attached(group)):
            member = replace(
                subject,
                attachments=subject.attachments + group.attachments,
                groups=(*subject.groups, group.group_name),
            )
            if self._holding.grants(member) or self._changes_itself(member):
                yield group.arn

    def _changes_itself(self, member: IamUser) -> bool:
        actor = self.acting(member, self._view)
        return any(
            self._change(actor, way, member)
            for way in _PERMISSION_WAYS
            if way.subject is Subject.USER
            and _NEEDED[way.name] <= actor.rights.actions
            # Another group after this one: found when the user is judged as the member that it then is.
            and all(step.on is not On.ADMIN_GROUP for step in way.steps)
        )

    def _requests(self, actor: Actor, way: Way, step: Step, subject: Principal) -> list[Facts]:
        """Return what is known of the request beside the actor; several where several requests would do."""
        new = subject.arn not in self._index.principals
        facts: dict[str, tuple[str, ...] | None] = {}
        if not new or self._holding.effective:
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

    def _worth_attaching(self, actor: Actor) -> Iterator[str]:
        """Yield the policies that would make an administrator, the likeliest first."""
        partition = actor.arn.split(":")[1]
        yield from (f"arn:{partition}:iam::aws:policy/{name}" for name in ("AdministratorAccess", "IAMFullAccess"))
        yield from self._full_access_policies
        for prepared in sorted(actor.rights.resource_patterns("iam:createpolicyversion")):
            for arn in sorted(self._index.policy_arns.matching(prepared)):
                if actor.rights.allowing("iam:createpolicyversion", arn):
                    yield arn

    @cached_property
    def _full_access_policies(self) -> tuple[str, ...]:
        return tuple(sorted(arn for arn, policy in self._index.policies.items() if self._holding.full_access(policy)))

    # Ways that gain access

    def _gain(self, actor: Actor, way: Way, subject: Principal) -> Use | None:
        """Return how the actor acts as the subject in one way; None if it cannot."""
        if way.trust is Trust.PRINCIPAL:
            return self._assume(actor, way, subject)
        if way.trust is Trust.SERVICE and not self._index.runs(way, subject):
            return None
        found = self._allowed(actor, way, subject)
        return None if found is None else Use(way=way, attachments=found)

    def _assume(self, actor: Actor, way: Way, role: Principal) -> Use | None:
        trusted = self._index.trusts[role.arn].lets_in(actor.arn, actor.rights.facts)
        if trusted is None:
            return None
        (step,) = way.steps
        if attachment := self._step(actor, way, step, role):
            return Use(way=way, attachments=(attachment,), mfa_required=trusted.asks_for_mfa)
        if trusted.by_name and not actor.rights.denies(step.action.lower(), role.arn):
            return Use(way=way, trust_policy_of=role.arn, mfa_required=trusted.asks_for_mfa)
        return None

    def _gain_administrator(self, actor: Actor, way: Way, administrators: Collection[str]) -> Path | None:
        if way.subject in _NEW:
            return None
        within_reach = [arn for arn in self._reachable(actor, way) if arn in administrators and arn != actor.arn]
        for arn in sorted(within_reach, key=lambda arn: (self.reached[arn].rank, arn)):
            if use := self._gain(actor, way, self._index.principals[arn]):
                return self._path(actor, self._index.principals[arn], use)
        return None

    def _reachable(self, actor: Actor, way: Way) -> frozenset[str]:
        """Return the principals to which a way could lead at most."""
        index = self._index
        if way.trust is Trust.PRINCIPAL:
            return union(
                index.trusted,
                (actor.arn, "*", *(index.whole_account if actor.rights.actions & _NEEDED[way.name] else ())),
            )
        step = next((step for step in way.steps if step.on is On.SUBJECT), None)
        if step is None:
            return index.runnable(way)
        named = self._matching(actor, step, index.arns[way.subject])
        return named & index.runnable(way) if way.trust is Trust.SERVICE else named

    def _matching(self, actor: Actor, step: Step, index: ArnIndex) -> frozenset[str]:
        patterns = actor.rights.resource_patterns(step.action.lower())
        return frozenset[str]().union(*map(index.matching, patterns))

    # Both together

    def _gain_and_change(self, actor: Actor, way: Way, access: list[Way]) -> Path | None:
        """Find a principal that is not an administrator, to which the actor can gain access and whom it can change."""
        usable = [gain for gain in access if _NEW.get(gain.subject, gain.subject) is way.subject]
        for subject in self._changeable(actor, way, usable):
            changed = self._change(actor, way, subject)
            if changed is None:
                continue
            new = subject.arn not in self._index.principals
            for gain in usable:
                if (gain.subject in _NEW) == new and (gained := self._gain(actor, gain, subject)):
                    return self._path(actor, subject, gained, changed)
        return None

    def _changeable(self, actor: Actor, way: Way, access: list[Way]) -> Iterator[Principal]:
        if not access:
            return
        principals = self._index.principals
        yield from (
            principals[arn]
            for arn in sorted(self._named(actor, way, access))
            if arn in principals
            and not self._by_holding(arn)
            and arn != actor.arn
            and subject_of(principals[arn]) is way.subject
        )
        for gain in access:
            if gain.subject in _NEW:
                yield from self._new_principals(actor, gain)

    def _by_holding(self, arn: str) -> bool:
        known = self.reached.get(arn)
        return known is not None and known.rank == 0

    def _named(self, actor: Actor, way: Way, access: list[Way]) -> frozenset[str]:
        """Return the principals whose permissions a way could change at most."""
        index = self._index
        (step,) = way.steps
        match step.on:
            case On.SUBJECT:
                return self._matching(actor, step, index.arns[way.subject])
            case On.GROUP:
                arns = self._matching(actor, step, index.group_arns)
                return union(index.members, (index.groups_by_arn[arn].group_name for arn in arns))
            case On.ADMIN_GROUP:
                # A user that may fill the group adds itself, which has been looked at before.
                gains = access if isinstance(actor.principal, Role) else []
                return frozenset[str]().union(
                    *(self._reachable(actor, gain) for gain in gains if gain.subject not in _NEW)
                )
            case On.BOUNDARY:
                return union(index.bounded, self._matching(actor, step, index.policy_arns))
            case _:
                return union(index.carriers, self._matching(actor, step, index.policy_arns))

    def _new_principals(self, actor: Actor, gain: Way) -> Iterator[Principal]:
        """Yield principals that do not exist yet, by names that the actor's policies let them have."""
        kind = _NEW[gain.subject]
        partition, account = actor.arn.split(":")[1], actor.arn.split(":")[4]
        prepared = {p for step in gain.steps for p in actor.rights.resource_patterns(step.action.lower())}
        names = {example(p, _NEW_NAME).split(":", 5)[-1] for p in prepared} | {f"{kind}/{_NEW_NAME}"}
        for name in sorted(name for name in names if name.startswith(f"{kind}/")):
            arn = f"arn:{partition}:iam::{account}:{name}"
            if arn in self._index.principals:
                continue
            last = name.rsplit("/", 1)[-1]
            yield (
                Role(role_name=last, arn=arn) if kind is Subject.ROLE else IamUser(user_name=last, user_id="", arn=arn)
            )
