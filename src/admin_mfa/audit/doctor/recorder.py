"""Whether AWS Config is set up in the stack's region."""

from collections.abc import Iterator, Mapping
from typing import Any

from admin_mfa.audit.doctor.deployment import CheckStatus, Deployment, DeploymentCheck, Outcome
from admin_mfa.aws import config


def _recorder(deployment: Deployment) -> Iterator[Outcome]:
    region = deployment.region
    recorders = deployment.call("config", "describe_configuration_recorders")["ConfigurationRecorders"]
    channels = deployment.call("config", "describe_delivery_channels")["DeliveryChannels"]
    if not (recorders and channels):
        missing = "delivery channel" if recorders else "recorder"
        yield (
            CheckStatus.PROBLEM,
            (
                f"AWS Config has no {missing} in {region}, so it evaluates no rules. Set up AWS Config there "
                "(AWS Config, Set up)."
            ),
        )
        return
    statuses = deployment.call("config", "describe_configuration_recorder_status")["ConfigurationRecordersStatus"]
    if not any(status.get("recording") for status in statuses):
        name = recorders[0]["name"]
        yield (
            CheckStatus.PROBLEM,
            (
                f"The recorder {name} is stopped. Run `aws configservice start-configuration-recorder "
                f"--configuration-recorder-name {name} --region {region}`."
            ),
        )
        return
    yield CheckStatus.OK, "AWS Config is recording."
    if not records_users(recorders[0].get("recordingGroup", {})):
        yield (
            CheckStatus.WARNING,
            (
                f"The recorder does not record {config.RESOURCE_TYPE}. Users are evaluated all the same, but AWS "
                "Config shows no timeline for them. Add the resource type to the recorder to get one."
            ),
        )


def records_users(group: Mapping[str, Any]) -> bool:
    """Return whether a recording group covers IAM users.

    Source: https://docs.aws.amazon.com/config/latest/APIReference/API_ExclusionByResourceTypes.html
    """
    if group.get("recordingStrategy", {}).get("useOnly") == "EXCLUSION_BY_RESOURCE_TYPES":
        excluded = group.get("exclusionByResourceTypes", {}).get("resourceTypes", ())
        return config.RESOURCE_TYPE not in excluded
    everything = bool(group.get("allSupported") and group.get("includeGlobalResourceTypes"))
    return everything or config.RESOURCE_TYPE in group.get("resourceTypes", ())


CHECKS = (
    DeploymentCheck(
        subject="recorder",
        actions=(
            "config:DescribeConfigurationRecorderStatus",
            "config:DescribeConfigurationRecorders",
            "config:DescribeDeliveryChannels",
        ),
        run=_recorder,
        needs_stack=False,
    ),
)
