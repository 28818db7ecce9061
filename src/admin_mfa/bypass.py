"""Whether an administrator's access keys work without the MFA device that the administrator has.

An MFA device protects the console. A request that is signed with an access key is protected only where a policy asks
for MFA: an Allow that counts with MFA alone, or a Deny that counts without it. What decides is the context key
`aws:MultiFactorAuthPresent`, which a request with a long-term access key does not have at all: `Bool` is then not
met, whatever the value, and a Deny with `Bool` lets such requests pass. `BoolIfExists` and `Null` do not.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-multifactorauthpresent
"""

from collections.abc import Iterator
from dataclasses import dataclass

from admin_mfa.administrator import full_access, makes_administrator
from admin_mfa.escalation.conditions import (
    LONG_TERM_KEY,
    MFA_PRESENT,
    SESSION_WITHOUT_MFA,
    RequestContext,
    conditions_met,
)
from admin_mfa.escalation.removal import allows_nothing, removable, without
from admin_mfa.escalation.rights import actions_of, calls_iam
from admin_mfa.escalation.search import Survey
from admin_mfa.escalation.ways import ACTIONS, WAYS, Subject
from admin_mfa.model import BypassReason, IamUser
from admin_mfa.parameters import AdministratorDefinition, Parameters
from admin_mfa.policy.coverage import Account, every_resource_exactly
from admin_mfa.statements import Effect, PolicyDocument, Statement

# What a principal whose Allow statements leave nothing out needs to become administrator all the same, way by way.
# Removing a Deny or a boundary and creating a principal are of no use by themselves.
_WAYS = tuple(
    frozenset(step.action.lower() for step in way.steps)
    for way in WAYS
    if not way.bounded and not way.removes_deny and way.subject not in (Subject.NEW_USER, Subject.NEW_ROLE)
)
_REMOVALS = tuple(way for way in WAYS if way.removes_deny and way.subject is Subject.USER)


@dataclass(frozen=True, slots=True)
class _Credentials:
    """What a request is signed with.

    Attributes:
        facts: What it says about MFA.
        call_iam: Whether they can call IAM.
    """

    facts: RequestContext
    call_iam: bool = True


_KEY, _SESSION = _Credentials(LONG_TERM_KEY), _Credentials(SESSION_WITHOUT_MFA, call_iam=False)


def find_bypass(user: IamUser, parameters: Parameters, survey: Survey | None) -> BypassReason | None:
    """Return why an access key of an administrator works without MFA; None if it does not.

    The user is judged again as if MFA never happened: Allow statements that need it are left out, and Deny statements
    that are met without it count, in either privilege model.

    Args:
        user: An administrator, policies with the documents that were read.
        parameters: The definition of administrator.
        survey: The account, searched; only `AdministratorDefinition=Escalation` needs it.
    """
    if _administrator(user, parameters, survey, _KEY):
        if _administrator(user, parameters, survey, _Credentials(SESSION_WITHOUT_MFA)):
            return BypassReason.NOTHING_ASKS
        return BypassReason.BOOL if _asks_by(user, "bool", Effect.DENY) else BypassReason.OTHERWISE
    if _administrator(user, parameters, survey, _SESSION):
        return BypassReason.NULL if _asks_by(user, "null", *Effect) else BypassReason.OTHERWISE
    return None


def _administrator(user: IamUser, parameters: Parameters, survey: Survey | None, credentials: _Credentials) -> bool:
    """Whether the user is an administrator with credentials that were obtained without MFA."""
    return any(
        _allowed_everything(state, parameters, credentials.facts) and _leaves_a_way(state, credentials)
        for state in _states(user, credentials)
    ) or (survey is not None and bool(survey.ways_in_session(user, credentials.facts, calls_iam=credentials.call_iam)))


def _states(user: IamUser, credentials: _Credentials) -> Iterator[IamUser]:
    """Yield the user as it is, and as it is once it has removed policies whose Deny leaves that open."""
    yield user
    start = user
    while found := next((rest for rest, harmless in _removals(start, credentials) if harmless), None):
        start = found
    yield start
    yield from (rest for rest, _ in _removals(start, credentials))


def _removals(user: IamUser, credentials: _Credentials) -> Iterator[tuple[IamUser, bool]]:
    if not credentials.call_iam:
        return
    left = _left(user, credentials)
    for way in _REMOVALS:
        if way.steps[0].action.lower() in left:
            for attachments in removable(way, user):
                rest = without(user, way, attachments)
                if isinstance(rest, IamUser):
                    yield rest, allows_nothing(attachments)


def _allowed_everything(user: IamUser, parameters: Parameters, session: RequestContext) -> bool:
    """Whether Allow statements that count in the session make an administrator."""
    account = Account.of(user.arn)
    counting = [s for s in _statements(user) if conditions_met(s.conditions, session) is not False]
    for attachment in user.attachments:
        policy = attachment.policy
        if makes_administrator(policy, parameters, account) and (
            policy.document is None or any(s in counting for s in policy.document.statements)
        ):
            return True
    if parameters.administrator_definition is AdministratorDefinition.ADMINISTRATOR_ACCESS:
        return False
    return full_access(counting, account)


def _leaves_a_way(user: IamUser, credentials: _Credentials) -> bool:
    """Whether the user, if it is allowed everything, is left a way to become administrator by Deny statements."""
    left = _left(user, credentials)
    return any(needed <= left for needed in _WAYS)


def _left(user: IamUser, credentials: _Credentials) -> frozenset[str]:
    """Return the table's actions that no Deny takes away for sure."""
    denied = tuple(
        statement
        for statement in _statements(user)
        if statement.effect is Effect.DENY
        and every_resource_exactly(statement)
        and conditions_met(statement.conditions, credentials.facts)
    )
    left = ACTIONS.difference(*map(actions_of, denied))
    return left if credentials.call_iam else frozenset(action for action in left if not calls_iam(action))


def _asks_by(user: IamUser, operator: str, *effects: Effect) -> bool:
    """Whether a statement asks for MFA with an operator that does not ask for it enough."""
    return any(
        statement.effect in effects and condition.operator.lower() == operator and condition.key.lower() == MFA_PRESENT
        for statement in _statements(user)
        for condition in statement.conditions
    )


def _statements(user: IamUser) -> Iterator[Statement]:
    for attachment in user.attachments:
        yield from (attachment.policy.document or PolicyDocument(statements=())).statements
