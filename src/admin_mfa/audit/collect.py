"""Collect what an offline audit needs: bulk reads first, then what those answers leave open about administrators.

Which users are administrators is decided from the collected answers, by the widest definition: users who are not, and
cannot become, administrators have a verdict without another call.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from botocore import xform_name

from admin_mfa.audit.account import Progress, silent
from admin_mfa.audit.accounts import Identity
from admin_mfa.audit.offline.answers import BY_IDENTITY, COLLECTED_AT, DETAILS, SUMMARY, VIRTUAL_DEVICES, SavedAnswers
from admin_mfa.audit.offline.errors import NotSavedError
from admin_mfa.audit.offline.files import SUFFIX, SavedFile, file_name
from admin_mfa.audit.offline.reader import SavedReader
from admin_mfa.aws.iam import IamReader
from admin_mfa.aws.iam_answers import member
from admin_mfa.aws.iam_calls import IamCalls
from admin_mfa.aws.pace import Pace
from admin_mfa.errors import ReadError
from admin_mfa.escalation.search import Survey
from admin_mfa.model import Fact, IamUser, Unread
from admin_mfa.parameters import AdministratorDefinition, Parameters, PrivilegeModel

_LISTS: Mapping[str, tuple[str, ...]] = {
    DETAILS: ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"),
    VIRTUAL_DEVICES: ("VirtualMFADevices",),
    "ListAccessKeys": ("AccessKeyMetadata",),
    "ListMFADeviceTags": ("Tags",),
    "ListMFADevices": ("MFADevices",),
}
"""The lists in the answers that come in pages."""

_ROUNDS = (frozenset((Fact.MFA_DEVICES, Fact.CONSOLE_PASSWORD, Fact.ACCESS_KEYS)), frozenset((Fact.MFA_DEVICE_TAGS,)))
"""Devices first: their tags are read device by device."""


def collect(
    client: Any, caller: Identity, parameters: Parameters, progress: Progress = silent
) -> Mapping[str, Mapping[str, Any]]:
    """Read an account, and return the answers as the AWS CLI writes them, by file name.

    Args:
        client: An IAM client that `admin_mfa.aws.session.aws_session` prepared.
        caller: The identity that the credentials belong to.
        parameters: Only AdditionalAdminPolicyArns matters: it can make more users administrators.
        progress: Receives a few words about what is being done.

    Raises:
        ReadError: Something could not be read. Nothing is returned then.
    """
    now = datetime.now(UTC)
    Pace().listen(client.meta.events, "iam")
    live = _Live(client)
    progress("reading users, groups, roles, policies and virtual MFA devices")
    found: dict[str, dict[str, Any]] = {
        f"collected{SUFFIX}": {COLLECTED_AT: now.isoformat(timespec="seconds")},
        # As sts:GetCallerIdentity answers; the unique id of the caller is not needed.
        f"get-caller-identity{SUFFIX}": {"UserId": "", "Account": caller.account_id, "Arn": caller.arn},
        _bulk_name(DETAILS): live.answer(DETAILS, {}),
        _bulk_name(VIRTUAL_DEVICES): live.answer(VIRTUAL_DEVICES, {"AssignmentStatus": "Assigned"}),
        _bulk_name(SUMMARY): live.answer(SUMMARY, {}),
    }
    answers = SavedAnswers((_file(name, content) for name, content in found.items()), lambda _: None)
    with _CollectingReader(answers, live, found) as reader:
        _read_administrators(reader, parameters, progress)
    return found


def _read_administrators(reader: "_CollectingReader", parameters: Parameters, progress: Progress) -> None:
    widest = replace(
        parameters,
        administrator_definition=AdministratorDefinition.ESCALATION,
        privilege_model=PrivilegeModel.ATTACHED,
    )
    snapshot = reader.snapshot()
    survey = Survey(snapshot, widest)
    users = tuple(user for user in snapshot.users if survey.grants(user) or survey.ways(user))
    progress(f"reading MFA devices, passwords and access keys of {len(users)} users")
    for facts in _ROUNDS:
        users = reader.read([(user, Unread(facts=facts)) for user in users])


class _Live(IamCalls):
    """Calls IAM, and joins the pages of an answer as the AWS CLI does."""

    def answer(self, operation: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        if operation not in _LISTS:
            answer = self.call(operation, **arguments)
            return _as_json({name: value for name, value in answer.items() if name != "ResponseMetadata"})
        joined: dict[str, Any] = {name: [] for name in _LISTS[operation]}
        for page in self.pages(operation, **arguments):
            for name in joined:
                joined[name] += member(page, name, operation)
        return _as_json(joined)


class _CollectingReader(SavedReader):
    """Reads from what was collected, and collects what is missing."""

    def __init__(self, answers: SavedAnswers, live: _Live, found: dict[str, dict[str, Any]]) -> None:
        super().__init__(answers)
        self._live = live
        self._found = found

    def read(self, wanted: Sequence[tuple[IamUser, Unread]]) -> tuple[IamUser, ...]:
        # Read users together: nothing is unknown here, so they need not be read one by one.
        return IamReader.read(self, wanted)

    def call(self, operation: str, **arguments: Any) -> dict[str, Any]:
        try:
            return super().call(operation, **arguments)
        except NotSavedError:
            return self._collect(operation, {k: v for k, v in arguments.items() if k not in ("MaxItems", "Marker")})

    def _collect(self, operation: str, arguments: dict[str, Any]) -> dict[str, Any]:
        name = file_name(xform_name(operation, "-"), arguments[BY_IDENTITY[operation]])
        try:
            self._found[name] = self._live.answer(operation, arguments)
        except ReadError as error:
            if error.code == "NoSuchEntity":
                # Knowing that there is no password is knowing something.
                self._found[name] = {"Error": {"Code": error.code, "Message": str(error)}}
            raise
        return self._found[name]


def _as_json(answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer as it will be when it is read from its file."""
    found: dict[str, Any] = json.loads(json.dumps(answer, default=_moment))
    return found


def _moment(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def _bulk_name(operation: str) -> str:
    return f"{xform_name(operation, '-')}{SUFFIX}"


def _file(name: str, content: Mapping[str, Any]) -> SavedFile:
    return SavedFile(name=name, content=content, saved_at=datetime.now(UTC))
