"""Each notice as its reader sees it, in tests/followup/notices/. `ADMIN_MFA_WRITE_NOTICES=1` writes them anew."""

import os
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from admin_mfa.followup.case import Case, case_of
from admin_mfa.followup.finding import Notice
from admin_mfa.followup.notices import MAX_SUBJECT, SEVERITY, Text, write
from admin_mfa.model import Compliance, MfaType, Verdict
from admin_mfa.parameters import Parameters, TagFilter
from tests.support.values import admin_grant

FOLDER = Path(__file__).parent / "notices"

ADA = Case(
    account_id="123456789012",
    partition="aws",
    rule_name="iam-admin-user-mfa-enabled",
    user_name="ada",
    user_id="AIDACKCEVSQ6C2EXAMPLE",
    annotation="ada is an administrator (AdministratorAccess via group ops) and has no MFA device.",
    grants=("AdministratorAccess via group ops", "inline policy deploy of user"),
    found_at=datetime(2026, 11, 24, 7, 0, tzinfo=UTC),
    help="Write to security@example.com; exemptions: ask there as well.",
)
ENFORCED_UPON = replace(ADA, enforcement_begins=datetime(2026, 12, 8, 7, 0, tzinfo=UTC))
ROOT = Case(
    account_id="123456789012",
    partition="aws",
    user_name="root",
    annotation="The root user has credentials and no MFA device.",
)

CASES = {
    "found": (Notice.FOUND, ADA),
    "found, enforcement ahead": (Notice.FOUND, ENFORCED_UPON),
    "found, grace continues": (Notice.FOUND, replace(ENFORCED_UPON, grace_continues=True)),
    "found, user spared": (Notice.FOUND, replace(ADA, spared="the user has no console password")),
    "found, virtual devices with a tag only": (
        Notice.FOUND,
        replace(ADA, allowed_mfa_types=frozenset((MfaType.VIRTUAL,)), managed_device_tag=TagFilter(key="Managed")),
    ),
    "found, security keys only, in China": (
        Notice.FOUND,
        replace(ADA, partition="aws-cn", allowed_mfa_types=frozenset((MfaType.FIDO,))),
    ),
    "reminder": (Notice.REMINDER, ADA),
    "final": (Notice.FINAL, ENFORCED_UPON),
    "enforced": (Notice.ENFORCED, ADA),
    "released": (Notice.RELEASED, ADA),
    "root": (Notice.ROOT, ROOT),
    "exception": (Notice.EXCEPTION, replace(ADA, reason="Remediation failed 5 times.")),
    "device removed": (
        Notice.DEVICE_REMOVED,
        replace(ADA, device="arn:aws:iam::123456789012:mfa/ada", reason="lost phone, ticket 42"),
    ),
}


@pytest.fixture(params=[pytest.param(case, id=name) for name, case in CASES.items()])
def text(request: pytest.FixtureRequest) -> Text:
    return write(*request.param)


@pytest.mark.parametrize("name", CASES)
def test_notice_reads_as_it_was_approved(name: str) -> None:
    written = write(*CASES[name])
    shown = f"Subject: {written.subject}\n\n{written.body}"
    path = FOLDER / f"{name.replace(', ', '-').replace(' ', '-')}.txt"
    if os.environ.get("ADMIN_MFA_WRITE_NOTICES"):
        path.write_text(shown, encoding="utf-8")
    assert shown == path.read_text(encoding="utf-8")


def test_every_kind_of_notice_was_approved_and_no_other_text_is_left_over() -> None:
    assert {notice for notice, _ in CASES.values()} == set(Notice) == set(SEVERITY)
    assert len(list(FOLDER.iterdir())) == len(CASES)


def test_lines_fit_a_mail(text: Text) -> None:
    assert all(len(line) <= 76 for line in text.body.splitlines())
    assert text.body.isascii()


@pytest.mark.parametrize("notice", Notice)
def test_subject_fits_with_the_longest_name_that_iam_allows(notice: Notice) -> None:
    subject = write(notice, replace(ADA, user_name="x" * 64)).subject
    assert len(subject) <= MAX_SUBJECT
    assert re.fullmatch(r"[A-Za-z][\x20-\x7e]*", subject)


def test_machines_get_the_same_facts() -> None:
    assert write(Notice.FOUND, ENFORCED_UPON).data == {
        "schema_version": 1,
        "event": "found",
        "severity": "HIGH",
        "account_id": "123456789012",
        "rule": "iam-admin-user-mfa-enabled",
        "user_name": "ada",
        "user_id": "AIDACKCEVSQ6C2EXAMPLE",
        "annotation": "ada is an administrator (AdministratorAccess via group ops) and has no MFA device.",
        "grants": ["AdministratorAccess via group ops", "inline policy deploy of user"],
        "found_at": "2026-11-24T07:00:00Z",
        "enforcement_begins": "2026-12-08T07:00:00Z",
        "device": None,
        "reason": None,
    }


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        pytest.param("lost phone, ticket 42", "lost phone, ticket 42", id="as an operator writes it"),
        pytest.param("see https://example.net/a?b#c now", "see (link removed) now", id="link"),
        pytest.param("sign in at Example.NET/login", "sign in at (link removed)", id="host name"),
        pytest.param("mail ada@example.com", "mail ada@(link removed)", id="address"),
        pytest.param("a\u202eb\u200bc", "a b c", id="what does not show"),
        pytest.param("x" * 500, "x" * 197 + "...", id="too long"),
        pytest.param("version 1.2.3, e.g. today", "version 1.2.3, e.g. today", id="full stops that are no host"),
    ],
)
def test_a_reason_is_short_and_without_links(reason: str, expected: str) -> None:
    text = write(Notice.DEVICE_REMOVED, replace(ADA, device="GAKT12345678", reason=reason))
    assert text.data["reason"] == expected
    assert expected.split(" ", maxsplit=1)[0] in text.body


def test_case_takes_its_facts_from_the_verdict_and_its_advice_from_the_rule() -> None:
    verdict = Verdict(
        user_name="ada",
        user_id="AIDACKCEVSQ6C2EXAMPLE",
        arn="arn:aws:iam::123456789012:user/ada",
        compliance=Compliance.NON_COMPLIANT,
        annotation="ada is an administrator.",
        grants=(admin_grant(policy="AdministratorAccess", via="group ops"),),
    )
    parameters = Parameters(
        allowed_mfa_types=frozenset((MfaType.VIRTUAL,)), managed_device_tag=TagFilter(key="Managed", value="yes")
    )
    assert case_of(verdict, parameters, account_id="123456789012", partition="aws") == Case(
        account_id="123456789012",
        partition="aws",
        user_name="ada",
        user_id="AIDACKCEVSQ6C2EXAMPLE",
        annotation="ada is an administrator.",
        grants=("AdministratorAccess via group ops",),
        allowed_mfa_types=frozenset((MfaType.VIRTUAL,)),
        managed_device_tag=TagFilter(key="Managed", value="yes"),
        verdict=verdict,
        parameters=parameters,
    )
