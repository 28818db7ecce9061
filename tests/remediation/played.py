"""Every story played once in our interpreter, with the calls it made; several tests read the result."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from demo.emulator import automation
from demo.emulator.automation import Document, Execution, Hooks

from . import world as worlds
from .scenarios import BACKOUT, REQUIRE, Story
from .world import Runner

BOOKS: Mapping[str, Mapping[str, Story]] = {"require_admin_mfa": REQUIRE, "backout_admin_mfa": BACKOUT}

Run = tuple[bool, tuple[str, ...], dict[str, Any]]
"""How a run of a document ended, by which steps, and with which outputs where it succeeded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What a story did.

    Attributes:
        runs: Every run of a document.
        by_helper: The permissions that the helper used.
    """

    runs: tuple[Run, ...]
    by_helper: frozenset[str]

    @property
    def steps(self) -> frozenset[str]:
        """Every step that was taken."""
        return frozenset(step for _, steps, _ in self.runs for step in steps)

    @property
    def length(self) -> int:
        """How many steps were taken, of all runs."""
        return sum(len(steps) for _, steps, _ in self.runs)


@cache
def played(book: str) -> dict[str, Played]:
    """Play all stories about one document."""
    return {name: play(story, automation.run) for name, story in BOOKS[book].items()}


def play(story: Story, runner: Runner) -> Played:
    """Play one story; it raises if it does not hold."""
    runs: list[Run] = []

    def recording(document: Document, inputs: Mapping[str, Any], hooks: Hooks) -> Execution:
        execution = runner(document, inputs, hooks)
        # The simulator adds who approved and when.
        outputs = {
            name: value
            for name, value in execution.outputs.items()
            if not name.startswith("Approve") and not name.endswith(".Payload")
        }
        runs.append((execution.succeeded, execution.steps, outputs if execution.succeeded else {}))
        return execution

    with worlds.world() as world:
        world.runner = recording
        story(world)
        return Played(runs=tuple(runs), by_helper=frozenset(world.used_by_helper))
