"""`python -m demo`: the whole chain on an embedded AWS, without an account.

It is a list of acts, see `demo.acts.ACTS`; each says what happens, makes it happen, and fails the
demonstration if what happened is not what it says.
"""

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TextIO

from demo.errors import DemoError

__all__ = ["OUTPUT", "DemoError", "run"]

OUTPUT = Path("demo-output", "audit.json")
"""The file, under the current folder, that the report goes to unless another is given."""

_NEEDED = ("moto", "rdklib")


def run(*, output: Path | None = None, stream: TextIO | None = None) -> None:
    """Give the demonstration, in about ten seconds.

    It reads no AWS configuration, talks to 127.0.0.1 alone, and leaves no port open.

    Args:
        output: The file that the JSON report is written to, with the page beside it; `OUTPUT` if None.
        stream: Where it speaks, 80 columns wide; standard output if None.

    Raises:
        DemoError: It cannot be given here, or something was not as it says.
    """
    if missing := [name for name in _NEEDED if find_spec(name) is None]:
        raise DemoError(f"The demonstration needs {' and '.join(missing)}: run `make demo`, which installs them.")
    from demo.performance import perform  # noqa: PLC0415 - it imports what has just been looked for

    perform(output=output or OUTPUT, stream=stream or sys.stdout)
