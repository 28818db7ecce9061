"""`admin-mfa demo`: the whole chain on an embedded AWS, without an account.

It is a list of acts, see `admin_mfa.demo.acts.ACTS`; each says what happens, makes it happen, and fails the
demonstration if what happened is not what it says.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TextIO

import boto3
from rich.console import Console
from rich.text import Text

from admin_mfa.demo.errors import DemoError

__all__ = ["OUTPUT", "DemoError", "run"]

OUTPUT = Path("demo-output")
"""The folder, under the current one, that the report goes to unless another is given."""

WIDTH = 80
_NEEDED = ("moto", "rdklib")


def run(*, output: Path | None = None, stream: TextIO = sys.stdout) -> None:
    """Give the demonstration, in about ten seconds.

    It reads no AWS configuration, talks to 127.0.0.1 alone, and leaves no port open.

    Args:
        output: The folder that the report is written to; `OUTPUT` if None.
        stream: Where it speaks, 80 columns wide.

    Raises:
        DemoError: It cannot be given here, or something was not as it says.
    """
    if missing := [name for name in _NEEDED if find_spec(name) is None]:
        raise DemoError(
            f"The demonstration needs {' and '.join(missing)}: install the project as admin-mfa[demo], or clone the "
            "repository and run `make demo`."
        )
    # Here, because they import what has just been looked for.
    from admin_mfa.demo.account import fill, rule_parameters
    from admin_mfa.demo.acts import ACTS
    from admin_mfa.demo.rule import load_handler
    from admin_mfa.demo.stage import RULE_NAME, Stage
    from admin_mfa.embedded import EmbeddedAws, in_environment

    console = Console(file=stream, width=WIDTH, highlight=False)
    with EmbeddedAws() as aws, in_environment(aws.environment), _straight_to_loopback(), _own_default_session():
        fill(aws)
        aws.config.rule(RULE_NAME, rule_parameters(datetime.now(UTC).date()))
        stage = Stage(aws=aws, handler=load_handler(), console=console, output=output or OUTPUT)
        for number, act in enumerate(ACTS, 1):
            console.print(Text.assemble("\n" if number > 1 else "", (f"{number}. {act.title}", "bold")))
            console.print(Text(act.says))
            stage.say("")
            act.play(stage)


@contextmanager
def _straight_to_loopback() -> Iterator[None]:
    """Let no proxy of the environment stand between us and 127.0.0.1."""
    before = {name: os.environ.get(name) for name in ("NO_PROXY", "no_proxy")}
    os.environ.update(dict.fromkeys(before, "127.0.0.1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def _own_default_session() -> Iterator[None]:
    """Forget afterwards the default session that the rule sets up: it would go on to talk to the embedded AWS."""
    before = boto3.DEFAULT_SESSION
    try:
        yield
    finally:
        boto3.DEFAULT_SESSION = before
