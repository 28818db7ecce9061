"""Measure calls, duration and peak memory of `admin-mfa audit --organization` in a separate process.

Each account has the given number of users (5 % administrators, 60 % with a virtual device), 30 groups and 50 policies.
Run it with the project's Python: `.venv/bin/python -m scripts.measure_organization --accounts 200 --users 100`.
"""

import argparse
import json
import subprocess
import sys
import time

from demo.emulator import EmbeddedAws
from tests.support.organization_fixture import Organization

_MEASURED = """
import sys
from pathlib import Path
from admin_mfa.cli import app
try:
    app(sys.argv[1:], prog_name="admin-mfa")
finally:
    (peak,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:")]
    print(peak.split()[1], file=sys.stderr)
"""
"""The program reads the peak from Linux, because getrusage includes memory of the process before it ran the command."""


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--accounts", type=int, default=200)
    parser.add_argument("--users", type=int, default=100)
    parser.add_argument("--concurrency", type=int, default=8)
    parser.add_argument("--seconds-per-call", type=float, default=0.03)
    parser.add_argument("--format", default="json")
    given = parser.parse_args()
    with EmbeddedAws() as aws:
        organization = Organization(aws)
        organization.accounts(
            given.accounts,
            lambda aws, account_id, _: _fill(aws, account_id, given.users),
        )
        aws.calls.clear()
        aws.seconds_per_call = given.seconds_per_call
        started = time.monotonic()
        options = ["--format", given.format, "--concurrency", str(given.concurrency)]
        done = subprocess.run(
            [sys.executable, "-c", _MEASURED, "audit", "--organization", *options],
            env=aws.process_environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        seconds = time.monotonic() - started
        calls = aws.calls.counts()
    if done.returncode not in (0, 1):
        sys.exit(done.stderr)
    print(  # noqa: T201 - the program's output
        json.dumps(
            {
                "accounts": given.accounts,
                "users": given.accounts * given.users,
                "concurrency": given.concurrency,
                "calls": calls.total(),
                "calls_by_action": dict(sorted(calls.items())),
                "seconds": round(seconds, 1),
                "peak_memory_mb": round(int(done.stderr.splitlines()[-1]) / 1024),
                "report_mb": round(len(done.stdout) / 1e6, 1),
            },
            indent=2,
        )
    )


def _fill(aws: EmbeddedAws, account_id: str, users: int) -> None:
    aws.account(account_id).iam.crowd(users, groups=30, policies=50)


if __name__ == "__main__":
    main()
