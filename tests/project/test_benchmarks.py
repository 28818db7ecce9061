"""Test that the benchmark's programs agree, and that calls and evaluations follow the formula."""

import subprocess
import sys

import pytest

from benchmarks.__main__ import FIRST_RUNS, PROGRAMS, Measurement, best, main, measure, simulated
from benchmarks.account import Account, administrator, expected_calls, virtual_device
from benchmarks.goals import goals_of
from tests.support.doc_blocks import ROOT


def test_a_small_account_is_measured_with_calls_by_the_formula() -> None:
    handler, audit, bare = PROGRAMS[-1], PROGRAMS[3], PROGRAMS[1]
    with simulated(100) as server:
        reference_first, first = (measure(program, server, forget=True) for program in FIRST_RUNS)
        again, command, reference = (measure(program, server) for program in (handler, audit, bare))
    fewest = expected_calls(100)
    assert fewest == {"GetAccountAuthorizationDetails": 1, "ListVirtualMFADevices": 1, "ListMFADevices": 3}
    made = {f"iam:{name}": count for name, count in (fewest | {"GetAccountAuthorizationDetails": 2}).items()}
    for run in (first, again, command, reference, reference_first):
        assert {name: count for name, count in run.calls.items() if name in made or "Policy" in name} == made
    assert (reference_first.evaluations, first.evaluations, again.evaluations) == (100, 100, 0)
    assert min(run.memory for run in (first, again, command, reference)) > 10


def test_the_account_matches_the_table() -> None:
    numbers = range(5000)
    assert sum(map(administrator, numbers)) == 250
    assert sum(map(virtual_device, numbers)) == 2000
    assert sum(expected_calls(1000).values()) == 33
    assert sum(expected_calls(5000).values()) == 158
    page = Account(users=1500).details(("User",), 1)
    assert page.count(b"<UserId>") == 500
    assert b"<IsTruncated>false</IsTruncated>" in page


def test_a_missed_goal_is_reported() -> None:
    slow = Measurement(wall=2.0, cpu=1.0, memory=100.0, calls={"iam:ListMFADevices": 99}, evaluations=1)
    fast = Measurement(wall=1.0, cpu=1.0, memory=50.0, calls={}, evaluations=0)
    ours = ("admin-mfa audit", "handler", "handler, first run")
    names = (*ours, *(program.against for program in (*PROGRAMS, *FIRST_RUNS) if program.against))
    found = {name: fast if name.startswith("bare") else slow for name in names}
    assert [goal.met for goal in goals_of(1000, found)] == [False] * 10
    assert all(goal.met for goal in goals_of(1000, dict.fromkeys(names, fast)))
    assert best([slow, fast]) == Measurement(wall=1.0, cpu=1.0, memory=100.0, calls={}, evaluations=1)


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["--user", "1000"], id="abbreviated"),
        pytest.param(["--chekc"], id="misspelt"),
        pytest.param(["--users", "0"], id="no users"),
        pytest.param(["--runs", "none"], id="no number"),
        pytest.param(["--users", "1000", "500", "--check"], id="a size without goals"),
    ],
)
def test_a_wrong_argument_fails(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["benchmarks", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2


@pytest.mark.skipif(sys.platform != "linux", reason="other systems report memory in other units")
def test_memory_is_in_megabytes() -> None:
    # In a separate process, like the benchmark: Linux counts the memory of the parent at the fork for the child.
    program = (
        "from benchmarks.__main__ import PROGRAMS, measure, simulated\n"
        "with simulated(100) as server: print(measure(PROGRAMS[0], server).memory)"
    )
    measured = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert 10 < float(measured.stdout) < 200
