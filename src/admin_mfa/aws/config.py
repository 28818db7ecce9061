"""What AWS Config holds of the rule, and the difference to what it should hold.

Every evaluation that AWS Config records costs money, and reading what it holds costs nothing: so only the difference
is put, and an account in which nothing changed records nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from botocore.session import Session

from admin_mfa.aws.paging import pages
from admin_mfa.aws.session import moment
from admin_mfa.errors import EvaluationError, ReadError
from admin_mfa.model import Compliance, Verdict

if TYPE_CHECKING:
    from mypy_boto3_config import ConfigServiceClient

_READ = "config:GetComplianceDetailsByConfigRule"
ACTIONS = (_READ, "config:PutEvaluations")

OVERSIZED_ACTIONS = ("config:GetResourceConfigHistory",)
"""What rdklib takes beside them to answer a change whose configuration item was too big for the event."""

RESOURCE_TYPE = "AWS::IAM::User"

_PAGE_SIZE = 100
"""The most that GetComplianceDetailsByConfigRule allows."""

BATCH_SIZE = 100
"""The most evaluations that PutEvaluations allows.

Source: https://docs.aws.amazon.com/config/latest/APIReference/API_PutEvaluations.html
"""

_CONNECTIONS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A result that AWS Config holds, or should hold, of one user.

    Attributes:
        compliance: NOT_APPLICABLE is the same as no result at all.
        annotation: Empty where there is none.
    """

    compliance: Compliance
    annotation: str = ""


NOTHING = Recorded(compliance=Compliance.NOT_APPLICABLE)


def recorded(client: "ConfigServiceClient", rule_name: str) -> dict[str, Recorded]:
    """Read the results that AWS Config holds of a rule, by user id.

    Raises:
        ReadError: They could not be read completely. Taking them for empty would record everything anew, and
            could leave findings about users who are gone.
    """
    found: dict[str, Recorded] = {}
    for page in pages(
        client.get_compliance_details_by_config_rule,
        _READ,
        ConfigRuleName=rule_name,
        ComplianceTypes=[Compliance.COMPLIANT, Compliance.NON_COMPLIANT],
        Limit=_PAGE_SIZE,
    ):
        if "EvaluationResults" not in page:
            raise ReadError(f"{_READ} answered without EvaluationResults.", action=_READ, code="IncompleteAnswer")
        for result in page["EvaluationResults"]:
            qualifier = result["EvaluationResultIdentifier"]["EvaluationResultQualifier"]
            found[qualifier["ResourceId"]] = Recorded(
                compliance=Compliance(result["ComplianceType"]), annotation=result.get("Annotation", "")
            )
    return found


def difference(verdicts: Iterable[Verdict], held: Mapping[str, Recorded]) -> dict[str, Recorded]:
    """Return what must be put so that AWS Config holds the verdicts and nothing else, by user id.

    New and changed verdicts come first, then NOT_APPLICABLE for those about whom there is no verdict any more.
    """
    wanted = {v.user_id: Recorded(compliance=v.compliance, annotation=v.annotation) for v in verdicts}
    changed = {user_id: result for user_id, result in wanted.items() if not _same(result, held.get(user_id, NOTHING))}
    return changed | {user_id: NOTHING for user_id in held if user_id not in wanted}


def _same(one: Recorded, other: Recorded) -> bool:
    if one.compliance is Compliance.NOT_APPLICABLE:
        return other.compliance is Compliance.NOT_APPLICABLE
    return one == other


def put_batches(client: "ConfigServiceClient", evaluations: Sequence[Any], **arguments: Any) -> None:
    """Put evaluations in batches side by side. Their order does not matter: each is about another user.

    Args:
        client: Its session needs `refuse_failed_evaluations`.
        evaluations: As PutEvaluations takes them.
        arguments: What each call is given beside its evaluations.

    Raises:
        ClientError: A batch failed, and those that were not under way are not put. The next run puts what is missing.
        EvaluationError: AWS Config handed evaluations back.
    """
    batches = (evaluations[start : start + BATCH_SIZE] for start in range(0, len(evaluations), BATCH_SIZE))
    with ThreadPoolExecutor(_CONNECTIONS, thread_name_prefix="config") as executor:
        for _ in executor.map(lambda batch: client.put_evaluations(Evaluations=batch, **arguments), batches):
            pass


def hand_over_moments(session: Session) -> None:
    """Make PutEvaluations take the moments that rdklib gives as text without parsing each of them twice.

    botocore does that with dateutil for each evaluation, which took two fifths of a first run's time.
    """
    # botocore takes what the handler returns for the parameters; its published types do not say so.
    handler: Any = _with_moments
    session.register("provide-client-params.config.PutEvaluations", handler)


def _with_moments(params: dict[str, Any], **_: Any) -> dict[str, Any]:
    return params | {"Evaluations": [_with_moment(evaluation) for evaluation in params.get("Evaluations", ())]}


def _with_moment(evaluation: dict[str, Any]) -> dict[str, Any]:
    text = evaluation.get("OrderingTimestamp")
    # Of an oversized item rdklib hands over a moment.
    return evaluation | {"OrderingTimestamp": moment(text)} if isinstance(text, str) else evaluation


def refuse_failed_evaluations(session: Session) -> None:
    """Make calls raise whose answers rdklib takes for good ones.

    Those are evaluations that AWS Config hands back in a good answer to PutEvaluations, and an oversized item that it
    does not have. The error is raised inside of the client's call: no caller can forget to look.
    """
    session.register("after-call.config.PutEvaluations", _refuse)
    session.register("after-call.config.GetResourceConfigHistory", _refuse_no_item)


def _refuse_no_item(**event: Any) -> None:
    """Raise where there is no item to an event that came without one; rdklib would stumble over its absence."""
    if event["http_response"].status_code == HTTPStatus.OK and not event["parsed"].get("configurationItems"):
        raise EvaluationError(
            "config:GetResourceConfigHistory returned no configuration item for the user in the event."
        )


def _refuse(**event: Any) -> None:
    if failed := event["parsed"].get("FailedEvaluations"):
        ids = ", ".join(evaluation["ComplianceResourceId"] for evaluation in failed[:5])
        raise EvaluationError(
            f"AWS Config did not take {len(failed)} evaluations, the first about {ids}; the next run puts them again."
        )
