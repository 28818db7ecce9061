"""The threat model and the page about reliability speak of what there is."""

import json
import re

import pytest

from tests.support.tools import ROOT

DOCS = ("threat-model.md", "reliability.md")


@pytest.mark.parametrize("name", DOCS)
def test_commands_and_files_named_there_exist(name: str) -> None:
    text = (ROOT / "docs" / name).read_text()
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"`?make ([a-z-]+)", text))
    assert targets
    assert {target for target in targets if not re.search(rf"^{target}:", makefile, re.MULTILINE)} == set()
    paths = set(re.findall(r"tests/[\w/]+(?:\.py)?", text))
    assert {path for path in paths if not (ROOT / path).exists()} == set()


def test_tests_named_there_exist() -> None:
    """`file.py::test`, and `::test` for another test of the same file."""
    text = (ROOT / "docs" / "reliability.md").read_text()
    missing, path = [], ""
    for file, name in re.findall(r"`(tests/[\w/]+\.py)?(?:::(\w+))?`", text):
        path = file or path
        if name and f"def {name}(" not in (ROOT / path).read_text():
            missing.append(f"{path}::{name}")
    assert missing == []
    stories = (ROOT / "tests/remediation/scenarios.py").read_text()
    named = re.findall(r'stor(?:y|ies) "([^"]+)"(?: and "([^"]+)")?', text)
    assert len(named) >= 3
    assert [
        story for pair in named for story in pair if f"def {story.replace(' ', '_')}(" not in stories and story
    ] == []


def test_tags_and_roles_of_the_policy_stand_in_the_threat_model() -> None:
    text = (ROOT / "docs" / "threat-model.md").read_text()
    scp = json.loads((ROOT / "docs" / "scp-protect-rule.json").read_text())
    (tags,) = (
        s["Condition"]["ForAnyValue:StringEqualsIgnoreCase"]["aws:TagKeys"]
        for s in scp["Statement"]
        if "Exempts" in s["Sid"]
    )
    assert [tag for tag in tags if f"`{tag}`" not in text] == []
