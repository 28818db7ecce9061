"""What is to go wrong goes wrong: as asked, as often as asked, in the service's own words."""

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, EndpointConnectionError, HTTPClientError, ReadTimeoutError
from botocore.parsers import ResponseParserError

from demo.emulator import EmbeddedAws, EmbeddedAwsError
from demo.emulator.faults import Kind, TokenBucket

OPERATIONS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "iam": ("iam:ListUsers", "list_users", {}),
    "sts": ("sts:GetCallerIdentity", "get_caller_identity", {}),
    "sns": ("sns:ListTopics", "list_topics", {}),
    "config": ("config:DescribeConfigRules", "describe_config_rules", {}),
    "ssm": ("ssm:DescribeParameters", "describe_parameters", {}),
    "dynamodb": ("dynamodb:ListTables", "list_tables", {}),
    "sqs": ("sqs:ListQueues", "list_queues", {}),
    "securityhub": ("securityhub:GetFindings", "get_findings", {}),
}


def ask(aws: EmbeddedAws, service: str, **client: Any) -> Any:
    _, operation, arguments = OPERATIONS[service]
    return getattr(aws.client(service, **client), operation)(**arguments)


@pytest.mark.parametrize("service", OPERATIONS)
def test_a_call_is_recorded_as_the_permission_it_needs(aws: EmbeddedAws, service: str) -> None:
    aws.security_hub.enabled = True
    ask(aws, service)
    assert aws.calls.counts() == {OPERATIONS[service][0]: 1}
    assert [call.permission for call in aws.calls.of(service)] == [OPERATIONS[service][0]]
    aws.calls.clear()
    assert aws.calls.all() == ()


@pytest.mark.parametrize(
    ("kind", "xml", "json"),
    [
        pytest.param(Kind.ACCESS_DENIED, ("AccessDenied", 403), ("AccessDeniedException", 400), id="denied"),
        pytest.param(Kind.THROTTLING, ("Throttling", 400), ("ThrottlingException", 400), id="throttled"),
        pytest.param(Kind.SERVICE_FAILURE, ("ServiceFailure", 500), ("InternalFailure", 500), id="broken"),
    ],
)
@pytest.mark.parametrize("service", ["iam", "sts", "sns", "config", "ssm", "dynamodb"])
def test_an_error_has_the_form_of_its_service(
    aws: EmbeddedAws, service: str, kind: Kind, xml: tuple[str, int], json: tuple[str, int]
) -> None:
    fault = aws.faults.add(OPERATIONS[service][0], kind)
    with pytest.raises(ClientError) as caught:
        ask(aws, service)
    error = caught.value.response
    found = (error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"])
    assert found == (xml if service in {"iam", "sts", "sns"} else json)
    assert fault.hits == 1
    ask(aws, service)


def test_a_denied_call_names_the_permission(aws: EmbeddedAws) -> None:
    aws.faults.add("iam:ListUsers", Kind.ACCESS_DENIED)
    with pytest.raises(ClientError, match="is not authorized to perform: iam:ListUsers"):
        ask(aws, "iam")


def test_a_body_can_be_no_xml(aws: EmbeddedAws) -> None:
    aws.faults.add("iam:ListUsers", Kind.MALFORMED_XML)
    with pytest.raises(ResponseParserError):
        ask(aws, "iam")


def test_a_connection_can_be_cut(aws: EmbeddedAws, capfd: pytest.CaptureFixture[str]) -> None:
    aws.faults.add("iam:ListUsers", Kind.CUT_CONNECTION)
    with pytest.raises(HTTPClientError):
        ask(aws, "iam")
    ask(aws, "iam")
    assert capfd.readouterr() == ("", "")


def test_a_call_can_be_slow(aws: EmbeddedAws) -> None:
    aws.faults.add("iam:ListUsers", Kind.SLOW, seconds=0.5)
    patience = Config(read_timeout=0.1, retries={"total_max_attempts": 1})
    with pytest.raises(ReadTimeoutError):
        ask(aws, "iam", config=patience)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param({}, "x...", id="once"),
        pytest.param({"times": 2}, "xx..", id="twice"),
        pytest.param({"times": None}, "xxxx", id="for ever"),
        pytest.param({"after": 2}, "..x.", id="after two"),
        pytest.param({"after": 1, "times": 2}, ".xx.", id="after one, twice"),
    ],
)
def test_a_fault_hits_as_often_as_asked(aws: EmbeddedAws, arguments: dict[str, Any], expected: str) -> None:
    aws.faults.add("iam:List*", Kind.ACCESS_DENIED, **arguments)
    client, found = aws.client("iam"), ""
    for _ in range(4):
        try:
            client.list_users()
            found += "."
        except ClientError:
            found += "x"
    assert found == expected


def test_a_fault_can_look_at_the_parameters(aws: EmbeddedAws) -> None:
    aws.iam.user("ada")
    aws.iam.user("grace")

    def of_ada(parameters: Mapping[str, Any]) -> bool:
        return bool(parameters["UserName"] == "ada")

    aws.faults.add("iam:ListMFADevices", Kind.ACCESS_DENIED, times=None, when=of_ada)
    assert aws.client("iam").list_mfa_devices(UserName="grace")["MFADevices"] == []
    with pytest.raises(ClientError, match="AccessDenied"):
        aws.client("iam").list_mfa_devices(UserName="ada")
    aws.faults.clear()
    assert aws.client("iam").list_mfa_devices(UserName="ada")["MFADevices"] == []


@pytest.mark.parametrize(
    ("action", "kind", "message"),
    [
        pytest.param("iam:ListUsers", "Explode", "unknown fault 'Explode'; use one of: AccessDenied", id="kind"),
        pytest.param("ListUsers", "Slow", "a fault's action is a permission such as iam:ListUsers", id="action"),
    ],
)
def test_a_fault_that_cannot_be_is_a_mistake(aws: EmbeddedAws, action: str, kind: str, message: str) -> None:
    with pytest.raises(EmbeddedAwsError, match=message):
        aws.faults.add(action, kind)


def test_callers_are_throttled_beyond_the_burst(aws: EmbeddedAws) -> None:
    aws.throttle(rate=0.001, burst=3)
    client = aws.client("iam")
    for _ in range(3):
        client.list_users()
    with pytest.raises(ClientError) as caught:
        client.list_users()
    assert caught.value.response["Error"] == {"Type": "Sender", "Code": "Throttling", "Message": "Rate exceeded"}
    ask(aws, "sts")
    aws.account("210987654321").client("iam").list_users()
    assert aws.calls.counts() == {"iam:ListUsers": 5, "sts:GetCallerIdentity": 1}


def test_time_brings_tokens_back() -> None:
    now = 0.0
    bucket = TokenBucket(rate=2, burst=2, clock=lambda: now)
    first = [bucket.take() for _ in range(3)]
    now = 0.5
    second = [bucket.take() for _ in range(2)]
    now = 60.0
    third = [bucket.take() for _ in range(3)]
    assert (first, second, third) == ([True, True, False], [True, False], [True, True, False])


def test_calls_take_their_time_side_by_side(aws: EmbeddedAws) -> None:
    aws.seconds_per_call = 0.3
    client = aws.client("iam", config=Config(max_pool_connections=8))
    began = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        assert len(list(pool.map(lambda _: client.list_users(), range(8)))) == 8
    assert 0.3 <= time.monotonic() - began < 1.5


def test_after_the_end_nobody_answers() -> None:
    with EmbeddedAws() as aws:
        client = aws.client("iam")
        client.list_users()
    with pytest.raises((EndpointConnectionError, HTTPClientError)):
        client.list_users()
