"""docs/reports.md is so: every command of it is run, and its tables are the code's own. So are the generated pages."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from admin_mfa.findings.ocsf import VERSION
from admin_mfa.report import FORMATS
from admin_mfa.report.picture import ONE_BY_ONE
from demo.account import fill
from demo.emulator import EmbeddedAws
from tests.support.doc_blocks import ROOT, assert_printed, blocks, run

DOCUMENT = "docs/reports.md"
TEXT = (ROOT / DOCUMENT).read_text(encoding="utf-8")


def test_every_command_does_what_the_document_says(tmp_path: Path) -> None:
    wanted = blocks(DOCUMENT)
    with EmbeddedAws() as aws:
        fill(aws)
        aws.security_hub.enabled = True
        outputs = run(wanted, aws.environment, tmp_path)
    assert_printed(wanted, outputs)
    events = [json.loads(line) for line in (tmp_path / "events.ndjson").read_text(encoding="utf-8").splitlines()]
    assert {event["class_uid"] for event in events} == {2003}
    assert "<testsuites" in (tmp_path / "admin-mfa.xml").read_text(encoding="utf-8")


def test_the_page_about_frameworks_shows_where_a_report_lists_them(tmp_path: Path) -> None:
    wanted = blocks("docs/frameworks.md")
    with EmbeddedAws() as aws:
        fill(aws)
        outputs = run(wanted, aws.environment, tmp_path)
    assert_printed(wanted, outputs)


def test_every_format_is_listed_with_its_ending() -> None:
    listed = re.findall(r"^\| `(\w+)` \| [^|]+ \| `(\.[\w.]+)` \|$", TEXT, re.MULTILINE)
    assert sorted(listed) == sorted((row.name, row.suffix) for row in FORMATS.values())
    assert f"One audit, {'nine' if len(FORMATS) == 9 else len(FORMATS)} formats." in TEXT


@pytest.mark.parametrize(
    "claim",
    [
        pytest.param(f"Open Cybersecurity Schema Framework {VERSION}.", id="version of OCSF"),
        pytest.param(f"Up to {ONE_BY_ONE} administrators are drawn one by", id="people drawn one by one"),
    ],
)
def test_numbers_are_those_of_the_code(claim: str) -> None:
    assert claim in TEXT


def test_the_generated_pages_are_what_the_code_says() -> None:
    found = subprocess.run(
        [sys.executable, ROOT / "scripts" / "reference.py", "--check"], capture_output=True, text=True, check=False
    )
    assert (found.returncode, found.stderr) == (0, "")


def test_pictures_are_small_and_each_is_shown_somewhere() -> None:
    shown = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "README.md", ROOT / DOCUMENT))
    pictures = sorted((ROOT / "docs" / "images").glob("report*.png"))
    assert pictures != []
    for picture in pictures:
        assert picture.stat().st_size < 300_000
        assert f"images/{picture.name}" in shown
