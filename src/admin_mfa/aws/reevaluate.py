"""Events of IAM in, at most one evaluation of the rule out.

Many events make one evaluation, because a run judges every user: what happened before the newest run began has been
judged by it. Only trusted rules are started, see `admin_mfa.aws.rules`.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, cast

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session

from admin_mfa.aws import rules
from admin_mfa.aws.rules import Source, find_rules
from admin_mfa.aws.session import reading
from admin_mfa.errors import EvaluationError, ReadError

if TYPE_CHECKING:
    from mypy_boto3_config import ConfigServiceClient

ACTIONS = (
    *rules.ACTIONS,
    "config:DescribeConfigRuleEvaluationStatus",
    "config:StartConfigRulesEvaluation",
)

SETTLING = timedelta(minutes=1)
"""How long a change can take until every read of IAM shows it; a run that began sooner may not have seen it.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
"""

FUTURE = timedelta(days=1)
"""How far ahead of our clock an event can be dated."""

_LATER = frozenset(("LimitExceededException", "ResourceInUseException"))
_GONE = "NoSuchConfigRuleException"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of the trusted rules.

    Attributes:
        started: Rules of which an evaluation was started.
        judged: Rules whose newest run began after the events, so that nothing had to be started.
        postponed: Rules that are running, or ran within the last minute: ask again later.
        untrusted: Rules that name our function and were left alone, because the deployment did not create them.
    """

    started: tuple[str, ...] = ()
    judged: tuple[str, ...] = ()
    postponed: tuple[str, ...] = ()
    untrusted: tuple[str, ...] = ()


def unusable(body: str, now: datetime) -> bool:
    """Whether a message must not be answered together with others: nested too deeply, or dated in the future.

    The batch is covered by a run that began after its newest event, so one false date would hold all of it back.

    >>> unusable('{"time": "9999-12-31T23:59:59Z"}', datetime.now(UTC)), unusable("moved by hand", datetime.now(UTC))
    (True, False)
    """
    try:
        time = _time(body)
    except RecursionError:
        return True
    return time is not None and time - now > FUTURE


def newest(bodies: Iterable[str]) -> datetime | None:
    """Return the time of the newest event; None if one of them has none, because it could be the newest.

    >>> newest(['{"time": "2026-11-24T03:00:00Z"}', '{"time": "2026-11-24T03:00:09Z"}'])
    datetime.datetime(2026, 11, 24, 3, 0, 9, tzinfo=datetime.timezone.utc)
    >>> newest(['{"time": "2026-11-24T03:00:00Z"}', 'moved by hand'])
    """
    times = [_time(body) for body in bodies]
    known = [time for time in times if time is not None]
    return max(known) if known and len(known) == len(times) else None


def _time(body: str) -> datetime | None:
    try:
        time = datetime.fromisoformat(json.loads(body)["time"])
    except (ValueError, TypeError, KeyError):
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def start_evaluations(session: Session, source: Source, newest_event: datetime | None) -> Outcome:
    """Start an evaluation of every trusted rule, unless its newest run has seen the events.

    Args:
        session: From `admin_mfa.aws.session.aws_session`, in the region of the rules.
        source: Which rules are trusted.
        newest_event: When IAM was last changed; None starts in any case.

    Raises:
        ReadError: The rules, their status or the conformance packs could not be read. Rules that are trusted without
            the packs were started.
        EvaluationError: AWS Config refused to start an evaluation for another reason than that it is too early. Every
            other rule was started: whether rules of conformance packs can be started at all is not documented.
    """
    client = cast("ConfigServiceClient", session.create_client("config"))
    # botocore takes LimitExceededException for throttling and would try on for half a minute. The queue tries again.
    once = cast(
        "ConfigServiceClient", session.create_client("config", config=Config(retries={"total_max_attempts": 1}))
    )
    ours = find_rules(client, source)
    found: dict[str, list[str]] = {"started": [], "judged": [], "postponed": []}
    refused: list[EvaluationError] = []
    for name in sorted(rule["ConfigRuleName"] for rule in ours.trusted):
        if newest_event is not None and _ran_after(client, name, newest_event + SETTLING):
            found["judged"].append(name)
            continue
        try:
            became = _start(once, name)
        except EvaluationError as error:
            refused.append(error)
            continue
        if became:
            found[became].append(name)
    if refused:
        raise EvaluationError(" ".join(map(str, refused))) from refused[0]
    if ours.unread is not None:
        raise ours.unread
    return Outcome(untrusted=ours.untrusted, **{key: tuple(names) for key, names in found.items()})


def _ran_after(client: "ConfigServiceClient", name: str, moment: datetime) -> bool:
    """Whether AWS Config invoked the rule after a moment; no if it does not say so.

    Its documentation promises this status for managed rules only. Without it an evaluation too many is started.
    Source: https://docs.aws.amazon.com/config/latest/APIReference/API_ConfigRuleEvaluationStatus.html
    """
    try:
        with reading("config:DescribeConfigRuleEvaluationStatus"):
            answer = client.describe_config_rule_evaluation_status(ConfigRuleNames=[name])
    except ReadError as error:
        if error.code == _GONE:
            return False
        raise
    times = [status.get("LastSuccessfulInvocationTime") for status in answer["ConfigRulesEvaluationStatus"]]
    return any(time is not None and time > moment for time in times)


def _start(client: "ConfigServiceClient", name: str) -> str:
    """Start an evaluation; say what became of it, nothing if the rule was deleted meanwhile."""
    try:
        client.start_config_rules_evaluation(ConfigRuleNames=[name])
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in _LATER:
            return "postponed"
        if code == _GONE:
            return ""
        raise EvaluationError(f"AWS Config started no evaluation of {name} ({code}).") from error
    except BotoCoreError as error:
        raise EvaluationError(f"AWS Config started no evaluation of {name} ({type(error).__name__}).") from error
    return "started"
