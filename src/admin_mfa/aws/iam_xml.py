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

from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import Any, cast
from xml.etree import ElementTree as ET

from botocore.handlers import json_decode_policies

from admin_mfa.aws.iam_answers import (
    DEVICES,
    GROUPS,
    OTHER_VERSIONS,
    POLICIES,
    ROLES,
    USERS,
    group_entity,
    local_policy,
    other_versions,
    role_entity,
    user_entity,
)
from admin_mfa.aws.iam_devices import owner_and_serial
from admin_mfa.errors import AdminMfaError


class _UnfamiliarError(Exception):
    """The answer is not of the form that this module knows."""


def take_over(**event: Any) -> None:
    """Parse the long lists of one page; listens to `EVENTS`. Leaves errors and unfamiliar answers to botocore."""
    response = event["response_dict"]
    if response["status_code"] != HTTPStatus.OK:
        return
    try:
        found, rest = _parse(response["body"])
    except (ET.ParseError, _UnfamiliarError, AdminMfaError, AttributeError, KeyError, TypeError):
        # Whatever a reader stumbles over, botocore parses; what is really wrong is refused after that.
        return
    event["customized_response_dict"].update(found)
    response["body"] = rest


def _parse(body: bytes) -> tuple[dict[str, tuple[Any, ...]], bytes]:
    """Return what the lists of a page hold, and the page without their items."""
    lists: dict[str, list[Any]] = {}
    # It is IAM's own answer, over TLS, and botocore parses it likewise.
    parser: ET.XMLPullParser[ET.Element] = ET.XMLPullParser(("start",))
    root: ET.Element | None = None
    with memoryview(body) as view:
        for start in range(0, len(view), _PIECE):
            parser.feed(view[start : start + _PIECE])
            for _, element in cast("Iterator[tuple[str, ET.Element]]", parser.read_events()):
                root = element if root is None else root
            if root is not None:
                _take_items(root, lists)
    parser.close()
    if root is None or not _LOCAL[root.tag].endswith("Response"):
        raise _UnfamiliarError
    _take_items(root, lists, complete=True)
    for result in root:
        for child in [child for child in result if _LOCAL[child.tag] in _LISTS]:
            result.remove(child)
    return {name: tuple(items) for name, items in lists.items()}, ET.tostring(root)


def _take_items(root: ET.Element, lists: dict[str, list[Any]], *, complete: bool = False) -> None:
    """Read and remove the items that have been parsed to their end: of a list that is under way, all but the last."""
    for result in root:
        last = len(result) - 1
        for number, listed in enumerate(result):
            readers = _LISTS.get(_LOCAL[listed.tag], {})
            end = len(listed) - (0 if complete or number < last else 1)
            details = [_value(item) for item in listed[:end]] if readers else []
            for name, read in readers.items():
                lists.setdefault(name, []).extend(item for item in map(read, details) if item is not None)
            if readers:
                del listed[:end]


class _Locals(dict[str, str]):
    """Local names by the names with their namespace; each is cut once, because an answer repeats them many times."""

    def __missing__(self, tag: str) -> str:
        self[tag] = tag.rpartition("}")[2]
        return self[tag]


_LOCAL = _Locals()


def _value(element: ET.Element) -> Any:
    """Return what botocore would make of an element, dates and numbers as their text."""
    name = _LOCAL[element.tag]
    if name.endswith("List") or name in _OTHER_LISTS:
        return [_value(item) for item in element]
    if len(element):
        return {_LOCAL[child.tag]: _value(child) for child in element}
    return element.text or ""


_OTHER_LISTS = frozenset(("AttachedManagedPolicies", "Tags"))
"""The lists inside of items whose names do not end in `List`."""


_PIECE = 16 * 1024
"""How many bytes are parsed before their elements are read: this much of a page is a tree at any moment."""

_LISTS: Mapping[str, Mapping[str, Callable[[Mapping[str, Any]], Any]]] = {
    "UserDetailList": {USERS: user_entity},
    "GroupDetailList": {GROUPS: group_entity},
    "RoleDetailList": {ROLES: role_entity},
    "Policies": {POLICIES: local_policy, OTHER_VERSIONS: other_versions},
    "VirtualMFADevices": {DEVICES: owner_and_serial},
}
"""The lists that are taken over: under which names they are handed on, and what reads one item for each."""

EVENTS = ("before-parse.iam.GetAccountAuthorizationDetails", "before-parse.iam.ListVirtualMFADevices")
"""The events of an IAM client that `take_over` listens to."""


def listen(events: Any) -> None:
    """Take over the long lists of the IAM client whose events (`client.meta.events`) these are; once is enough.

    Policy documents stay the text that they are: botocore would decode them, and of a key that stands there twice it
    keeps the last, where IAM counts both.
    """
    events.unregister("after-call.iam", json_decode_policies)
    for event in EVENTS:
        events.register(event, take_over, unique_id=f"admin-mfa-{event}")
