"""Policies that deny, permissions boundaries, and what removes them.

A Deny counts only as long as its policy is attached: a principal that can detach or delete the policy, or leave the
group that carries it, is not held back by it. The same holds for a permissions boundary that its principal can remove.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from admin_mfa.escalation.actor import Actor
from admin_mfa.escalation.changes import NEEDED, PERMISSION_WAYS, Changes
from admin_mfa.escalation.holding import Holding
from admin_mfa.escalation.index import AccountIndex, Principal, subject_of
from admin_mfa.escalation.path import Use
from admin_mfa.escalation.ways import On, Way
from admin_mfa.model import IamUser
from admin_mfa.statements import Attachment, Effect

_DETACHES = frozenset(("iam:DetachUserPolicy", "iam:DetachGroupPolicy", "iam:DetachRolePolicy"))


def detaches(way: Way) -> bool:
    """Whether a way detaches a managed policy, so that a request names the policy's ARN."""
    return way.steps[0].action in _DETACHES


def removable(way: Way, principal: Principal) -> Iterator[tuple[Attachment, ...]]:
    """Yield the policies of a principal that deny something and that a way removes, each with what goes with it."""
    (step,) = way.steps
    denying = [attachment for attachment in principal.attachments if _has(attachment, Effect.DENY)]
    if step.action == "iam:RemoveUserFromGroup":
        for group in dict.fromkeys(attachment.group for attachment in denying if attachment.group is not None):
            yield tuple(attachment for attachment in principal.attachments if attachment.group == group)
        return
    for attachment in denying:
        of_group, managed = attachment.group is not None, attachment.policy.arn is not None
        if of_group is (step.on is On.GROUP) and managed is detaches(way):
            yield (attachment,)


def without(principal: Principal, way: Way, attachments: Sequence[Attachment]) -> Principal:
    """Return a principal without some of its policies, and outside of their group where the way takes it out."""
    rest = tuple(attachment for attachment in principal.attachments if attachment not in attachments)
    if isinstance(principal, IamUser) and way.name == "RemoveUserFromGroup":
        groups = tuple(name for name in principal.groups if name != attachments[0].group)
        return replace(principal, attachments=rest, groups=groups)
    return replace(principal, attachments=rest)


def allows_nothing(attachments: Sequence[Attachment]) -> bool:
    """Whether policies only deny, so that nothing is lost with them."""
    return not any(_has(attachment, Effect.ALLOW) for attachment in attachments)


def _has(attachment: Attachment, effect: Effect) -> bool:
    document = attachment.policy.document
    return document is not None and any(statement.effect is effect for statement in document.statements)


class Removals:
    """Finds what an actor can remove of what denies or bounds a principal of one account.

    Args:
        index: The account.
        holding: What principals are without any way.
        changes: Its rows are asked for what they allow.
    """

    def __init__(self, index: AccountIndex, holding: Holding, changes: Changes) -> None:
        self._index = index
        self._holding = holding
        self._changes = changes

    def states(self, actor: Actor) -> Iterator[tuple[Actor, tuple[Use, ...]]]:
        """Yield the actor as it is, and as it is once it has removed what denies or bounds it.

        Policies that only deny are removed first, because nothing is lost with them. Policies and groups that allow
        something too are removed one at a time.
        """
        yield actor, ()
        if not actor.rights.withheld:
            return
        start: Actor = actor
        removals: tuple[Use, ...] = ()
        while found := next(((rest, use) for rest, use, harmless in self._removals(start) if harmless), None):
            start, removals = actor.become(found[0]), (*removals, found[1])
        if removals:
            yield start, removals
        for rest, use, _ in self._removals(start):
            yield actor.become(rest), (*removals, use)

    def freeing(self, actor: Actor, way: Way, subject: Principal) -> Use | None:
        """Return how the actor makes the subject an administrator by removing what denies it everything."""
        if subject_of(subject) is not way.subject or not self._holding.denied(subject):
            return None
        rest, found = subject, None
        for attachments in removable(way, subject):
            if use := self._removal(actor, way, attachments, subject):
                rest, found = without(rest, way, attachments), found or use
        return found if found and self._holding.grants(rest) else None

    def _removals(self, actor: Actor) -> Iterator[tuple[Principal, Use, bool]]:
        """Yield what is left of the actor after each removal, the removal, and whether the actor loses nothing."""
        principal = actor.principal
        for way in PERMISSION_WAYS:
            if way.subject is not subject_of(principal) or not NEEDED[way.name] <= actor.rights.actions:
                continue
            if way.bounded and principal.boundary and (found := self._changes.allowed(actor, way, principal)):
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
        facts = self._changes.facts(actor, way, step, subject)
        if detaches(way) and policy.arn:
            facts["iam:policyarn"] = (policy.arn,)
        arn = subject.arn if group is None else self._index.groups[group].arn
        found = actor.rights.allowing(step.action.lower(), arn, facts)
        return Use(way=way, attachments=(found,)) if found else None
