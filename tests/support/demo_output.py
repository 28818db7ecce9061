"""What the demonstration prints, made once for all tests that compare something with it."""

import re
import subprocess
import sys
import tempfile
from functools import cache

from tests.support.tools import ROOT


@cache
def demo_output() -> subprocess.CompletedProcess[str]:
    """Run the demonstration in an environment that holds nothing but where the clone is."""
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
    """The output without what differs from run to run: unique ids and times. Blanks at a line's end are dropped."""
    output = re.sub(r"\bAIDA[A-Z2-7]{17}\b", "AIDA2345ABCDEFGHIJKLM", output)
    output = re.sub(r"\b\d{4}-\d{2}-\d{2}(,?) \d{2}:\d{2} UTC\b", r"2027-01-31\1 03:00 UTC", output)
    output = re.sub(r"\b\d{4}-\d{2}-\d{2}\b", "2027-01-31", output)
    return "\n".join(line.rstrip() for line in output.splitlines())
