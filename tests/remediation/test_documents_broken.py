"""Every step is needed: a document in which one is left out, or is made the last, or forgets a branch, is found out."""

import copy
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from demo.emulator import EmbeddedAwsError
from demo.emulator.automation import Document

from . import world as worlds
from .scenarios import Story
from .told import BOOKS, told

_END = {
    "name": "End",
    "action": "aws:executeScript",
    "inputs": {"Runtime": "python3.11", "Handler": "end", "Script": "def end(events, context):\n    return {}"},
    "isEnd": True,
}


def _targets(step: Mapping[str, Any]) -> list[str]:
    """Where a step leads to."""
    if step["action"] == "aws:branch":
        found = [choice["NextStep"] for choice in step["inputs"]["Choices"]] + [step["inputs"]["Default"]]
        return list(dict.fromkeys(found))
    return [step.get("nextStep", "End")]


def _rerouted(document: Document, old: str, new: str) -> dict[str, Any]:
    """A copy in which whatever led to one step leads to another, and the one is gone."""
    changed: dict[str, Any] = copy.deepcopy(dict(document))
    for step in changed["mainSteps"]:
        if step.get("nextStep") == old:
            step["nextStep"] = new
        for choice in step["inputs"].get("Choices", ()):
            choice["NextStep"] = new if choice["NextStep"] == old else choice["NextStep"]
        if step["inputs"].get("Default") == old:
            step["inputs"]["Default"] = new
    left = [step for step in changed["mainSteps"] if step["name"] != old] + [copy.deepcopy(_END)]
    changed["mainSteps"] = sorted(left, key=lambda step: step["name"] != new) if _first(document) == old else left
    return changed


def _first(document: Document) -> str:
    return str(document["mainSteps"][0]["name"])


def _broken() -> Iterator[Any]:
    for name in BOOKS:
        document = worlds.document(name)
        for step in document["mainSteps"]:
            for target in _targets(step):
                yield pytest.param(
                    name,
                    step["name"],
                    _rerouted(document, step["name"], target),
                    id=f"{step['name']} left out for {target}",
                )
            if step["action"] == "aws:branch":
                for number, choice in enumerate(step["inputs"]["Choices"]):
                    forgotten = copy.deepcopy(document)
                    found = next(s for s in forgotten["mainSteps"] if s["name"] == step["name"])
                    del found["inputs"]["Choices"][number]
                    forgotten["mainSteps"].append(_END)
                    yield pytest.param(
                        name, step["name"], forgotten, id=f"{step['name']} without {choice['StringEquals']}"
                    )
            elif "nextStep" in step:
                ended = copy.deepcopy(document)
                found = next(s for s in ended["mainSteps"] if s["name"] == step["name"])
                del found["nextStep"]
                found["isEnd"] = True
                yield pytest.param(name, step["name"], ended, id=f"{step['name']} made the last")


@pytest.mark.xdist_group("remediation stories")
@pytest.mark.parametrize(("name", "step", "document"), list(_broken()))
def test_broken_document_is_found_out(name: str, step: str, document: Document) -> None:
    # A broken step is looked for in the stories that pass it.
    stories = [BOOKS[name][story] for story, seen in told(name).items() if step in seen.steps]
    assert stories, f"no story passes {step}"
    assert any(not _holds(story, name, document) for story in stories)


def _holds(story: Story, name: str, document: Document) -> bool:
    with worlds.world() as world:
        if name == "require_admin_mfa":
            world.require = dict(document)
        else:
            world.backout = dict(document)
        try:
            story(world)
        except (AssertionError, EmbeddedAwsError, LookupError, ValueError):
            return False
    return True
