"""One account's IAM: moto's backend, and beside it what moto has no place for.

moto keeps users, groups, roles and policies. The root user's credentials, device tags and unique ids in AWS's own
form are kept here, permissions boundaries on moto's users, where its own GetUser finds them.
"""

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import RLock
from typing import Any, Literal

from moto.iam.models import Group, IAMBackend, ManagedPolicy, User, iam_backends

from .errors import AwsError

MAX_DEVICES = 8
MAX_TAGS = 50
RootMfa = Literal["virtual", "hardware"]


@dataclass(slots=True, kw_only=True)
class Root:
    """The root user's credentials.

    Attributes:
        mfa: Kind of its device; only a virtual one is among the account's virtual devices.
        device: The name of a virtual one. The console once chose this one; recorded answers show others.
    """

    mfa: RootMfa | None = None
    password: bool = True
    access_keys: bool = False
    device: str = "root-account-mfa-device"
    created: datetime = field(default_factory=lambda: datetime(2020, 1, 1, tzinfo=UTC))


class AccountIam:
    """IAM of one account in one partition."""

    def __init__(self, account_id: str, partition: str) -> None:
        self.account_id = account_id
        self.partition = partition
        self.lock = RLock()
        self.root = Root()
        self.device_tags: dict[str, dict[str, str]] = {}
        self.policies_per_principal = 10
        self._ids = 0

    @property
    def backend(self) -> IAMBackend:
        """The backend in moto, which is another one after a reset."""
        found: IAMBackend = iam_backends[self.account_id][self.partition]
        return found

    def arn(self, resource: str) -> str:
        """The ARN of a resource of this account's IAM."""
        return f"arn:{self.partition}:iam::{self.account_id}:{resource}"

    def unique_id(self, prefix: str, name: str) -> str:
        """A unique id as AWS forms it: a prefix that tells the kind, 21 characters in all, never given twice.

        Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
        """
        self._ids += 1
        digest = hashlib.sha256(f"{self.account_id}/{prefix}/{name}/{self._ids}".encode()).digest()
        return prefix + base64.b32encode(digest).decode()[: 21 - len(prefix)]

    def user(self, name: str) -> User:
        """A user by name.

        Raises:
            AwsError: NoSuchEntity.
        """
        user = self.backend.users.get(name)
        if user is None:
            raise AwsError("NoSuchEntity", f"The user with name {name} cannot be found.", 404)
        return user

    def policy(self, arn: str) -> ManagedPolicy:
        """A managed policy by ARN.

        Raises:
            AwsError: NoSuchEntity.
        """
        policy = self.backend.managed_policies.get(arn)
        if policy is None:
            raise AwsError("NoSuchEntity", f"Policy {arn} does not exist or is not attachable.", 404)
        return policy

    def owner(self, serial_number: str) -> User | None:
        """The user to whom a device is assigned."""
        device = self.backend.virtual_mfa_devices.get(serial_number)
        if device is not None:
            return device.user
        return next((user for user in self.backend.users.values() if serial_number in user.mfa_devices), None)

    def root_device(self) -> str:
        """The serial number that a root user's virtual device has."""
        return self.arn(f"mfa/{self.root.device}")

    def groups_by_user(self) -> dict[int, list[Group]]:
        """The groups of every user, by the identity of moto's user object."""
        found: dict[int, list[Group]] = {}
        for group in self.backend.groups.values():
            for user in group.users:
                found.setdefault(id(user), []).append(group)
        return found

    def principals(self) -> Iterator[Any]:
        """Users and roles: whoever can have a permissions boundary."""
        yield from self.backend.users.values()
        yield from self.backend.roles.values()


def boundary_of(principal: Any) -> str | None:
    """The ARN of a user's or role's permissions boundary."""
    found = getattr(principal, "permissions_boundary", None)
    return found["PermissionsBoundaryArn"] if found else None


def set_boundary(user: User, arn: str | None) -> None:
    """Give a user a permissions boundary, or take it away."""
    boundary = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn} if arn else None
    # moto's GetUser answers with whatever attribute of this name a user has.
    user.permissions_boundary = boundary  # type: ignore[attr-defined]
