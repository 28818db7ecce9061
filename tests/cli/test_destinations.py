"""Several formats at once, and what changed since an earlier report."""

import json
import stat
from pathlib import Path

import pytest

from admin_mfa.report import FORMATS
from demo.emulator import EmbeddedAws

from .conftest import Run


@pytest.mark.usefixtures("two_users")
def test_every_format_goes_into_a_directory_under_its_own_name_for_its_owner_alone(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    asked = [word for name in FORMATS for word in ("--format", name)]
    found = run("audit", *asked, "--format", "json", "--output", str(folder))
    assert (found.exit_code, found.stdout) == (1, "")
    files = {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}
    assert files == {f"admin-mfa{row.suffix}": 0o600 for row in FORMATS.values()}
    assert len(files) == len(FORMATS)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert found.stderr == (
        f"{', '.join(str(folder / f'admin-mfa{row.suffix}') for row in FORMATS.values())}: "
        "1 of 2 administrators lacks the required MFA; root user has MFA.\n"
    )


@pytest.mark.usefixtures("two_users")
def test_one_format_goes_into_a_directory_that_exists(run: Run, tmp_path: Path) -> None:
    run("audit", "--format", "html", "--output", str(tmp_path))
    (file,) = tmp_path.iterdir()
    assert file.name == "admin-mfa.html"
    assert ">ada</bdi>" in file.read_text(encoding="utf-8")


@pytest.mark.usefixtures("two_users")
@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("audit.html", "<!DOCTYPE html>"),
        ("audit.JSON", "{"),
        ("audit.asff.json", "["),
        ("audit.csv", "account_id,"),
        ("audit.txt", "Account "),
        ("audit", "Account "),
    ],
)
def test_the_ending_selects_the_format(run: Run, tmp_path: Path, name: str, begins: str) -> None:
    found = run("audit", "-o", str(tmp_path / name))
    assert found.exit_code == 1
    assert (tmp_path / name).read_text(encoding="utf-8").startswith(begins)


@pytest.mark.usefixtures("two_users")
def test_quiet_prints_nothing_but_the_result(run: Run, tmp_path: Path) -> None:
    found = run("audit", "--quiet", "-p", "ExemptUsers=nobody", "-o", str(tmp_path / "audit.html"))
    assert (found.exit_code, found.stdout, found.stderr) == (1, "", "")


@pytest.mark.usefixtures("two_users")
def test_security_hub_is_told_the_region_of_the_session(run: Run) -> None:
    found = json.loads(run("audit", "--format", "asff", "--region", "eu-west-1").stdout)
    assert {finding["ProductArn"].split(":")[3] for finding in found} == {"eu-west-1"}


@pytest.fixture
def baseline(run: Run, two_users: EmbeddedAws, tmp_path: Path) -> Path:
    """What was found when ada had no device, and bob neither."""
    two_users.iam.user("bob", policies=["AdministratorAccess"])
    file = tmp_path / "before.json"
    run("audit", "--format", "json", "--output", str(file))
    two_users.iam.delete_user("bob")
    return file


def test_unchanged_findings_fail_unless_only_new_ones_are_to(run: Run, baseline: Path) -> None:
    assert run("audit", "--baseline", str(baseline)).exit_code == 1
    found = run("audit", "--baseline", str(baseline), "--fail-on", "new")
    assert (found.exit_code, found.stderr) == (0, "")
    assert "- fixed: bob no longer exists." in found.stdout
    assert "UTC: 0 new, 1 fixed, 1 unchanged.\n" in found.stdout


def test_a_new_finding_fails_and_is_named(run: Run, two_users: EmbeddedAws, baseline: Path) -> None:
    two_users.iam.user("carol", policies=["AdministratorAccess"])
    found = run("audit", "--baseline", str(baseline), "--fail-on", "new")
    assert found.exit_code == 1
    assert "- new: carol is an administrator" in found.stdout


def test_a_root_user_that_lost_its_device_is_new(run: Run, two_users: EmbeddedAws, baseline: Path) -> None:
    two_users.iam.root(mfa=None)
    assert run("audit", "--baseline", str(baseline), "--fail-on", "new").exit_code == 1


def test_the_line_about_a_file_tells_what_changed(run: Run, baseline: Path, tmp_path: Path) -> None:
    found = run("audit", "--baseline", str(baseline), "--format", "html", "--output", str(tmp_path / "now.html"))
    assert found.stderr.splitlines()[1].endswith("UTC: 0 new, 1 fixed, 1 unchanged.")
    assert "bob no longer exists." in (tmp_path / "now.html").read_text(encoding="utf-8")


def test_a_baseline_of_another_account_is_refused_before_anything_is_written(
    run: Run, two_users: EmbeddedAws, baseline: Path, tmp_path: Path
) -> None:
    document = json.loads(baseline.read_text(encoding="utf-8"))
    baseline.write_text(json.dumps(document | {"account_id": "210987654321"}), encoding="utf-8")
    del two_users
    found = run("audit", "--baseline", str(baseline), "--output", str(tmp_path / "now.txt"))
    assert (found.exit_code, found.stdout) == (2, "")
    assert found.stderr == (
        f"error: The baseline '{baseline}' cannot be used: it is about account 210987654321, not about account "
        "123456789012. Pass a file that `admin-mfa audit --format json` wrote.\n"
    )
    assert not (tmp_path / "now.txt").exists()
