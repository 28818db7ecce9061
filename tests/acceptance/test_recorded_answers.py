"""Recorded answers go through our readers, and what they do not understand is named."""

import json
from pathlib import Path
from typing import Any

import pytest

from scripts.compare_recorded_answers import READERS, answers, main, members, problems

ARN = "arn:aws:iam::123456789012"
ROOT_DEVICE = {"SerialNumber": f"{ARN}:mfa/phone", "User": {"UserId": "123456789012", "Arn": f"{ARN}:root"}}
RULE = {"ConfigRuleName": "any", "Source": {"Owner": "CUSTOM_LAMBDA", "SourceIdentifier": "arn:aws:lambda:function"}}


@pytest.mark.parametrize(
    ("operation", "answer", "expected"),
    [
        pytest.param("iam.ListVirtualMFADevices", {"VirtualMFADevices": [ROOT_DEVICE]}, "", id="root under any name"),
        pytest.param(
            "iam.ListVirtualMFADevices",
            {"VirtualMFADevices": [{"SerialNumber": f"{ARN}:mfa/ada", "User": {"Arn": f"{ARN}:user/ada"}}]},
            "1 devices belong to users, and 0 were read",
            id="a user without a name",
        ),
        pytest.param("iam.ListVirtualMFADevices", {}, "answered without VirtualMFADevices", id="nothing"),
        pytest.param(
            "iam.ListMFADevices", {"MFADevices": [{"SerialNumber": f"{ARN}:palm/ada"}]}, "is unknown", id="new kind"
        ),
        pytest.param("iam.GetUserPolicy", {"PolicyDocument": "%7B"}, "cannot be read", id="half a document"),
        pytest.param("config.DescribeConfigRules", {"ConfigRules": [RULE]}, "", id="a rule"),
        pytest.param(
            "organizations.ListAccounts", {"Accounts": [{"Id": "1", "Status": "ASLEEP"}]}, "ASLEEP", id="new state"
        ),
        pytest.param("iam.GetAccountSummary", {"SummaryMap": {"Users": 1}}, "AccountMFAEnabled", id="half a summary"),
    ],
)
def test_what_a_reader_does_not_understand_is_named(operation: str, answer: dict[str, Any], expected: str) -> None:
    service, _, name = operation.partition(".")
    assert (service, name) in READERS
    found = problems((service, name), answer)
    assert bool(found) == bool(expected)
    assert expected in found


def test_recordings_of_both_kinds_are_found_and_failed_calls_left_out(tmp_path: Path) -> None:
    moment = {"__class__": "datetime", "year": 2018, "month": 1, "day": 18}
    for name, status in (
        ("iam.ListUsers_1", 200),
        ("iam.ListUsers_2", 403),
        ("0007-iam.ListUsers", 200),
        ("ec2.DescribeVpcs_1", 200),
    ):
        content = {"status_code": status, "data": {"Users": [], "When": moment}}
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    found = list(answers([tmp_path]))
    assert [file.stem for file, _, _ in found] == ["0007-iam.ListUsers", "iam.ListUsers_1"]
    assert {answer["When"].year for _, _, answer in found} == {2018}


def test_nothing_to_read_and_an_answer_that_is_not_understood_fail(tmp_path: Path) -> None:
    assert main([str(tmp_path)]) == 2
    (tmp_path / "iam.ListUsers_1.json").write_text('{"status_code": 200, "data": {}}')
    assert main([str(tmp_path)]) == 1


def test_members_are_compared_by_their_paths() -> None:
    assert members({"Users": [{"UserName": "ada"}, {"Path": "/"}], "IsTruncated": False}) == {
        ".IsTruncated",
        ".Users",
        ".Users[].Path",
        ".Users[].UserName",
    }
