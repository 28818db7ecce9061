"""The bill of materials names exactly what the Lambda artifact carries."""

import json
import re
import subprocess
from pathlib import Path

from tests.support.tools import ROOT, require_tool


def test_the_bill_lists_what_the_lock_for_lambda_holds(tmp_path: Path) -> None:
    written = tmp_path / "sbom.json"
    (recipe,) = re.findall(
        r"cyclonedx-py (requirements .*)--output-file build/sbom.json (\S+)", (ROOT / "Makefile").read_text()
    )
    command = [str(require_tool("cyclonedx-py", "writes the bill of materials")), *recipe[0].split()]
    subprocess.run([*command, "--output-file", str(written), recipe[1]], cwd=ROOT, check=True, capture_output=True)
    bill = json.loads(written.read_text())
    assert bill["bomFormat"] == "CycloneDX"
    locked = dict(re.findall(r"^([\w-]+)==([^ ;]+)", (ROOT / recipe[1]).read_text(), re.MULTILINE))
    assert {part["name"]: part["version"] for part in bill["components"]} == locked
    assert {"aws-lambda-powertools", "rdklib"} <= set(locked)
