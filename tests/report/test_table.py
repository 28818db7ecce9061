"""The table: worst first, whole at every width, and harmless whatever it shows."""

import re
from dataclasses import replace
from datetime import date
from textwrap import dedent

import pytest
from rich.cells import cell_len

from admin_mfa.model import Compliance, MfaType
from admin_mfa.report import FORMATS, RenderOptions, Report
from tests.support.values import admin_grant

from .audits import ADA, BREAKGLASS, EVERYONE, GRACE, HOSTILE, READER, audit, device, verdict


def text(audited: object = EVERYONE, **look: object) -> str:
    return FORMATS["table"].render(Report.of(audited), RenderOptions(**look))  # type: ignore[arg-type]


def test_the_result_and_root_come_first_then_the_worst_then_what_to_do() -> None:
    assert text() == dedent("""\
        Account 123456789012 (aws), 2026-11-24 03:00 UTC
          ExemptUsers=breakglass@2027-01-31

        1 of 4 administrators lacks the required MFA; root user has no MFA.
        Root user: NON_COMPLIANT. The root user has credentials and no MFA device.

        USER          WHY AN ADMINISTRATOR               MFA       VERDICT
        ada           AdministratorAccess via group ops  none      NON_COMPLIANT
        breakglass    AdministratorAccess via group ops  -         COMPLIANT
                                                                   (exempt)
        grace         inline policy everything of user   virtual   COMPLIANT
                      AdministratorAccess via group ops  fido
        pipeline      AdministratorAccess via group ops  -         COMPLIANT

        - breakglass is an administrator (AdministratorAccess via group ops) and exempt
          from MFA until 2027-01-31.
        - pipeline is an administrator (AdministratorAccess via group ops) and has no
          console password; only console access was evaluated.

        2 users are not administrators (use --all to list them).

        Next steps
        1) Enable MFA for the root user. Sign in as the root user and enrol an MFA
           device.
        2) Enrol an MFA device (ada). The user can do this in the console, under
           Security credentials.
        """)


@pytest.mark.parametrize(("day", "listed"), [(date(2026, 12, 8), True), (date(2026, 12, 9), False)])
def test_exemptions_that_end_within_two_weeks_are_listed(day: date, *, listed: bool) -> None:
    ending = audit(replace(BREAKGLASS, exempt_until=day, exempt_reason="ops"), root=True)
    for name in ("table", "markdown"):
        found = FORMATS[name].render(Report.of(ending), RenderOptions(width=100)).replace("&#45;", "-")
        sentence = "Exemptions that end within 14 days: breakglass (2026-12-08, ops)."
        assert (sentence in " ".join(found.split())) is listed


def test_all_lists_users_who_are_not_administrators_too() -> None:
    lines = text(everyone=True).splitlines()
    assert lines[12:15] == [
        "pipeline      AdministratorAccess via group ops  -         COMPLIANT",
        "guest         -                                  -         NOT_APPLICABLE",
        "Reader        -                                  virtual   COMPLIANT",
    ]
    assert not any("--all" in line for line in lines)


def test_a_narrow_terminal_gets_a_list() -> None:
    assert text(audit(ADA, GRACE, root=True), width=40) == dedent("""\
        Account 123456789012 (aws), 2026-11-24
        03:00 UTC

        1 of 2 administrators lacks the required
        MFA; root user has MFA.
        Root user: COMPLIANT. The root user has
        an MFA device.

        ada
          NON_COMPLIANT
          AdministratorAccess via group ops
          MFA: none
        grace
          COMPLIANT
          inline policy everything of user
          AdministratorAccess via group ops
          MFA: virtual, fido


        Next steps
        1) Enrol an MFA device (ada). The user
           can do this in the console, under
           Security credentials.
        """)


@pytest.mark.parametrize(
    ("audited", "result"),
    [
        pytest.param(
            audit(root=True), "None of 0 users is an administrator; root user has MFA.", id="account without users"
        ),
        pytest.param(
            audit(READER, root=True), "None of 1 user is an administrator; root user has MFA.", id="no administrators"
        ),
        pytest.param(audit(GRACE, root=True), "1 administrator, all compliant; root user has MFA.", id="all compliant"),
        pytest.param(
            audit(ADA, BREAKGLASS, verdict("b", compliance=Compliance.NON_COMPLIANT, grants=ADA.grants), root=True),
            "2 of 3 administrators lack the required MFA; root user has MFA.",
            id="two findings",
        ),
    ],
)
def test_the_result_is_one_line(audited: object, result: str) -> None:
    lines = text(audited).splitlines()
    assert lines[2:4] == [result, "Root user: COMPLIANT. The root user has an MFA device."]
    assert ("The account has no IAM users." in lines) is ("0 users" in result)
    assert ("1 user is not an administrator (use --all to list them)." in lines) is ("1 user" in result)


LONG = verdict(
    "#" * 64,
    compliance=Compliance.NON_COMPLIANT,
    grants=(admin_grant(policy="%" * 128, via="group " + "$" * 128), *ADA.grants),
    mfa_devices=(device(MfaType.HARDWARE), device(MfaType.SMS), device(MfaType.OTHER)),
    annotation="&" * 256,
)


@pytest.mark.parametrize("width", [20, 40, 59, 60, 80, 120, 200])
def test_no_line_is_wider_than_the_terminal_and_no_name_is_cut(width: int) -> None:
    rendered = text(audit(LONG, *EVERYONE.verdicts), width=width, everyone=True)
    assert max(cell_len(line) for line in rendered.splitlines()) <= width
    assert not re.search(r"[ \t]+$", rendered, re.MULTILINE)
    assert {sign: rendered.count(sign) for sign in "#%$&"} == {"#": 128, "%": 128, "$": 128, "&": 256}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("width", [40, 80])
def test_hostile_names_are_shown_and_not_obeyed(name: str, width: int) -> None:
    hostile = verdict(
        name, compliance=Compliance.NON_COMPLIANT, grants=(admin_grant(policy=name, via="user"),), annotation=name
    )
    rendered = text(audit(hostile), width=width)
    assert all(line.isprintable() for line in rendered.splitlines())
    assert max(cell_len(line) for line in rendered.splitlines()) <= width


def test_colour_repeats_what_words_say() -> None:
    coloured = text(colour=True)
    assert "\x1b[1;31mNON_COMPLIANT\x1b[0m" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured).split() == text().split()
    assert "\x1b" not in text()


def test_the_environment_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = text()
    for name, value in {"FORCE_COLOR": "1", "COLUMNS": "33", "TTY_COMPATIBLE": "1", "TERM": "xterm"}.items():
        monkeypatch.setenv(name, value)
    assert text() == plain
