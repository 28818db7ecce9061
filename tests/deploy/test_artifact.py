"""The artifacts that `sam build` makes: small, complete, without boto3, and the same every time."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from samcli.lib.package.utils import make_zip  # type: ignore[import-untyped]

from benchmarks.__main__ import simulated
from benchmarks.artifact import measure
from tests.deploy.runtime import libraries
from tests.deploy.templates import source
from tests.support.tools import ROOT

pytestmark = pytest.mark.xdist_group("deployment")

FUNCTIONS = sorted(n for n, r in source()["Resources"].items() if r["Type"] == "AWS::Serverless::Function")
MEGABYTE = 1_000_000


def names(artifact: Path) -> set[str]:
    return {str(file.relative_to(artifact)) for file in artifact.rglob("*") if file.is_file()}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_an_artifact_is_at_most_a_megabyte(function: str, built: Path, tmp_path: Path) -> None:
    archive = Path(make_zip(str(tmp_path / function), str(built / function)))
    assert archive.stat().st_size <= MEGABYTE
    (stated,) = re.findall(rf"^\| {function} \| (\d+) \|$", (ROOT / "docs/performance.md").read_text(), re.MULTILINE)
    assert archive.stat().st_size == pytest.approx(int(stated) * 1000, rel=0.1)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_an_artifact_holds_sources_and_licences_only(function: str, built: Path) -> None:
    packed = names(built / function)
    runtime = re.compile(r"(boto3|botocore|s3transfer|jmespath|dateutil|six|urllib3)\b")
    assert sorted(name for name in packed if runtime.match(name)) == []
    commands = re.compile(r"admin_mfa/(cli|report|audit/(accounts|doctor|explain)|__main__)\b|(demo|moto|tests)/")
    assert sorted(name for name in packed if commands.match(name)) == []
    about = re.compile(r".*\.py|admin_mfa/.*|[\w.-]+\.dist-info/(METADATA|licenses/.*|LICENSE.*|NOTICE.*)")
    assert sorted(name for name in packed if not about.fullmatch(name) or name.endswith(".pyc")) == []


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_distribution_in_an_artifact_brings_its_licence(function: str, built: Path) -> None:
    packed = names(built / function)
    others = {name.split("/", 1)[0] for name in packed if ".dist-info/" in name and not name.startswith("admin_mfa-")}
    assert others
    assert [info for info in others if not any(n.startswith(info) and "LICENSE" in n.upper() for n in packed)] == []


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_same_sources_give_the_same_bytes(function: str, built: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    elsewhere = os.environ | {"ARTIFACTS_DIR": str(again), "TZ": "Asia/Tokyo", "PYTHONHASHSEED": "7", "LC_ALL": "C"}
    command = f"umask 077 && make build-{function}"
    subprocess.run(["sh", "-c", command], cwd=ROOT, check=True, capture_output=True, env=elsewhere)
    one, other = (Path(make_zip(str(tmp_path / f"{i}"), str(f))) for i, f in enumerate((built / function, again)))
    assert one.read_bytes() == other.read_bytes()
    assert {file.stat().st_mtime for file in again.rglob("*")} == {315532800}


def test_the_measured_run_judges_the_simulated_account(built: Path, tmp_path: Path) -> None:
    """What `make benchmark-artifact` measures is a run that succeeds, held to less than a processor."""
    with simulated(100) as server:
        server.reset(forget=True)
        run = measure(server.url, built, 512, libraries(tmp_path), tmp_path / "log.txt")
        assert server.figures()["evaluations"] == 100
    assert 0 < run.seconds < run.init / 1000 + run.seconds
    assert 20 < run.peak < 256


def test_a_handler_that_does_not_exist_is_told() -> None:
    done = subprocess.run(
        ["make", "build-NoSuchFunction", "ARTIFACTS_DIR=build"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "Usage: build_artifact.py HANDLER FOLDER" in done.stderr
