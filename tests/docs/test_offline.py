"""docs/offline.md: both ways to collect lead to the verdicts of a live audit."""

import json
from pathlib import Path
from typing import Any

from demo.emulator import EmbeddedAws
from tests.docs.test_audit_by_hand import fill
from tests.support.doc_blocks import Block, assert_printed, blocks, run

DOCUMENT = "docs/offline.md"
LIVE = """\
admin-mfa audit --format json --output live.json
admin-mfa audit --from by-hand --format json --output by-hand.json
"""


def report(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    del found["evaluated_at"]
    return found


def test_both_ways_to_collect_lead_to_the_verdicts_of_a_live_audit(tmp_path: Path) -> None:
    wanted = blocks(DOCUMENT)
    live = Block(document=DOCUMENT, line=0, language="sh", text=LIVE, exit_code=1)
    with EmbeddedAws() as aws:
        fill(aws)
        outputs = run((*wanted, live), aws.environment, tmp_path)
    assert_printed(wanted, outputs[:-1])
    expected = report(tmp_path / "live.json")
    assert report(tmp_path / "by-hand.json") == expected
    assert report(tmp_path / "reports" / "admin-mfa.json") == expected
    assert (tmp_path / "answers").stat().st_mode & 0o077 == 0
