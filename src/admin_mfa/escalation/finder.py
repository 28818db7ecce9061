"""The paths of one principal to administrator, given who is an administrator so far.

A path is one way, or two together. `admin_mfa.escalation.search` puts paths one behind the other.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations

from admin_mfa.escalation.arn_pattern import arn_pattern, common, example
from admin_mfa.escalation.holding import Holding
from admin_mfa.escalation.index import AccountIndex, ArnIndex, Principal, carried, groups_of, subject_of, union
from admin_mfa.escalation.path import Administrator, Path, Reached, Use
from admin_mfa.escalation.removal import allows_nothing, detaches, removable, without
from admin_mfa.escalation.rights import Documents, Privileges, View, actions_of
from admin_mfa.escalation.snapshot import Role
from admin_mfa.escalation.ways import WAYS, Kind, On, Step, Subject, Trust, Way
from admin_mfa.model import IamUser
from admin_mfa.policy.wildcard import ANY, prepare
from admin_mfa.statements import Attachment, Effect, Policy, Statement

_PERMISSION_WAYS = tuple(way for way in WAYS if way.kind is Kind.PERMISSIONS)
_ACCESS_WAYS = tuple(way for way in WAYS if way.kind is Kind.ACCESS)
_NEEDED = {way.name: frozenset(step.action.lower() for step in way.steps) for way in WAYS}
_NEW = {Subject.NEW_USER: Subject.USER, Subject.NEW_ROLE: Subject.ROLE}
_NEW_NAME = "new-administrator"
_MOST_COMPARED = 64
_ATTACHES = frozenset(("iam:AttachUserPolicy", "iam:AttachGroupPolicy", "iam:AttachRolePolicy"))
_CHANGING = frozenset(
    step.action.lower() for way in _PERMISSION_WAYS if not way.bounded and not way.removes_deny for step in way.steps
)
_JOINING = frozenset(("iam:addusertogroup", "iam:creategroup"))
_TAG_KEYS = ("iam:resourcetag", "aws:resourcetag")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Actor:
    """A principal and its permissions under one view.

    Attributes:
        principal: As it is, or as it would be with other policies or in other groups.
        rights: Its permissions.
        supposed: Whether it holds something that it does not hold yet.
    """

    principal: Principal
    rights: Privileges
    supposed: bool = False

    @property
    def arn(self) -> str:
        """The principal's ARN."""
        return self.principal.arn


class PathFinder:
    """Finds the paths of the principals of one account.

    Args:
        index: The account.
        holding: What principals are without any way.
        former_versions: By the ARN of a customer-managed policy, its versions that are not in force.

    Attributes:
        reached: The administrators known so far, by ARN; `search` adds to them round by round.
    """

    def __init__(self, index: AccountIndex, holding: Holding, former_versions: Mapping[str, Sequence[Policy]]) -> None:
        self._index = index
        self._holding = holding
        self._former_versions = former_versions
        self._view = View(effective=holding.effective)
        self._documents = Documents()
        self._actors: dict[str, Actor] = {}
        self._access: dict[frozenset[str], tuple[Way, ...]] = {}
        self._reach: dict[int, tuple[Policy, frozenset[str] | None]] = {}
        self._attachable: dict[tuple[Actor, str], list[tuple[str, Policy | None]]] = {}
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
        found: set[str] = set()
        for freed, removals in self._states(actor):
            for path in self._paths_of(freed, removals):
                if (name := path.uses[-1].way.name) not in found:
                    found.add(name)
                    yield path

    def _paths_of(self, actor: Actor, removals: tuple[Use, ...]) -> Iterator[Path]:
        if removals and not actor.rights.in_session and (grants := self._holding.grants(actor.principal)):
            onward = Administrator(arn=actor.arn, grant=grants[0])
            yield replace(self._path(actor, actor.principal, removals[-1]), removals=removals[:-1], onward=onward)
            return
        yield from _after(removals, self._paths_now(actor))

    def _paths_now(self, actor: Actor) -> Iterator[Path]:
        access = self._usable(actor)
        for way in _PERMISSION_WAYS:
            if _NEEDED[way.name] <= actor.rights.actions:
                if use := self._change(actor, way, actor.principal):
                    yield Path(actor=actor.principal, subject=actor.principal, uses=(use,))
                elif path := self._gain_and_change(actor, way, access):
                    yield path
        yield from self._through_now(actor, self.reached.keys())

    def through(self, actor: Actor, administrators: Collection[str]) -> Iterator[Path]:
        """Yield the paths that gain access to one of some administrators."""
        for freed, removals in self._states(actor):
            yield from _after(removals, self._through_now(freed, administrators))

    def _through_now(self, actor: Actor, administrators: Collection[str]) -> Iterator[Path]:
        for way in self._usable(actor):
            if path := self._gain_administrator(actor, way, administrators):
                yield path

    def _usable(self, actor: Actor) -> tuple[Way, ...]:
        # Few sets of actions occur, however many principals there are: a row of the table costs nothing at run time.
        actions = actor.rights.actions
        if actions not in self._access:
            self._access[actions] = tuple(
                way for way in _ACCESS_WAYS if way.trust is Trust.PRINCIPAL or _NEEDED[way.name] <= actions
            )
        return self._access[actions]

    def _path(self, actor: Actor, subject: Principal, *uses: Use) -> Path:
        return Path(
            actor=actor.principal,
            subject=subject,
            uses=uses,
            new=subject.arn not in self._index.principals,
            onward=onward.how if (onward := self.reached.get(subject.arn)) else None,
        )

    # Removing what denies or bounds the actor

    def _states(self, actor: Actor) -> Iterator[tuple[Actor, tuple[Use, ...]]]:
        """Yield the actor as it is, and as it is once it has removed what denies or bounds it.

        Policies that only deny are removed first, because nothing is lost with them. Policies and groups that allow
        something too are removed one at a time.
        """
        yield actor, ()
        if not actor.rights.withheld or actor.supposed:
            return
        start: Actor = actor
        removals: tuple[Use, ...] = ()
        while found := next(((rest, use) for rest, use, harmless in self._removals(start) if harmless), None):
            start, removals = self._as(start, found[0]), (*removals, found[1])
        if removals:
            yield start, removals
        for rest, use, _ in self._removals(start):
            yield self._as(start, rest), (*removals, use)

    def _as(self, actor: Actor, principal: Principal) -> Actor:
        return replace(actor, principal=principal, rights=actor.rights.of(principal))

    def _removals(self, actor: Actor) -> Iterator[tuple[Principal, Use, bool]]:
        """Yield what is left of the actor after each removal, the removal, and whether the actor loses nothing."""
        principal = actor.principal
        for way in _PERMISSION_WAYS:
            if way.subject is not subject_of(principal) or not _NEEDED[way.name] <= actor.rights.actions:
                continue
            if way.bounded and principal.boundary and (found := self._allowed(actor, way, principal)):
                yield replace(principal, boundary=None), Use(way=way, attachments=found), True
            for attachments in removable(way, principal) if way.removes_deny else ():
                if use := self._removal(actor, way, attachments, principal):
                    yield without(principal, way, attachments), use, allows_nothing(attachments)

    def _removal(self, actor: Actor, way: Way, attachments: Sequence[Attachment], subject: Principal) -> Use | None:
        """Return how the actor removes policies of the subject that go together; None if it cannot."""
        (step,) = way.steps
        policy, group = attachments[0].policy, attachments[0].group
        if group is not None and group not in self._index.groups:
            return None
        facts = self._facts(actor, way, step, subject)
        if detaches(way) and policy.arn:
            facts["iam:policyarn"] = (policy.arn,)
        arn = subject.arn if group is None else self._index.groups[group].arn
        found = actor.rights.allowing(step.action.lower(), arn, facts)
        return Use(way=way, attachments=(found,)) if found else None

    def _remove_deny(self, actor: Actor, way: Way, subject: Principal) -> Use | None:
        """Return how the actor makes the subject an administrator by removing what denies it everything."""
        if not self._holding.denied(subject):
            return None
        rest, found = subject, None
        for attachments in removable(way, subject):
            if use := self._removal(actor, way, attachments, subject):
                rest, found = without(rest, way, attachments), found or use
        return found if found and self._holding.grants(rest) else None

    # Ways that change permissions

    def _change(self, actor: Actor, way: Way, subject: Principal) -> Use | None:
        """Return how the actor makes the subject an administrator in one way; None if it cannot."""
        if subject_of(subject) is not way.subject:
            return None
        if way.removes_deny:
            return self._remove_deny(actor, way, subject)
        if not self._helps(actor, way, subject):
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
        if way.steps[0].on not in (On.OTHER_GROUP, On.NEW_GROUP):
            return _all(self._step(actor, way, step, subject) for step in way.steps)
        for group in self._joinable(actor, way, subject):
            if found := _all(self._on(actor, way, step, subject, (group,)) for step in way.steps):
                return found
        return None

    def _joinable(self, actor: Actor, way: Way, subject: Principal) -> list[str]:
        """Return the groups, existing or new, that the subject is not a member of and that a way may be used on."""
        index = self._index
        if way.steps[0].on is On.NEW_GROUP:
            named = self._new_arns(actor, "group", [step.action.lower() for step in way.steps])
            return [arn for arn in named if arn not in index.groups_by_arn]
        within_reach = frozenset(index.groups_by_arn).intersection(
            *(self._matching(actor, step, index.group_arns) for step in way.steps)
        )
        return sorted(arn for arn in within_reach if index.groups_by_arn[arn].group_name not in groups_of(subject))

    def _step(self, actor: Actor, way: Way, step: Step, subject: Principal) -> Attachment | None:
        return self._on(actor, way, step, subject, self._resources(actor, step, subject))

    def _on(
        self, actor: Actor, way: Way, step: Step, subject: Principal, resources: Iterable[str | None]
    ) -> Attachment | None:
        """Return the first policy that allows a step on one of some resources."""
        action, facts = step.action.lower(), self._facts(actor, way, step, subject)
        for arn in resources:
            # Without a policy to attach first: most are not allowed to attach any here.
            found = actor.rights.allowing(action, arn, facts)
            if found and step.action in _ATTACHES:
                found = next(
                    (
                        allowed
                        for name, policy in self._worth_attaching(actor, action)
                        if (policy is None or self._can_empower(subject, policy))
                        and (allowed := actor.rights.allowing(action, arn, facts | _naming(name)))
                        and (policy is None or self._empowers(subject, policy, supposed=actor.supposed))
                    ),
                    None,
                )
            if found:
                return found
        return None

    def _resources(self, actor: Actor, step: Step, subject: Principal) -> Iterable[str | None]:  # noqa: PLR0911 - one for each kind
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
                return [
                    policy.arn
                    for policy in carried(subject)
                    if any(self._empowers(subject, old) for old in self._former_versions.get(policy.arn or "", ()))
                ]
            case On.SAML_PROVIDER:
                return self._index.trusts[subject.arn].saml_providers
            case On.OTHER_GROUP | On.NEW_GROUP:
                return ()  # one group for all steps: see `_joinable`
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

    def _changes_itself(self, member: Principal) -> bool:
        actor = replace(self.acting(member, self._view), supposed=True)
        return any(
            self._change(actor, way, member)
            for way in _PERMISSION_WAYS
            if way.subject is subject_of(member)
            and _NEEDED[way.name] <= actor.rights.actions
            # Another group after this one: found when the user is judged as the member that it then is.
            and all(step.on is not On.ADMIN_GROUP for step in way.steps)
        )

    def _facts(self, actor: Actor, way: Way, step: Step, subject: Principal) -> dict[str, tuple[str, ...] | None]:
        """Return what is known of the request beside the actor."""
        new = subject.arn not in self._index.principals
        facts: dict[str, tuple[str, ...] | None] = {}
        if not new or self._holding.effective:
            facts["iam:permissionsboundary"] = (
                (subject.boundary.arn,) if subject.boundary and subject.boundary.arn else None
            )
        if not new and subject.tags and not actor.rights.tags(subject):
            facts |= {f"{key}/{name.lower()}": (value,) for key in _TAG_KEYS for name, value in subject.tags}
        if step.action == "iam:PassRole" and way.service and not subject.arn.startswith("arn:aws-cn:"):
            facts["iam:passedtoservice"] = (f"{way.passed_to or way.service}.amazonaws.com",)
        return facts

    def _worth_attaching(self, actor: Actor, attach: str) -> Iterable[tuple[str, Policy | None]]:
        """Return what `_find_worth_attaching` does, remembered: an actor can be allowed to attach to everybody."""
        if actor.supposed:
            return self._find_worth_attaching(actor, attach)
        if (actor, attach) not in self._attachable:
            self._attachable[actor, attach] = list(self._find_worth_attaching(actor, attach))
        return self._attachable[actor, attach]

    def _find_worth_attaching(self, actor: Actor, attach: str) -> Iterator[tuple[str, Policy | None]]:
        """Yield the policies that can make an administrator, the likeliest first.

        Args:
            actor: Who attaches.
            attach: The action, in lower case.

        Yields:
            The ARN, and the policy if it depends on the holder whether it makes an administrator.
        """
        partition = actor.arn.split(":")[1]
        for name in ("AdministratorAccess", "IAMFullAccess"):
            yield f"arn:{partition}:iam::aws:policy/{name}", None
        yield from ((policy.arn, policy) for policy in self._empowering_policies if policy.arn)
        if "iam:createpolicy" in actor.rights.actions:
            limits = actor.rights.condition_patterns(attach, "iam:policyarn")
            for arn in self._new_arns(actor, "policy", ["iam:createpolicy"], limits):
                if arn not in self._index.policies and actor.rights.allowing("iam:createpolicy", arn):
                    yield arn, None
        for prepared in sorted(actor.rights.resource_patterns("iam:createpolicyversion")):
            for arn in sorted(self._index.policy_arns.matching(prepared)):
                if actor.rights.allowing("iam:createpolicyversion", arn):
                    yield arn, None

    @cached_property
    def _empowering_policies(self) -> tuple[Policy, ...]:
        """The customer-managed policies that can make a holder an administrator, or let it change its permissions."""
        return tuple(
            policy
            for _, policy in sorted(self._index.policies.items())
            if (empowered := self._empowered_by(policy)) is None or empowered
        )

    def _can_empower(self, subject: Principal, policy: Policy) -> bool:
        """Whether `_empowers` is worth asking, which takes longer."""
        empowered = self._empowered_by(policy)
        return empowered is None or subject.arn in empowered or subject.arn not in self._index.principals

    def _empowered_by(self, policy: Policy) -> frozenset[str] | None:
        """Return the principals of the account that a policy can empower at most; None for any."""
        known = self._reach.get(id(policy))
        if known is None:
            known = self._reach[id(policy)] = (policy, self._find_empowered_by(policy))
        return known[1]

    def _find_empowered_by(self, policy: Policy) -> frozenset[str] | None:
        if self._holding.full_access(policy):
            return None
        found = frozenset[str]()
        for statement in _statements(policy):
            actions = actions_of(statement) & _CHANGING
            if statement.effect is Effect.DENY or not actions:
                continue
            if statement.resources is None or not actions.isdisjoint(_JOINING):
                return None
            for text in statement.resources:
                # A variable can stand for any holder, and so can a policy that each holder carries: this one.
                if "${" in text or (policy.arn and arn_pattern(prepare(text)).matches(policy.arn)):
                    return None
                found |= self._concerned(prepare(text))
        return found

    def _concerned(self, prepared: str) -> frozenset[str]:
        """Return the principals that are, are in, carry or are bounded by what a prepared pattern matches."""
        index = self._index
        groups = (index.groups_by_arn[arn].group_name for arn in index.group_arns.matching(prepared))
        policies = index.policy_arns.matching(prepared)
        return frozenset[str]().union(
            *(arns.matching(prepared) for arns in index.arns.values()),
            union(index.members, groups),
            union(index.carriers, policies),
            union(index.bounded, policies),
        )

    def _empowers(self, subject: Principal, policy: Policy, *, supposed: bool = False) -> bool:
        """Whether holding a policy makes the subject an administrator, or lets it change its own permissions.

        Args:
            subject: Who would hold it, in place of what it holds under the same ARN.
            policy: In a version that need not be in force.
            supposed: Whether the subject holds something that it does not hold yet: then only full access counts.
        """
        if not self._can_empower(subject, policy):
            return False
        attachment = Attachment(policy=policy)
        others = tuple(other for other in subject.attachments if other.policy.arn != policy.arn)
        if self._holding.attached(replace(subject, attachments=(*others, attachment))):
            return True
        # By what this policy allows, alone: what the subject can do without it is looked at elsewhere.
        return not supposed and self._changes_itself(replace(subject, attachments=(attachment,)))

    # Ways that gain access

    def _gain(self, actor: Actor, way: Way, subject: Principal) -> Use | None:
        """Return how the actor acts as the subject in one way; None if it cannot."""
        if way.trust is Trust.PRINCIPAL:
            return self._assume(actor, way, subject)
        if way.trust is not None and not self._index.runs(way, subject):
            return None
        found = self._allowed(actor, way, subject)
        unreadable = way.trust is not None and self._index.trusts[subject.arn].unreadable
        return None if found is None else Use(way=way, attachments=found, unreadable_trust=unreadable)

    def _assume(self, actor: Actor, way: Way, role: Principal) -> Use | None:
        trust = self._index.trusts[role.arn]
        trusted = trust.lets_in(actor.arn, actor.rights.facts)
        if trusted is None:
            return None
        (step,) = way.steps
        use = Use(way=way, mfa_required=trusted.asks_for_mfa, unreadable_trust=trust.unreadable)
        if attachment := self._step(actor, way, step, role):
            return replace(use, attachments=(attachment,))
        if trusted.by_name and not actor.rights.denies(step.action.lower(), role.arn):
            return replace(use, trust_policy_of=role.arn)
        return None

    def _gain_administrator(self, actor: Actor, way: Way, administrators: Collection[str]) -> Path | None:
        if way.subject in _NEW:
            return None
        within_reach = [arn for arn in self._reachable(actor, way) if arn in administrators and arn != actor.arn]
        # One whose trust policy cannot be read comes last: another one leaves no doubt.
        doubted = self._index.unreadable_trusts
        for arn in sorted(within_reach, key=lambda arn: (arn in doubted, self.reached[arn].rank, arn)):
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
        runnable = index.runnable(way) if way.trust else None
        step = next((step for step in way.steps if step.on is On.SUBJECT), None)
        if runnable is not None and (step is None or not runnable):
            return runnable
        if step is None:
            return frozenset()
        named = self._matching(actor, step, index.arns[way.subject])
        return named if runnable is None else named & runnable

    def _matching(self, actor: Actor, step: Step, index: ArnIndex) -> frozenset[str]:
        return index.matching_any(actor.rights.resource_patterns(step.action.lower()))

    # Both together

    def _gain_and_change(self, actor: Actor, way: Way, access: Sequence[Way]) -> Path | None:
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

    def _changeable(self, actor: Actor, way: Way, access: Sequence[Way]) -> Iterator[Principal]:
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
                yield from self._new_principals(actor, way, gain)

    def _by_holding(self, arn: str) -> bool:
        known = self.reached.get(arn)
        return known is not None and known.rank == 0

    def _named(self, actor: Actor, way: Way, access: Sequence[Way]) -> frozenset[str]:
        """Return the principals whose permissions a way could change at most."""
        index, step = self._index, way.steps[0]
        match step.on:
            case On.SUBJECT:
                return self._matching(actor, step, index.arns[way.subject])
            case On.GROUP:
                arns = self._matching(actor, step, index.group_arns)
                return union(index.members, (index.groups_by_arn[arn].group_name for arn in arns))
            case On.ADMIN_GROUP | On.OTHER_GROUP | On.NEW_GROUP:
                # A user that may fill the group adds itself, which has been looked at before, unless a permissions
                # boundary or a Deny keeps it from being an administrator.
                held_back = self._holding.bounded(actor.principal) or self._holding.denied(actor.principal)
                gains = access if isinstance(actor.principal, Role) or held_back else ()
                return frozenset[str]().union(
                    *(self._reachable(actor, gain) for gain in gains if gain.subject not in _NEW)
                )
            case On.BOUNDARY:
                return union(index.bounded, self._matching(actor, step, index.policy_arns))
            case _:
                return union(index.carriers, self._matching(actor, step, index.policy_arns))

    def _new_principals(self, actor: Actor, way: Way, gain: Way) -> Iterator[Principal]:
        """Yield principals that do not exist yet and that the actor may create, by the names that they can have."""
        kind = _NEW[gain.subject]
        actions = [step.action.lower() for step in (*gain.steps, *way.steps) if step.on is On.SUBJECT]
        for arn in self._new_arns(actor, kind, actions):
            if arn in self._index.principals:
                continue
            last = arn.rsplit("/", 1)[-1]
            yield (
                Role(role_name=last, arn=arn) if kind is Subject.ROLE else IamUser(user_name=last, user_id="", arn=arn)
            )

    def _new_arns(self, actor: Actor, kind: str, actions: Iterable[str], limits: Iterable[str] = ()) -> Iterator[str]:
        """Yield ARNs that something new can have, as far as the actor's policies say.

        A name that several patterns allow together is found by comparing each pair of them, which takes time with the
        square of their number. Of more than `_MOST_COMPARED` patterns with wildcards not all pairs are compared: such
        a name may exist, so the last ARN then ends in a wildcard, which `Privileges.allowing` takes for any name.

        Args:
            actor: Who creates it.
            kind: The kind of resource, such as `user`.
            actions: What the actor does with it, in lower case.
            limits: Prepared patterns of ARNs to which conditions limit it.
        """
        partition, account = actor.arn.split(":")[1], actor.arn.split(":")[4]
        prepared = {*limits, *(pattern for action in actions for pattern in actor.rights.resource_patterns(action))}
        texts = {example(pattern, _NEW_NAME) for pattern in prepared}
        wild = sorted(prepared - texts)
        compared = combinations(wild[:_MOST_COMPARED], 2)
        texts |= {text for one, other in compared if (text := common(one, other, _NEW_NAME))}
        names = {text.split(":", 5)[-1] for text in texts} | {f"{kind}/{_NEW_NAME}"}
        found = sorted(name for name in names if name.startswith(f"{kind}/"))
        if len(wild) > _MOST_COMPARED:
            found.append(f"{kind}/{ANY}")
        yield from (f"arn:{partition}:iam::{account}:{name}" for name in found)


def _after(removals: tuple[Use, ...], paths: Iterator[Path]) -> Iterator[Path]:
    """Return paths that begin with removals."""
    return (replace(path, removals=removals) for path in paths) if removals else paths


def _all(found: Iterable[Attachment | None]) -> tuple[Attachment, ...] | None:
    """Return all of some policies; None if one is missing."""
    policies = []
    for attachment in found:
        if attachment is None:
            return None
        policies.append(attachment)
    return tuple(policies)


def _naming(policy_arn: str) -> dict[str, tuple[str, ...] | None]:
    """Return what is known of a request that names a policy; nothing where the policy could have any name."""
    return {} if policy_arn.endswith(ANY) else {"iam:policyarn": (policy_arn,)}


def _statements(policy: Policy) -> tuple[Statement, ...]:
    return policy.document.statements if policy.document else ()
