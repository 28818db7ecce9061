"""The AWS Config rule: reads live IAM, puts only what changed, and raises whenever it could not.

An rdklib adapter without decisions. Those are in `admin_mfa.evaluate`, the definition of administrator in
`admin_mfa.administrator`.

rdklib answers errors with a dictionary, which AWS Lambda takes for success: nothing would be retried, no dead letter
written, no alarm raised. `lambda_handler` turns those answers into exceptions again.

Logs and metrics count users and never name them: names stand in AWS Config, for whoever may read that.
"""

import json
import os
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session
from rdklib import ClientFactory, ConfigRule, Evaluation, Evaluator
from rdklib import InvalidParametersError as RdklibInvalidParametersError

from admin_mfa.audit.account import judge_user, judge_users, unmatched_exemptions, unreadable_policies
from admin_mfa.aws.boto3_session import ClientsOnce, default_session
from admin_mfa.aws.config import (
    BATCH_SIZE,
    NOTHING,
    RESOURCE_TYPE,
    Recorded,
    difference,
    hand_over_moments,
    put_batches,
    recorded,
    refuse_failed_evaluations,
)
from admin_mfa.aws.config_event import check_event
from admin_mfa.aws.iam import IamReader
from admin_mfa.aws.session import aws_session
from admin_mfa.errors import EvaluationError, InvalidParametersError, ReadError
from admin_mfa.model import Compliance, Verdict
from admin_mfa.parameters import USER_NAME, Parameters, parse_parameters
from admin_mfa.root_user import AccountStatus, RootMfa, account_status

# All that importing this module leaves in the process: Powertools' documented way to write logs and metrics.
logger = Logger()
metrics = Metrics(namespace="AdminMfa")

_TEST_MODE = "TESTMODE"
"""The result token of rdk's own tests, with which nothing is recorded."""


class IAM_ADMIN_USER_MFA_ENABLED(ConfigRule):  # noqa: N801 - RDK names the class after the rule
    """Judges IAM users for AWS Config."""

    # We name the vanished ourselves. rdklib's clean-up reads what AWS Config holds a second time, and would clear a
    # finding about every user that the list of differences leaves out.
    delete_old_evaluations_on_scheduled_notification = False

    def __init__(self) -> None:
        super().__init__()
        self.put_already: list[dict[str, Any]] = []
        """The evaluations of a scheduled run that were put before the last batch, which rdklib puts."""

    def get_assume_role_mode(self, event: Mapping[str, Any]) -> bool:
        """Say whether to assume a role; what is no text is left to `evaluate_parameters`, which refuses it in words."""
        mode = json.loads(event.get("ruleParameters", "{}")).get("AssumeRoleMode")
        return str(mode).strip().lower() != "false"

    def evaluate_parameters(self, rule_parameters: dict[str, Any]) -> Parameters:
        """Read the rule parameters.

        Raises:
            rdklib.InvalidParametersError: As RDK's rules do; the text names the parameter and what is allowed.
        """
        try:
            return parse_parameters(rule_parameters)
        except InvalidParametersError as error:
            raise RdklibInvalidParametersError(str(error)) from error

    def evaluate_periodic(
        self, event: Mapping[str, Any], client_factory: ClientFactory, valid_rule_parameters: Parameters
    ) -> list[Evaluation]:
        """Judge every user and put what AWS Config does not hold yet, except for the last batch, which is returned.

        rdklib puts batches one after another. Its call, which ends the run, comes after all others have succeeded.

        Raises:
            ReadError: IAM or the results of AWS Config could not be read completely.
            ClientError: AWS Config did not take a batch.
        """
        config = client_factory.build_client("config")
        with ThreadPoolExecutor(2) as beside:
            # The longest chain of pages begins before there is a client for IAM.
            held = beside.submit(recorded, config, event["configRuleName"])
            with IamReader(client_factory.build_client("iam")) as reader:
                root = beside.submit(reader.root_credentials)
                verdicts = judge_users(reader, valid_rule_parameters, _today(), leave_out=_enforcement_policy())
            changes = difference(verdicts, held.result())
            _tell(verdicts, account_status(root.result()), valid_rule_parameters)
        evaluations = [_evaluation(user_id, result) for user_id, result in changes.items()]
        last = max(len(evaluations) - 1, 0) // BATCH_SIZE * BATCH_SIZE
        for evaluation in evaluations[:last]:
            evaluation.import_fields_from_periodic_event(event)
        self.put_already = [evaluation.get_json() for evaluation in evaluations[:last]]
        token = event["resultToken"]
        put_batches(config, self.put_already, ResultToken=token, TestMode=token == _TEST_MODE)
        return evaluations[last:]

    def evaluate_change(
        self,
        event: Mapping[str, Any],  # noqa: ARG002 - rdklib's signature
        client_factory: ClientFactory,
        configuration_item: Mapping[str, Any],
        valid_rule_parameters: Parameters,
    ) -> list[Evaluation]:
        """Judge the one user whom the configuration item is about, from live IAM and not from the item.

        Raises:
            ReadError: IAM could not be read completely.
        """
        user_id = configuration_item["resourceId"]
        # Without a name, or with one that nobody can have, the user is found by id.
        name = configuration_item.get("resourceName")
        name = name if isinstance(name, str) and USER_NAME.fullmatch(name) else user_id
        with IamReader(client_factory.build_client("iam")) as reader:
            verdict = judge_user(
                reader, name, user_id, valid_rule_parameters, _today(), leave_out=_enforcement_policy()
            )
        if verdict is None:
            return [_evaluation(user_id, NOTHING)]
        return [_evaluation(user_id, Recorded(compliance=verdict.compliance, annotation=verdict.annotation))]


def lambda_handler(event: dict[str, Any], context: object) -> list[dict[str, Any]]:
    """Answer one invocation by AWS Config.

    Returns:
        The evaluations that were put, as JSON.

    Raises:
        InvalidEventError: It is no event of AWS Config.
        EvaluationError: rdklib reported an error instead of raising it, or AWS Config refused evaluations.
        ReadError: IAM or AWS Config could not be read completely.
    """
    started = time.monotonic()
    logger.append_keys(function_request_id=getattr(context, "aws_request_id", None))
    completed = False
    try:
        result = _evaluate(event, context)
        _count("EvaluationsRecorded", len(result))
        invoking = json.loads(event["invokingEvent"])
        if invoking["messageType"] == "ScheduledNotification":
            _count("CompletedRuns", 1)
            _remember(event["configRuleName"], invoking["notificationCreationTime"])
        completed = True
        return result
    finally:
        _count("Errors", int(not completed))
        metrics.add_metric("Duration", MetricUnit.Milliseconds, (time.monotonic() - started) * 1000)
        metrics.flush_metrics()


def _evaluate(event: dict[str, Any], context: object) -> list[dict[str, Any]]:
    check_event(event)
    try:
        with default_session(_clients()):
            rule = IAM_ADMIN_USER_MFA_ENABLED()
            answer = Evaluator(rule, [RESOURCE_TYPE]).handle(event, context)
    except (BotoCoreError, ClientError) as error:
        # What rdklib asks itself: the oversized item before it calls us, and AWS Config where nothing answers.
        raise EvaluationError(f"The rule failed: {error}") from error
    if isinstance(answer, dict):
        raise EvaluationError(_told(answer))
    # The path for oversized items leaves a datetime in the answer, which Lambda cannot turn into JSON.
    result: list[dict[str, Any]] = json.loads(json.dumps([*rule.put_already, *answer], default=str))
    return result


def _remember(rule_name: str, begun: str) -> None:
    """Write that a run was completed, which enforcement waits for; a failure is logged and fails nothing."""
    table = os.environ.get("TABLE_NAME")
    if not table:
        return
    from admin_mfa.followup.records import Records  # noqa: PLC0415 - after the run, not before it

    try:
        Records(_dynamodb(), table).completed(rule_name, datetime.fromisoformat(begun))
    except ReadError as error:
        _count("RunsNotRemembered", 1)
        logger.warning("The completed run was not remembered.", extra={"reason": str(error)})


@cache
def _dynamodb() -> Any:
    brief = Config(connect_timeout=3, read_timeout=5, retries={"total_max_attempts": 2, "mode": "standard"})
    return _session().create_client("dynamodb", config=brief)


@cache
def _session() -> Session:
    """Return the container's AWS session, made at the first invocation."""
    session = aws_session()
    refuse_failed_evaluations(session)
    hand_over_moments(session)
    return session


@cache
def _clients() -> ClientsOnce:
    """Return the container's clients, each made when it is first needed."""
    return ClientsOnce(_session())


def _told(answer: dict[str, Any]) -> str:
    """Make one sentence of rdklib's error dictionary."""
    code, text = answer.get("customerErrorCode"), answer.get("customerErrorMessage")
    if code or text:
        return f"The rule failed ({code}): {text}"
    return f"The rule failed: {answer.get('internalErrorMessage')} ({answer.get('internalErrorDetails')})"


def _tell(verdicts: Iterable[Verdict], account: AccountStatus, parameters: Parameters) -> None:
    """Log and measure what a run over the whole account found."""
    users = tuple(verdicts)
    administrators = [verdict for verdict in users if verdict.administrator]
    found = {
        "Users": len(users),
        "Administrators": len(administrators),
        "AdministratorsWithoutMfa": sum(v.compliance is Compliance.NON_COMPLIANT for v in administrators),
        "RootWithoutMfa": int(account.root_mfa is RootMfa.DISABLED),
    }
    for name, count in found.items():
        _count(name, count)
    logger.info("Every user was judged.", extra=found)
    unmatched = unmatched_exemptions(users, parameters)
    if positions := [n for n, e in enumerate(parameters.exempt_users, 1) if e.identity in unmatched]:
        logger.warning("Entries of ExemptUsers mean nobody.", extra={"positions": positions})
    if invalid := sum(verdict.exempt_tag_invalid for verdict in users):
        logger.warning("Values of the exemption tag exempt nobody.", extra={"count": invalid})
    if unreadable := len(unreadable_policies(users)):
        logger.warning("Policies cannot be read; their holders count as administrators.", extra={"count": unreadable})


def _count(name: str, count: int) -> None:
    metrics.add_metric(name, MetricUnit.Count, count)


def _evaluation(user_id: str, result: Recorded) -> Evaluation:
    return Evaluation(result.compliance, user_id, RESOURCE_TYPE, result.annotation)


def _enforcement_policy() -> str:
    """Return the ARN of the policy that the remediation attaches; empty where there is no remediation."""
    return os.environ.get("ENFORCEMENT_POLICY_ARN", "")


def _today() -> date:
    return datetime.now(UTC).date()
