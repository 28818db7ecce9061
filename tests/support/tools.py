"""Find the tools that tests need: a missing tool skips a test locally and fails it in CI."""

import os
import re
import shutil
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import NoReturn

import pytest

ROOT = Path(__file__).resolve().parents[2]


def require_tool(name: str, why: str) -> Path:
    """Return the path of the program `name`, from this environment or else from PATH.

    Args:
        name: The command, such as `chromium`.
        why: The purpose in the test: "shows the report as a browser does".
    """
    here = Path(sys.executable).parent
    found = shutil.which(name, path=os.pathsep.join([str(here), os.environ.get("PATH", "")]))
    if found is None:
        _missing(f"{name} is not installed; this test {why}")
    return Path(found)


def require_node_package(name: str, why: str) -> Path:
    """Return the folder of the npm package `name`, which `make npm` installs from package-lock.json."""
    require_tool("node", why)
    folder = ROOT / "node_modules" / name
    if not (folder / "package.json").is_file():
        _missing(f"the npm package {name} is not installed (make npm); this test {why}")
    return folder


def require_ministack(why: str) -> Path:
    """Return the emulator that enforces IAM, which `make ministack` installs in a separate environment."""
    program = ROOT / ".venv-ministack" / "bin" / "ministack"
    if not program.is_file():
        _missing(f"ministack is not installed (make ministack); this test {why}")
    return program


def left_out(reasons: Iterable[str]) -> list[str]:
    """Return one line for each missing tool, with the number of tests that were skipped."""
    tools = Counter(found[1] for reason in reasons if (found := re.search(r"(\S+) is not installed", reason)))
    return [f"{count} tests were skipped because {tool} is not installed." for tool, count in sorted(tools.items())]


def _missing(reason: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}. In CI every test runs.", pytrace=False)
    pytest.skip(reason)
