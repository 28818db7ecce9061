"""Whether an administrator's access keys work without the MFA device that the administrator has.

An MFA device protects the console. A request that is signed with an access key is protected only where a policy asks
for MFA: an Allow that counts with MFA alone, or a Deny that counts without it. What decides is the context key
`aws:MultiFactorAuthPresent`, which a request with a long-term access key does not have at all: `Bool` is then not
met, whatever the value, and a Deny with `Bool` lets such requests pass. `BoolIfExists` and `Null` do not.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-multifactorauthpresent
"""

from collections.abc import Iterable, Iterator

from admin_mfa.administrator import full_access, makes_administrator
from admin_mfa.escalation.search import Survey
from admin_mfa.escalation.ways import WAYS, Kind, Subject
from admin_mfa.model import BypassReason, Effect, IamUser, PolicyDocument, Statement
from admin_mfa.parameters import AdministratorDefinition, Parameters
from admin_mfa.policy.conditions import LONG_TERM_KEY, MFA_PRESENT, SESSION_WITHOUT_MFA, Facts, conditions_met
from admin_mfa.policy.coverage import Account, covers, every_resource_exactly
from admin_mfa.policy.wildcard import matches

_IAM = "iam:"

# One of these alone makes an administrator of somebody whose Allow statements leave nothing out.
_POWERS = frozenset(
    way.steps[0].action.lower()
    for way in WAYS
    if len(way.steps) == 1
    and way.steps[0].action.startswith(_IAM)
    and not way.bounded
    and way.subject is not Subject.NEW_ROLE
    and (way.kind is Kind.PERMISSIONS or way.trust is None)
)


def find_bypass(user: IamUser, parameters: Parameters, survey: Survey | None) -> BypassReason | None:
    """Say why a long-term access key of an administrator would work without MFA; None if it would not.

    What is asked is whether the user would still be an administrator if MFA never happened: Allow statements that
    need it left out, Deny statements that are met without it counted, in either privilege model.

    Args:
        user: An administrator, policies with the documents that were read.
        parameters: The definition of administrator.
        survey: The account, searched; only `AdministratorDefinition=Escalation` needs it.
    """
    if not _administrator(user, parameters, survey, LONG_TERM_KEY):
        return None
    if _administrator(user, parameters, survey, SESSION_WITHOUT_MFA):
        return BypassReason.NOTHING_ASKS
    return BypassReason.BOOL if any(map(_denies_by_bool, _statements(user))) else BypassReason.OTHERWISE


def _administrator(user: IamUser, parameters: Parameters, survey: Survey | None, session: Facts) -> bool:
    """Whether the user is an administrator in a session of which it is known that it has no MFA."""
    denied = [
        statement
        for statement in _statements(user)
        if statement.effect is Effect.DENY
        and every_resource_exactly(statement)
        and conditions_met(statement.conditions, session)
    ]
    if _allowed_everything(user, parameters, session) and _leave_powers(denied):
        return True
    return survey is not None and bool(survey.ways_in_session(user, session))


def _allowed_everything(user: IamUser, parameters: Parameters, session: Facts) -> bool:
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


def _leave_powers(denied: Iterable[Statement]) -> bool:
    """Whether somebody who is allowed everything is still an administrator under some Deny statements."""
    actions: list[str] = []
    left: list[tuple[str, ...]] = []
    for statement in denied:
        actions += statement.actions or ()
        if statement.not_actions is not None:
            left.append(statement.not_actions)
    if not left:
        return not covers(actions, _IAM)
    return any(
        not any(matches(pattern, power) for pattern in actions)
        and all(any(matches(pattern, power) for pattern in patterns) for patterns in left)
        for power in _POWERS
    )


def _denies_by_bool(statement: Statement) -> bool:
    """Whether a Deny asks for MFA with `Bool`, the classic hole."""
    return statement.effect is Effect.DENY and any(
        condition.operator.lower() == "bool" and condition.key.lower() == MFA_PRESENT
        for condition in statement.conditions
    )


def _statements(user: IamUser) -> Iterator[Statement]:
    for attachment in user.attachments:
        yield from (attachment.policy.document or PolicyDocument(statements=())).statements
