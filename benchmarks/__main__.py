"""Compare the rule and the command with reference programs, each in a new process, and print a table.

    python -m benchmarks [--users 100 1000 5000] [--runs 5] [--check]

Programs take turns, so that other load on the machine affects all of them, and the best run of each counts, because
noise only adds time. With `--check` the exit status is 1 if a goal is missed.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.account import expected_calls
from benchmarks.goals import SIZES, Goal, goals_of

_ROOT = Path(__file__).resolve().parent.parent
_MODULES = "benchmarks.programs."


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A program to measure.

    Attributes:
        name: The name in the table.
        arguments: The arguments for Python.
        against: The name of its reference program; empty for a reference.
    """

    name: str
    arguments: tuple[str, ...]
    against: str = ""


PROGRAMS = (
    Program(name="raw HTTP", arguments=("-m", f"{_MODULES}raw")),
    Program(name="bare botocore", arguments=("-m", f"{_MODULES}bare")),
    Program(name="plain boto3", arguments=("-m", f"{_MODULES}plain")),
    Program(
        name="admin-mfa audit", arguments=("-m", "admin_mfa", "audit", "--format", "json"), against="bare botocore"
    ),
    Program(name="bare botocore + Config", arguments=("-m", f"{_MODULES}bare", "--config")),
    Program(name="plain boto3 + Config", arguments=("-m", f"{_MODULES}plain", "--config")),
    Program(name="handler", arguments=("-m", f"{_MODULES}handler"), against="bare botocore + Config"),
)
FIRST_RUNS = tuple(
    replace(program, name=f"{program.name}, first run", against=f"{program.against}, first run")
    for program in (PROGRAMS[4], PROGRAMS[6])
)
"""The same on an account of which AWS Config holds no results. The handler is the last: other runs build on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One run of a program.

    Attributes:
        wall: Seconds from start to end of the process.
        cpu: Seconds of CPU time, user and system.
        memory: Peak resident memory in megabytes.
        calls: Calls by action; `Throttling` counts the throttled ones.
        evaluations: The number of evaluations that AWS Config recorded.
    """

    wall: float
    cpu: float
    memory: float
    calls: Mapping[str, int]
    evaluations: int


class Server:
    """The simulated account, running."""

    def __init__(self, url: str) -> None:
        self.url = url

    def reset(self, *, throttled: bool = False, forget: bool = False) -> None:
        """Reset the counters."""
        self._request("reset", {"throttled": throttled, "forget": forget})

    def figures(self) -> dict[str, Any]:
        """Return the figures since the last reset."""
        return self._request("figures", {})

    def _request(self, name: str, options: dict[str, Any]) -> dict[str, Any]:
        connection = HTTPConnection(urlsplit(self.url).netloc)
        connection.request("POST", f"/-/{name}", json.dumps(options))
        figures: dict[str, Any] = json.loads(connection.getresponse().read())
        connection.close()
        return figures


@contextmanager
def simulated(users: int) -> Iterator[Server]:
    """Run the simulated account for the duration of the block."""
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.server", str(users)],
        cwd=_ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None  # noqa: S101 - for the type checker
        assert process.stdout is not None  # noqa: S101 - likewise
        yield Server(process.stdout.readline().strip())
        process.stdin.close()


def measure(program: Program, server: Server, *, throttled: bool = False, forget: bool = False) -> Measurement:
    """Run a program once in a new process.

    Raises:
        SystemExit: The program failed.
    """
    server.reset(throttled=throttled, forget=forget)
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join((str(_ROOT), str(_ROOT / "src"))),
        "AWS_ENDPOINT_URL": server.url,
        "AWS_ACCESS_KEY_ID": "AKIABENCHMARK",
        "AWS_SECRET_ACCESS_KEY": "benchmark",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        # The template sets these for the function.
        "POWERTOOLS_SERVICE_NAME": "admin-mfa",
        "POWERTOOLS_METRICS_NAMESPACE": "AdminMfa",
    }
    started = time.perf_counter()
    with subprocess.Popen([sys.executable, *program.arguments], env=environment, stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
    # The audit's status 1 means that a user has no MFA device.
    if process.returncode not in (0, 1) or (process.returncode == 1 and "audit" not in program.arguments):
        raise SystemExit(f"{program.name} ended with status {process.returncode}")
    figures = server.figures()
    return Measurement(
        wall=wall,
        cpu=usage.ru_utime + usage.ru_stime,
        memory=usage.ru_maxrss / 1024,
        calls=figures["calls"],
        evaluations=figures["evaluations"],
    )


def best(runs: Sequence[Measurement]) -> Measurement:
    """Combine the shortest wall time, the least CPU time and the highest memory of several runs."""
    fastest = min(runs, key=lambda run: run.wall)
    return Measurement(
        wall=fastest.wall,
        cpu=min(run.cpu for run in runs),
        memory=max(run.memory for run in runs),
        calls=fastest.calls,
        evaluations=max(run.evaluations for run in runs),
    )


def size(users: int, runs: int) -> dict[str, Measurement]:
    """Measure every program on an account of one size, by name."""
    with simulated(users) as server:
        found: dict[str, list[Measurement]] = {}
        for _ in range(runs):
            for program in FIRST_RUNS:
                found.setdefault(program.name, []).append(measure(program, server, forget=True))
            for program in PROGRAMS:
                found.setdefault(program.name, []).append(measure(program, server))
        for program in PROGRAMS:
            if program.name in ("admin-mfa audit", "handler", "bare botocore"):
                throttled = [measure(program, server, throttled=True) for _ in range(min(runs, 3))]
                found[f"{program.name}, throttled"] = throttled
    return {name: best(measured) for name, measured in found.items()}


def show(users: int, found: Mapping[str, Measurement]) -> None:
    """Print the table of one size."""
    references = {program.name: program.against for program in (*PROGRAMS, *FIRST_RUNS)}
    print(f"\n{users:,} users, fewest calls: {sum(expected_calls(users).values())}\n")
    print("| program | wall s | CPU s | memory MB | wall ratio | CPU ratio | calls | evaluations |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    for name, run in found.items():
        reference = found.get(references.get(name, ""))
        ratios = f"{run.wall / reference.wall:.2f} | {run.cpu / reference.cpu:.2f}" if reference else "|"
        print(
            f"| {name} | {run.wall:.2f} | {run.cpu:.2f} | {run.memory:.0f} | {ratios} | "
            f"{sum(run.calls.values()) - run.calls.get('Throttling', 0)} | {run.evaluations} |"
        )
    print()
    for name in ("admin-mfa audit", "handler", "handler, throttled"):
        calls = ", ".join(f"{action} {count}" for action, count in sorted(found[name].calls.items()))
        print(f"{name}: {calls}")


def report(goals: Sequence[Goal]) -> bool:
    """Print each goal with its result, and return whether all were met."""
    print()
    for goal in goals:
        print(f"{'met   ' if goal.met else 'MISSED'} {goal.name}: {goal.found:.2f}, at most {goal.limit:.2f}")
    return all(goal.met for goal in goals)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def main() -> int:
    """Run the benchmark and return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Measure the rule and the command.", allow_abbrev=False
    )
    parser.add_argument("--users", type=_positive, nargs="+", default=[100, 1000, 5000], help="numbers of users")
    parser.add_argument("--runs", type=_positive, default=5, help="runs of each program; the best one counts")
    parser.add_argument("--check", action="store_true", help="exit with status 1 if a goal is missed")
    arguments = parser.parse_args()
    if arguments.check and (unknown := sorted(set(arguments.users) - SIZES)):
        parser.error(f"--check has no goals for {', '.join(map(str, unknown))} users; it has some for {sorted(SIZES)}")
    met = True
    for users in arguments.users:
        found = size(users, arguments.runs)
        show(users, found)
        met = report(goals_of(users, found)) and met
    return 0 if met or not arguments.check else 1


if __name__ == "__main__":
    sys.exit(main())
