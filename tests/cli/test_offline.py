"""`collect` and `audit --from`: files in, a report and an exit code out, with neither credentials nor network."""

import csv
import json
import socket
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import botocore.session
import pytest

from admin_mfa.audit.offline import files
from admin_mfa.aws.iam import BULK_ACTIONS
from demo.emulator import EmbeddedAws, Kind

from .conftest import Environment, Run
from .test_audit import document

NOT_COLLECTED = "answers/list-mfa-devices/ada.json"


@pytest.fixture
def isolated(monkeypatch: pytest.MonkeyPatch) -> Environment:
    """Fail on any use of the caller's configuration or of the network."""

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("an offline audit uses neither credentials nor the network")

    monkeypatch.setattr(botocore.session.Session, "__init__", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    return {"AWS_PROFILE": "missing", "AWS_ENDPOINT_URL": "not a URL"}


@pytest.fixture
def collected(two_users: EmbeddedAws, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> EmbeddedAws:
    monkeypatch.chdir(tmp_path)
    found = run("collect", "answers")
    assert (found.exit_code, found.stdout) == (0, "")
    made = {call.permission for call in two_users.calls.all()}
    assert made <= {*BULK_ACTIONS, "sts:GetCallerIdentity"}
    assert found.stderr == "answers: 12 files. Audit them with `admin-mfa audit --from answers`.\n"
    return two_users


@pytest.mark.usefixtures("collected")
def test_the_collected_files_lead_to_the_live_report(run: Run, isolated: Environment) -> None:
    found = run("audit", "--from", "answers", "-f", "json", env=isolated)
    assert (found.exit_code, found.stderr) == (1, "")
    verdicts = {user["user_name"]: user["compliance"] for user in document(found.stdout)["users"]}
    assert verdicts == {"ada": "NON_COMPLIANT", "grace": "COMPLIANT", "reader": "COMPLIANT"}


@pytest.mark.usefixtures("collected")
def test_what_is_unknown_is_listed_in_every_format(run: Run, isolated: Environment, tmp_path: Path) -> None:
    live = run("audit", "--from", "answers", "-f", "json", env=isolated).stdout
    (tmp_path / "baseline.json").write_text(live, encoding="utf-8")
    Path(NOT_COLLECTED).unlink()
    Path("answers/get-account-summary.json").unlink()
    formats = ["table", "html", "json", "csv", "markdown", "junit", "sarif", "asff", "ocsf"]
    asked = [word for name in formats for word in ("--format", name)]
    found = run("audit", "--from", "answers", "--baseline", "baseline.json", *asked, "-o", "reports", env=isolated)
    assert found.exit_code == 3
    assert found.stderr.splitlines()[-1] == (
        "error: The files do not include everything, so the verdict on 1 user and the root user's MFA are unknown. "
        "The report lists what to save."
    )
    reports = tmp_path / "reports"
    text = {path.suffix: path.read_text(encoding="utf-8") for path in reports.iterdir()}
    missing = "aws iam list-mfa-devices --user-name ada"
    annotation = (
        "ada is an administrator (AdministratorAccess via group ops), and the verdict is unknown: the files do not "
        f"include the output of `{missing}`."
    )

    written = document((reports / "admin-mfa.json").read_text(encoding="utf-8"))
    assert written["account"]["root_mfa"] == "UNKNOWN"
    assert written["account"]["compliance"] is None
    assert [user["user_name"] for user in written["users"]] == ["grace", "reader"]
    grants: list[dict[str, Any]] = [
        {"policy": "AdministratorAccess", "via": "group ops", "way": None, "how": None, "steps": []}
    ]
    ada = {"user_name": "ada", "grants": grants, "missing": missing, "annotation": annotation}
    assert [{name: one[name] for name in ada} for one in written["unknown"]] == [ada]
    rows = {row["user_name"]: row for row in csv.DictReader(text[".csv"].splitlines())}
    compliance = {name: row["compliance"] for name, row in rows.items()}
    assert compliance == {"<root>": "UNKNOWN", "ada": "UNKNOWN", "grace": "COMPLIANT", "reader": "COMPLIANT"}
    assert (rows["ada"]["administrator"], rows["ada"]["grants"]) == ("true", "AdministratorAccess via group ops")
    suites = ET.fromstring(text[".xml"])  # noqa: S314 - our own report
    assert (suites.get("tests"), suites.get("failures"), suites.get("errors")) == ("4", "0", "2")
    (invocation,) = json.loads(text[".sarif"])["runs"][0]["invocations"]
    assert invocation["executionSuccessful"] is False
    assert annotation in [one["message"]["text"] for one in invocation["toolExecutionNotifications"]]
    asff = json.loads((reports / "admin-mfa.asff.json").read_text(encoding="utf-8"))
    assert [one["Compliance"]["Status"] for one in asff if one["RecordState"] == "ACTIVE"] == [
        "WARNING",
        "PASSED",
        "PASSED",
        "WARNING",
    ]
    ocsf = json.loads((reports / "admin-mfa.ocsf.json").read_text(encoding="utf-8"))
    assert {one["activity_name"] for one in ocsf if one["compliance"]["status"] == "Warning"} == {"Create"}
    assert "The verdict on 1 user is unknown" in text[".html"]
    assert 'class="answer bad"' in text[".html"]
    for name in (".html", ".txt", ".md"):
        assert "the verdict on 1 user is unknown" in text[name], name
        assert "0 fixed" in text[name], name


def test_a_collection_that_fails_writes_nothing(two_users: EmbeddedAws, run: Run, tmp_path: Path) -> None:
    two_users.faults.add("iam:ListAccessKeys", Kind.ACCESS_DENIED, times=None)
    found = run("collect", str(tmp_path / "answers"))
    assert found.exit_code == 3
    assert "AWS denies iam:ListAccessKeys" in found.stderr
    assert list((tmp_path / "answers").iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        pytest.param(["audit", "--from", "no-such"], "'no-such' cannot be read: no such file or directory.", id="path"),
        pytest.param(
            ["audit", "--from", "text.json"],
            "'text.json' is not JSON. Save the output of the AWS CLI with `--output json`.",
            id="not JSON",
        ),
        pytest.param(
            ["audit", "--from", "deep.json"],
            "'deep.json' is not JSON. Save the output of the AWS CLI with `--output json`.",
            id="nested too deeply",
        ),
        pytest.param(["audit", "--from", "large.json"], "'large.json' is larger than 1 MB.", id="large"),
        pytest.param(
            ["audit", "--from", "text.json", "--profile", "audit"],
            "--from reads files, so --profile has no effect. Pass one or the other.",
            id="profile",
        ),
        pytest.param(
            ["audit", "--from", "text.json", "--organization"],
            "--from reads files, so --organization and --accounts have no effect. Pass one or the other.",
            id="organization",
        ),
        pytest.param(
            ["collect", "."], "'.' is not empty. Pass a new or empty directory.", id="a directory with other files"
        ),
        pytest.param(
            ["collect", "text.json"],
            "'text.json' cannot be used: it is a file. Pass a new or empty directory.",
            id="a file",
        ),
    ],
)
def test_unusable_files_are_usage_errors(
    arguments: list[str], sentence: str, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("text.json").write_text("user,mfa_active\n", encoding="utf-8")
    Path("deep.json").write_text("[" * 100_000, encoding="utf-8")
    monkeypatch.setattr(files, "MAX_BYTES", 2**20)
    Path("large.json").write_bytes(b" " * (2**20 + 1))
    found = run(*arguments)
    assert (found.exit_code, found.stdout, found.stderr) == (2, "", f"error: {sentence}\n")
