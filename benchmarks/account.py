"""Generate a large account as IAM returns it: XML pages, created once and served unchanged.

Accounts of the same size are identical. Users resemble those in large accounts: they have two groups, a customer
managed policy and two tags, and one in three has an inline policy. Documents repeat, because they come from templates.
One in ten holds PowerUserAccess or IAMFullAccess beside other AWS managed policies: half of full access, which those
others could complete as far as their names tell.
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
_HALVES = {3: "PowerUserAccess", 13: "IAMFullAccess"}
"""The policy that is half of full access, by the remainder of the user's number divided by 20."""
_BESIDE = (
    "AmazonDynamoDBFullAccess",
    "AmazonEC2FullAccess",
    "AmazonS3FullAccess",
    "AmazonS3ReadOnlyAccess",
    "AWSLambda_FullAccess",
    "CloudWatchFullAccess",
    "CloudWatchReadOnlyAccess",
    "IAMReadOnlyAccess",
    "IAMUserChangePassword",
    "ReadOnlyAccess",
    "SecurityAudit",
)
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


def _aws_arn(name: str) -> str:
    return f"arn:aws:iam::aws:policy/{name}"


def _of_aws(number: int) -> list[tuple[str, str]]:
    """Return the AWS managed policies of a user, as names and ARNs."""
    by_policy = administrator(number) and number // 20 % 3
    names = ["AdministratorAccess"] if by_policy else []
    if half := _HALVES.get(number % 20):
        names += [half, *(_BESIDE[(number // 20 + k) % len(_BESIDE)] for k in range(2))]
    return [(name, _aws_arn(name)) for name in names]


Field = tuple[str, "str | Sequence[Field]"]


def _members(name: str, items: Iterable[str | Sequence[Field]]) -> Field:
    return name, [("member", item) for item in items]


def _attached(policies: Iterable[tuple[str, str]]) -> Field:
    return _members("AttachedManagedPolicies", [[("PolicyName", name), ("PolicyArn", arn)] for name, arn in policies])


def _user(number: int) -> list[Field]:
    by_group = administrator(number) and number // 20 % 3 == 0
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
        _attached([*attached, *_of_aws(number)]),
        _members(
            "Tags",
            [[("Key", "team"), ("Value", f"team-{number % 50}")], [("Key", "cost-center"), ("Value", "4711")]],
        ),
    ]


def _group(number: int) -> list[Field]:
    name = "administrators" if number == GROUPS - 1 else f"group-{number:03d}"
    administrators = ("AdministratorAccess", _aws_arn("AdministratorAccess"))
    policy = administrators if number == GROUPS - 1 else (f"policy-{number:04d}", _policy_arn(number))
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
    return _managed(f"policy-{number:04d}", _policy_arn(number), "/team/", number)


def _aws_policy(number: int) -> list[Field]:
    name = (*_HALVES.values(), *_BESIDE)[number]
    return _managed(name, _aws_arn(name), "/", 30_000 + number)


def _managed(name: str, arn: str, path: str, number: int) -> list[Field]:
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
        ("PolicyName", name),
        ("PolicyId", f"ANPA{number:017d}"),
        ("Arn", arn),
        ("Path", path),
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
    "AWSManagedPolicy": ("Policies", _aws_policy),
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

    def policy(self, arn: str) -> bytes:
        """Return the response of GetPolicy."""
        name = arn.rsplit("/", 1)[-1]
        found: list[Field] = [("PolicyName", name), ("Arn", arn), ("DefaultVersionId", "v2")]
        return answer("GetPolicy", [("Policy", found)])

    def policy_version(self, arn: str) -> bytes:
        """Return the response of GetPolicyVersion."""
        found: list[Field] = [("Document", _document(len(arn))), ("VersionId", "v2"), ("IsDefaultVersion", "true")]
        return answer("GetPolicyVersion", [("PolicyVersion", found)])

    def warm(self) -> None:
        """Create the pages that every program reads, so that no measurement includes their creation."""
        for kinds in (("User",), ("Group", "LocalManagedPolicy"), ("User", "Group", "LocalManagedPolicy")):
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
        counts["AWSManagedPolicy"] = len(_HALVES) + len(_BESIDE)
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
