"""Demonstrate the whole product on an AWS emulator, without an account: `python -m demo`.

The demonstration is a list of acts, see `demo.acts.ACTS`. Each act describes a step, performs it, and fails the
demonstration if the result differs from the description.
"""

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TextIO

from demo.errors import DemoError

__all__ = ["OUTPUT", "DemoError", "run"]

OUTPUT = Path("demo-output", "audit.json")
"""The default file for the report, relative to the current directory."""

_NEEDED = ("moto", "rdklib")


def run(*, output: Path | None = None, stream: TextIO | None = None) -> None:
    """Run the demonstration, in about ten seconds.

    It reads no AWS configuration, connects only to 127.0.0.1, and leaves no port open.

    Args:
        output: The file for the JSON report; the HTML report goes next to it. `OUTPUT` if None.
        stream: Where the text goes, 80 columns wide; standard output if None.

    Raises:
        DemoError: It cannot run here, or one of its claims was false.
    """
    if missing := [name for name in _NEEDED if find_spec(name) is None]:
        raise DemoError(f"The demonstration needs {' and '.join(missing)}: run `make demo`, which installs them.")
    from demo.performance import perform  # noqa: PLC0415 - it imports the packages checked above

    perform(output=output or OUTPUT, stream=stream or sys.stdout)
