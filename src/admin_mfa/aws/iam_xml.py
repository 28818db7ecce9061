"""The heavy part of reading an account: IAM's long lists, parsed in one pass that keeps what is needed.

botocore turns each page into dictionaries of everything, reads every date, and decodes every policy document, time
after time the same ones: two thirds of the time that a run takes. This module sits in botocore's own `before-parse`
event instead, so signing, retries and errors stay botocore's. It takes the long lists out of the answer, item by item
so that no page is ever in memory as a tree, leaves the rest to botocore, and hands over what it read in the parsed
answer under names of its own. An answer that looks unfamiliar in any way is left alone: then botocore parses it whole,
and `admin_mfa.aws.iam_answers` reads it from there.

Source of the answers' form: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
and https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListVirtualMFADevices.html
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import Any, cast
from xml.etree import ElementTree as ET

from admin_mfa.aws.iam_answers import DEVICES, GROUPS, OTHER_VERSIONS, POLICIES, USERS, Entity, managed_policy
from admin_mfa.errors import PolicyDocumentError
from admin_mfa.model import Policy
from admin_mfa.policy.document import parse_document


class _UnfamiliarError(Exception):
    """The answer is not of the form that this module knows."""


Fields = Mapping[str, ET.Element]
"""The children of an element by their names, without the namespace."""


def take_over(**event: Any) -> None:
    """Parse the long lists of one page; listens to `EVENTS`. Leaves errors and unfamiliar answers to botocore."""
    response = event["response_dict"]
    if response["status_code"] != HTTPStatus.OK:
        return
    try:
        found, rest = _parse(response["body"])
    except (ET.ParseError, _UnfamiliarError, PolicyDocumentError):
        return
    event["customized_response_dict"].update(found)
    response["body"] = rest


def _parse(body: bytes) -> tuple[dict[str, tuple[Any, ...]], bytes]:
    """Return what the lists of a page hold, and the page without their items."""
    lists: dict[str, list[Any]] = {}
    emptied: set[str] = set()
    path: list[ET.Element] = []
    for event, element in _events(body):
        if event == "start":
            path.append(element)
            # Response, result, list.
            if len(path) == _LIST_DEPTH and (name := _local(element)) in _LISTS:
                emptied.add(name)
                lists.update((handed_on, []) for handed_on in _LISTS[name])
            continue
        path.pop()
        if len(path) == _LIST_DEPTH and (name := _local(path[-1])) in emptied:
            fields = _fields(element)
            for handed_on, read in _LISTS[name].items():
                if (item := read(fields)) is not None:
                    lists[handed_on].append(item)
            path[-1].remove(element)
    if not _local(element).endswith("Response"):
        raise _UnfamiliarError
    for result in element:
        for child in [child for child in result if _local(child) in emptied]:
            result.remove(child)
    return {name: tuple(items) for name, items in lists.items()}, ET.tostring(element)


def _events(body: bytes) -> Iterator[tuple[str, ET.Element]]:
    """Parse piece by piece. ET.iterparse would do it too, but keeps a page alive until the garbage is collected."""
    # It is IAM's own answer, over TLS, and botocore parses it likewise.
    parser: ET.XMLPullParser[ET.Element] = ET.XMLPullParser(("start", "end"))
    with memoryview(body) as view:
        for start in range(0, len(view), _PIECE):
            parser.feed(view[start : start + _PIECE])
            yield from cast("Iterator[tuple[str, ET.Element]]", parser.read_events())
    parser.close()
    yield from cast("Iterator[tuple[str, ET.Element]]", parser.read_events())


def _local(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def _user(fields: Fields) -> Entity:
    boundary = fields.get("PermissionsBoundary")
    return Entity(
        name=_text(fields, "UserName"),
        unique_id=_text(fields, "UserId"),
        arn=_text(fields, "Arn"),
        inline=_inline(fields.get("UserPolicyList")),
        attached=_attached(fields.get("AttachedManagedPolicies")),
        groups=tuple(item.text or "" for item in fields.get("GroupList", ())),
        boundary_arn=None if boundary is None else _text(_fields(boundary), "PermissionsBoundaryArn"),
        tags=tuple(sorted(map(_tag, _items(fields.get("Tags"))))),
    )


def _group(fields: Fields) -> Entity:
    return Entity(
        name=_text(fields, "GroupName"),
        unique_id=_text(fields, "GroupId"),
        arn=_text(fields, "Arn"),
        inline=_inline(fields.get("GroupPolicyList")),
        attached=_attached(fields.get("AttachedManagedPolicies")),
    )


def _policy(fields: Fields) -> Policy:
    default = _text(fields, "DefaultVersionId")
    for version in _items(fields.get("PolicyVersionList")):
        if _text(version, "VersionId") == default:
            document = parse_document(_text(version, "Document"))
            return Policy(name=_text(fields, "PolicyName"), arn=_text(fields, "Arn"), document=document)
    raise _UnfamiliarError


def _other_versions(fields: Fields) -> tuple[str, tuple[str, ...]] | None:
    """Return a policy's ARN and, as they stand there, the documents that are not in force; None if there are none."""
    default = _text(fields, "DefaultVersionId")
    versions = _items(fields.get("PolicyVersionList"))
    texts = tuple(_text(version, "Document") for version in versions if _text(version, "VersionId") != default)
    return (_text(fields, "Arn"), texts) if texts else None


def _device(fields: Fields) -> tuple[str, str] | None:
    """Return the user's name and the serial number; None for the root user's device, whose User has no UserName."""
    user = fields.get("User")
    names = _fields(user) if user is not None else {}
    return (_text(names, "UserName"), _text(fields, "SerialNumber")) if "UserName" in names else None


def _inline(element: Iterable[ET.Element] | None) -> tuple[Policy, ...]:
    policies = (
        Policy(name=_text(fields, "PolicyName"), document=parse_document(_text(fields, "PolicyDocument")))
        for fields in _items(element)
    )
    return tuple(sorted(policies, key=lambda policy: policy.name))


def _attached(element: Iterable[ET.Element] | None) -> tuple[Policy, ...]:
    policies = (managed_policy(_text(f, "PolicyArn"), _text(f, "PolicyName")) for f in _items(element))
    return tuple(sorted(policies, key=lambda policy: policy.arn or ""))


def _items(element: Iterable[ET.Element] | None) -> Iterator[Fields]:
    return map(_fields, () if element is None else element)


def _tag(fields: Fields) -> tuple[str, str]:
    value = fields.get("Value")
    if value is None:
        raise _UnfamiliarError
    return _text(fields, "Key"), value.text or ""


def _fields(element: ET.Element) -> dict[str, ET.Element]:
    return {child.tag.rpartition("}")[2]: child for child in element}


def _text(fields: Fields, name: str) -> str:
    element = fields.get(name)
    if element is None or not element.text:
        raise _UnfamiliarError
    return element.text


_LIST_DEPTH = 3

_PIECE = 16 * 1024
"""How many bytes are parsed before their elements are read: this much of a page is a tree at any moment."""

_LISTS: Mapping[str, Mapping[str, Callable[[Fields], Any]]] = {
    "UserDetailList": {USERS: _user},
    "GroupDetailList": {GROUPS: _group},
    "Policies": {POLICIES: _policy, OTHER_VERSIONS: _other_versions},
    "VirtualMFADevices": {DEVICES: _device},
}
"""The lists that are taken over: under which names they are handed on, and what reads one item for each."""

EVENTS = ("before-parse.iam.GetAccountAuthorizationDetails", "before-parse.iam.ListVirtualMFADevices")
"""The events of an IAM client that `take_over` listens to."""


def listen(events: Any) -> None:
    """Take over the long lists of the IAM client whose events (`client.meta.events`) these are; once is enough."""
    for event in EVENTS:
        events.register(event, take_over, unique_id=f"admin-mfa-{event}")
