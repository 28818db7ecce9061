"""Test that OCSF events follow the published schema of a Compliance Finding, with any names."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from admin_mfa import __version__
from admin_mfa.findings import frameworks
from admin_mfa.model import Compliance
from admin_mfa.report import FORMATS, Report
from tests.report.audits import ADA, HOSTILE, audit, verdict
from tests.report.look import LOOK
from tests.report.reports import COMPARED, ONE, ORGANIZATION
from tests.support.values import admin_grant

SCHEMA = json.loads((Path(__file__).parent / "ocsf_compliance_finding.schema.json").read_text(encoding="utf-8"))


def events(report: Report) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(FORMATS["ocsf"].render(report, LOOK))
    validator = Draft202012Validator(SCHEMA)
    for event in found:
        validator.validate(event)
        assert event["type_uid"] == event["class_uid"] * 100 + event["activity_id"]
    return found


def test_the_schema_is_valid_and_refuses_a_missing_required_field() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    event = events(ONE)[0]
    for name in SCHEMA["required"]:
        assert not Draft202012Validator(SCHEMA).is_valid({key: value for key, value in event.items() if key != name})


def test_an_event_contains_every_field() -> None:
    event = events(Report(audits=(replace(audit(ADA), region="eu-west-1"),)))[1]
    annotation = "ada is an administrator (AdministratorAccess via group ops) and has no MFA device."
    parameters = event["compliance"].pop("control_parameters")
    assert {"name": "AdministratorDefinition", "value": "FullAccess"} in parameters
    assert event == {
        "activity_id": 1,
        "activity_name": "Create",
        "category_uid": 2,
        "category_name": "Findings",
        "class_uid": 2003,
        "class_name": "Compliance Finding",
        "type_uid": 200301,
        "type_name": "Compliance Finding: Create",
        "time": 1795489200000,
        "severity_id": 4,
        "severity": "High",
        "status_id": 1,
        "status": "New",
        "message": annotation,
        "metadata": {
            "version": "1.8.0",
            "profiles": ["cloud"],
            "event_code": "iam-admin-user-mfa-enabled",
            "product": {"name": "admin-mfa", "vendor_name": "admin-mfa", "version": __version__},
        },
        "cloud": {
            "provider": "AWS",
            "account": {"uid": "123456789012", "type_id": 10, "type": "AWS Account"},
            "cloud_partition": "aws",
            "region": "eu-west-1",
        },
        "finding_info": {
            "uid": "arn:aws:iam::123456789012:admin-mfa/iam-admin-user-mfa-enabled/AIDAADAXXXXXXXXXXXXXX",
            "title": "Every IAM user who is an administrator has an MFA device",
            "desc": annotation,
            "analytic": {
                "uid": "iam-admin-user-mfa-enabled",
                "name": "Every IAM user who is an administrator has an MFA device",
                "type_id": 1,
                "type": "Rule",
            },
        },
        "compliance": {
            "control": "iam-admin-user-mfa-enabled",
            "status_id": 3,
            "status": "Fail",
            "status_details": [annotation],
            "standards": list(dict.fromkeys(one.framework for one in frameworks.REQUIREMENTS)),
            "requirements": list(frameworks.USER),
        },
        "resources": [
            {
                "uid": "arn:aws:iam::123456789012:user/ada",
                "name": "ada",
                "type": "AWS::IAM::User",
                "data": {
                    "user_id": "AIDAADAXXXXXXXXXXXXXX",
                    "administrator": True,
                    "grants": [{"policy": "AdministratorAccess", "via": "group ops"}],
                    "mfa_devices": [],
                    "access_keys_without_mfa": None,
                    "exempt": False,
                    "exempt_until": None,
                    "exempt_reason": None,
                },
                "cloud_partition": "aws",
            }
        ],
        "remediation": {
            "desc": "Enrol an MFA device. The user can do this in the console, under Security credentials. If the "
            "user does not need administrator access, remove the user from the group ops.",
            "references": ["https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa.html"],
        },
    }


def test_every_user_and_root_have_an_event_with_their_verdict() -> None:
    assert [
        (event["resources"][0]["name"], event["compliance"]["status"], event["severity"], "remediation" in event)
        for event in events(ONE)
    ] == [
        ("root", "Fail", "Critical", True),
        ("ada", "Fail", "High", True),
        ("breakglass", "Pass", "Informational", False),
        ("grace", "Pass", "Informational", False),
        ("guest", "Not applicable", "Informational", False),
        ("pipeline", "Pass", "Informational", False),
        ("Reader", "Pass", "Informational", False),
    ]


def test_a_baseline_distinguishes_creation_update_and_close() -> None:
    assert [(event["resources"][0]["name"], event["activity_name"], event["status"]) for event in events(COMPARED)] == [
        ("root", "Update", "New"),
        ("ada", "Create", "New"),
        ("barbara", "Update", "New"),
        ("breakglass", "Create", "New"),
        ("grace", "Close", "Resolved"),
        ("guest", "Create", "New"),
        ("pipeline", "Create", "New"),
        ("Reader", "Create", "New"),
        ("dorothy", "Close", "Resolved"),
    ]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_produce_valid_events(name: str) -> None:
    hostile = verdict(
        name, compliance=Compliance.NON_COMPLIANT, grants=(admin_grant(policy=name, via="user"),), annotation=name
    )
    event = events(Report(audits=(audit(hostile),)))[1]
    assert (event["message"], event["resources"][0]["name"]) == (name, name)


def test_an_organization_is_one_array() -> None:
    found = events(ORGANIZATION)
    assert len({event["finding_info"]["uid"] for event in found}) == len(found) == 6 * 42 + 1
    assert [event["compliance"]["status"] for event in found if "audited" in event["message"]] == ["Pass"] * 6 + [
        "Warning"
    ]


def test_a_failed_audit_produces_an_event_about_the_failure() -> None:
    (found,) = events(replace(ORGANIZATION, audits=()))
    assert found["message"] == "The account could not be audited: The role admin-mfa-audit cannot be assumed."
