"""Whether a user could enroll a device while the enforcement policy is attached: pure, over the user's own policies.

Counted are Deny statements that hold without MFA whatever the request, and the permissions boundary. A Deny that
depends on more, such as the source address, does not make enrolling impossible. Service control policies are not
visible from inside the account.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from collections.abc import Iterable, Iterator

from admin_mfa.escalation.arn_pattern import arn_pattern
from admin_mfa.escalation.conditions import SESSION_WITHOUT_MFA, RequestContext, conditions_met
from admin_mfa.model import IamUser, MfaType
from admin_mfa.parameters import Parameters
from admin_mfa.policy.wildcard import matches, prepare_with
from admin_mfa.statements import Effect, Policy, Statement

ENABLE = "iam:enablemfadevice"
CREATE = "iam:createvirtualmfadevice"


def unread_policies(user: IamUser) -> frozenset[str]:
    """Return the ARNs of the policies whose documents must be known."""
    policies = [*(attachment.policy for attachment in user.attachments), *([user.boundary] if user.boundary else [])]
    return frozenset(policy.arn for policy in policies if policy.document is None and policy.arn)


def enrolment_denied_by(user: IamUser, parameters: Parameters, enforcement_policy_arn: str) -> str | None:
    """Return the name of the policy that makes enrolling impossible; None if the user can enroll.

    Args:
        user: With the documents of all policies.
        parameters: Which devices satisfy the rule: an authenticator app needs a virtual device to be created first.
        enforcement_policy_arn: The policy that leaves enrolling open; it is not counted.
    """
    account = ":".join(user.arn.split(":")[:5])
    needed = [(ENABLE, user.arn)]
    if parameters.allowed_mfa_types == frozenset({MfaType.VIRTUAL}):
        needed.append((CREATE, f"{account}:mfa/{user.user_name}"))
    facts: RequestContext = {
        **SESSION_WITHOUT_MFA,
        "aws:username": (user.user_name,),
        "aws:userid": (user.user_id,),
        "aws:principalarn": (user.arn,),
        **{f"aws:principaltag/{key.lower()}": (value,) for key, value in user.tags},
    }
    own = [a.policy for a in user.attachments if a.policy.arn != enforcement_policy_arn]
    for action, resource in needed:
        for policy in (*own, *([user.boundary] if user.boundary else [])):
            denying = _covering(policy, Effect.DENY, action, resource, facts)
            if any(conditions_met(statement.conditions, facts) is True for statement in denying):
                return policy.name
        if user.boundary:
            allowing = _covering(user.boundary, Effect.ALLOW, action, resource, facts)
            if all(conditions_met(statement.conditions, facts) is False for statement in allowing):
                return user.boundary.name
    return None


def _covering(policy: Policy, effect: Effect, action: str, resource: str, facts: RequestContext) -> Iterator[Statement]:
    values = {key: found[0] for key, found in facts.items() if found}

    def on(patterns: Iterable[str]) -> bool:
        prepared = (prepare_with(pattern, values) for pattern in patterns)
        return any(pattern is not None and arn_pattern(pattern).matches(resource) for pattern in prepared)

    def means(patterns: Iterable[str]) -> bool:
        return any(matches(pattern, action) for pattern in patterns)

    for statement in policy.document.statements if policy.document else ():
        if statement.effect is not effect:
            continue
        acts = means(statement.actions or ()) if statement.not_actions is None else not means(statement.not_actions)
        if acts and (
            on(statement.resources or ()) if statement.not_resources is None else not on(statement.not_resources)
        ):
            yield statement
