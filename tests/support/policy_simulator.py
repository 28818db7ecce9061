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
    answers: list[str] = run_simulator("support/simulate.mjs", simulations, timeout=120)
    return answers


def run_simulator(program: str, request: object, *, timeout: float) -> Any:
    """Return the JSON that a node program below tests/ prints for a JSON request; `timeout` is in seconds."""
    require_node_package("@cloud-copilot/iam-simulate", "asks a policy simulator how AWS would decide")
    node = require_tool("node", "runs the policy simulator")
    done = subprocess.run(
        [node, str(ROOT / "tests" / program)],
        input=json.dumps(request),
        capture_output=True,
        text=True,
        check=True,
        timeout=timeout,
        cwd=ROOT,
    )
    return json.loads(done.stdout)
