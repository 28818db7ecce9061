"""Test that calls run at full speed until IAM throttles, and then at a sustainable rate."""

from types import SimpleNamespace
from typing import Any, cast

import boto3
import pytest

from admin_mfa.aws.pace import FIRST_RATE, Pace
from admin_mfa.aws.session import aws_session
from demo.emulator import EmbeddedAws, in_environment


class Clock:
    """A clock that only sleep advances."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pace(clock: Clock) -> Pace:
    return Pace(clock, clock.sleep)


def answered(pace: Pace, code: str = "") -> None:
    status = 400 if code else 200
    answer: Any = (SimpleNamespace(status_code=status), {"Error": {"Code": code}} if code else {})
    # A return value would make botocore retry.
    assert cast("Any", pace).learn(response=answer, caught_exception=None) is None


def turns(pace: Pace, clock: Clock, count: int) -> list[float]:
    found = []
    for _ in range(count):
        # A return value would replace AWS's response.
        assert cast("Any", pace).wait() is None
        found.append(round(clock.now - 100.0, 3))
    return found


def test_calls_do_not_wait_without_throttling(pace: Pace, clock: Clock) -> None:
    answered(pace)
    answered(pace, "AccessDenied")
    assert turns(pace, clock, 100) == [0.0] * 100


def test_calls_are_spaced_out_once_aws_throttles(pace: Pace, clock: Clock) -> None:
    answered(pace, "Throttling")
    assert turns(pace, clock, 4) == [0.0, 0.05, 0.1, 0.15]


def test_a_dozen_simultaneous_throttled_calls_count_as_one(pace: Pace, clock: Clock) -> None:
    for _ in range(12):
        answered(pace, "Throttling")
    assert pace.rate == FIRST_RATE
    clock.now += 1.0
    for _ in range(12):
        answered(pace, "ThrottlingException")
    assert pace.rate == pytest.approx(FIRST_RATE * 0.7)


def test_a_second_of_successful_calls_raises_the_rate_by_one(pace: Pace) -> None:
    answered(pace, "Throttling")
    for _ in range(20):
        answered(pace)
    assert pace.rate == pytest.approx(FIRST_RATE + 1, abs=0.1)


def test_the_rate_never_drops_to_zero(pace: Pace, clock: Clock) -> None:
    for _ in range(60):
        answered(pace, "Throttling")
        clock.now += 1.0
    assert pace.rate == 0.5


def test_a_broken_connection_does_not_count_as_throttling(pace: Pace) -> None:
    pace.learn(response=None, caught_exception=ConnectionError())
    assert pace.rate is None


def test_it_paces_the_retries_of_a_real_client_too() -> None:
    with EmbeddedAws() as aws, in_environment(aws.environment):
        aws.faults.add("iam:GetAccountSummary", "Throttling", times=2)
        client = boto3.Session(botocore_session=aws_session()).client("iam")
        waited: list[float] = []
        pace = Pace(sleep=waited.append)
        pace.listen(client.meta.events, "iam")

        client.get_account_summary()

        assert pace.rate is not None
        assert pace.rate > FIRST_RATE
        assert len(waited) == 2
