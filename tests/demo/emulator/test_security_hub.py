"""Security Hub's answers, as far as a product that imports findings sees them."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from demo.emulator import EmbeddedAws

PRODUCT = "arn:aws:securityhub:us-east-1:123456789012:product/123456789012/default"


def _finding(**changed: Any) -> dict[str, Any]:
    return {
        "SchemaVersion": "2018-10-08",
        "Id": "finding-1",
        "ProductArn": PRODUCT,
        "GeneratorId": "test",
        "AwsAccountId": "123456789012",
        "CreatedAt": "2026-11-24T07:00:00.000Z",
        "UpdatedAt": "2026-11-24T07:00:00.000Z",
        "Severity": {"Label": "HIGH"},
        "Title": "A finding",
        "Description": "It is one.",
        "Resources": [{"Type": "AwsIamUser", "Id": "ada"}],
        "Compliance": {"Status": "FAILED"},
        "RecordState": "ACTIVE",
        **changed,
    }


def _update(aws: EmbeddedAws, status: str, identifier: str = "finding-1") -> dict[str, Any]:
    answer: dict[str, Any] = aws.client("securityhub").batch_update_findings(
        FindingIdentifiers=[{"Id": identifier, "ProductArn": PRODUCT}], Workflow={"Status": status}
    )
    return answer


def test_an_account_without_security_hub_is_refused(aws: EmbeddedAws) -> None:
    with pytest.raises(ClientError, match="InvalidAccessException"):
        aws.client("securityhub").batch_import_findings(Findings=[_finding()])


def test_an_import_does_not_change_the_workflow_of_a_finding_that_exists(aws: EmbeddedAws) -> None:
    """Source: https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_BatchImportFindings.html"""
    aws.security_hub.enabled = True
    hub = aws.client("securityhub")
    hub.batch_import_findings(Findings=[_finding()])
    hub.batch_import_findings(Findings=[_finding(Workflow={"Status": "RESOLVED"}, Description="Changed.")])
    (held,) = hub.get_findings()["Findings"]
    assert (held["Workflow"]["Status"], held["Description"]) == ("NEW", "Changed.")


@pytest.mark.parametrize(
    ("over", "again", "status"),
    [
        pytest.param({"RecordState": "ARCHIVED"}, {}, "NEW", id="active again"),
        pytest.param({"Compliance": {"Status": "PASSED"}}, {}, "NEW", id="failed again"),
        pytest.param({}, {}, "RESOLVED", id="nothing changed"),
    ],
)
def test_a_finding_that_begins_again_is_new(
    aws: EmbeddedAws, over: dict[str, Any], again: dict[str, Any], status: str
) -> None:
    """Source: https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_WorkflowUpdate.html"""
    aws.security_hub.enabled = True
    hub = aws.client("securityhub")
    hub.batch_import_findings(Findings=[_finding(**over)])
    _update(aws, "RESOLVED")
    hub.batch_import_findings(Findings=[_finding(**again)])
    assert aws.security_hub.findings()[0]["Workflow"]["Status"] == status


def test_a_finding_that_is_not_there_is_unprocessed_in_a_good_answer(aws: EmbeddedAws) -> None:
    aws.security_hub.enabled = True
    (failed,) = _update(aws, "RESOLVED", "another")["UnprocessedFindings"]
    assert failed["ErrorCode"] == "FindingNotFound"
