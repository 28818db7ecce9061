"""The figures of docs/performance.md that do not depend on the machine are measured again."""

import json
import re

import pytest

from tests.doc_blocks import ROOT, blocks, run

DOCUMENT = "docs/performance.md"


def number(text: str) -> int:
    return int(text.replace(",", ""))


@pytest.mark.xdist_group("organization")
def test_an_organization_takes_the_calls_and_no_more_memory_than_stated() -> None:
    environment = {"PYTHONPATH": str(ROOT)}
    (output,) = run(blocks(DOCUMENT), environment, ROOT)
    measured = json.loads(output)
    row = re.compile(r"^\| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \| [\d,]+ \| ([\d,]+) \| [\d,]+ \|$", re.MULTILINE)
    rows = [tuple(map(number, found)) for found in row.findall((ROOT / DOCUMENT).read_text(encoding="utf-8"))]
    (stated,) = [found for found in rows if found[0] == measured["accounts"]]
    assert (measured["users"], measured["calls"]) == stated[1:3]
    assert measured["peak_memory_mb"] < stated[3] * 1.5
    # Six calls an account, five for the caller's own, who is asked for and lists the accounts in pages of 100.
    for accounts, _, calls, _ in rows:
        assert calls == accounts * 6 + 4 + 1 + -(-(accounts + 1) // 100)
