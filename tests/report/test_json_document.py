"""The JSON document has the published shape, whatever the names in it."""

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, ValidationError

from admin_mfa.findings import frameworks
from admin_mfa.findings.audits import Audit
from admin_mfa.model import BypassReason, Compliance, MfaType
from admin_mfa.parameters import PARAMETERS
from admin_mfa.report import FORMATS, RenderOptions, Report
from admin_mfa.report.json_document import schema
from admin_mfa.root_user import RootMfa
from tests.support.values import admin_grant

from .audits import ADA, BREAKGLASS, EVERYONE, GRACE, HOSTILE, audit, device, verdict

SCHEMA = json.loads(schema())
VALIDATOR = Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)


def document(audited: Audit) -> dict[str, object]:
    rendered = FORMATS["json"].render(Report.of(audited), RenderOptions())
    assert rendered.isascii()
    assert rendered.endswith("}\n")
    parsed: dict[str, object] = json.loads(rendered)
    return parsed


def grant(policy: str, via: str) -> dict[str, object]:
    """A grant that needs no way."""
    return {"policy": policy, "via": via, "way": None, "how": None, "steps": []}


def test_a_document_has_exactly_these_keys_in_this_order() -> None:
    expected = {
        "schema_version": 1,
        "account_id": "123456789012",
        "partition": "aws",
        "evaluated_at": "2026-11-24T03:00:00Z",
        "parameters": {
            "AdministratorDefinition": "FullAccess",
            "PrivilegeModel": "attached",
            "AdditionalAdminPolicyArns": "",
            "AllowedMfaTypes": "any",
            "ManagedDeviceTag": "",
            "ExemptUsers": "breakglass@2027-01-31",
            "ExemptTag": "",
            "ConsoleUsersOnly": "false",
            "ApiAccess": "ignore",
            "NonAdminCompliance": "COMPLIANT",
            "RootMfaTypes": "any",
        },
        "account_alias": None,
        "activity_at": None,
        "account": {
            "root_mfa": "ENABLED",
            "compliance": "COMPLIANT",
            "annotation": "The root user has an MFA device.",
            "root_mfa_type": None,
            "root_password": True,
            "root_access_keys": False,
        },
        "summary": {"users": 3, "administrators": 3, "compliant": 2, "non_compliant": 1},
        "users": [
            {
                "user_name": "ada",
                "user_id": "AIDAADAXXXXXXXXXXXXXX",
                "arn": "arn:aws:iam::123456789012:user/ada",
                "compliance": "NON_COMPLIANT",
                "administrator": True,
                "grants": [grant("AdministratorAccess", "group ops")],
                "mfa_devices": [],
                "exempt_until": None,
                "exempt_reason": None,
                "bypass": None,
                "activity": None,
                "annotation": "ada is an administrator (AdministratorAccess via group ops) and has no MFA device.",
            },
            {
                "user_name": "breakglass",
                "user_id": "AIDABREAKGLASSXXXXXXX",
                "arn": "arn:aws:iam::123456789012:user/breakglass",
                "compliance": "COMPLIANT",
                "administrator": True,
                "grants": [grant("AdministratorAccess", "group ops")],
                "mfa_devices": [],
                "exempt_until": "2027-01-31",
                "exempt_reason": None,
                "bypass": None,
                "activity": None,
                "annotation": "breakglass is an administrator (AdministratorAccess via group ops) and exempt from MFA "
                "until 2027-01-31.",
            },
            {
                "user_name": "grace",
                "user_id": "AIDAGRACEXXXXXXXXXXXX",
                "arn": "arn:aws:iam::123456789012:user/grace",
                "compliance": "COMPLIANT",
                "administrator": True,
                "grants": [
                    grant("everything", "inline policy everything of user"),
                    grant("AdministratorAccess", "group ops"),
                ],
                "mfa_devices": [
                    {"serial_number": "arn:aws:iam::123456789012:mfa/virtual", "type": "virtual"},
                    {"serial_number": "arn:aws:iam::123456789012:mfa/fido", "type": "fido"},
                ],
                "exempt_until": None,
                "exempt_reason": None,
                "bypass": None,
                "activity": None,
                "annotation": "grace is an administrator (inline policy everything of user and 1 more) and has an MFA "
                "device (virtual).",
            },
        ],
        "supports": {"users": list(frameworks.USER), "root": list(frameworks.ROOT)},
    }
    found = document(audit(ADA, BREAKGLASS, GRACE, root=True, ExemptUsers="breakglass@2027-01-31"))
    assert json.dumps(found) == json.dumps(expected)
    VALIDATOR.validate(found)


def test_those_who_are_not_applicable_count_in_neither() -> None:
    assert document(EVERYONE)["summary"] == {"users": 6, "administrators": 4, "compliant": 4, "non_compliant": 1}


def test_the_time_is_in_utc_whatever_the_zone() -> None:
    elsewhere = timezone(timedelta(hours=5, minutes=30))
    moved = replace(EVERYONE, evaluated_at=datetime(2026, 11, 24, 8, 30, 0, 999999, tzinfo=elsewhere))
    assert document(moved)["evaluated_at"] == "2026-11-24T03:00:00Z"


def test_the_schema_is_a_valid_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def objects(node: object) -> list[dict[str, object]]:
    if isinstance(node, list):
        return [found for item in node for found in objects(item)]
    if not isinstance(node, dict):
        return []
    own = [node] if node.get("type") == "object" else []
    return own + [found for item in node.values() for found in objects(item)]


def test_every_object_of_the_schema_is_closed_and_wants_all_that_it_names() -> None:
    found = objects(SCHEMA)
    assert len(found) == 12
    # Reports of earlier versions, which --baseline takes, lack what was added since.
    optional = {
        *("unknown", "supports", "exempt_reason", "account_alias", "activity_at", "activity"),
        *("root_mfa_type", "root_password", "root_access_keys", "RootMfaTypes"),
    }
    for each in found:
        assert each["additionalProperties"] is False
        assert each["required"] == [name for name in each["properties"] if name not in optional]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("enum", "values"),
    [
        pytest.param(SCHEMA["$defs"]["compliance"]["enum"], list(Compliance), id="compliance"),
        pytest.param(SCHEMA["properties"]["account"]["properties"]["root_mfa"]["enum"], list(RootMfa), id="root MFA"),
        pytest.param(
            SCHEMA["$defs"]["user"]["properties"]["mfa_devices"]["items"]["properties"]["type"]["enum"],
            list(MfaType),
            id="types of device",
        ),
        pytest.param(
            SCHEMA["$defs"]["user"]["properties"]["bypass"]["anyOf"][0]["properties"]["reason"]["enum"],
            list(BypassReason),
            id="reasons of a bypass",
        ),
        pytest.param(
            list(SCHEMA["properties"]["parameters"]["properties"]),
            [row.name for row in PARAMETERS if row.field],
            id="parameters",
        ),
    ],
)
def test_the_schema_lists_what_the_code_lists(enum: list[str], values: list[str]) -> None:
    assert enum == values


@pytest.mark.parametrize(
    "spoiled",
    [
        pytest.param({"evaluated_at": "2026-11-24T03:00:00+00:00"}, id="time not in UTC"),
        pytest.param({"evaluated_at": "2026-13-24T03:00:00Z"}, id="no such month"),
        pytest.param({"account_id": "12345678901"}, id="account id too short"),
        pytest.param({"schema_version": 2}, id="another version"),
        pytest.param({"extra": 1}, id="unknown key"),
    ],
)
def test_the_schema_refuses_what_is_not_the_document(spoiled: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        VALIDATOR.validate({**document(EVERYONE), **spoiled})


def test_the_schema_refuses_an_exemption_that_ends_on_no_day() -> None:
    found = document(audit(BREAKGLASS))
    found["users"][0]["exempt_until"] = "2027-02-31"  # type: ignore[index]
    with pytest.raises(ValidationError):
        VALIDATOR.validate(found)


@given(
    name=st.one_of(st.sampled_from(HOSTILE), st.text(min_size=1, max_size=64)),
    mfa_type=st.sampled_from(MfaType),
)
@settings(max_examples=60, deadline=None)
def test_hostile_names_come_back_as_they_were(name: str, mfa_type: MfaType) -> None:
    hostile = verdict(
        name,
        user_id="AIDAEXAMPLE0000000001",
        grants=(admin_grant(policy=name, via=f"group {name}"),),
        mfa_devices=(device(mfa_type, name),),
        annotation=name,
    )
    found = document(audit(hostile))
    VALIDATOR.validate(found)
    user = found["users"][0]  # type: ignore[index]
    assert [user["user_name"], user["annotation"]] == [name, name]
    assert user["grants"] == [grant(name, f"group {name}")]
    assert user["mfa_devices"] == [{"serial_number": name, "type": mfa_type}]
