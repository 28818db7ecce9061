"""The documents as they are written: schema, operations, references, names, sizes, and the helper's side of them."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema
import pytest

from admin_mfa.followup.options import OPTIONS
from demo.emulator import Kind
from demo.emulator.automation import PayloadForm
from tests.support.tools import require_node_package

from .world import ROOT, World, document, helper

NAMES = ("require_admin_mfa", "backout_admin_mfa")
_REFERENCE = re.compile(r"\{\{\s*([^}\s]+)\s*\}\}")
_SYSTEM = {"automation:EXECUTION_ID"}
"""https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-variables.html"""
_MAX_SIZE = 64 * 1024


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def _steps(name: str) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = document(name)["mainSteps"]
    return steps


def _texts(item: Any) -> Iterator[str]:
    if isinstance(item, str):
        yield item
    elif isinstance(item, Mapping):
        for value in item.values():
            yield from _texts(value)
    elif isinstance(item, list):
        for value in item:
            yield from _texts(value)


def _targets(step: Mapping[str, Any]) -> list[str]:
    branches = [choice["NextStep"] for choice in step["inputs"].get("Choices", ())]
    default = [step["inputs"]["Default"]] if "Default" in step["inputs"] else []
    return [*branches, *default, *([step["nextStep"]] if "nextStep" in step else [])]


def test_document_has_the_schema_that_aws_publishes(name: str) -> None:
    package = require_node_package("aws-ssm-document-language-service", "holds the documents against their schema")
    schema = json.loads(
        (package / "dist" / "schema.json").read_text(encoding="utf-8"), object_hook=_with_the_runtime_of_today
    )
    jsonschema.validate(document(name), schema)


def _with_the_runtime_of_today(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema is older than the runtime that AWS's own runbooks use."""
    known = schema.get("enum")
    return {**schema, "enum": [*known, "python3.11"]} if isinstance(known, list) and "python3.7" in known else schema


def test_schema_that_aws_publishes_finds_a_fault(name: str) -> None:
    package = require_node_package("aws-ssm-document-language-service", "holds the documents against their schema")
    schema = json.loads((package / "dist" / "schema.json").read_text(encoding="utf-8"))
    broken = document(name)
    broken["mainSteps"][0]["action"] = "aws:invokeNothing"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, schema)


def test_document_is_small_enough(name: str) -> None:
    assert len((ROOT / "remediation" / f"{name}.yaml").read_bytes()) < _MAX_SIZE


def test_names_are_distinct_and_allowed(name: str) -> None:
    names = [step["name"] for step in _steps(name)]
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[A-Z][A-Za-z0-9]{2,127}", step) for step in names)


def test_every_step_says_what_it_does_and_what_happens_next(name: str) -> None:
    for step in _steps(name):
        assert step["description"].endswith("."), step["name"]
        assert step["onFailure"] == "Abort", step["name"]
        ways = [key for key in ("nextStep", "isEnd") if key in step]
        assert ways == ([] if step["action"] == "aws:branch" else ways[:1]), step["name"]
        assert step["action"] == "aws:branch" or ways, step["name"]
        assert step["action"] != "aws:branch" or "Default" in step["inputs"], step["name"]


def test_every_next_step_exists_and_every_step_is_reached(name: str) -> None:
    steps = {step["name"]: step for step in _steps(name)}
    reached = {next(iter(steps))}
    waiting = list(reached)
    while waiting:
        for target in _targets(steps[waiting.pop()]):
            assert target in steps
            if target not in reached:
                reached.add(target)
                waiting.append(target)
    assert reached == set(steps)


def test_every_reference_is_an_input_or_the_output_of_a_step_that_was_run_on_every_way_there(name: str) -> None:
    inputs = set(document(name)["parameters"])
    steps = {step["name"]: step for step in _steps(name)}
    for step, known in _known_outputs(steps).items():
        for reference in {r for text in _texts(steps[step]["inputs"]) for r in _REFERENCE.findall(text)}:
            assert reference in inputs | known | _SYSTEM, f"{step} refers to {reference}"


def _known_outputs(steps: Mapping[str, Mapping[str, Any]]) -> dict[str, set[str]]:
    """For each step, the outputs that exist whichever way it was reached."""
    known: dict[str, set[str]] = {next(iter(steps)): set()}
    changed = True
    while changed:
        changed = False
        for name in list(known):
            after = known[name] | {f"{name}.{output['Name']}" for output in steps[name].get("outputs", ())}
            if steps[name]["action"] == "aws:invokeLambdaFunction":
                after |= {f"{name}.Payload"}
            for target in _targets(steps[name]):
                merged = known[target] & after if target in known else after
                if known.get(target) != merged:
                    known[target] = merged
                    changed = True
    return known


def test_every_input_is_used_described_and_bounded(name: str) -> None:
    loaded = document(name)
    used = {r for text in _texts([loaded["mainSteps"], loaded["assumeRole"]]) for r in _REFERENCE.findall(text)}
    for parameter, declared in loaded["parameters"].items():
        assert parameter in used
        assert declared["description"].endswith(".")
        assert declared["type"] == "StringList" or declared["allowedPattern"].startswith("^"), parameter
        assert declared["type"] == "StringList" or declared["allowedPattern"].endswith("$"), parameter


@pytest.mark.parametrize(
    ("parameter", "value", "allowed"),
    [
        pytest.param("AutomationAssumeRole", "arn:aws:iam::123456789012:role/a/path/role", True, id="role with a path"),
        pytest.param("AutomationAssumeRole", "arn:aws-cn:iam::123456789012:role/role", True, id="role in China"),
        pytest.param("AutomationAssumeRole", "arn:aws:iam::123456789012:user/ada", False, id="user as role"),
        pytest.param("ResourceId", "AIDACKCEVSQ6C2EXAMPLE", True, id="unique id"),
        pytest.param("ResourceId", "ada", False, id="name as id"),
        pytest.param("GracePeriodDays", "0", False, id="no grace"),
        pytest.param("Mode", "Enforce\n", False, id="line break"),
    ],
)
def test_patterns_allow_what_they_should(parameter: str, value: str, *, allowed: bool) -> None:
    pattern = document("require_admin_mfa")["parameters"][parameter]["allowedPattern"]
    # Java's `$` also stands before a final line break; the helper looks at every text again.
    assert bool(re.fullmatch(pattern, value)) is allowed


def test_every_request_to_the_helper_is_one_that_it_takes(name: str) -> None:
    for step in _steps(name):
        if step["action"] == "aws:invokeLambdaFunction":
            given = dict(step["inputs"]["InputPayload"])
            action = helper().ACTIONS[given.pop("Action")]
            assert set(given) == set(action.inputs), step["name"]


def test_options_are_the_documents_inputs_with_the_same_defaults_and_patterns() -> None:
    declared = document("require_admin_mfa")["parameters"]
    assert {
        name: (item["default"], item["allowedPattern"]) for name, item in declared.items() if "default" in item
    } == {option.name: (option.default, option.pattern) for option in OPTIONS}


def test_branches_know_every_answer() -> None:
    from admin_mfa.followup.device_removal import Approval  # noqa: PLC0415

    assert _branches("backout_admin_mfa", "ChooseApproval") == set(Approval)


def _branches(name: str, step: str) -> set[str]:
    found = next(item for item in _steps(name) if item["name"] == step)
    return {choice["StringEquals"] for choice in found["inputs"]["Choices"]}


# The answers of the function


def _readers() -> list[dict[str, Any]]:
    steps = [step for name in NAMES for step in _steps(name)]
    return [step for step in steps if step["inputs"].get("Handler") == "read_answer"]


def test_no_step_selects_from_the_answer_of_a_function(name: str) -> None:
    """Whether its Payload is text or an object is not documented: a script reads it."""
    assert not [
        step["name"] for step in _steps(name) if step["action"] == "aws:invokeLambdaFunction" and "outputs" in step
    ]


def test_every_answer_is_read_by_the_same_script() -> None:
    assert len({step["inputs"]["Script"] for step in _readers()}) == 1


@pytest.mark.parametrize(
    ("answer", "read"),
    [
        pytest.param({"State": "Settled"}, {"State": "Settled"}, id="an object"),
        pytest.param('{"State": "Settled"}', {"State": "Settled"}, id="text"),
        pytest.param(json.dumps('{"State": "Settled"}'), {"State": "Settled"}, id="text that was encoded twice"),
        pytest.param({"errorMessage": "no"}, "The function failed", id="a function that failed"),
        pytest.param('["State"]', "The function failed", id="a list"),
        pytest.param("", "Expecting value", id="nothing"),
    ],
)
def test_an_answer_is_read_in_every_form(answer: Any, read: dict[str, str] | str) -> None:
    names: dict[str, Any] = {}
    exec(_readers()[0]["inputs"]["Script"], names)  # noqa: S102 - it is the document's own script
    if isinstance(read, str):
        with pytest.raises((RuntimeError, ValueError), match=read):
            names["read_answer"]({"Answer": answer, "Expects": "State"}, None)
    else:
        assert names["read_answer"]({"Answer": answer, "Expects": "State"}, None) == read


@pytest.mark.parametrize("payload", ["object", "text", "text of text"])
@pytest.mark.parametrize("fails", [True, False], ids=["an error fails the step", "an error is an answer"])
def test_documents_are_right_whatever_automation_makes_of_an_answer(
    world: World, payload: PayloadForm, *, fails: bool
) -> None:
    automations = world.aws.automations
    automations.payload, automations.function_error_fails = payload, fails
    ada = world.administrator("ada")
    device = world.aws.iam.device("ada")
    world.approves = True
    world.demand_approval()
    assert world.back_out("ada", device).succeeded
    assert world.remediate(ada).outputs["ReadAnswer.Notice"] == "found"
    assert world.events() == ["device-removed", "root", "found"]
    assert not world.back_out("ada", device.replace("ada", "grace")).succeeded
    world.aws.faults.add("iam:GetAccountAuthorizationDetails", Kind.ACCESS_DENIED, times=None)
    assert not world.remediate(ada).succeeded
