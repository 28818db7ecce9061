"""The reader of accounts: IAM in, frozen users out.

It reads in bulk, so the number of calls grows with pages and not with users, and each call of a run is made once.
What a verdict still depends on afterwards is asked for user by user, see `admin_mfa.audit.account`.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

from admin_mfa.aws import iam_xml
from admin_mfa.aws.iam_answers import (
    Entity,
    RoleEntity,
    Shared,
    customer_managed,
    groups_of,
    join,
    make_group,
    make_role,
    managed_policy,
    member,
    other_versions_of,
    policies_of,
    read_document,
    roles_of,
    shared,
    tag_pairs,
    user_entity,
    users_of,
    with_documents,
    without_vanished,
)
from admin_mfa.aws.iam_calls import IamCalls, if_exists
from admin_mfa.aws.iam_devices import ROOT, devices_of, mfa_device
from admin_mfa.aws.pace import Pace
from admin_mfa.aws.session import MAX_CONNECTIONS
from admin_mfa.escalation.snapshot import Snapshot
from admin_mfa.model import Fact, IamUser, MfaDevice, MfaType, Unread
from admin_mfa.root_user import RootCredentials
from admin_mfa.statements import Policy, PolicyDocument

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

BULK_ACTIONS = (
    "iam:GetAccountAuthorizationDetails",
    "iam:GetAccountSummary",
    "iam:GetLoginProfile",
    "iam:GetPolicy",
    "iam:GetPolicyVersion",
    "iam:ListAccessKeys",
    "iam:ListMFADeviceTags",
    "iam:ListMFADevices",
    "iam:ListVirtualMFADevices",
)
"""What judging a whole account can take. All of them read."""

SINGLE_ACTIONS = (
    "iam:GetUser",
    "iam:GetUserPolicy",
    "iam:ListAttachedUserPolicies",
    "iam:ListGroupsForUser",
    "iam:ListUserPolicies",
)
"""What judging one user takes beside them, for a rule that is triggered by changes."""


@dataclass(slots=True)
class _Rest:
    """What an account holds beside its users, as the pages bring it."""

    groups: list[Entity] = field(default_factory=list)
    roles: list[RoleEntity] = field(default_factory=list)
    policies: list[Policy] = field(default_factory=list)
    other_versions: dict[str, tuple[PolicyDocument, ...]] = field(default_factory=dict)


class IamReader(IamCalls):
    """Reads one account through one IAM client.

    Args:
        client: Made by a session that `admin_mfa.aws.session.aws_session` prepared. Its connection pool should hold
            `admin_mfa.aws.session.MAX_CONNECTIONS`.

    Raises:
        ReadError: From every method, when IAM could not be read completely. A retry of the whole run is then right.
    """

    def __init__(self, client: "IAMClient") -> None:
        super().__init__(client)
        self._executor = ThreadPoolExecutor(MAX_CONNECTIONS, thread_name_prefix="iam")
        self._documents: dict[str, Future[PolicyDocument | None]] = {}
        self._documents_lock = threading.Lock()
        self.root_virtual_mfa: bool | None = None
        """Whether the root user has a virtual MFA device; None before `users` or `snapshot`."""
        Pace().listen(client.meta.events, "iam")
        iam_xml.listen(client.meta.events)

    def users(self) -> tuple[IamUser, ...]:
        """Read every user with all policies and virtual MFA devices; other devices are still unread.

        Users, groups with policies, and devices are three chains of pages that run side by side.
        """
        users = self._executor.submit(self._users)
        common = self._executor.submit(self._shared)
        devices = self._executor.submit(self._virtual_devices)
        # Every chain is waited for, whatever the others brought: an account without users is no reason to overlook that
        # its groups could not be read.
        entities, known, by_user = users.result().values(), common.result(), devices.result()
        return tuple(join(user, known, mfa_devices=tuple(by_user.get(user.name, ()))) for user in entities)

    def snapshot(self) -> Snapshot:
        """Read the whole account: users as `users` does, groups, roles, and the document of every policy in use.

        It takes the calls of `users`, whose second chain of pages brings the roles and AWS's own policies too.
        """
        users = self._executor.submit(self._users)
        rest = self._executor.submit(self._everything_else)
        devices = self._executor.submit(self._virtual_devices)
        entities, account, by_user = tuple(users.result().values()), rest.result(), devices.result()
        known = shared(account.groups, (*account.policies, *self._left_out(account, entities)))
        joined = (join(user, known, mfa_devices=tuple(by_user.get(user.name, ()))) for user in entities)
        return Snapshot(
            users=tuple(map(without_vanished, joined)),
            groups=tuple(make_group(group, known) for group in account.groups),
            roles=tuple(make_role(role, known) for role in account.roles),
            policies=tuple(policy for policy in account.policies if not policy.aws_managed),
            other_versions=tuple(sorted(account.other_versions.items())),
        )

    def user(self, user_name: str, user_id: str) -> IamUser | None:
        """Read one user, in about six calls; MFA devices are still unread.

        Args:
            user_name: The name under which to look first. A user can have been renamed since, or deleted and
                made again under the same name. Empty where only the id is known, as in AWS Config's remediation:
                then all users are read in pages, not one by one.
            user_id: The unique id, which decides who is meant.

        Returns:
            The user, or None if no user has that id any more.
        """
        entity = if_exists(self._entity, user_name) if user_name else None
        if entity is None or entity.unique_id != user_id:
            entity = self._users().get(user_id)
        if entity is None:
            return None
        # One page holds the groups and policies of most accounts, where asking group by group takes calls for each.
        known = self._shared() if entity.groups or customer_managed(entity) else shared()
        return join(entity, known, mfa_devices=())

    def root_credentials(self) -> RootCredentials:
        """Read which credentials the root user has.

        Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html
        """
        summary = member(self.call("GetAccountSummary"), "SummaryMap", "GetAccountSummary")
        return RootCredentials(
            mfa=bool(member(summary, "AccountMFAEnabled", "GetAccountSummary")),
            # A missing entry does not prove that the credential is missing, so it counts as present.
            password=bool(summary.get("AccountPasswordPresent", 1)),
            access_keys=bool(summary.get("AccountAccessKeysPresent", 1)),
        )

    def read(self, wanted: Sequence[tuple[IamUser, Unread]]) -> tuple[IamUser, ...]:
        """Read what is still unread about users, side by side; users who have vanished meanwhile are left out."""
        # Documents first: waiting for a task of the same pool inside a task could use up all of its threads.
        documents = self._documents_of({arn for _, unread in wanted for arn in unread.policy_arns})
        found = self._executor.map(lambda pair: self._with_facts(pair[0], pair[1], documents), wanted)
        return tuple(user for user in found if user is not None)

    def close(self) -> None:
        """Stop the threads; a read under way is abandoned as soon as its call returns."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _users(self) -> dict[str, Entity]:
        return {user.unique_id: user for page in self._details("User") for user in users_of(page)}

    def _shared(self) -> Shared:
        groups: list[Entity] = []
        policies: list[Policy] = []
        for page in self._details("Group", "LocalManagedPolicy"):
            groups += groups_of(page)
            policies += policies_of(page)
        return shared(groups, policies)

    def _everything_else(self) -> "_Rest":
        rest = _Rest()
        for page in self._details("Group", "Role", "LocalManagedPolicy", "AWSManagedPolicy"):
            rest.groups += groups_of(page)
            rest.roles += roles_of(page)
            rest.policies += policies_of(page)
            rest.other_versions |= other_versions_of(page)
        return rest

    def _left_out(self, account: "_Rest", users: Sequence[Entity]) -> list[Policy]:
        """Read the policies in use that did not come with the pages; those that are gone by now are left out."""
        entities = (*users, *account.groups, *(role.entity for role in account.roles))
        used = {policy.arn for entity in entities for policy in entity.attached} | {e.boundary_arn for e in entities}
        missing = sorted(filter(None, used - {policy.arn for policy in account.policies}))
        documents = [(arn, self._document(arn)) for arn in missing]
        return [
            replace(managed_policy(arn, arn.rsplit("/", 1)[-1]), document=document)
            for arn, future in documents
            if (document := future.result())
        ]

    def _virtual_devices(self) -> dict[str, list[MfaDevice]]:
        devices: dict[str, list[MfaDevice]] = {}
        for page in self.pages("ListVirtualMFADevices", AssignmentStatus="Assigned"):
            for user_name, serial_number in devices_of(page):
                devices.setdefault(user_name, []).append(mfa_device(serial_number))
        self.root_virtual_mfa = bool(devices.pop(ROOT, None))
        return {name: sorted(found, key=lambda device: device.serial_number) for name, found in devices.items()}

    def _details(self, *kinds: str) -> Iterator[dict[str, Any]]:
        return self.pages("GetAccountAuthorizationDetails", Filter=list(kinds))

    def _entity(self, user_name: str) -> Entity:
        return user_entity(
            {
                **self.call("GetUser", UserName=user_name)["User"],
                "AttachedManagedPolicies": self.all("ListAttachedUserPolicies", "AttachedPolicies", UserName=user_name),
                "UserPolicyList": [
                    self.call("GetUserPolicy", UserName=user_name, PolicyName=name)
                    for name in self.all("ListUserPolicies", "PolicyNames", UserName=user_name)
                ],
                "GroupList": [
                    group["GroupName"] for group in self.all("ListGroupsForUser", "Groups", UserName=user_name)
                ],
            }
        )

    def _documents_of(self, arns: set[str]) -> dict[str, PolicyDocument | None]:
        """Read documents: those of several AWS managed policies in one chain of pages, others in two calls each."""
        if sum(Policy(name=arn, arn=arn).aws_managed for arn in arns - self._documents.keys()) > 1:
            for policy in (policy for page in self._details("AWSManagedPolicy") for policy in policies_of(page)):
                if policy.arn in arns:
                    self._documents[policy.arn] = Future()
                    self._documents[policy.arn].set_result(policy.document)
        # IAM lists the policies in use; one that nobody holds any more is asked for by itself.
        futures = [(arn, self._document(arn)) for arn in sorted(arns)]
        return {arn: future.result() for arn, future in futures}

    def _document(self, arn: str) -> "Future[PolicyDocument | None]":
        with self._documents_lock:
            if arn not in self._documents:
                self._documents[arn] = self._executor.submit(self._read_document, arn)
            return self._documents[arn]

    def _read_document(self, arn: str) -> PolicyDocument | None:
        return if_exists(self._default_document, arn)

    def _default_document(self, arn: str) -> PolicyDocument:
        version = self.call("GetPolicy", PolicyArn=arn)["Policy"]["DefaultVersionId"]
        found = self.call("GetPolicyVersion", PolicyArn=arn, VersionId=version)
        return read_document(found["PolicyVersion"]["Document"])

    def _with_facts(
        self, user: IamUser, unread: Unread, documents: Mapping[str, PolicyDocument | None]
    ) -> IamUser | None:
        known = with_documents(user, documents)
        read: Mapping[Fact, Callable[[IamUser], IamUser | None]] = {
            Fact.MFA_DEVICES: self._with_devices,
            Fact.MFA_DEVICE_TAGS: self._with_device_tags,
            Fact.CONSOLE_PASSWORD: self._with_password,
            Fact.ACCESS_KEYS: self._with_access_keys,
        }
        for fact in unread.facts:
            completed = read[fact](known)
            if completed is None:
                return None
            known = completed
        return known

    def _with_devices(self, user: IamUser) -> IamUser | None:
        listed = if_exists(self.all, "ListMFADevices", "MFADevices", UserName=user.user_name)
        if listed is None:
            return None
        known = {device.serial_number: device for device in user.mfa_devices}
        serials = sorted({device["SerialNumber"] for device in listed})
        return replace(
            user,
            mfa_devices=tuple(known.get(serial) or mfa_device(serial) for serial in serials),
            mfa_devices_complete=True,
        )

    def _with_device_tags(self, user: IamUser) -> IamUser:
        devices = (
            if_exists(self._with_tags, device) if device.type is MfaType.VIRTUAL and device.tags is None else device
            for device in user.mfa_devices
        )
        return replace(user, mfa_devices=tuple(device for device in devices if device is not None))

    def _with_tags(self, device: MfaDevice) -> MfaDevice:
        pages = self.pages("ListMFADeviceTags", SerialNumber=device.serial_number)
        found = (tag for page in pages for tag in member(page, "Tags", "ListMFADeviceTags"))
        return replace(device, tags=tag_pairs(found))

    def _with_password(self, user: IamUser) -> IamUser:
        found = if_exists(self.call, "GetLoginProfile", UserName=user.user_name)
        return replace(user, console_password=found is not None)

    def _with_access_keys(self, user: IamUser) -> IamUser | None:
        listed = if_exists(self.all, "ListAccessKeys", "AccessKeyMetadata", UserName=user.user_name)
        if listed is None:
            return None
        return replace(user, active_access_keys=sum(key["Status"] == "Active" for key in listed))
