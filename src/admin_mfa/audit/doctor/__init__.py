"""Check whether a deployed rule can do its work: what is missing, and what to do about it. Read-only.

Each check reads one thing that the rule depends on. A check that may not read it is UNKNOWN and names the permission;
it is never OK.
"""

from collections.abc import Iterator

from admin_mfa.audit.doctor import drift, events, operations, recorder, rule
from admin_mfa.audit.doctor.deployment import CheckResult, CheckStatus, Deployment, DeploymentCheck
from admin_mfa.errors import ReadError

__all__ = [
    "ACTIONS",
    "CHECKS",
    "CheckResult",
    "CheckStatus",
    "Deployment",
    "DeploymentCheck",
    "check_results",
    "run_checks",
]

CHECKS: tuple[DeploymentCheck, ...] = (
    *recorder.CHECKS,
    *events.CHECKS,
    *rule.CHECKS,
    *drift.CHECKS,
    *operations.CHECKS,
)
"""Every check, in the order in which results appear."""

ACTIONS = tuple(sorted({action for check in CHECKS for action in check.actions}))
"""Every permission that the checks need. All of them are read-only."""

_DENIED = frozenset(("AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation"))


def run_checks(deployment: Deployment) -> Iterator[CheckResult]:
    """Run every check. One that fails to read AWS is UNKNOWN and does not stop the others.

    Without the stack, the checks of what it creates would repeat one finding, so they are skipped.
    """
    try:
        deployed = deployment.function() is not None
    except ReadError:
        deployed = True  # unknown: the check of the function reports why
    if not deployed:
        yield CheckResult(
            subject="stack",
            status=CheckStatus.PROBLEM,
            text=f"No stack with RuleName={deployment.rule_name} is deployed in {deployment.region}. Deploy it, or "
            "pass the --region and --rule-name that it was deployed with.",
        )
    for check in CHECKS:
        if deployed or not check.needs_stack:
            yield from check_results(check, deployment)


def check_results(check: DeploymentCheck, deployment: Deployment) -> Iterator[CheckResult]:
    """Run one check."""
    try:
        for status, text in check.run(deployment):
            yield CheckResult(subject=check.subject, status=status, text=text)
    except ReadError as error:
        yield CheckResult(
            subject=check.subject,
            status=CheckStatus.UNKNOWN,
            text=f"Not checked: {error}",
            denied=error.action if error.code in _DENIED else "",
        )
