"""The GitHub Action and the pipelines of docs/pipelines.md, their shell steps run as the systems run them."""

import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from demo.emulator import EmbeddedAws
from tests.support.doc_blocks import Block, all_blocks
from tests.support.tools import ROOT, require_tool

DOCUMENT = "docs/pipelines.md"
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]
AUDIT = "admin-mfa audit --format junit --format json --format html --output reports"

PYTHON = f"""\
#!/bin/sh
echo "$*" >> "$LOG"
case "$1 $2" in
"-m venv") mkdir -p "$3/bin" && ln -sf "$0" "$3/bin/python" ;;
"-m pip") ;;
*) exec {sys.executable} "$@" ;;
esac
"""
"""Stands for the runner's Python: installs nothing, and runs everything else with the tests' own."""

GH = """\
#!/bin/sh
echo "gh $*" >> "$LOG"
case "$2" in
repos/example/infrastructure) [ "$3 $4" = "--jq .default_branch" ] && echo main ;;
*/zip) cat "$LISTING/$(basename "$(dirname "$2")").zip" ;;
*) cat "$LISTING/artifacts.json" ;;
esac
"""


@pytest.fixture(scope="module")
def aws() -> Iterator[EmbeddedAws]:
    with EmbeddedAws() as running:
        running.iam.root(mfa=True)
        running.iam.user("ada", policies=["AdministratorAccess"])
        running.iam.user("grace", policies=["AdministratorAccess"], devices=["virtual"])
        yield running


@dataclass(frozen=True, slots=True)
class Runner:
    """Runs the action's own steps as a GitHub runner does: bash with -eo pipefail, and files for results."""

    folder: Path
    environment: Mapping[str, str]

    def run(self, **inputs: str) -> dict[str, int]:
        """Run every step with a script whose condition holds, and return the exit codes up to the first failure."""
        values = {name: str(one["default"]) for name, one in ACTION["inputs"].items()} | {
            name.replace("_", "-"): value for name, value in inputs.items()
        }
        codes: dict[str, int] = {}
        for step in STEPS:
            if "run" in step and self._wanted(step, values) and not any(codes.values()):
                codes[step["name"]] = self._step(step, values)
        return codes

    def outputs(self) -> dict[str, str]:
        lines = (self.folder / "output").read_text(encoding="utf-8").splitlines()
        return dict(line.split("=", 1) for line in lines)

    def summary(self) -> str:
        return (self.folder / "summary").read_text(encoding="utf-8")

    def log(self) -> str:
        return (self.folder / "log").read_text(encoding="utf-8")

    def _wanted(self, step: dict[str, Any], values: Mapping[str, str]) -> bool:
        condition = step.get("if")
        if condition is None:
            return True
        assert condition == "inputs.fail-on == 'new' && inputs.baseline == ''"
        return values["fail-on"] == "new" and not values["baseline"]

    def _step(self, step: dict[str, Any], values: Mapping[str, str]) -> int:
        assert step["shell"] == "bash"
        assert "${{" not in step["run"], "an expression in a script would let an input run commands"
        contexts = {f"inputs.{name}": value for name, value in values.items()} | {
            "github.action_path": str(ROOT),
            "steps.audit.outputs.exit-code": "",
        }
        if (self.folder / "output").exists():
            contexts |= {f"steps.audit.outputs.{name}": value for name, value in self.outputs().items()}
        variables = {
            name: re.sub(r"\$\{\{ ([^}]+) \}\}", lambda found: contexts[found[1]], str(value))
            for name, value in step.get("env", {}).items()
        }
        script = self.folder / "step.sh"
        script.write_text(step["run"], encoding="utf-8")
        command = [
            str(require_tool("bash", "runs the steps of the action")),
            "--noprofile",
            "--norc",
            "-eo",
            "pipefail",
        ]
        return subprocess.run(
            [*command, str(script)], env={**self.environment, **variables}, cwd=self.folder, check=False
        ).returncode


@pytest.fixture
def runner(aws: EmbeddedAws, tmp_path: Path) -> Runner:
    programs, listing = tmp_path / "bin", tmp_path / "listing"
    programs.mkdir()
    listing.mkdir()
    for name, text in (("python", PYTHON), ("gh", GH)):
        (programs / name).write_text(text, encoding="utf-8")
        (programs / name).chmod(0o755)
    (listing / "artifacts.json").write_text('{"artifacts": []}', encoding="utf-8")
    return Runner(
        tmp_path,
        {
            **aws.environment,
            "PATH": f"{programs}:{os.defpath}",
            "HOME": str(tmp_path),
            "RUNNER_TEMP": str(tmp_path),
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_REPOSITORY": "example/infrastructure",
            "GITHUB_OUTPUT": str(tmp_path / "output"),
            "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
            "LOG": str(tmp_path / "log"),
            "LISTING": str(listing),
        },
    )


def test_the_action_fails_for_a_finding_after_it_wrote_everything(runner: Runner) -> None:
    assert runner.run() == {"Install": 0, "Audit": 0, "Result": 1}
    assert runner.outputs() == {"exit-code": "1", "reports": str(runner.folder / "admin-mfa-reports")}
    written = sorted(path.suffix for path in (runner.folder / "admin-mfa-reports").iterdir())
    assert written == [".html", ".json", ".md", ".sarif", ".xml"]
    assert "1 of 2 administrators lacks the required MFA" in runner.summary()
    lock = ROOT / "requirements" / "runtime.txt"
    assert f"-m pip install --quiet --no-deps --require-hashes --requirement {lock}\n" in runner.log()
    assert lock.is_file()


def test_arguments_are_taken_whole_and_never_run(runner: Runner) -> None:
    arguments = "--parameter=ExemptUsers=ada\n\n--parameter=ExemptTag=mfa exempt\n"
    assert runner.run(arguments=arguments)["Result"] == 0
    assert runner.run(arguments=f"--parameter=ExemptUsers=$(touch {runner.folder}/run)`id`; exit 0")["Result"] == 2
    assert not (runner.folder / "run").exists()


def test_a_failed_audit_fails_the_job_and_says_so(runner: Runner) -> None:
    assert runner.run(arguments="--parameter=Nonsense=1") == {"Install": 0, "Audit": 0, "Result": 2}
    assert runner.summary() == "The audit failed with exit code 2; the log shows the reason.\n"


def artifact(number: int, created: str, *, branch: str = "main", fork: bool = False, expired: bool = False) -> Any:
    run = {"head_branch": branch, "repository_id": 1, "head_repository_id": 2 if fork else 1}
    return {"id": number, "created_at": created, "expired": expired, "workflow_run": run}


def test_new_findings_are_those_since_the_latest_run_on_the_default_branch(runner: Runner) -> None:
    assert runner.run(fail_on="new")["Result"] == 1, "without an earlier run every finding is new"
    artifacts = [
        artifact(1, "2026-11-20T06:00:00Z"),
        artifact(2, "2026-11-22T06:00:00Z"),
        artifact(3, "2026-11-23T06:00:00Z", branch="feature"),
        artifact(4, "2026-11-24T06:00:00Z", fork=True),
        artifact(5, "2026-11-25T06:00:00Z", expired=True),
    ]
    listing = runner.folder / "listing"
    (listing / "artifacts.json").write_text(json.dumps({"artifacts": artifacts}), encoding="utf-8")
    with zipfile.ZipFile(listing / "2.zip", "w") as archive:
        archive.write(runner.folder / "admin-mfa-reports" / "admin-mfa.json", "admin-mfa.json")
    found = runner.run(fail_on="new")
    assert found == {"Install": 0, "Find the baseline": 0, "Audit": 0, "Result": 0}
    assert "gh api repos/example/infrastructure/actions/artifacts/2/zip\n" in runner.log()
    assert "0 new, 0 fixed, 1 unchanged" in runner.summary()
    (listing / "artifacts.json").write_text('{"artifacts": []}', encoding="utf-8")
    assert runner.run(fail_on="new", artifact="other")["Result"] == 1, "another use of the action had that baseline"
    kept = (runner.folder / "admin-mfa-reports" / "admin-mfa.json").rename(runner.folder / "kept.json")
    assert runner.run(fail_on="new", baseline=str(kept)) == {"Install": 0, "Audit": 0, "Result": 0}


def test_only_complete_reports_replace_the_baseline_and_reach_code_scanning() -> None:
    complete = "steps.audit.outputs.exit-code == '0' || steps.audit.outputs.exit-code == '1'"
    conditions = {step["name"]: step["if"] for step in STEPS if "uses" in step and "name" in step}
    assert conditions == {
        "Upload the reports": "steps.audit.outputs.exit-code != '2'",
        "Upload the baseline": complete,
        "Upload the findings to code scanning": f"inputs.upload-sarif == 'true' && ({complete})",
    }


def test_actions_of_others_are_pinned_by_commit() -> None:
    text = (ROOT / "action.yml").read_text(encoding="utf-8") + (ROOT / DOCUMENT).read_text(encoding="utf-8")
    uses = re.findall(r"uses: (\S+)(.*)", text)
    assert len(uses) == 6
    for action, comment in uses:
        if not action.startswith("your-organization/"):
            assert re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", action)
            assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment)


def test_the_document_lists_the_inputs_with_their_defaults() -> None:
    listed = re.findall(r"^\| `([\w-]+)` \| (?:`([\w-]+)`|the job's)? ?\|", text_of(DOCUMENT), re.MULTILINE)
    actual = [(name, one["default"].replace("${{ github.token }}", "")) for name, one in ACTION["inputs"].items()]
    assert listed == actual


def text_of(document: str) -> str:
    return (ROOT / document).read_text(encoding="utf-8")


def block(language: str, containing: str) -> Block:
    (found,) = (one for one in all_blocks(DOCUMENT) if one.language == language and containing in one.text)
    return found


def scripts() -> Iterator[Any]:
    job = yaml.safe_load(block("yaml", "before_script").text)["administrators-mfa"]
    assert job["artifacts"]["reports"]["junit"] == "reports/admin-mfa.xml"
    yield pytest.param("\n".join(job["script"]), id="GitLab")
    groovy = block("groovy", "pipeline").text
    assert "junit 'reports/admin-mfa.xml'" in groovy
    yield pytest.param(re.findall(r"sh '''(.*?)'''", groovy, re.DOTALL)[0], id="Jenkins")


@pytest.mark.parametrize("script", list(scripts()))
def test_the_scripts_of_other_systems_fail_for_a_finding_and_write_junit(
    script: str, aws: EmbeddedAws, tmp_path: Path
) -> None:
    assert AUDIT in script
    path = f"{Path(sys.executable).parent}:{os.defpath}"
    environment = {**aws.environment, "PATH": path, "HOME": str(tmp_path)}
    command = [str(require_tool("bash", "runs the scripts of pipelines")), "-e", "-c", script]
    assert subprocess.run(command, env=environment, cwd=tmp_path, check=False).returncode == 1
    suites = ET.parse(tmp_path / "reports" / "admin-mfa.xml").getroot()  # noqa: S314 - our own report
    assert {name: suites.get(name) for name in ("tests", "failures", "errors")} == {
        "tests": "3",
        "failures": "1",
        "errors": "0",
    }


def test_the_workflow_uses_inputs_that_exist_and_grants_what_the_action_needs() -> None:
    workflow = yaml.safe_load(block("yaml", "workflow_dispatch").text)
    step = workflow["jobs"]["audit"]["steps"][-1]
    assert set(step["with"]) <= set(ACTION["inputs"])
    assert workflow["permissions"] == {
        "actions": "read",
        "contents": "read",
        "id-token": "write",
        "security-events": "write",
    }
