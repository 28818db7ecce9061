"""Test reading results from AWS Config and computing the changes to put."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from admin_mfa.aws.config import NOTHING, Recorded, difference, recorded, refuse_failed_evaluations
from admin_mfa.aws.session import aws_session
from admin_mfa.errors import EvaluationError, ReadError
from admin_mfa.model import Compliance, Verdict
from demo.emulator import EmbeddedAws, Kind
from tests.support.handler import RULE, prepare

YES, NO, NA = Compliance.COMPLIANT, Compliance.NON_COMPLIANT, Compliance.NOT_APPLICABLE


def verdict(user_id: str, compliance: Compliance, annotation: str = "x") -> Verdict:
    return Verdict(user_name="n", user_id=user_id, arn="", compliance=compliance, annotation=annotation)


def result(compliance: Compliance, annotation: str = "x") -> Recorded:
    return Recorded(compliance=compliance, annotation=annotation)


@pytest.mark.parametrize(
    ("verdicts", "held", "expected"),
    [
        pytest.param([], {}, {}, id="no verdicts and no results"),
        pytest.param([verdict("a", NO)], {}, {"a": result(NO)}, id="new"),
        pytest.param([verdict("a", NO)], {"a": result(NO)}, {}, id="unchanged"),
        pytest.param([verdict("a", YES)], {"a": result(NO)}, {"a": result(YES)}, id="compliance changed"),
        pytest.param([verdict("a", NO, "y")], {"a": result(NO)}, {"a": result(NO, "y")}, id="annotation changed"),
        pytest.param([verdict("a", NO)], {"a": result(NO, "")}, {"a": result(NO)}, id="annotation was missing"),
        pytest.param([], {"a": result(NO)}, {"a": NOTHING}, id="deleted"),
        pytest.param([], {"a": NOTHING}, {"a": NOTHING}, id="deleted, although the reader never returns this"),
        pytest.param([verdict("a", NA)], {}, {}, id="not applicable and absent are the same"),
        pytest.param([verdict("a", NA)], {"a": result(NA, "y")}, {}, id="not applicable, with any annotation"),
        pytest.param([verdict("a", NA)], {"a": result(NO)}, {"a": result(NA)}, id="not applicable from now on"),
        pytest.param([verdict("a", NO)], {"a": NOTHING}, {"a": result(NO)}, id="applicable from now on"),
    ],
)
def test_only_changes_are_put(
    verdicts: list[Verdict], held: dict[str, Recorded], expected: dict[str, Recorded]
) -> None:
    assert difference(verdicts, held) == expected


def test_findings_come_before_cleared_users() -> None:
    held = {"gone": result(NO), "b": result(YES)}
    assert list(difference([verdict("b", NO), verdict("a", NO)], held)) == ["b", "a", "gone"]


def test_a_repeated_page_is_refused() -> None:
    page = {"EvaluationResults": [], "NextToken": "again"}
    client = SimpleNamespace(get_compliance_details_by_config_rule=lambda **_: page)
    with pytest.raises(ReadError, match="reports more results but returned no new marker"):
        recorded(cast("Any", client), RULE)


def test_an_unread_page_is_not_treated_as_empty(aws: EmbeddedAws) -> None:
    prepare(aws)
    aws.faults.add("config:GetComplianceDetailsByConfigRule", Kind.ACCESS_DENIED)
    with pytest.raises(ReadError) as refused:
        recorded(aws.client("config"), RULE)
    assert refused.value.action == "config:GetComplianceDetailsByConfigRule"
    assert recorded(aws.client("config"), RULE) == {}


def test_failed_evaluations_raise_inside_the_call(aws: EmbeddedAws) -> None:
    prepare(aws)
    user_id = aws.iam.user("ada")
    token = aws.config.scheduled_event(RULE)["resultToken"]
    aws.config.fail_evaluations(lambda _: True)
    session = aws_session()
    refuse_failed_evaluations(session)
    evaluation = {
        "ComplianceResourceType": "AWS::IAM::User",
        "ComplianceResourceId": user_id,
        "ComplianceType": "COMPLIANT",
        "OrderingTimestamp": "2026-11-24T03:00:00Z",
    }
    client = cast("Any", session.create_client("config"))
    with pytest.raises(EvaluationError, match=f"AWS Config did not take 1 evaluations, the first about {user_id}; "):
        client.put_evaluations(ResultToken=token, Evaluations=[evaluation])
    aws.config.fail_evaluations(None)
    assert client.put_evaluations(ResultToken=token, Evaluations=[evaluation])["FailedEvaluations"] == []
