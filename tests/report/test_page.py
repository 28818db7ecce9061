"""The page as a file: complete in itself, harmless whatever it shows, and the whole report without JavaScript."""

import base64
import hashlib
import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser

import pytest

from admin_mfa.activity import Activity, UserActivity
from admin_mfa.evaluate import evaluate
from admin_mfa.findings.audits import Audit
from admin_mfa.findings.order import printable
from admin_mfa.model import Compliance, IamUser, MfaType, Verdict
from admin_mfa.parameters import parse_parameters
from admin_mfa.report import FORMATS, NotAudited, Report
from admin_mfa.root_user import RootMfa
from admin_mfa.statements import Attachment, Policy
from tests.support.values import admin_grant

from .audits import ADA, BREAKGLASS, EVERYONE, GRACE, HOSTILE, PIPELINE, READER, audit, device, verdict
from .look import LOOK
from .reports import COMPARED, ONE, ORGANIZATION, crowd


class Page(HTMLParser):
    """What stands where, as a browser without JavaScript would take it."""

    VOID = ("meta", "link", "br", "input", "circle", "path", "rect", "use")

    def __init__(self, source: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append((self.open[-1] if self.open else "", data))

    def text(self) -> str:
        return " ".join(" ".join(text for tag, text in self.texts if tag not in ("style", "script")).split())

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]


def page(report: Report | Audit = ONE) -> Page:
    return Page(FORMATS["html"].render(report if isinstance(report, Report) else Report(audits=(report,)), LOOK))


UNREAD = NotAudited(account_id="123456789012", reason="Denied.")
EXAMPLES = {
    "one account": ONE,
    "compared": COMPARED,
    "organization": ORGANIZATION,
    "500 administrators": Report(audits=(crowd(600, 500),)),
    "no users": Report(audits=(audit(root=True),)),
    "no account": Report(
        audits=(), not_audited=(NotAudited(account_id="123456789012", reason="Denied."),), organization=True
    ),
}


@pytest.fixture(params=EXAMPLES, name="example")
def _example(request: pytest.FixtureRequest) -> Page:
    return page(EXAMPLES[request.param])


def test_the_policy_allows_its_own_style_and_script_and_nothing_else(example: Page) -> None:
    ((_, style),) = [found for found in example.texts if found[0] == "style"]
    ((_, script),) = [found for found in example.texts if found[0] == "script"]
    (policy,) = [meta["content"] for meta in example.all("meta") if "http-equiv" in meta]
    style_hash, script_hash = (base64.b64encode(hashlib.sha256(t.encode()).digest()).decode() for t in (style, script))
    assert policy.split("; ") == [
        "default-src 'none'",
        f"style-src 'sha256-{style_hash}'",
        f"script-src 'sha256-{script_hash}'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        "require-trusted-types-for 'script'",
    ]
    assert not re.search(r"url\(|@import|@font-face", style)


def test_nothing_is_fetched_and_links_leave_only_when_clicked(example: Page) -> None:
    for tag, attributes in example.tags:
        assert "src" not in attributes
        assert "style" not in attributes
        assert not any(name.startswith("on") for name in attributes)
        reference = attributes.get("href", "")
        if tag == "a":
            assert reference.startswith("#") or (reference.startswith("https://") and attributes["rel"] == "noreferrer")
        elif tag == "link":
            assert reference == "data:,"
        else:
            assert reference == "" or reference.startswith("#i-")


def test_ids_are_unique_and_every_reference_has_its_target(example: Page) -> None:
    ids = Counter(attributes["id"] for _, attributes in example.tags if "id" in attributes)
    assert set(ids.values()) == {1}
    for _, attributes in example.tags:
        named = [*attributes.get("aria-labelledby", "").split(), *attributes.get("aria-describedby", "").split()]
        if attributes.get("href", "").startswith("#"):
            named.append(attributes["href"][1:])
        assert set(named) <= set(ids) | ({"users"} if "users" not in ids else set())


def test_it_says_everything_without_javascript() -> None:
    text = page().text()
    for sentence in (
        "1 of 4 administrators has no MFA",
        "Critical: The root user has credentials and no MFA device. The root user can do everything in the account",
        "Account 123456789012 · 2026-11-24 03:00 UTC",
        "1 No MFA 1 Exempt 1 Not required 1 MFA 2 Not an administrator",
        "What to do next Enable MFA for the root user",
        "Enrol an MFA device ada is an administrator",
        ADA.annotation,
        "Remove the user from the group ops",
        "Sign in as the root user and enrol an MFA device.",
        "grace arn:aws:iam::123456789012:user/ grace MFA inline policy everything of user",
        "breakglass 2027-01-31 in 68 days",
        "ExemptUsers breakglass@2027-01-31 not the default",
        "AdministratorDefinition FullAccess The users who count as administrators.",
    ):
        assert sentence in text


def test_counts_appear_once() -> None:
    many = audit(*(replace(ADA, user_id=str(number)) for number in range(7)), GRACE, root=True)
    text = page(many).text().partition(" How administrators get")[0]
    assert re.findall(r"\b7\b", text.replace("Enrol an MFA device 7 administrators", "")) == ["7", "7", "7"]
    assert text.count("7 of 8 administrators have no MFA") == 2  # title and headline
    assert "%" not in text


def test_a_user_with_sms_alone_is_amber_with_its_reason() -> None:
    found = page(audit(replace(GRACE, mfa_devices=(device(MfaType.SMS),)), root=True))
    assert "SMS only SMS codes can be intercepted, and IAM no longer offers SMS. Enrol another device." in found.text()
    assert "chip exempt" in {attributes.get("class") for attributes in found.all("span")}


def test_every_user_has_one_row_with_the_unique_id_in_its_link() -> None:
    rows = [attributes for attributes in page().all("tr") if "id" in attributes]
    assert [(row["id"], row["data-s"]) for row in rows] == [
        ("user-AIDAADAXXXXXXXXXXXXXX", "lacks"),
        ("user-AIDABREAKGLASSXXXXXXX", "exempt"),
        ("user-AIDAPIPELINEXXXXXXXXX", "not-asked"),
        ("user-AIDAGRACEXXXXXXXXXXXX", "has"),
        ("user-AIDAGUESTXXXXXXXXXXXX", "other"),
        ("user-AIDAREADERXXXXXXXXXXX", "other"),
    ]


@pytest.mark.parametrize(
    ("report", "headline"),
    [
        pytest.param(audit(GRACE, root=True), "The only administrator has MFA", id="one, in order"),
        pytest.param(audit(GRACE, replace(GRACE, user_id="2")), "All 2 administrators have MFA", id="all in order"),
        pytest.param(
            audit(GRACE, BREAKGLASS),
            "1 of 2 administrators has MFA; the others need none",
            id="one exempt",
        ),
        pytest.param(audit(ADA, replace(ADA, user_id="2")), "2 of 2 administrators have no MFA", id="two findings"),
        pytest.param(audit(READER), "None of 1 IAM user is an administrator", id="no administrators"),
        pytest.param(EXAMPLES["no account"], "No account could be audited", id="nothing read"),
    ],
)
def test_the_headline_is_the_answer(report: Report | Audit, headline: str) -> None:
    found = page(report)
    assert next(text for tag, text in found.texts if tag == "h1") == headline
    assert next(text for tag, text in found.texts if tag == "title").startswith(headline)


@pytest.mark.parametrize(
    ("audited", "good"),
    [
        pytest.param(audit(GRACE, root=True), True, id="all in order"),
        pytest.param(audit(GRACE), False, id="root lacks MFA"),
        pytest.param(audit(ADA, root=True), False, id="a user lacks MFA"),
        pytest.param(
            Report(audits=(audit(GRACE, root=True),), not_audited=(UNREAD,), organization=True),
            False,
            id="an account was not audited",
        ),
    ],
)
def test_it_is_green_only_if_everything_was_read_and_is_in_order(
    audited: Report | Audit,
    good: bool,  # noqa: FBT001
) -> None:
    (answer,) = [found["class"] for found in page(audited).all("section") if "answer" in found.get("class", "")]
    assert answer == f"answer {'good' if good else 'bad'}"


def test_what_changed_is_said() -> None:
    text = page(COMPARED).text()
    assert "Since 2026-10-01 06:30 UTC: 1 new, 2 fixed, 2 unchanged." in text
    assert "Fixed since 2026-10-01 06:30 UTC dorothy dorothy no longer exists. grace grace is" in text
    assert "ada new arn:aws:iam::123456789012:user/ ada" in text
    assert "barbara arn:aws:iam::123456789012:user/ barbara" in text


def test_an_organization_has_an_overview_and_only_administrators_in_the_table() -> None:
    found = page(ORGANIZATION)
    text = found.text()
    assert "6 of 7 accounts" in text
    assert "1 account could not be audited This report does not cover it." in text
    assert "999999999999 The role admin-mfa-audit cannot be assumed." in text
    assert "Not audited because the account is not active: 888888888888 ( old )." in text
    rows = [row for row in found.all("tr") if "id" in row]
    assert len(rows) == sum(4 + number for number in range(6))
    assert "other" not in {row["data-s"] for row in rows}


@pytest.mark.parametrize(
    ("until", "words"),
    [
        pytest.param(date(2026, 11, 24), "2026-11-24 ends today", id="today"),
        pytest.param(date(2026, 11, 25), "2026-11-25 in 1 day", id="tomorrow"),
        pytest.param(date(2026, 12, 8), "2026-12-08 in 14 days", id="soon"),
        pytest.param(date(2026, 12, 9), "2026-12-09 in 15 days", id="later"),
        pytest.param(None, "no end date", id="never"),
    ],
)
def test_exemptions_say_when_they_end(until: date | None, words: str) -> None:
    found = page(audit(replace(BREAKGLASS, exempt_until=until))).text()
    assert f"Last day breakglass {words} Scope and settings" in found
    soon = until is not None and until <= date(2026, 12, 8)
    assert ("Exemptions 1 exemption ends within 14 days. User" in found) is soon


def test_activity_is_marked_with_the_time_of_its_report() -> None:
    report = Activity(
        created_at=datetime(2026, 11, 24, 1, 30, tzinfo=UTC),
        users={ADA.arn: UserActivity(signed_in=date(2026, 11, 20))},
    )
    found = page(replace(audit(ADA, GRACE), activity=report, account_alias="example-corp")).text()
    assert "Account 123456789012 example-corp" in found
    assert found.count("last sign-in 2026-11-20") == 1
    assert "credential report of 2026-11-24 01:30 UTC" in found


def test_an_exemption_shows_its_owner_and_reason() -> None:
    found = page(audit(replace(BREAKGLASS, exempt_reason="ops, INC-7"))).text()
    assert "Last day Owner and reason breakglass 2027-01-31 in 68 days ops, INC-7 Scope" in found
    assert "until 2027-01-31, ops, INC-7" in found


@pytest.mark.parametrize("root", RootMfa)
def test_a_root_user_without_mfa_is_a_critical_banner(root: RootMfa) -> None:
    compliance = {RootMfa.ENABLED: Compliance.COMPLIANT, RootMfa.DISABLED: Compliance.NON_COMPLIANT}
    account = replace(
        EVERYONE.account, root_mfa=root, compliance=compliance.get(root, Compliance.NOT_APPLICABLE), annotation="Root."
    )
    found = page(replace(EVERYONE, account=account))
    critical = [attributes for attributes in found.all("p") if attributes.get("class") == "critical"]
    assert len(critical) == (root is RootMfa.DISABLED)
    assert "Root." in found.text()


@pytest.mark.parametrize(
    "name", [*HOSTILE, "</style><script>alert(1)</script>", "' onload=alert(1) x='", "\u05d0\u05d1\u05d2"]
)
def test_hostile_names_are_text(name: str) -> None:
    hostile = [
        verdict(
            name,
            user_id=name,
            arn=name,
            compliance=Compliance.NON_COMPLIANT,
            grants=(admin_grant(policy=name, via=f"group {name}"),),
            mfa_devices=(device(MfaType.SMS, name),),
            annotation=name,
        ),
        replace(BREAKGLASS, user_name=name, user_id=f"{name}2", grants=(admin_grant(policy=name, via="user"),)),
    ]
    plain = page(audit(replace(ADA, user_name="plain"), replace(BREAKGLASS, user_name="plain")))
    found = page(
        replace(audit(*hostile), warnings=(name,), parameters=(("ExemptUsers", name), *ONE.audits[0].parameters[1:]))
    )
    assert len(found.all("script")) == len(found.all("style")) == 1
    assert {tag for tag, _ in found.tags} == {tag for tag, _ in plain.tags}
    shown = " ".join(printable(name).split())
    assert found.text().count(shown) >= 10
    assert all(text.isprintable() for tag, text in found.texts if tag == "bdi")


def test_two_ids_that_look_alike_in_a_link_keep_apart() -> None:
    rows = [
        row["id"]
        for row in page(audit(replace(READER, user_id="a b"), replace(READER, user_id="a_b"))).all("tr")
        if "id" in row
    ]
    assert rows == ["user-a_b", "user-a_b-2"]


def test_an_exemption_that_ended_stands_in_the_row_in_the_cores_own_words() -> None:
    user = IamUser(
        user_name="ada",
        user_id="AIDAADA",
        arn="arn:aws:iam::123456789012:user/ada",
        attachments=(
            Attachment(policy=Policy(name="AdministratorAccess", arn="arn:aws:iam::aws:policy/AdministratorAccess")),
        ),
        mfa_devices_complete=True,
    )
    found = evaluate(user, parse_parameters({"ExemptUsers": "ada@2026-11-23"}), date(2026, 11, 24))
    assert isinstance(found, Verdict)
    assert "No MFA exemption ended on 2026-11-23 AdministratorAccess, attached directly" in page(audit(found)).text()


def test_an_administrator_who_was_not_asked_does_not_count_as_one_with_mfa() -> None:
    assert "1 Not required" in page(audit(PIPELINE)).text()
