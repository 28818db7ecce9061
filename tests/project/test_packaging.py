"""Test the consistency of installation, locks, builds and development commands."""

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from importlib.metadata import requires, version
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import admin_mfa
from tests.support import tools
from tests.support.tools import ROOT

PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
PINNED = re.compile(r"(?P<name>[a-z0-9-]+)==(?P<version>[^ ;]+)(?: ; (?P<marker>.+))?")
SHA256 = re.compile(r"--hash=sha256:[0-9a-f]{64}")
ADDRESS = re.compile(r"[a-z+]+://|^\s*(-i|-f|--index-url|--extra-index-url|--find-links)\b", re.MULTILINE)


def locked(lock: Path) -> dict[str, set[str]]:
    """Return the versions of each release in a lock, by normalized name."""
    releases: dict[str, set[str]] = {}
    for entry in entries(lock):
        match = PINNED.fullmatch(entry[0])
        assert match, f"{lock.name}: {entry[0]!r} is not one exact version"
        releases.setdefault(canonicalize_name(match["name"]), set()).add(match["version"])
    return releases


def entries(lock: Path) -> list[list[str]]:
    """Return each logical line of a lock, split into the requirement and its options."""
    text = re.sub(r"^\s*#.*$", "", lock.read_text(), flags=re.MULTILINE).replace("\\\n", "")
    return [re.split(r"\s+(?=--)", line.strip()) for line in text.splitlines() if line.strip()]


def required_by_the_project() -> list[Requirement]:
    project = PYPROJECT["project"]
    own = [
        *project["dependencies"],
        *(r for extra in project["optional-dependencies"].values() for r in extra),
    ]
    return [r for r in map(Requirement, own) if r.name != project["name"]]


# Locks


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_contains_only_exact_versions_with_hashes(lock: Path) -> None:
    assert locked(lock)
    unhashed = [e for e in entries(lock) if not e[1:] or not all(SHA256.fullmatch(o) for o in e[1:])]
    assert unhashed == []


@pytest.mark.parametrize("lock", [*LOCKS, ROOT / "package-lock.json"], ids=lambda lock: lock.name)
def test_a_lock_contains_no_address(lock: Path) -> None:
    assert ADDRESS.findall(lock.read_text()) == []


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("--index-url https://pypi.example/simple", id="index"),
        pytest.param("-f wheels", id="folder of wheels"),
        pytest.param("boto3 @ git+ssh://host/boto3", id="repository"),
    ],
)
def test_lock_check_detects_an_address(text: str) -> None:
    assert ADDRESS.search(text)


@pytest.mark.parametrize("requirement", required_by_the_project(), ids=lambda r: str(r.name))
def test_dependencies_are_locked_within_their_range(requirement: Requirement) -> None:
    versions = locked(ROOT / "requirements" / "dev.txt")[canonicalize_name(requirement.name)]
    assert all(requirement.specifier.contains(v) for v in versions), versions


@pytest.mark.parametrize("source", sorted((ROOT / "requirements").glob("*.in")), ids=lambda s: s.name)
def test_a_lock_contains_its_inputs(source: Path) -> None:
    inputs = [Requirement(line) for line in source.read_text().splitlines() if line and not line.startswith("#")]
    releases = locked(source.with_suffix(".txt"))
    assert inputs
    unmet = [
        str(r)
        for r in inputs
        if not all(r.specifier.contains(v) for v in releases.get(canonicalize_name(r.name), {"0.dev0"}))
    ]
    assert unmet == []


def test_the_lambda_artifact_contains_the_tested_releases_and_no_aws_sdk() -> None:
    tested = locked(ROOT / "requirements" / "dev.txt")
    packed = locked(ROOT / "requirements" / "lambda.txt")
    assert packed == {name: tested[name] for name in packed}
    assert packed.keys() == {"aws-lambda-powertools", "rdklib", "typing-extensions"}


def test_the_artifact_lacks_only_packages_of_the_runtime() -> None:
    packed = locked(ROOT / "requirements" / "lambda.txt").keys()
    needed = {
        canonicalize_name(r.name)
        for name in packed
        for r in map(Requirement, requires(name) or [])
        if r.marker is None or r.marker.evaluate({"extra": ""})
    }
    assert needed - packed == {"boto3", "jmespath"}


def test_the_environment_matches_the_lock() -> None:
    releases = locked(ROOT / "requirements" / "dev.txt")
    assert {name: version(name) in releases[name] for name in ("boto3", "moto", "rdklib", "aws-sam-cli")} == {
        "boto3": True,
        "moto": True,
        "rdklib": True,
        "aws-sam-cli": True,
    }
    complete = subprocess.run([sys.executable, "-m", "pip", "check"], capture_output=True, text=True, check=False)
    assert complete.stdout.strip() == "No broken requirements found."


def test_node_packages_are_exact_and_locked_by_hash() -> None:
    declared = json.loads((ROOT / "package.json").read_text())["devDependencies"]
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert declared == {name: packages[f"node_modules/{name}"]["version"] for name in declared}
    assert [path for path, package in packages.items() if path and "integrity" not in package] == []


# Versions and metadata


def test_the_version_is_the_same_everywhere() -> None:
    assert admin_mfa.__version__ == version("admin-mfa") == PYPROJECT["project"]["version"]


def test_the_changelog_lists_unreleased_first_and_then_older_versions() -> None:
    headings = re.findall(
        r"^## \[(.+?)\](?: - (\d{4}-\d{2}-\d{2}))?$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE
    )
    assert headings[0] == ("Unreleased", "")
    released = [(tuple(map(int, v.split("."))), day) for v, day in headings[1:]]
    assert released == sorted(released, reverse=True)
    assert all(day for _, day in released)
    # Before the first release, the version is that of the work in progress; afterwards it is the latest in the
    # changelog.
    current = tuple(map(int, PYPROJECT["project"]["version"].split(".")))
    assert not released or current == released[0][0]


def test_the_supported_pythons_are_the_same_in_metadata_and_in_the_finder() -> None:
    classified = [c.rsplit(" ", 1)[1] for c in PYPROJECT["project"]["classifiers"] if re.search(r":: 3\.\d+$", c)]
    finder = (ROOT / "scripts" / "find-python").read_text()
    tried = re.search(r"^for version in (.+); do$", finder, re.MULTILINE)
    assert tried
    assert sorted(classified) == sorted(tried[1].split()) == ["3.11", "3.12", "3.13", "3.14"]
    assert PYPROJECT["project"]["requires-python"] == ">=3.11,<3.15"
    assert PYPROJECT["tool"]["uv"]["environments"] == ["python_version < '3.15'"]
    compared = re.search(r"^for version in (.+); do$", (ROOT / "scripts" / "compatibility").read_text(), re.MULTILINE)
    assert compared
    assert sorted(compared[1].split()) == sorted(classified)


def test_editors_wrap_where_the_formatter_does() -> None:
    width = re.search(r"^max_line_length = (\d+)$", (ROOT / ".editorconfig").read_text(), re.MULTILINE)
    assert width
    assert int(width[1]) == PYPROJECT["tool"]["ruff"]["line-length"]


# The wheel and the source distribution


@pytest.fixture(scope="module")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build what a release publishes."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def wheel(distributions: Path) -> dict[str, bytes]:
    """Return the files of the wheel that users install."""
    (built,) = distributions.glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_source_distribution_holds_the_package_without_tests_or_demo(distributions: Path) -> None:
    (built,) = distributions.glob("*.tar.gz")
    with tarfile.open(built) as archive:
        names = [name.partition("/")[2] for name in archive.getnames()]
    assert {name.partition("/")[0] for name in names} == {
        ".gitignore",
        "CHANGELOG.md",
        "LICENSE",
        "NOTICE",
        "PKG-INFO",
        "README.md",
        "pyproject.toml",
        "src",
    }
    assert "src/admin_mfa/administrator.py" in names


def test_the_wheel_contains_only_the_package(wheel: dict[str, bytes]) -> None:
    package = ROOT / "src" / "admin_mfa"
    files = [file for file in package.rglob("*") if file.is_file() and "__pycache__" not in file.parts]
    info = f"admin_mfa-{PYPROJECT['project']['version']}.dist-info/"
    assert {name for name in wheel if not name.startswith(info)} == {
        str(file.relative_to(package.parent)) for file in files
    }


def test_the_wheel_contains_no_emulator_and_no_demonstration(wheel: dict[str, bytes]) -> None:
    imports = re.compile(rb"^\s*(from|import) (demo|moto|werkzeug|tests)\b", re.MULTILINE)
    assert [name for name in wheel if re.search("demo|emulat|embedded", name)] == []
    assert [name for name, content in wheel.items() if imports.search(content)] == []
    (metadata,) = (content.decode() for name, content in wheel.items() if name.endswith(".dist-info/METADATA"))
    (commands,) = (content.decode() for name, content in wheel.items() if name.endswith("/entry_points.txt"))
    assert re.findall(r"^Provides-Extra: (.+)$", metadata, re.MULTILINE) == ["rule"]
    assert commands.split() == ["[console_scripts]", "admin-mfa", "=", "admin_mfa.cli:main"]


def test_the_command_runs_from_the_wheel_alone(distributions: Path, tmp_path: Path) -> None:
    (built,) = distributions.glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        archive.extractall(tmp_path)  # noqa: S202 - our own wheel
    run = subprocess.run(
        [sys.executable, "-m", "admin_mfa", "--version"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout == f"admin-mfa {version('admin-mfa')}\n"


# Lint configuration


def test_every_disabled_lint_rule_has_a_reason() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    lint = text[text.index("[tool.ruff.lint]") : text.index("[tool.ruff.lint.isort]")]
    switched_off = re.findall(r'^    "[A-Z]+[0-9]*",(.*)$', lint, re.MULTILINE)
    configured = PYPROJECT["tool"]["ruff"]["lint"]
    expected = len(configured["ignore"]) + sum(map(len, configured["per-file-ignores"].values()))
    assert len(switched_off) == expected
    assert [reason for reason in switched_off if not re.fullmatch(r" +# .{10,}", reason)] == []


ASTRAY = [
    pytest.param({}, None, id="the unchanged package"),
    pytest.param({"model": "import boto3"}, "aws-sdk", id="the values use an AWS SDK"),
    pytest.param({"evaluate": "import botocore.exceptions"}, "aws-sdk", id="the verdict uses botocore"),
    pytest.param({"aws/iam": "import rdklib"}, "rdklib", id="a reader uses rdklib"),
    pytest.param({"policy/document": "import admin_mfa.evaluate"}, "layers", id="values import verdicts"),
    pytest.param({"errors": "import admin_mfa.model"}, "values", id="errors import values"),
    pytest.param(
        {"followup/finding": "import admin_mfa.cli.output"}, "command", id="the remediation imports the command"
    ),
    pytest.param({"newcomer": "import json"}, "layers", id="a module without a layer"),
]


@pytest.mark.parametrize(("added", "broken"), ASTRAY)
def test_an_import_against_the_order_breaks_the_contract_that_forbids_it(
    added: dict[str, str], broken: str | None, tmp_path: Path
) -> None:
    package = shutil.copytree(ROOT / "src" / "admin_mfa", tmp_path / "admin_mfa")
    for name, line in added.items():
        with (package / f"{name}.py").open("a") as module:
            module.write(f"\n{line}\n")
    contracts = {c["id"]: c["name"] for c in PYPROJECT["tool"]["importlinter"]["contracts"]}
    run = subprocess.run(
        [
            Path(sys.executable).parent / "lint-imports",
            "--config",
            ROOT / "pyproject.toml",
            "--no-cache",
            "--no-logo",
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path), "COLUMNS": "200"},
    )
    found = {i for i, name in contracts.items() if f"{name} BROKEN" in run.stdout}
    assert (run.returncode, found) == ((1, {broken}) if broken else (0, set())), run.stdout + run.stderr


# The Makefile and its commands


def makefile_targets() -> set[str]:
    phony = re.search(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert phony
    return set(phony[1].split())


def test_help_documents_every_target() -> None:
    shown = subprocess.run(["make", "help"], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    documented = dict(re.findall(r"^  ([a-z-]+) +(\S.*)$", shown, re.MULTILINE))
    assert documented.keys() == makefile_targets()
    rules = re.findall(r"^([a-z][a-z-]*):(?!=)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert set(rules) == makefile_targets()


def test_the_test_command_covers_format_lint_imports_types_and_tests() -> None:
    dry = subprocess.run(["make", "--dry-run", "test"], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    commands = ["ruff format --check", "lint-imports", "ruff check", "pytest", "mypy"]
    positions = [dry.find(f".venv/bin/{command}") for command in commands]
    assert -1 not in positions
    assert positions == sorted(positions)


def test_hooks_download_nothing() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    assert [repository["repo"] for repository in hooks["repos"]] == ["local"]
    assert {hook["language"] for hook in hooks["repos"][0]["hooks"]} == {"system"}


def test_ci_runs_the_one_test_command_and_fails_when_it_fails() -> None:
    lines = [line for line in (ROOT / ".ci" / "run").read_text().splitlines() if line and not line.startswith("#")]
    assert lines[0] == "set -euo pipefail"
    assert "export CI=true" in lines
    assert lines[-1] == "make test"


# scripts/find-python


def find_python(path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the finder with only `path` on PATH and without a home directory."""
    return subprocess.run(
        ["/bin/sh", ROOT / "scripts" / "find-python"],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": str(path), "HOME": str(path / "nowhere"), **environment},
    )


def pretend(folder: Path, name: str, text: str) -> Path:
    program = folder / name
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(0o755)
    return program


RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"
SHIM = "echo 'this version is not selected' >&2; exit 127"


def this_python(folder: Path, name: str) -> Path:
    return pretend(folder, name, f'exec "{sys.executable}" "$@"')


def test_a_missing_python_is_reported_in_one_sentence(tmp_path: Path) -> None:
    run = find_python(tmp_path)
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr == (
        "No working Python 3.11, 3.12, 3.13 or 3.14 with its venv and ensurepip modules was found: "
        "install one, or name it with PYTHON=/path/to/python.\n"
    )


def test_a_shim_that_does_not_run_is_skipped(tmp_path: Path) -> None:
    for name in ("python3.14", "python3.13", "python3.12", "python3.11"):
        pretend(tmp_path, name, SHIM)
    this_python(tmp_path, "python3")
    run = find_python(tmp_path)
    assert (run.returncode, run.stderr) == (0, "")
    assert Path(run.stdout.strip()) == Path(sys.executable)


def test_a_version_that_exists_only_in_pyenv_is_found(tmp_path: Path) -> None:
    this_python(tmp_path, f"pyenv/versions/{RUNNING}.1/bin/python{RUNNING}")
    pretend(tmp_path, f"python{RUNNING}", SHIM)
    run = find_python(tmp_path, PYENV_ROOT=str(tmp_path / "pyenv"))
    assert Path(run.stdout.strip()) == Path(sys.executable)


@pytest.mark.parametrize("name", ["python3.14", "python3.13", "python3.12", "python3.11"])
def test_a_python_with_a_misleading_name_is_skipped(name: str, tmp_path: Path) -> None:
    this_python(tmp_path, name)
    assert find_python(tmp_path).returncode == (0 if name == f"python{RUNNING}" else 1)


def test_a_python_without_ensurepip_is_skipped(tmp_path: Path) -> None:
    hollow = "import sys; sys.modules['ensurepip'] = None; exec(sys.argv.pop(1))"
    pretend(tmp_path, f"python{RUNNING}", f'shift 2; exec "{sys.executable}" -I -c "{hollow}" "$@"')
    assert find_python(tmp_path).returncode == 1


def test_a_python_that_is_too_old_is_skipped(tmp_path: Path) -> None:
    old = "import sys; sys.version_info = (3, 10, 14); exec(sys.argv.pop(1))"
    pretend(tmp_path, "python3", f'shift 2; exec "{sys.executable}" -I -c "{old}" "$@"')
    assert find_python(tmp_path).returncode == 1


def test_an_explicit_python_is_the_only_candidate(tmp_path: Path) -> None:
    this_python(tmp_path, "python3")
    named = pretend(tmp_path, "elsewhere/python", SHIM)
    run = find_python(tmp_path, PYTHON=str(named))
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr == (
        f"PYTHON={named} is not a working Python 3.11, 3.12, 3.13 or 3.14 with its venv and ensurepip modules.\n"
    )


# Tools that tests need


@pytest.mark.parametrize(
    ("ci", "outcome"),
    [
        pytest.param("true", pytest.fail.Exception, id="CI fails"),
        pytest.param("", pytest.skip.Exception, id="a developer's machine skips"),
    ],
)
def test_a_missing_tool_is_reported_with_its_reason(
    ci: str, outcome: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match=r"no-such-tool is not installed; this test checks an error message"):
        tools.require_tool("no-such-tool", "checks an error message")


@pytest.mark.parametrize("ci", ["true", ""])
def test_a_missing_node_package_is_reported_like_a_missing_tool(ci: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", ci)
    monkeypatch.setattr(tools, "ROOT", Path("/nowhere"))
    outcome = pytest.fail.Exception if ci else pytest.skip.Exception
    with pytest.raises(outcome, match=r"axe-core is not installed|node is not installed"):
        tools.require_node_package("axe-core", "checks accessibility")


def test_skipped_tests_are_counted_for_each_missing_tool() -> None:
    reasons = ["('a.py', 1, 'Skipped: chromium is not installed; this test looks')"] * 2 + ["Skipped: not on Windows"]
    assert tools.left_out(reasons) == ["2 tests were skipped because chromium is not installed."]


def test_node_and_npm_are_those_of_the_environment() -> None:
    assert tools.require_tool("node", "runs") == Path(sys.executable).parent / "node"
    assert "$(BIN)/npm ci" in (ROOT / "Makefile").read_text()


def test_every_test_has_a_time_limit(pytestconfig: pytest.Config) -> None:
    assert pytestconfig.getoption("timeout") == 600


def test_the_fast_tests_exist_and_start_no_server() -> None:
    dry = subprocess.run(["make", "--dry-run", "test-fast"], capture_output=True, text=True, check=True, cwd=ROOT)
    files = re.findall(r"tests/\S+\.py", dry.stdout)
    assert {"tests/test_administrator.py", "tests/test_evaluate.py", "tests/policy/test_document.py"} <= set(files)
    servers = re.compile(r"EmbeddedAws|require_tool|\baws: ")
    assert [file for file in files if servers.search((ROOT / file).read_text())] == []


def test_a_tool_of_this_environment_is_found() -> None:
    assert tools.require_tool("cfn-lint", "lints") == Path(sys.executable).parent / "cfn-lint"


def test_a_locked_node_package_is_found() -> None:
    assert (tools.require_node_package("axe-core", "checks accessibility") / "axe.min.js").is_file()
