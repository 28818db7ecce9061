"""Saved answers of one account: which file answers which call, and what no file answers.

Files are recognized by their content, as the AWS CLI writes it, except the output about one user, device or policy: an
empty list of MFA devices does not name its user, so its file does.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore import xform_name

from admin_mfa.audit.offline.errors import NotSavedError, SavedAnswersError
from admin_mfa.audit.offline.files import SavedFile, SavedFiles, file_name
from admin_mfa.audit.offline.shapes import first_problem
from admin_mfa.aws.iam_answers import (
    GROUPS,
    OTHER_VERSIONS,
    POLICIES,
    ROLES,
    USERS,
    Entity,
    RoleEntity,
    default_version,
    groups_of,
    other_versions,
    policies_of,
    roles_of,
    users_of,
)
from admin_mfa.errors import ReadError
from admin_mfa.statements import Policy

DETAILS, VIRTUAL_DEVICES, SUMMARY = "GetAccountAuthorizationDetails", "ListVirtualMFADevices", "GetAccountSummary"

BULK: Mapping[str, tuple[str, ...]] = {
    DETAILS: ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"),
    VIRTUAL_DEVICES: ("VirtualMFADevices",),
    SUMMARY: ("SummaryMap",),
}
"""The answers about a whole account, with the members that show which one a file contains."""

BY_IDENTITY: Mapping[str, str] = {
    "GetLoginProfile": "UserName",
    "GetPolicy": "PolicyArn",
    "GetPolicyVersion": "PolicyArn",
    "ListAccessKeys": "UserName",
    "ListMFADeviceTags": "SerialNumber",
    "ListMFADevices": "UserName",
}
"""The answers about one thing, with the argument that names it."""

_DOCUMENT: Mapping[str, Callable[[Any], dict[str, Any]]] = {
    "GetPolicy": lambda _: {"Policy": {"DefaultVersionId": ""}},
    "GetPolicyVersion": lambda document: {"PolicyVersion": {"Document": document}},
}
"""How the document of a policy that came with the details answers the calls that a live run reads it with."""

COLLECTED_AT = "collected_at"
"""The member of the file with the time at which reading began."""

_ARN = re.compile(r"arn:([a-z-]+):[a-z]+::([0-9]{12}):.*", re.DOTALL)
_NAMED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountKey:
    """The account that the answers are about."""

    account_id: str
    partition: str


@dataclass(slots=True)
class _Details:
    """The pages of GetAccountAuthorizationDetails, joined: entities by ARN."""

    users: dict[str, Entity] = field(default_factory=dict)
    groups: dict[str, Entity] = field(default_factory=dict)
    roles: dict[str, RoleEntity] | None = None
    policies: dict[str, Policy] = field(default_factory=dict)
    documents: dict[str, Any] = field(default_factory=dict)
    other_versions: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    users_listed: bool = False

    def add(self, file: SavedFile) -> None:
        """Add a page.

        Raises:
            SavedAnswersError: An entity is in two files that contradict each other.
        """
        page = file.content
        if "UserDetailList" in page:
            self.users_listed = True
            _merge(self.users, ((user.arn, user) for user in users_of(page)), file)
        _merge(self.groups, ((group.arn, group) for group in groups_of(page)), file)
        if "RoleDetailList" in page:
            self.roles = self.roles or {}
            _merge(self.roles, ((role.entity.arn, role) for role in roles_of(page)), file)
        _merge(self.policies, ((policy.arn or "", policy) for policy in policies_of(page)), file)
        self.documents |= {detail["Arn"]: default_version(detail)["Document"] for detail in page.get("Policies", ())}
        _merge(self.other_versions, filter(None, map(other_versions, page.get("Policies", ()))), file)

    def page(self, kinds: Sequence[str]) -> dict[str, Any]:
        """Return the answer to a call with these filters."""
        # AWS's own policies only where a live run reads them, so that both decide from the same documents.
        everything = "AWSManagedPolicy" in kinds
        page: dict[str, Any] = {
            USERS: tuple(self.users.values()),
            GROUPS: tuple(self.groups.values()),
            POLICIES: tuple(policy for policy in self.policies.values() if everything or not policy.aws_managed),
            OTHER_VERSIONS: list(self.other_versions.items()),
        }
        return page if self.roles is None else page | {ROLES: tuple(self.roles.values())}

    def arns(self) -> Iterator[str]:
        """Yield the ARN of everything that belongs to the account."""
        yield from self.users
        yield from self.groups
        yield from self.roles or {}
        yield from (arn for arn, policy in self.policies.items() if not policy.aws_managed)


class SavedAnswers:
    """Answers calls to IAM from files.

    Args:
        files: The files about the whole account.
        get: Returns a file by its name below the directory; None if it does not exist.

    Raises:
        SavedAnswersError: A file is not what the AWS CLI writes, or the files are about several accounts.
        ReadError: Something is missing without which no user can be judged.
    """

    def __init__(self, files: Iterable[SavedFile], get: Callable[[str], SavedFile | None]) -> None:
        self._get = get
        self._details = _Details()
        self._devices: list[dict[str, Any]] | None = None
        self._summary: dict[str, Any] | None = None
        self._collected_at: datetime | None = None
        self._saved_at: list[datetime] = []
        self._accounts: dict[tuple[str, str], str] = {}
        self._unused: list[str] = []
        more: dict[str, list[bool]] = {}
        for file in files:
            found = self._add(file)
            self._saved_at += [file.saved_at] if found else []
            for operation in found:
                more.setdefault(operation, []).append(_has_more(file.content))
        self._refuse_incomplete(more)
        if not self._accounts:
            raise SavedAnswersError(
                "The files name no AWS account. Save the output of `aws iam get-account-authorization-details`."
            )

    @classmethod
    def open(cls, files: SavedFiles) -> "SavedAnswers":
        """Read the files about the whole account; the others are read when a call needs them."""
        found = cls(files.top(), files.get)
        found._unused += files.others()
        return found

    @property
    def account(self) -> AccountKey:
        """The account."""
        ((partition, account_id),) = self._accounts
        return AccountKey(account_id=account_id, partition=partition)

    @property
    def saved_at(self) -> datetime:
        """When reading began: as the collection recorded it, else the modification time of the oldest file."""
        return self._collected_at or min(self._saved_at, default=datetime.now(UTC))

    @property
    def unused(self) -> tuple[str, ...]:
        """Sentences about files that were not used."""
        if not self._unused:
            return ()
        more = f" and {len(self._unused) - _NAMED} more" if len(self._unused) > _NAMED else ""
        return (f"Not used, because verdicts do not depend on it: {', '.join(self._unused[:_NAMED])}{more}.",)

    @property
    def lists_virtual_devices(self) -> bool:
        """Whether the files include the list of virtual MFA devices."""
        return self._devices is not None

    def answer(self, operation: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer to a call.

        Raises:
            NotSavedError: No file has it.
            ReadError: The saved answer is that the thing does not exist.
        """
        if operation == DETAILS:
            kinds = arguments.get("Filter", ())
            if "Role" in kinds and self._details.roles is None:
                raise _incomplete(DETAILS, "roles, which AdministratorDefinition=Escalation depends on")
            return self._details.page(kinds)
        if operation == VIRTUAL_DEVICES:
            # Without this list every device comes from ListMFADevices, which verdicts then depend on.
            return {"VirtualMFADevices": self._devices or []}
        if operation == SUMMARY and self._summary is not None:
            return {"SummaryMap": self._summary}
        if operation in _DOCUMENT and arguments["PolicyArn"] in self._details.documents:
            return _DOCUMENT[operation](self._details.documents[arguments["PolicyArn"]])
        return self._about_one(operation, arguments)

    def _about_one(self, operation: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        action, command = f"iam:{operation}", xform_name(operation, "-")
        identity = BY_IDENTITY.get(operation)
        file = self._get(file_name(command, arguments[identity])) if identity else None
        if file is None:
            named = f" --{xform_name(identity, '-')} {arguments[identity]}" if identity else ""
            raise NotSavedError(f"aws iam {command}{named}", action=action)
        answer = file.content
        code = answer["Error"].get("Code") if isinstance(answer, dict) and isinstance(answer.get("Error"), dict) else ""
        if code:
            raise ReadError(f"{action} failed ({code}) when {file.name!r} was saved.", action=action, code=str(code))
        _refuse_other_shape(operation, file)
        if _has_more(answer):
            raise SavedAnswersError(f"{file.name!r} is only the first page. Save the output without --max-items.")
        for device in answer.get("MFADevices", ()):
            self._belongs(device["SerialNumber"], file)
            if device["UserName"] != arguments["UserName"]:
                raise SavedAnswersError(f"{file.name!r} lists a device of another user: {device['UserName']!r:.100}.")
        return dict(answer)

    def _add(self, file: SavedFile) -> list[str]:
        """Take what a file contains, and return the operations whose answers it has."""
        content = file.content
        if not isinstance(content, dict):
            raise SavedAnswersError(f"{file.name!r} is not what the AWS CLI writes: it is not an object.")
        found = [operation for operation, members in BULK.items() if set(members) & set(content)]
        for operation in found:
            _refuse_other_shape(operation, file)
        if DETAILS in found:
            before = set(self._details.arns())
            self._details.add(file)
            for arn in set(self._details.arns()) - before:
                self._belongs(arn, file)
        if VIRTUAL_DEVICES in found:
            self._devices = [*(self._devices or ()), *content["VirtualMFADevices"]]
            for device in content["VirtualMFADevices"]:
                self._belongs(device["SerialNumber"], file)
        if SUMMARY in found:
            if self._summary not in (None, content["SummaryMap"]):
                raise SavedAnswersError(f"{file.name!r} contradicts another file of get-account-summary.")
            self._summary = content["SummaryMap"]
        if not (found or self._add_circumstances(file)):
            self._unused.append(file.name)
        return found

    def _add_circumstances(self, file: SavedFile) -> bool:
        """Take the caller's account, or the time of the collection."""
        content = file.content
        if {"Account", "Arn", "UserId"} <= set(content):
            match = re.match(r"arn:([a-z-]+):", str(content["Arn"]))
            partition = match[1] if match else "aws"
            self._belongs(f"arn:{partition}:iam::{content['Account']}:root", file)
            return True
        if COLLECTED_AT in content:
            try:
                self._collected_at = datetime.fromisoformat(content[COLLECTED_AT]).astimezone(UTC)
            except (TypeError, ValueError, OverflowError) as error:
                raise SavedAnswersError(
                    f"{file.name!r}: {COLLECTED_AT} is not a date and time such as 2026-11-24T03:00:00Z."
                ) from error
            return True
        return False

    def _belongs(self, arn: str, file: SavedFile) -> None:
        """Refuse what belongs to another account; a hardware device's serial number belongs to none."""
        match = _ARN.fullmatch(arn)
        if match is None:
            if arn.startswith("arn:"):
                raise SavedAnswersError(f"{file.name!r}: {arn!r:.100} is not an ARN of an account.")
            return
        key = (match[1], match[2])
        self._accounts.setdefault(key, file.name)
        if len(self._accounts) > 1:
            (first, _), (second, name) = self._accounts.items()
            raise SavedAnswersError(
                f"{name!r} is about account {second[1]} ({second[0]}), other files are about account {first[1]} "
                f"({first[0]}). Save the responses of each account in a separate directory."
            )

    def _refuse_incomplete(self, more: Mapping[str, list[bool]]) -> None:
        """Refuse files that cannot be all of the account's users.

        Raises:
            ReadError: Users, or groups of users, are missing.
        """
        if not self._details.users_listed:
            raise NotSavedError(_command(DETAILS), action=f"iam:{DETAILS}")
        for operation, truncated in more.items():
            if all(truncated):
                raise _incomplete(operation, f"the last page of `{_command(operation)}`")
        groups = {group.name for group in self._details.groups.values()}
        for user in self._details.users.values():
            for name in user.groups:
                if name not in groups:
                    raise _incomplete(DETAILS, f"the group {name!r:.130}, of which {user.name!r:.70} is a member")
        counted, found = (self._summary or {}).get("Users", 0), len(self._details.users)
        if counted > found:
            raise _incomplete(DETAILS, f"{counted - found} of {counted} users (get-account-summary has their number)")


def _incomplete(operation: str, what: str) -> ReadError:
    return ReadError(
        f"The files do not include {what}, so no user can be evaluated. Save the responses again.",
        action=f"iam:{operation}",
        code="NotSaved",
    )


def _command(operation: str) -> str:
    return f"aws iam {xform_name(operation, '-')}"


def _has_more(answer: Mapping[str, Any]) -> bool:
    """Return whether more pages follow: IAM's own mark, or the AWS CLI's with --max-items."""
    return bool(answer.get("IsTruncated") or answer.get("NextToken"))


def _refuse_other_shape(operation: str, file: SavedFile) -> None:
    if problem := first_problem(operation, file.content):
        raise SavedAnswersError(f"{file.name!r} is not what `{_command(operation)} --output json` writes: {problem}.")


def _merge(into: dict[str, Any], found: Iterable[tuple[str, Any]], file: SavedFile) -> None:
    for arn, one in found:
        if into.setdefault(arn, one) != one:
            raise SavedAnswersError(f"{file.name!r} contradicts another file about {arn!r:.150}.")
