"""Whether alarms are quiet and delivered, queues are empty, and quotas leave room."""

from collections.abc import Iterator

from admin_mfa.audit.doctor.deployment import CheckStatus, Deployment, DeploymentCheck, Outcome, is_not_found
from admin_mfa.errors import ReadError

_MAX_RULES = 1000
"""AWS's default quota of rules in an account and region.

Source: https://docs.aws.amazon.com/config/latest/developerguide/configlimits.html
"""
_NEARLY_FULL = 0.9


def _alarms(deployment: Deployment) -> Iterator[Outcome]:
    prefix = f"{deployment.rule_name}-"
    alarms = list(deployment.pages("cloudwatch", "describe_alarms", "MetricAlarms", AlarmNamePrefix=prefix))
    active = sorted(alarm["AlarmName"] for alarm in alarms if alarm["StateValue"] == "ALARM")
    if not alarms:
        yield CheckStatus.PROBLEM, f"No alarm name begins with {prefix}. Deploy the stack again."
        return
    if active:
        yield CheckStatus.PROBLEM, f"In alarm: {', '.join(active)}. The description of each alarm says what to do."
    else:
        yield CheckStatus.OK, "No alarm is active."
    topics = sorted({topic for alarm in alarms for topic in alarm.get("AlarmActions", ())})
    if not topics:
        yield CheckStatus.WARNING, "The alarms notify no topic. Deploy the stack with AlarmTopicArn."
    for topic in topics:
        yield from _subscriptions(deployment, topic)


def _subscriptions(deployment: Deployment, topic: str) -> Iterator[Outcome]:
    found = list(deployment.pages("sns", "list_subscriptions_by_topic", "Subscriptions", TopicArn=topic))
    confirmed = [s for s in found if s["SubscriptionArn"].startswith("arn:")]
    if confirmed:
        yield CheckStatus.OK, f"Alarms reach {len(confirmed)} subscriber{'s' * (len(confirmed) > 1)} of {topic}."
    elif found:
        yield (
            CheckStatus.WARNING,
            f"No subscription to {topic} is confirmed. Follow the link in the message that SNS sent.",
        )
    else:
        yield CheckStatus.WARNING, f"{topic} has no subscription, so alarms reach no one. Subscribe to it."


def _queues(deployment: Deployment) -> Iterator[Outcome]:
    for name, meaning in (("dead-letters", "undeliverable IAM events"), ("failed-runs", "failed runs")):
        queue = f"{deployment.rule_name}-{name}"
        try:
            url = deployment.call("sqs", "get_queue_url", QueueName=queue)["QueueUrl"]
            attributes = ["ApproximateNumberOfMessages"]
            answer = deployment.call("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=attributes)
        except ReadError as error:
            if not is_not_found(error):
                raise
            yield CheckStatus.PROBLEM, f"The queue {queue} does not exist. Deploy the stack again."
            continue
        count = int(answer["Attributes"]["ApproximateNumberOfMessages"])
        if count:
            yield (
                CheckStatus.WARNING,
                f"{queue} holds {count} {meaning}. Read the messages, fix the cause, and purge the queue.",
            )
        else:
            yield CheckStatus.OK, f"{queue} is empty."


def _quotas(deployment: Deployment) -> Iterator[Outcome]:
    summary = deployment.call("iam", "get_account_summary")["SummaryMap"]
    users, quota = summary.get("Users", 0), summary.get("UsersQuota", 0)
    if quota and users >= _NEARLY_FULL * quota:
        yield CheckStatus.WARNING, f"The account has {users} of at most {quota} IAM users. Delete unused ones."
    else:
        yield CheckStatus.OK, f"IAM users: {users}."
    rules = sum(1 for _ in deployment.pages("config", "describe_config_rules", "ConfigRules"))
    if rules >= _NEARLY_FULL * _MAX_RULES:
        yield (
            CheckStatus.WARNING,
            f"{deployment.region} has {rules} of at most {_MAX_RULES} AWS Config rules. Request a higher quota.",
        )
    else:
        yield CheckStatus.OK, f"AWS Config rules: {rules}."


CHECKS = (
    DeploymentCheck(
        subject="alarms", actions=("cloudwatch:DescribeAlarms", "sns:ListSubscriptionsByTopic"), run=_alarms
    ),
    DeploymentCheck(subject="queues", actions=("sqs:GetQueueAttributes", "sqs:GetQueueUrl"), run=_queues),
    DeploymentCheck(
        subject="quotas",
        actions=("config:DescribeConfigRules", "iam:GetAccountSummary"),
        run=_quotas,
        needs_stack=False,
    ),
)
