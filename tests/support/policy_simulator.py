"""Ask a policy simulator, @cloud-copilot/iam-simulate, how AWS would decide requests.

It refuses an action that does not exist, and a resource that the action does not have.
"""

import json
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any

from tests.support.tools import ROOT, require_node_package, require_tool


def simulate(simulations: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return for each simulation `Allowed`, `ImplicitlyDenied`, `ExplicitlyDenied`, or what is wrong with it."""
    require_node_package("@cloud-copilot/iam-simulate", "asks a policy simulator how AWS would decide")
    node = require_tool("node", "asks a policy simulator how AWS would decide")
    done = subprocess.run(
        [node, str(ROOT / "tests" / "support" / "simulate.mjs")],
        input=json.dumps(simulations),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        cwd=ROOT,
    )
    answers: list[str] = json.loads(done.stdout)
    return answers
