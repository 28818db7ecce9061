"""The paths of one principal to administrator, given who is an administrator so far.

A path is one way, or two together, and what it leads on to. `admin_mfa.escalation.search` puts paths one behind the
other.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from admin_mfa.escalation.actor import Actor
from admin_mfa.escalation.changes import ACCESS_WAYS, NEEDED, PERMISSION_WAYS, Changes, matching
from admin_mfa.escalation.gains import GAINING_WAYS, Gain, Gained, Gains
from admin_mfa.escalation.holding import Holding
from admin_mfa.escalation.index import AccountIndex, Principal, subject_of, union
from admin_mfa.escalation.new_names import NEW, new_arns, new_principal
from admin_mfa.escalation.path import Administrator, Path, Reached, Use
from admin_mfa.escalation.removal import Removals
from admin_mfa.escalation.rights import Documents, Privileges, View
from admin_mfa.escalation.snapshot import Role
from admin_mfa.escalation.ways import WAYS, On, Trust, Way
from admin_mfa.model import GrantSource
from admin_mfa.statements import Attachment

_ANYWHERE = {way.name: [step.action.lower() for step in way.steps if step.on is On.ANY] for way in WAYS}
Onward = Path | Administrator


class PathFinder:
    """Finds the paths of the principals of one account.

    Args:
        index: The account.
        holding: What principals are without any way.

    Attributes:
        reached: The administrators known so far, by ARN; `search` adds to them round by round.
        unsettled: Principals that can raise another one, which a later round may make an administrator.
    """

    def __init__(self, index: AccountIndex, holding: Holding) -> None:
        self._index = index
        self._holding = holding
        self._changes = Changes(index, holding)
        self._removals = Removals(index, holding, self._changes)
        self._gains = Gains(index, self._changes)
        self._view = View(effective=holding.effective)
        self._documents = Documents()
        self._actors: dict[str, Actor] = {}
        self._ways: dict[frozenset[str], tuple[list[Way], list[Way]]] = {}
        self.reached: dict[str, Reached] = {}
        self.unsettled: set[str] = set()

    def actor(self, principal: Principal) -> Actor:
        """Return a principal with its permissions; remembered for the principals of the account."""
        if not self._index.holds(principal):
            return self.acting(principal, self._view)
        if principal.arn not in self._actors:
            self._actors[principal.arn] = self.acting(principal, self._view)
        return self._actors[principal.arn]

    def can_anything(self, principal: Principal) -> bool:
        """Whether the policies of a principal allow one of the table's actions on something."""
        documents = (attachment.policy.document for attachment in principal.attachments)
        return any(self._documents.allow(document) for document in documents if document)

    def acting(self, principal: Principal, view: View) -> Actor:
        """Return a principal with its permissions under a view."""
        return Actor(principal=principal, rights=Privileges(principal, view, self._documents))

    def paths(self, actor: Actor) -> Iterator[Path]:
        """Yield every path, each row of the table at most once; first those that need nothing more than is there."""
        found: set[str] = set()
        for freed, removals in self._removals.states(actor):
            for path in self._paths_of(freed, removals):
                if (name := path.uses[-1].way.name) not in found:
                    found.add(name)
                    yield path
        direct = frozenset(found)
        for path in self._with_gains(actor, self._ends, direct):
            if (name := path.uses[-1].way.name) not in found:
                found.add(name)
                yield path

    def through(self, actor: Actor, administrators: Collection[str]) -> Iterator[Path]:
        """Yield the paths that gain access to one of some administrators."""
        for freed, removals in self._removals.states(actor):
            yield from _after(removals, self._through_now(freed, administrators))
        yield from self._with_gains(actor, lambda state: self._through_now(state, administrators), frozenset())

    def _paths_of(self, actor: Actor, removals: tuple[Use, ...]) -> Iterator[Path]:
        if removals and not actor.rights.in_session and (grants := self._holding.grants(actor.principal)):
            onward = Administrator(arn=actor.arn, grant=grants[0])
            yield replace(self._path(actor, actor.principal, removals[-1]), removals=removals[:-1], onward=onward)
            return
        yield from _after(removals, self._paths_now(actor))

    def _paths_now(self, actor: Actor) -> Iterator[Path]:
        changing, access = self._usable(actor)
        for way in changing:
            if use := self._change(actor, way, actor.principal):
                yield Path(actor=actor.principal, subject=actor.principal, uses=(use,))
            elif path := self._gain_and_change(actor, way, access):
                yield path
        yield from self._through_now(actor, self.reached.keys())

    def _through_now(self, actor: Actor, administrators: Collection[str]) -> Iterator[Path]:
        for way in self._usable(actor)[1]:
            if path := self._gain_administrator(actor, way, administrators):
                yield path

    def _change(self, actor: Actor, way: Way, subject: Principal) -> Use | None:
        if way.removes_deny:
            return self._removals.freeing(actor, way, subject)
        return self._changes.change(actor, way, subject)

    def _usable(self, actor: Actor) -> tuple[list[Way], list[Way]]:
        """Return the rows that change permissions and those that gain access whose actions the actor has."""
        # Few sets of actions occur, however many principals there are: a row of the table costs nothing at run time.
        actions = actor.rights.actions
        if actions not in self._ways:
            self._ways[actions] = (
                [way for way in PERMISSION_WAYS if NEEDED[way.name] <= actions],
                [way for way in ACCESS_WAYS if way.trust is Trust.PRINCIPAL or NEEDED[way.name] <= actions],
            )
        return self._ways[actions]

    def _path(self, actor: Actor, subject: Principal, *uses: Use) -> Path:
        return Path(
            actor=actor.principal,
            subject=subject,
            uses=uses,
            new=subject.arn not in self._index.principals,
            onward=onward.how if (onward := self.reached.get(subject.arn)) else None,
        )

    # With rights that are gained on the way

    def _with_gains(
        self, actor: Actor, ends: Callable[[Actor], Iterable[Onward]], direct: frozenset[str]
    ) -> Iterator[Path]:
        """Yield the paths that begin with something that the actor gives itself.

        Args:
            actor: As it is.
            ends: Returns where a principal arrives from where it is.
            direct: The names of the rows that lead to administrator without gaining anything.
        """
        for freed, removals in self._removals.states(actor):
            for state in self._gains.states(freed):
                for end in ends(state.actor):
                    if needed := self._needed(state, end, ends, direct):
                        yield from _after(removals, [_led_on(freed.principal, needed, end)])

    def _ends(self, actor: Actor) -> Iterator[Onward]:
        """Yield what makes the actor, with what it has gained, an administrator."""
        if not actor.rights.in_session and (grants := self._holding.grants(actor.principal)):
            yield Administrator(arn=actor.arn, grant=grants[0])
        yield from self._paths_now(actor)

    def _own_ends(self, actor: Actor) -> Iterator[Onward]:
        """Yield what makes a principal an administrator that another one has raised, without the help of third ones."""
        if grants := self._holding.grants(actor.principal):
            yield Administrator(arn=actor.arn, grant=grants[0])
        for way in self._usable(actor)[0]:
            if use := self._change(actor, way, actor.principal):
                yield Path(actor=actor.principal, subject=actor.principal, uses=(use,))
        yield from self._through_now(actor, self.reached.keys())

    def _needed(
        self, state: Gained, end: Onward, ends: Callable[[Actor], Iterable[Onward]], direct: frozenset[str]
    ) -> tuple[Gain, ...]:
        """Return the gains without which the end is out of reach; none where it is within reach anyway."""

        def suffice(gains: Sequence[Gain]) -> bool:
            return any(_name(other) == _name(end) for other in ends(state.only(gains)))

        needed = state.needed(_used(state.actor.principal, end))
        if needed and suffice(needed):
            return needed
        # Not only by what is allowed, but by what it is allowed on: a policy or a group that came with a gain.
        if not needed and _name(end) in direct:
            return ()
        kept = state.gains
        for gain in reversed(state.gains):
            fewer = tuple(other for other in kept if other is not gain)
            if suffice(fewer):
                kept = fewer
        return state.needed((), kept)

    def _raise(self, actor: Actor, way: Way, subject: Principal) -> tuple[tuple[Gain, ...], Onward] | None:
        """Return what the actor gives another principal by a way, and how that one becomes an administrator with it."""
        if way not in GAINING_WAYS:
            return None
        for state in self._gains.raised(actor, way, self.acting(subject, self._view)):
            self.unsettled.add(actor.arn)
            for end in self._own_ends(state.actor):
                needed = self._needed(state, end, self._own_ends, frozenset())
                if needed and needed[0].use.way is way:
                    return needed, end
        return None

    # Ways that gain access

    def _gain(self, actor: Actor, way: Way, subject: Principal) -> Use | None:
        """Return how the actor acts as the subject in one way; None if it cannot."""
        if way.trust is Trust.PRINCIPAL:
            return self._assume(actor, way, subject)
        if way.trust is not None and not self._index.runs(way, subject):
            return None
        found = self._changes.allowed(actor, way, subject)
        unreadable = way.trust is not None and self._index.trusts[subject.arn].unreadable
        return None if found is None else Use(way=way, attachments=found, unreadable_trust=unreadable)

    def _assume(self, actor: Actor, way: Way, role: Principal) -> Use | None:
        trust = self._index.trusts[role.arn]
        trusted = trust.lets_in(actor.arn, actor.rights.facts)
        if trusted is None:
            return None
        (step,) = way.steps
        use = Use(way=way, mfa_required=trusted.asks_for_mfa, unreadable_trust=trust.unreadable)
        if attachment := self._changes.step(actor, way, step, role):
            return replace(use, attachments=(attachment,))
        if trusted.by_name and not actor.rights.denies(step.action.lower(), role.arn):
            return replace(use, trust_policy_of=role.arn)
        return None

    def _gain_administrator(self, actor: Actor, way: Way, administrators: Collection[str]) -> Path | None:
        within_reach = [arn for arn in self._reachable(actor, way) if arn in administrators and arn != actor.arn]
        if not within_reach or not all(actor.rights.allowing(action, None) for action in _ANYWHERE[way.name]):
            return None
        # One whose trust policy cannot be read comes last: another one leaves no doubt.
        doubted = self._index.unreadable_trusts
        for arn in sorted(within_reach, key=lambda arn: (arn in doubted, self.reached[arn].rank, arn)):
            if use := self._gain(actor, way, self._index.principals[arn]):
                return self._path(actor, self._index.principals[arn], use)
        return None

    def _reachable(self, actor: Actor, way: Way) -> frozenset[str]:
        """Return the principals to which a way could lead at most."""
        index = self._index
        step = next((step for step in way.steps if step.on is On.SUBJECT), None)
        if way.subject in NEW:
            return frozenset()
        if way.trust is Trust.PRINCIPAL:
            by_name = union(index.trusted, (actor.arn, "*"))
            if step is None or actor.rights.actions.isdisjoint(NEEDED[way.name]):
                return by_name
            # A role that trusts the account as a whole leaves it to policies who may assume it.
            return by_name | (index.trusting_account & matching(actor, step, index.arns[way.subject]))
        runnable = index.runnable(way) if way.trust else None
        if runnable is not None and (step is None or not runnable):
            return runnable
        if step is None:
            return frozenset()
        named = matching(actor, step, index.arns[way.subject])
        return named if runnable is None else named & runnable

    # Both together

    def _gain_and_change(self, actor: Actor, way: Way, access: Sequence[Way]) -> Path | None:
        """Find a principal that is not an administrator, to which the actor can gain access and whom it can change."""
        usable = [gain for gain in access if NEW.get(gain.subject, gain.subject) is way.subject]
        for subject in self._changeable(actor, way, usable):
            new = subject.arn not in self._index.principals
            for gain in usable:
                if (gain.subject in NEW) == new and (gained := self._gain(actor, gain, subject)):
                    if changed := self._change(actor, way, subject):
                        return self._path(actor, subject, gained, changed)
                    if raised := self._raise(actor, way, subject):
                        (first, *more), end = raised
                        onward = _led_on(subject, more, end) if more else end
                        return replace(self._path(actor, subject, gained, first.use), onward=onward)
                    break
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
            if gain.subject in NEW:
                yield from self._new_principals(actor, way, gain)

    def _by_holding(self, arn: str) -> bool:
        known = self.reached.get(arn)
        return known is not None and known.rank == 0

    def _named(self, actor: Actor, way: Way, access: Sequence[Way]) -> frozenset[str]:
        """Return the principals whose permissions a way could change at most."""
        index, step = self._index, way.steps[0]
        match step.on:
            case On.SUBJECT:
                return matching(actor, step, index.arns[way.subject])
            case On.GROUP:
                arns = matching(actor, step, index.group_arns)
                return union(index.members, (index.groups_by_arn[arn].group_name for arn in arns))
            case On.ADMIN_GROUP | On.OTHER_GROUP | On.NEW_GROUP:
                # A user that may fill the group adds itself, which has been looked at before, unless a permissions
                # boundary or a Deny keeps it from being an administrator.
                held_back = self._holding.bounded(actor.principal) or self._holding.denied(actor.principal)
                gains = access if isinstance(actor.principal, Role) or held_back else ()
                return frozenset[str]().union(*(self._reachable(actor, gain) for gain in gains))
            case On.BOUNDARY:
                return union(index.bounded, matching(actor, step, index.policy_arns))
            case _:
                arns = matching(actor, step, index.policy_arns)
                return union(index.carriers, arns) if arns else arns

    def _new_principals(self, actor: Actor, way: Way, gain: Way) -> Iterator[Principal]:
        """Yield principals that do not exist yet and that the actor may create, by the names that they can have."""
        actions = [step.action.lower() for step in (*gain.steps, *way.steps) if step.on is On.SUBJECT]
        for arn in new_arns(actor, NEW[gain.subject], actions, self._gains.limits(actor, way)):
            if arn not in self._index.principals:
                yield new_principal(arn)


def _after(removals: tuple[Use, ...], paths: Iterable[Path]) -> Iterable[Path]:
    """Return paths that begin with removals."""
    return (replace(path, removals=removals) for path in paths) if removals else paths


def _led_on(principal: Principal, gains: Sequence[Gain], end: Onward) -> Path:
    """Return the path on which a principal is given something, piece by piece, and then arrives at the end."""
    first, *others = gains
    onward = _led_on(principal, others, end) if others else end
    return Path(actor=principal, subject=principal, uses=(first.use,), onward=onward)


def _name(end: Onward) -> str | None:
    return end.uses[-1].way.name if isinstance(end, Path) else None


def _used(principal: Principal, end: Onward) -> Iterator[Attachment]:
    """Yield the policies on which the last part of a path rests."""
    if isinstance(end, Path):
        for use in (*end.removals, *end.uses):
            yield from use.attachments
    else:
        yield from (a for a in principal.attachments if GrantSource.of(a) in end.grant.sources)
