"""What changed since an earlier report, and which files are none."""

import json
from dataclasses import replace
from typing import Any

import pytest

from admin_mfa.findings.comparison import ROOT
from admin_mfa.model import Compliance
from admin_mfa.report import FORMATS, Report
from admin_mfa.report.baseline import BaselineError, compare, read_baseline

from .audits import ACCOUNT, ADA, EVERYONE, GRACE, audit
from .look import LOOK
from .reports import COMPARED, EARLIER, LATER, ONE, ORGANIZATION


def document(**changes: Any) -> str:
    return json.dumps(json.loads(FORMATS["json"].render(ONE, LOOK)) | changes)


def test_findings_are_new_unchanged_or_fixed() -> None:
    comparison = COMPARED.comparison
    assert comparison is not None
    assert comparison.new == {(ACCOUNT, ADA.user_id)}
    assert comparison.unchanged == {(ACCOUNT, ROOT), (ACCOUNT, "AIDABARBARAXXXXXXXXXX")}
    assert [(one.earlier.title, one.now) for one in comparison.fixed] == [
        ("dorothy", "dorothy no longer exists."),
        ("grace", GRACE.annotation),
    ]
    assert comparison.line() == "Since 2026-10-01 06:30 UTC: 1 new, 2 fixed, 2 unchanged."


def test_a_user_made_anew_under_an_old_name_is_somebody_else() -> None:
    again = audit(replace(ADA, user_id="AIDASOMEBODYELSE00000"))
    comparison = compare([again], read_baseline(FORMATS["json"].render(Report(audits=(audit(ADA),)), LOOK)))
    assert comparison.new == {(ACCOUNT, "AIDASOMEBODYELSE00000")}
    assert [one.earlier.user_id for one in comparison.fixed] == [ADA.user_id]


def test_a_root_user_that_got_mfa_is_fixed() -> None:
    comparison = compare([audit(root=True)], read_baseline(FORMATS["json"].render(Report(audits=(audit(),)), LOOK)))
    assert [(one.earlier.title, one.now) for one in comparison.fixed] == [
        ("root user of 123456789012", "The root user has an MFA device.")
    ]


def test_the_same_account_twice_has_nothing_new() -> None:
    comparison = compare([EVERYONE], read_baseline(document()))
    assert (comparison.new, comparison.fixed, len(comparison.unchanged)) == (frozenset(), (), 2)


def test_a_report_without_keys_that_were_added_since_is_a_baseline() -> None:
    earlier = json.loads(document())
    for key in ("supports", "account_alias", "activity_at"):
        del earlier[key]
    del earlier["parameters"]["RootMfaTypes"]
    for key in ("root_mfa_type", "root_password", "root_access_keys"):
        del earlier["account"][key]
    for user in earlier["users"]:
        del user["exempt_reason"], user["activity"]
    assert read_baseline(json.dumps(earlier)) == read_baseline(document())


@pytest.mark.parametrize(
    ("text", "error"),
    [
        pytest.param("", "it is not JSON (Expecting value: line 1 column 1 (char 0))", id="empty"),
        pytest.param("[" * 100_000, "it is not JSON", id="bottomless"),
        pytest.param("[]", "prints: the whole fails type=object", id="not ours"),
        pytest.param("{}", "prints: the whole fails required=['schema_version', ", id="empty object"),
        pytest.param(document(schema_version=2), "prints: schema_version fails const=1", id="of a later version"),
        pytest.param(document(users=[{}]), "prints: users[0] fails required=[", id="user without anything"),
        pytest.param(document(evaluated_at="2026-13-45T99:00:00Z"), "is not a date and time", id="no such day"),
        pytest.param(document(surprise=1), "prints: the whole fails additionalProperties=False", id="something more"),
    ],
)
def test_what_no_audit_wrote_is_refused_with_the_place_that_is_wrong(text: str, error: str) -> None:
    with pytest.raises(BaselineError) as refused:
        read_baseline(text)
    assert error in str(refused.value)
    assert len(str(refused.value)) < 250


def test_another_account_is_no_baseline() -> None:
    with pytest.raises(BaselineError, match=r"^it is about account 210987654321, not about account 123456789012$"):
        compare([EVERYONE], read_baseline(document(account_id="210987654321")))


def test_an_organization_is_compared_account_by_account() -> None:
    first, *others = ORGANIZATION.audits
    baseline = read_baseline(FORMATS["json"].render(replace(ORGANIZATION, audits=(first, *others[:-1])), LOOK))
    comparison = compare(ORGANIZATION.audits[1:], baseline)
    last = {key for key in comparison.new if key[0] == others[-1].account_id}
    lacking = {v.user_id for v in others[-1].verdicts if v.compliance is Compliance.NON_COMPLIANT}
    assert comparison.new == last == {(others[-1].account_id, ROOT), *((others[-1].account_id, one) for one in lacking)}
    assert comparison.fixed == ()
    assert {account for account, _ in comparison.unchanged} == {audit.account_id for audit in others[:-1]}


def test_an_organization_of_which_nothing_was_read_is_no_baseline() -> None:
    with pytest.raises(BaselineError, match=r"^no account was audited for it$"):
        read_baseline(FORMATS["json"].render(replace(ORGANIZATION, audits=()), LOOK))


def test_the_table_says_what_is_new_and_fixed() -> None:
    text = " ".join(FORMATS["table"].render(COMPARED, LOOK).split())
    assert "- new: ada is an administrator (AdministratorAccess via group ops) and has no MFA device." in text
    assert "barbara is an administrator" not in text  # its row says it all
    assert "- fixed: dorothy no longer exists. - fixed: grace is an administrator" in text
    assert "Since 2026-10-01 06:30 UTC: 1 new, 2 fixed, 2 unchanged." in text


def test_markdown_says_what_is_new_and_fixed() -> None:
    text = FORMATS["markdown"].render(COMPARED, LOOK)
    assert "- [ ] **new:** ada is an administrator" in text
    assert "- [ ] barbara lacks MFA" in text
    assert "- [x] dorothy: dorothy no longer exists" in text
    assert (len(LATER.verdicts), len(EARLIER.verdicts)) == (7, 4)
