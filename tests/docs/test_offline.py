"""docs/offline.md: both ways to collect lead to the verdicts of a live audit."""

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from admin_mfa.cli import app
from demo.emulator import EmbeddedAws, in_environment
from tests.docs.test_audit_by_hand import fill
from tests.support.doc_blocks import assert_printed, blocks, run

DOCUMENT = "docs/offline.md"


def report(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)
    del found["evaluated_at"]
    return found


def audit(*arguments: str) -> dict[str, Any]:
    return report(CliRunner().invoke(app, ["audit", "--format", "json", *arguments]).stdout)


def test_both_ways_to_collect_lead_to_the_verdicts_of_a_live_audit(tmp_path: Path) -> None:
    wanted = blocks(DOCUMENT)
    with EmbeddedAws() as aws:
        fill(aws)
        outputs = run(wanted, aws.environment, tmp_path)
        with in_environment(aws.environment):
            expected = audit()
    assert_printed(wanted, outputs)
    assert audit("--from", str(tmp_path / "by-hand")) == expected
    assert report((tmp_path / "reports" / "admin-mfa.json").read_text(encoding="utf-8")) == expected
    assert (tmp_path / "answers").stat().st_mode & 0o077 == 0
