"""The contract and the emulator agree: nothing is refused without a row, and no row names what does not exist."""

import ast
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlparse

import pytest

from demo.emulator.contract import CONTRACT, Assumption, Status, contract_markdown
from tests.support.tools import ROOT

EMULATOR = ROOT / "demo" / "emulator"
REFUSALS = ("AwsError", "_invalid", "_no_remediation", "error_for")
"""What the emulator raises at a caller; its other errors are about its own use."""


def _functions(node: ast.AST, prefix: str = "") -> Iterator[tuple[str, ast.FunctionDef]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.ClassDef):
            name = f"{prefix}.{child.name}"
            if isinstance(child, ast.FunctionDef):
                yield name, child
            yield from _functions(child, name)


def functions(file: Path) -> dict[str, ast.FunctionDef]:
    """Return the functions of a module of the emulator, by module and name."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return dict(_functions(tree, file.stem))


def _refuses(function: ast.FunctionDef) -> bool:
    raised = (node.exc for node in ast.walk(function) if isinstance(node, ast.Raise))
    calls = (exc.func for exc in raised if isinstance(exc, ast.Call))
    return any(isinstance(func, ast.Name) and func.id in REFUSALS for func in calls)


ALL = {name: function for file in EMULATOR.glob("*.py") for name, function in functions(file).items()}
REFUSING = {name for name, function in ALL.items() if _refuses(function)}


def test_whatever_the_emulator_refuses_has_a_row() -> None:
    assert len(REFUSING) > 40
    assert REFUSING - {name for row in CONTRACT for name in row.emulator} == set()


@pytest.mark.parametrize("row", CONTRACT, ids=lambda row: row.id)
def test_a_row_names_what_exists(row: Assumption) -> None:
    assert set(row.emulator) <= set(ALL)
    assert urlparse(row.source).scheme == "https"
    assert row.text.endswith(".")
    assert row.meaning.endswith(".")
    if row.test:
        file, _, name = row.test.partition("::")
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert row.test or not row.emulator, "what the emulator refuses has a test"


def test_ids_are_distinct_and_every_status_is_used() -> None:
    assert len({row.id for row in CONTRACT}) == len(CONTRACT)
    assert {row.status for row in CONTRACT} == set(Status)


def test_the_page_has_every_row() -> None:
    page = contract_markdown()
    assert [row.id for row in CONTRACT if f"| `{row.id}` |" not in page] == []
