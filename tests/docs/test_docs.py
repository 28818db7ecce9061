"""The documents hang together: commands are run, links lead somewhere, decisions are listed."""

import re
from pathlib import Path

import pytest

from tests.support.doc_blocks import COMMANDS, EXECUTED, NOT_EXECUTED, ROOT, all_blocks, documents

LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|^\[[^\]]+\]: (\S+)$|!\[[^\]]*\]\(([^)\s]+)\)", re.MULTILINE)
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
RECORDS = sorted((ROOT / "docs" / "adr").glob("*.md"))
PARTS = ("**Context.** ", "**Decision.** ", "**Consequences.** ")


def prose(document: str) -> str:
    """A document without its fenced blocks."""
    return FENCED.sub("", (ROOT / document).read_text(encoding="utf-8"))


def anchors(document: str) -> set[str]:
    """The anchors that GitHub gives to headings."""
    words = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in HEADING.findall(prose(document)))
    return {heading.strip().replace(" ", "-") for heading in words}


@pytest.mark.parametrize("document", documents())
def test_every_command_is_run_by_a_test_or_listed_with_a_reason(document: str) -> None:
    for block in all_blocks(document):
        if block.language in COMMANDS and (document, block.text) not in NOT_EXECUTED:
            assert block.language == "sh", f"{block} is a block of {block.language}, which no test can run"
            assert document in EXECUTED, f"{block} is run by no test: see EXECUTED in tests/support/doc_blocks.py"


def test_the_tests_that_run_documents_name_them() -> None:
    for document, test in EXECUTED.items():
        assert f'"{document}"' in (ROOT / test).read_text(encoding="utf-8")


def test_what_is_not_run_is_there_and_has_a_reason() -> None:
    present = {(document, block.text) for document in documents() for block in all_blocks(document)}
    assert {key for key, reason in NOT_EXECUTED.items() if reason} <= present


@pytest.mark.parametrize("document", documents())
def test_every_link_leads_somewhere(document: str) -> None:
    for found in LINK.findall(prose(document)):
        target = next(filter(None, found))
        if re.match(r"[a-z]+:", target):
            assert target.startswith("https://"), target
            continue
        path, _, anchor = target.partition("#")
        file = (ROOT / document).parent / path if path else ROOT / document
        assert file.exists(), f"{document} links to {target}"
        if anchor:
            assert anchor in anchors(str(file.resolve().relative_to(ROOT))), f"{document} links to {target}"


def test_the_index_lists_every_decision_by_its_title_and_in_order() -> None:
    listed = re.findall(r"^(\d+)\. \[(.+)\]\(adr/(\S+)\)$", prose("docs/README.md"), re.MULTILINE)
    titles = [record.read_text(encoding="utf-8").splitlines()[0] for record in RECORDS]
    assert [(f"# {number}. {title}", name) for number, title, name in listed] == [
        (title, record.name) for title, record in zip(titles, RECORDS, strict=True)
    ]


@pytest.mark.parametrize("record", [pytest.param(record, id=record.stem) for record in RECORDS])
def test_a_decision_has_its_number_and_all_three_parts_and_is_short(record: Path) -> None:
    text = record.read_text(encoding="utf-8")
    assert text.startswith(f"# {int(record.name[:4])}. ")
    assert [part for part in text.splitlines() if part.startswith("**")] == [
        next(line for line in text.splitlines() if line.startswith(part)) for part in PARTS
    ]
    assert len(text.splitlines()) <= 30
