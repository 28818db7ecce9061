"""Generate a large account as IAM returns it: XML pages, created once and served unchanged.

Accounts of the same size are identical. Users resemble those in large accounts: they have two groups, a customer
managed policy and two tags, and one in three has an inline policy. Documents repeat, because they come from templates.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import quote

ACCOUNT_ID = "123456789012"
PAGE_SIZE = 1000
GROUPS = 300
POLICIES = 500

_NAMESPACE = "https://iam.amazonaws.com/doc/2010-05-08/"
_ADMINISTRATOR_ACCESS = ("AdministratorAccess", "arn:aws:iam::aws:policy/AdministratorAccess")
_CREATED = "2024-03-05T09:30:00+00:00"


def administrator(number: int) -> bool:
    """Return whether the user with this number is an administrator: 5 of 100 are."""
    return number % 20 == 7


def virtual_device(number: int) -> bool:
    """Return whether the user has a virtual MFA device: 2 of 5 administrators and 2 of 5 other users do."""
    return number // 20 % 5 < 2


def fido_device(number: int) -> bool:
    """Return whether the user has a FIDO device, which only ListMFADevices returns: 1 of 5 do."""
    return number // 20 % 5 == 2


def user_name(number: int) -> str:
    """Return the name of a user."""
    return f"user-{number:05d}"


def _user_id(number: int) -> str:
    return f"AIDA{number:017d}"


def _policy_arn(number: int) -> str:
    return f"arn:aws:iam::{ACCOUNT_ID}:policy/team/policy-{number:04d}"


@cache
def _document(number: int) -> str:
    """Return a URL-encoded policy document of a typical size, unique for each number."""
    statements = [
        {
            "Sid": "ReadTheTeamsObjects",
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:ListBucket"],
            "Resource": [f"arn:aws:s3:::team-{number:04d}", f"arn:aws:s3:::team-{number:04d}/*"],
        },
        {
            "Effect": "Allow",
            "Action": "dynamodb:Query",
            "Resource": f"arn:aws:dynamodb:*:{ACCOUNT_ID}:table/team-{number:04d}",
            "Condition": {"Bool": {"aws:SecureTransport": "true"}},
        },
    ]
    return quote(json.dumps({"Version": "2012-10-17", "Statement": statements}), safe="")


Field = tuple[str, "str | Sequence[Field]"]


def _members(name: str, items: Iterable[str | Sequence[Field]]) -> Field:
    return name, [("member", item) for item in items]


def _attached(policies: Iterable[tuple[str, str]]) -> Field:
    return _members("AttachedManagedPolicies", [[("PolicyName", name), ("PolicyArn", arn)] for name, arn in policies])


def _user(number: int) -> list[Field]:
    by_policy = administrator(number) and number // 20 % 3
    by_group = administrator(number) and not by_policy
    groups = ["administrators"] if by_group else []
    attached = [(f"policy-{number % POLICIES:04d}", _policy_arn(number % POLICIES))]
    return [
        ("Path", "/division/"),
        ("UserName", user_name(number)),
        ("UserId", _user_id(number)),
        ("Arn", f"arn:aws:iam::{ACCOUNT_ID}:user/division/{user_name(number)}"),
        ("CreateDate", _CREATED),
        _members(
            "UserPolicyList",
            [[("PolicyName", f"inline-{number % 40:02d}"), ("PolicyDocument", _document(10_000 + number % 40))]]
            * (number % 3 == 0),
        ),
        _members("GroupList", [*groups, *sorted({f"group-{number * k % (GROUPS - 1):03d}" for k in (1, 7)})]),
        _attached([*attached, *([_ADMINISTRATOR_ACCESS] if by_policy else [])]),
        _members(
            "Tags",
            [[("Key", "team"), ("Value", f"team-{number % 50}")], [("Key", "cost-center"), ("Value", "4711")]],
        ),
    ]


def _group(number: int) -> list[Field]:
    name = "administrators" if number == GROUPS - 1 else f"group-{number:03d}"
    policy = _ADMINISTRATOR_ACCESS if number == GROUPS - 1 else (f"policy-{number:04d}", _policy_arn(number))
    return [
        ("Path", "/"),
        ("GroupName", name),
        ("GroupId", f"AGPA{number:017d}"),
        ("Arn", f"arn:aws:iam::{ACCOUNT_ID}:group/{name}"),
        ("CreateDate", _CREATED),
        _members("GroupPolicyList", [[("PolicyName", "team"), ("PolicyDocument", _document(20_000 + number))]]),
        _attached([policy]),
    ]


def _policy(number: int) -> list[Field]:
    versions = [
        [
            ("Document", _document(number + 1000 * version)),
            ("VersionId", f"v{version}"),
            ("IsDefaultVersion", "true" if version == 2 else "false"),
            ("CreateDate", _CREATED),
        ]
        for version in (2, 1)
    ]
    return [
        ("PolicyName", f"policy-{number:04d}"),
        ("PolicyId", f"ANPA{number:017d}"),
        ("Arn", _policy_arn(number)),
        ("Path", "/team/"),
        ("DefaultVersionId", "v2"),
        ("AttachmentCount", "10"),
        ("PermissionsBoundaryUsageCount", "0"),
        ("IsAttachable", "true"),
        ("CreateDate", _CREATED),
        ("UpdateDate", _CREATED),
        _members("PolicyVersionList", versions),
    ]


def _virtual(number: int) -> list[Field]:
    return [
        ("SerialNumber", f"arn:aws:iam::{ACCOUNT_ID}:mfa/{user_name(number)}"),
        (
            "User",
            [
                ("Path", "/division/"),
                ("UserName", user_name(number)),
                ("UserId", _user_id(number)),
                ("Arn", f"arn:aws:iam::{ACCOUNT_ID}:user/division/{user_name(number)}"),
                ("CreateDate", _CREATED),
            ],
        ),
        ("EnableDate", _CREATED),
    ]


def _xml(fields: Sequence[Field], indent: str, parts: list[str]) -> None:
    for name, value in fields:
        if isinstance(value, str):
            parts.append(f"{indent}<{name}>{value}</{name}>\n")
        elif value:
            parts.append(f"{indent}<{name}>\n")
            _xml(value, indent + "  ", parts)
            parts.append(f"{indent}</{name}>\n")
        else:
            parts.append(f"{indent}<{name}/>\n")


def answer(action: str, fields: Sequence[Field]) -> bytes:
    """Return an IAM response, with IAM's indentation and namespace."""
    parts: list[str] = []
    _xml(
        [
            (f"{action}Result", list(fields)),
            ("ResponseMetadata", [("RequestId", "7a62c49f-347e-4fc4-9331-6e8eEXAMPLE")]),
        ],
        "  ",
        parts,
    )
    return f'<{action}Response xmlns="{_NAMESPACE}">\n{"".join(parts)}</{action}Response>\n'.encode()


_LISTS: dict[str, tuple[str, Callable[[int], list[Field]]]] = {
    "User": ("UserDetailList", _user),
    "Group": ("GroupDetailList", _group),
    "LocalManagedPolicy": ("Policies", _policy),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One account.

    Attributes:
        users: The number of users.
    """

    users: int
    _pages: dict[tuple[str, ...], list[bytes]] = field(default_factory=dict)

    def details(self, kinds: tuple[str, ...], page: int) -> bytes:
        """Return a page of GetAccountAuthorizationDetails with these kinds."""
        return self._page("GetAccountAuthorizationDetails", tuple(sorted(kinds)), page)

    def virtual_devices(self, page: int) -> bytes:
        """Return a page of ListVirtualMFADevices(Assigned)."""
        return self._page("ListVirtualMFADevices", (), page)

    def devices(self, name: str) -> bytes:
        """Return the response of ListMFADevices for one user."""
        number = int(name.removeprefix("user-"))
        serials = [f"arn:aws:iam::{ACCOUNT_ID}:mfa/{name}"] if virtual_device(number) else []
        serials += [f"arn:aws:iam::{ACCOUNT_ID}:u2f/user/division/{name}/key-ABCDEFGHIJKLMNOP"] * fido_device(number)
        items: list[list[Field]] = [
            [("UserName", name), ("SerialNumber", serial), ("EnableDate", _CREATED)] for serial in serials
        ]
        return answer("ListMFADevices", [_members("MFADevices", items), ("IsTruncated", "false")])

    def warm(self) -> None:
        """Create the pages that every program reads, so that no measurement includes their creation."""
        for kinds in (("User",), ("Group", "LocalManagedPolicy"), tuple(_LISTS)):
            self.details(kinds, 0)
        self.virtual_devices(0)

    def _page(self, action: str, kinds: tuple[str, ...], page: int) -> bytes:
        key = (action, *kinds)
        if key not in self._pages:
            self._pages[key] = list(self._cut(action, self._items(action, kinds)))
        return self._pages[key][page]

    def _items(self, action: str, kinds: tuple[str, ...]) -> list[tuple[str, list[Field]]]:
        if action == "ListVirtualMFADevices":
            return [("VirtualMFADevices", _virtual(number)) for number in range(self.users) if virtual_device(number)]
        counts = {"User": self.users, "Group": GROUPS, "LocalManagedPolicy": POLICIES}
        return [(_LISTS[kind][0], _LISTS[kind][1](number)) for kind in kinds for number in range(counts[kind])]

    def _cut(self, action: str, items: Sequence[tuple[str, list[Field]]]) -> Iterable[bytes]:
        names = sorted({name for name, _ in items})
        for start in range(0, max(len(items), 1), PAGE_SIZE):
            page = items[start : start + PAGE_SIZE]
            following = start + PAGE_SIZE
            more = following < len(items)
            lists = [_members(name, [item for kind, item in page if kind == name]) for name in names]
            marker: list[Field] = [("Marker", f"page-{following // PAGE_SIZE}")] if more else []
            yield answer(action, [*lists, ("IsTruncated", "true" if more else "false"), *marker])


def expected_calls(users: int) -> dict[str, int]:
    """Return the minimum number of calls, by the formula in docs/performance.md; overlapping reads add one page."""

    def pages(count: int) -> int:
        return -(-count // PAGE_SIZE)

    numbers = range(users)
    return {
        "GetAccountAuthorizationDetails": pages(users + GROUPS + POLICIES),
        "ListVirtualMFADevices": pages(sum(map(virtual_device, numbers))),
        "ListMFADevices": sum(administrator(number) and not virtual_device(number) for number in numbers),
    }
