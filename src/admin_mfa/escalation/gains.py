"""Rights that a principal can be given on the way to administrator: rights gained are rights.

A policy that is attached, a group that is joined and a former version that is put in force need not make anybody an
administrator by themselves: what they allow can be used to go on. So a principal is judged with everything that it can
gain, together, until it can gain nothing more. Policies that also deny can take away more than they give, and a former
version replaces another one, so each of those is tried alone.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from admin_mfa.escalation.actor import Actor
from admin_mfa.escalation.changes import ATTACHES, NEEDED, PERMISSION_WAYS, Changes, all_of, matching, naming
from admin_mfa.escalation.index import AccountIndex, Principal, carried, groups_of, subject_of
from admin_mfa.escalation.path import Use
from admin_mfa.escalation.rights import actions_of
from admin_mfa.escalation.snapshot import Role
from admin_mfa.escalation.ways import On, Way
from admin_mfa.policy.coverage import may_matter
from admin_mfa.policy.wildcard import ANY, prepare
from admin_mfa.statements import Attachment, Effect, Policy, Statement

GAINING_WAYS = tuple(
    way
    for way in PERMISSION_WAYS
    if way.steps[-1].action in ATTACHES or way.steps[-1].on in (On.ADMIN_GROUP, On.OLD_VERSION)
)
"""The rows that give a principal policies which exist already."""

_ACTIONS = frozenset(way.steps[-1].action.lower() for way in GAINING_WAYS)


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
        self._useful: dict[int, tuple[Policy, bool]] = {}
        self._attachable: dict[tuple[Actor, str], list[Policy]] = {}

    def states(self, actor: Actor) -> Iterator[Gained]:
        """Yield the actor with what it can give itself; nothing if that is nothing."""
        yield from self.onward(Gained(start=actor, actor=actor))

    def raised(self, actor: Actor, way: Way, subject: Actor) -> Iterator[Gained]:
        """Yield another principal with what the actor can give it by one way, and then it itself."""
        given = list(self._given(actor, way, subject.principal))
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
        policies = self._policies(actor, action.lower())
        statements = [statement for policy in policies for statement in _statements(policy)]
        texts = {text for s in statements if actions_of(s) for text in s.resources or ()}
        # A variable can stand for any text.
        return frozenset(ANY.join(prepare(part.rpartition("}")[2]) for part in text.split("${")) for text in texts)

    def _saturated(self, state: Gained) -> tuple[Gained, list[Gain]]:
        """Return a principal with all that it can give itself together, and what it can give itself beyond that."""
        while True:
            actor = state.actor
            given = [gain for way in self._ways(actor) for gain in self._given(actor, way, actor.principal)]
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

    def _given(self, actor: Actor, way: Way, subject: Principal) -> Iterator[Gain]:
        """Yield what the actor can give the subject by one row, as far as it may be of use."""
        if subject_of(subject) is not way.subject:
            return
        last = way.steps[-1]
        if last.action in ATTACHES:
            yield from self._attached(actor, way, subject)
        elif last.on is On.ADMIN_GROUP:
            for arn in sorted(matching(actor, last, self._index.group_arns)):
                group = self._index.groups_by_arn[arn]
                if group.group_name not in groups_of(subject) and any(self.useful(a.policy) for a in group.attachments):
                    allowed = self._changes.on(actor, way, last, subject, (arn,))
                    yield from _gain(way, (allowed,), added=group.attachments, group=group.group_name)
        else:
            for policy in carried(subject):
                for old in self._index.former_versions.get(policy.arn or "", ()):
                    if self.useful(old):
                        allowed = self._changes.on(actor, way, last, subject, (policy.arn,))
                        same = [a for a in subject.attachments if a.policy.arn == policy.arn]
                        added = tuple(replace(attachment, policy=old) for attachment in same)
                        yield from _gain(way, (allowed,), added=added, replaces=policy.arn)

    def _attached(self, actor: Actor, way: Way, subject: Principal) -> Iterator[Gain]:
        *before, last = way.steps
        action, facts = last.action.lower(), self._changes.facts(actor, way, last, subject)
        held = {attachment.policy.arn for attachment in subject.attachments}
        for arn in self._places(actor, way, subject):
            group = None if arn == subject.arn else arn.rsplit("/", 1)[-1]
            joined = [self._changes.on(actor, way, step, subject, (arn,)) for step in before]
            if actor.rights.allowing(action, arn, facts) is None:
                continue
            for policy in self._policies(actor, action):
                if policy.arn not in held:
                    allowed = actor.rights.allowing(action, arn, facts | naming(policy.arn or ""))
                    added = (Attachment(policy=policy, group=group),)
                    yield from _gain(way, (*joined, allowed), added=added, group=group if before else None)

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

    def _policies(self, actor: Actor, attach: str) -> list[Policy]:
        """Return the policies of the account that an actor may attach to anything and that may be of use."""
        if (known := self._attachable.get((actor, attach))) is not None:
            return known
        found = [
            policy
            for arn, policy in sorted(self._index.policies.items())
            if self.useful(policy) and actor.rights.allowing(attach, None, naming(arn))
        ]
        if self._index.holds(actor.principal):
            self._attachable[actor, attach] = found
        return found

    def useful(self, policy: Policy) -> bool:
        """Whether a policy allows something that the table asks for, or that can be part of a full access."""
        known = self._useful.get(id(policy))
        if known is None:
            allowed = [statement for statement in _statements(policy) if statement.effect is Effect.ALLOW]
            known = self._useful[id(policy)] = policy, any(actions_of(s) or may_matter(s) for s in allowed)
        return known[1]


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
    for gain in gains:
        rest = tuple(a for a in principal.attachments if gain.replaces is None or a.policy.arn != gain.replaces)
        principal = replace(principal, attachments=(*rest, *gain.added))
        if gain.group is not None and not isinstance(principal, Role) and gain.group not in principal.groups:
            principal = replace(principal, groups=(*principal.groups, gain.group))
    return principal


def _statements(policy: Policy) -> Sequence[Statement]:
    return policy.document.statements if policy.document else ()
