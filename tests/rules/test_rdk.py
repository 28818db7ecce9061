"""The folder is one that RDK knows: its own test command runs what lies there."""

import json
import os
import subprocess
import sys

import pytest

from admin_mfa.aws.config import ACTIONS, OVERSIZED_ACTIONS
from admin_mfa.aws.iam import BULK_ACTIONS, SINGLE_ACTIONS
from admin_mfa.parameters import PARAMETERS
from tests.support.handler import IDENTIFIER
from tests.support.tools import ROOT, require_tool

RULE_FOLDER = ROOT / "rules" / IDENTIFIER


@pytest.mark.skipif(sys.version_info < (3, 12), reason="rdk cannot be imported before Python 3.12")
def test_rdk_test_local_passes_from_inside_rules() -> None:
    rdk = require_tool("rdk", "runs RDK's own command")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "AWS_DEFAULT_REGION": "us-east-1"}
    done = subprocess.run(
        [rdk, "test-local", IDENTIFIER],
        cwd=ROOT / "rules",
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    told = done.stdout + done.stderr
    assert done.returncode == 0, told
    # RDK counts a folder without tests, and one that it skips, as a success.
    expected = (RULE_FOLDER / f"{IDENTIFIER}_test.py").read_text().count("    def test_")
    assert expected > 0
    assert f"Ran {expected} tests in" in told
    assert "Skipping" not in told


def test_parameters_json_names_the_rule_as_its_folder_does() -> None:
    described = json.loads((RULE_FOLDER / "parameters.json").read_text())
    parameters = described["Parameters"]
    assert parameters["RuleName"] == IDENTIFIER
    assert parameters["CodeKey"] == f"{IDENTIFIER}.zip"
    assert parameters["SourceHandler"] == f"{IDENTIFIER}.lambda_handler"
    assert parameters["EvaluationMode"] == "DETECTIVE"
    assert parameters["SourcePeriodic"]
    # InputParameters of a rule hold at most 1,024 characters; the defaults of all must fit.
    # https://docs.aws.amazon.com/config/latest/APIReference/API_ConfigRule.html
    assert len(parameters["OptionalParameters"]) <= 1024
    assert len(PARAMETERS) == len(json.loads(parameters["OptionalParameters"]))


def test_the_readme_names_the_permissions_that_the_rule_needs() -> None:
    text = (RULE_FOLDER / "README.md").read_text()
    block = text.split("```text", 1)[1].split("```", 1)[0].split()
    assert block == sorted((*ACTIONS, *OVERSIZED_ACTIONS, *BULK_ACTIONS, *SINGLE_ACTIONS))
