"""Accounts made in an instant: straight into IAM's memory, without a call that would be recorded."""

import json
import random
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from moto.iam.models import Group, ManagedPolicy, Role, User

from .errors import EmbeddedAwsError
from .iam_gaps import assign, unassign
from .iam_state import AccountIam, Root, RootMfa, set_boundary

Document = str | Mapping[str, Any]
Device = Literal["virtual", "fido", "hardware", "sms"]

ADMINISTRATOR_ACCESS = "AdministratorAccess"
_READ_ONE_BUCKET = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::records/*"}],
}
_SERIALS: Mapping[str, str] = {
    "fido": "arn:{partition}:iam::{account}:u2f/user/{user}/key-{number:04d}",
    "sms": "arn:{partition}:iam::{account}:sms-mfa/{user}-{number}",
    "hardware": "GAKT{number:08d}",
}


class Iam:
    """What an account's IAM holds, set by whoever writes a test or a demonstration."""

    def __init__(self, state: AccountIam) -> None:
        self.state = state
        self._devices = 0

    def root(self, *, mfa: RootMfa | bool | None = None, **credentials: Any) -> None:
        """Set the root user's credentials, see `Root`; `mfa=True` is a virtual device."""
        kind: RootMfa | None = "virtual" if mfa is True else (mfa or None)
        self.state.root = Root(mfa=kind, **credentials)

    def policy(self, name: str, document: Document, path: str = "/", *, of_aws: bool = False) -> str:
        """Make a customer managed policy, or one that AWS has just published, and get its ARN."""
        backend = self.state.backend
        owner = "aws" if of_aws else self.state.account_id
        policy = ManagedPolicy(  # type: ignore[abstract] # as moto itself makes them
            name, account_id=owner, region=backend.region_name, document=_text(document), path=path
        )
        policy.id = self.state.unique_id("ANPA", name)
        backend.managed_policies[policy.arn] = policy
        return policy.arn

    def group(self, name: str, policies: Iterable[str] = (), inline: Mapping[str, Document] | None = None) -> Group:
        """Make a group with attached policies (ARNs, or names of AWS's own) and inline policies."""
        backend = self.state.backend
        group = Group(self.state.account_id, backend.region_name, name)
        group.id = self.state.unique_id("AGPA", name)
        backend.groups[name] = group
        self._equip(group, policies, inline)
        return group

    def role(
        self,
        name: str,
        trust: Document,
        policies: Iterable[str] = (),
        inline: Mapping[str, Document] | None = None,
        path: str = "/",
    ) -> str:
        """Make a role with a trust policy, and get its ARN."""
        state = self.state
        role = Role(  # type: ignore[abstract]
            state.account_id,
            state.partition,
            state.unique_id("AROA", name),
            name,
            _text(trust),
            path,
            None,
            "",
            [],
            "3600",
        )
        state.backend.roles[role.id] = role
        self._equip(role, policies, inline)
        return role.arn

    def user(  # noqa: PLR0913 - a user has that many sides
        self,
        name: str,
        *,
        path: str = "/",
        policies: Iterable[str] = (),
        inline: Mapping[str, Document] | None = None,
        groups: Iterable[str] = (),
        tags: Mapping[str, str] | None = None,
        boundary: str | None = None,
        password: bool = False,
        access_keys: int = 0,
        devices: Iterable[Device] = (),
        device_tags: Mapping[str, str] | None = None,
    ) -> str:
        """Make a user, and get the user's unique id.

        Args:
            name: The user's name.
            path: The user's path.
            policies: ARNs, or names of AWS's own policies.
            inline: Inline policies by name.
            groups: Names of groups; one that does not exist is made.
            tags: The user's tags.
            boundary: ARN, or name of one of AWS's own policies.
            password: Whether the user can sign in to the console.
            access_keys: How many active access keys the user has.
            devices: Kinds of MFA devices, each of which is made and assigned.
            device_tags: Tags of the virtual devices among them.

        Raises:
            EmbeddedAwsError: The user exists, or a policy does not.
        """
        backend = self.state.backend
        if name in backend.users:
            raise EmbeddedAwsError(f"there is a user {name} already")
        user = User(  # type: ignore[abstract]
            self.state.account_id, backend.region_name, name, path
        )
        user.id = self.state.unique_id("AIDA", name)
        user.password = "made for a test" if password else None
        backend.users[name] = user
        if tags:
            backend.tagger.tag_resource(user.arn, [{"Key": key, "Value": value} for key, value in tags.items()])
        self._equip(user, policies, inline)
        for group in groups:
            (backend.groups.get(group) or self.group(group)).users.append(user)
        set_boundary(user, self._arn(boundary) if boundary else None)
        for _ in range(access_keys):
            backend.create_access_key(name)
        for kind in devices:
            self.device(name, kind, device_tags)
        return user.id

    def device(self, user_name: str, kind: Device = "virtual", tags: Mapping[str, str] | None = None) -> str:
        """Give a user one more MFA device, and get its serial number."""
        state, backend = self.state, self.state.backend
        user = self._user(user_name)
        self._devices += 1
        if kind == "virtual":
            name = user.name if state.arn(f"mfa/{user.name}") not in backend.virtual_mfa_devices else ""
            device = backend.create_virtual_mfa_device(name or f"{user.name}-{self._devices}", "/")
            state.device_tags[device.serial_number] = dict(tags or {})
            serial = device.serial_number
        elif kind in _SERIALS:
            serial = _SERIALS[kind].format(
                partition=state.partition, account=state.account_id, user=user.name, number=self._devices
            )
        else:
            raise EmbeddedAwsError(f"unknown kind of device {kind!r}; use virtual, {', '.join(_SERIALS)}")
        assign(state, user, serial)
        return serial

    def attach(self, user_name: str, policy: str) -> None:
        """Attach a managed policy to a user."""
        self._equip(self._user(user_name), (policy,), None)

    def remove_devices(self, user_name: str) -> None:
        """Take all of a user's devices away and delete the virtual ones."""
        user = self._user(user_name)
        for serial in tuple(user.mfa_devices):
            unassign(self.state, user, serial)
            self.state.backend.virtual_mfa_devices.pop(serial, None)

    def delete_user(self, name: str) -> None:
        """Delete a user and whatever would stand in the way."""
        user = self._user(name)
        self.remove_devices(name)
        for policy in tuple(user.managed_policies.values()):
            policy.detach_from(user)
        for group in self.state.backend.groups.values():
            if user in group.users:
                group.users.remove(user)
        self.state.backend.tagger.delete_all_tags_for_resource(user.arn)
        del self.state.backend.users[name]

    def user_id(self, name: str) -> str:
        """The unique id of a user."""
        return str(self._user(name).id)

    def administrators(self, count: int) -> list[str]:
        """Make users with AdministratorAccess attached and no MFA device, and get their names."""
        names = [f"administrator-{number:04d}" for number in range(count)]
        for name in names:
            self.user(name, policies=(ADMINISTRATOR_ACCESS,))
        return names

    def crowd(
        self,
        users: int = 5000,
        groups: int = 300,
        policies: int = 500,
        administrators: float = 0.05,
        with_virtual: float = 0.6,
    ) -> list[str]:
        """Make a big account, the same one every time, and get the names of its administrators.

        Every third administrator is one by a group, the others by an attached policy; each user is in two groups
        and has one customer-managed policy, as large accounts have. Shares are of all users.
        """
        arns = [self.policy(f"policy-{number:04d}", _READ_ONE_BUCKET) for number in range(policies)]
        plain = [
            self.group(f"group-{number:04d}", arns[number : number + 1], {"read": _READ_ONE_BUCKET})
            for number in range(max(groups - 1, 0))
        ]
        admins = self.group("administrators", (ADMINISTRATOR_ACCESS,)) if groups else None
        chosen, enrolled = _some(users, administrators, "administrators"), _some(users, with_virtual, "enrolled")
        found: list[str] = []
        for number in range(users):
            name = f"user-{number:05d}"
            by_group = admins is not None and number in chosen and len(found) % 3 == 0
            direct = (ADMINISTRATOR_ACCESS,) if number in chosen and not by_group else ()
            local = (arns[number % policies],) if policies else ()
            self.user(name, policies=(*local, *direct), devices=("virtual",) if number in enrolled else ())
            user = self.state.backend.users[name]
            for index in {number % len(plain), number * 7 % len(plain)} if plain else ():
                plain[index].users.append(user)
            if by_group and admins is not None:
                admins.users.append(user)
            if number in chosen:
                found.append(name)
        return found

    def _user(self, name: str) -> User:
        user = self.state.backend.users.get(name)
        if user is None:
            raise EmbeddedAwsError(f"there is no user {name}")
        return user

    def _arn(self, policy: str) -> str:
        return policy if policy.startswith("arn:") else f"arn:{self.state.partition}:iam::aws:policy/{policy}"

    def _equip(
        self, holder: User | Group | Role, policies: Iterable[str], inline: Mapping[str, Document] | None
    ) -> None:
        for name in policies:
            policy = self.state.backend.managed_policies.get(self._arn(name))
            if policy is None:
                raise EmbeddedAwsError(f"there is no managed policy {name}")
            policy.attach_to(holder)
        for name, document in (inline or {}).items():
            holder.policies[name] = _text(document)


def _text(document: Document) -> str:
    return document if isinstance(document, str) else json.dumps(document)


def _some(count: int, share: float, what: str) -> frozenset[int]:
    """As many of so many as the share says, scattered, and the same ones every time."""
    return frozenset(random.Random(what).sample(range(count), round(count * share)))
