"""Every step is needed: a document in which one is left out, or is made the last, or forgets a branch, is found out."""

import copy
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from demo.emulator import EmbeddedAwsError
from demo.emulator.automation import Document
from tests.rules.test_faults import without_waiting

from . import world as worlds
from .played import BOOKS, played
from .scenarios import Story

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
    """Yield a document's name, its broken step, the steps whose stories fail most likely, and the broken document."""
    for name in BOOKS:
        document = worlds.document(name)
        for step in document["mainSteps"]:
            targets = _targets(step)
            for target in targets:
                yield pytest.param(
                    name,
                    step["name"],
                    {other for other in targets if other != target},
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
                        name,
                        step["name"],
                        {choice["NextStep"]},
                        forgotten,
                        id=f"{step['name']} without {choice['StringEquals']}",
                    )
            elif "nextStep" in step:
                ended = copy.deepcopy(document)
                found = next(s for s in ended["mainSteps"] if s["name"] == step["name"])
                del found["nextStep"]
                found["isEnd"] = True
                yield pytest.param(name, step["name"], set(), ended, id=f"{step['name']} made the last")


@pytest.mark.xdist_group("remediation stories")
@pytest.mark.parametrize(("name", "step", "affected", "document"), list(_broken()))
def test_broken_document_is_found_out(
    name: str, step: str, affected: set[str], document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Only stories that pass the broken step can fail, and one that fails is enough: the likeliest and shortest first.
    passing = {story: seen for story, seen in played(name).items() if step in seen.steps}
    assert passing, f"no story passes {step}"
    likely = sorted(passing, key=lambda story: (not affected & passing[story].steps, passing[story].length))
    without_waiting(monkeypatch)
    assert any(not _holds(BOOKS[name][story], name, document) for story in likely)


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
