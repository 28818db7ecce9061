"""The helper function: what the Automation documents, the daily schedule and AWS Config's events ask for.

An adapter without decisions; those are in `admin_mfa.followup`. An unknown action or a malformed input is refused
with one sentence, and nothing is done. Logs hold user names and ids, and no other personal data.
"""

import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from botocore.config import Config
from botocore.session import Session

from admin_mfa.aws.rules import Source
from admin_mfa.aws.session import aws_session
from admin_mfa.errors import AdminMfaError, InvalidInputError, InvalidParametersError, RemediationError
from admin_mfa.followup.actions import Remediation
from admin_mfa.followup.authority import Backout, approvers_of
from admin_mfa.followup.channels import Channel, Chat, Mail, SecurityHub, Topic
from admin_mfa.followup.device_removal import check_device, notify_removal, remove_device
from admin_mfa.followup.judgement import Aws, RemediationStack, Target
from admin_mfa.followup.options import OPTIONS, Options, parse_options
from admin_mfa.followup.records import Records
from admin_mfa.followup.sweep import compliance_changed, previews, sweep
from admin_mfa.parameters import Parameters, parse_parameters

logger = Logger()
metrics = Metrics(namespace="AdminMfa")

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One thing that can be asked.

    Attributes:
        inputs: The names of the inputs that it needs; no other is allowed.
        run: Does it.
        optional: The names of the inputs that may be missing.
    """

    inputs: tuple[str, ...]
    optional: tuple[str, ...] = ()
    run: Callable[[Remediation, Mapping[str, str]], Answer]


_INPUTS = {
    "ConfigRuleName": r"[\w.-]{1,128}",
    "ExecutionId": r"[\w-]{36}",
    "Run": r"[\w-]{1,128}",
    "Reason": r"[^\x00-\x1f\x7f]{1,500}",
    "SerialNumber": r"[\w+=/:,.@-]{9,256}",
    "UserId": r"AIDA[A-Z0-9]{12,124}",
    "UserName": r"[\w+=,.@-]{1,128}",
    **{option.name: option.pattern for option in OPTIONS},
}
"""What each input must match as a whole, ASCII only. The documents' `allowedPattern`s are no wider."""

_OPTIONS = tuple(option.name for option in OPTIONS)


def _target(inputs: Mapping[str, str]) -> Target:
    return Target(rule_name=inputs["ConfigRuleName"], user_id=inputs["UserId"])


def _options(inputs: Mapping[str, str]) -> Options:
    return parse_options({name: inputs[name] for name in _OPTIONS})


def _sweep(remediation: Remediation, inputs: Mapping[str, str]) -> Answer:
    swept = sweep(remediation, inputs.get("Run", ""))
    for name, value in (("AutomationsStarted", swept.started), ("RemediationExceptions", swept.excepted)):
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)
    _log_preview(remediation)
    return asdict(swept)


def _log_preview(remediation: Remediation) -> None:
    """Log what is ahead, in numbers. The sweep has done its work by then, so that a failure here fails nothing."""
    try:
        for found in previews(remediation):
            logger.info("preview", rule=found.rule_name, ahead=found.counts())
    except AdminMfaError as error:
        logger.warning("no preview", reason=str(error))


def _compliance_changed(remediation: Remediation, inputs: Mapping[str, str]) -> Answer:
    return {"started": compliance_changed(remediation, _target(inputs))}


_DEVICE = ("UserName", "SerialNumber")


def _device(inputs: Mapping[str, str]) -> dict[str, str]:
    return {name: inputs[name] for name in _DEVICE}


ACTIONS: dict[str, Action] = {
    "remediate": Action(
        inputs=("ConfigRuleName", "UserId", *_OPTIONS),
        run=lambda remediation, inputs: remediation.remediate(_target(inputs), _options(inputs)),
    ),
    "sweep": Action(inputs=(), optional=("Run",), run=_sweep),
    "compliance_changed": Action(inputs=("ConfigRuleName", "UserId"), run=_compliance_changed),
    "check_device": Action(
        inputs=("ExecutionId", *_DEVICE),
        run=lambda remediation, inputs: check_device(remediation, inputs["ExecutionId"], _device(inputs)),
    ),
    "remove_device": Action(
        inputs=("ExecutionId", *_DEVICE),
        run=lambda remediation, inputs: remove_device(remediation, inputs["ExecutionId"], _device(inputs)),
    ),
    "notify_removal": Action(
        inputs=("ExecutionId", *_DEVICE, "Reason"),
        run=lambda remediation, inputs: notify_removal(
            remediation, inputs["ExecutionId"], _device(inputs), inputs["Reason"]
        ),
    ),
}


@metrics.log_metrics
def lambda_handler(event: object, context: Any) -> Answer:
    """Answer one request: `Action`, and the inputs that the action needs.

    Returns:
        What the action concluded, as JSON.

    Raises:
        InvalidInputError: The action is unknown, or an input is missing, unknown or not allowed; nothing was done.
        AdminMfaError: AWS could not be read or written. Asking again finishes the job.
    """
    # Before anything can fail: an invocation without a metric would be warned about.
    metrics.add_metric(name="Asked", unit=MetricUnit.Count, value=1)
    return answer(event, context.invoked_function_arn, datetime.now(UTC))


def answer(event: object, function_arn: str, now: datetime) -> Answer:
    """Answer one request as of a moment; see `lambda_handler`."""
    name, action, inputs = _parse(event)
    logger.append_keys(
        action=name,
        user_id=inputs.get("UserId"),
        user_name=inputs.get("UserName"),
        execution_id=inputs.get("ExecutionId"),
    )
    concluded = action.run(_remediation(function_arn, now), inputs)
    logger.info("answered", answer=concluded)
    return concluded


def _parse(event: object) -> tuple[str, Action, dict[str, str]]:
    if not isinstance(event, Mapping):
        raise InvalidInputError(f"The input must be a JSON object, not {type(event).__name__}.")
    inputs = {str(name): value for name, value in event.items() if name != "Action"}
    name = event.get("Action")
    action = ACTIONS.get(name) if isinstance(name, str) else None
    if action is None or not isinstance(name, str):
        raise InvalidInputError(f"Unknown action {name!r:.100}; allowed are {', '.join(ACTIONS)}.")
    if unknown := sorted(inputs.keys() - {*action.inputs, *action.optional}):
        raise InvalidInputError(f"The action {name} takes no {', '.join(unknown)!r:.200}.")
    for needed in (*action.inputs, *(name for name in action.optional if name in inputs)):
        value = inputs.get(needed)
        if not isinstance(value, str) or not re.fullmatch(_INPUTS[needed], value, re.ASCII):
            raise InvalidInputError(f"{needed} is {value!r:.100}, which the action {name} does not allow.")
    return name, action, inputs


def _remediation(function_arn: str, now: datetime) -> Remediation:
    _, partition, _, region, account_id, *_ = function_arn.split(":")
    environment = os.environ
    # A new client each time: a reader of IAM listens to its client's events for as long as the client lives.
    iam: Any = _session().create_client("iam")
    return Remediation(
        place=RemediationStack(
            account_id=account_id,
            partition=partition,
            source=Source(function_arn=environment["RULE_FUNCTION_ARN"], rule_name=environment["RULE_NAME"]),
            policy_arn=environment["ENFORCEMENT_POLICY_ARN"],
            document_name=environment["DOCUMENT_NAME"],
            automation_inputs=json.loads(environment["AUTOMATION_INPUTS"]),
            backout=Backout(
                document_name=environment["BACKOUT_DOCUMENT_NAME"],
                approvers=approvers_of(environment["BACKOUT_APPROVERS"], partition, account_id),
                topic_arn=environment["APPROVAL_TOPIC_ARN"],
            ),
            help=environment.get("HELP", ""),
            automatic=environment.get("AUTOMATIC_REMEDIATION", "true") == "true",
            deployed=_deployed_parameters(environment.get("RULE_PARAMETERS", "")),
        ),
        aws=Aws(iam=iam, config=_client("config"), ssm=_client("ssm")),
        records=Records(_client("dynamodb"), environment["TABLE_NAME"]),
        channels=_channels(region),
        now=now,
        unsent=_unsent,
        review=_review,
    )


def _deployed_parameters(text: str) -> Parameters | None:
    """Return the rule parameters of the deployment; None if there are none, or if they are not what the rule allows."""
    try:
        return parse_parameters(json.loads(text)) if text else None
    except (json.JSONDecodeError, InvalidParametersError) as error:
        logger.error("the deployed rule parameters cannot be read", reason=str(error))  # noqa: TRY400 - the reason is enough
        metrics.add_metric(name="RulesToReview", unit=MetricUnit.Count, value=1)
        return None


def _review(rule: str, reason: str) -> None:
    """Log and count a rule that an operator should look at; an alarm watches the count."""
    logger.error("rule to review", rule=rule, reason=reason)
    metrics.add_metric(name="RulesToReview", unit=MetricUnit.Count, value=1)


def _unsent(channel: str, error: RemediationError) -> None:
    """Log and count what an optional channel did not send; notice and enforcement go on."""
    logger.warning("notice not sent", channel=channel, reason=str(error))
    metrics.add_metric(name="NoticesNotSent", unit=MetricUnit.Count, value=1)


def _channels(region: str) -> tuple[Channel, ...]:
    """Return the topic and whatever else is switched on. The topic comes first: its record begins the grace period."""
    environment = os.environ
    channels: list[Channel] = [Topic(client=_client("sns"), arn=environment["TOPIC_ARN"])]
    if arn := environment.get("CHAT_TOPIC_ARN"):
        channels.append(Chat(client=_optional_client("sns"), arn=arn))
    if (sender := environment.get("MAIL_FROM")) and (tag := environment.get("MAIL_TAG")):
        channels.append(Mail(client=_optional_client("sesv2"), sender=sender, tag=tag))
    if environment.get("SECURITY_HUB") == "true":
        channels.append(SecurityHub(client=_optional_client("securityhub"), region=region))
    return tuple(channels)


@cache
def _session() -> Session:
    return aws_session()


@cache
def _client(service: str) -> Any:
    return _session().create_client(service)


OPTIONAL = Config(connect_timeout=3, read_timeout=8, retries={"total_max_attempts": 2, "mode": "standard"})
"""How long an optional channel may take: all three together leave the function time for what is required."""


@cache
def _optional_client(service: str) -> Any:
    return _session().create_client(service, config=OPTIONAL)
