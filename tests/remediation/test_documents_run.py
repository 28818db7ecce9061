"""The documents really run: in our interpreter, and in AWS's own simulator, with the real helper behind them."""

import pytest

from admin_mfa.embedded import automation
from admin_mfa.embedded.automation import Document, Execution, Hooks
from tests.tools import require_tool

from .scenarios import BACKOUT, REQUIRE, Story
from .world import World

STORIES = [pytest.param(story, id=name) for name, story in {**REQUIRE, **BACKOUT}.items()]


@pytest.mark.parametrize("story", STORIES)
def test_story_holds(world: World, story: Story) -> None:
    story(world)


@pytest.mark.xdist_group("ssm simulator")
@pytest.mark.parametrize("story", STORIES)
def test_story_holds_in_the_simulator_of_aws(world: World, story: Story, capfd: pytest.CaptureFixture[str]) -> None:
    require_tool("node", "runs the documents in AWS's simulator, which is a jsii library")
    from .simulator import run  # noqa: PLC0415 - importing it starts node, which other tests do not need

    world.runner = run
    story(world)
    assert "Executing Step" in capfd.readouterr().out


@pytest.mark.xdist_group("ssm simulator")
@pytest.mark.parametrize("story", STORIES)
def test_interpreter_takes_the_steps_that_the_simulator_takes(story: Story) -> None:
    require_tool("node", "compares our interpreter with AWS's simulator")
    from .simulator import run  # noqa: PLC0415 - as above

    assert _taken(story, automation.run) == _taken(story, run)


def _taken(story: Story, runner: object) -> list[tuple[bool, tuple[str, ...], dict[str, object]]]:
    """Return how each run of a story ended, by which steps, with which outputs where it succeeded."""
    from .world import world as make  # noqa: PLC0415

    runs: list[tuple[bool, tuple[str, ...], dict[str, object]]] = []

    def recording(document: Document, inputs: dict[str, object], hooks: Hooks) -> Execution:
        execution: Execution = runner(document, inputs, hooks)  # type: ignore[operator]
        outputs = {n: v for n, v in execution.outputs.items() if not n.startswith("Approve")}
        runs.append((execution.succeeded, execution.steps, outputs if execution.succeeded else {}))
        return execution

    with make() as world:
        world.runner = recording  # type: ignore[assignment]
        story(world)
    return runs
