"""Build the artifact of one Lambda function: its handler and exactly the modules that the handler can import.

All code is pure Python, so one artifact runs on every architecture. The runtime provides boto3, so the artifact omits
it. Builds are reproducible: names are sorted, times and modes are fixed, and nothing is compiled.

Usage: build_artifact.py HANDLER FOLDER
"""

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable
from modulefinder import ModuleFinder
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "src"
LOCK = ROOT / "requirements" / "lambda.txt"
OLDEST = 315532800
"""The first of January 1980 as a Unix time: the earliest time that zip archives support."""


def main(handler: Path, artifact: Path) -> None:
    """Write the artifact of a handler to a folder."""
    with tempfile.TemporaryDirectory() as folder:
        installed = Path(folder)
        _install(installed)
        _write_metadata(installed)
        files = {handler.name: handler}
        for root in (SOURCES, installed):
            packed = [file for file in _imported(handler, [SOURCES, installed]) if file.is_relative_to(root)]
            files |= {str(file.relative_to(root)): file for file in [*packed, *_data_beside(packed)]}
        packages = {name.split("/", 1)[0] for name in files}
        for info in installed.glob("*.dist-info"):
            if packages & _top_level(info):
                files |= {str(file.relative_to(installed)): file for file in _kept_metadata(info)}
        _copy(files, artifact)


def _install(folder: Path) -> None:
    """Install the packages in the lock for Lambda, from wheels with matching hashes only."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
    command += ["--no-deps", "--require-hashes", "--only-binary", ":all:"]
    environment = {name: value for name, value in os.environ.items() if name != "PIP_USER"}
    done = subprocess.run([*command, "--target", str(folder), "--requirement", str(LOCK)], env=environment, check=False)
    if done.returncode:
        sys.exit(f"pip could not install {LOCK.relative_to(ROOT)}.")
    if native := sorted(file.name for file in folder.rglob("*.so")):
        sys.exit(f"{', '.join(native)} is not pure Python: the artifact would depend on an architecture.")


def _write_metadata(folder: Path) -> None:
    """Write the metadata that `importlib.metadata` reads, so that the function can report its version."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    info = folder / f"admin_mfa-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: admin-mfa\nVersion: {version}\n")
    (info / "top_level.txt").write_text("admin_mfa\n")


def _imported(handler: Path, roots: Iterable[Path]) -> list[Path]:
    """Return the files below the roots that the handler imports, at start or later."""
    finder = ModuleFinder(path=[str(root) for root in roots])
    finder.run_script(str(handler))
    files: dict[str, str | None] = {name: vars(module)["__file__"] for name, module in finder.modules.items()}
    return sorted(Path(file) for name, file in files.items() if file and name != "__main__")


def _data_beside(modules: Iterable[Path]) -> list[Path]:
    """Return the data files of our packages; each is in the package that reads it."""
    ours = {file.parent for file in modules if file.is_relative_to(SOURCES)}
    return sorted(f for folder in ours for f in folder.iterdir() if f.is_file() and f.suffix not in {".py", ".pyc"})


def _top_level(info: Path) -> set[str]:
    """Return a distribution's top-level names: packages without a suffix, modules with theirs."""
    named = info / "top_level.txt"
    if named.exists():
        return set(named.read_text().split())
    return {line.split(",", 1)[0].split("/", 1)[0] for line in (info / "RECORD").read_text().splitlines()}


def _kept_metadata(info: Path) -> list[Path]:
    """Return the files with name, version and licences, without installation records."""
    return sorted(
        file
        for file in info.rglob("*")
        if file.is_file() and (file.name == "METADATA" or "LICENSE" in file.name.upper() or "NOTICE" in file.name)
    )


def _copy(files: dict[str, Path], artifact: Path) -> None:
    """Copy the files in the order of their names, all with the same mode and time."""
    artifact.mkdir(parents=True, exist_ok=True)
    for name in sorted(files):
        target = artifact / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(files[name], target)
        target.chmod(0o644)
        os.utime(target, (OLDEST, OLDEST))
    for folder in sorted({artifact, *(f for f in artifact.rglob("*") if f.is_dir())}, reverse=True):
        folder.chmod(0o755)
        os.utime(folder, (OLDEST, OLDEST))


if __name__ == "__main__":
    if len(sys.argv) != 3 or not Path(sys.argv[1]).is_file():  # noqa: PLR2004 - program, handler and folder
        sys.exit("Usage: build_artifact.py HANDLER FOLDER")
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]))
