"""Test that conditions are met, not met, or unknown."""

import pytest

from admin_mfa.escalation.conditions import (
    LONG_TERM_KEY,
    SESSION_WITHOUT_MFA,
    RequestContext,
    condition_met,
    conditions_met,
)
from admin_mfa.statements import Condition

FACTS: RequestContext = {
    "aws:username": ("ada",),
    "aws:principalarn": ("arn:aws:iam::123456789012:user/ada",),
    "aws:tagkeys": ("team", "owner"),
    "iam:permissionsboundary": None,
    "aws:multifactorauthage": ("120",),
}


@pytest.mark.parametrize(
    ("operator", "key", "values", "expected"),
    [
        ("StringEquals", "aws:username", ("ada",), True),
        ("StringEquals", "AWS:UserName", ("bob", "ada"), True),
        ("StringEquals", "aws:username", ("Ada",), False),
        ("StringEquals", "aws:username", ("a*",), False),
        ("StringEquals", "aws:username", ("${aws:username}",), True),
        ("StringNotEquals", "aws:username", ("bob",), True),
        ("StringNotEquals", "aws:username", ("bob", "ada"), False),
        ("StringEqualsIgnoreCase", "aws:username", ("ADA",), True),
        ("StringNotEqualsIgnoreCase", "aws:username", ("ADA",), False),
        ("StringLike", "aws:username", ("a?a",), True),
        ("StringLike", "aws:username", ("b*",), False),
        ("StringNotLike", "aws:username", ("a*",), False),
        ("ArnLike", "aws:PrincipalArn", ("arn:aws:iam::*:user/*",), True),
        ("ArnEquals", "aws:PrincipalArn", ("arn:aws:iam::*:role/*",), False),
        ("ArnNotLike", "aws:PrincipalArn", ("arn:aws:iam::*:role/*",), True),
        ("ArnNotEquals", "aws:PrincipalArn", ("arn:aws:iam::*:user/*",), False),
        ("NumericLessThan", "aws:MultiFactorAuthAge", ("300",), True),
        ("NumericLessThan", "aws:MultiFactorAuthAge", ("60",), False),
        ("NumericLessThanEquals", "aws:MultiFactorAuthAge", ("120",), True),
        ("NumericGreaterThan", "aws:MultiFactorAuthAge", ("60",), True),
        ("NumericGreaterThanEquals", "aws:MultiFactorAuthAge", ("121",), False),
        ("NumericEquals", "aws:MultiFactorAuthAge", ("120.0",), True),
        ("NumericNotEquals", "aws:MultiFactorAuthAge", ("120",), False),
        ("NumericLessThan", "aws:MultiFactorAuthAge", ("soon",), False),
        ("ForAnyValue:StringEquals", "aws:TagKeys", ("team",), True),
        ("ForAnyValue:StringEquals", "aws:TagKeys", ("cost",), False),
        ("ForAllValues:StringEquals", "aws:TagKeys", ("team", "owner"), True),
        ("ForAllValues:StringEquals", "aws:TagKeys", ("team",), False),
        # The key is known to be absent
        ("StringEquals", "iam:PermissionsBoundary", ("b",), False),
        ("StringEqualsIfExists", "iam:PermissionsBoundary", ("b",), True),
        ("StringNotEquals", "iam:PermissionsBoundary", ("b",), True),
        ("ForAllValues:StringEquals", "iam:PermissionsBoundary", ("b",), True),
        ("ForAnyValue:StringNotEquals", "iam:PermissionsBoundary", ("b",), False),
        ("Null", "iam:PermissionsBoundary", ("true",), True),
        ("Null", "iam:PermissionsBoundary", ("false",), False),
        ("Null", "aws:username", ("true",), False),
        ("Null", "aws:username", ("false",), True),
        # The result is unknown
        ("IpAddress", "aws:SourceIp", ("10.0.0.0/8",), None),
        ("StringEquals", "aws:RequestedRegion", ("eu-west-1",), None),
        ("BinaryEquals", "aws:username", ("YWRh",), None),
    ],
)
def test_a_condition_is_evaluated(operator: str, key: str, values: tuple[str, ...], expected: bool | None) -> None:  # noqa: FBT001
    assert condition_met(Condition(operator=operator, key=key, values=values), FACTS) is expected


@pytest.mark.parametrize(
    ("operator", "key", "value", "with_key", "in_session"),
    [
        pytest.param("Bool", "aws:MultiFactorAuthPresent", "false", False, True, id="Bool false: the classic hole"),
        pytest.param("BoolIfExists", "aws:MultiFactorAuthPresent", "false", True, True, id="BoolIfExists false"),
        pytest.param("Bool", "aws:MultiFactorAuthPresent", "true", False, False, id="Bool true"),
        pytest.param("BoolIfExists", "aws:MultiFactorAuthPresent", "true", True, False, id="BoolIfExists true"),
        pytest.param("Null", "aws:MultiFactorAuthPresent", "true", True, False, id="Null true"),
        pytest.param("Null", "aws:MultiFactorAuthAge", "true", True, True, id="Null true on the age"),
        pytest.param("Null", "aws:MultiFactorAuthAge", "false", False, False, id="Null false on the age"),
        pytest.param("NumericLessThan", "aws:MultiFactorAuthAge", "3600", False, False, id="younger"),
        pytest.param("NumericGreaterThan", "aws:MultiFactorAuthAge", "3600", False, False, id="older"),
        pytest.param("NumericGreaterThanIfExists", "aws:MultiFactorAuthAge", "3600", True, True, id="older if exists"),
        pytest.param("StringNotEquals", "aws:MultiFactorAuthPresent", "true", True, True, id="not equal to true"),
    ],
)
def test_conditions_that_an_access_key_or_a_session_without_mfa_meets(
    operator: str,
    key: str,
    value: str,
    with_key: bool,  # noqa: FBT001
    in_session: bool,  # noqa: FBT001
) -> None:
    condition = Condition(operator=operator, key=key, values=(value,))

    assert condition_met(condition, LONG_TERM_KEY) is with_key
    assert condition_met(condition, SESSION_WITHOUT_MFA) is in_session
    assert condition_met(condition, {}) is None


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        pytest.param((), True, id="none"),
        pytest.param(("ada",), True, id="met"),
        pytest.param(("ada", "bob"), False, id="one is not"),
        pytest.param(("ada", None), None, id="one is unknown"),
        pytest.param((None, "bob"), False, id="one is unknown and one is not"),
    ],
)
def test_all_conditions_must_be_met(names: tuple[str | None, ...], expected: bool | None) -> None:  # noqa: FBT001
    conditions = [
        Condition(operator="StringEquals", key="aws:username" if name else "aws:SourceVpc", values=(name or "vpc",))
        for name in names
    ]

    assert conditions_met(conditions, FACTS) is expected
