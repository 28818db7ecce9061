"""Policies as values: statements, documents, and policies attached to a user or a group.

`admin_mfa.policy.document` parses documents into these values, and the rest of `admin_mfa.policy` reasons about them.
"""

from dataclasses import dataclass, field
from enum import StrEnum


class Effect(StrEnum):
    """What a policy statement does with the requests it covers."""

    ALLOW = "Allow"
    DENY = "Deny"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One line of a statement's Condition block, such as `Bool`, `aws:MultiFactorAuthPresent`, (`true`,).

    Attributes:
        operator: As written, for example `BoolIfExists` or `ForAnyValue:StringLike`.
        key: The context key, as written.
        values: One or more; numbers and booleans as the text that IAM compares.
    """

    operator: str
    key: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement of an identity policy, every list spelled out.

    Exactly one of `actions` and `not_actions` is given, and likewise one of `resources` and `not_resources`;
    the other is None. Action patterns are lower case, because IAM ignores their case.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
    """

    effect: Effect
    actions: tuple[str, ...] | None = None
    not_actions: tuple[str, ...] | None = None
    resources: tuple[str, ...] | None = None
    not_resources: tuple[str, ...] | None = None
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyDocument:
    """A policy's statements, in their order.

    Hashed when it is made: few documents are carried by many users, so what was found out about one is remembered.

    Attributes:
        statements: Policy variables in them are variables: what an old version takes literally is escaped.
        version: `2012-10-17` or `2008-10-17`; a document without a version has the older one.
        unreadable: Whether the document could not be read. It then allows everything, because it could.
    """

    statements: tuple[Statement, ...]
    version: str = "2012-10-17"
    unreadable: bool = False
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((self.statements, self.unreadable)))

    def __hash__(self) -> int:
        return self._hash


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A policy, wherever it hangs.

    Attributes:
        name: At most 128 characters; says nothing about what the policy allows.
        arn: None for an inline policy.
        document: The default version; None while it has not been read.
    """

    name: str
    arn: str | None = None
    document: PolicyDocument | None = None

    @property
    def aws_managed(self) -> bool:
        """Whether AWS owns the policy: its ARN has `aws` in the account's place, in every partition."""
        return self.arn is not None and self.arn.split(":", 5)[4] == "aws"

    @property
    def unreadable(self) -> bool:
        """Whether the document was read and could not be understood."""
        return self.document is not None and self.document.unreadable


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A policy as it reaches a user.

    Attributes:
        policy: The policy.
        group: The group that carries it; None if the user does.
    """

    policy: Policy
    group: str | None = None
