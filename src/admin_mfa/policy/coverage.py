"""What patterns of actions and resources cover: every action, every resource, or all of IAM.

Decided exactly over the names that actions and ARNs can have, see `admin_mfa.policy.language`. Where patterns are too
intricate for that, what would grant is taken to grant, and what would clear is taken not to clear.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html
"""

import re
import string
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from admin_mfa.policy.iam_actions import IAM_ACTIONS
from admin_mfa.policy.language import Form, Piece, cover, literal
from admin_mfa.policy.service_prefixes import SERVICE_PREFIXES
from admin_mfa.policy.wildcard import ANY, ONE, Pattern, matches, prepare, prepare_with
from admin_mfa.statements import Effect, Statement

_LETTERS = frozenset(string.ascii_lowercase)
_IN_NAME = _LETTERS | frozenset(string.digits)
_IN_SERVICE = _IN_NAME | {"-"}
_VISIBLE = frozenset(map(chr, range(0x21, 0x7F)))

_SERVICE = (Piece(characters=_LETTERS), Piece(characters=_IN_SERVICE, repeated=True))
NAME_FORM: Form = (
    Piece(characters=_LETTERS),
    Piece(characters=_IN_NAME),
    Piece(characters=_IN_NAME),
    Piece(characters=_IN_NAME, repeated=True),
)
_ANYTHING = (Piece(characters=_VISIBLE), Piece(characters=_VISIBLE, repeated=True))

# tests/policy/test_coverage.py holds the forms against every published action.
ACTION_FORM: Form = (*_SERVICE, *literal(":"), *NAME_FORM)

IAM_KINDS = ("user", "group", "role", "policy")
"""The resources of IAM that decide who may do what."""


class Account(NamedTuple):
    """Whose resources a policy is about; patterns that name another account or partition cover none of them."""

    partition: str
    account_id: str

    @classmethod
    def of(cls, arn: str) -> "Account":
        """Return the account of a user, a group or a role."""
        parts = arn.split(":", 5)
        return cls(parts[1], parts[4]) if len(parts) == 6 else cls("aws", "")  # noqa: PLR2004 - the parts of an ARN


def covers(patterns: Iterable[str]) -> bool:
    """Whether lower-case action patterns together surely match every possible action of all services.

    >>> covers(["*:*"]), covers(["s3:*", "iam:*"])
    (True, False)
    """
    return cover(map(prepare, patterns), ACTION_FORM, undecided=False)


def covers_beside_iam(patterns: Iterable[str]) -> bool:
    """Whether the patterns together match every action of all services but IAM, where that grants something.

    Either of all services there could be, or of each that AWS has published.

    >>> covers_beside_iam(["a*", "b*"]), covers_beside_iam([f"{service}:*" for service in SERVICE_PREFIXES])
    (False, True)
    """
    prepared = frozenset(map(prepare, patterns))
    return cover((*prepared, prepare("iam:*")), ACTION_FORM, undecided=True) or _covers_services(
        prepared, undecided=True
    )


def leaves_services(patterns: Iterable[str]) -> bool:
    """Whether a NotAction leaves an action of a published service other than IAM in, or may do so.

    >>> leaves_services(["s3:*"]), leaves_services([f"{service}:*" for service in SERVICE_PREFIXES])
    (True, False)
    """
    return not _covers_services(frozenset(map(prepare, patterns)), undecided=False)


@lru_cache(maxsize=4096)
def _covers_services(prepared: frozenset[str], *, undecided: bool) -> bool:
    """Whether prepared patterns match every action of each published service but IAM."""
    heads = [(pattern, re.split(f"[{ANY}{ONE}]", pattern, maxsplit=1)[0]) for pattern in prepared]
    return all(
        cover(
            [pattern for pattern, head in heads if head.startswith(start) or start.startswith(head)],
            form,
            undecided=undecided,
        )
        for start, form in _services()
    )


@lru_cache(maxsize=1)
def _services() -> tuple[tuple[str, Form], ...]:
    """Return what the actions of each published service but IAM begin with, and their form."""
    starts = (f"{service}:" for service in SERVICE_PREFIXES if service != "iam")
    return tuple((start, (*literal(start), *NAME_FORM)) for start in starts)


def leaves_iam(patterns: Iterable[str]) -> bool:
    """Whether a NotAction leaves a published action of IAM in.

    >>> leaves_iam(["s3:*"]), leaves_iam(["iam:Get*".lower()]), leaves_iam(["ia?:*"])
    (True, True, False)
    """
    return not IAM_ACTIONS.keys() <= _iam_actions(tuple(patterns))


@lru_cache(maxsize=4096)
def _iam_actions(patterns: tuple[str, ...]) -> frozenset[str]:
    """Return the published actions of IAM that the patterns match."""
    possible = [pattern for pattern in patterns if pattern[:1] in ("i", "*", "?")]
    return frozenset(action for action in IAM_ACTIONS if any(matches(pattern, action) for pattern in possible))


def iam_actions(statement: Statement) -> frozenset[str]:
    """Return the published actions of IAM that a statement speaks of."""
    if statement.not_actions is not None:
        return frozenset(IAM_ACTIONS) - _iam_actions(statement.not_actions)
    return _iam_actions(statement.actions or ())


def every_resource(statement: Statement, account: Account) -> bool:
    """Whether the statement speaks of every resource of the account, or of all but a part.

    `arn:*` and `arn:aws:*` count: all that they leave out are actions that have no resource. NotResource counts
    unless it excludes everything.

    >>> from admin_mfa.statements import Effect
    >>> but_one_bucket = Statement(effect=Effect.ALLOW, actions=("*",), not_resources=("arn:aws:s3:::logs",))
    >>> every_resource(but_one_bucket, Account("aws", "123456789012"))
    True
    """
    if statement.not_resources is not None:
        return not cover(_prepared(statement.not_resources, {}), _arns(account), undecided=False)
    return cover(_prepared(statement.resources or (), _Granting()), _arns(account), undecided=True)


def leaves_iam_resources(statement: Statement, account: Account) -> bool:
    """Whether the statement's NotResource leaves users, groups, roles or policies in; true without NotResource."""
    if statement.not_resources is None:
        return True
    excluded = _prepared(statement.not_resources, {})
    return not all(cover(excluded, _iam_arns(account, kind), undecided=False) for kind in IAM_KINDS)


def iam_allowed(statements: Collection[Statement], account: Account) -> bool:
    """Whether Allow statements allow all of IAM: every published action on the users, groups, roles and policies.

    Actions that can be on none of these are not asked for, so that `iam:*` on the ARNs of those four is all of IAM.
    """
    spoken = [(statement, iam_actions(statement)) for statement in statements]
    needed = {
        (kind, tuple(n for n, (_, actions) in enumerate(spoken) if action in actions))
        for action, kinds in IAM_ACTIONS.items()
        for kind in kinds
    }
    return all(_cover_kind([spoken[n][0] for n in numbers], account, kind) for kind, numbers in needed)


def _cover_kind(statements: Collection[Statement], account: Account, kind: str) -> bool:
    if any(s.not_resources is not None and leaves_iam_resources(s, account) for s in statements):
        return True
    patterns = _prepared([pattern for s in statements for pattern in s.resources or ()], _Granting())
    return cover(patterns, _iam_arns(account, kind), undecided=True)


def may_matter(statement: Statement) -> bool:
    """Whether a statement can be part of a full access by its resources: it names no service other than IAM."""
    return statement.not_resources is not None or any(
        rest and (head.count(":") <= _IN_SERVICE_PART or ":iam:" in head)
        for head, *rest in (_WILDCARD.split(pattern, maxsplit=1) for pattern in statement.resources or ())
    )


_IN_SERVICE_PART = 2
_WILDCARD = re.compile(r"\*|\?|\$\{")


def may_allow(statements: Iterable[Statement], action: str, resource: str, values: Mapping[str, str]) -> bool:
    """Whether statements may allow an action on a resource.

    An Allow counts where it may apply, a Deny only where it does for sure: without conditions, and whatever the policy
    variables hold whose value is not known.

    Args:
        statements: Allow and Deny.
        action: In lower case.
        resource: An ARN.
        values: Those of the policy variables, by lower-case name.
    """
    speaking = [statement for statement in statements if _speaks_of(statement, action, resource, values)]
    denied = any(s.effect is Effect.DENY and not s.conditions for s in speaking)
    return not denied and any(s.effect is Effect.ALLOW for s in speaking)


def _speaks_of(statement: Statement, action: str, resource: str, values: Mapping[str, str]) -> bool:
    listed, positive = statement.resources, statement.resources is not None
    if listed is None:
        listed = statement.not_resources or ()
    unknown = positive is (statement.effect is Effect.ALLOW)
    on = any(
        unknown if prepare_with(pattern, values) is None else Pattern(_prepared([pattern], values)[0]).matches(resource)
        for pattern in listed
    )
    actions = statement.not_actions if statement.actions is None else statement.actions
    of = any(matches(pattern, action) for pattern in actions or ())
    return of is (statement.actions is not None) and on is positive


def every_resource_exactly(statement: Statement) -> bool:
    """Whether the statement speaks of every resource without exception, as a Deny that clears must."""
    return any(pattern and not pattern.strip("*") for pattern in statement.resources or ())


@lru_cache(maxsize=64)
def _arns(account: Account) -> Form:
    """Return the form of the ARNs of an account's resources.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
    """
    start = f"arn:{account.partition}:"
    end = f":{account.account_id}:"
    region = Piece(characters=_IN_SERVICE, repeated=True)
    return (*literal(start), *_SERVICE, *literal(":"), region, *literal(end), *_ANYTHING)


@lru_cache(maxsize=64)
def _iam_arns(account: Account, kind: str) -> Form:
    """Return the form of the ARNs of one kind of IAM's resources, with and without a path."""
    start = f"arn:{account.partition}:iam::{account.account_id}:{kind}/"
    return (*literal(start), *_ANYTHING)


_UNKNOWN = "\x02"
_VARIABLE_BEFORE_RESOURCE = re.compile(r"(?:[^:]*:){0,4}[^:]*\$\{")


class _Granting(dict[str, str]):
    """The values of policy variables for an Allow: tags can be empty, and only a default is known of others."""

    def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override]
        return "" if "tag/" in name else default


def _prepared(patterns: Iterable[str], values: Mapping[str, str]) -> list[str]:
    """Prepare patterns; a variable counts only in the resource part, and elsewhere the pattern matches nothing.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
    """
    found = (None if _VARIABLE_BEFORE_RESOURCE.match(p) else prepare_with(p, values) for p in patterns)
    return [_UNKNOWN if prepared is None else prepared for prepared in found]
