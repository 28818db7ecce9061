"""Feed recorded answers of AWS to our readers, and fail for whatever they do not understand.

`make compare-recorded-answers RECORDED='<folder> ...'` reads folders with `<service>.<Operation>_<n>.json`, as Cloud
Custodian's flight recorder and our acceptance run (`--record`) write them, and files that hold an answer of
GetAccountAuthorizationDetails. No package on PyPI carries Custodian's recordings, so clone the repository:

    git clone --depth 1 https://github.com/cloud-custodian/cloud-custodian
    make compare-recorded-answers RECORDED=cloud-custodian/tests/data/placebo

Answers of the acceptance run are compared with the emulator's as well. It fails for a member that only the emulator
answers with, and lists those that the emulator lacks.
"""

import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from admin_mfa.aws import config, organizations
from admin_mfa.aws.iam import IamReader
from admin_mfa.aws.iam_answers import (
    groups_of,
    policies_of,
    read_document,
    role_entity,
    roles_of,
    tag_pairs,
    user_entity,
    users_of,
)
from admin_mfa.aws.iam_devices import ROOT, devices_of, mfa_type
from admin_mfa.aws.rules import Source, find_rules
from admin_mfa.errors import AdminMfaError
from admin_mfa.followup import rule
from admin_mfa.model import MfaType
from admin_mfa.policy.document import UNREADABLE
from demo.emulator.models import service_model, violations

Answer = dict[str, Any]

_NAME = re.compile(r"(?:\d+-)?(\w+)\.(\w+?)(?:_\d+)?\.json")
_DETAILS = "iam", "GetAccountAuthorizationDetails"
_PAGING = frozenset(("IsTruncated", "Marker", "NextToken", "ResponseMetadata"))
_OK = 200


class NotUnderstoodError(Exception):
    """A reader took an answer for something that it is not."""


class _Recorded:
    """A client whose every operation returns one recorded answer, as the only page."""

    def __init__(self, answer: Answer) -> None:
        self._answer = {name: value for name, value in answer.items() if name not in _PAGING}

    def __getattr__(self, _: str) -> Callable[..., Answer]:
        return lambda **_: self._answer


class _RecordedIam(IamReader):
    """The reader of IAM over one recorded answer: no client's events to listen to, no threads."""

    def __init__(self, answer: Answer) -> None:
        self._client = _Recorded(answer)  # type: ignore[assignment]


EDITED = {
    "test_config_compliance_iam_role": "roles whose trust policy has no statement, which IAM refuses",
    "test_iam_role_remove_boundary": "roles without a trust policy, which IAM always gives",
    "test_iam_role_set_boundary": "roles without a trust policy, which IAM always gives",
}
"""Folders of Cloud Custodian whose recordings were written or shortened by hand, and how that is seen."""


def _known(text: str, allowed: frozenset[str]) -> None:
    if text not in allowed:
        raise NotUnderstoodError(f"{text} is none of {', '.join(sorted(allowed))}")


def _document(document: str | Mapping[str, Any]) -> None:
    if read_document(document) is UNREADABLE:
        raise NotUnderstoodError(f"the policy document cannot be read: {json.dumps(document)[:200]}")


def _device(serial_number: str) -> None:
    if mfa_type(serial_number) is MfaType.OTHER:
        raise NotUnderstoodError(f"the kind of the MFA device {serial_number} is unknown")


def _details(answer: Answer) -> None:
    users_of(answer)
    groups_of(answer)
    roles_of(answer)
    policies_of(answer)
    for kind, list_name in (("User", "UserPolicyList"), ("Group", "GroupPolicyList"), ("Role", "RolePolicyList")):
        for detail in answer.get(f"{kind}DetailList", ()):
            for policy in detail.get(list_name, ()):
                _document(policy["PolicyDocument"])
    for policy in answer.get("Policies", ()):
        for version in policy["PolicyVersionList"]:
            _document(version["Document"])


def _devices(answer: Answer) -> None:
    owners = [(name, serial_number) for name, serial_number in devices_of(answer) if name != ROOT]
    of_users = [device for device in answer["VirtualMFADevices"] if ":user/" in device.get("User", {}).get("Arn", "")]
    if len(owners) != len(of_users):
        raise NotUnderstoodError(f"{len(of_users)} devices belong to users, and {len(owners)} were read")
    for _, serial_number in owners:
        _device(serial_number)


def _rules(answer: Answer) -> None:
    for item in answer["ConfigRules"]:
        function = item["Source"].get("SourceIdentifier", "")
        source = Source(function_arn=function, rule_name=item["ConfigRuleName"])
        found = find_rules(_Recorded({"ConfigRules": [item]}), source)  # type: ignore[arg-type]
        if len(found.trusted) != 1:
            raise NotUnderstoodError(f"the rule {item['ConfigRuleName']} was not read")


def _status(answer: Answer) -> None:
    for item in answer["ConfigRulesEvaluationStatus"]:
        one = _Recorded({"ConfigRulesEvaluationStatus": [item]})
        if rule.evaluated_at(one, item["ConfigRuleName"]) != item.get("LastSuccessfulEvaluationTime"):  # type: ignore[arg-type]
            raise NotUnderstoodError("the time of the last evaluation was not read")


def _results(answer: Answer) -> None:
    found = config.recorded(_Recorded(answer), "rule")  # type: ignore[arg-type]
    ids = {
        result["EvaluationResultIdentifier"]["EvaluationResultQualifier"]["ResourceId"]
        for result in answer["EvaluationResults"]
    }
    if found.keys() != ids:
        raise NotUnderstoodError(f"{len(ids)} resources have results, and {len(found)} were read")


def _accounts(answer: Answer) -> None:
    found = organizations.list_accounts(_Recorded(answer), organizations.Selection())  # type: ignore[arg-type]
    if {account.account_id for account in found} != {item["Id"] for item in answer["Accounts"]}:
        raise NotUnderstoodError("not every account was read")
    for account in found:
        _known(account.state, frozenset(("ACTIVE", "CLOSED", "PENDING_ACTIVATION", "PENDING_CLOSURE", "SUSPENDED")))


def _each(name: str, read: Callable[[Any], object]) -> Callable[[Answer], None]:
    def feed(answer: Answer) -> None:
        for item in answer[name]:
            read(item)

    return feed


RECORDING_TEST = "tests/acceptance/test_run.py::test_answers_are_recorded_without_ids_and_secrets"
"""The test that records the acceptance run on the emulator, into its temporary folder."""

READERS: Mapping[tuple[str, str], Callable[[Answer], object]] = {
    _DETAILS: _details,
    ("iam", "GetAccountSummary"): lambda answer: _RecordedIam(answer).root_credentials(),
    ("iam", "GetPolicyVersion"): lambda answer: _document(answer["PolicyVersion"]["Document"]),
    ("iam", "GetRole"): lambda answer: role_entity(answer["Role"]),
    ("iam", "GetUser"): lambda answer: user_entity(answer["User"]),
    ("iam", "GetUserPolicy"): lambda answer: _document(answer["PolicyDocument"]),
    ("iam", "ListAccessKeys"): _each(
        "AccessKeyMetadata", lambda key: _known(key["Status"], frozenset(("Active", "Expired", "Inactive")))
    ),
    ("iam", "ListAttachedUserPolicies"): lambda answer: user_entity(
        {"UserName": "", "UserId": "", "Arn": "", "AttachedManagedPolicies": answer["AttachedPolicies"]}
    ),
    ("iam", "ListMFADeviceTags"): lambda answer: tag_pairs(answer["Tags"]),
    ("iam", "ListMFADevices"): _each("MFADevices", lambda device: _device(device["SerialNumber"])),
    ("iam", "ListRoles"): _each("Roles", role_entity),
    ("iam", "ListUsers"): _each("Users", user_entity),
    ("iam", "ListVirtualMFADevices"): _devices,
    ("config", "DescribeConfigRuleEvaluationStatus"): _status,
    ("config", "DescribeConfigRules"): _rules,
    ("config", "GetComplianceDetailsByConfigRule"): _results,
    ("organizations", "ListAccounts"): _accounts,
}
"""What reads the answer of each operation."""


def revived(value: Any) -> Any:
    """Return a recorded value with its moments, which Custodian's recorder writes as objects."""
    if isinstance(value, list):
        return [revived(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get("__class__") == "datetime":
        parts = {name: number for name, number in value.items() if name != "__class__"}
        return datetime(**parts, tzinfo=UTC)
    return {name: revived(item) for name, item in value.items()}


def answers(paths: list[Path]) -> Iterator[tuple[Path, tuple[str, str], Answer]]:
    """Yield the successful answers of the files that have a reader, with their operations."""
    for path in paths:
        for file in sorted(path.rglob("*.json")) if path.is_dir() else [path]:
            match = _NAME.fullmatch(file.name)
            if path.is_dir() and (match is None or match.groups() not in READERS):
                continue
            content = revived(json.loads(file.read_text(encoding="utf-8")))
            if match is None or "status_code" not in content:
                yield file, _DETAILS, content
            elif content["status_code"] == _OK:
                yield file, (match[1], match[2]), content["data"]


def problems(operation: tuple[str, str], answer: Answer) -> str:
    """Return why an answer was not understood; empty where it was."""
    try:
        READERS[operation](answer)
    except (NotUnderstoodError, AdminMfaError, KeyError, TypeError, ValueError, AttributeError) as error:
        return f"{type(error).__name__}: {error}"
    return ""


def members(value: Any, at: str = "") -> set[str]:
    """Return the path of every member of an answer, items of a list under one path.

    >>> sorted(members({"Users": [{"UserName": "ada"}, {"Path": "/"}]}))
    ['.Users', '.Users[].Path', '.Users[].UserName']
    """
    if isinstance(value, list):
        return set().union(*(members(item, f"{at}[]") for item in value))
    if not isinstance(value, dict):
        return set()
    return set().union(*({f"{at}.{name}"} | members(item, f"{at}.{name}") for name, item in value.items()))


def _acceptance(folders: list[Path]) -> dict[str, set[str]]:
    """Return the members of the answers to each operation that an acceptance run has recorded in these folders."""
    found: dict[str, set[str]] = {}
    for folder in folders:
        for file in sorted(folder.glob("[0-9][0-9][0-9][0-9]-*.json")):
            content = json.loads(file.read_text(encoding="utf-8"))
            if content["status_code"] == _OK:
                found.setdefault(file.name[5:-5], set()).update(members(content["data"]))
    return found


def _differences(aws: dict[str, set[str]]) -> list[str]:
    """Record the acceptance run on the emulator, and return what it answers with and AWS did not; print the reverse."""
    with TemporaryDirectory() as folder:
        base = Path(folder) / "recorded"
        pytest.main(["--quiet", "-n0", "-p", "no:cacheprovider", f"--basetemp={base}", RECORDING_TEST])
        emulator = _acceptance([path for path in base.iterdir() if path.is_dir()])
    for operation, found in sorted(aws.items()):
        for path in sorted(found - emulator.get(operation, set())):
            _print(f"  the emulator's answer lacks {operation} {path}")
    return [
        f"the emulator answers {operation} with {path}, and AWS did not"
        for operation, found in sorted(emulator.items())
        if operation in aws
        for path in sorted(found - aws[operation])
    ]


def main(words: list[str]) -> int:
    """Read every recorded answer; 0 if all were understood, 2 if there are none."""
    count: Counter[str] = Counter()
    deviating: Counter[str] = Counter()
    failed = []
    for file, operation, answer in answers([Path(word) for word in words]):
        name = ".".join(operation)
        count[name] += 1
        problem = problems(operation, answer)
        if problem and file.parent.name not in EDITED:
            failed.append(f"{file}: {problem}")
        shape = service_model(operation[0]).operation_model(operation[1]).output_shape
        content = {key: value for key, value in answer.items() if key != "ResponseMetadata"}
        deviating.update({f"{name}: {re.sub(r'[.][0-9]+[.]', '.N.', text)}" for text in violations(shape, content)})
    for name, number in sorted(count.items()):
        _print(f"{number:>6} {name}")
    _print(f"{count.total()} answers were read.")
    if ours := {operation: found for operation, found in _acceptance([Path(word) for word in words]).items() if found}:
        failed += _differences(ours)
    if deviating:
        _print("Where AWS, or who edited the recording, deviates from the service's model:")
    for text, number in sorted(deviating.items()):
        _print(f"  {number:>4} {text}")
    _print(f"{len(failed)} were not understood or differ from the emulator's.")
    for sentence in failed:
        _print(f"  {sentence}")
    if not count:
        _print(__doc__ or "")
        return 2
    return 1 if failed else 0


def _print(text: str) -> None:
    print(text)  # noqa: T201 - the output of the program


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
