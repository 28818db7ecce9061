"""What one principal may do, as far as the table of ways asks: action by action, resource by resource.

A statement is asked once which of the table's actions it speaks of; patterns repeat, so those answers are kept.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from admin_mfa.escalation.arn_pattern import ArnPattern, arn_pattern
from admin_mfa.escalation.conditions import RequestContext, conditions_met
from admin_mfa.escalation.snapshot import Role
from admin_mfa.escalation.ways import ACTIONS, SERVICES_OF_RESOURCES, TAGGING, Subject
from admin_mfa.model import IamUser
from admin_mfa.policy.coverage import every_resource_exactly
from admin_mfa.policy.wildcard import ANY, matches, prepare, prepare_with
from admin_mfa.statements import Attachment, Condition, Effect, PolicyDocument, Statement

_NOTHING: RequestContext = {}
_PRINCIPAL_TAG = "aws:principaltag/"
_ANYTHING = prepare("*")


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


class _Part(NamedTuple):
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

    def allow(self, document: PolicyDocument) -> bool:
        """Whether a document allows one of the table's actions on something."""
        return any(part.statement.effect is Effect.ALLOW for part in self.parts(document, None))

    def parts(self, document: PolicyDocument, attachment: Attachment | None) -> list[_Part]:
        """Return the statements of a document that speak of the table's actions."""
        known = self._known.get(id(document))
        if known is None:
            analysed = ((actions_of(statement), statement) for statement in document.statements)
            known = (document, tuple((actions, statement) for actions, statement in analysed if actions))
            self._known[id(document)] = known
        return [_Part(actions, statement, attachment) for actions, statement in known[1]]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """How rights are looked at.

    Attributes:
        effective: Whether Deny statements and permissions boundaries count.
        session: What is known of the session, such as that it has no MFA.
        calls_iam: Whether the session may call IAM at all. One of GetSessionToken may not, unless it has MFA; it may
            still pass roles to other services.

    Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
    """

    effective: bool = False
    session: RequestContext = field(default_factory=dict)
    calls_iam: bool = True


class Privileges:
    """The rights of one principal under one view. Allow counts where its conditions can be met, Deny where they are.

    Args:
        principal: A user or a role, policies with their documents.
        view: How to look at it.
        documents: What is known of documents already.
    """

    __slots__ = (
        "_allow",
        "_bounds",
        "_deny",
        "_documents",
        "_known",
        "_own",
        "_patterns",
        "_values",
        "_view",
        "actions",
        "facts",
    )

    def __init__(self, principal: IamUser | Role, view: View, documents: Documents) -> None:
        self._view, self._documents = view, documents
        self._patterns: dict[str, frozenset[str]] = {}
        self._known: dict[tuple[str, str | None], Attachment | None] = {}
        self.facts: RequestContext = {**_who(principal), **view.session}
        self._values: Mapping[str, str] = {key: values[0] for key, values in self.facts.items() if values}
        self._own = self._values
        parts = [
            part
            for attachment in principal.attachments
            if attachment.policy.document
            for part in documents.parts(attachment.policy.document, attachment)
        ]
        self._allow = [part for part in parts if part.statement.effect is Effect.ALLOW]
        actions = frozenset[str]().union(*(part.actions for part in self._allow))
        self.actions = actions if view.calls_iam else frozenset(a for a in actions if not calls_iam(a))
        """The table's actions that some statement allows on something."""
        self._deny: list[_Part] = []
        self._bounds: list[_Part] | None = None
        if view.effective:
            self._deny = [part for part in parts if part.statement.effect is Effect.DENY]
            if principal.boundary:
                document = principal.boundary.document or PolicyDocument(statements=())
                bounds = documents.parts(document, None)
                self._deny += [part for part in bounds if part.statement.effect is Effect.DENY]
                self._bounds = [part for part in bounds if part.statement.effect is Effect.ALLOW]
        if self.tags(principal):
            self.facts = {key: values for key, values in self.facts.items() if not key.startswith(_PRINCIPAL_TAG)}
            self._values = _AnyTag(self._values)
            self._own = {key: value for key, value in self._own.items() if not key.startswith(_PRINCIPAL_TAG)}

    @property
    def in_session(self) -> bool:
        """Whether they are those of a session, in which policies allow less than they say."""
        return bool(self._view.session)

    @property
    def heeds_deny(self) -> bool:
        """Whether Deny statements count."""
        return self._view.effective

    @property
    def withheld(self) -> bool:
        """Whether a Deny or a permissions boundary counts."""
        return bool(self._deny) or self._bounds is not None

    def of(self, principal: IamUser | Role) -> "Privileges":
        """Return the rights of another principal under the same view."""
        return Privileges(principal, self._view, self._documents)

    def tags(self, other: IamUser | Role) -> bool:
        """Whether the principal can give another, or itself, tags of its choice."""
        actions = TAGGING[Subject.ROLE if isinstance(other, Role) else Subject.USER]
        return any(action in self.actions and self.allowing(action, other.arn) for action in actions)

    def allowing(self, action: str, resource: str | None, asked: RequestContext = _NOTHING) -> Attachment | None:
        """Return the first policy that allows an action; None if none does, or if it is denied.

        Args:
            action: One of the table's actions, in lower case.
            resource: An ARN; None, or one that ends in a prepared wildcard, for any resource that the action can be on.
            asked: What is known of the request beside the principal and the session.
        """
        if action not in self.actions:
            return None
        if resource is not None and resource.endswith(ANY):
            resource = None
        if (key := (action, resource)) in self._known:
            return self._known[key]
        allow = [part for part in self._allow if action in part.actions]
        deny = [part for part in self._deny if action in part.actions]
        bounds = None if self._bounds is None else [part for part in self._bounds if action in part.actions]
        facts = {**self.facts, **asked} if asked else self.facts
        found = next((part.attachment for part in allow if self._may_cover(part, action, resource, facts)), None)
        if any(self._surely_covers(part, resource, facts) for part in deny) or not (
            bounds is None or any(self._may_cover(part, action, resource, facts) for part in bounds)
        ):
            found = None
        if not any(part.statement.conditions for part in (*allow, *deny, *(bounds or ()))):
            self._known[key] = found
        return found

    def speaking(self, action: str, resource: str) -> tuple[int, ...]:
        """Return what identifies the statements that speak of an action on a resource; empty if none allows it."""
        if self.allowing(action, resource) is None:
            return ()
        allow = [p for p in (*self._allow, *(self._bounds or ())) if action in p.actions]
        deny = [p for p in self._deny if action in p.actions]
        return (
            *(id(p.statement) for p in allow if self._on(p.statement, resource, self._values, self._own)),
            *(id(p.statement) for p in deny if self._on(p.statement, resource, self._own, self._values)),
        )

    def denies(self, action: str, resource: str) -> bool:
        """Whether a Deny that counts takes the action away for sure."""
        return any(action in p.actions and self._surely_covers(p, resource, self.facts) for p in self._deny)

    def resource_patterns(self, action: str) -> frozenset[str]:
        """Return the prepared patterns of all resources on which the action can be allowed.

        What an Allow leaves out, a condition forbids or a Deny takes away is not looked at: `allowing` decides.
        """
        if action not in self._patterns:
            texts = {
                text
                for part in self._allow
                if action in part.actions
                for text in (part.statement.resources if part.statement.not_resources is None else ("*",)) or ()
            }
            prepared = (prepare_with(text, self._values) for text in texts)
            self._patterns[action] = frozenset(pattern for pattern in prepared if pattern is not None)
        return self._patterns[action]

    def condition_patterns(self, action: str, key: str) -> frozenset[str]:
        """Return the prepared patterns with which conditions limit the action by a context key."""
        texts = {
            text
            for part in self._allow
            if action in part.actions
            for condition in part.statement.conditions
            if condition.key.lower() == key
            for text in condition.values
        }
        prepared = (prepare_with(text, self._values) for text in texts)
        return frozenset(pattern for pattern in prepared if pattern is not None)

    def _may_cover(self, part: _Part, action: str, resource: str | None, facts: RequestContext) -> bool:
        statement = part.statement
        if statement.conditions and self._met(statement, facts) is False:
            return False
        if resource is not None:
            return self._on(statement, resource, self._values, self._own)
        if statement.not_resources is not None:
            return not every_resource_exactly(Statement(effect=Effect.ALLOW, resources=statement.not_resources))
        services = _services(action)
        return any(pattern.of_service(services) for pattern in _patterns(statement.resources or (), self._values))

    def _surely_covers(self, part: _Part, resource: str | None, facts: RequestContext) -> bool:
        statement = part.statement
        if statement.conditions and self._met(statement, facts) is not True:
            return False
        return (
            every_resource_exactly(statement)
            if resource is None
            else self._on(statement, resource, self._own, self._values)
        )

    def _met(self, statement: Statement, facts: RequestContext) -> bool | None:
        if self._values is self._own or not any(map(_compares_tag, statement.conditions)):
            return conditions_met(statement.conditions, facts)
        # The tag that a condition compares with can be anything.
        others = (condition for condition in statement.conditions if not _compares_tag(condition))
        return False if conditions_met(others, facts) is False else None

    def _on(self, statement: Statement, resource: str, inside: Mapping[str, str], outside: Mapping[str, str]) -> bool:
        """Whether a statement is on a resource.

        Args:
            statement: An Allow or a Deny.
            resource: An ARN.
            inside: The policy variables of its Resource.
            outside: Those of its NotResource. They differ for a principal that can tag itself as it likes: a tag lets
                it into an Allow and out of a Deny.
        """
        if statement.not_resources is not None:
            return not any(pattern.matches(resource) for pattern in _patterns(statement.not_resources, outside))
        return any(pattern.matches(resource) for pattern in _patterns(statement.resources or (), inside))


class _AnyTag(dict[str, str]):
    """The policy variables of a principal that can tag itself: a tag can be anything."""

    def get(self, key: str, default: str | None = None) -> str | None:  # type: ignore[override]
        """Return the value of a variable, and a wildcard for a tag."""
        return _ANYTHING if key.startswith(_PRINCIPAL_TAG) else super().get(key, default)


def _patterns(texts: tuple[str, ...], values: Mapping[str, str]) -> Iterator[ArnPattern]:
    for text in texts:
        if (prepared := prepare_with(text, values)) is not None:
            yield arn_pattern(prepared)


def _compares_tag(condition: Condition) -> bool:
    return any("${" + _PRINCIPAL_TAG in value.lower() for value in condition.values)


def calls_iam(action: str) -> bool:
    """Whether an action, in lower case, is a call of IAM: PassRole is checked by other services."""
    return action.startswith("iam:") and action != "iam:passrole"


def _services(action: str) -> frozenset[str]:
    """Return whose resources an action is on."""
    service = action.partition(":")[0]
    return SERVICES_OF_RESOURCES.get(service, frozenset((service,)))


def _who(principal: IamUser | Role) -> dict[str, tuple[str, ...] | None]:
    """Return what is known of any request that a principal makes.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    """
    facts: dict[str, tuple[str, ...] | None] = {
        "aws:principalarn": (principal.arn,),
        "aws:principalaccount": (principal.arn.split(":")[4],),
        **{f"{_PRINCIPAL_TAG}{key.lower()}": (value,) for key, value in principal.tags},
    }
    if isinstance(principal, Role):
        return {**facts, "aws:principaltype": ("AssumedRole",), "aws:username": None}
    return {
        **facts,
        "aws:principaltype": ("User",),
        "aws:username": (principal.user_name,),
        "aws:userid": (principal.user_id,),
    }
