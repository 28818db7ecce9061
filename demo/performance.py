"""Run all acts in an isolated environment."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from rich.console import Console
from rich.text import Text

from demo.account import fill, rule_parameters
from demo.acts import ACTS
from demo.emulator import EmbeddedAws, in_environment
from demo.remediation import remediation_of
from demo.rule import load_handler
from demo.stage import RULE_NAME, Stage

_WIDTH = 80

_SILENT = {"POWERTOOLS_LOG_LEVEL": "CRITICAL", "POWERTOOLS_METRICS_DISABLED": "true"}
"""The rule's log and metrics are for its operators and would appear between the acts."""


def perform(*, output: Path, stream: TextIO) -> None:
    """Run the acts in order; see `demo.run`."""
    console = Console(file=stream, width=_WIDTH, highlight=False)
    with (
        EmbeddedAws() as aws,
        in_environment({**aws.environment, **_SILENT}),
        _direct_loopback(),
        _restored_loggers(),
    ):
        fill(aws)
        today = datetime.now(UTC).date()
        aws.config.rule(RULE_NAME, rule_parameters(today))
        handler = load_handler()
        with remediation_of(aws, RULE_NAME) as remediation:
            stage = Stage(
                aws=aws, handler=handler, console=console, output=output, today=today, remediation=remediation
            )
            for number, act in enumerate(ACTS, 1):
                console.print(Text(f"{number}. {act.title}", style="bold"))
                console.print(Text(f"{act.introduction}\n"))
                act.play(stage)
                console.print()


@contextmanager
def _direct_loopback() -> Iterator[None]:
    """Bypass the environment's proxies for 127.0.0.1."""
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
def _restored_loggers() -> Iterator[None]:
    """Restore the log levels of the functions' loggers afterwards: loggers are shared by the whole process."""
    before = {name: logging.getLogger(name).level for name in list(logging.root.manager.loggerDict)}
    try:
        yield
    finally:
        for name in list(logging.root.manager.loggerDict):
            logger = logging.getLogger(name)
            if name in before or logger.level == logging.CRITICAL:
                logger.setLevel(before.get(name, logging.INFO))
