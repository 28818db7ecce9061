"""What travels: a signed HTTP request in, who asked for what out, and answers in the service's own protocol."""

import base64
import io
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from botocore.model import ListShape, MapShape, ServiceModel, Shape, StructureShape
from moto.core.request import Request as MotoRequest
from moto.core.routing import get_service_router
from werkzeug.exceptions import NotFound

from .errors import AwsError
from .models import service_model

Environ = dict[str, Any]

_SCOPE = re.compile(r"Credential=([^/]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")
_CBOR_PATH = re.compile(r"/service/[^/]+/operation/(\w+)")
# Signing names that botocore files under another service name.
_SERVICE_MODELS = {"events": "events", "execute-api": "apigatewaymanagementapi", "monitoring": "cloudwatch"}
# Signing names that a service without REST shares with one that has it.
_REST_MODELS = {"ses": "sesv2"}
# Where the permission to call an operation has another name than signing scope and operation give.
# https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html
_PERMISSION_PREFIXES = {"monitoring": "cloudwatch"}
_PERMISSION_ACTIONS = {
    ("lambda", "Invoke"): "InvokeFunction",
    ("s3", "ListObjects"): "ListBucket",
    ("s3", "ListObjectsV2"): "ListBucket",
    ("s3", "HeadBucket"): "ListBucket",
    ("s3", "HeadObject"): "GetObject",
}
_ROOT_ATTRIBUTES = 'xmlns="https://{service}.amazonaws.com/doc/{version}/"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request, understood.

    Attributes:
        service: Signing name, such as `iam`.
        action: Operation name, such as `ListMFADevices`; empty where it could not be told.
        parameters: The operation's input by member names.
        protocol: `query`, `json`, `cbor` or `rest`: how answers and errors are written.
    """

    service: str
    action: str
    parameters: Mapping[str, Any]
    protocol: str
    access_key_id: str
    region: str

    @property
    def permission(self) -> str:
        """The IAM permission that the call needs, such as `iam:ListMFADevices`."""
        prefix = _PERMISSION_PREFIXES.get(self.service, self.service)
        return f"{prefix}:{_PERMISSION_ACTIONS.get((self.service, self.action), self.action)}"


def model_of(request: Request) -> ServiceModel | None:
    """The model of the service that a request is for; None where its signature names none."""
    names = _REST_MODELS if request.protocol == "rest" else _SERVICE_MODELS
    return service_model(names.get(request.service, request.service)) if request.service else None


def read_body(environ: Environ) -> bytes:
    """The request's body; the environ keeps a fresh copy of it for whoever is asked next."""
    try:
        length = int(environ.get("CONTENT_LENGTH") or 0)
    except ValueError:
        length = 0
    body: bytes = environ["wsgi.input"].read(length) if length else b""
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def understand(environ: Environ, default_region: str) -> Request:
    """Tell service, action and parameters of a request from its signature, target or form."""
    body = read_body(environ)
    scope = _SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
    access_key_id, region, service = scope.groups() if scope else ("", default_region, "")
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    cbor = _CBOR_PATH.fullmatch(environ.get("PATH_INFO", ""))
    protocol, action, parameters = "rest", "", {}
    if target:
        protocol, action, parameters = "json", target.rpartition(".")[2], _json(body)
    elif cbor:
        protocol, action = "cbor", cbor.group(1)
    elif environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        form = {name: values[-1] for name, values in parse_qs(body.decode(), keep_blank_values=True).items()}
        protocol, action = "query", form.get("Action", "")
        parameters = _query_input(service, action, form)
    else:
        action, parameters = _rest(service, environ), _json(body)
    return Request(
        service=service,
        action=action,
        parameters=parameters,
        protocol=protocol,
        access_key_id=access_key_id,
        region=region,
    )


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _rest(service: str, environ: Environ) -> str:
    if not service:
        return ""
    try:
        operation, _ = get_service_router(_REST_MODELS.get(service, service)).match(MotoRequest(environ.copy()))
    except (NotFound, NotImplementedError):
        return ""
    return str(operation.name)


def _query_input(service: str, action: str, form: Mapping[str, str]) -> dict[str, Any]:
    model = service_model(_SERVICE_MODELS.get(service, service)) if service else None
    if model is None or action not in model.operation_names:
        return {name: value for name, value in form.items() if name not in {"Action", "Version"}}
    shape = model.operation_model(action).input_shape
    found = _from_form(shape, form, "") if shape else {}
    return found if isinstance(found, dict) else {}


def _from_form(shape: Shape, form: Mapping[str, str], at: str) -> Any:
    """The value at a prefix of a query form; None where the form holds nothing there."""
    if isinstance(shape, StructureShape):
        dot = f"{at}." if at else ""
        found = {
            name: value
            for name, member in shape.members.items()
            if (value := _from_form(member, form, dot + member.serialization.get("name", name))) is not None
        }
        return found if found or not at else None
    if isinstance(shape, ListShape):
        name = "" if shape.serialization.get("flattened") else f".{shape.member.serialization.get('name', 'member')}"
        items = _numbered(shape.member, form, f"{at}{name}")
        return items or ([] if form.get(at) == "" else None)
    if isinstance(shape, MapShape):
        entries = f"{at}" if shape.serialization.get("flattened") else f"{at}.entry"
        return _entries(shape, form, entries) or None
    return _scalar(shape, form[at]) if at in form else None


def _entries(shape: MapShape, form: Mapping[str, str], at: str) -> dict[str, Any]:
    key = shape.key.serialization.get("name", "key")
    value = shape.value.serialization.get("name", "value")
    found: dict[str, Any] = {}
    while (text := form.get(f"{at}.{len(found) + 1}.{key}")) is not None:
        found[text] = _from_form(shape.value, form, f"{at}.{len(found) + 1}.{value}")
    return found


def _numbered(member: Shape, form: Mapping[str, str], at: str) -> list[Any]:
    found: list[Any] = []
    while (item := _from_form(member, form, f"{at}.{len(found) + 1}")) is not None:
        found.append(item)
    return found


def _scalar(shape: Shape, text: str) -> Any:
    if shape.type_name in {"integer", "long"}:
        try:
            return int(text)
        except ValueError:
            raise AwsError("ValidationError", f"{text!r} is not an integer") from None
    return text == "true" if shape.type_name == "boolean" else text


def query_answer(service: str, action: str, result: Mapping[str, Any], request_id: str) -> bytes:
    """The XML that a query service answers an operation with."""
    model = service_model(service)
    shape = model.operation_model(action).output_shape
    parts: list[str] = []
    if shape is not None:
        _to_xml(shape, result, shape.serialization.get("resultWrapper", f"{action}Result"), parts)
    attributes = _ROOT_ATTRIBUTES.format(service=service, version=model.api_version)
    return (
        f"<{action}Response {attributes}>{''.join(parts)}"
        f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{action}Response>"
    ).encode()


def _to_xml(shape: Shape, value: Any, tag: str, parts: list[str]) -> None:
    parts.append(f"<{tag}>")
    if isinstance(shape, StructureShape):
        for name, item in value.items():
            if item is not None:
                member = shape.members[name]
                _to_xml(member, item, member.serialization.get("name", name), parts)
    elif isinstance(shape, ListShape):
        for item in value:
            _to_xml(shape.member, item, "member", parts)
    elif isinstance(shape, MapShape):
        for key, item in value.items():
            parts.append(f"<entry><key>{escape(key)}</key>")
            _to_xml(shape.value, item, "value", parts)
            parts.append("</entry>")
    else:
        parts.append(escape(_TEXTS.get(shape.type_name, str)(value)))
    parts.append(f"</{tag}>")


def iso(moment: datetime) -> str:
    """A moment as IAM writes it: UTC, whole seconds."""
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


_TEXTS: Mapping[str, Callable[[Any], str]] = {
    "timestamp": iso,
    "boolean": lambda value: str(value).lower(),
    "blob": lambda value: base64.b64encode(value).decode(),
}


def json_answer(shape: Shape | None, result: Mapping[str, Any]) -> bytes:
    """The JSON that a JSON service answers with: moments as seconds since 1970."""

    def plain(value: object) -> object:
        if isinstance(value, datetime):
            return round(value.timestamp(), 3)
        raise TypeError(f"{type(value).__name__} in an answer")

    return json.dumps(result if shape is not None else {}, default=plain).encode()


def error_answer(protocol: str, error: AwsError, request_id: str) -> tuple[bytes, list[tuple[str, str]]]:
    """Body and headers of an error, in the protocol of the request."""
    if protocol == "query":
        side = "Sender" if error.status < HTTPStatus.INTERNAL_SERVER_ERROR else "Receiver"
        body = (
            f"<ErrorResponse><Error><Type>{side}</Type><Code>{escape(error.code)}</Code>"
            f"<Message>{escape(error.message)}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>"
        ).encode()
        return body, [("Content-Type", "text/xml")]
    body = json.dumps({"__type": error.code, "message": error.message}).encode()
    return body, [("Content-Type", "application/x-amz-json-1.1"), ("x-amzn-ErrorType", error.code)]


def headers_of(pairs: Iterable[tuple[str, str]], body: bytes, request_id: str) -> list[tuple[str, str]]:
    """Headers of an answer: those given, its length and its request id."""
    return [*pairs, ("Content-Length", str(len(body))), ("x-amzn-RequestId", request_id)]
