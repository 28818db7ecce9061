"""Test every rule parameter: the values it accepts and refuses, and the error messages."""

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admin_mfa.errors import InvalidParametersError
from admin_mfa.model import Compliance, IamUser, MfaType
from admin_mfa.parameters import (
    PARAMETERS,
    AdministratorDefinition,
    ApiAccess,
    ExemptUser,
    Parameters,
    PrivilegeModel,
    TagFilter,
    parse_parameters,
)
from tests.support.tools import ROOT
from tests.support.values import ACCOUNT

BOSS = f"arn:aws:iam::{ACCOUNT}:policy/boss"
VIEW = "arn:aws-us-gov:iam::aws:policy/job-function/ViewOnlyAccess"
ADA = f"arn:aws:iam::{ACCOUNT}:user/division/x/ada"
DEFAULTS = {
    "AdministratorDefinition": "FullAccess",
    "PrivilegeModel": "attached",
    "AdditionalAdminPolicyArns": "",
    "AllowedMfaTypes": "any",
    "ManagedDeviceTag": "",
    "ExemptUsers": "",
    "ExemptTag": "",
    "ConsoleUsersOnly": "false",
    "ApiAccess": "ignore",
    "NonAdminCompliance": "COMPLIANT",
    "RootMfaTypes": "any",
}


def test_the_defaults_are_those_of_the_design() -> None:
    assert parse_parameters({}) == Parameters()
    assert parse_parameters({}).as_text() == DEFAULTS
    assert {row.name: row.default for row in PARAMETERS} == DEFAULTS | {
        "ExecutionRoleName": "",
        "ExecutionRoleRegion": "",
        "AssumeRoleMode": "true",
    }


@pytest.mark.parametrize("row", [row for row in PARAMETERS if row.default and row.field], ids=lambda row: row.name)
def test_a_default_equals_its_parsed_text(row: Any) -> None:
    given = parse_parameters({row.name: row.default})
    assert getattr(given, row.field) == getattr(Parameters(), row.field)


@pytest.mark.parametrize("blank", ["", " ", "\t\n "])
@pytest.mark.parametrize("name", [row.name for row in PARAMETERS])
def test_a_blank_text_is_the_default(name: str, blank: str) -> None:
    assert parse_parameters({name: blank}) == Parameters()


@pytest.mark.parametrize(
    ("name", "text", "field", "value"),
    [
        ("AdministratorDefinition", "FullAccess", "administrator_definition", AdministratorDefinition.FULL_ACCESS),
        (
            "AdministratorDefinition",
            " AdministratorAccess ",
            "administrator_definition",
            AdministratorDefinition.ADMINISTRATOR_ACCESS,
        ),
        ("PrivilegeModel", "attached", "privilege_model", PrivilegeModel.ATTACHED),
        ("PrivilegeModel", "effective", "privilege_model", PrivilegeModel.EFFECTIVE),
        ("AdditionalAdminPolicyArns", BOSS, "additional_admin_policy_arns", frozenset((BOSS,))),
        ("AdditionalAdminPolicyArns", f" {BOSS} ,{VIEW},, ", "additional_admin_policy_arns", frozenset((BOSS, VIEW))),
        ("AllowedMfaTypes", "any", "allowed_mfa_types", None),
        ("AllowedMfaTypes", " any, ", "allowed_mfa_types", None),
        ("AllowedMfaTypes", "fido", "allowed_mfa_types", frozenset((MfaType.FIDO,))),
        (
            "AllowedMfaTypes",
            "hardware, virtual,fido",
            "allowed_mfa_types",
            frozenset((MfaType.FIDO, MfaType.HARDWARE, MfaType.VIRTUAL)),
        ),
        ("ManagedDeviceTag", "managed", "managed_device_tag", TagFilter(key="managed")),
        ("ManagedDeviceTag", "managed=yes", "managed_device_tag", TagFilter(key="managed", value="yes")),
        ("ManagedDeviceTag", "managed=", "managed_device_tag", TagFilter(key="managed", value="")),
        ("ManagedDeviceTag", "a:b/c @1 = x=y", "managed_device_tag", TagFilter(key="a:b/c @1", value=" x=y")),
        ("ExemptTag", "é" * 128, "exempt_tag", TagFilter(key="é" * 128)),
        ("ExemptTag", f"k={'v' * 256}", "exempt_tag", TagFilter(key="k", value="v" * 256)),
        ("ExemptUsers", "ada", "exempt_users", (ExemptUser(identity="ada"),)),
        (
            "ExemptUsers",
            "ada@2026-12-31, AIDAADAADAADAADAADAAD,,",
            "exempt_users",
            (ExemptUser(identity="ada", until=date(2026, 12, 31)), ExemptUser(identity="AIDAADAADAADAADAADAAD")),
        ),
        (
            "ExemptUsers",
            f"{ADA}@2026-12-31",
            "exempt_users",
            (ExemptUser(identity=ADA, until=date(2026, 12, 31)),),
        ),
        (
            "ExemptUsers",
            "ada@example.com,ada@example.com@2026-12-31,a+b=c_d-e.f@2026",
            "exempt_users",
            (
                ExemptUser(identity="ada@example.com"),
                ExemptUser(identity="ada@example.com", until=date(2026, 12, 31)),
                ExemptUser(identity="a+b=c_d-e.f@2026"),
            ),
        ),
        ("ExemptUsers", "u" * 64, "exempt_users", (ExemptUser(identity="u" * 64),)),
        ("ExemptUsers", "ada@2028-02-29", "exempt_users", (ExemptUser(identity="ada", until=date(2028, 2, 29)),)),
        ("ConsoleUsersOnly", "true", "console_users_only", True),
        ("ConsoleUsersOnly", "TRUE", "console_users_only", True),
        ("ConsoleUsersOnly", "False", "console_users_only", False),
        ("ApiAccess", "ignore", "api_access", ApiAccess.IGNORE),
        ("RootMfaTypes", "hardware, fido", "root_mfa_types", frozenset((MfaType.FIDO, MfaType.HARDWARE))),
        ("ApiAccess", "require-mfa", "api_access", ApiAccess.REQUIRE_MFA),
        ("NonAdminCompliance", "COMPLIANT", "non_admin_compliance", Compliance.COMPLIANT),
        ("NonAdminCompliance", "NOT_APPLICABLE", "non_admin_compliance", Compliance.NOT_APPLICABLE),
    ],
)
def test_allowed_values_are_parsed(name: str, text: str, field: str, value: Any) -> None:
    assert parse_parameters({name: text}) == Parameters(**{field: value, "given": ((name, text.strip()),)})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ExecutionRoleName", "MyRole"),
        ("ExecutionRoleName", "division/x/MyRole"),
        ("ExecutionRoleRegion", "eu-west-1"),
        ("ExecutionRoleRegion", "us-gov-west-1"),
        ("AssumeRoleMode", "false"),
        ("AssumeRoleMode", "True"),
    ],
)
def test_parameters_for_rdklib_pass_and_do_not_affect_the_verdict(name: str, text: str) -> None:
    found = parse_parameters({name: text})
    assert found == Parameters(given=((name, text),))
    assert found.as_text() == DEFAULTS


ALLOWED = {row.name: row.allowed for row in PARAMETERS}


@pytest.mark.parametrize(
    ("name", "text", "what"),
    [
        ("AdministratorDefinition", "escalation", ""),
        ("AdministratorDefinition", "fullaccess", ""),
        ("AdministratorDefinition", "FullAccess,AdministratorAccess", ""),
        ("PrivilegeModel", "Effective", ""),
        ("AdditionalAdminPolicyArns", "AdministratorAccess", ": AdministratorAccess"),
        ("AdditionalAdminPolicyArns", "arn:aws:iam::1234:policy/boss", ": arn:aws:iam::1234:policy/boss"),
        ("AdditionalAdminPolicyArns", f"arn:aws:iam::{ACCOUNT}:role/boss", f": arn:aws:iam::{ACCOUNT}:role/boss"),
        ("AdditionalAdminPolicyArns", f"{BOSS},nonsense", ": nonsense"),
        ("AllowedMfaTypes", "sms", ": sms"),
        ("AllowedMfaTypes", "other", ": other"),
        ("AllowedMfaTypes", "any,fido", ": any"),
        ("AllowedMfaTypes", "FIDO", ": FIDO"),
        ("AllowedMfaTypes", "virtual;fido", ": virtual;fido"),
        ("ManagedDeviceTag", "=value", ""),
        ("ManagedDeviceTag", "k" * 129, ""),
        ("ManagedDeviceTag", "managed=a,b", ""),
        ("ExemptTag", f"k={'v' * 257}", ""),
        ("ExemptTag", "a\nb", ""),
        ("ExemptUsers", "ada@2026-02-30", ": ada@2026-02-30 does not end in a valid date"),
        ("ExemptUsers", "ada@2026-13-01", ": ada@2026-13-01 does not end in a valid date"),
        ("ExemptUsers", "ada@0000-01-01", ": ada@0000-01-01 does not end in a valid date"),
        *(
            ("ExemptUsers", f"ada@{end}", f": ada@{end} does not end in a valid date")
            for end in ("2026-1-5", "31-12-2026", "2026.12.31", "20261231", "2026-12-31Z", "1.2.2026")
        ),
        ("ExemptUsers", "@2026-12-31", ": @2026-12-31"),
        ("ExemptUsers", "ada lovelace", ": ada lovelace"),
        ("ExemptUsers", "adä", ": adä"),
        ("ExemptUsers", "u" * 65, f": {'u' * 65}"),
        ("ExemptUsers", "arn:aws:iam::1:user/ada", ": arn:aws:iam::1:user/ada"),
        ("ExemptUsers", f"arn:aws:iam::{ACCOUNT}:root", f": arn:aws:iam::{ACCOUNT}:root"),
        ("ConsoleUsersOnly", "yes", ""),
        ("RootMfaTypes", "fido", ""),
        ("RootMfaTypes", "virtual,fido,hardware", ""),
        ("ApiAccess", "require", ""),
        ("ApiAccess", "Ignore", ""),
        ("ConsoleUsersOnly", "1", ""),
        ("NonAdminCompliance", "NON_COMPLIANT", ""),
        ("NonAdminCompliance", "INSUFFICIENT_DATA", ""),
        ("ExecutionRoleName", "My Role", ""),
        ("ExecutionRoleName", "r" * 65, ""),
        ("ExecutionRoleRegion", "Ireland", ""),
        ("AssumeRoleMode", "no", ""),
    ],
)
def test_an_invalid_value_is_reported_with_the_allowed_ones(name: str, text: str, what: str) -> None:
    with pytest.raises(InvalidParametersError) as refused:
        parse_parameters({name: text})
    assert str(refused.value) == f"{name} is {text!r:.200}{what}; allowed is {ALLOWED[name]}."


@pytest.mark.parametrize("name", ["Nonsense", "administratordefinition", "AdministratorDefinition ", ""])
def test_an_unknown_name_is_reported_with_the_known_ones(name: str) -> None:
    with pytest.raises(InvalidParametersError) as refused:
        parse_parameters({name: "x"})
    assert str(refused.value) == f"Unknown rule parameter {name!r}; allowed are {', '.join(ALLOWED)}."


@pytest.mark.parametrize(
    ("value", "kind"), [(True, "bool"), (1, "int"), (None, "NoneType"), (["ada"], "list"), ({}, "dict")]
)
@pytest.mark.parametrize("name", ["ConsoleUsersOnly", "AssumeRoleMode", "ExemptUsers"])
def test_a_value_that_is_not_text_is_refused(name: str, value: object, kind: str) -> None:
    with pytest.raises(InvalidParametersError) as refused:
        parse_parameters({name: value})
    assert str(refused.value) == f"{name} must be text, not {kind}; allowed is {ALLOWED[name]}, in quotes."


@pytest.mark.parametrize("name", [row.name for row in PARAMETERS])
def test_a_huge_value_is_refused_in_a_short_sentence(name: str) -> None:
    with pytest.raises(InvalidParametersError) as refused:
        parse_parameters({name: "x\n" * 500_000})
    assert len(str(refused.value)) < 800
    assert "\n" not in str(refused.value)


def test_a_huge_unknown_name_is_refused_in_a_short_sentence() -> None:
    with pytest.raises(InvalidParametersError) as refused:
        parse_parameters({"x" * 1_000_000: "y"})
    assert len(str(refused.value)) < 500


@given(st.dictionaries(st.sampled_from([row.name for row in PARAMETERS]), st.text(max_size=30)))
def test_any_input_is_parsed_or_refused(raw: dict[str, str]) -> None:
    try:
        found = parse_parameters(raw)
    except InvalidParametersError as refused:
        assert str(refused).endswith(".")  # noqa: PT017 - both outcomes are correct
        return
    assert dict(found.given) == {name: text.strip() for name, text in raw.items() if text.strip()}
    assert parse_parameters(dict(found.given)) == found
    assert parse_parameters(found.as_text() | dict(found.given)).as_text() == found.as_text()


@pytest.mark.parametrize(
    ("identity", "user_name", "user_id", "matches"),
    [
        ("ada", "ada", "AIDA1", True),
        ("ada", "Ada", "AIDA1", True),
        ("ada", "adam", "AIDA1", False),
        ("AIDAADAADAADAADAADAAD", "ada", "AIDAADAADAADAADAADAAD", True),
        ("AIDAADAADAADAADAADAAD", "AIDAADAADAADAADAADAAD", "AIDAMALLORYMALLORYMAL", False),
        ("AIDAADAADAADAADAADAAD", "aidaadaadaadaadaadaad", "AIDAMALLORYMALLORYMAL", False),
        ("aida", "aida", "AIDA1", True),
        (f"arn:aws:iam::{ACCOUNT}:user/ada", "ada", "AIDA1", True),
        (f"arn:aws:iam::{ACCOUNT}:user/ADA", "ada", "AIDA1", False),
    ],
)
def test_an_entry_matches_names_ids_and_arns(identity: str, user_name: str, user_id: str, *, matches: bool) -> None:
    entry = ExemptUser(identity=identity)
    arn = f"arn:aws:iam::{ACCOUNT}:user/{user_name}"
    assert entry.matches(IamUser(user_name=user_name, user_id=user_id, arn=arn)) is matches


def test_the_effective_texts_can_be_parsed_again() -> None:
    texts = {"ExemptUsers": "ada@2026-12-31", "AllowedMfaTypes": "fido", "AssumeRoleMode": "false"}
    found = parse_parameters(texts)
    assert found.as_text() == DEFAULTS | {"ExemptUsers": "ada@2026-12-31", "AllowedMfaTypes": "fido"}


def test_every_row_is_described_in_complete_sentences() -> None:
    for row in PARAMETERS:
        assert row.meaning.endswith(".")
        assert not row.allowed.endswith(".")
    fields = [row.field for row in PARAMETERS if row.field]
    assert sorted([*fields, "given"]) == sorted(Parameters.__dataclass_fields__)


RULE = ROOT / "rules" / "IAM_ADMIN_USER_MFA_ENABLED"


def test_parameters_json_has_the_same_table() -> None:
    described = json.loads((RULE / "parameters.json").read_text())["Parameters"]
    required, optional = (json.loads(described[key]) for key in ("InputParameters", "OptionalParameters"))
    assert required == {}
    assert optional == {row.name: row.default for row in PARAMETERS}


def test_the_rules_readme_has_the_same_table() -> None:
    lines = (RULE / "README.md").read_text().splitlines()
    start = lines.index("| Parameter | Default | Allowed | Meaning |")
    end = next(number for number, line in enumerate(lines) if number > start and not line.startswith("|"))
    assert lines[start + 2 : end] == [
        f"| `{row.name}` | {f'`{row.default}`' if row.default else ''} | {row.allowed} | {row.meaning} |"
        for row in PARAMETERS
    ]
