"""Test that ASFF findings are valid for Security Hub and have stable ids, with any names."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from botocore.session import Session
from botocore.validate import ParamValidator

from admin_mfa.findings import frameworks
from admin_mfa.findings.audits import Audit
from admin_mfa.model import Compliance, MfaType
from admin_mfa.report import FORMATS, Report
from demo.emulator import EmbeddedAws
from tests.report.audits import ADA, EVERYONE, HOSTILE, audit, device, verdict
from tests.report.look import LOOK
from tests.report.reports import COMPARED, ONE, ORGANIZATION, crowd
from tests.support.values import admin_grant

# Length limits that the service model states only in its documentation.
LIMITS = {"Id": 512, "GeneratorId": 512, "Title": 256, "Description": 1024}
RECOMMENDATION, FIELDS, FIELD_NAME, FIELD_VALUE, BYTES = 512, 50, 128, 2048, 240_000


def findings(report: Report) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(FORMATS["asff"].render(report, LOOK))
    return found


def by_user(report: Report) -> dict[str, dict[str, Any]]:
    return {finding["Id"].rsplit("/", 1)[-1]: finding for finding in findings(report)}


def assert_importable(found: list[dict[str, Any]]) -> None:
    shape = Session().get_service_model("securityhub").operation_model("BatchImportFindings").input_shape
    assert shape is not None
    for start in range(0, len(found), 100):
        report = ParamValidator().validate({"Findings": found[start : start + 100]}, shape)
        assert not report.has_errors(), report.generate_report()
    for finding in found:
        assert all(re.search(r"\S", text) for text in _texts(finding))
        assert {name: len(finding[name]) <= limit for name, limit in LIMITS.items()} == dict.fromkeys(LIMITS, True)
        requirements = finding["Compliance"].get("RelatedRequirements", [])
        assert (len(requirements) <= 32, max(map(len, requirements), default=0) <= 64) == (True, True)
        assert len(finding["Remediation"]["Recommendation"]["Text"]) <= RECOMMENDATION
        assert len(finding["ProductFields"]) <= FIELDS
        assert all(
            len(name) <= FIELD_NAME and len(value) <= FIELD_VALUE for name, value in finding["ProductFields"].items()
        )
        assert len(json.dumps(finding)) <= BYTES


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def test_a_finding_contains_every_field() -> None:
    found = by_user(Report(audits=(replace(audit(ADA), region="eu-west-1"),)))["AIDAADAXXXXXXXXXXXXXX"]
    del found["ProductFields"]["admin-mfa/Version"]
    assert found == {
        "SchemaVersion": "2018-10-08",
        "Id": "arn:aws:iam::123456789012:admin-mfa/iam-admin-user-mfa-enabled/AIDAADAXXXXXXXXXXXXXX",
        "ProductArn": "arn:aws:securityhub:eu-west-1:123456789012:product/123456789012/default",
        "GeneratorId": "admin-mfa/iam-admin-user-mfa-enabled",
        "AwsAccountId": "123456789012",
        "Types": ["Software and Configuration Checks/AWS Security Best Practices"],
        "CreatedAt": "2026-11-24T03:00:00.000Z",
        "UpdatedAt": "2026-11-24T03:00:00.000Z",
        "Severity": {"Label": "HIGH"},
        "Title": "Every IAM user who is an administrator has an MFA device",
        "Description": "ada is an administrator (AdministratorAccess via group ops) and has no MFA device.",
        "Remediation": {
            "Recommendation": {
                "Text": "Enrol an MFA device. The user can do this in the console, under Security credentials. If "
                "the user does not need administrator access, remove the user from the group ops.",
                "Url": "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa.html",
            }
        },
        "ProductFields": {
            "admin-mfa/Administrator": "true",
            "admin-mfa/Grants": "AdministratorAccess via group ops",
        },
        "Resources": [
            {
                "Type": "AwsIamUser",
                "Id": "arn:aws:iam::123456789012:user/ada",
                "Region": "eu-west-1",
                "Partition": "aws",
                "Details": {"AwsIamUser": {"UserName": "ada", "UserId": "AIDAADAXXXXXXXXXXXXXX", "Path": "/"}},
            }
        ],
        "Compliance": {"Status": "FAILED", "RelatedRequirements": list(frameworks.USER)},
        "RecordState": "ACTIVE",
    }


def test_every_user_and_root_have_a_finding_with_their_verdict() -> None:
    assert {
        user: (finding["Compliance"]["Status"], finding["Severity"]["Label"], finding["RecordState"])
        for user, finding in by_user(ONE).items()
    } == {
        "root": ("FAILED", "CRITICAL", "ACTIVE"),
        "AIDAADAXXXXXXXXXXXXXX": ("FAILED", "HIGH", "ACTIVE"),
        "AIDABREAKGLASSXXXXXXX": ("PASSED", "INFORMATIONAL", "ACTIVE"),
        "AIDAGRACEXXXXXXXXXXXX": ("PASSED", "INFORMATIONAL", "ACTIVE"),
        "AIDAGUESTXXXXXXXXXXXX": ("NOT_AVAILABLE", "INFORMATIONAL", "ARCHIVED"),
        "AIDAPIPELINEXXXXXXXXX": ("PASSED", "INFORMATIONAL", "ACTIVE"),
        "AIDAREADERXXXXXXXXXXX": ("PASSED", "INFORMATIONAL", "ACTIVE"),
    }


def test_users_deleted_since_the_baseline_are_archived_and_no_user_is_listed_twice() -> None:
    found = findings(COMPARED)
    assert [one["Resources"][0]["Id"] for one in found if one["RecordState"] == "ARCHIVED"] == [
        "arn:aws:iam::123456789012:user/guest",
        "arn:aws:iam::123456789012:user/dorothy",
    ]
    assert (found[-1]["Compliance"], found[-1]["Description"]) == (
        {"Status": "PASSED", "RelatedRequirements": list(frameworks.USER)},
        "dorothy no longer exists.",
    )
    assert len({one["Id"] for one in found}) == len(found) == 9
    assert_importable(found)


def test_a_finding_keeps_its_id_when_everything_else_changes() -> None:
    changed = replace(ADA, compliance=Compliance.COMPLIANT, grants=(), user_name="lovelace", annotation="Fine.")
    earlier, later = (findings(Report(audits=(audit(one),)))[1] for one in (ADA, changed))
    assert earlier["Id"] == later["Id"]


@pytest.mark.parametrize(
    ("audited", "region", "partition"),
    [
        pytest.param(EVERYONE, "us-east-1", "aws", id="no region given"),
        pytest.param(replace(EVERYONE, partition="aws-cn"), "cn-north-1", "aws-cn", id="China"),
        pytest.param(
            replace(EVERYONE, partition="aws-us-gov", region="us-gov-east-1"),
            "us-gov-east-1",
            "aws-us-gov",
            id="GovCloud",
        ),
        pytest.param(
            replace(EVERYONE, partition="aws-iso", region="us-iso-east-1"),
            "us-iso-east-1",
            None,
            id="a partition that ASFF does not support",
        ),
    ],
)
def test_the_product_arn_contains_region_and_partition(audited: Audit, region: str, partition: str | None) -> None:
    found = findings(Report(audits=(audited,)))
    assert_importable(found)
    assert {one["ProductArn"] for one in found} == {
        f"arn:{audited.partition}:securityhub:{region}:123456789012:product/123456789012/default"
    }
    assert {one["Resources"][0].get("Partition") for one in found} == {partition}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_produce_valid_findings(name: str) -> None:
    hostile = verdict(
        name,
        compliance=Compliance.NON_COMPLIANT,
        grants=(admin_grant(policy=name, via="user"),),
        mfa_devices=(device(MfaType.SMS, name),),
        annotation=name,
    )
    found = findings(Report(audits=(audit(hostile),)))
    assert_importable(found)
    assert found[1]["Description"] == name
    assert found[1]["Resources"][0]["Details"]["AwsIamUser"]["UserName"] == name


def test_long_lists_are_cut_to_the_limit_of_security_hub() -> None:
    grants = tuple(admin_grant(policy="p" * 128, via=f"group {'g' * 120}{number}") for number in range(30))
    long = replace(ADA, grants=grants)
    found = findings(Report(audits=(audit(long),)))
    assert_importable(found)
    assert found[1]["ProductFields"]["admin-mfa/Grants"].endswith("...")


def test_an_organization_is_one_array() -> None:
    found = findings(ORGANIZATION)
    assert len(found) == 6 * 42 + 1
    accounts = [(one["AwsAccountId"], one["Compliance"]["Status"]) for one in found if one["Id"].endswith("/account")]
    assert accounts == [*((f"{number:012d}", "PASSED") for number in range(1, 7)), ("999999999999", "WARNING")]
    assert len({one["Id"] for one in found}) == len(found)
    assert_importable(found)


def test_a_failed_audit_produces_a_finding_about_the_failure() -> None:
    (found,) = findings(replace(ORGANIZATION, audits=()))
    assert_importable([found])
    assert found["Description"] == "The account could not be audited: The role admin-mfa-audit cannot be assumed."


def test_importing_twice_updates(aws: EmbeddedAws) -> None:
    aws.security_hub.enabled = True
    client: Any = aws.client("securityhub")
    for _ in range(2):
        found = findings(Report(audits=(crowd(120, 10),)))
        for start in range(0, len(found), 100):
            answer = client.batch_import_findings(Findings=found[start : start + 100])
            assert answer["FailedCount"] == 0
    pages = client.get_paginator("get_findings").paginate()
    assert sum(len(page["Findings"]) for page in pages) == 121
