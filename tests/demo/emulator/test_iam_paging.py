"""IAM's lists come in pages, and every page but the last says that more follow."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from botocore.exceptions import ClientError

from demo.emulator import EmbeddedAws
from demo.emulator.paging import PageOrder


def names(answers: Sequence[dict[str, Any]]) -> list[str]:
    lists = (("UserDetailList", "UserName"), ("GroupDetailList", "GroupName"), ("Policies", "PolicyName"))
    return [item[name] for answer in answers for found, name in lists for item in answer[found]]


def pages(client: Any, **arguments: Any) -> list[dict[str, Any]]:
    answers: list[dict[str, Any]] = []
    marker: dict[str, str] = {}
    while True:
        answers.append(client.get_account_authorization_details(**arguments, **marker))
        if not answers[-1]["IsTruncated"]:
            return answers
        marker = {"Marker": answers[-1]["Marker"]}


@pytest.fixture
def seeded(aws: EmbeddedAws) -> EmbeddedAws:
    arn = aws.iam.policy("local", {"Version": "2012-10-17", "Statement": []})
    aws.iam.group("ops", (arn,))
    for name in ("ada", "grace", "linus"):
        aws.iam.user(name, policies=("AdministratorAccess",), groups=("ops",))
    return aws


EVERYTHING = ["ada", "grace", "linus", "ops", "AdministratorAccess", "local"]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        pytest.param([], EVERYTHING, id="no filter: everything, of AWS's policies those in use"),
        pytest.param(["User"], ["ada", "grace", "linus"], id="users"),
        pytest.param(["Group"], ["ops"], id="groups"),
        pytest.param(["Role"], [], id="roles"),
        pytest.param(["LocalManagedPolicy"], ["local"], id="customer-managed policies"),
        pytest.param(["AWSManagedPolicy"], ["AdministratorAccess"], id="AWS's policies in use"),
        pytest.param(["User", "LocalManagedPolicy"], ["ada", "grace", "linus", "local"], id="two kinds"),
    ],
)
def test_filters_say_what_is_listed(seeded: EmbeddedAws, wanted: list[str], expected: list[str]) -> None:
    assert names(pages(seeded.client("iam"), Filter=wanted)) == expected


@pytest.mark.parametrize(
    ("size", "order", "sizes"),
    [
        pytest.param(None, "listed", [6], id="all on one page"),
        pytest.param(4, "listed", [4, 2], id="short pages"),
        pytest.param(1, "reversed", [1] * 6, id="policies before the users who carry them"),
        pytest.param(lambda _: (0, 0, 3), "listed", [0, 0, 3, 0, 0, 3], id="empty pages followed by more"),
        pytest.param(lambda _: (2, 0), "shuffled", [2, 0, 2, 0, 2], id="in no order"),
    ],
)
def test_pages_come_as_asked_and_hold_everything_once(
    seeded: EmbeddedAws, size: int | Callable[[str], Sequence[int]] | None, order: PageOrder, sizes: list[int]
) -> None:
    seeded.paging.size, seeded.paging.order = size, order
    answers = pages(seeded.client("iam"))
    assert [len(names([answer])) for answer in answers] == sizes
    assert [answer["IsTruncated"] for answer in answers] == [True] * (len(sizes) - 1) + [False]
    assert sorted(names(answers)) == sorted(EVERYTHING)


def test_a_page_holds_100_items_unless_more_are_asked_for(aws: EmbeddedAws) -> None:
    aws.iam.crowd(users=1100, groups=0, policies=0, with_virtual=1.0)
    client = aws.client("iam")
    counts = {
        "users": (client.list_users()["Users"], client.list_users(MaxItems=1000)["Users"]),
        "devices": (
            client.list_virtual_mfa_devices()["VirtualMFADevices"],
            client.list_virtual_mfa_devices(MaxItems=1000)["VirtualMFADevices"],
        ),
        "details": (
            client.get_account_authorization_details()["UserDetailList"],
            client.get_account_authorization_details(MaxItems=1000)["UserDetailList"],
        ),
    }
    assert {name: (len(few), len(many)) for name, (few, many) in counts.items()} == {
        "users": (100, 1000),
        "devices": (100, 1000),
        "details": (100, 1000),
    }


def test_lists_that_moto_answers_are_paged_too(aws: EmbeddedAws) -> None:
    aws.iam.user("ada", policies=("AdministratorAccess", "IAMFullAccess", "PowerUserAccess"), groups=("a", "b", "c"))
    aws.paging.size = lambda _: (2, 0, 1)
    client = aws.client("iam")
    groups = [page["Groups"] for page in client.get_paginator("list_groups_for_user").paginate(UserName="ada")]
    attached = [
        page["AttachedPolicies"]
        for page in client.get_paginator("list_attached_user_policies").paginate(UserName="ada")
    ]
    assert [[group["GroupName"] for group in page] for page in groups] == [["a", "b"], [], ["c"]]
    assert [[policy["PolicyName"] for policy in page] for page in attached] == [
        ["AdministratorAccess", "IAMFullAccess"],
        [],
        ["PowerUserAccess"],
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(
            {"MaxItems": 1001},
            "1 validation error detected: Value '1001' at 'maxItems' failed to satisfy constraint: "
            "Member must have value less than or equal to 1000",
            id="more than 1,000 a page",
        ),
        pytest.param({"Marker": "bm9uc2Vuc2U="}, "Invalid Marker.", id="a marker that nobody gave"),
        pytest.param({"Marker": "TGlzdFVzZXJzIDkgMQ=="}, "Invalid Marker.", id="a marker beyond the end"),
        pytest.param({"Marker": "TGlzdFJvbGVzIDEgMQ=="}, "Invalid Marker.", id="a marker of another operation"),
    ],
)
def test_a_wrong_size_or_marker_is_a_validation_error(
    seeded: EmbeddedAws, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(ClientError) as caught:
        seeded.client("iam").list_users(**arguments)
    assert caught.value.response["Error"] == {"Type": "Sender", "Code": "ValidationError", "Message": message}


def test_a_big_account_is_the_same_every_time(aws: EmbeddedAws) -> None:
    administrators = aws.iam.crowd()
    listed = pages(aws.client("iam"), MaxItems=1000, Filter=["User", "Group", "LocalManagedPolicy"])
    assert [len(answer["UserDetailList"]) for answer in listed] == [1000, 1000, 1000, 1000, 1000, 0]
    users = [user for answer in listed for user in answer["UserDetailList"]]
    by_policy = {
        user["UserName"]
        for user in users
        if "AdministratorAccess" in {policy["PolicyName"] for policy in user["AttachedManagedPolicies"]}
    }
    by_group = {user["UserName"] for user in users if "administrators" in user["GroupList"]}
    assert (len(administrators), len(by_policy), len(by_group)) == (250, 166, 84)
    assert by_policy | by_group == set(administrators)
    aws.reset()
    assert aws.iam.crowd() == administrators
