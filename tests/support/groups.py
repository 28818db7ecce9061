"""Tests that share a costly fixture run on one worker: those of a file, or those that a mark names.

pytest-xdist 3.8 hands a test's group on in the test's id, which pytest 9.2 does not let it change any more; so
`--dist loadgroup` would spread every group over all workers. Here the marks are read from the files instead.
"""

import re
from functools import cache
from typing import Any

from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from tests.support.tools import ROOT

_OF_FILE = re.compile(r'^pytestmark = pytest\.mark\.xdist_group\("([^"]+)"\)$', re.MULTILINE)
_OF_TEST = re.compile(r'^@pytest\.mark\.xdist_group\("([^"]+)"\)\n(?:[@ )].*\n)*def (\w+)\(', re.MULTILINE)


@cache
def groups(file: str) -> dict[str, str]:
    """The groups of a file's tests by the name of the test; of all of them under the empty name."""
    text = (ROOT / file).read_text(encoding="utf-8") if file.endswith(".py") else ""
    of_file = {"": found[1]} if (found := _OF_FILE.search(text)) else {}
    return of_file | {name: group for group, name in _OF_TEST.findall(text)}


def group_of(test: str) -> str:
    """The group of a test by its id; without one the test is a group of its own."""
    file, _, name = test.partition("::")
    found = groups(file)
    return found.get(name.partition("[")[0], found.get("", test))


class ByGroup(LoadScopeScheduling):  # type: ignore[misc]
    """Gives each worker whole groups."""

    def _split_scope(self, nodeid: str) -> Any:
        return group_of(nodeid)
