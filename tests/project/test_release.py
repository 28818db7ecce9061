"""`make release` publishes the same bytes for the same sources, with checksums of all of them."""

import os
import subprocess
import sys
from pathlib import Path

from tests.support.doc_blocks import ROOT


def release(folder: Path, *, seconds: int) -> dict[str, bytes]:
    """Run the program on a small build whose files have the given times."""
    artifact, organization, sbom = folder / "sam/RuleFunction", folder / "organization", folder / "sbom.json"
    for file, text in {
        artifact / "handler.py": "x = 1\n",
        artifact / "admin_mfa/model.py": "y = 2\n",
        organization / "member.yaml": "Resources: {}\n",
        folder / "sam/template.yaml": "not published\n",
        sbom: "{}\n",
    }.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        os.utime(file, (seconds, seconds))
    out = folder / "out"
    command = [sys.executable, *map(str, (ROOT / "scripts/release.py", folder / "sam", organization, sbom, out))]
    subprocess.run(command, check=True, capture_output=True)
    subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=out, check=True, capture_output=True)
    return {file.name: file.read_bytes() for file in out.iterdir()}


def test_a_release_is_reproducible_and_complete(tmp_path: Path) -> None:
    first = release(tmp_path / "a", seconds=1_700_000_000)
    second = release(tmp_path / "b", seconds=1_800_000_000)
    assert first == second
    version = first["SHA256SUMS"].decode()
    suffixes = {name.partition("-")[2][-7:] if name.startswith("admin_mfa") else name for name in first}
    assert suffixes == {"any.whl", ".tar.gz", "RuleFunction.zip", "member.yaml", "sbom.json", "SHA256SUMS"}
    assert len(version.splitlines()) == len(first) - 1


def test_the_target_builds_what_the_program_collects() -> None:
    dry = subprocess.run(["make", "--dry-run", "release"], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    steps = ["sam build", "scripts/member_template.py", "cyclonedx-py requirements", "scripts/release.py"]
    assert sorted(map(dry.index, steps)) == [dry.index(step) for step in steps]
