"""An AWS on the loopback interface: moto where moto is right, our own answers where it is not.

Each request is told apart, recorded, and then either hit by a fault, throttled, or answered: AWS Config and IAM's
gaps by this package, everything else by moto. Nothing leaves the machine and no credentials are read.
"""

import io
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from http import HTTPStatus
from types import TracebackType
from typing import Any, ClassVar, Self
from urllib.parse import parse_qsl, urlencode

import boto3
from botocore import parsers
from botocore.config import Config as ClientConfig
from moto.iam.models import iam_backends
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from moto.utilities.utils import get_partition
from werkzeug.serving import make_server

from . import iam_gaps
from .automation_service import Automations
from .calls import Call, Calls
from .config_service import Config
from .conformity import Exchange
from .errors import AwsError, EmbeddedAwsError
from .faults import Fault, Faults, Kind, TokenBucket, error_for
from .iam_seed import Iam
from .iam_state import AccountIam
from .models import isolated_session, paged_results, service_model, validation_message, violations
from .moto_accounts import empty_accounts, fresh_accounts
from .paging import PageOrder, PageSize, Paging
from .protocol import Environ, Request, error_answer, headers_of, query_answer, read_body, understand
from .security_hub import SecurityHub

StartResponse = Callable[..., Any]
# The access key of an account that nobody assumed a role in: moto knows no such key, so we tell the account from it.
_KEY_PREFIX = "AKIAEMBD"
_XML = (("Content-Type", "text/xml"),)
_JSON = (("Content-Type", "application/x-amz-json-1.1"),)


class _QuietHandler(MotoRequestHandler):
    """Serves without a word, and without the delay that Nagle's algorithm adds to answers sent in two pieces."""

    disable_nagle_algorithm = True

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - the name is the base class\'s
        """Say nothing."""


class Account:
    """One account in one region: how to fill it, what Config holds of it, and clients that act in it."""

    def __init__(self, aws: "EmbeddedAws", account_id: str, region: str) -> None:
        self.account_id = account_id
        self.region = region
        self._aws = aws

    @property
    def iam(self) -> Iam:
        """What fills the account's IAM."""
        return self._aws.iam_of(self.account_id, self.region)

    @property
    def config(self) -> Config:
        """AWS Config in this account and region."""
        return self._aws.config_of(self.account_id, self.region)

    @property
    def security_hub(self) -> SecurityHub:
        """AWS Security Hub in this account and region, which is off until a test enables it."""
        return self._aws.security_hub_of(self.account_id, self.region)

    @property
    def credentials(self) -> dict[str, str]:
        """Keyword arguments of a boto3 client or session that acts in this account."""
        return {
            "aws_access_key_id": f"{_KEY_PREFIX}{self.account_id}",
            "aws_secret_access_key": "embedded",
            "region_name": self.region,
        }

    def client(self, service: str, **arguments: Any) -> Any:
        """A boto3 client bound to the embedded AWS, whatever the environment says; it never retries by itself."""
        once = ClientConfig(retries={"total_max_attempts": 1})
        wanted = {"endpoint_url": self._aws.url, "config": once, **self.credentials, **arguments}
        with _session_lock:
            return _session().client(service, **wanted)


_session_lock = threading.Lock()


@cache
def _session() -> Any:
    """One session for all clients, made under `_session_lock`: threads may share clients, not sessions."""
    return boto3.Session(botocore_session=isolated_session())


class EmbeddedAws:
    """AWS in this process, for as long as the `with` block lasts.

    moto keeps its accounts in the process. So while a second embedded AWS runs inside the first one's block, the
    first one's accounts are set aside and it answers nobody; they are back when the second has stopped.

    Args:
        account_id: The account of callers that have assumed no role.
        region: The region of clients made here.
        page_size: See `Paging.size`.
        page_order: See `Paging.order`.
        seconds_per_call: How long each call takes at least; calls do not wait for one another.

    Attributes:
        url: Where it listens, once started.
        calls: What was asked of it.
        faults: What is to go wrong.
        paging: How lists are cut.
        automations: Automation documents and Lambda functions, both given by whoever drives this.
    """

    observe: ClassVar[Callable[[Exchange], None] | None] = None
    """Called with every request and its answer, of every embedded AWS, where something is to be compared."""

    _running: ClassVar[list["EmbeddedAws"]] = []

    def __init__(
        self,
        *,
        account_id: str = "123456789012",
        region: str = "us-east-1",
        page_size: PageSize = None,
        page_order: PageOrder = "listed",
        seconds_per_call: float = 0.0,
    ) -> None:
        self.account_id = account_id
        self.region = region
        self.seconds_per_call = seconds_per_call
        self.paging = Paging(size=page_size, order=page_order)
        self.calls = Calls()
        self.faults = Faults()
        self.url = ""
        self._server: Any = None
        self._stack = ExitStack()
        self._mistakes: list[EmbeddedAwsError] = []
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._lock = threading.Lock()
        self._dynamodb_lock = threading.Lock()
        self.automations = Automations(self.client)
        self._iam: dict[tuple[str, str], AccountIam] = {}
        self._config: dict[tuple[str, str], Config] = {}
        self._security_hub: dict[tuple[str, str], SecurityHub] = {}
        self._buckets: dict[str, Callable[[], TokenBucket]] = {}
        self._filled: dict[tuple[str, str], TokenBucket] = {}

    def __enter__(self) -> Self:
        if self in EmbeddedAws._running:
            raise EmbeddedAwsError("this embedded AWS is running already")
        with ExitStack() as stack:
            stack.enter_context(fresh_accounts())
            self._forget()
            self._server = make_server("127.0.0.1", 0, self._serve, threaded=True, request_handler=_QuietHandler)
            stack.callback(self._server.server_close)
            self.url = f"http://127.0.0.1:{self._server.server_port}"
            thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
            thread.start()
            stack.callback(thread.join)
            stack.callback(self._server.shutdown)
            EmbeddedAws._running.append(self)
            stack.callback(EmbeddedAws._running.remove, self)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()
        if self._mistakes and error is None:
            raise self._mistakes[0]

    def reset(self) -> None:
        """Empty every account; forget calls, faults and limits. Paging and latency stay as they are.

        Raises:
            EmbeddedAwsError: It is not running, or another one runs inside its block.
        """
        if not self._is_up:
            raise EmbeddedAwsError("an embedded AWS that is not running cannot be reset")
        empty_accounts()
        self._forget()

    def _forget(self) -> None:
        with self._lock:
            self._iam.clear()
            self._config.clear()
            self._security_hub.clear()
            self._buckets.clear()
            self._filled.clear()
        self._mistakes.clear()
        self.automations = Automations(self.client)
        self.calls.clear()
        self.faults.clear()

    @property
    def _is_up(self) -> bool:
        return bool(EmbeddedAws._running) and EmbeddedAws._running[-1] is self

    @property
    def iam(self) -> Iam:
        """What fills the IAM of the account."""
        return self.account(self.account_id).iam

    @property
    def config(self) -> Config:
        """AWS Config in the account and region."""
        return self.account(self.account_id).config

    @property
    def environment(self) -> dict[str, str]:
        """The variables that make the AWS CLI, an SDK or a Lambda use this AWS and nothing else."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": f"{_KEY_PREFIX}{self.account_id}",
            "AWS_SECRET_ACCESS_KEY": "embedded",
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false",
            "AWS_PAGER": "",
        }

    def process_environment(self) -> dict[str, str]:
        """This process's environment without its own AWS variables and with those of `environment`."""
        return {**_without_aws(os.environ), **self.environment}

    def account(self, account_id: str | None = None, region: str | None = None) -> Account:
        """Another account, or another region of this one."""
        return Account(self, account_id or self.account_id, region or self.region)

    def client(self, service: str, **arguments: Any) -> Any:
        """A boto3 client for the account, bound to this AWS without a look at the environment."""
        return self.account().client(service, **arguments)

    def throttle(self, *, rate: float, burst: float, services: Sequence[str] = ("iam",)) -> None:
        """Answer Throttling to callers that ask for more than a rate of calls a second, after a burst of them.

        Each account has a bucket of its own for each of the services.
        """
        with self._lock:
            for service in services:
                self._buckets[service] = lambda: TokenBucket(rate, burst)
                self._filled = {key: bucket for key, bucket in self._filled.items() if key[0] != service}

    def iam_of(self, account_id: str, region: str) -> Iam:
        """What fills the IAM of an account."""
        return Iam(self._iam_state(account_id, region))

    def config_of(self, account_id: str, region: str) -> Config:
        """AWS Config in an account and region."""
        iam = self._iam_state(account_id, region)
        with self._lock:
            found = self._config.get((account_id, region))
            if found is None:
                found = self._config[account_id, region] = Config(iam, region, self.paging)
            return found

    @property
    def security_hub(self) -> SecurityHub:
        """AWS Security Hub in the account and region, which is off until a test enables it."""
        return self.account(self.account_id).security_hub

    def security_hub_of(self, account_id: str, region: str) -> SecurityHub:
        """AWS Security Hub in an account and region."""
        with self._lock:
            return self._security_hub.setdefault((account_id, region), SecurityHub())

    def _iam_state(self, account_id: str, region: str) -> AccountIam:
        partition = get_partition(region)
        with self._lock:
            found = self._iam.get((account_id, partition))
            if found is None:
                found = self._iam[account_id, partition] = AccountIam(account_id, partition)
            return found

    def _account_of(self, request: Request) -> str:
        key = request.access_key_id
        if key.startswith(_KEY_PREFIX):
            return key.removeprefix(_KEY_PREFIX)
        partition = get_partition(request.region)
        for account_id, backends in list(iam_backends.items()):
            if key in backends[partition].access_keys:
                return str(account_id)
        return self.account_id

    def _serve(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if not self._is_up:
            _cut(environ)
        request = understand(environ, self.region)
        observe = EmbeddedAws.observe
        if observe is None:
            return self._serve_one(environ, start_response, request)
        sent, statuses = read_body(environ), list[str]()

        def begin(status: str, *rest: Any) -> Any:
            statuses.append(status)
            return start_response(status, *rest)

        received = b"".join(self._serve_one(environ, begin, request))
        path, status = environ.get("PATH_INFO", ""), int(statuses[-1].split()[0])
        observe(Exchange(request=request, path=path, sent=sent, status=status, received=received))
        return [received]

    def _serve_one(self, environ: Environ, start_response: StartResponse, request: Request) -> Iterable[bytes]:
        account_id = self._account_of(request)
        # moto tells accounts apart by this header, before it looks at keys.
        environ["HTTP_X_MOTO_ACCOUNT_ID"] = account_id
        self.calls.add(
            Call(
                permission=request.permission,
                service=request.service,
                action=request.action,
                parameters=request.parameters,
                account_id=account_id,
                region=request.region,
            )
        )
        if self.seconds_per_call:
            time.sleep(self.seconds_per_call)
        request_id = str(uuid.uuid4())
        try:
            fault = self.faults.strike(request.permission, request.parameters)
            if fault is not None and (broken := _struck(fault, request, environ)) is not None:
                return _send(start_response, HTTPStatus.OK, _XML, broken, request_id)
            self._limit(request, account_id)
            return self._answer(environ, start_response, request, account_id, request_id)
        except AwsError as error:
            body, headers = error_answer(request.protocol, error, request_id)
            return _send(start_response, error.status, headers, body, request_id)
        except EmbeddedAwsError as mistake:
            self._mistakes.append(mistake)
            told = AwsError("InternalFailure", str(mistake), HTTPStatus.INTERNAL_SERVER_ERROR)
            body, headers = error_answer(request.protocol, told, request_id)
            return _send(start_response, told.status, headers, body, request_id)

    def _limit(self, request: Request, account_id: str) -> None:
        with self._lock:
            make = self._buckets.get(request.service)
            if make is None:
                return
            key = (request.service, account_id)
            bucket = self._filled.get(key) or self._filled.setdefault(key, make())
        if not bucket.take():
            raise error_for(Kind.THROTTLING, request.protocol, request.permission)

    def _answer(
        self, environ: Environ, start_response: StartResponse, request: Request, account_id: str, request_id: str
    ) -> Iterable[bytes]:
        if request.service == "config":
            body = self.config_of(account_id, request.region).answer(request.action, request.parameters)
            return _send(start_response, HTTPStatus.OK, _JSON, body, request_id)
        if request.service == "securityhub":
            hub = self.security_hub_of(account_id, request.region)
            if hub.answers(request.action):
                body = hub.answer(request.action, request.parameters)
                return _send(start_response, HTTPStatus.OK, _JSON, body, request_id)
        if request.service == "ssm" and self.automations.answers(request.action, request.parameters):
            body = self.automations.answer(request.action, request.parameters)
            return _send(start_response, HTTPStatus.OK, _JSON, body, request_id)
        if request.permission == "lambda:InvokeFunction":
            headers, body = self.automations.invoke(environ["PATH_INFO"], read_body(environ))
            return _send(start_response, HTTPStatus.OK, (*_JSON, *headers.items()), body, request_id)
        if request.service == "dynamodb":
            # moto looks at a condition and then writes, with nothing to keep two threads from looking at once.
            with self._dynamodb_lock:
                written: Iterable[bytes] = self._moto(environ, start_response)
            return written
        if request.service == "iam" and request.action in service_model("iam").operation_names:
            _check_iam(request)
            if iam_gaps.answers(request.action):
                state = self._iam_state(account_id, request.region)
                result = iam_gaps.answer(state, request.action, request.parameters, self.paging)
                body = query_answer("iam", request.action, result, request_id)
                return _send(start_response, HTTPStatus.OK, _XML, body, request_id)
            if request.action in paged_results("iam"):
                return self._page_of_moto(environ, start_response, request, request_id)
        answer: Iterable[bytes] = self._moto(environ, start_response)
        return answer

    def _page_of_moto(
        self, environ: Environ, start_response: StartResponse, request: Request, request_id: str
    ) -> Iterable[bytes]:
        """A page of one of moto's lists, which moto gives whole or in pages of its own."""
        key = paged_results("iam")[request.action]
        shape = service_model("iam").operation_model(request.action).output_shape
        asked = {name: value for name, value in _form(environ).items() if name not in {"Marker", "MaxItems"}}
        items: list[Any] = []
        marker: dict[str, str] = {}
        while True:
            status, headers, body = self._ask_moto(environ, {**asked, "MaxItems": "1000", **marker})
            if status != HTTPStatus.OK or shape is None:
                return _send(start_response, status, headers, body, request_id)
            answer = {"body": body, "headers": {}, "status_code": status}
            whole = parsers.create_parser("query").parse(answer, shape)
            items += whole.get(key, [])
            if not whole.get("IsTruncated") or "Marker" not in whole:
                break
            marker = {"Marker": whole["Marker"]}
        page, following = self.paging.page(request.action, items, request.parameters)
        whole.pop("ResponseMetadata")
        result = {**whole, key: page, "IsTruncated": following is not None, "Marker": following}
        body = query_answer("iam", request.action, result, request_id)
        return _send(start_response, HTTPStatus.OK, _XML, body, request_id)

    def _ask_moto(self, environ: Environ, form: Mapping[str, str]) -> tuple[int, list[tuple[str, str]], bytes]:
        body = urlencode(form).encode()
        inner = {
            **environ,
            "wsgi.input": io.BytesIO(body),
            "CONTENT_LENGTH": str(len(body)),
        }
        answered: list[Any] = []
        parts = self._moto(inner, lambda status, headers, *_: answered.extend((status, headers)))
        content = b"".join(parts)
        kept = [(name, value) for name, value in answered[1] if name.lower() == "content-type"]
        return int(str(answered[0]).split()[0]), kept, content


def _form(environ: Environ) -> dict[str, str]:
    return dict(parse_qsl(read_body(environ).decode(), keep_blank_values=True))


def _check_iam(request: Request) -> None:
    found = list(violations(service_model("iam").operation_model(request.action).input_shape, dict(request.parameters)))
    if found:
        raise AwsError("ValidationError", validation_message(found))


def _struck(fault: Fault, request: Request, environ: Environ) -> bytes | None:
    """Do what the fault does: raise, hold the call, or give a body that is not what it should be."""
    if fault.kind is Kind.SLOW:
        time.sleep(fault.seconds)
        return None
    if fault.kind is Kind.CUT_CONNECTION:
        _cut(environ)
    if fault.kind is Kind.MALFORMED_XML:
        return f"<{request.action}Response><{request.action}Result><Unclosed>".encode()
    raise error_for(fault.kind, request.protocol, request.permission)


def _cut(environ: Environ) -> None:
    """End the connection without an answer; the server takes the error for a caller that has gone away."""
    connection = environ.get("werkzeug.socket")
    if connection is not None:
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
    raise ConnectionAbortedError


def _send(
    start_response: StartResponse, status: int, headers: Sequence[tuple[str, str]], body: bytes, request_id: str
) -> Iterable[bytes]:
    start_response(f"{int(status)} {HTTPStatus(status).phrase}", headers_of(headers, body, request_id))
    return [body]


def _without_aws(variables: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in variables.items() if not name.startswith("AWS_")}


@contextmanager
def in_environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Have these, and no other AWS variables, in this process; afterwards all are as they were before."""
    before = dict(os.environ)
    for name in before.keys() - _without_aws(before).keys():
        del os.environ[name]
    os.environ.update(variables)
    try:
        yield
    finally:
        for name in (set(os.environ) - _without_aws(os.environ).keys()) | (variables.keys() & os.environ.keys()):
            del os.environ[name]
        ours = {name for name in before if name.startswith("AWS_")} | variables.keys()
        os.environ.update({name: value for name, value in before.items() if name in ours})
