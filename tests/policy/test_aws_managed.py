"""The table of AWS managed policies, compared with a published collection, and the comparison itself."""

import json
from typing import Any

import pytest
from moto.iam.aws_managed_policies import aws_managed_policies_data

from tests.policy.check_aws_managed import disagreements

PUBLISHED: dict[str, dict[str, Any]] = {
    policy["Path"].removeprefix("/") + name: policy["Document"]
    for name, policy in json.loads(aws_managed_policies_data).items()
}
FULL = {"Effect": "Allow", "Action": "*", "Resource": "*"}
ALL_OF_IAM = [
    {"Effect": "Allow", "Action": f"iam:{letter}*", "Resource": "*"} for letter in "abcdefghijklmnopqrstuvwxyz"
]


def test_the_table_says_what_aws_has_published() -> None:
    assert len(PUBLISHED) > 1000
    assert {"AdministratorAccess", "job-function/ViewOnlyAccess", "AWSDenyAll"} <= PUBLISHED.keys()
    assert list(disagreements(PUBLISHED)) == []


@pytest.mark.parametrize(
    ("name", "statements", "starts"),
    [
        pytest.param("AdministratorAccess", [], "AdministratorAccess: the table has [", id="emptied"),
        pytest.param("IAMFullAccess", [FULL], "IAMFullAccess: the table has [", id="grown"),
        pytest.param("NewFullAccess", [FULL], "NewFullAccess: the table has nothing", id="new"),
        pytest.param("NewPolicy", [{"Effect": "Maybe"}], "NewPolicy cannot be read: ", id="unreadable"),
        pytest.param("NewPolicy", ALL_OF_IAM, "The policies that are not in the table are full access", id="in pieces"),
    ],
)
def test_a_policy_that_changes_is_named(name: str, statements: list[dict[str, Any]], starts: str) -> None:
    changed = {**PUBLISHED, name: {"Version": "2012-10-17", "Statement": statements}}
    assert next(disagreements(changed)).startswith(starts)


def test_a_former_version_has_to_parse_only() -> None:
    former = {"ReadOnlyAccess v1": {"Statement": [FULL]}, "ReadOnlyAccess v2": {"Statement": [{"Effect": "Allow"}]}}
    assert [found.split(":")[0] for found in disagreements(PUBLISHED, former)] == ["ReadOnlyAccess v2 cannot be read"]
