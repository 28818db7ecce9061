"""Measure size, cold start, duration and peak memory of the built artifacts, by memory size.

    make benchmark-artifact            (builds, then: python -m benchmarks.artifact [--users 5000] [--runs 3])

AWS's runtime interface emulator starts and invokes the function, which reads the simulated account. The emulator limits
neither CPU nor memory. Lambda allocates CPU in proportion to memory, with one vCPU at 1,769 MB, so the benchmark pauses
the function's process whenever it exceeds its share, like Lambda's scheduler. The processor differs from Lambda's, so
only the ratios between the rows apply there.

Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
"""

import argparse
import os
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from samcli.lib.package.utils import make_zip  # type: ignore[import-untyped]

from benchmarks.__main__ import simulated
from benchmarks.programs.handler import EVENT
from tests.deploy.runtime import Function, libraries, running

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / ".aws-sam" / "build"
HANDLER = "IAM_ADMIN_USER_MFA_ENABLED.lambda_handler"
SIZES = (256, 512, 1024, 1769)
MEGABYTES_A_CPU = 1769
_CHECK_SECONDS = 0.002
_SLICE = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One cold start and one run.

    Attributes:
        init: Milliseconds until the first response without the run itself: the start of Python, imports and transfer.
        seconds: The duration of the run.
        billed: The gigabyte-seconds that Lambda bills.
        peak: Peak resident memory in megabytes.
    """

    init: float
    seconds: float
    billed: float
    peak: float


class Share:
    """Limits a process to its share of one CPU by pausing it whenever it exceeds the share."""

    def __init__(self, share: float) -> None:
        self._share = share
        self._pid = 0
        self._ended = threading.Event()

    def hold(self, pid: int) -> None:
        """Limit a process until `end` is called."""
        self._pid = pid
        threading.Thread(target=self._watch, daemon=True).start()

    def end(self) -> None:
        """Stop limiting the process."""
        self._ended.set()

    def _watch(self) -> None:
        at, used, credit, stopped = time.monotonic(), _processor_seconds(self._pid), 0.0, False
        while not self._ended.is_set():
            time.sleep(_CHECK_SECONDS)
            now, total = time.monotonic(), _processor_seconds(self._pid)
            if total < used:
                return
            credit = min(credit + (now - at) * self._share - (total - used), self._share * _SLICE)
            at, used = now, total
            if stopped != (credit < 0):
                stopped = credit < 0
                os.kill(self._pid, signal.SIGSTOP if stopped else signal.SIGCONT)
        os.kill(self._pid, signal.SIGCONT)


def _processor_seconds(pid: int) -> float:
    """Return the CPU time of all threads of a process, in steps of a clock tick; 0 after it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _function_process(parent: int) -> int:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):
                if stat.read_text().rpartition(")")[2].split()[1] == str(parent):
                    return int(stat.parent.name)
        time.sleep(0.001)
    raise SystemExit("The emulator did not start the function.")


def _peak(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


@contextmanager
def _held(function: Function, share: float) -> Iterator[int]:
    holder = Share(share)
    pid: list[int] = []

    def begin() -> None:
        pid.append(_function_process(function.pid))
        holder.hold(pid[0])

    # The emulator starts the function at the first invocation.
    beginner = threading.Thread(target=begin)
    beginner.start()
    try:
        yield function.pid
    finally:
        beginner.join()
        holder.end()


def measure(url: str, build: Path, memory: int, runtime: Path, log: Path) -> Run:
    """Measure a cold start with a memory size and one run over the account."""
    environment = {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "AKIABENCHMARK",
        "AWS_SECRET_ACCESS_KEY": "benchmark",
        "AWS_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "POWERTOOLS_SERVICE_NAME": "admin-mfa",
    }
    artifact = build / "RuleFunction"
    started = running(artifact, HANDLER, environment=environment, runtime=runtime, log=log, memory=memory)
    with started as function, _held(function, memory / MEGABYTES_A_CPU):
        begun = time.perf_counter()
        answer = function.invoke(EVENT)
        answered = time.perf_counter() - begun
        if not isinstance(answer, list):
            raise SystemExit(f"The run failed: {answer}")
        peak = _peak(_function_process(function.pid))
        seconds = function.metrics()[-1]["Duration"] / 1000
    return Run(init=(answered - seconds) * 1000, seconds=seconds, billed=answered * memory / 1024, peak=peak)


def main() -> None:
    """Measure and print two tables in Markdown."""
    parser = argparse.ArgumentParser(description="Measure the built artifacts under the runtime interface emulator.")
    parser.add_argument("--users", type=int, default=5000)
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    if not BUILD.is_dir():
        raise SystemExit("The functions have not been built. Run `make build` first.")
    with tempfile.TemporaryDirectory() as folder:
        print("| artifact | zipped bytes |\n|---|---:|")
        for function in sorted(f for f in BUILD.iterdir() if f.is_dir()):
            size = Path(make_zip(str(Path(folder) / function.name), str(function))).stat().st_size
            print(f"| {function.name} | {size:,} |")
        runtime = Path(folder) / "runtime"
        runtime.mkdir()
        libraries(runtime)
        with simulated(arguments.users) as server:
            server.reset(forget=True)
            measure(server.url, BUILD, MEGABYTES_A_CPU, runtime, Path(folder) / "log.txt")
            print(f"\n{arguments.users:,} users, unchanged since the last run\n")
            print("| memory MB | cold start ms | run s | ratio | GB-s | peak MB |\n|---:|---:|---:|---:|---:|---:|")
            found = {}
            for memory in SIZES:
                runs = [
                    measure(server.url, BUILD, memory, runtime, Path(folder) / "log.txt") for _ in range(arguments.runs)
                ]
                found[memory] = min(runs, key=lambda run: run.seconds)
            for memory, run in found.items():
                ratio = run.seconds / found[MEGABYTES_A_CPU].seconds
                figures = f"{run.init:.0f} | {run.seconds:.1f} | {ratio:.2f} | {run.billed:.2f} | {run.peak:.0f}"
                print(f"| {memory} | {figures} |")


if __name__ == "__main__":
    main()
