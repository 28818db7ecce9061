"""What must hold for any policies: more Allow is never less, more Deny is never more, and form does not matter."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from admin_mfa.escalation.search import Survey
from admin_mfa.escalation.ways import ACTIONS
from admin_mfa.model import IamUser
from admin_mfa.parameters import Parameters
from admin_mfa.policy.document import parse_document
from admin_mfa.statements import Attachment, Policy
from tests.escalation.test_ways import ATTACHED, EFFECTIVE, account
from tests.support.accounts import IAM, user

Statement = dict[str, Any]

PATTERNS = [
    *sorted(ACTIONS),
    "iam:*",
    "iam:Create*",
    "iam:*Policy*",
    "lambda:*",
    "ec2:*",
    "sts:*",
    "ssm:?endCommand",
    "s3:*",
]
RESOURCES = [
    "*",
    f"{IAM}user/*",
    f"{IAM}user/eve",
    f"{IAM}user/${{aws:username}}",
    f"{IAM}user/bo*",
    f"{IAM}role/*",
    f"{IAM}role/deploy",
    f"{IAM}role/app",
    f"{IAM}group/*",
    f"{IAM}group/ops",
    f"{IAM}policy/mine",
    f"{IAM}policy/apps",
    "arn:aws:s3:::records/*",
]
CONDITIONS: list[Statement] = [
    {},
    {"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}},
    {"Condition": {"StringEquals": {"aws:username": ["eve", "bob"]}}},
    {"Condition": {"StringNotEquals": {"aws:username": "eve"}}},
    {"Condition": {"StringLike": {"iam:PassedToService": "ec2*"}}},
    {"Condition": {"ArnLike": {"iam:PolicyARN": "arn:aws:iam::aws:policy/*"}}},
]


@st.composite
def statements(draw: st.DrawFn, effect: str = "Allow") -> Statement:
    action = draw(st.sampled_from(["Action", "Action", "Action", "NotAction"]))
    resource = draw(st.sampled_from(["Resource", "Resource", "Resource", "NotResource"]))
    return {
        "Effect": effect,
        action: draw(st.lists(st.sampled_from(PATTERNS), min_size=1, max_size=4)),
        resource: draw(st.lists(st.sampled_from(RESOURCES), min_size=1, max_size=3)),
        **draw(st.sampled_from(CONDITIONS)),
    }


ALLOWS = st.lists(statements(), min_size=1, max_size=4)
DENIES = st.lists(statements("Deny"), min_size=1, max_size=3)


def somebody(*documents: Sequence[Statement]) -> IamUser:
    """A user with one inline policy for each list of statements, beside the two policies of the cases."""
    mine = Policy(name="mine", arn=f"{IAM}policy/mine", document=parse_document({"Statement": []}))
    policies = [
        Attachment(policy=Policy(name=f"p{i}", document=parse_document({"Statement": list(found)})))
        for i, found in enumerate(documents)
    ]
    return user("eve", Attachment(policy=mine), *policies, groups=["ops"])


def ways(eve: IamUser, parameters: Parameters) -> frozenset[str | None]:
    """The ways alone, without regard to whether the user needs any."""
    found = Survey(account(eve), parameters).ways(eve)
    assert len({grant.way for grant in found}) == len(found), "each row of the table at most once"
    return frozenset(grant.way for grant in found)


def administrator(eve: IamUser, parameters: Parameters) -> bool:
    known = Survey(account(eve), parameters)
    return bool(known.grants(eve) or known.ways(eve))


@given(ALLOWS, statements(), st.sampled_from([ATTACHED, EFFECTIVE]))
@settings(max_examples=60, deadline=None)
def test_adding_an_allow_never_removes_a_way(allows: list[Statement], more: Statement, parameters: Parameters) -> None:
    assert ways(somebody(allows), parameters) <= ways(somebody([*allows, more]), parameters)


@given(ALLOWS, DENIES, statements("Deny"))
@settings(max_examples=60, deadline=None)
def test_adding_a_deny_never_adds_a_way(allows: list[Statement], denies: list[Statement], more: Statement) -> None:
    fewer, before = somebody([*allows, *denies, more]), somebody([*allows, *denies])

    assert ways(fewer, EFFECTIVE) <= ways(before, EFFECTIVE)
    assert administrator(fewer, EFFECTIVE) <= administrator(before, EFFECTIVE)


@given(ALLOWS, DENIES)
@settings(max_examples=30, deadline=None)
def test_nothing_clears_in_the_attached_model(allows: list[Statement], denies: list[Statement]) -> None:
    assert ways(somebody([*allows, *denies]), ATTACHED) == ways(somebody(allows), ATTACHED)


@given(ALLOWS, DENIES)
@settings(max_examples=30, deadline=None)
def test_what_counts_as_effective_counts_as_attached(allows: list[Statement], denies: list[Statement]) -> None:
    eve = somebody([*allows, *denies])

    assert ways(eve, EFFECTIVE) <= ways(eve, ATTACHED)


@given(ALLOWS, DENIES, st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_the_order_of_statements_never_matters(allows: list[Statement], denies: list[Statement], random: Any) -> None:
    whole = [*allows, *denies]
    shuffled = list(whole)
    random.shuffle(shuffled)

    assert ways(somebody(shuffled), EFFECTIVE) == ways(somebody(whole), EFFECTIVE)


def in_other_forms(statement: Statement) -> Statement:
    """One item instead of a list of one, and names of actions in another case."""
    return {
        key: value[0].upper()
        if key in ("Action", "NotAction") and len(value) == 1
        else value[0]
        if isinstance(value, list) and len(value) == 1
        else value
        for key, value in statement.items()
    }


@given(ALLOWS)
@settings(max_examples=30, deadline=None)
def test_lists_of_one_and_single_values_are_the_same(allows: list[Statement]) -> None:
    other = [in_other_forms(statement) for statement in allows]

    assert ways(somebody(other), ATTACHED) == ways(somebody(allows), ATTACHED)


@given(ALLOWS, DENIES, st.integers(min_value=0, max_value=7))
@settings(max_examples=30, deadline=None)
def test_a_document_split_in_two_says_the_same(allows: list[Statement], denies: list[Statement], at: int) -> None:
    whole = [*allows, *denies]
    split, one = somebody(whole[:at], whole[at:]), somebody(whole)

    assert ways(split, ATTACHED) == ways(one, ATTACHED)
    assert administrator(split, ATTACHED) == administrator(one, ATTACHED)
    # A user that removes one of two policies loses less than one that removes the only one.
    assert ways(split, EFFECTIVE) >= ways(one, EFFECTIVE)
    assert administrator(split, EFFECTIVE) >= administrator(one, EFFECTIVE)


@given(ALLOWS)
@settings(max_examples=20, deadline=None)
def test_whoever_is_an_administrator_by_full_access_is_one_by_escalation(allows: list[Statement]) -> None:
    eve = somebody([*allows, {"Effect": "Allow", "Action": "*", "Resource": "*"}])

    assert administrator(eve, ATTACHED)
    assert administrator(eve, replace(ATTACHED, privilege_model=EFFECTIVE.privilege_model))
