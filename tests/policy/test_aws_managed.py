"""The table of AWS managed policies, compared with a published collection, and the comparison itself."""

import json
from typing import Any

import pytest
from moto.iam.aws_managed_policies import aws_managed_policies_data

from admin_mfa.policy.aws_managed import published
from admin_mfa.policy.aws_managed_names import aws_managed_names
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
        pytest.param(
            "NewPolicy",
            [{"Effect": "Allow", "Action": "iam:PutUser*", "Resource": "*"}],
            "NewPolicy allows iam:putuserpolicy, which no",
            id="an action of IAM that no other policy allows",
        ),
        pytest.param(
            "NewPolicy",
            [{"Effect": "Allow", "Action": "ts:Get*", "Resource": "*"}],
            "NewPolicy allows ts, which no",
            id="a service that no other policy allows",
        ),
        pytest.param(
            "NewPolicy",
            [{"Effect": "Allow", "Action": "iam:PutUser*", "Resource": "arn:aws:s3:::*"}],
            "",
            id="on resources that cannot matter",
        ),
        pytest.param("NewPolicy", ALL_OF_IAM, "The policies that are not in the table are full access", id="in pieces"),
    ],
)
def test_a_policy_that_changes_is_named(name: str, statements: list[dict[str, Any]], starts: str) -> None:
    changed = {**PUBLISHED, name: {"Version": "2012-10-17", "Statement": statements}}
    found = list(disagreements(changed))
    assert any(line.startswith(starts) for line in found) if starts else found == []


def test_a_former_version_has_to_parse_and_to_stay_within_the_bound() -> None:
    former: dict[str, dict[str, Any]] = {
        "ReadOnlyAccess v1": {"Statement": [{"Effect": "Allow", "Action": ["iam:Get*", "s3:*"], "Resource": "*"}]},
        "ReadOnlyAccess v2": {"Statement": [{"Effect": "Allow"}]},
        "ReadOnlyAccess v3": {"Statement": [{"Effect": "Allow", "Action": "iam:PutUserPolicy", "Resource": "*"}]},
    }
    assert [found.split(":")[0] for found in disagreements(PUBLISHED, former)] == [
        "ReadOnlyAccess v2 cannot be read",
        "ReadOnlyAccess v3 allows iam",
    ]


def test_the_names_include_the_published_ones() -> None:
    # The collections are not of the same day.
    assert len(PUBLISHED.keys() - aws_managed_names()) < len(PUBLISHED) / 20
    assert published("arn:aws-us-gov:iam::aws:policy/job-function/ViewOnlyAccess")
    assert not published("arn:aws:iam::aws:policy/ViewOnlyAccess")
