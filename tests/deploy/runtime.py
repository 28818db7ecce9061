"""The built artifact as Lambda runs it: AWS's runtime interface emulator, and the runtime's own libraries beside it."""

import json
import os
import platform
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tests.support.tools import require_tool

# What AWS's image of the runtime holds beside the standard library, and nothing that an artifact has to bring.
SDK = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3")
CLIENT = ("awslambdaric", "runtime_client", "simplejson", "snapshot_restore_py")


def libraries(folder: Path) -> Path:
    """Fill a folder with what the runtime brings."""
    for name in (*SDK, *CLIENT):
        spec = find_spec(name)
        assert spec is not None, f"{name} is not installed"
        assert spec.origin is not None, name
        origin = Path(spec.origin)
        here = origin.parent if origin.name == "__init__.py" else origin
        (folder / here.name).symlink_to(here)
    return folder


def free_port() -> int:
    """A port that nobody listens on right now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Function:
    """A Lambda function that answers invocations.

    Attributes:
        pid: The emulator's process; the function is its child, once it has been called.
    """

    def __init__(self, port: int, log: Path, pid: int) -> None:
        self.pid = pid
        self._url = f"http://127.0.0.1:{port}/2015-03-31/functions/function/invocations"
        self._log = log

    def invoke(self, event: Mapping[str, Any]) -> Any:
        """Invoke it and get what it returned, or the error as Lambda's caller gets it."""
        request = urllib.request.Request(self._url, json.dumps(event).encode())  # noqa: S310 - loopback
        with urllib.request.urlopen(request, timeout=90) as answer:  # noqa: S310 - loopback
            text = answer.read().decode()
        try:
            return json.loads(text)
        except ValueError:
            return text

    @property
    def log(self) -> str:
        """Everything that function and emulator have written."""
        return self._log.read_text()

    def metrics(self) -> list[dict[str, Any]]:
        """The metrics written so far, by name, one dictionary for each flush."""
        found = []
        for line in self.log.splitlines():
            if '"CloudWatchMetrics"' in line:
                emf = json.loads(line[line.index("{") :])
                (about,) = emf["_aws"]["CloudWatchMetrics"]
                dimensions = {name: emf[name] for keys in about["Dimensions"] for name in keys}
                values = {metric["Name"]: _one(emf[metric["Name"]]) for metric in about["Metrics"]}
                found.append({"Namespace": about["Namespace"], **dimensions, **values})
        return found


def _one(value: Any) -> Any:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


@contextmanager
def running(
    artifact: Path,
    handler: str,
    *,
    environment: Mapping[str, str],
    runtime: Path,
    log: Path,
    timeout: int = 300,
    memory: int = 512,
    command: tuple[str, ...] = (),
) -> Iterator[Function]:
    """A function that runs for as long as the block lasts.

    Args:
        artifact: The folder that `sam build` made.
        handler: As in the template.
        environment: The function's variables, and those that lead to an AWS.
        runtime: What `libraries` made.
        log: Where function and emulator write.
        timeout: In seconds.
        memory: In MB; the emulator tells the function and does not enforce it.
        command: Put before Python, to hold it to fewer resources.
    """
    require_tool("sam", "brings the runtime interface emulator")
    rapid = find_spec("samcli")
    assert rapid is not None
    assert rapid.origin is not None
    machine = {"x86_64": "x86_64", "aarch64": "arm64"}[platform.machine()]
    emulator = Path(rapid.origin).parent / "local" / "rapid" / f"aws-lambda-rie-{machine}"
    port, api = free_port(), free_port()
    variables = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{artifact}:{runtime}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "LAMBDA_TASK_ROOT": str(artifact),
        "AWS_LAMBDA_FUNCTION_NAME": "iam-admin-user-mfa-enabled",
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(timeout),
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(memory),
        **environment,
    }
    addresses = [
        "--runtime-interface-emulator-address",
        f"127.0.0.1:{port}",
        "--runtime-api-address",
        f"127.0.0.1:{api}",
    ]
    # -S: nothing of this environment but the runtime's libraries, so that an artifact cannot lean on it.
    program = [*command, sys.executable, "-S", "-m", "awslambdaric", handler]
    with log.open("wb") as out:
        process = subprocess.Popen(
            [emulator, *addresses, *program],
            cwd=artifact,
            env=variables,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_for(port, process, log)
        yield Function(port, log, process.pid)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait_for(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        try:
            socket.create_connection(("127.0.0.1", port), timeout=0.2).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise AssertionError(f"the emulator did not start: {log.read_text()}")
