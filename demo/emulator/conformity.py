"""Holds requests and answers to botocore's service models: shapes, required members, enumerations, types, error codes.

botocore's parsers drop what they do not know and read most types leniently, so a client notices little of an answer
that AWS could not give. This reads the bytes of the answer and keeps everything.
"""

import base64
import binascii
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from http import HTTPStatus
from typing import Any
from xml.etree import ElementTree as ET

from botocore import parsers
from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape

from .models import violations
from .protocol import Request, model_of

_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)")
_BOOLEANS = {"true": True, "false": False}
_PAYLOAD_TYPES = ("blob", "string")
_LABEL = re.compile(r"\{(\w+)\+?\}")
# https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
COMMON_ERRORS = frozenset(
    (
        *("AccessDenied", "AccessDeniedException", "InternalFailure", "NotAuthorized", "RequestExpired"),
        *("ServiceUnavailable", "Throttling", "ThrottlingException", "ValidationError", "ValidationException"),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request and its answer, as they travelled.

    Attributes:
        path: Of the URL, without the query.
        sent: The request's body.
        status: Of the answer.
        received: The answer's body.
    """

    request: Request
    path: str
    sent: bytes
    status: int
    received: bytes


def deviations(exchange: Exchange) -> Iterator[str]:
    """Yield what the service's model does not allow in a request that was accepted, and in its answer."""
    service, action = model_of(exchange.request), exchange.request.action
    if service is None or action not in service.operation_names:
        yield "the service's model has no such operation"
        return
    operation = service.operation_model(action)
    if exchange.status >= HTTPStatus.BAD_REQUEST:
        yield from _error(operation, exchange)
        return
    for found in violations(operation.input_shape, _input(operation, exchange)):
        yield f"input: {found}"
    yield from _output(operation, exchange)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """A deviation that is known.

    Attributes:
        permission: A pattern of the operation's permission.
        text: A pattern of the deviation.
        reason: Why the answer is as it is all the same.
    """

    permission: str
    text: str
    reason: str

    def covers(self, permission: str, text: str) -> bool:
        """Whether this is the deviation that was found."""
        return fnmatchcase(permission, self.permission) and fnmatchcase(text, self.text)


_MOTO = "moto's; no reader uses the member, and botocore drops it"
EXPECTED = (
    *(
        Expected(
            permission="iam:ListVirtualMFADevices",
            text=text,
            reason="AWS itself deviates: recorded answers describe the root user with the account's id and without "
            "name and path (row iam-root-device)",
        )
        for text in (
            "*virtualMFADevices.*.user.userId' *length*",
            "*.user.path' *not be null",
            "*.user.userName' *null",
        )
    ),
    Expected(
        permission="iam:*",
        text="answer: Value 'Policy' at *permissionsBoundaryType' *enum value set: ?PermissionsBoundaryPolicy?",
        reason="AWS itself deviates: recorded answers hold Policy (row iam-boundary-type)",
    ),
    Expected(permission="*", text="answer: null at *", reason="moto writes null where AWS leaves the member out"),
    Expected(permission="cloudtrail:CreateTrail", text="*'has*Selectors'", reason=_MOTO),
    Expected(
        permission="s3:CreateBucket",
        text="input: *'bucket' *not be null",
        reason="the endpoint's rules place the bucket, not the model's URI",
    ),
    Expected(permission="dynamodb:CreateTable", text="*numberOfDecreasesToday*", reason=_MOTO),
)
"""What deviates in the answers of this emulator or of moto, each with its reason."""


def compare(exchanges: Iterable[Exchange]) -> tuple[dict[str, int], tuple[Expected, ...]]:
    """Return the deviations without a reason, each with the number of its calls, and the reasons nothing needs."""
    found: Counter[tuple[str, str]] = Counter()
    for exchange in exchanges:
        found.update((exchange.request.permission, _general(text)) for text in set(deviations(exchange)))
    wrong = {
        f"{permission}: {text}": count
        for (permission, text), count in sorted(found.items())
        if not any(expected.covers(permission, text) for expected in EXPECTED)
    }
    return wrong, tuple(expected for expected in EXPECTED if not any(expected.covers(*pair) for pair in found))


def _general(text: str) -> str:
    """Return a deviation without what differs from answer to answer: places in lists."""
    return re.sub(r"\.\d+\.member", ".N.member", text)


def _cbor(content: bytes) -> Any:
    parser: Any = parsers.create_parser("smithy-rpc-v2-cbor")
    return parser.parse_data_item(parser.get_peekable_stream_from_bytes(content)) if content else {}


def _is_payload(shape: StructureShape | None) -> bool:
    """Whether the body is a member of its own, and not JSON or XML."""
    name = shape.serialization.get("payload") if shape is not None else None
    return name is not None and shape is not None and shape.members[name].type_name in _PAYLOAD_TYPES


def _input(operation: OperationModel, exchange: Exchange) -> dict[str, Any]:
    request = exchange.request
    if request.protocol == "cbor":
        return dict(_cbor(exchange.sent))
    if request.protocol != "rest" or operation.input_shape is None:
        return dict(request.parameters)
    template = operation.http["requestUri"].partition("?")[0]
    pattern = _LABEL.sub(lambda label: f"(?P<{label[1]}>.+?)", re.sub(r"[.()]", r"\\\g<0>", template))
    labels = re.fullmatch(pattern, exchange.path)
    by_name = {
        member.serialization.get("locationName", member.serialization.get("name", name)): name
        for name, member in operation.input_shape.members.items()
    }
    found: dict[str, Any] = {
        by_name.get(key, key): text for key, text in (labels.groupdict() if labels else {}).items()
    }
    return found if _is_payload(operation.input_shape) else {**request.parameters, **found}


def _error(operation: OperationModel, exchange: Exchange) -> Iterator[str]:
    code = _code(exchange)
    shapes: list[Any] = operation.error_shapes
    known = {shape.name for shape in shapes} | {shape.error_code for shape in shapes}
    if operation.error_shapes and code not in known | COMMON_ERRORS:
        yield f"error: the code {code} is not one of {', '.join(sorted(known))}"


def _code(exchange: Exchange) -> str:
    if exchange.received.lstrip().startswith(b"<"):
        code = ET.fromstring(exchange.received).find(".//{*}Code")  # noqa: S314 - our own answer
        return code.text or "" if code is not None else ""
    content = _cbor(exchange.received) if exchange.request.protocol == "cbor" else json.loads(exchange.received or "{}")
    return str(content.get("__type") or content.get("code") or "").rpartition("#")[2]


def _output(operation: OperationModel, exchange: Exchange) -> Iterator[str]:
    shape, body = operation.output_shape, exchange.received
    if shape is None or _is_payload(shape):
        return
    if exchange.request.protocol == "cbor":
        # CBOR has types of its own: moments, numbers and blobs need no reading.
        value, strange = _cbor(body), []
    elif body.lstrip().startswith(b"<"):
        reader = _Xml()
        value, strange = reader.whole(shape, body), reader.strange
    else:
        json_reader = _Json()
        value, strange = json_reader.read(shape, json.loads(body or b"{}"), ""), json_reader.strange
    in_body = {
        name: member for name, member in shape.members.items() if member.serialization.get("location") in (None, "")
    }
    missing_elsewhere = [f"'{name[:1].lower()}{name[1:]}'" for name in shape.members.keys() - in_body.keys()]
    for found in (*strange, *violations(shape, value)):
        if not any(name in found for name in missing_elsewhere):
            yield f"answer: {found}"


class _Json:
    """Reads a JSON value by its shape, and keeps what its wire format forbids in `strange`."""

    def __init__(self) -> None:
        self.strange: list[str] = []

    def read(self, shape: Shape, value: Any, at: str) -> Any:
        if value is None:
            self.strange.append(f"null at '{at}'")
            return value
        if isinstance(shape, StructureShape) and isinstance(value, Mapping):
            names = {member.serialization.get("name", name): name for name, member in shape.members.items()}
            self.strange += [f"null at '{at}.{key}'" for key, item in value.items() if item is None]
            return {
                names.get(key, key): self._member(shape, names.get(key), item, f"{at}.{key}")
                for key, item in value.items()
                if item is not None
            }
        if isinstance(shape, ListShape) and isinstance(value, list):
            return [self.read(shape.member, item, f"{at}[]") for item in value]
        if isinstance(shape, MapShape) and isinstance(value, Mapping):
            return {key: self.read(shape.value, item, f"{at}.{key}") for key, item in value.items()}
        if shape.type_name == "timestamp":
            iso = shape.serialization.get("timestampFormat") == "iso8601"
            good = isinstance(value, str) and bool(_ISO.fullmatch(value)) if iso else _is_number(value)
            if not good:
                self.strange.append(f"{value!r} at '{at}' is not how this service writes a timestamp")
        if shape.type_name == "blob" and not (isinstance(value, str) and _is_base64(value)):
            self.strange.append(f"'{at}' is not base64")
        return value

    def _member(self, shape: StructureShape, name: str | None, item: Any, at: str) -> Any:
        return self.read(shape.members[name], item, at) if name is not None else item


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except binascii.Error:
        return False
    return True


class _Xml:
    """Reads XML by its shape, and keeps elements that the shape has no name for."""

    def __init__(self) -> None:
        self.strange: list[str] = []

    def whole(self, shape: StructureShape, body: bytes) -> Any:
        root = ET.fromstring(body)  # noqa: S314 - our own answer
        wrapper = shape.serialization.get("resultWrapper")
        results = [child for child in root if _name(child) == wrapper] if wrapper else [root]
        if not results:
            self.strange.append(f"there is no {wrapper}")
            return {}
        return self.read(shape, results[0])

    def read(self, shape: Shape, node: ET.Element) -> Any:
        if isinstance(shape, StructureShape):
            return self._structure(shape, node)
        if isinstance(shape, ListShape):
            return [self.read(shape.member, item) for item in node]
        if isinstance(shape, MapShape):
            return dict(self._entry(shape, entry) for entry in node)
        return self._scalar(shape, node)

    def _structure(self, shape: StructureShape, node: ET.Element) -> dict[str, Any]:
        found: dict[str, Any] = {}
        by_tag = {_tag(name, member): name for name, member in shape.members.items()}
        for child in node:
            name = by_tag.get(_name(child))
            if name is None:
                if _name(child) not in ("ResponseMetadata", "requestId", "RequestId"):
                    self.strange.append(f"<{_name(child)}> in <{_name(node)}> is unknown")
                continue
            member = shape.members[name]
            if isinstance(member, ListShape) and member.serialization.get("flattened"):
                found.setdefault(name, []).append(self.read(member.member, child))
            elif isinstance(member, MapShape) and member.serialization.get("flattened"):
                key, value = self._entry(member, child)
                found.setdefault(name, {})[key] = value
            else:
                found[name] = self.read(member, child)
        return found

    def _entry(self, shape: MapShape, entry: ET.Element) -> tuple[Any, Any]:
        parts = {_name(child): child for child in entry}
        key = parts[shape.key.serialization.get("name", "key")]
        value = parts[shape.value.serialization.get("name", "value")]
        return self.read(shape.key, key), self.read(shape.value, value)

    def _scalar(self, shape: Shape, node: ET.Element) -> Any:
        text = node.text or ""
        if shape.type_name == "boolean":
            return _BOOLEANS.get(text, text)
        if shape.type_name in ("integer", "long"):
            return int(text) if re.fullmatch(r"-?\d+", text) else text
        if shape.type_name in ("float", "double"):
            return float(text) if re.fullmatch(r"-?[\d.]+([eE][+-]?\d+)?", text) else text
        if shape.type_name == "timestamp" and not _ISO.fullmatch(text):
            self.strange.append(f"{text!r} in <{_name(node)}> is not how this service writes a timestamp")
        if shape.type_name == "blob" and not _is_base64(text):
            self.strange.append(f"<{_name(node)}> is not base64")
        return text


def _name(node: ET.Element) -> str:
    return node.tag.rpartition("}")[2]


def _tag(name: str, member: Shape) -> str:
    if isinstance(member, ListShape) and member.serialization.get("flattened"):
        return str(member.serialization.get("name", member.member.serialization.get("name", name)))
    return str(member.serialization.get("name", name))
