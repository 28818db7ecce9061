"""Test retries, timeouts, error messages and sessions of clients."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError
from botocore.parsers import ResponseParserError
from botocore.utils import parse_timestamp

from admin_mfa.aws import iam_xml
from admin_mfa.aws.boto3_session import ClientsOnce, default_session
from admin_mfa.aws.iam import IamReader
from admin_mfa.aws.session import (
    ATTEMPTS,
    CLIENT_CONFIG,
    LAST_RETRY_SECONDS,
    aws_session,
    moment,
    reading,
)
from admin_mfa.errors import AdminMfaError, ReadError
from demo.emulator import EmbeddedAws, Kind, in_environment


class Clock:
    """A clock that only sleep advances."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Replace the clock of botocore and of our code, so that waits take no time."""
    clock = Clock()
    monkeypatch.setattr(time, "sleep", clock.sleep)
    monkeypatch.setattr("admin_mfa.aws.session.time.monotonic", lambda: clock.now)
    return clock


@pytest.mark.parametrize("kind", [Kind.SERVICE_FAILURE, Kind.CUT_CONNECTION])
def test_a_call_is_tried_six_times_and_no_later_than_half_a_minute(aws: EmbeddedAws, clock: Clock, kind: Kind) -> None:
    fault = aws.faults.add("iam:GetAccountSummary", kind, times=None)
    client = cast("Any", aws_session().create_client("iam"))
    with pytest.raises(ReadError) as refused, reading("iam:GetAccountSummary"):
        client.get_account_summary()
    assert refused.value.action == "iam:GetAccountSummary"
    assert 1 < fault.hits <= ATTEMPTS == 6
    assert fault.hits == ATTEMPTS or clock.now >= LAST_RETRY_SECONDS
    assert max(clock.slept) <= 20


def test_no_retry_starts_after_half_a_minute(aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter([0.0, 0.0, 0.0, 31.0, 31.0, 31.0, 31.0])
    monkeypatch.setattr("admin_mfa.aws.session.time", _Moments(lambda: next(moments)))
    fault = aws.faults.add("iam:GetAccountSummary", Kind.THROTTLING, times=None)
    client = cast("Any", aws_session().create_client("iam"))
    with pytest.raises(ReadError) as refused:
        client.get_account_summary()
    assert str(refused.value) == "GetAccountSummary returned no successful response within 30 seconds (Throttling)."
    assert (refused.value.action, refused.value.code) == ("iam:GetAccountSummary", "Throttling")
    assert fault.hits < ATTEMPTS


class _Moments:
    def __init__(self, monotonic: Callable[[], float]) -> None:
        self.monotonic = monotonic


def test_a_denied_call_is_not_retried(aws: EmbeddedAws) -> None:
    fault = aws.faults.add("iam:GetAccountSummary", Kind.ACCESS_DENIED, times=None)
    client = cast("Any", aws_session().create_client("iam"))
    with (
        pytest.raises(ReadError, match=r"iam:GetAccountSummary failed \(AccessDenied\): User: "),
        reading("iam:GetAccountSummary"),
    ):
        client.get_account_summary()
    assert fault.hits == 1


def test_retries_end_within_a_minute() -> None:
    """A retry starts at most 30 seconds after the call and waits at most 20; its attempt has 10."""
    options: Any = CLIENT_CONFIG
    assert LAST_RETRY_SECONDS + 20 + options.read_timeout <= 60
    assert options.retries == {"mode": "standard", "total_max_attempts": 6}


@pytest.mark.parametrize(
    ("error", "sentence", "code"),
    [
        (
            ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "GetUser"),
            "iam:GetUser failed (AccessDenied): no",
            "AccessDenied",
        ),
        (
            ClientError({"Error": {"Code": "418"}}, "GetUser"),
            "iam:GetUser failed (418): no reason given",
            "418",
        ),
        (NoCredentialsError(), "iam:GetUser failed: Unable to locate credentials", "NoCredentialsError"),
        (
            EndpointConnectionError(endpoint_url="https://iam.amazonaws.com/"),
            'iam:GetUser failed: Could not connect to the endpoint URL: "https://iam.amazonaws.com/"',
            "EndpointConnectionError",
        ),
        (ResponseParserError("first line\nsecond"), "iam:GetUser failed: first line", "ResponseParserError"),
        (ResponseParserError(), "iam:GetUser failed: ResponseParserError", "ResponseParserError"),
    ],
)
def test_an_error_is_one_sentence_that_names_the_action(error: Exception, sentence: str, code: str) -> None:
    with pytest.raises(ReadError) as refused, reading("iam:GetUser"):
        raise error
    assert (str(refused.value), refused.value.action, refused.value.code) == (sentence, "iam:GetUser", code)
    assert refused.value.__cause__ is error


def test_rdklib_swallows_none_of_our_errors() -> None:
    kinds = [AdminMfaError]
    for kind in kinds:
        kinds += kind.__subclasses__()
    assert len(kinds) >= 5
    assert not any(issubclass(kind, (ValueError, ClientError)) for kind in kinds)


def test_a_programming_error_is_not_reported_as_a_failed_read() -> None:
    with pytest.raises(KeyError), reading("iam:GetUser"):
        raise KeyError("bug")


def test_a_container_creates_each_client_once() -> None:
    with EmbeddedAws() as aws, in_environment(aws.environment), default_session(ClientsOnce(aws_session())):
        iam = boto3.client("iam", "us-east-1")
        assert boto3.client("iam", "us-east-1") is iam
        assert boto3.client("iam", "eu-west-1") is not iam
        config: Any = boto3.client("config", "us-east-1")
        assert config is not iam


def test_an_assumed_role_has_separate_clients() -> None:
    keys: Any = {"aws_access_key_id": "ASIAROLE", "aws_secret_access_key": "role", "aws_session_token": "role"}
    with EmbeddedAws() as aws, in_environment(aws.environment), default_session(ClientsOnce(aws_session())):
        own = boto3.client("iam", "us-east-1")
        role: Any = boto3.client("iam", region_name="us-east-1", **keys)
        again: Any = boto3.client("iam", region_name="us-east-1", **keys)
        assert len({id(client) for client in (own, role, again)}) == 3
        assert role.meta.events is not own.meta.events
        assert boto3.client("iam", "us-east-1") is own


def test_a_changed_environment_creates_new_clients() -> None:
    urls = []
    for _ in range(2):
        with EmbeddedAws() as aws, in_environment(aws.environment), default_session(ClientsOnce(aws_session())):
            client = boto3.client("iam", "us-east-1")
            assert client.meta.endpoint_url == aws.url
            urls.append(aws.url)
    assert len(set(urls)) == 2


def test_the_default_session_is_always_restored() -> None:
    before, ours, found = boto3.DEFAULT_SESSION, ClientsOnce(aws_session()), list[object]()

    def bug() -> None:
        found.append(boto3.DEFAULT_SESSION)
        raise KeyError("a bug")

    with pytest.raises(KeyError), default_session(ours):
        bug()
    assert found == [ours]
    assert boto3.DEFAULT_SESSION is before


def test_several_readers_register_their_hooks_on_a_client_once() -> None:
    with EmbeddedAws() as aws, in_environment(aws.environment):
        client: Any = aws_session().create_client("iam")
        aws.iam.administrators(1)
        before = [listeners(client, event) for event in iam_xml.EVENTS]
        for _ in range(3):
            with IamReader(client) as reader:
                assert len(reader.users()) == 1
        after = [listeners(client, event) for event in iam_xml.EVENTS]
        assert [more - less for less, more in zip(before, after, strict=True)] == [1, 1]


def listeners(client: Any, event: str) -> int:
    model = client.meta.service_model.operation_model(event.rpartition(".")[2])
    return len(client.meta.events.emit(event, operation_model=model, response_dict={"status_code": 500}))


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        pytest.param(1763953200.125, datetime(2025, 11, 24, 3, 0, 0, 125000, tzinfo=UTC), id="AWS Config"),
        pytest.param("2025-11-24T03:00:00Z", datetime(2025, 11, 24, 3, tzinfo=UTC), id="IAM"),
        pytest.param("2025-11-24T03:00:00+00:00", datetime(2025, 11, 24, 3, tzinfo=UTC), id="with an offset"),
        pytest.param("Mon, 24 Nov 2025 03:00:00 GMT", datetime(2025, 11, 24, 3, tzinfo=UTC), id="HTTP"),
        pytest.param("1763953200", datetime(2025, 11, 24, 3, tzinfo=UTC), id="seconds as text"),
    ],
)
def test_dates_are_parsed_as_by_botocore(sent: Any, read: datetime) -> None:
    assert (moment(sent), parse_timestamp(sent)) == (read, read)
