"""Run the demonstration once, for all tests that compare its output."""

import re
import subprocess
import sys
import tempfile
from functools import cache

from tests.support.tools import ROOT


@cache
def demo_output() -> subprocess.CompletedProcess[str]:
    """Run the demonstration with only the path of the clone in its environment."""
    with tempfile.TemporaryDirectory() as folder:
        return subprocess.run(
            [sys.executable, "-m", "demo"],
            env={"PYTHONPATH": str(ROOT)},
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


def normalised(output: str) -> str:
    """Return the output with fixed ids and times, which differ between runs, and without trailing spaces."""
    output = re.sub(r"\bAIDA[A-Z2-7]{17}\b", "AIDA2345ABCDEFGHIJKLM", output)
    output = re.sub(r"\b\d{4}-\d{2}-\d{2}(,?) \d{2}:\d{2} UTC\b", r"2027-01-31\1 03:00 UTC", output)
    output = re.sub(r"\b\d{4}-\d{2}-\d{2}\b", "2027-01-31", output)
    return "\n".join(line.rstrip() for line in output.splitlines())
