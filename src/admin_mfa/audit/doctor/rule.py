"""Whether the rule's function exists, may read what it reads, and is invoked by AWS Config."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from admin_mfa.audit.doctor.deployment import CheckStatus, Deployment, DeploymentCheck, Outcome
from admin_mfa.aws import config, iam

_PERIODS = {"One_Hour": 1, "Three_Hours": 3, "Six_Hours": 6, "Twelve_Hours": 12, "TwentyFour_Hours": 24}
_DAILY = 24

_SCOPED = (
    (
        "arn:{partition}:iam::{account}:user/any",
        {"iam:GetLoginProfile", "iam:ListAccessKeys", "iam:ListMFADevices", *iam.SINGLE_ACTIONS},
    ),
    ("arn:{partition}:iam::{account}:policy/any", {"iam:GetPolicy", "iam:GetPolicyVersion"}),
    ("arn:{partition}:iam::{account}:mfa/any", {"iam:ListMFADeviceTags"}),
    (
        "arn:{partition}:config:{region}:{account}:config-rule/config-rule-any",
        {"config:GetComplianceDetailsByConfigRule"},
    ),
)
"""An example of the resources that each action is allowed on; every other action is allowed on all resources."""


def _function(deployment: Deployment) -> Iterator[Outcome]:
    found = deployment.function()
    if found is None:
        return
    if found.get("State", "Active") not in ("Active", "Inactive"):
        reason = found.get("StateReason", "AWS reports no reason")
        yield CheckStatus.PROBLEM, f"The function {deployment.rule_name} is {found['State']}: {reason}"
    else:
        yield CheckStatus.OK, f"The function exists ({found['MemorySize']} MB, timeout {found['Timeout']} seconds)."


def _permissions(deployment: Deployment) -> Iterator[Outcome]:
    found = deployment.function()
    if found is None:
        return
    denied = []
    for resource, actions in _by_resource(deployment).items():
        answer = deployment.call(
            "iam",
            "simulate_principal_policy",
            PolicySourceArn=found["Role"],
            ActionNames=actions,
            ResourceArns=[resource],
        )
        denied += [r["EvalActionName"] for r in answer["EvaluationResults"] if r["EvalDecision"] != "allowed"]
    if denied:
        yield (
            CheckStatus.PROBLEM,
            (
                f"The function's role is not allowed to call {', '.join(sorted(denied))}. Deploy the stack again, and "
                "look for a permissions boundary or a service control policy that denies these actions."
            ),
        )
    else:
        yield CheckStatus.OK, "The function's role has every permission that the rule needs."


def _by_resource(deployment: Deployment) -> dict[str, list[str]]:
    """Return the actions that the rule declares, by the resource to simulate them on."""
    found: dict[str, list[str]] = {}
    for action in (*iam.BULK_ACTIONS, *iam.SINGLE_ACTIONS, *config.ACTIONS):
        pattern = next((arn for arn, actions in _SCOPED if action in actions), "*")
        arn = pattern.format(partition=deployment.partition, account=deployment.account_id, region=deployment.region)
        found.setdefault(arn, []).append(action)
    return found


def _rule(deployment: Deployment) -> Iterator[Outcome]:
    rules = list(deployment.pages("config", "describe_config_rules", "ConfigRules"))
    ours = [rule for rule in rules if rule["Source"].get("SourceIdentifier") == deployment.function_arn]
    if not ours:
        yield (
            CheckStatus.PROBLEM,
            (
                "No AWS Config rule invokes the function. Deploy the stack with DeployConfigRule=true, or deploy the "
                "conformance pack that contains the rule."
            ),
        )
        return
    for rule in ours:
        name = rule["ConfigRuleName"]
        yield CheckStatus.OK, f"The rule {name} invokes the function."
        statuses = deployment.call("config", "describe_config_rule_evaluation_status", ConfigRuleNames=[name])
        yield from _last_evaluation(rule, statuses["ConfigRulesEvaluationStatus"])


def _last_evaluation(rule: dict[str, Any], statuses: list[dict[str, Any]]) -> Iterator[Outcome]:
    status = statuses[0] if statuses else {}
    last, message = status.get("LastSuccessfulEvaluationTime"), status.get("LastErrorMessage", "")
    reason = f" AWS Config reports: {message}" if message else ""
    frequencies = (
        _PERIODS.get(d.get("MaximumExecutionFrequency", ""), _DAILY) for d in rule["Source"].get("SourceDetails", ())
    )
    period = timedelta(hours=min(frequencies, default=_DAILY))
    if last is None:
        yield (
            CheckStatus.WARNING,
            (
                "AWS Config has no record of a completed evaluation. It documents this record for managed rules only, "
                f"so look at the metric CompletedRuns.{reason}"
            ),
        )
    elif datetime.now(UTC) - last > 2 * period:
        yield (
            CheckStatus.PROBLEM,
            (
                f"The last evaluation completed on {last:%Y-%m-%d at %H:%M} UTC, more than two periods ago. Look at "
                f"the function's log.{reason}"
            ),
        )
    else:
        yield CheckStatus.OK, f"The last evaluation completed on {last:%Y-%m-%d at %H:%M} UTC."


FUNCTION_ACTION = "lambda:GetFunctionConfiguration"

CHECKS = (
    DeploymentCheck(subject="function", actions=(FUNCTION_ACTION,), run=_function),
    DeploymentCheck(subject="permissions", actions=("iam:SimulatePrincipalPolicy", FUNCTION_ACTION), run=_permissions),
    DeploymentCheck(
        subject="rule",
        actions=("config:DescribeConfigRuleEvaluationStatus", "config:DescribeConfigRules"),
        run=_rule,
    ),
)
