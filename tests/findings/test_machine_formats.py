"""Test that CSV, JUnit, SARIF and Markdown are well formed with any names, and agree with the table."""

import csv
import json
import xml.etree.ElementTree as ET
from html import unescape
from io import StringIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from admin_mfa.findings import frameworks
from admin_mfa.findings.audits import Audit
from admin_mfa.model import Compliance
from admin_mfa.report import FORMATS, RenderOptions, Report
from admin_mfa.report.csv_table import COLUMNS
from admin_mfa.report.markdown import plain
from tests.report.audits import EVERYONE, HOSTILE, audit, verdict
from tests.support.values import admin_grant


def rendered(name: str, audited: Audit = EVERYONE) -> str:
    return FORMATS[name].render(Report.of(audited), RenderOptions())


def hostile(name: str) -> Audit:
    return audit(
        verdict(
            name, compliance=Compliance.NON_COMPLIANT, grants=(admin_grant(policy=name, via="user"),), annotation=name
        )
    )


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text, newline="")))


def test_csv_has_a_row_for_root_and_one_for_each_user_worst_first() -> None:
    found = rows(rendered("csv"))
    assert tuple(found[0]) == COLUMNS
    assert [(row["user_name"], row["compliance"]) for row in found] == [
        ("<root>", "NON_COMPLIANT"),
        ("ada", "NON_COMPLIANT"),
        ("breakglass", "COMPLIANT"),
        ("grace", "COMPLIANT"),
        ("pipeline", "COMPLIANT"),
        ("guest", "NOT_APPLICABLE"),
        ("Reader", "COMPLIANT"),
    ]
    assert found[3] == {
        "account_id": "123456789012",
        "user_name": "grace",
        "user_id": "AIDAGRACEXXXXXXXXXXXX",
        "arn": "arn:aws:iam::123456789012:user/grace",
        "compliance": "COMPLIANT",
        "administrator": "true",
        "grants": "inline policy everything of user; AdministratorAccess via group ops",
        "mfa_devices": "virtual; fido",
        "exempt": "false",
        "exempt_until": "",
        "annotation": "grace is an administrator (inline policy everything of user and 1 more) and has an MFA device "
        "(virtual).",
        "supports": "; ".join(frameworks.USER),
        "exempt_reason": "",
        "last_sign_in": "",
        "oldest_access_key": "",
    }
    assert found[2]["exempt_until"] == "2027-01-31"


@pytest.mark.parametrize(
    "name", ["=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0", "\t=1", "\r=1", "\n=1", "\uff1d1", "\uff201"]
)
def test_csv_cells_are_not_formulas(name: str) -> None:
    row = rows(rendered("csv", hostile(name)))[1]
    assert [row["user_name"], row["annotation"]] == [f"'{name}", f"'{name}"]
    assert row["grants"].startswith("'")


@pytest.mark.parametrize("name", HOSTILE)
def test_csv_keeps_every_name_in_its_cell(name: str) -> None:
    row = rows(rendered("csv", hostile(name)))[1]
    assert tuple(row) == COLUMNS
    assert row["user_name"].removeprefix("'") == name


def parsed(audited: Audit) -> ET.Element:
    return ET.fromstring(rendered("junit", audited).encode())  # noqa: S314 - our own output


def test_junit_fails_for_findings_and_skips_what_does_not_apply() -> None:
    root = parsed(EVERYONE)
    assert (root.tag, root.get("tests"), root.get("failures"), root.get("skipped")) == ("testsuites", "7", "2", "1")
    (suite,) = root
    assert suite.attrib == {
        "name": "admin-mfa 123456789012",
        "tests": "7",
        "failures": "2",
        "errors": "0",
        "skipped": "1",
        "timestamp": "2026-11-24T03:00:00",
    }
    assert [(case.get("name"), [child.tag for child in case]) for case in suite] == [
        ("root user", ["failure"]),
        ("ada", ["failure"]),
        ("breakglass", []),
        ("grace", []),
        ("pipeline", []),
        ("guest", ["skipped"]),
        ("Reader", []),
    ]
    assert suite[1][0].attrib == {
        "type": "NON_COMPLIANT",
        "message": "ada is an administrator (AdministratorAccess via group ops) and has no MFA device.",
    }


@given(name=st.one_of(st.sampled_from(HOSTILE), st.text(min_size=1)))
@settings(max_examples=60, deadline=None)
def test_junit_is_well_formed_with_any_name(name: str) -> None:
    root = parsed(hostile(name))
    case = root[0][1]
    assert (case.tag, case[0].tag) == ("testcase", "failure")
    if name.isprintable():
        assert (case.get("name"), case[0].text) == (name, name)


def test_sarif_contains_only_the_findings() -> None:
    (run,) = json.loads(rendered("sarif"))["runs"]
    assert [(r["ruleId"], r["message"]["text"]) for r in run["results"]] == [
        (
            "IAM_ADMIN_USER_MFA_ENABLED",
            "ada is an administrator (AdministratorAccess via group ops) and has no MFA device.",
        ),
        ("ROOT_USER_MFA_ENABLED", "The root user has credentials and no MFA device."),
    ]
    ids = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    for result in run["results"]:
        assert ids[result["ruleIndex"]] == result["ruleId"]
    assert run["invocations"][0]["startTimeUtc"] == "2026-11-24T03:00:00Z"


def test_sarif_identifies_a_finding_again_after_its_text_has_changed() -> None:
    def fingerprint(audited: Audit) -> str:
        return str(json.loads(rendered("sarif", audited))["runs"][0]["results"][0]["partialFingerprints"]["userId/v1"])

    before = verdict("ada", compliance=Compliance.NON_COMPLIANT, annotation="before")
    after = verdict("ada", compliance=Compliance.NON_COMPLIANT, annotation="after")
    other = verdict("bob", compliance=Compliance.NON_COMPLIANT, annotation="before")
    assert fingerprint(audit(before)) == fingerprint(audit(after)) != fingerprint(audit(other))


@pytest.mark.parametrize("name", HOSTILE)
def test_sarif_keeps_names_unchanged(name: str) -> None:
    text = rendered("sarif", hostile(name))
    assert text.isascii()
    assert json.loads(text)["runs"][0]["results"][0]["message"]["text"] == name


def test_markdown_has_the_form_of_a_ticket() -> None:
    assert rendered("markdown").splitlines()[:6] == [
        "## Administrators without MFA in account 123456789012",
        "",
        "**1 of 4 administrators lacks the required MFA; root user has no MFA.**",
        "",
        "Evaluated 2026-11-24 03:00 UTC. Root user: NON&#95;COMPLIANT.",
        "The root user has credentials and no MFA device.",
    ]
    html = MarkdownIt("gfm-like", {"linkify": False}).render(rendered("markdown"))
    assert html.count("<tr>") == 5
    assert html.count("<li>") == 1
    assert "<td>inline policy everything of user<br>AdministratorAccess via group ops</td>" in html


@given(
    name=st.one_of(
        st.sampled_from([name for name in HOSTILE if name.isprintable()]),
        st.text(alphabet="*_`[]()<>!|~@#\\&;:/.-+=ax1{}", min_size=1, max_size=24),
    )
)
@settings(max_examples=100, deadline=None)
def test_markdown_shows_names_only_as_text(name: str) -> None:
    html = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(f"x {plain(name)} x")
    assert unescape(html) == f"<p>x {name} x</p>\n"
    assert html.count("<") == 2


def test_markdown_keeps_its_table_with_any_name() -> None:
    for name in HOSTILE:
        html = MarkdownIt("commonmark").enable("table").render(rendered("markdown", hostile(name)))
        assert html.count("<td>") == 4
        assert "<script>" not in html


def test_every_format_lists_the_same_requirements() -> None:
    document = json.loads(rendered("json"))["supports"]
    (run,) = json.loads(rendered("sarif"))["runs"]
    users, root = document["users"], document["root"]
    assert users[0] == "CIS AWS Foundations Benchmark v7.0.0/2.10"
    assert {"NIST.800-53.r5 IA-2(1)", "PCI DSS v4.0.1/8.4.2", "ISO/IEC 27001:2022 A.8.5"} <= {*users} & {*root}
    for name in ("asff", "ocsf"):
        found = json.loads(rendered(name))
        compliance = [one.get("Compliance") or one["compliance"] for one in found]
        listed = [one.get("RelatedRequirements") or one["requirements"] for one in compliance]
        assert listed == [root] + [users] * (len(found) - 1)
    assert [rule["properties"]["tags"][3:] for rule in run["tool"]["driver"]["rules"]] == [users, root]
    assert [row["supports"] for row in rows(rendered("csv"))] == ["; ".join(root), *["; ".join(users)] * 4, "", ""]
    page = rendered("html")
    assert "; ".join(users) in page
    assert "; ".join(root) in page


def test_no_rule_of_sarif_has_more_tags_than_github_takes() -> None:
    (run,) = json.loads(rendered("sarif"))["runs"]
    assert all(len(rule["properties"]["tags"]) <= 20 for rule in run["tool"]["driver"]["rules"])
