"""The table: worst first, whole at every width, and harmless whatever it shows."""

import re
from textwrap import dedent

import pytest
from rich.cells import cell_len

from admin_mfa.model import Compliance, MfaType
from admin_mfa.report import FORMATS, RenderOptions, Report
from tests.support.values import admin_grant

from .audits import ADA, BREAKGLASS, EVERYONE, GRACE, HOSTILE, READER, audit, device, verdict


def text(audited: object = EVERYONE, **look: object) -> str:
    return FORMATS["table"].render(Report.of(audited), RenderOptions(**look))  # type: ignore[arg-type]


def test_the_worst_come_first_then_the_exempt_and_the_last_line_is_the_answer() -> None:
    assert text() == dedent("""\
        Account 123456789012 (aws), 2026-11-24 03:00 UTC
          ExemptUsers=breakglass@2027-01-31

        USER          WHY AN ADMINISTRATOR               MFA       VERDICT
        ada           AdministratorAccess via group ops  none      NON_COMPLIANT
        breakglass    AdministratorAccess via group ops  -         COMPLIANT
                                                                   (exempt)
        grace         inline policy everything of user   virtual   COMPLIANT
                      AdministratorAccess via group ops  fido
        pipeline      AdministratorAccess via group ops  -         COMPLIANT

        - ada is an administrator (AdministratorAccess via group ops) and has no MFA
          device.
        - breakglass is an administrator (AdministratorAccess via group ops) and exempt
          from MFA until 2027-01-31.
        - pipeline is an administrator (AdministratorAccess via group ops) and has no
          console password; only console users were asked for an MFA device.

        Root user: NON_COMPLIANT. The root user has credentials and no MFA device.
        2 users are no administrators; --all lists them too.
        1 of 4 administrators lacks an MFA device that satisfies the rule; root user has
        no MFA.
        """)


def test_all_lists_those_who_are_no_administrators_too() -> None:
    lines = text(everyone=True).splitlines()
    assert lines[9:12] == [
        "pipeline      AdministratorAccess via group ops  -         COMPLIANT",
        "guest         -                                  -         NOT_APPLICABLE",
        "Reader        -                                  virtual   COMPLIANT",
    ]
    assert not any("--all" in line for line in lines)


def test_a_narrow_terminal_gets_a_list() -> None:
    assert text(audit(ADA, GRACE), width=40) == dedent("""\
        Account 123456789012 (aws), 2026-11-24
        03:00 UTC

        ada
          NON_COMPLIANT
          AdministratorAccess via group ops
          MFA: none
        grace
          COMPLIANT
          inline policy everything of user
          AdministratorAccess via group ops
          MFA: virtual, fido

        - ada is an administrator
          (AdministratorAccess via group ops)
          and has no MFA device.

        Root user: NON_COMPLIANT. The root user
        has credentials and no MFA device.
        1 of 2 administrators lacks an MFA
        device that satisfies the rule; root
        user has no MFA.
        """)


@pytest.mark.parametrize(
    ("audited", "ending"),
    [
        pytest.param(
            audit(root=True),
            "Root user: COMPLIANT. The root user has an MFA device.\n"
            "The account has no IAM users.\n"
            "No administrators among 0 users; root user has MFA.\n",
            id="account without users",
        ),
        pytest.param(
            audit(READER, root=True),
            "Root user: COMPLIANT. The root user has an MFA device.\n"
            "1 user is no administrator; --all lists them too.\n"
            "No administrators among 1 user; root user has MFA.\n",
            id="no administrators",
        ),
        pytest.param(
            audit(GRACE, root=True),
            "Root user: COMPLIANT. The root user has an MFA device.\n"
            "1 administrator, every one compliant; root user has MFA.\n",
            id="all compliant",
        ),
        pytest.param(
            audit(ADA, BREAKGLASS, verdict("b", compliance=Compliance.NON_COMPLIANT, grants=ADA.grants), root=True),
            "2 of 3 administrators lack an MFA device that satisfies the rule; root user has\nMFA.\n",
            id="two findings",
        ),
    ],
)
def test_the_end_answers_in_one_line(audited: object, ending: str) -> None:
    assert text(audited).endswith(ending)


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
    assert {sign: rendered.count(sign) for sign in "#%$&"} == {"#": 64, "%": 128, "$": 128, "&": 256}


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
