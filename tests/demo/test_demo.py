"""The demonstration, run as a user runs it, and made to fail."""

import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from demo import DemoError, run
from demo.account import PEOPLE, fill, rule_parameters
from demo.acts import ACTS
from demo.emulator import EmbeddedAws, in_environment
from demo.remediation import remediation_of
from demo.stage import RULE_NAME, Act, Stage
from tests.support.demo_output import demo_output, normalised
from tests.support.tools import ROOT

WATCHED = Path(__file__).parent / "watched_demo.py"
WIDTH = 80


def python(*arguments: str, environment: dict[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_it_ends_well_without_home_credentials_or_any_other_variable() -> None:
    done = demo_output()
    assert (done.returncode, done.stderr) == (0, "")


def test_it_fits_80_columns() -> None:
    assert max(len(line) for line in demo_output().stdout.splitlines()) <= WIDTH


def test_every_act_has_its_title_in_order() -> None:
    titles = re.findall(r"^\d+\. .*$", demo_output().stdout, re.MULTILINE)
    assert titles == [f"{number}. {act.title}" for number, act in enumerate(ACTS, 1)]


def test_it_shows_one_result_for_each_user() -> None:
    first_run = act_output("AWS Config runs the rule")
    shown = re.findall(r"^(NON_COMPLIANT|COMPLIANT) +(\S+)  AIDA[A-Z2-7]{17}\b", first_run, re.MULTILINE)
    assert sorted(shown) == sorted((person.expected.value, person.name) for person in PEOPLE)


def test_it_counts_17_then_1_then_0_evaluations_and_none_after_a_failed_read() -> None:
    recorded = re.findall(r"(\d+) evaluations? (?:was|were) recorded", demo_output().stdout)
    assert recorded == ["17", "1", "0", "0"]


def test_the_calls_that_it_shows_add_up() -> None:
    first_run = act_output("AWS Config runs the rule")
    shown = [int(count) for count in re.findall(r"^ +(\d+) x  ", first_run, re.MULTILINE)]
    assert f"The run took {sum(shown)} calls." in first_run


def act_output(title: str) -> str:
    number = next(number for number, act in enumerate(ACTS, 1) if act.title == title)
    return demo_output().stdout.split(f"{number}. {title}")[1].split(f"\n{number + 1}. ")[0]


def test_it_touches_neither_the_configuration_nor_the_network_of_the_user(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / ".aws").mkdir(parents=True)
    for name in ("config", "credentials"):
        (home / ".aws" / name).write_text("[not a file that the SDK could read\n")
    nowhere = "http://127.0.0.1:9"
    hostile = {
        "HOME": str(home),
        "PYTHONPATH": str(ROOT),
        "AWS_PROFILE": "production",
        "AWS_ENDPOINT_URL": nowhere,
        "AWS_ENDPOINT_URL_IAM": nowhere,
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_REGION": "eu-central-1",
        "HTTP_PROXY": nowhere,
        "HTTPS_PROXY": nowhere,
        "http_proxy": nowhere,
    }
    done = python(str(WATCHED), environment=hostile, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    touched = json.loads(done.stderr)
    assert [path for path in touched.pop("open") if path.startswith(str(home))] == []
    # urllib3 tries for itself whether there is IPv6: it binds a port of ::1 and lets it go.
    touched["bind"] = [address for address in touched["bind"] if address != "::1"]
    assert touched == {
        "connect": ["127.0.0.1"],
        "bind": ["127.0.0.1"],
        "resolve": ["127.0.0.1"],
        "ports": 1,
        "listening": [],
        "threads": [],
    }
    assert normalised(done.stdout) == normalised(demo_output().stdout)


def test_the_report_is_written_where_it_says(tmp_path: Path) -> None:
    stream = io.StringIO()
    run(stream=stream, output=tmp_path / "new" / "audit.json")
    said = "".join(
        stream.getvalue().split("The JSON report is in")[1].split("The HTML report")[0].split()
    ).removesuffix(".")
    report = json.loads(Path(said).read_text())
    assert {user["user_name"] for user in report["users"]} == {person.name for person in PEOPLE}
    assert report["account"]["root_mfa"] == "DISABLED"
    said = "".join(stream.getvalue().split("The HTML report is in")[1].split()).partition(":open")[0]
    assert all(f">{person.name}</bdi>" in Path(said).read_text() for person in PEOPLE)


def test_a_report_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DemoError) as failed:
        run(stream=io.StringIO(), output=tmp_path / "file" / "audit.json")
    assert str(failed.value) == f"The report cannot be written to {tmp_path / 'file' / 'audit.json'}: File exists."


def test_it_leaves_the_environment_as_it_was(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("NO_PROXY", "internal.example")
    before = dict(os.environ)
    run(stream=io.StringIO(), output=tmp_path / "audit.json")
    assert dict(os.environ) == before


def test_a_clone_without_the_rule_says_so_in_one_sentence(tmp_path: Path) -> None:
    for package in ("demo", "src"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    path = os.pathsep.join((str(tmp_path), str(tmp_path / "src")))
    done = python("-m", "demo", environment={"PYTHONPATH": path}, folder=tmp_path)
    sentence = (
        "error: The demonstration needs rules/IAM_ADMIN_USER_MFA_ENABLED/IAM_ADMIN_USER_MFA_ENABLED.py, which is "
        "missing from this clone. Restore it with git.\n"
    )
    assert (done.returncode, done.stdout, done.stderr) == (3, "", sentence)


def test_a_missing_package_is_named_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("demo.find_spec", lambda name: None if name == "moto" else name)
    with pytest.raises(DemoError) as failed:
        run(stream=io.StringIO())
    assert str(failed.value) == "The demonstration needs moto: run `make demo`, which installs them."


@pytest.fixture
def stage_with_an_idle_rule(tmp_path: Path) -> Iterator[Stage]:
    """A stage on which the rule succeeds and does nothing."""
    with EmbeddedAws() as aws:
        fill(aws)
        today = datetime.now(UTC).date()
        aws.config.rule(RULE_NAME, rule_parameters(today))
        console, output = Console(file=io.StringIO()), tmp_path / "audit.json"
        with in_environment(aws.environment), remediation_of(aws, RULE_NAME) as remediation:
            yield Stage(
                aws=aws,
                handler=lambda *_: [],
                console=console,
                output=output,
                today=today,
                remediation=remediation,
            )


@pytest.mark.parametrize(
    ("title", "claim"),
    [
        ("AWS Config runs the rule", "Every user has exactly one result; 0 of 0 are NON_COMPLIANT."),
        ("The rule runs again", "Exactly 1 evaluation was recorded, for ada."),
        ("Nothing changed", "AWS Config recorded the run as completed."),
        ("IAM denies a call", "The run fails when a read fails."),
        (
            "The auditor's view",
            "The command returns the same result as AWS Config for every user, and also judges the root user.",
        ),
    ],
)
def test_an_act_fails_if_the_rule_does_nothing(title: str, claim: str, stage_with_an_idle_rule: Stage) -> None:
    with pytest.raises(DemoError) as failed:
        act_of(title).play(stage_with_an_idle_rule)
    assert str(failed.value) == f"The demonstration failed because this claim is false: {claim}"


def act_of(title: str) -> Act:
    return next(act for act in ACTS if act.title == title)
