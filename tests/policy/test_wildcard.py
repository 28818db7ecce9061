"""Test IAM wildcards against a slow but obviously correct reference, and measure the time."""

import time
from functools import cache
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admin_mfa.escalation.arn_pattern import arn_pattern, example
from admin_mfa.policy.wildcard import matches, prepare, prepare_with


def reference(pattern: str, text: str) -> bool:
    """Match by the definition: `*` matches any number of characters, `?` exactly one."""

    @cache
    def ends(i: int, j: int) -> bool:
        if i == len(pattern):
            return j == len(text)
        if pattern[i] == "*":
            return ends(i + 1, j) or (j < len(text) and ends(i, j + 1))
        return j < len(text) and pattern[i] in ("?", text[j]) and ends(i + 1, j + 1)

    return ends(0, 0)


def test_ten_thousand_random_patterns_agree_with_the_reference() -> None:
    rng = Random(2026)  # noqa: S311 - the same ten thousand in every run
    agreed = {True: 0, False: 0}
    for _ in range(10_000):
        pattern = "".join(rng.choices("ab:/*?", weights=[4, 3, 1, 1, 3, 2], k=rng.randrange(12)))
        text = "".join(rng.choices("ab:/", weights=[4, 3, 1, 1], k=rng.randrange(14)))
        if rng.random() < 0.3:  # few random texts match, so some are constructed to match
            text = "".join(
                rng.choice(["", "a", "ba"]) if c == "*" else rng.choice("ab") if c == "?" else c for c in pattern
            )
        expected = reference(pattern, text)
        assert matches(pattern, text) is expected, (pattern, text)
        agreed[expected] += 1
    # Both results must occur, or the comparison would prove nothing.
    assert min(agreed.values()) > 1_000


@given(st.text(alphabet="ab*?", max_size=20), st.text(alphabet="ab*?", max_size=20))
def test_texts_can_contain_stars(pattern: str, text: str) -> None:
    assert matches(pattern, text) is reference(pattern, text)


@given(st.text(alphabet="ab:/*?", max_size=20), st.text(alphabet="ab", max_size=3))
def test_a_pattern_matches_its_example(pattern: str, ending: str) -> None:
    assert matches(pattern, example(prepare(pattern), ending))


@pytest.mark.parametrize(
    "pattern",
    [
        pytest.param("*a" * 1_000 + "b", id="a thousand stars"),
        pytest.param("a*" * 1_000 + "?b", id="stars and a question mark"),
        pytest.param("*" + "a?" * 1_000 + "*b", id="a long piece with question marks"),
        pytest.param("*" * 6_000 + "b", id="only stars"),
        pytest.param("?" * 3_000 + "*" + "?" * 3_000 + "b", id="only question marks"),
    ],
)
def test_no_pattern_takes_super_linear_time(pattern: str) -> None:
    def seconds(length: int) -> float:
        text = "a" * length
        began = time.process_time()
        for _ in range(5):
            assert not matches(pattern, text)
        return time.process_time() - began

    seconds(1_000)  # prepares the pattern once
    short, long = min(seconds(10_000) for _ in range(3)), min(seconds(80_000) for _ in range(3))
    # Eight times the text takes eight times as long; quadratic time would be 64 times.
    assert long < max(short, 0.002) * 20
    assert long < 1


@pytest.mark.parametrize(
    ("pattern", "arn", "expected"),
    [
        ("*", "arn:aws:iam::123456789012:user/ada", True),
        ("**", "arn:aws:iam::123456789012:user/ada", True),
        ("?*", "arn:aws:iam::123456789012:user/ada", True),
        ("arn:aws:iam::123456789012:user/ada", "arn:aws:iam::123456789012:user/ada", True),
        ("arn:aws:iam::123456789012:user/Ada", "arn:aws:iam::123456789012:user/ada", False),
        ("arn:aws:iam::*:user/*", "arn:aws:iam::123456789012:user/x/ada", True),
        ("arn:aws:iam::*", "arn:aws:iam::123456789012:user/ada", True),
        ("arn:aws:iam", "arn:aws:iam::123456789012:user/ada", True),
        ("arn:*", "arn:aws:iam::123456789012:user/ada", True),
        ("arn:aws:*:user/ada", "arn:aws:iam::123456789012:user/ada", False),
        ("arn:aws:lambda:*:*:function:*", "arn:aws:lambda:eu-west-1:123456789012:function:a:b", True),
        ("arn:aws:iam::123456789012:user/ad?", "arn:aws:iam::123456789012:user/ada", True),
        ("arn:aws:iam::123456789012:user/ada", "ada", False),
    ],
)
def test_arns_match_part_by_part(pattern: str, arn: str, expected: bool) -> None:  # noqa: FBT001
    assert arn_pattern(prepare(pattern)).matches(arn) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("user/${aws:username}", "user/a*a"),
        ("user/${AWS:UserName}", "user/a*a"),
        ("user/${aws:PrincipalTag/team, 'none'}", "user/none"),
        ("user/${aws:username, 'none'}", "user/a*a"),
        ("user/${*}/${?}/${$}", "user/*/?/$"),
        ("user/${aws:userid}", None),
        ("user/${", "user/${"),
    ],
)
def test_variables_are_substituted_literally(text: str, expected: str | None) -> None:
    assert prepare_with(text, {"aws:username": "a*a"}) == expected


def test_a_star_from_a_variable_is_not_a_wildcard() -> None:
    prepared = prepare_with("arn:aws:iam::1:user/${aws:username}", {"aws:username": "a*a"})

    assert prepared is not None
    assert arn_pattern(prepared).matches("arn:aws:iam::1:user/a*a")
    assert not arn_pattern(prepared).matches("arn:aws:iam::1:user/aba")
