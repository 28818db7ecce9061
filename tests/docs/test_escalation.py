"""docs/escalation.md says what the code says, and its commands run."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from admin_mfa.escalation.ways import Kind
from admin_mfa.report.reference import ways_markdown
from demo.emulator import EmbeddedAws
from tests.support.doc_blocks import ROOT, blocks, run

DOCUMENT = "docs/escalation.md"


@pytest.mark.parametrize("kind", list(Kind))
def test_every_way_is_explained_in_two_lines_with_its_source(kind: Kind) -> None:
    told = ways_markdown(kind)

    assert told in (ROOT / DOCUMENT).read_text(encoding="utf-8")
    lines = told.splitlines()
    assert all(first.startswith("- **") for first in lines[::2])
    assert all("](https://" in second for second in lines[1::2])


@pytest.fixture
def aws() -> Iterator[EmbeddedAws]:
    """An account whose one administrator has a device and no access key."""
    with EmbeddedAws() as aws:
        aws.iam.root(mfa=True)
        aws.iam.user("ada", policies=["AdministratorAccess"], devices=["virtual"])
        yield aws


def _can_become_administrator(number: int) -> bool:
    """What the benchmark's account means, worked out by hand from the numbers of the policies that a user has.

    Those that allow lambda:* or the assumption of team-30-180 lead to an administrator role. iam:AttachUserPolicy on
    the user's name does not: all users have a path.
    """
    groups = {number * k % 299 for k in (1, 7)}
    policies = [number, *([number % 40] if number % 3 == 0 else []), *(n for g in groups for n in (g, 3 * g))]
    return number % 20 == 7 or any(n % 25 == 10 or n % 50 == 30 for n in policies)


def test_the_benchmark_prints_both_definitions_and_their_ratio() -> None:
    found = subprocess.run(
        [sys.executable, "-m", "benchmarks.escalation", "--users", "200", "--runs", "1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    rows = {line.split()[0]: line.split()[1:] for line in found.stdout.splitlines() if line.strip()}
    assert (rows["FullAccess"][2], rows["Escalation"][2]) == (
        "10",
        str(sum(map(_can_become_administrator, range(200)))),
    )
    assert len(rows["ratio"]) == 2


def test_the_commands_do_what_they_say(aws: EmbeddedAws, tmp_path: Path) -> None:
    run(blocks(DOCUMENT), aws.environment, tmp_path)
