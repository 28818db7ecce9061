"""Who may assume a role, by the role's side of the matter: its trust policy.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from dataclasses import dataclass

from admin_mfa.escalation.conditions import LONG_TERM_KEY, RequestContext, conditions_met
from admin_mfa.escalation.snapshot import Role, TrustStatement
from admin_mfa.policy.wildcard import matches
from admin_mfa.statements import Effect

_ASSUME_ROLE = "sts:assumerole"
_SUFFIXES = (".amazonaws.com", ".amazonaws.com.cn")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trusted:
    """A role lets a principal in.

    Attributes:
        by_name: The trust policy names the principal itself (or everybody), and then the principal needs no policy
            of its own that allows sts:AssumeRole. Where it names the account only, it does.
        asks_for_mfa: It lets the principal in with MFA only.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics-req-context.html
    """

    by_name: bool
    asks_for_mfa: bool


class TrustPolicy:
    """The trust policy of one role, ready to be asked."""

    __slots__ = ("_account", "_allow", "_deny", "_saml_providers", "_web_identities", "named", "services", "unreadable")

    def __init__(self, role: Role) -> None:
        statements = [statement for statement in role.trust if _speaks_of(statement, _ASSUME_ROLE)]
        self._allow = [statement for statement in statements if statement.effect is Effect.ALLOW]
        self._deny = [statement for statement in statements if statement.effect is Effect.DENY]
        self._account = role.arn.split(":")[4]
        self.named = frozenset(
            value
            for statement in self._allow
            for kind, value in ((("AWS", "*"),) if statement.all_but else statement.principals)
            if kind == "AWS"
        )
        """Whom the trust policy names: ARNs, account ids and `*`."""
        self.services = frozenset(
            _service(value) for statement in self._allow for kind, value in statement.principals if kind == "Service"
        )
        """The services that may assume the role, without `.amazonaws.com`."""
        self.unreadable = any(statement.unreadable for statement in role.trust)
        """Whether the trust policy could not be read: any principal and any service may be one that it trusts."""
        self._web_identities = _federated(role, "sts:assumerolewithwebidentity")
        self._saml_providers = _federated(role, "sts:assumerolewithsaml")

    def lets_in(self, arn: str, facts: RequestContext) -> Trusted | None:
        """Say whether, and how, the role may be assumed by a principal of its own account.

        Args:
            arn: Of the principal.
            facts: What is known of its requests. Conditions that are not known to fail can be met.
        """
        if any(
            self._names(statement, arn) is not None and conditions_met(statement.conditions, facts)
            for statement in self._deny
        ):
            return None
        doors = [
            Trusted(
                by_name=by_name,
                asks_for_mfa=conditions_met(statement.conditions, {**facts, **LONG_TERM_KEY}) is False,
            )
            for statement in self._allow
            if (by_name := self._names(statement, arn)) is not None
            and conditions_met(statement.conditions, facts) is not False
        ]
        return min(doors, key=lambda door: (door.asks_for_mfa, not door.by_name), default=None)

    def trusts_service(self, service: str) -> bool:
        """Whether a service may assume the role; regional names such as `states.eu-west-1` count as the service's."""
        return any(known in (service, "*") or known.startswith(f"{service}.") for known in self.services)

    def trusts_web_identities_of(self, service: str) -> bool:
        """Whether identities that a service issues may assume the role; in GovCloud its name has an ending."""
        return not self._web_identities.isdisjoint((service, f"{service}-us-gov", "*"))

    @property
    def saml_providers(self) -> list[str]:
        """The ARNs of the SAML providers of the role's own account whose identities may assume it."""
        return sorted(arn for arn in self._saml_providers if f":iam::{self._account}:saml-provider/" in arn)

    def _names(self, statement: TrustStatement, arn: str) -> bool | None:
        """Return whether a statement means the principal by name (True), with its whole account (False), or not."""
        values = {value for kind, value in statement.principals if kind == "AWS"}
        whole_account = {self._account, f"{arn.rsplit(':', 1)[0]}:root"}
        if statement.all_but:
            return None if arn in values or whole_account & values else True
        if arn in values or "*" in values:
            return True
        return False if whole_account & values else None


def _speaks_of(statement: TrustStatement, action: str) -> bool:
    if statement.not_actions is not None:
        return not any(matches(pattern, action) for pattern in statement.not_actions)
    return any(matches(pattern, action) for pattern in statement.actions or ())


def _federated(role: Role, action: str) -> frozenset[str]:
    """Return the identity providers whose identities may assume a role by an action."""
    return frozenset(
        _service(value)
        for statement in role.trust
        if statement.effect is Effect.ALLOW and not statement.all_but and _speaks_of(statement, action)
        for kind, value in statement.principals
        if kind == "Federated"
    )


def _service(value: str) -> str:
    for suffix in _SUFFIXES:
        value = value.removesuffix(suffix)
    return value
