"""The documents really run: in our interpreter and in AWS's own simulator, with the real helper behind them."""

from collections.abc import Mapping
from typing import Any

import pytest

from admin_mfa.embedded import automation
from admin_mfa.embedded.automation import Document, Execution, Hooks
from tests.tools import require_tool

from . import world as worlds
from .scenarios import BACKOUT, REQUIRE, Story
from .world import Runner


@pytest.mark.xdist_group("ssm simulator")
@pytest.mark.parametrize("story", [pytest.param(story, id=name) for name, story in {**REQUIRE, **BACKOUT}.items()])
def test_story_holds_in_our_interpreter_and_in_the_simulator_of_aws_by_the_same_steps(
    story: Story, capfd: pytest.CaptureFixture[str]
) -> None:
    ours = _told(story, automation.run)
    require_tool("node", "runs the documents in AWS's simulator, which is a jsii library")
    from .simulator import run  # noqa: PLC0415 - importing it starts node, and takes seconds

    assert _told(story, run) == ours
    assert "Executing Step" in capfd.readouterr().out


def _told(story: Story, runner: Runner) -> list[tuple[bool, tuple[str, ...], dict[str, Any]]]:
    """Tell a story; say how each run in it ended, by which steps, and with which outputs where it succeeded."""
    runs = []

    def recording(document: Document, inputs: Mapping[str, Any], hooks: Hooks) -> Execution:
        execution = runner(document, inputs, hooks)
        # The simulator adds who approved and when.
        outputs = {name: value for name, value in execution.outputs.items() if not name.startswith("Approve")}
        runs.append((execution.succeeded, execution.steps, outputs if execution.succeeded else {}))
        return execution

    with worlds.world() as world:
        world.runner = recording
        story(world)
    return runs
