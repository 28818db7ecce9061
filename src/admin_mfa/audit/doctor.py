"""Whether the rule can do its work in an account: what is missing, and what to do about it. Reads only.

Each examination asks AWS about one thing that the rule rests on. It says what it found in a sentence that can be acted
on; where it was not allowed to look it says which permission it lacks, and never that all is well.
"""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any

from botocore.session import Session

from admin_mfa.aws import config, iam
from admin_mfa.aws.paging import pages
from admin_mfa.aws.session import reading
from admin_mfa.errors import ReadError

IAM_REGIONS = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
"""Where IAM's CloudTrail events arrive, by partition.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html
"""

_PERIODS = {"One_Hour": 1, "Three_Hours": 3, "Six_Hours": 6, "Twelve_Hours": 12, "TwentyFour_Hours": 24}
_DAILY = 24
_MOST_RULES = 1000
"""AWS's default quota of rules in an account and region.

Source: https://docs.aws.amazon.com/config/latest/developerguide/configlimits.html
"""
_FULL = 0.9
_GONE = frozenset(("ResourceNotFoundException", "NoSuchEntity", "QueueDoesNotExist"))
_GONE_QUEUE = "AWS.SimpleQueueService.NonExistentQueue"


class State(StrEnum):
    """What an examination found. UNKNOWN: it could not look."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was found.

    Attributes:
        subject: What was examined, in one or two words.
        state: Whether somebody has to do something.
        text: What was found, and what to do if anything is.
    """

    subject: str
    state: State
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """The deployment that is examined.

    Attributes:
        session: Prepared by `admin_mfa.aws.session.aws_session`, in the region of the stack.
        account_id: Twelve digits.
        partition: `aws`, `aws-cn`, `aws-us-gov` or another.
        region: Where the stack was deployed.
        rule_name: The parameter RuleName of the stack: its function is called so, and all else begins with it.
        samconfig: The file from which the stack is deployed; None leaves drift unexamined.
        config_env: Which environment of that file, as in `sam deploy --config-env`.
    """

    session: Session
    account_id: str
    partition: str
    region: str
    rule_name: str
    samconfig: Path | None = None
    config_env: str = "default"

    @property
    def function_arn(self) -> str:
        """The rule's function."""
        return f"arn:{self.partition}:lambda:{self.region}:{self.account_id}:function:{self.rule_name}"

    @property
    def iam_region(self) -> str:
        """Where IAM's events arrive."""
        return IAM_REGIONS.get(self.partition, self.region)

    def ask(self, service: str, operation: str, *, region: str | None = None, **arguments: Any) -> dict[str, Any]:
        """Call AWS once.

        Raises:
            ReadError: There was no good answer; it names the permission that the call needs.
        """
        client: Any = self.session.create_client(service, region_name=region or self.region)
        name = client.meta.method_to_api_mapping[operation]
        action = f"{client.meta.service_model.signing_name}:{name}".replace("monitoring:", "cloudwatch:")
        with reading(action):
            answer: dict[str, Any] = getattr(client, operation)(**arguments)
        return answer

    def pages(self, service: str, operation: str, member: str, **arguments: Any) -> Iterator[Any]:
        """Yield the items of every page; for operations that page by NextToken."""
        found = pages(partial(self.ask, service, operation), f"{service}:{operation}", **arguments)
        return (item for page in found for item in page.get(member, ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """One thing to examine.

    Attributes:
        subject: What it is about.
        actions: The permissions that it takes.
        look: Yields what it found.
    """

    subject: str
    actions: tuple[str, ...]
    look: Callable[[Patient], Iterator[tuple[State, str]]]


def examine(patient: Patient) -> Iterator[Finding]:
    """Examine everything, one thing after the other. What cannot be read is UNKNOWN and stops nothing else."""
    for examination in EXAMINATIONS:
        try:
            for state, text in examination.look(patient):
                yield Finding(subject=examination.subject, state=state, text=text)
        except ReadError as error:
            text = f"It could not be examined. {error}"
            yield Finding(subject=examination.subject, state=State.UNKNOWN, text=text)


def _region(patient: Patient) -> Iterator[tuple[State, str]]:
    if patient.region == patient.iam_region:
        yield State.OK, f"{patient.region} is the region in which IAM's events arrive."
    else:
        yield (
            State.WARNING,
            (
                f"IAM's events arrive in {patient.iam_region} and not in {patient.region}, so that changes are "
                "judged by the schedule alone: deploy organization/forward-iam-events.yaml there, or be content "
                "with the schedule."
            ),
        )


def _recorder(patient: Patient) -> Iterator[tuple[State, str]]:
    recorders = patient.ask("config", "describe_configuration_recorders")["ConfigurationRecorders"]
    if not recorders:
        yield (
            State.PROBLEM,
            (
                f"AWS Config has no recorder in {patient.region}, so that rules are not evaluated: set AWS Config up "
                "there (AWS Config, Set up)."
            ),
        )
        return
    statuses = patient.ask("config", "describe_configuration_recorder_status")["ConfigurationRecordersStatus"]
    if not any(status.get("recording") for status in statuses):
        name = recorders[0]["name"]
        yield (
            State.PROBLEM,
            (
                f"The recorder {name} does not record: run `aws configservice start-configuration-recorder "
                f"--configuration-recorder-name {name} --region {patient.region}`."
            ),
        )
        return
    yield State.OK, "AWS Config records."
    if not _records_users(recorders[0].get("recordingGroup", {})):
        yield (
            State.WARNING,
            (
                f"The recorder leaves {config.RESOURCE_TYPE} out: users are judged all the same, but AWS Config "
                "shows no timeline of theirs."
            ),
        )


def _records_users(group: Mapping[str, Any]) -> bool:
    """Return whether a recording group covers IAM users.

    Source: https://docs.aws.amazon.com/config/latest/APIReference/API_ExclusionByResourceTypes.html
    """
    if group.get("recordingStrategy", {}).get("useOnly") == "EXCLUSION_BY_RESOURCE_TYPES":
        excluded = group.get("exclusionByResourceTypes", {}).get("resourceTypes", ())
        return config.RESOURCE_TYPE not in excluded
    everything = bool(group.get("allSupported") and group.get("includeGlobalResourceTypes"))
    return everything or config.RESOURCE_TYPE in group.get("resourceTypes", ())


def _delivery_channel(patient: Patient) -> Iterator[tuple[State, str]]:
    if patient.ask("config", "describe_delivery_channels")["DeliveryChannels"]:
        yield State.OK, "AWS Config has a delivery channel."
    else:
        yield (
            State.PROBLEM,
            (
                f"AWS Config has no delivery channel in {patient.region}, without which a recorder cannot be "
                "started: set AWS Config up there."
            ),
        )


def _trail(patient: Patient) -> Iterator[tuple[State, str]]:
    region = patient.iam_region
    trails = patient.ask("cloudtrail", "describe_trails", region=region)["trailList"]
    for trail in trails:
        if not trail.get("IncludeGlobalServiceEvents"):
            continue
        if patient.ask("cloudtrail", "get_trail_status", region=region, Name=trail["TrailARN"]).get("IsLogging"):
            yield State.OK, f"The trail {trail['Name']} logs IAM's events in {region}."
            return
    yield (
        State.WARNING,
        (
            f"No trail logs IAM's events in {region}, so that changes are judged by the schedule alone: create a trail "
            "management events there, or be content with the schedule."
        ),
    )


def _function(patient: Patient) -> Iterator[tuple[State, str]]:
    try:
        found = patient.ask("lambda", "get_function_configuration", FunctionName=patient.rule_name)
    except ReadError as error:
        if error.code not in _GONE:
            raise
        yield (
            State.PROBLEM,
            (
                f"There is no function {patient.rule_name} in {patient.region}: deploy the stack, or give the region "
                "and the rule name with which it was deployed."
            ),
        )
        return
    if found.get("State", "Active") not in ("Active", "Inactive"):
        yield State.PROBLEM, f"The function is {found['State']}: {found.get('StateReason', 'AWS gives no reason')}"
    else:
        yield State.OK, f"The function is there, with {found['MemorySize']} MB and {found['Timeout']} seconds."


def _permissions(patient: Patient) -> Iterator[tuple[State, str]]:
    try:
        role = patient.ask("lambda", "get_function_configuration", FunctionName=patient.rule_name)["Role"]
    except ReadError as error:
        if error.code not in _GONE:
            raise
        yield State.PROBLEM, "Without the function there is no role to examine."
        return
    denied = []
    for resource, actions in _by_resource(patient).items():
        answer = patient.ask(
            "iam", "simulate_principal_policy", PolicySourceArn=role, ActionNames=actions, ResourceArns=[resource]
        )
        denied += [r["EvalActionName"] for r in answer["EvaluationResults"] if r["EvalDecision"] != "allowed"]
    if denied:
        yield (
            State.PROBLEM,
            (
                f"The function's role is not allowed {', '.join(sorted(denied))}: deploy the stack again, and look "
                "for a permissions boundary or a service control policy that denies it."
            ),
        )
    else:
        yield State.OK, "The function's role allows all that judging users takes."


_ON_RESOURCES = (
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
"""Resources that stand for those on which an action is allowed; other actions are allowed on all."""


def _by_resource(patient: Patient) -> dict[str, list[str]]:
    """The actions that the rule declares, by what to ask the policy simulator about."""
    found: dict[str, list[str]] = {}
    for action in (*iam.BULK_ACTIONS, *iam.SINGLE_ACTIONS, *config.ACTIONS):
        pattern = next((arn for arn, actions in _ON_RESOURCES if action in actions), "*")
        arn = pattern.format(partition=patient.partition, account=patient.account_id, region=patient.region)
        found.setdefault(arn, []).append(action)
    return found


def _rule(patient: Patient) -> Iterator[tuple[State, str]]:
    rules = list(patient.pages("config", "describe_config_rules", "ConfigRules"))
    ours = [rule for rule in rules if rule["Source"].get("SourceIdentifier") == patient.function_arn]
    if not ours:
        yield (
            State.PROBLEM,
            (
                "No AWS Config rule invokes the function: deploy the stack with DeployConfigRule=true, or the "
                "conformance pack that brings the rule."
            ),
        )
        return
    for rule in ours:
        name = rule["ConfigRuleName"]
        yield State.OK, f"The rule {name} invokes the function."
        statuses = patient.ask("config", "describe_config_rule_evaluation_status", ConfigRuleNames=[name])
        yield from _evaluated(rule, statuses["ConfigRulesEvaluationStatus"])


def _evaluated(rule: dict[str, Any], statuses: list[dict[str, Any]]) -> Iterator[tuple[State, str]]:
    status = statuses[0] if statuses else {}
    last, why = status.get("LastSuccessfulEvaluationTime"), status.get("LastErrorMessage", "")
    reason = f" AWS Config says: {why}" if why else ""
    frequencies = (
        _PERIODS.get(d.get("MaximumExecutionFrequency", ""), _DAILY) for d in rule["Source"].get("SourceDetails", ())
    )
    period = timedelta(hours=min(frequencies, default=_DAILY))
    if last is None:
        yield (
            State.WARNING,
            (
                "AWS Config knows of no completed evaluation. It promises to tell for managed rules only, so look at "
                f"the metric CompletedRuns.{reason}"
            ),
        )
    elif datetime.now(UTC) - last > 2 * period:
        yield (
            State.PROBLEM,
            (
                f"The last evaluation completed on {last:%Y-%m-%d at %H:%M} UTC, more than two periods ago: look at "
                f"the function's log.{reason}"
            ),
        )
    else:
        yield State.OK, f"The last evaluation completed on {last:%Y-%m-%d at %H:%M} UTC."


def _parameters(patient: Patient) -> Iterator[tuple[State, str]]:
    """Compare what samconfig.toml would deploy with what is deployed; SAM leaves other parameters as they are."""
    if patient.samconfig is None:
        return
    name = f"{patient.samconfig.name} ({patient.config_env})"
    try:
        stack, configured = _configured(patient.samconfig, patient.config_env)
    except (OSError, ValueError, LookupError, AttributeError, TypeError) as error:
        yield State.UNKNOWN, f"{name} could not be read ({error}): correct it, or select another environment."
        return
    try:
        (found,) = patient.ask("cloudformation", "describe_stacks", StackName=stack)["Stacks"]
    except ReadError as error:
        if error.code != "ValidationError":
            raise
        yield State.WARNING, f"{name} deploys the stack {stack}, which does not exist: select another environment."
        return
    deployed = {one["ParameterKey"]: one["ParameterValue"] for one in found.get("Parameters", ())}
    if deployed.get("RuleName", patient.rule_name) != patient.rule_name:
        yield State.WARNING, f"{name} deploys another rule, {deployed['RuleName']}: select another environment."
        return
    drifted = {key: value for key, value in configured.items() if deployed.get(key, "") != value}
    for key, value in sorted(drifted.items()):
        yield (
            State.WARNING,
            (
                f"{key} is {deployed.get(key, '')!r} in the stack {stack} and {value!r} in {name}: the next deployment "
                "sets the latter, so correct the file to keep the former."
            ),
        )
    if not drifted:
        yield State.OK, f"The stack {stack} has the parameters in {name}."


_OVERRIDE = re.compile(r"""(?:ParameterKey=)?(\w+)(?:,ParameterValue)?=(?:"((?:[^"\\]|\\.)*)"|(\S*))""")


def _configured(samconfig: Path, config_env: str) -> tuple[str, dict[str, str]]:
    """Return the stack's name and its parameters, both forms of `parameter_overrides` included."""
    read = tomllib.loads(samconfig.read_text(encoding="utf-8"))[config_env]["deploy"]["parameters"]
    overrides = read.get("parameter_overrides", "")
    text = overrides if isinstance(overrides, str) else " ".join(overrides)
    found = {key: re.sub(r"\\(.)", r"\1", quoted) or plain for key, quoted, plain in _OVERRIDE.findall(text)}
    return str(read["stack_name"]), found


def _alarms(patient: Patient) -> Iterator[tuple[State, str]]:
    prefix = f"{patient.rule_name}-"
    alarms = list(patient.pages("cloudwatch", "describe_alarms", "MetricAlarms", AlarmNamePrefix=prefix))
    ringing = sorted(alarm["AlarmName"] for alarm in alarms if alarm["StateValue"] == "ALARM")
    if not alarms:
        yield State.PROBLEM, f"There are no alarms that begin with {prefix}: deploy the stack."
        return
    if ringing:
        yield State.PROBLEM, f"These alarms ring, and their descriptions say what to do: {', '.join(ringing)}."
    else:
        yield State.OK, "No alarm rings."
    topics = sorted({topic for alarm in alarms for topic in alarm.get("AlarmActions", ())})
    if not topics:
        yield State.WARNING, "The alarms tell nobody: deploy with AlarmTopicArn."
    for topic in topics:
        yield from _subscriptions(patient, topic)


def _subscriptions(patient: Patient, topic: str) -> Iterator[tuple[State, str]]:
    found = list(patient.pages("sns", "list_subscriptions_by_topic", "Subscriptions", TopicArn=topic))
    confirmed = [s for s in found if s["SubscriptionArn"].startswith("arn:")]
    if confirmed:
        yield State.OK, f"Alarms tell {len(confirmed)} subscriber{'s' * (len(confirmed) > 1)} of {topic}."
    elif found:
        yield (
            State.WARNING,
            f"Nobody has confirmed a subscription to {topic}: follow the link in the message that SNS sent.",
        )
    else:
        yield State.WARNING, f"Nobody has subscribed to {topic}, so that alarms tell nobody: subscribe somebody."


def _queues(patient: Patient) -> Iterator[tuple[State, str]]:
    for name, meaning in (("dead-letters", "events of IAM that were given up"), ("failed-runs", "runs that failed")):
        queue = f"{patient.rule_name}-{name}"
        try:
            url = patient.ask("sqs", "get_queue_url", QueueName=queue)["QueueUrl"]
            asked = ["ApproximateNumberOfMessages"]
            answer = patient.ask("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=asked)
        except ReadError as error:
            if error.code not in _GONE and error.code != _GONE_QUEUE:
                raise
            yield State.PROBLEM, f"There is no queue {queue}: deploy the stack."
            continue
        count = int(answer["Attributes"]["ApproximateNumberOfMessages"])
        if count:
            yield State.WARNING, f"{queue} holds {count} {meaning}: read them, remove the cause, and purge the queue."
        else:
            yield State.OK, f"{queue} is empty."


def _quotas(patient: Patient) -> Iterator[tuple[State, str]]:
    summary = patient.ask("iam", "get_account_summary")["SummaryMap"]
    users, most = summary.get("Users", 0), summary.get("UsersQuota", 0)
    if most and users >= _FULL * most:
        yield State.WARNING, f"{users} of at most {most} users exist: IAM will refuse more of them."
    else:
        yield State.OK, f"{users} users exist."
    rules = sum(1 for _ in patient.pages("config", "describe_config_rules", "ConfigRules"))
    if rules >= _FULL * _MOST_RULES:
        yield (
            State.WARNING,
            f"{rules} of at most {_MOST_RULES} rules exist in {patient.region}: remove some, or ask for more.",
        )
    else:
        yield State.OK, f"{rules} AWS Config rules exist."


EXAMINATIONS = (
    Examination(subject="region", actions=(), look=_region),
    Examination(
        subject="recorder",
        actions=("config:DescribeConfigurationRecorderStatus", "config:DescribeConfigurationRecorders"),
        look=_recorder,
    ),
    Examination(subject="delivery channel", actions=("config:DescribeDeliveryChannels",), look=_delivery_channel),
    Examination(subject="trail", actions=("cloudtrail:DescribeTrails", "cloudtrail:GetTrailStatus"), look=_trail),
    Examination(subject="function", actions=("lambda:GetFunctionConfiguration",), look=_function),
    Examination(
        subject="permissions",
        actions=("iam:SimulatePrincipalPolicy", "lambda:GetFunctionConfiguration"),
        look=_permissions,
    ),
    Examination(
        subject="rule",
        actions=("config:DescribeConfigRuleEvaluationStatus", "config:DescribeConfigRules"),
        look=_rule,
    ),
    Examination(subject="parameters", actions=("cloudformation:DescribeStacks",), look=_parameters),
    Examination(subject="alarms", actions=("cloudwatch:DescribeAlarms", "sns:ListSubscriptionsByTopic"), look=_alarms),
    Examination(subject="queues", actions=("sqs:GetQueueAttributes", "sqs:GetQueueUrl"), look=_queues),
    Examination(subject="quotas", actions=("config:DescribeConfigRules", "iam:GetAccountSummary"), look=_quotas),
)
"""What is examined, in this order."""

ACTIONS = tuple(sorted({action for examination in EXAMINATIONS for action in examination.actions}))
"""All that examining takes. All of them read."""
