"""One build for all tests that need the functions' artifacts; they run on one worker, see the mark `deployment`."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.tools import ROOT, require_tool


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `sam build` leaves behind: template.yaml, and a folder for each function."""
    sam = require_tool("sam", "builds the functions")
    require_tool("make", "builds the functions")
    folder = tmp_path_factory.mktemp("build")
    environment = os.environ | {"SAM_CLI_TELEMETRY": "0"}
    done = subprocess.run(
        [sam, "build", "--build-dir", folder], cwd=ROOT, capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder
