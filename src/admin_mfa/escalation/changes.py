"""Changes of permissions that make a principal an administrator: one row of the table of ways, used on one principal.

What only lets a principal go on from there, such as a policy that allows its holder to rewrite itself, is found by
`admin_mfa.escalation.gains`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property

from admin_mfa.escalation.actor import Actor
from admin_mfa.escalation.holding import Holding
from admin_mfa.escalation.index import AccountIndex, ArnIndex, Principal, carried, groups_of, subject_of
from admin_mfa.escalation.new_names import new_arns
from admin_mfa.escalation.path import Use
from admin_mfa.escalation.ways import WAYS, Kind, On, Step, Way
from admin_mfa.model import IamUser
from admin_mfa.policy.wildcard import ANY
from admin_mfa.statements import Attachment, Policy

PERMISSION_WAYS = tuple(way for way in WAYS if way.kind is Kind.PERMISSIONS)
"""The rows that change permissions."""

ACCESS_WAYS = tuple(way for way in WAYS if way.kind is Kind.ACCESS)
"""The rows that gain access."""

NEEDED = {way.name: frozenset(step.action.lower() for step in way.steps) for way in WAYS}
"""By the name of a row, the actions that it takes, in lower case."""

ATTACHES = frozenset(("iam:AttachUserPolicy", "iam:AttachGroupPolicy", "iam:AttachRolePolicy"))
"""The actions that attach a managed policy, so that a request names the policy's ARN."""

RequestFacts = dict[str, tuple[str, ...] | None]
_TAG_KEYS = ("iam:resourcetag", "aws:resourcetag")


class Changes:
    """Finds how an actor makes a principal of one account an administrator.

    Args:
        index: The account.
        holding: What principals are without any way.
    """

    def __init__(self, index: AccountIndex, holding: Holding) -> None:
        self._index = index
        self.holding = holding
        self._attachable: dict[tuple[Actor, str], list[str]] = {}

    def change(self, actor: Actor, way: Way, subject: Principal) -> Use | None:
        """Return how the actor makes the subject an administrator in one way; None if it cannot."""
        if subject_of(subject) is not way.subject or not self._helps(actor, way, subject):
            return None
        found = self.allowed(actor, way, subject)
        if found is None:
            return None
        return Use(way=way, attachments=found, boundary_first=self.holding.bounded(subject) and not way.bounded)

    def _helps(self, actor: Actor, way: Way, subject: Principal) -> bool:
        """Whether the subject would be an administrator afterwards, for all that Deny and boundary say."""
        bounded, denied = self.holding.bounded(subject), self.holding.denied(subject)
        if way.bounded:
            return bounded and not denied and bool(self.holding.attached(subject))
        if denied:
            return False
        return not bounded or any(
            self.step(actor, other, step, subject)
            for other in PERMISSION_WAYS
            if other.bounded and other.subject is way.subject
            for step in other.steps
        )

    def allowed(self, actor: Actor, way: Way, subject: Principal) -> tuple[Attachment, ...] | None:
        """Return the policies that allow the steps of a way, one for each; None if a step is not allowed."""
        if way.steps[0].on not in (On.OTHER_GROUP, On.NEW_GROUP):
            return all_of(self.step(actor, way, step, subject) for step in way.steps)
        for group in self.joinable(actor, way, subject):
            if found := all_of(self.on(actor, way, step, subject, (group,)) for step in way.steps):
                return found
        return None

    def joinable(self, actor: Actor, way: Way, subject: Principal) -> list[str]:
        """Return the groups, existing or new, that the subject is not a member of and that a way may be used on."""
        index = self._index
        if way.steps[0].on is On.NEW_GROUP:
            named = new_arns(actor, "group", [step.action.lower() for step in way.steps])
            return [arn for arn in named if arn not in index.groups_by_arn]
        within_reach = frozenset(index.groups_by_arn).intersection(
            *(matching(actor, step, index.group_arns) for step in way.steps)
        )
        return sorted(arn for arn in within_reach if index.groups_by_arn[arn].group_name not in groups_of(subject))

    def step(self, actor: Actor, way: Way, step: Step, subject: Principal) -> Attachment | None:
        """Return the policy that allows a step on what the way needs it on; None if it is not allowed."""
        if step.on is On.ANY:
            return actor.rights.allowing(step.action.lower(), None)
        return self.on(actor, way, step, subject, self._resources(actor, step, subject))

    def on(
        self, actor: Actor, way: Way, step: Step, subject: Principal, resources: Iterable[str | None]
    ) -> Attachment | None:
        """Return the first policy that allows a step on one of some resources."""
        action, facts = step.action.lower(), self.facts(actor, way, step, subject)
        for arn in resources:
            # Without a policy to attach first: most are not allowed to attach any here.
            found = actor.rights.allowing(action, arn, facts)
            if found and step.action in ATTACHES:
                named = self._administrator_policies(actor, action)
                allowed = (actor.rights.allowing(action, arn, facts | naming(policy)) for policy in named)
                found = next((attachment for attachment in allowed if attachment), None)
            if found:
                return found
        return None

    def _resources(self, actor: Actor, step: Step, subject: Principal) -> Iterable[str | None]:
        """Return the resources any of which would do, seen from the subject."""
        match step.on:
            case On.SUBJECT:
                return (subject.arn,)
            case On.GROUP:
                groups = self._index.groups
                return [groups[name].arn for name in groups_of(subject) if name in groups]
            case On.ADMIN_GROUP:
                return self._admin_groups(subject, matching(actor, step, self._index.group_arns))
            case On.POLICY:
                return [policy.arn for policy in carried(subject)]
            case On.BOUNDARY:
                return [p.arn for p in (subject.boundary,) if p and not p.aws_managed]
            case On.OLD_VERSION:
                return [policy.arn for policy in carried(subject) if self._was_enough(subject, policy)]
            case On.SAML_PROVIDER:
                return self._index.trusts[subject.arn].saml_providers
            case On.OTHER_GROUP | On.NEW_GROUP | On.ANY:
                return ()  # one group for all steps: see `joinable`; no resource to name: see `step`

    def _was_enough(self, subject: Principal, policy: Policy) -> bool:
        """Whether the subject would be an administrator with a former version of a policy in force."""
        others = tuple(other for other in subject.attachments if other.policy.arn != policy.arn)
        return any(
            self.holding.attached(replace(subject, attachments=(*others, Attachment(policy=old))))
            for old in self._index.former_versions.get(policy.arn or "", ())
        )

    def _admin_groups(self, subject: Principal, within_reach: frozenset[str]) -> Iterator[str]:
        """Yield the groups whose membership makes the subject an administrator."""
        if not isinstance(subject, IamUser):
            return
        groups = [self._index.groups_by_arn[arn] for arn in sorted(within_reach)]
        others = [group for group in groups if group.attachments and group.group_name not in subject.groups]
        for group in sorted(others, key=lambda group: not self.holding.attached(group)):
            if self.holding.grants(replace(subject, attachments=subject.attachments + group.attachments)):
                yield group.arn

    def facts(self, actor: Actor, way: Way, step: Step, subject: Principal) -> RequestFacts:
        """Return what is known of the request beside the actor."""
        new = subject.arn not in self._index.principals
        facts: RequestFacts = {}
        if not new or self.holding.effective:
            facts["iam:permissionsboundary"] = (
                (subject.boundary.arn,) if subject.boundary and subject.boundary.arn else None
            )
        if not new and subject.tags and not actor.rights.tags(subject):
            facts |= {f"{key}/{name.lower()}": (value,) for key in _TAG_KEYS for name, value in subject.tags}
        if step.action == "iam:PassRole" and way.service and not subject.arn.startswith("arn:aws-cn:"):
            facts["iam:passedtoservice"] = (f"{way.passed_to or way.service}.amazonaws.com",)
        return facts

    def _administrator_policies(self, actor: Actor, attach: str) -> list[str]:
        """Return `_find_administrator_policies`, remembered: an actor can be allowed to attach to everybody."""
        if not self._index.holds(actor.principal):
            return list(self._find_administrator_policies(actor, attach))
        if (actor, attach) not in self._attachable:
            self._attachable[actor, attach] = list(self._find_administrator_policies(actor, attach))
        return self._attachable[actor, attach]

    def _find_administrator_policies(self, actor: Actor, attach: str) -> Iterator[str]:
        """Yield the ARNs of policies that make any holder an administrator, the likeliest first.

        Args:
            actor: Who attaches.
            attach: The action, in lower case.
        """
        partition = actor.arn.split(":")[1]
        for name in ("AdministratorAccess", "IAMFullAccess"):
            yield f"arn:{partition}:iam::aws:policy/{name}"
        yield from self._full_access_policies
        if "iam:createpolicy" in actor.rights.actions:
            limits = actor.rights.condition_patterns(attach, "iam:policyarn")
            for arn in new_arns(actor, "policy", ["iam:createpolicy"], limits):
                if arn not in self._index.policies and actor.rights.allowing("iam:createpolicy", arn):
                    yield arn
        for prepared in sorted(actor.rights.resource_patterns("iam:createpolicyversion")):
            for arn in sorted(self._index.policy_arns.matching(prepared)):
                if actor.rights.allowing("iam:createpolicyversion", arn):
                    yield arn

    @cached_property
    def _full_access_policies(self) -> tuple[str, ...]:
        found = sorted(self._index.policies.items())
        return tuple(arn for arn, policy in found if self.holding.full_access(policy))


def matching(actor: Actor, step: Step, index: ArnIndex) -> frozenset[str]:
    """Return the ARNs of an index on which the actor can be allowed a step at most."""
    return index.matching_any(actor.rights.resource_patterns(step.action.lower()))


def naming(policy_arn: str) -> RequestFacts:
    """Return what is known of a request that names a policy; nothing where the policy could have any name."""
    return {} if policy_arn.endswith(ANY) else {"iam:policyarn": (policy_arn,)}


def all_of(found: Iterable[Attachment | None]) -> tuple[Attachment, ...] | None:
    """Return all of some policies; None if one is missing."""
    policies = []
    for attachment in found:
        if attachment is None:
            return None
        policies.append(attachment)
    return tuple(policies)
