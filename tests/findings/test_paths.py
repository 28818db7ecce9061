"""Test the paths of a grant through groups, roles and policies, with any names."""

import pytest

from admin_mfa.findings.paths import steps
from admin_mfa.model import AdminGrant
from tests.support.values import admin_grant, together


def grant(via: str, policy: str = "A") -> AdminGrant:
    return admin_grant(policy=policy, via=via)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(grant("user"), [("Attached directly", "A")], id="attached directly"),
        pytest.param(grant("group ops"), [("ops", "A")], id="group"),
        pytest.param(grant("inline policy A of user"), [("Attached directly", "A (inline)")], id="inline of user"),
        pytest.param(grant("inline policy A of group of"), [("of", "A (inline)")], id="inline of a group called of"),
        pytest.param(
            together(grant("group a"), grant("group b", "B")), [("a", "A"), ("b", "B")], id="two in combination"
        ),
        pytest.param(
            grant("trust policy of role ops", "trust policy of role ops"),
            [("role ops", "trust policy")],
            id="a role's trust policy",
        ),
        pytest.param(grant("group a+b", "A+B"), [("a+b", "A+B")], id="names that contain a plus"),
    ],
)
def test_a_grant_is_split_into_its_steps(given: AdminGrant, expected: list[tuple[str, str]]) -> None:
    assert list(steps(given)) == expected
