"""Run tests that share an expensive fixture on one worker: the tests of a file, or those with the same mark.

pytest-xdist 3.8 appends a test's group to its id, which pytest 9.2 no longer allows, so `--dist loadgroup` would spread
every group over all workers. This module reads the marks from the files instead.
"""

import ast
from functools import cache
from typing import Any

from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from tests.support.tools import ROOT


@cache
def groups(file: str) -> dict[str, str]:
    """Return the groups in a file by test name; the empty name applies to all its tests."""
    text = (ROOT / file).read_text(encoding="utf-8") if file.endswith(".py") else ""
    found: dict[str, str] = {}
    for node in ast.parse(text).body if "xdist_group" in text else ():
        match node:
            case ast.FunctionDef(name=name, decorator_list=marks):
                found.update((name, group) for mark in marks for group in _named(mark))
            case ast.Assign(targets=[ast.Name(id="pytestmark")], value=marks):
                found.update(("", group) for group in _named(marks))
    return found


def _named(marks: ast.expr) -> list[str]:
    """Return the groups in a mark or a list of marks."""
    return [
        str(group.value)
        for call in ast.walk(marks)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "xdist_group"
        for group in call.args
        if isinstance(group, ast.Constant)
    ]


def group_of(test: str) -> str:
    """Return the group of a test by its id; a test without a mark is its own group."""
    file, _, name = test.partition("::")
    found = groups(file)
    return found.get(name.partition("[")[0], found.get("", test))


class ByGroup(LoadScopeScheduling):  # type: ignore[misc]
    """Assigns whole groups to workers."""

    def _split_scope(self, nodeid: str) -> Any:
        return group_of(nodeid)
