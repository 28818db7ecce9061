"""Rights that a principal can be given on the way to administrator: rights gained are rights.

A policy that is attached, a group that is joined and a former version that is put in force need not make anybody an
administrator by themselves: what they allow can be used to go on. So a principal is judged with everything that it can
gain, together, until it can gain nothing more. Policies that also deny can take away more than they give, and a former
version replaces another one, so each of those is tried alone.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from admin_mfa.escalation.actor import Actor
from admin_mfa.escalation.changes import (
    ACCESS_WAYS,
    ATTACHES,
    NEEDED,
    PERMISSION_WAYS,
    Changes,
    all_of,
    matching,
    naming,
)
from admin_mfa.escalation.index import AccountIndex, Principal, carried, groups_of, subject_of
from admin_mfa.escalation.new_names import NEW
from admin_mfa.escalation.path import Use
from admin_mfa.escalation.rights import actions_of
from admin_mfa.escalation.snapshot import Role
from admin_mfa.escalation.ways import On, Subject, Trust, Way
from admin_mfa.policy.wildcard import ANY, prepare
from admin_mfa.statements import Attachment, Effect, Policy, Statement

GAINING_WAYS = tuple(
    way
    for way in PERMISSION_WAYS
    if way.steps[-1].action in ATTACHES or way.steps[-1].on in (On.ADMIN_GROUP, On.OLD_VERSION)
)
"""The rows that give a principal policies which exist already."""

_ACTIONS = frozenset(way.steps[-1].action.lower() for way in GAINING_WAYS)
_CHANGES = {
    kind: frozenset(step.action.lower() for way in PERMISSION_WAYS if way.subject is kind for step in way.steps)
    for kind in (Subject.USER, Subject.ROLE)
}
_ACCESS_ACTIONS = frozenset[str]().union(*(NEEDED[way.name] for way in ACCESS_WAYS)).difference(*_CHANGES.values())


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Gain:
    """What a principal is given.

    Attributes:
        use: How.
        added: The policies that it then has, as they reach it.
        group: The group that it joins; None if it joins none.
        replaces: The ARN of the policy that is put in force in another version; None for other policies.
    """

    use: Use
    added: tuple[Attachment, ...]
    group: str | None = None
    replaces: str | None = None

    @property
    def denies(self) -> bool:
        """Whether a policy in it denies something."""
        return any(statement.effect is Effect.DENY for added in self.added for statement in _statements(added.policy))

    @property
    def key(self) -> tuple[object, ...]:
        """What the principal is given; a policy that is attached is the same wherever it is attached."""
        place = None if self.use.way.steps[-1].action in ATTACHES else self.group
        return (place, self.replaces, *(id(added.policy) for added in self.added))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Gained:
    """A principal with what it was given.

    Attributes:
        start: The principal without that.
        actor: With it.
        gains: In the order in which it was given.
    """

    start: Actor
    actor: Actor
    gains: tuple[Gain, ...] = ()

    def plus(self, gains: Sequence[Gain]) -> "Gained":
        """Return the principal with more."""
        actor = self.actor.become(_with(self.actor.principal, gains)) if gains else self.actor
        return replace(self, actor=actor, gains=(*self.gains, *gains))

    def only(self, gains: Sequence[Gain]) -> Actor:
        """Return the principal with some of its gains."""
        return self.start.become(_with(self.start.principal, gains))

    def needed(self, used: Iterable[Attachment], kept: Sequence[Gain] = ()) -> tuple[Gain, ...]:
        """Return the gains that some policies came with, the gains that are kept, and those that allowed them."""
        wanted = {id(attachment) for attachment in used}
        found: list[Gain] = []
        for gain in reversed(self.gains):
            if gain in kept or any(id(added) in wanted for added in gain.added):
                found.append(gain)
                wanted.update(map(id, gain.use.attachments))
        return tuple(reversed(found))


class Gains:
    """Finds what the principals of one account can be given.

    Args:
        index: The account.
        changes: What makes an administrator at once.
    """

    def __init__(self, index: AccountIndex, changes: Changes) -> None:
        self._index = index
        self._changes = changes
        self._uses: dict[int, tuple[Policy, tuple[bool, frozenset[Subject]]]] = {}
        self._known: dict[tuple[object, ...], list[Gain]] = {}

    def states(self, actor: Actor) -> Iterator[Gained]:
        """Yield the actor with what it can give itself; nothing if that is nothing."""
        yield from self.onward(Gained(start=actor, actor=actor))

    def raised(self, actor: Actor, way: Way, subject: Actor) -> Iterator[Gained]:
        """Yield another principal with what the actor can give it by one way, and then it itself."""
        given = list(self._given(actor, way, subject))
        if not given:
            return
        start = Gained(start=subject, actor=subject)
        yield from self.onward(start.plus(_distinct(gain for gain in given if not _alone(gain, actor))))
        for gain in given:
            if _alone(gain, actor):
                yield from self.onward(start.plus((gain,)))

    def onward(self, state: Gained) -> Iterator[Gained]:
        """Yield a principal with everything that it can give itself in addition."""
        state, alone = self._saturated(state)
        if state.gains:
            yield state
        for gain in alone:
            yield self._saturated(state.plus((gain,)))[0]

    def limits(self, actor: Actor, way: Way) -> frozenset[str]:
        """Return prepared patterns of the resources of the policies that the actor can attach by a way."""
        action = way.steps[-1].action
        if action not in ATTACHES:
            return frozenset()
        texts = {
            text
            for policy in self._acting_policies
            if actor.rights.allowing(action.lower(), None, naming(policy.arn or ""))
            for statement in _statements(policy)
            if actions_of(statement)
            for text in statement.resources or ()
        }
        return frozenset(map(_any_variable, texts))

    def _saturated(self, state: Gained) -> tuple[Gained, list[Gain]]:
        """Return a principal with all that it can give itself together, and what it can give itself beyond that."""
        while True:
            actor = state.actor
            given = [gain for way in self._ways(actor) for gain in self._given(actor, way, actor)]
            if not (more := _distinct(gain for gain in given if not _alone(gain, actor))):
                known = {gain.key for gain in state.gains}
                return state, [gain for gain in given if gain.key not in known]
            state = state.plus(more)

    def _ways(self, actor: Actor) -> list[Way]:
        """Return the rows by which the actor could give itself something, and not an administrator's rights at once."""
        actions = actor.rights.actions
        if _ACTIONS.isdisjoint(actions):
            return []
        return [
            way
            for way in GAINING_WAYS
            if way.subject is subject_of(actor.principal)
            and NEEDED[way.name] <= actions
            and not self._changes.change(actor, way, actor.principal)
        ]

    def _given(self, actor: Actor, way: Way, holder: Actor) -> Iterator[Gain]:
        """Yield what the actor can give a holder by one row, as far as it may be of use."""
        last = way.steps[-1]
        if subject_of(holder.principal) is not way.subject:
            return iter(())
        if last.action in ATTACHES:
            return self._attached(actor, way, holder)
        return self._joined(actor, way, holder) if last.on is On.ADMIN_GROUP else self._former(actor, way, holder)

    def _joined(self, actor: Actor, way: Way, holder: Actor) -> Iterator[Gain]:
        """Yield the groups that the holder can become a member of."""
        (step,) = way.steps
        for arn in sorted(matching(actor, step, self._index.group_arns)):
            group = self._index.groups_by_arn[arn]
            if group.group_name not in groups_of(holder.principal) and any(
                self._useful(attachment.policy, holder.rights.actions) for attachment in group.attachments
            ):
                allowed = self._changes.on(actor, way, step, holder.principal, (arn,))
                yield from _gain(way, (allowed,), added=group.attachments, group=group.group_name)

    def _former(self, actor: Actor, way: Way, holder: Actor) -> Iterator[Gain]:
        """Yield the former versions of the holder's policies that can be put in force."""
        (step,) = way.steps
        for policy in carried(holder.principal):
            for old in self._index.former_versions.get(policy.arn or "", ()):
                if self._useful(old, holder.rights.actions):
                    allowed = self._changes.on(actor, way, step, holder.principal, (policy.arn,))
                    same = [a for a in holder.principal.attachments if a.policy.arn == policy.arn]
                    added = tuple(replace(attachment, policy=old) for attachment in same)
                    yield from _gain(way, (allowed,), added=added, replaces=policy.arn)

    def _attached(self, actor: Actor, way: Way, holder: Actor) -> Iterator[Gain]:
        """Yield the policies of the account that can be attached to the holder, or to a group for it."""
        *before, last = way.steps
        action, facts = last.action.lower(), self._changes.facts(actor, way, last, holder.principal)
        held = {attachment.policy.arn for attachment in holder.principal.attachments}
        for arn in self._places(actor, way, holder.principal):
            if not (speaking := actor.rights.speaking(action, arn)):
                continue
            allowed = [self._changes.on(actor, way, step, holder.principal, (arn,)) for step in before]
            group = None if arn == holder.principal.arn else arn.rsplit("/", 1)[-1]
            # The same statements decide on most holders, and most can do the same: the policies are gone through once.
            key = (actor, way.name, group, speaking, holder.rights.actions, *map(id, allowed), *sorted(facts.items()))
            if (known := self._known.get(key)) is None:
                known = [
                    gain
                    for policy in self._acting_policies
                    if self._useful(policy, holder.rights.actions)
                    for gain in _gain(
                        way,
                        (*allowed, actor.rights.allowing(action, arn, facts | naming(policy.arn or ""))),
                        added=(Attachment(policy=policy, group=group),),
                        group=group if before else None,
                    )
                ]
                if self._index.holds(actor.principal):
                    self._known[key] = known
            yield from (gain for gain in known if gain.added[0].policy.arn not in held)

    def _places(self, actor: Actor, way: Way, subject: Principal) -> Iterable[str]:
        """Return the ARNs of the principal and the groups to which a row attaches a policy that reaches the subject."""
        match way.steps[-1].on:
            case On.SUBJECT:
                return (subject.arn,)
            case On.GROUP:
                groups = self._index.groups
                return [groups[name].arn for name in groups_of(subject) if name in groups]
            case _:
                return self._changes.joinable(actor, way, subject)

    @cached_property
    def _acting_policies(self) -> tuple[Policy, ...]:
        """The policies of the account that allow one of the table's actions."""
        return tuple(policy for _, policy in sorted(self._index.policies.items()) if _acts(policy))

    def _useful(self, policy: Policy, actions: frozenset[str]) -> bool:
        """Whether a policy may be of use to a holder that is allowed some actions already.

        Not if it only gives access to principals that can do nothing and that the holder cannot change.
        """
        if (known := self._uses.get(id(policy))) is None:
            known = self._uses[id(policy)] = policy, self._use_of(policy)
        opens, kinds = known[1]
        return opens or any(not actions.isdisjoint(_CHANGES[kind]) for kind in kinds)

    def _use_of(self, policy: Policy) -> tuple[bool, frozenset[Subject]]:
        """Return whether a policy is of use to any holder, and to whose permissions its access can lead otherwise."""
        kinds = set[Subject]()
        for statement in _statements(policy):
            actions = actions_of(statement) if statement.effect is Effect.ALLOW else frozenset[str]()
            if not actions <= _ACCESS_ACTIONS:
                return True, frozenset()
            for way in ACCESS_WAYS:
                if not actions.isdisjoint(NEEDED[way.name]):
                    kinds.add(NEW.get(way.subject, way.subject))
                    if way.subject not in NEW and not self._powerful.isdisjoint(self._led_to(way, statement, actions)):
                        return True, frozenset()
        return False, frozenset(kinds)

    def _led_to(self, way: Way, statement: Statement, actions: frozenset[str]) -> frozenset[str]:
        """Return the principals to which a way could lead at most, as far as a statement is asked."""
        index = self._index.arns[way.subject]
        subjects = [step.action.lower() for step in way.steps if step.on is On.SUBJECT]
        if actions.isdisjoint(subjects):
            return self._index.runnable(way) if way.trust and way.trust is not Trust.PRINCIPAL else index.arns
        if statement.resources is None:
            return index.arns
        return frozenset[str]().union(*(index.matching(_any_variable(text)) for text in statement.resources))

    @cached_property
    def _powerful(self) -> frozenset[str]:
        """The principals that are administrators, or whose policies allow one of the table's actions."""
        return frozenset(
            arn
            for arn, principal in self._index.principals.items()
            if any(_acts(attachment.policy) for attachment in principal.attachments)
            or self._changes.holding.attached(principal)
        )


def _acts(policy: Policy) -> bool:
    return any(actions_of(s) for s in _statements(policy) if s.effect is Effect.ALLOW)


def _any_variable(text: str) -> str:
    """Prepare a pattern; a variable in it can stand for any text."""
    return ANY.join(prepare(part.rpartition("}")[2]) for part in text.split("${"))


def _gain(way: Way, allowed: Sequence[Attachment | None], **fields: object) -> Iterator[Gain]:
    """Yield what a row gives where each of its steps is allowed."""
    if attachments := all_of(allowed):
        yield Gain(use=Use(way=way, attachments=attachments), **fields)  # type: ignore[arg-type]


def _alone(gain: Gain, actor: Actor) -> bool:
    """Whether more of the same principal's rights can be lost than won."""
    return gain.replaces is not None or (actor.rights.heeds_deny and gain.denies)


def _distinct(gains: Iterable[Gain]) -> list[Gain]:
    """Return gains without those that give the same by another row."""
    return list({gain.key: gain for gain in reversed(list(gains))}.values())[::-1]


def _with(principal: Principal, gains: Iterable[Gain]) -> Principal:
    attachments, groups = list(principal.attachments), list(groups_of(principal))
    for gain in gains:
        if gain.replaces is not None:
            attachments = [attachment for attachment in attachments if attachment.policy.arn != gain.replaces]
        attachments += gain.added
        if gain.group is not None and gain.group not in groups:
            groups.append(gain.group)
    if isinstance(principal, Role):
        return replace(principal, attachments=tuple(attachments))
    return replace(principal, attachments=tuple(attachments), groups=tuple(groups))


def _statements(policy: Policy) -> Sequence[Statement]:
    return policy.document.statements if policy.document else ()
