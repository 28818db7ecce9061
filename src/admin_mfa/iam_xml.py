"""The heavy part of reading an account: GetAccountAuthorizationDetails, parsed in one pass that keeps what is needed.

botocore turns each page into dictionaries of everything and decodes every policy document, time after time the same
ones: two thirds of the time that a run takes. This module sits in botocore's own `before-parse` event instead, so
signing, retries and errors stay botocore's. It takes the long lists out of the answer, leaves the rest to botocore,
and hands its entities over in the parsed answer under the names below. An answer that looks unfamiliar in any way is
left alone: then botocore parses it whole, and `admin_mfa.iam_answers` reads it from there.

Source of the answer's form: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
"""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any
from xml.etree import ElementTree as ET

from admin_mfa.errors import PolicyDocumentError
from admin_mfa.iam_answers import DOCUMENTS, GROUPS, USERS, Entity, managed_policy
from admin_mfa.model import Policy, PolicyDocument
from admin_mfa.policy_document import parse_document

EVENT = "before-parse.iam.GetAccountAuthorizationDetails"
"""The event of an IAM client to register `take_over` for."""


class _UnfamiliarError(Exception):
    """The answer is not of the form that this module knows."""


def take_over(**event: Any) -> None:
    """Parse the long lists of one page; listens to `EVENT`. Leaves errors and unfamiliar answers to botocore."""
    response = event["response_dict"]
    if response["status_code"] != HTTPStatus.OK:
        return
    try:
        root = ET.fromstring(response["body"])  # noqa: S314 - IAM's own answer, over TLS; botocore parses it likewise
        found = _parse(root)
    except (ET.ParseError, _UnfamiliarError, PolicyDocumentError):
        return
    event["customized_response_dict"].update(found)
    response["body"] = ET.tostring(root)


def _parse(root: ET.Element) -> dict[str, Any]:
    """Return the entities of a page, and remove what they were made of from the tree."""
    # Every tag carries the namespace of the API's version; whatever it is, it is the root's.
    namespace = root.tag[: root.tag.rindex("}") + 1] if root.tag.startswith("{") else ""
    reader = _Reader(namespace)
    result = root.find(f"{namespace}GetAccountAuthorizationDetailsResult")
    if result is None:
        raise _UnfamiliarError
    readers = {
        f"{namespace}UserDetailList": (USERS, reader.users),
        f"{namespace}GroupDetailList": (GROUPS, reader.groups),
        f"{namespace}Policies": (DOCUMENTS, reader.documents),
    }
    found = {}
    for element in list(result):
        if element.tag in readers:
            name, read = readers[element.tag]
            found[name] = read(element)
            result.remove(element)
    return found


class _Reader:
    """Reads the lists of one answer, whose tags all carry one namespace."""

    def __init__(self, namespace: str) -> None:
        self._namespace = namespace

    def users(self, element: ET.Element) -> tuple[Entity, ...]:
        return tuple(self._user(self._fields(item)) for item in element)

    def groups(self, element: ET.Element) -> tuple[Entity, ...]:
        return tuple(self._group(self._fields(item)) for item in element)

    def documents(self, element: ET.Element) -> dict[str, PolicyDocument]:
        return dict(self._default_version(self._fields(item)) for item in element)

    def _user(self, fields: Mapping[str, ET.Element]) -> Entity:
        boundary = fields.get("PermissionsBoundary")
        return Entity(
            name=_text(fields, "UserName"),
            unique_id=_text(fields, "UserId"),
            arn=_text(fields, "Arn"),
            inline=self._inline(fields.get("UserPolicyList")),
            attached=self._attached(fields.get("AttachedManagedPolicies")),
            groups=tuple(item.text or "" for item in fields.get("GroupList", ())),
            boundary_arn=None if boundary is None else _text(self._fields(boundary), "PermissionsBoundaryArn"),
            tags=tuple(sorted(self._tag(item) for item in fields.get("Tags", ()))),
        )

    def _group(self, fields: Mapping[str, ET.Element]) -> Entity:
        return Entity(
            name=_text(fields, "GroupName"),
            unique_id=_text(fields, "GroupId"),
            arn=_text(fields, "Arn"),
            inline=self._inline(fields.get("GroupPolicyList")),
            attached=self._attached(fields.get("AttachedManagedPolicies")),
        )

    def _inline(self, element: ET.Element | None) -> tuple[Policy, ...]:
        policies = (
            Policy(name=_text(fields, "PolicyName"), document=parse_document(_text(fields, "PolicyDocument")))
            for fields in self._items(element)
        )
        return tuple(sorted(policies, key=lambda policy: policy.name))

    def _attached(self, element: ET.Element | None) -> tuple[Policy, ...]:
        policies = (managed_policy(_text(f, "PolicyArn"), _text(f, "PolicyName")) for f in self._items(element))
        return tuple(sorted(policies, key=lambda policy: policy.arn or ""))

    def _default_version(self, fields: Mapping[str, ET.Element]) -> tuple[str, PolicyDocument]:
        default = _text(fields, "DefaultVersionId")
        for version in self._items(fields.get("PolicyVersionList")):
            if _text(version, "VersionId") == default:
                return _text(fields, "Arn"), parse_document(_text(version, "Document"))
        raise _UnfamiliarError

    def _tag(self, element: ET.Element) -> tuple[str, str]:
        fields = self._fields(element)
        value = fields.get("Value")
        if value is None:
            raise _UnfamiliarError
        return _text(fields, "Key"), value.text or ""

    def _items(self, element: ET.Element | None) -> Iterator[dict[str, ET.Element]]:
        return (self._fields(item) for item in (() if element is None else element))

    def _fields(self, element: ET.Element) -> dict[str, ET.Element]:
        start = len(self._namespace)
        return {child.tag[start:]: child for child in element}


def _text(fields: Mapping[str, ET.Element], name: str) -> str:
    element = fields.get(name)
    if element is None or not element.text:
        raise _UnfamiliarError
    return element.text
