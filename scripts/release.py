"""Collect everything that a release publishes in build/release, with checksums: `make release` runs it.

The same sources give the same bytes: times, modes and the order of files are fixed.

Usage: release.py SAM_BUILD ORGANIZATION_BUILD SBOM FOLDER
"""

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip archive can hold."""


def main(sam_build: Path, organization: Path, sbom: Path, folder: Path) -> None:
    """Write wheel, source distribution, artifacts, templates, SBOM and checksums to an empty folder."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    build = [sys.executable, "-m", "hatchling", "build", "--directory", str(folder.resolve())]
    subprocess.run(build, cwd=ROOT, env={**os.environ, "SOURCE_DATE_EPOCH": "315532800"}, check=True)
    for artifact in sorted(path for path in sam_build.iterdir() if path.is_dir()):
        pack(artifact, folder / f"{artifact.name}.zip")
    for file in sorted(organization.glob("*.yaml")):
        shutil.copyfile(file, folder / file.name)
    shutil.copyfile(sbom, folder / sbom.name)
    (folder / "SHA256SUMS").write_text(checksums(folder), encoding="utf-8")


def pack(source: Path, archive: Path) -> None:
    """Write a folder to a zip archive whose bytes depend on names and contents alone."""
    with zipfile.ZipFile(archive, "w") as opened:
        for file in sorted(path for path in source.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(file.relative_to(source).as_posix(), EPOCH)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            opened.writestr(entry, file.read_bytes())


def checksums(folder: Path) -> str:
    """Return a line for each file in the format that `sha256sum --check` reads."""
    files = sorted(path for path in folder.iterdir() if path.name != "SHA256SUMS")
    return "".join(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in files)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
