"""What bandit and detect-secrets find is what somebody has looked at, each with the reason why it may stay."""

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from detect_secrets.core.scan import scan_file
from detect_secrets.settings import transient_settings

from tests.support.tools import ROOT, require_tool

CODE = ("src", "demo", "acceptance", "rules", "functions", "remediation", "scripts", "benchmarks")

BANDIT = {
    ("B102", "demo/emulator/automation.py"): "runs the scripts of our own documents, as Systems Manager does",
    ("B314", "benchmarks/programs/scan.py"): "the simulated account's own XML",
    ("B314", "demo/emulator/conformity.py"): "the emulator's own XML",
    ("B704", "src/admin_mfa/report/page.py"): "our own files, whose hashes the page's policy names",
}
"""Findings of medium severity and above, by test and file. ruff's S rules look for the lower ones, line by line."""

SECRETS = {
    ("benchmarks/__main__.py", "Secret Keyword"): "the simulated account asks for no real one",
    ("benchmarks/artifact.py", "Secret Keyword"): "likewise",
    ("demo/emulator/aws.py", "Secret Keyword"): "credentials of the embedded AWS",
    ("demo/emulator/iam_seed.py", "Secret Keyword"): "a console password in the embedded AWS",
    ("src/admin_mfa/followup/finding.py", "Secret Keyword"): "the name of a reason: no password",
    ("src/admin_mfa/model.py", "Secret Keyword"): "the name of a fact: console password",
    ("tests/demo/test_demo.py", "AWS Access Key"): "a key that a test looks for in what the demonstration says",
}

DETECTORS = ("AWSKeyDetector", "PrivateKeyDetector", "BasicAuthDetector", "GitHubTokenDetector", "SlackDetector")
MANY_WORDS = "KeywordDetector"
"""Everywhere but in tests, which call their made-up credentials by these words all the time."""


def test_bandit_finds_nothing_that_nobody_has_looked_at() -> None:
    bandit = require_tool("bandit", "looks for insecure code")
    command = [str(bandit), "--quiet", "--recursive", "--severity-level", "medium", "--format", "json"]
    folders = [folder for folder in CODE if (ROOT / folder).is_dir()]
    run = subprocess.run([*command, *folders], cwd=ROOT, capture_output=True, text=True, check=False)
    found = json.loads(run.stdout)
    assert found["errors"] == []
    assert len(found["metrics"]) > 50, "it has looked at the code"
    assert {(issue["test_id"], issue["filename"]) for issue in found["results"]} == set(BANDIT)


def tracked() -> Iterable[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    skipped = {".svg", ".png", ".pdf"}
    locks = set((ROOT / "requirements").glob("*.txt")) | {ROOT / "package-lock.json"}
    for name in filter(None, listed.split("\0")):
        path = ROOT / name
        if path.is_file() and path.suffix not in skipped and path not in locks:
            yield path


def secrets_in(paths: Iterable[Path], *detectors: str) -> set[tuple[str, str]]:
    with transient_settings({"plugins_used": [{"name": name} for name in detectors]}):
        return {(str(path.relative_to(ROOT)), found.type) for path in paths for found in scan_file(str(path))}


def test_no_secret_is_in_any_file() -> None:
    paths = list(tracked())
    assert len(paths) > 100
    own = [path for path in paths if not path.is_relative_to(ROOT / "tests")]
    found = secrets_in(paths, *DETECTORS) | secrets_in(own, MANY_WORDS)
    assert found == set(SECRETS)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        pytest.param("key = 'AKIA" + "ABCDEFGHIJKLMNOP'", "AWS Access Key", id="an access key"),
        pytest.param("-----BEGIN RSA " + "PRIVATE KEY-----", "Private Key", id="a private key"),
        pytest.param("password = '" + "correct horse battery'", "Secret Keyword", id="a password"),
        pytest.param("https://user:" + "hunter2hunter2@host.example", "Basic Auth Credentials", id="in an address"),
    ],
)
def test_a_secret_would_be_seen(text: str, kind: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    (tmp_path / "settings.py").write_text(text + "\n")
    assert (("settings.py", kind)) in secrets_in([tmp_path / "settings.py"], *DETECTORS, MANY_WORDS)
