"""Starts an evaluation of the rule when events of IAM say that something changed. Decides nothing itself.

Events that came too early go back to the queue, all of them: the next evaluation covers them together.
"""

import os
from datetime import UTC, datetime
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit
from botocore.session import Session

from admin_mfa.aws.reevaluate import Outcome, newest, start_evaluations, unusable
from admin_mfa.aws.rules import Source
from admin_mfa.aws.session import aws_session

logger = Logger()
metrics = Metrics(namespace="AdminMfa")


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answer a batch of messages from the queue.

    Returns:
        What goes back to the queue, in the form of a partial batch response: messages that cannot be answered, which
        the queue gives up after some attempts, and all of the others or none of them.

    Raises:
        ReadError: AWS Config could not be read. The whole batch goes back to the queue, and the alarm rings.
        EvaluationError: AWS Config refused to start an evaluation. Likewise.
    """
    logger.append_keys(function_request_id=getattr(context, "aws_request_id", None))
    now = datetime.now(UTC)
    refused = [record for record in event["Records"] if unusable(record["body"], now)]
    records = [record for record in event["Records"] if record not in refused]
    if refused:
        logger.warning(
            "Messages were refused: dated in the future or nested too deeply.", extra={"refused": len(refused)}
        )
    outcome = Outcome()
    if records:
        source = Source(function_arn=os.environ["RULE_FUNCTION_ARN"], rule_name=os.environ["RULE_NAME"])
        outcome = start_evaluations(_session(), source, newest(record["body"] for record in records))
    back = [*refused, *(records if outcome.postponed else ())]
    metrics.add_metric("EventsReceived", MetricUnit.Count, len(event["Records"]))
    metrics.add_metric("EventsPostponed", MetricUnit.Count, len(back))
    metrics.add_metric("EvaluationsStarted", MetricUnit.Count, len(outcome.started))
    metrics.flush_metrics()
    if outcome.started or outcome.judged or outcome.postponed:
        logger.info(
            "Events of IAM were answered.",
            extra={
                "events": len(records),
                "started": outcome.started,
                "judged_already": outcome.judged,
                "postponed": outcome.postponed,
            },
        )
    elif records:
        logger.warning("No trusted AWS Config rule invokes our function, so there is nothing to evaluate.")
    if outcome.untrusted:
        logger.error(
            "Rules that the deployment did not create name our function; they were not started.",
            extra={"untrusted": outcome.untrusted},
        )
    return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in back]}


@cache
def _session() -> Session:
    """Return the container's AWS session, made at the first invocation."""
    return aws_session()
