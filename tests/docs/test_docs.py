"""The documents hang together: commands are run, links lead somewhere, decisions are listed."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.support.doc_blocks import COMMANDS, EXECUTED, NOT_EXECUTED, PROGRAMS, ROOT, all_blocks, documents

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
            assert block.language == "sh" or (document, block.language) in PROGRAMS, (
                f"{block} is a block of {block.language}, which no test can run"
            )
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


# The plan in docs/README.md

PLAN = prose("docs/README.md").partition("## Where everything is\n")[2].partition("\n## ")[0]
ROOMS_OF_THEIR_OWN = {
    "deploy": "template.yaml and what it deploys",
    "docs": "the documents",
    "events": "recorded events, which several tests read",
    "project": "what builds and locks the project",
    "security": "claims about security, across all folders",
    "support": "what tests share",
}
"""Folders of tests that mirror no folder of the source, and what they are about."""


def tracked_folders(below: Path) -> set[str]:
    """The folders right below another one that git knows; `.ci` and the like are not for readers."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=below, capture_output=True, text=True, check=True).stdout
    return {name.split("/", 1)[0] for name in listed.split("\0") if "/" in name and not name.startswith(".")}


def test_the_plan_is_half_a_page() -> None:
    assert 20 <= len(PLAN.strip().splitlines()) <= 30


def test_the_plan_describes_every_folder_in_a_sentence() -> None:
    described = re.findall(r"^- `([a-z]+)/` .+\.$", PLAN, re.MULTILINE)
    assert described == sorted(tracked_folders(ROOT))


def test_the_plan_describes_the_layers_that_the_linter_enforces() -> None:
    linter = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    (layers,) = (contract["layers"] for contract in linter["contracts"] if contract["id"] == "layers")
    described = re.findall(r"^(\d+)\. ((?:`\w+`(?:, )?)+): .+\.$", PLAN, re.MULTILINE)
    assert [(int(number), re.findall(r"\w+", names)) for number, names in described] == [
        (number, re.findall(r"\w+", layer)) for number, layer in enumerate(layers, 1)
    ]
    assert len(layers) == 9


def test_tests_mirror_the_source() -> None:
    mirrored = tracked_folders(ROOT / "src" / "admin_mfa") | tracked_folders(ROOT)
    assert tracked_folders(ROOT / "tests") - mirrored == ROOMS_OF_THEIR_OWN.keys() - mirrored
    modules = {path.stem for path in (ROOT / "src" / "admin_mfa").glob("*.py")}
    assert {path.stem.removeprefix("test_") for path in (ROOT / "tests").glob("test_*.py")} - modules == {"cases"}
