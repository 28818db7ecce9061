"""What one principal may do, as far as the table of ways asks: action by action, resource by resource.

A statement is asked once which of the table's actions it speaks of; patterns repeat, so those answers are kept.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from admin_mfa.escalation.ways import ACTIONS, SERVICES_OF_RESOURCES
from admin_mfa.model import Attachment, Effect, IamUser, PolicyDocument, Role, Statement
from admin_mfa.policy.conditions import Facts, conditions_met
from admin_mfa.policy.coverage import every_resource_exactly
from admin_mfa.policy.wildcard import ArnPattern, arn_pattern, matches, prepare_with

_NOTHING: Facts = {}


@lru_cache(maxsize=8192)
def _matched(pattern: str) -> frozenset[str]:
    """Return the table's actions that an action pattern matches."""
    if "*" in pattern or "?" in pattern:
        return frozenset(action for action in ACTIONS if matches(pattern, action))
    return ACTIONS & {pattern}


def actions_of(statement: Statement) -> frozenset[str]:
    """Return the table's actions that a statement speaks of."""
    if statement.not_actions is not None:
        return ACTIONS.difference(*map(_matched, statement.not_actions))
    return frozenset[str]().union(*map(_matched, statement.actions or ()))


@dataclass(frozen=True, slots=True)
class _Part:
    """One statement that matters, and where it came from."""

    actions: frozenset[str]
    statement: Statement
    attachment: Attachment | None


class Documents:
    """Analyses each policy document once, however many principals carry it."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        # By identity, because comparing documents costs more than analysing them. Kept beside its analysis, a
        # document lives as long as its identity is used.
        self._known: dict[int, tuple[PolicyDocument, tuple[tuple[frozenset[str], Statement], ...]]] = {}

    def parts(self, document: PolicyDocument, attachment: Attachment | None) -> Iterator[_Part]:
        """Yield the statements of a document that speak of the table's actions."""
        known = self._known.get(id(document))
        if known is None:
            analysed = ((actions_of(statement), statement) for statement in document.statements)
            known = (document, tuple((actions, statement) for actions, statement in analysed if actions))
            self._known[id(document)] = known
        for actions, statement in known[1]:
            yield _Part(actions, statement, attachment)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """How rights are looked at.

    Attributes:
        effective: Whether Deny statements and permissions boundaries count.
        session: What is known of the session, such as that it has no MFA.
    """

    effective: bool = False
    session: Facts = field(default_factory=dict)


class Privileges:
    """The rights of one principal under one view. Allow counts where its conditions can be met, Deny where they are.

    Args:
        principal: A user or a role, policies with their documents.
        view: How to look at it.
        documents: What is known of documents already.
    """

    __slots__ = ("_allow", "_bounds", "_deny", "_values", "actions", "facts")

    def __init__(self, principal: IamUser | Role, view: View, documents: Documents) -> None:
        self.facts: Facts = {**_who(principal), **view.session}
        self._values = {key: values[0] for key, values in self.facts.items() if values}
        parts = [
            part
            for attachment in principal.attachments
            if attachment.policy.document
            for part in documents.parts(attachment.policy.document, attachment)
        ]
        self._allow = _by_action(part for part in parts if part.statement.effect is Effect.ALLOW)
        self.actions = frozenset(self._allow)
        """The table's actions that some statement allows on something."""
        self._deny: Mapping[str, list[_Part]] = {}
        self._bounds: Mapping[str, list[_Part]] | None = None
        if view.effective:
            denying = [part for part in parts if part.statement.effect is Effect.DENY]
            if principal.boundary:
                document = principal.boundary.document or PolicyDocument(statements=())
                bounds = list(documents.parts(document, None))
                denying += [part for part in bounds if part.statement.effect is Effect.DENY]
                self._bounds = _by_action(part for part in bounds if part.statement.effect is Effect.ALLOW)
            self._deny = _by_action(denying)

    def allowing(self, action: str, resource: str | None, asked: Facts = _NOTHING) -> Attachment | None:
        """Return the first policy that allows an action; None if none does, or if it is denied.

        Args:
            action: One of the table's actions, in lower case.
            resource: An ARN; None for any resource that the action can be on.
            asked: What is known of the request beside the principal and the session.
        """
        allow = self._allow.get(action)
        if allow is None:
            return None
        facts = {**self.facts, **asked} if asked else self.facts
        found = next((part for part in allow if self._may_cover(part.statement, action, resource, facts)), None)
        if found is None or any(
            self._surely_covers(part.statement, resource, facts) for part in self._deny.get(action, ())
        ):
            return None
        if self._bounds is not None and not any(
            self._may_cover(part.statement, action, resource, facts) for part in self._bounds.get(action, ())
        ):
            return None
        return found.attachment

    def denies(self, action: str, resource: str) -> bool:
        """Whether a Deny that counts takes the action away for sure."""
        return any(self._surely_covers(part.statement, resource, self.facts) for part in self._deny.get(action, ()))

    def resource_patterns(self, action: str) -> frozenset[str]:
        """Return the prepared patterns of all resources on which the action can be allowed.

        What an Allow leaves out, a condition forbids or a Deny takes away is not looked at: `allowing` decides.
        """
        texts = {
            text
            for part in self._allow.get(action, ())
            for text in (part.statement.resources if part.statement.not_resources is None else ("*",)) or ()
        }
        prepared = (prepare_with(text, self._values) for text in texts)
        return frozenset(pattern for pattern in prepared if pattern is not None)

    def _may_cover(self, statement: Statement, action: str, resource: str | None, facts: Facts) -> bool:
        if statement.conditions and conditions_met(statement.conditions, facts) is False:
            return False
        if resource is not None:
            return self._on(statement, resource)
        if statement.not_resources is not None:
            return not every_resource_exactly(Statement(effect=Effect.ALLOW, resources=statement.not_resources))
        services = _services(action)
        return any(pattern.of_service(services) for pattern in self._patterns(statement.resources or ()))

    def _surely_covers(self, statement: Statement, resource: str | None, facts: Facts) -> bool:
        if statement.conditions and conditions_met(statement.conditions, facts) is not True:
            return False
        return every_resource_exactly(statement) if resource is None else self._on(statement, resource)

    def _on(self, statement: Statement, resource: str) -> bool:
        if statement.not_resources is not None:
            return not any(pattern.matches(resource) for pattern in self._patterns(statement.not_resources))
        return any(pattern.matches(resource) for pattern in self._patterns(statement.resources or ()))

    def _patterns(self, texts: tuple[str, ...]) -> Iterator[ArnPattern]:
        for text in texts:
            if (prepared := prepare_with(text, self._values)) is not None:
                yield arn_pattern(prepared)


def _services(action: str) -> frozenset[str]:
    """Return whose resources an action is on."""
    service = action.partition(":")[0]
    return SERVICES_OF_RESOURCES.get(service, frozenset((service,)))


def _by_action(parts: Iterable[_Part]) -> dict[str, list[_Part]]:
    found: dict[str, list[_Part]] = {}
    for part in parts:
        for action in part.actions:
            found.setdefault(action, []).append(part)
    return found


def _who(principal: IamUser | Role) -> dict[str, tuple[str, ...] | None]:
    """Return what is known of any request that a principal makes.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    """
    facts: dict[str, tuple[str, ...] | None] = {
        "aws:principalarn": (principal.arn,),
        "aws:principalaccount": (principal.arn.split(":")[4],),
        **{f"aws:principaltag/{key.lower()}": (value,) for key, value in principal.tags},
    }
    if isinstance(principal, Role):
        return {**facts, "aws:principaltype": ("AssumedRole",), "aws:username": None}
    return {
        **facts,
        "aws:principaltype": ("User",),
        "aws:username": (principal.user_name,),
        "aws:userid": (principal.user_id,),
    }
