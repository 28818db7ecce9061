"""Tests that share a costly fixture run on one worker: those of a file, or those that a mark names.

pytest-xdist 3.8 hands a test's group on in the test's id, which pytest 9.2 does not let it change any more; so
`--dist loadgroup` would spread every group over all workers. Here the marks are read from the files instead.
"""

import ast
from functools import cache
from typing import Any

from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from tests.support.tools import ROOT


@cache
def groups(file: str) -> dict[str, str]:
    """The groups of a file's tests by the name of the test; of all of them under the empty name."""
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
    """The groups that a mark, or a list of marks, names."""
    return [
        str(group.value)
        for call in ast.walk(marks)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "xdist_group"
        for group in call.args
        if isinstance(group, ast.Constant)
    ]


def group_of(test: str) -> str:
    """The group of a test by its id; without one the test is a group of its own."""
    file, _, name = test.partition("::")
    found = groups(file)
    return found.get(name.partition("[")[0], found.get("", test))


class ByGroup(LoadScopeScheduling):  # type: ignore[misc]
    """Gives each worker whole groups."""

    def _split_scope(self, nodeid: str) -> Any:
        return group_of(nodeid)
