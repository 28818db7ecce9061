"""Run the real AWS CLI without its start-up time: the import takes a second, and documents run eighty commands.

One process imports the CLI and waits. It forks for each command and runs `awscli.clidriver.main` in the child, with the
caller's arguments, environment, folder and streams; the caller exits with its exit code.
"""

import atexit
import marshal
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from functools import cache
from pathlib import Path

from tests.support.tools import ROOT

_CLIENT = """#!{python} -IS
import marshal, os, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect({address!r})
    socket.send_fds(server, [b"."], [0, 1, 2])
    server.sendall(marshal.dumps((sys.argv[1:], dict(os.environ), os.getcwd())))
    server.shutdown(socket.SHUT_WR)
    code = server.recv(1)
sys.exit(code[0] if code else 1)
"""


_SERVICES = ("iam", "cloudformation", "ssm", "sts", "config", "sns", "dynamodb", "lambda")
"""The services that the documents' commands call most; another one costs a command a tenth of a second."""


@cache
def resident_cli() -> Path:
    """Start the process once, and return the folder with its command `aws`."""
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    address = str(folder / "socket")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen(16)
        # It ends when its standard input closes, which happens when this process ends.
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.resident_cli", str(listener.fileno())],
            cwd=ROOT,
            env={"PATH": os.defpath, "HOME": str(folder)},
            stdin=subprocess.PIPE,
            pass_fds=[listener.fileno()],
        )
    atexit.register(process.wait)
    assert process.stdin is not None
    atexit.register(process.stdin.close)
    client = folder / "aws"
    client.write_text(_CLIENT.format(python=sys.executable, address=address), encoding="utf-8")
    client.chmod(0o755)
    return folder


def _serve(listener: socket.socket) -> None:
    before = set(os.environ)
    import awscli.clidriver  # type: ignore[import-untyped] # noqa: PLC0415 - only the resident process needs it
    from awscli.botocore import session  # type: ignore[import-untyped] # noqa: PLC0415 - likewise

    # Children share one loader, and inherit the modules and service models that a command loads when it runs.
    session.create_loader = cache(session.create_loader)
    warm = awscli.clidriver.create_clidriver()
    for service in _SERVICES:
        warm.session.create_client(service, region_name="us-east-1", aws_access_key_id="-", aws_secret_access_key="-")
    set_by_import = {name: os.environ[name] for name in os.environ.keys() - before}
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while sys.stdin not in select.select([listener, sys.stdin], [], [])[0]:
        caller, _ = listener.accept()
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            listener.close()
            caller.send(bytes([_run(caller, awscli.clidriver.main, set_by_import)]))
            os._exit(0)
        caller.close()


def _run(caller: socket.socket, main: Callable[[], int], set_by_import: dict[str, str]) -> int:
    """Run one command in the caller's context, and return its exit code."""
    _, streams, _, _ = socket.recv_fds(caller, 1, 3)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    with caller.makefile("rb") as sent:
        arguments, environment, folder = marshal.loads(sent.read())  # noqa: S302 - from our own client
    os.environ.clear()
    os.environ.update(set_by_import | environment)
    time.tzset()
    os.chdir(folder)
    sys.argv = ["aws", *arguments]
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - until the process ends
    sys.stderr = open(2, "w", encoding="utf-8", closefd=False, errors="backslashreplace", buffering=1)  # noqa: SIM115
    try:
        code = main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - like the interpreter, which prints any error and exits with 1
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    return code


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
