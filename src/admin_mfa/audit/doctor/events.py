"""Whether IAM's events reach the stack: its region, the forwarder in the region of IAM, and a trail."""

from collections.abc import Iterator

from admin_mfa.audit.doctor.deployment import CheckStatus, Deployment, DeploymentCheck, Outcome, is_not_found
from admin_mfa.errors import ReadError


def _region(deployment: Deployment) -> Iterator[Outcome]:
    """Check that events arrive in the stack's region, by themselves or by organization/forward-iam-events.yaml."""
    here, iam = deployment.region, deployment.iam_region
    if here == iam:
        yield CheckStatus.OK, f"IAM's events arrive in {here}, the region of the stack."
        return
    name = f"{deployment.rule_name}-forward"
    remedy = "Deploy organization/forward-iam-events.yaml there, or rely on the schedule."
    try:
        state = deployment.call("events", "describe_rule", region=iam, Name=name)["State"]
        targets = deployment.call("events", "list_targets_by_rule", region=iam, Rule=name)["Targets"]
    except ReadError as error:
        if not is_not_found(error):
            raise
        yield (
            CheckStatus.WARNING,
            (
                f"IAM's events arrive in {iam}, and nothing forwards them to {here}, so only the schedule "
                f"starts evaluations. {remedy}"
            ),
        )
        return
    if state == "DISABLED":
        enable = f"aws events enable-rule --name {name} --region {iam}"
        yield CheckStatus.WARNING, f"The EventBridge rule {name} in {iam} is disabled. Run `{enable}`."
    elif not any(target["Arn"].split(":")[3] == here for target in targets):
        yield CheckStatus.WARNING, f"The EventBridge rule {name} in {iam} does not send events to {here}. {remedy}"
    else:
        yield CheckStatus.OK, f"The EventBridge rule {name} forwards IAM's events from {iam} to {here}."


def _trail(deployment: Deployment) -> Iterator[Outcome]:
    region = deployment.iam_region
    trails = deployment.call("cloudtrail", "describe_trails", region=region)["trailList"]
    for trail in trails:
        if not trail.get("IncludeGlobalServiceEvents"):
            continue
        if deployment.call("cloudtrail", "get_trail_status", region=region, Name=trail["TrailARN"]).get("IsLogging"):
            yield CheckStatus.OK, f"The trail {trail['Name']} logs IAM's events in {region}."
            return
    yield (
        CheckStatus.WARNING,
        (
            f"No trail logs IAM's events in {region}, so only the schedule starts evaluations. Create a trail for "
            "management events there, or rely on the schedule."
        ),
    )


CHECKS = (
    DeploymentCheck(subject="events", actions=("events:DescribeRule", "events:ListTargetsByRule"), run=_region),
    DeploymentCheck(
        subject="trail",
        actions=("cloudtrail:DescribeTrails", "cloudtrail:GetTrailStatus"),
        run=_trail,
        needs_stack=False,
    ),
)
