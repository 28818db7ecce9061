"""Each call of the remediation's helper fails in each way: nothing is said twice, nothing lost, a good run repairs it.

One row for each call. Every way of failing has a user of its own, whose automation fails or bears it; then the fault is
gone, the automation runs once more, and what people and services have heard must be what they hear on a good day.
"""

import os
import time
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from botocore.config import Config as ClientConfig
from moto.ses.models import ses_backends

from admin_mfa.aws.session import CLIENT_CONFIG
from admin_mfa.followup.records import CLAIM_LASTS
from demo.emulator import Kind
from demo.emulator.faults import Fault
from tests.rules.test_faults import FOR_EVER, PATIENCE_SECONDS, RECOVERS, SLOW_SECONDS, Setting, without_waiting

from .world import ACCOUNT, World, every_channel, helper

FAILS: tuple[Setting, ...] = (
    (Kind.ACCESS_DENIED, FOR_EVER),
    (Kind.THROTTLING, FOR_EVER),
    (Kind.SERVICE_FAILURE, FOR_EVER),
    (Kind.MALFORMED_XML, FOR_EVER),
    (Kind.CUT_CONNECTION, FOR_EVER),
)
SLOW: Setting = (Kind.SLOW, FOR_EVER)

READS = (
    "config:DescribeConfigRules",
    "config:DescribeConfigRuleEvaluationStatus",
    "dynamodb:GetItem",
    "iam:GetAccessKeyLastUsed",
    "iam:GetAccountAuthorizationDetails",
    "iam:GetAccountSummary",
    "iam:GetLoginProfile",
    "iam:GetUser",
    "iam:ListAccessKeys",
    "iam:ListAttachedUserPolicies",
    "iam:ListGroupsForUser",
    "iam:ListMFADevices",
    "iam:ListUserPolicies",
)
WRITES = (
    "dynamodb:UpdateItem",
    "securityhub:BatchImportFindings",
    "ses:SendEmail",
    "sns:Publish",
)


OPTIONAL = frozenset(("securityhub:BatchImportFindings", "securityhub:BatchUpdateFindings", "ses:SendEmail"))
"""Calls of channels whose failure stops nothing; the next run sends what they did not."""

_OPTIONAL: ClientConfig = helper().OPTIONAL

HAS: dict[str, Any] = {"password": True, "access_keys": 1}
"""Whom enforcement does not spare, and about whom everything is asked."""


@pytest.fixture
def channels(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Every channel is on, the root user has MFA, enforcement is asked for, and nobody waits before trying again."""
    without_waiting(monkeypatch)
    for name, value in every_channel(world).items():
        monkeypatch.setitem(os.environ, name, value)
    world.aws.iam.root(mfa=True)
    world.options["Mode"] = "Enforce"
    return world


def new_container(world: World, **settings: Any) -> None:
    """Take every fault away and have the helper make its clients anew."""
    world.aws.faults.clear()
    for made_once in ("_session", "_client", "_optional_client"):
        getattr(helper(), made_once).cache_clear()
    helper()._session().set_default_client_config(CLIENT_CONFIG.merge(ClientConfig(**settings)))  # noqa: SLF001
    vars(helper())["OPTIONAL"] = _OPTIONAL.merge(ClientConfig(**settings))


def set_fault(world: World, action: str, setting: Setting, after: int = 0) -> Fault:
    kind, times = setting
    if kind is Kind.SLOW:
        new_container(world, read_timeout=PATIENCE_SECONDS)
    fault: Fault = world.aws.faults.add(action, kind, times=times, after=after, seconds=SLOW_SECONDS)
    return fault


def people(world: World, settings: tuple[Setting, ...]) -> dict[Setting, tuple[str, str]]:
    """Make a user for each way of failing: name and unique id."""
    made = {}
    for number, setting in enumerate(settings):
        name = f"user-{number}"
        tags = {"Email": f"{name}@example.com"}
        made[setting] = (name, world.aws.iam.user(name, policies=["AdministratorAccess"], tags=tags, **HAS))
    world.evaluate()
    return made


def heard(world: World) -> tuple[Counter[str], Counter[str], Counter[str]]:
    """Return what the topic, the chat's topic and the mailboxes got, each counted by who it is about."""
    topic = Counter(f"{notice['attributes']['user']} {notice['attributes']['event']}" for notice in world.published())
    mail = Counter(sent.destinations["ToAddresses"][0] for sent in ses_backends[ACCOUNT]["us-east-1"].sent_messages)
    findings = world.aws.client("securityhub").get_findings()["Findings"]
    return topic, mail, Counter(finding["Resources"][0]["Id"].rpartition("/")[2] for finding in findings)


def once(world: World, names: list[str]) -> None:
    topic, mail, findings = heard(world)
    assert topic == Counter(f"{name} found" for name in names)
    assert mail == Counter(f"{name}@example.com" for name in names)
    assert findings == Counter(names)


def fail_and_repair(world: World, user_id: str, action: str, setting: Setting) -> None:
    """Let one automation fail, unless the call is an optional channel's, and the next one finish the job."""
    set_fault(world, action, setting)
    assert world.remediate(user_id).succeeded is (action in OPTIONAL)
    world.aws.faults.clear()
    assert world.remediate(user_id).succeeded


def test_the_rows_are_the_helpers_calls(channels: World) -> None:
    """Settling adds the last: a record is replaced, and a finding resolved."""
    ada = channels.administrator("ada", tags={"Email": "ada@example.com"}, **HAS)
    assert channels.remediate(ada).succeeded
    assert channels.used_by_helper == {*READS, *WRITES}
    channels.aws.iam.device("ada", "virtual")
    assert channels.remediate(ada).succeeded
    assert channels.used_by_helper == {*READS, *WRITES, "dynamodb:PutItem", "securityhub:BatchUpdateFindings"}


@pytest.mark.parametrize("action", [*READS, *WRITES])
def test_a_notice_is_sent_once_whatever_failed_before(channels: World, action: str) -> None:
    made = people(channels, (*RECOVERS, *FAILS))
    for setting, (name, user_id) in made.items():
        fault = set_fault(channels, action, setting)
        run = channels.remediate(user_id)
        assert fault.hits
        assert (setting, run.succeeded) == (setting, setting in RECOVERS or action in OPTIONAL)
        assert "\n" not in run.failure
        channels.aws.faults.clear()
        again = channels.remediate(user_id)
        assert (name, again.succeeded, again.failure) == (name, True, "")
    once(channels, [name for name, _ in made.values()])


@pytest.mark.parametrize("action", [*READS, "dynamodb:UpdateItem"])
def test_an_answer_that_comes_too_late_says_nothing_twice(channels: World, action: str) -> None:
    ((name, user_id),) = people(channels, (SLOW,)).values()
    fault = set_fault(channels, action, SLOW)
    assert not channels.remediate(user_id).succeeded
    assert fault.hits
    # What was asked for is still done after the answer is of no use; a claim that was taken so lapses.
    time.sleep(2 * SLOW_SECONDS)
    new_container(channels)
    channels.now += CLAIM_LASTS + timedelta(seconds=1)
    assert channels.remediate(user_id).succeeded
    once(channels, [name])


@pytest.mark.parametrize("action", ["sns:Publish", "ses:SendEmail"])
def test_what_was_sent_and_never_confirmed_is_sent_again(channels: World, action: str) -> None:
    """Neither service can be asked whether it took a message, so of twice and never it is twice."""
    ((name, user_id),) = people(channels, (SLOW,)).values()
    set_fault(channels, action, SLOW)
    assert channels.remediate(user_id).succeeded is (action in OPTIONAL)
    time.sleep(2 * SLOW_SECONDS)
    new_container(channels)
    assert channels.remediate(user_id).succeeded
    topic, mail, _ = heard(channels)
    assert topic[f"{name} found"] >= 1
    assert mail[f"{name}@example.com"] >= 1


def test_a_sender_that_dies_before_it_remembers_is_followed_by_one_more_notice(channels: World) -> None:
    ((name, user_id),) = people(channels, (SLOW,)).values()
    # The first write takes the claim, the second remembers that the topic has published.
    set_fault(channels, "dynamodb:UpdateItem", (Kind.ACCESS_DENIED, FOR_EVER), after=1)
    assert not channels.remediate(user_id).succeeded
    new_container(channels)
    assert channels.remediate(user_id).succeeded
    assert heard(channels)[0] == {f"{name} found": 1}
    channels.now += CLAIM_LASTS + timedelta(seconds=1)
    for _ in range(2):
        assert channels.remediate(user_id).succeeded
    assert heard(channels)[0] == {f"{name} found": 2}


@pytest.mark.parametrize("action", [*WRITES, "iam:ListAttachedUserPolicies", "config:DescribeConfigRules"])
def test_a_user_is_enforced_upon_and_told_once_whatever_failed(channels: World, action: str) -> None:
    made = people(channels, FAILS)
    for days in (0.0, 12.0, 1.0):
        channels.pass_days(days)
        for _, user_id in made.values():
            assert channels.remediate(user_id).succeeded
    channels.pass_days(1)
    for setting, (name, user_id) in made.items():
        fail_and_repair(channels, user_id, action, setting)
        assert channels.carries(name)
    topic, mail, _ = heard(channels)
    assert topic == {f"{name} {event}": 1 for name, _ in made.values() for event in ("found", "final", "enforced")}
    assert mail == {f"{name}@example.com": 3 for name, _ in made.values()}


@pytest.mark.parametrize("action", [*WRITES, "dynamodb:PutItem", "dynamodb:GetItem", "iam:ListMFADevices"])
def test_a_user_is_released_and_told_once_whatever_failed(channels: World, action: str) -> None:
    made = people(channels, FAILS)
    for days in (0.0, 12.0, 1.0, 1.0):
        channels.pass_days(days)
        for _, user_id in made.values():
            assert channels.remediate(user_id).succeeded
    for setting, (name, user_id) in made.items():
        channels.aws.iam.device(name, "virtual")
        fail_and_repair(channels, user_id, action, setting)
        assert not channels.carries(name)
    topic, mail, _ = heard(channels)
    assert {notice: count for notice, count in topic.items() if notice.endswith("released")} == {
        f"{name} released": 1 for name, _ in made.values()
    }
    # A finding that is over is forgotten, whether or not mail could be sent: the topic has the notice.
    assert mail == {f"{name}@example.com": 3 if action == "ses:SendEmail" else 4 for name, _ in made.values()}
    assert all("settled_at" in item for item in channels.items() if item["finding"]["S"].startswith("iam-admin"))
