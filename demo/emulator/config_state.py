"""What AWS Config holds in one account and region, without a word about how it is asked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import RLock
from typing import Any

from .errors import AwsError

Result = dict[str, Any]
ResourceKey = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """One evaluation that Config recorded, which is what it bills."""

    rule_name: str
    resource_type: str
    resource_id: str
    compliance: str
    annotation: str | None
    ordered_at: datetime
    recorded_at: datetime
    invoked_at: datetime


@dataclass(slots=True, kw_only=True)
class Token:
    """What a result token stands for."""

    rule_name: str
    issued_at: datetime
    scheduled: bool
    used: bool = False


@dataclass(slots=True, kw_only=True)
class Rule:
    """A rule, what was concluded by it, and how its runs went."""

    definition: dict[str, Any]
    activated_at: datetime
    results: dict[ResourceKey, Recorded] = field(default_factory=dict)
    remediation: dict[str, Any] | None = None
    exceptions: dict[ResourceKey, dict[str, Any]] = field(default_factory=dict)
    executions: dict[ResourceKey, dict[str, Any]] = field(default_factory=dict)
    started_at: datetime | None = None
    pending: bool = False
    invoked_at: datetime | None = None
    evaluated_at: datetime | None = None
    failed_at: datetime | None = None
    last_error: str | None = None
    runs_completed: int = 0

    @property
    def name(self) -> str:
        """The rule's name."""
        return str(self.definition["ConfigRuleName"])

    def compliance(self) -> tuple[str, int]:
        """The rule's compliance and how many resources stand for it."""
        counts = {"NON_COMPLIANT": 0, "COMPLIANT": 0}
        for result in self.results.values():
            if result.compliance in counts:
                counts[result.compliance] += 1
        return next(((kind, count) for kind, count in counts.items() if count), ("INSUFFICIENT_DATA", 0))


def utc_now() -> datetime:
    """This moment."""
    return datetime.now(UTC)


@dataclass(slots=True, kw_only=True)
class Store:
    """Everything that Config holds.

    Attributes:
        clock: What time it is; a test may set another one.
        token_lifetime: How long a result token is accepted.
        tells_custom_status: Whether DescribeConfigRuleEvaluationStatus lists custom Lambda rules. AWS documents that it
            does not, and recorded answers show that it does.
        counts_empty_runs: Whether an empty PutEvaluations moves the rule's last evaluation; AWS does not document it.
        starts_pack_rules: Whether StartConfigRulesEvaluation takes rules that a conformance pack made, likewise.
        fails: Asked of every evaluation put; a true answer sends it back as failed.
        organization_packs: Statuses of an organization's packs; None where the account administers no organization.
        aggregators: Statuses of each aggregator's sources.
        recorder: The configuration recorder; None where there is none.
    """

    clock: Callable[[], datetime] = utc_now
    token_lifetime: timedelta = timedelta(hours=1)
    tells_custom_status: bool = True
    counts_empty_runs: bool = True
    starts_pack_rules: bool = True
    fails: Callable[[Mapping[str, Any]], bool] | None = None
    recorder: dict[str, Any] | None = None
    recording: bool = True
    channel: dict[str, Any] | None = None
    rules: dict[str, Rule] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    recorded: list[Recorded] = field(default_factory=list)
    history: dict[ResourceKey, list[dict[str, Any]]] = field(default_factory=dict)
    packs: dict[str, dict[str, Any]] = field(default_factory=dict)
    pack_rules: dict[str, list[str]] = field(default_factory=dict)
    organization_packs: list[dict[str, Any]] | None = None
    aggregators: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    lock: RLock = field(default_factory=RLock)

    def rule(self, name: str) -> Rule:
        """A rule by name.

        Raises:
            AwsError: NoSuchConfigRuleException.
        """
        rule = self.rules.get(name)
        if rule is None:
            message = f"The ConfigRule '{name}' provided in the request is invalid. Please check the configRule name."
            raise AwsError("NoSuchConfigRuleException", message)
        return rule

    def token(self, text: str) -> Token:
        """What a result token stands for.

        Raises:
            AwsError: InvalidResultTokenException for one that was never given or has expired.
        """
        token = self.tokens.get(text)
        if token is None or self.clock() - token.issued_at > self.token_lifetime:
            raise AwsError("InvalidResultTokenException", "The result token provided is invalid.")
        return token
