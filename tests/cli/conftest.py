"""The command against an embedded AWS: in this process for speed, as a process of its own where that matters."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from admin_mfa.aws import session as clients
from admin_mfa.cli import app
from demo.emulator import EmbeddedAws, in_environment

COMMAND = Path(sys.executable).parent / "admin-mfa"

EVERYTHING = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    exit_code: int
    stdout: str
    stderr: str


Run = Callable[..., Result]
Environment = Mapping[str, str | None]


@pytest.fixture(scope="module")
def _embedded() -> Iterator[EmbeddedAws]:
    with EmbeddedAws() as running:
        yield running


@pytest.fixture
def aws(_embedded: EmbeddedAws) -> EmbeddedAws:
    _embedded.reset()
    return _embedded


@pytest.fixture
def two_users(aws: EmbeddedAws) -> EmbeddedAws:
    """ada is an administrator without MFA, grace one with it, root has MFA."""
    aws.iam.root(mfa=True)
    aws.iam.group("ops", ["AdministratorAccess"])
    aws.iam.user("ada", groups=["ops"])
    aws.iam.user("grace", inline={"everything": EVERYTHING}, devices=["virtual"])
    aws.iam.user("reader")
    return aws


def environment(aws: EmbeddedAws, changes: Environment) -> dict[str, str]:
    merged: dict[str, str | None] = {**aws.environment, **changes}
    return {name: value for name, value in merged.items() if value is not None}


@pytest.fixture
def run(aws: EmbeddedAws) -> Run:
    """Run the command in this process; `environment` changes the AWS variables, None takes one away."""

    def in_process(*arguments: str, env: Environment | None = None) -> Result:
        with in_environment(environment(aws, env or {})):
            found = CliRunner().invoke(app, arguments, env={"COLUMNS": "80"}, prog_name="admin-mfa")
        if found.exception is not None and not isinstance(found.exception, SystemExit):
            raise found.exception
        return Result(exit_code=found.exit_code, stdout=found.stdout, stderr=found.stderr)

    return in_process


@pytest.fixture
def process_environment(aws: EmbeddedAws) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {**own, **aws.environment, "COLUMNS": "80", "TERM": "xterm"}


@pytest.fixture
def run_process(process_environment: dict[str, str]) -> Run:
    """Run the installed command as a process of its own."""

    def as_process(*arguments: str, env: Mapping[str, str] | None = None) -> Result:
        found = subprocess.run(
            [COMMAND, *arguments],
            env={**process_environment, **(env or {})},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return Result(exit_code=found.returncode, stdout=found.stdout, stderr=found.stderr)

    return as_process


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give up after the first attempt, where patience itself is not what is tested."""
    monkeypatch.setattr(clients, "LAST_RETRY_SECONDS", 0.0)
