"""Requests and answers are held to the services' models, limits included."""

from datetime import UTC, datetime
from typing import Any

import pytest

from demo.emulator.models import service_model, violations

MOMENT = datetime(2026, 11, 24, tzinfo=UTC)
FAILED = "failed to satisfy constraint: Member must"


@pytest.mark.parametrize(
    ("service", "operation", "value", "expected"),
    [
        pytest.param("iam", "ListUsers", {"MaxItems": 1000}, [], id="the most that is allowed"),
        pytest.param(
            "iam",
            "ListUsers",
            {"MaxItems": 0},
            [f"Value '0' at 'maxItems' {FAILED} have value greater than or equal to 1"],
            id="range",
        ),
        pytest.param(
            "iam",
            "ListUsers",
            {"MaxItems": True},
            ["Value of type bool at 'maxItems' is not of type integer"],
            id="type",
        ),
        pytest.param(
            "iam",
            "CreateUser",
            {"UserName": "a b"},
            [f"Value 'a b' at 'userName' {FAILED} satisfy regular expression pattern: [\\w+=,.@-]+"],
            id="pattern",
        ),
        pytest.param(
            "iam",
            "TagUser",
            {"UserName": "ada", "Tags": [{"Key": "équipe", "Value": "rot/blau @1"}]},
            [],
            id="pattern with Unicode categories",
        ),
        pytest.param(
            "iam", "TagUser", {"UserName": "ada"}, [f"Value null at 'tags' {FAILED} not be null"], id="missing member"
        ),
        pytest.param("iam", "ListUsers", {"Limit": 1}, ["Unknown member 'limit'"], id="unknown member"),
        pytest.param(
            "config",
            "PutEvaluations",
            {
                "ResultToken": "x",
                "Evaluations": [
                    {
                        "ComplianceResourceType": "AWS::IAM::User",
                        "ComplianceResourceId": "",
                        "ComplianceType": "COMPLIANT",
                        "OrderingTimestamp": MOMENT,
                    }
                ],
            },
            [
                (
                    f"Value '' at 'evaluations.1.member.complianceResourceId' {FAILED} have length "
                    "greater than or equal to 1"
                )
            ],
            id="length, inside a list",
        ),
        pytest.param(
            "config",
            "DescribeConfigRules",
            {"Filters": {"EvaluationMode": "BOTH"}},
            [f"Value 'BOTH' at 'filters.evaluationMode' {FAILED} satisfy enum value set: [DETECTIVE, PROACTIVE]"],
            id="enumeration",
        ),
    ],
)
def test_what_breaks_a_model_is_told_in_the_services_words(
    service: str, operation: str, value: dict[str, Any], expected: list[str]
) -> None:
    shape = service_model(service).operation_model(operation).input_shape
    assert list(violations(shape, value)) == expected
