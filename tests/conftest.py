"""Share fixtures, and prevent tests from using the network or the user's credentials."""

import os
import socket
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
import pytest

from demo.emulator import EmbeddedAws
from tests.support.tools import ROOT, left_out, require_tool

_LOOPBACK = ("localhost", "127.0.0.1", "::1", None)

# Each botocore session parses the service models again, and most tests start a separate session.
botocore.session.create_loader = cache(botocore.session.create_loader)


@pytest.fixture(autouse=True)
def _nothing_leaves_the_machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Reject every host name except loopback, and fail the test even if the code suppresses the error."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    resolve, rejected = socket.getaddrinfo, []

    def only_here(host: Any, *arguments: Any, **named: Any) -> Any:
        if host not in _LOOPBACK:
            rejected.append(host)
            raise socket.gaierror(f"a test tried to resolve {host}")
        return resolve(host, *arguments, **named)

    monkeypatch.setattr(socket, "getaddrinfo", only_here)
    yield
    assert rejected == []


@pytest.fixture(scope="module")
def _embedded() -> Iterator[EmbeddedAws]:
    with EmbeddedAws() as running:
        yield running


@pytest.fixture
def aws(_embedded: EmbeddedAws, monkeypatch: pytest.MonkeyPatch) -> Iterator[EmbeddedAws]:
    """Return an embedded AWS with empty accounts, and set the environment so that every client uses it."""
    _embedded.reset()
    for name, value in _embedded.environment.items():
        monkeypatch.setenv(name, value)
    yield _embedded
    _embedded.paging.size, _embedded.paging.order, _embedded.seconds_per_call = None, "listed", 0.0


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the output folder of `sam build`: template.yaml, and a folder for each function."""
    sam = require_tool("sam", "builds the functions")
    require_tool("make", "builds the functions")
    folder = tmp_path_factory.mktemp("build")
    environment = os.environ | {"SAM_CLI_TELEMETRY": "0"}
    done = subprocess.run(
        [sam, "build", "--build-dir", folder], cwd=ROOT, capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keep groups of tests together; see `tests.support.groups`."""
    if config.getvalue("dist") != "loadgroup":
        return None
    from tests.support.groups import ByGroup  # noqa: PLC0415 - needed only with several workers

    return ByGroup(config, log)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the number of tests skipped because of missing tools; in CI such tests fail instead."""
    for line in left_out(str(report.longrepr) for report in terminalreporter.stats.get("skipped", ())):
        terminalreporter.write_line(line, yellow=True)
