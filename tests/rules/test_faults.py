"""What can go wrong goes wrong, one row each: nothing false is reported, nothing cleared, and the next run repairs it.

Every row starts from an account that was judged well and has changed since, lets one thing fail in one way during one
run, looks at what AWS Config holds then, and lets a good run follow. Each runs in a container of its own.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, Final

import botocore.endpoint
import pytest
from botocore.config import Config as ClientConfig

from admin_mfa.aws import iam as iam_module
from admin_mfa.aws.config import ACTIONS, OVERSIZED_ACTIONS
from admin_mfa.aws.session import CLIENT_CONFIG
from admin_mfa.errors import AdminMfaError
from demo.emulator import EmbeddedAws, Kind
from tests.support.handler import RULE, compliances, handle, held, new_clients, new_container, prepare, reevaluate
from tests.support.tools import ROOT

C, NC, NA = "COMPLIANT", "NON_COMPLIANT", "NOT_APPLICABLE"
ADMIN = "AdministratorAccess"
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
GIVEN = {
    "ApiAccess": "require-mfa",
    "ManagedDeviceTag": "managed",
    "ConsoleUsersOnly": "true",
    "PrivilegeModel": "effective",
}
"""Parameters with which a run makes every call that a run can make."""

FOR_EVER: Final = None
Setting = tuple[Kind, int | None]

RECOVERS: tuple[Setting, ...] = (
    (Kind.THROTTLING, 1),
    (Kind.SERVICE_FAILURE, 4),
    (Kind.CUT_CONNECTION, 1),
)
RAISES: tuple[Setting, ...] = (
    (Kind.ACCESS_DENIED, 1),
    (Kind.THROTTLING, FOR_EVER),
    (Kind.SERVICE_FAILURE, FOR_EVER),
    (Kind.MALFORMED_XML, 1),
    (Kind.CUT_CONNECTION, FOR_EVER),
    (Kind.SLOW, FOR_EVER),
)
SLOW_SECONDS, PATIENCE_SECONDS = 0.2, 0.04

SCHEDULED = (
    "iam:GetAccountAuthorizationDetails",
    "iam:ListVirtualMFADevices",
    "iam:ListMFADevices",
    "iam:ListMFADeviceTags",
    "iam:GetLoginProfile",
    "iam:ListAccessKeys",
    "iam:GetPolicy",
    "iam:GetPolicyVersion",
    "iam:GetAccountSummary",
    "config:GetComplianceDetailsByConfigRule",
    "config:PutEvaluations",
)
CHANGED = (
    "iam:GetUser",
    "iam:ListAttachedUserPolicies",
    "iam:ListUserPolicies",
    "iam:GetUserPolicy",
    "iam:ListGroupsForUser",
    "iam:GetAccountAuthorizationDetails",
    "iam:GetPolicy",
    "iam:GetPolicyVersion",
    "iam:ListMFADevices",
    "iam:ListMFADeviceTags",
    "iam:GetLoginProfile",
    "iam:ListAccessKeys",
    "config:GetResourceConfigHistory",
    "config:PutEvaluations",
)


def without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have botocore not wait before it tries again."""
    # The one place where botocore waits.
    monkeypatch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=lambda _: None, time=time.time))


@pytest.fixture(autouse=True)
def container(
    aws: EmbeddedAws,  # noqa: ARG001 - a container keeps to the environment that it began in
    monkeypatch: pytest.MonkeyPatch,
) -> Any:
    """A new container, in which botocore does not wait before it tries again: that it waits is tested with clients."""
    without_waiting(monkeypatch)
    return new_container()


def set_fault(aws: EmbeddedAws, session: Any, action: str, setting: Setting, after: int = 0) -> Any:
    kind, times = setting
    if kind is Kind.SLOW:
        session.set_default_client_config(CLIENT_CONFIG.merge(ClientConfig(read_timeout=PATIENCE_SECONDS)))
        new_clients()
    return aws.faults.add(action, kind, times=times, after=after, seconds=SLOW_SECONDS)


def eventually(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def good_again(aws: EmbeddedAws, session: Any) -> None:
    """Take the fault away; what runs next runs in a new container."""
    aws.faults.clear()
    session.set_default_client_config(CLIENT_CONFIG)
    new_clients()


def rows(actions: tuple[str, ...], settings: tuple[Setting, ...]) -> list[Any]:
    words = {1: "once", 4: "four times", FOR_EVER: "for ever"}
    return [
        pytest.param(action, setting, id=f"{action} {setting[0]} {words[setting[1]]}")
        for action in actions
        for setting in settings
    ]


# A scheduled run


@pytest.fixture
def changed_account(aws: EmbeddedAws) -> EmbeddedAws:
    """An account that was judged, in which then something of every kind happened."""
    iam = aws.iam
    iam.user("enrols", policies=[ADMIN], password=True)
    iam.user("loses", policies=[ADMIN], password=True, devices=["fido"])
    iam.user("leaves", policies=[ADMIN], password=True)
    iam.user("robot", policies=[ADMIN])
    iam.user("plain")
    iam.user("bounded", policies=[ADMIN], boundary=READ_ONLY, password=True)
    iam.user("promoted", password=True)
    prepare(aws, **GIVEN)
    aws.config.invoke(handle, rule_name=RULE)
    assert compliances(held(aws)) == BEFORE
    iam.device("enrols", "virtual", {"managed": ""})
    iam.remove_devices("loses")
    iam.delete_user("leaves")
    iam.attach("promoted", ADMIN)
    iam.user("joins", policies=[ADMIN], password=True)
    aws.calls.clear()
    aws.config.clear_recorded()
    return aws


BEFORE = {
    "enrols": NC,
    "loses": C,
    "leaves": NC,
    "robot": C,
    "plain": C,
    "bounded": C,
    "promoted": C,
}
AFTER = {
    "enrols": C,
    "loses": NC,
    "robot": C,
    "plain": C,
    "bounded": C,
    "promoted": NC,
    "joins": NC,
}


def final(aws: EmbeddedAws) -> dict[str, str]:
    """What Config holds of those who exist; whoever has left must be cleared."""
    names = set(aws.iam.state.backend.users)
    found = compliances(held(aws))
    assert {found[user_id] for user_id in found.keys() - names} <= {NA}
    return {name: found[name] for name in found.keys() & names}


def recorded(aws: EmbeddedAws) -> dict[str, str]:
    names = {user.id: name for name, user in aws.iam.state.backend.users.items()}
    return {names.get(e.resource_id, "whoever left"): e.compliance for e in aws.config.recorded}


CHANGES = {"enrols": C, "loses": NC, "promoted": NC, "joins": NC, "whoever left": NA}


def test_the_account_makes_every_call_that_a_scheduled_run_can_make(changed_account: EmbeddedAws) -> None:
    aws = changed_account
    aws.config.invoke(handle, rule_name=RULE)
    assert set(aws.calls.counts()) == set(SCHEDULED)
    assert set(SCHEDULED) == {*iam_module.BULK_ACTIONS, *ACTIONS}
    assert (final(aws), recorded(aws)) == (AFTER, CHANGES)


@pytest.mark.parametrize(("action", "setting"), rows(SCHEDULED, RECOVERS))
def test_a_run_bears(changed_account: EmbeddedAws, container: Any, action: str, setting: Setting) -> None:
    aws = changed_account
    fault = set_fault(aws, container, action, setting)

    aws.config.invoke(handle, rule_name=RULE)

    assert fault.hits == setting[1]
    assert (final(aws), recorded(aws)) == (AFTER, CHANGES)


@pytest.mark.parametrize(("action", "setting"), rows(SCHEDULED, RAISES))
def test_a_run_raises(changed_account: EmbeddedAws, container: Any, action: str, setting: Setting) -> None:
    aws = changed_account
    before, completed = aws.config.results(RULE), aws.config.runs_completed(RULE)
    fault = set_fault(aws, container, action, setting)

    with pytest.raises(AdminMfaError):
        aws.config.invoke(handle, rule_name=RULE)

    assert fault.hits
    if setting[0] is Kind.SLOW and action == "config:PutEvaluations":
        # Config takes them and only its answer comes too late: what it holds is then the truth.
        eventually(lambda: recorded(aws) == CHANGES)
    else:
        assert (recorded(aws), aws.config.results(RULE)) == ({}, before)
        assert aws.config.runs_completed(RULE) == completed

    good_again(aws, container)
    aws.config.invoke(handle, rule_name=RULE)

    assert final(aws) == AFTER
    assert recorded(aws) == CHANGES
    assert aws.config.runs_completed(RULE) > completed


@pytest.mark.parametrize(("action", "setting"), rows(("iam:GetAccountAuthorizationDetails",), RAISES))
def test_a_page_in_the_middle_that_fails_is_no_end(
    changed_account: EmbeddedAws, container: Any, action: str, setting: Setting
) -> None:
    """The first pages came, and so a run that took what it had would clear everybody on the others."""
    aws = changed_account
    aws.paging.size = 2
    before = aws.config.results(RULE)
    set_fault(aws, container, action, setting, after=2)

    with pytest.raises(AdminMfaError):
        aws.config.invoke(handle, rule_name=RULE)

    assert (recorded(aws), aws.config.results(RULE)) == ({}, before)
    good_again(aws, container)
    aws.config.invoke(handle, rule_name=RULE)
    assert final(aws) == AFTER


# PutEvaluations in batches


@pytest.fixture
def crowd(aws: EmbeddedAws) -> EmbeddedAws:
    """250 administrators without a device and one with, none of whom Config knows: three batches."""
    aws.iam.administrators(250)
    aws.iam.user("enrolled", policies=[ADMIN], devices=["virtual"])
    prepare(aws)
    return aws


def assert_true_and_some(aws: EmbeddedAws, count: int) -> None:
    found = compliances(held(aws))
    assert len(found) == count
    assert {name: value for name, value in found.items() if value != (C if name == "enrolled" else NC)} == {}


@pytest.mark.parametrize(
    ("setting", "taken"),
    [
        pytest.param((Kind.ACCESS_DENIED, 1), 100, id="denied"),
        pytest.param((Kind.THROTTLING, FOR_EVER), 100, id="throttled for ever"),
        pytest.param((Kind.SERVICE_FAILURE, FOR_EVER), 100, id="failing for ever"),
        pytest.param((Kind.MALFORMED_XML, 1), 100, id="nonsense answered"),
        pytest.param((Kind.CUT_CONNECTION, FOR_EVER), 100, id="cut off for ever"),
        pytest.param((Kind.THROTTLING, 1), 251, id="throttled once"),
        pytest.param((Kind.CUT_CONNECTION, 1), 251, id="cut off once"),
    ],
)
def test_the_second_batch_of_three_fails(crowd: EmbeddedAws, container: Any, setting: Setting, taken: int) -> None:
    set_fault(crowd, container, "config:PutEvaluations", setting, after=1)

    with contextlib.nullcontext() if taken > 200 else pytest.raises(AdminMfaError):
        crowd.config.invoke(handle, rule_name=RULE)
    assert_true_and_some(crowd, taken)

    good_again(crowd, container)
    crowd.config.clear_recorded()
    crowd.config.invoke(handle, rule_name=RULE)
    assert_true_and_some(crowd, 251)
    assert len(crowd.config.recorded) == 251 - taken, "only what was not taken is put again"


@pytest.mark.parametrize("unlucky", [1, 99, 101])
def test_evaluations_that_come_back_raise(crowd: EmbeddedAws, unlucky: int) -> None:
    ids = {crowd.iam.user_id(f"administrator-{number:04d}") for number in range(unlucky)}
    crowd.config.fail_evaluations(lambda evaluation: evaluation["ComplianceResourceId"] in ids)

    with pytest.raises(AdminMfaError, match="AWS Config did not take"):
        crowd.config.invoke(handle, rule_name=RULE)
    # The first two batches are put side by side; the third, which ends the run, only after both.
    assert_true_and_some(crowd, 200 - unlucky)

    crowd.config.fail_evaluations(None)
    crowd.config.invoke(handle, rule_name=RULE)
    assert_true_and_some(crowd, 251)


def test_an_expired_token_raises_and_changes_nothing(changed_account: EmbeddedAws) -> None:
    aws = changed_account
    event, before = aws.config.scheduled_event(RULE), aws.config.results(RULE)
    aws.config.expire_tokens()

    with pytest.raises(AdminMfaError, match="InvalidResultToken"):
        aws.config.invoke(handle, rule_name=RULE, event=event)

    assert aws.config.results(RULE) == before
    aws.config.invoke(handle, rule_name=RULE)
    assert final(aws) == AFTER


# A run that a change triggers


@pytest.fixture
def changed_user(aws: EmbeddedAws) -> EmbeddedAws:
    """A user of whom every call is asked, judged NON_COMPLIANT, who has enrolled since."""
    read = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}}
    aws.iam.group("ops", [READ_ONLY])
    aws.iam.user("ada", policies=[ADMIN], groups=["ops"], inline={"read": read}, password=True)
    aws.config.rule(RULE, {"AssumeRoleMode": "false", **GIVEN}, change_triggered=True)
    aws.config.invoke(handle, rule_name=RULE, event=aws.config.change_event(RULE, "ada"))
    assert compliances(held(aws)) == {"ada": NC}
    aws.iam.device("ada", "virtual", {"unmanaged": ""})
    aws.iam.device("ada", "fido")
    aws.calls.clear()
    aws.config.clear_recorded()
    return aws


def test_the_user_makes_every_call_that_a_change_can_make(changed_user: EmbeddedAws) -> None:
    aws = changed_user
    aws.config.invoke(handle, rule_name=RULE, event=aws.config.oversized_event(RULE, "ada"))
    assert compliances(held(aws)) == {"ada": C}
    calls = set(aws.calls.counts())
    aws.iam.remove_devices("ada")
    aws.config.invoke(handle, rule_name=RULE, event=aws.config.oversized_event(RULE, "ada"))
    assert calls | set(aws.calls.counts()) == set(CHANGED)
    declared = {*iam_module.BULK_ACTIONS, *iam_module.SINGLE_ACTIONS, *ACTIONS, *OVERSIZED_ACTIONS}
    never = {"iam:GetAccountSummary", "iam:ListVirtualMFADevices", "config:GetComplianceDetailsByConfigRule"}
    assert set(CHANGED) == declared - never


LATER = {"iam:GetLoginProfile"}
"""What is asked only of somebody whom no device settles."""


@pytest.mark.parametrize(("action", "setting"), rows(CHANGED, RECOVERS[1:2]))
def test_a_change_bears(changed_user: EmbeddedAws, container: Any, action: str, setting: Setting) -> None:
    aws = changed_user
    if action in LATER:
        aws.iam.remove_devices("ada")
    fault = set_fault(aws, container, action, setting)

    aws.config.invoke(handle, rule_name=RULE, event=aws.config.oversized_event(RULE, "ada"))

    assert fault.hits == setting[1]
    assert compliances(held(aws)) == {"ada": NC if action in LATER else C}


@pytest.mark.parametrize(("action", "setting"), rows(CHANGED, RAISES))
def test_a_change_raises(changed_user: EmbeddedAws, container: Any, action: str, setting: Setting) -> None:
    """Lambda calls again with the same event, and that puts it right."""
    aws = changed_user
    if action in LATER:
        aws.iam.remove_devices("ada")
    event, before = aws.config.oversized_event(RULE, "ada"), aws.config.results(RULE)
    fault = set_fault(aws, container, action, setting)

    with pytest.raises(AdminMfaError):
        aws.config.invoke(handle, rule_name=RULE, event=event)

    assert fault.hits
    if not (setting[0] is Kind.SLOW and action == "config:PutEvaluations"):
        assert aws.config.results(RULE) == before

    good_again(aws, container)
    aws.config.invoke(handle, rule_name=RULE, event=event)
    assert compliances(held(aws)) == {"ada": NC if action in LATER else C}


# The function that starts evaluations when IAM changes


@pytest.fixture
def queued(aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Two messages of the queue about changes, and a rule that has never run."""
    prepare(aws)
    (rule,) = aws.client("config").describe_config_rules()["ConfigRules"]
    monkeypatch.setenv("RULE_FUNCTION_ARN", rule["Source"]["SourceIdentifier"])
    monkeypatch.setenv("RULE_NAME", rule["ConfigRuleName"])
    monkeypatch.setattr("admin_mfa.aws.session.CLIENT_CONFIG", CLIENT_CONFIG.merge(ClientConfig(read_timeout=1)))
    bodies = [json.dumps({"time": f"2020-01-01T00:00:0{second}Z"}) for second in range(2)]
    return {"Records": [{"messageId": f"m{number}", "body": body} for number, body in enumerate(bodies)]}


READS = ("config:DescribeConfigRules", "config:DescribeConfigRuleEvaluationStatus")
"""What no evaluation starts without; tests/aws/test_reevaluate.py covers packs, which only their own rules need."""


@pytest.mark.parametrize(("action", "setting"), rows(READS, RECOVERS))
def test_starting_an_evaluation_bears(aws: EmbeddedAws, queued: dict[str, Any], action: str, setting: Setting) -> None:
    fault = aws.faults.add(action, setting[0], times=setting[1])
    assert reevaluate(queued) == {"batchItemFailures": []}
    assert (fault.hits, aws.config.pending()) == (setting[1], (RULE,))


@pytest.mark.parametrize(("action", "setting"), rows(READS, RAISES[:-1]))
def test_starting_an_evaluation_raises_so_that_the_queue_keeps_the_events(
    aws: EmbeddedAws, queued: dict[str, Any], action: str, setting: Setting
) -> None:
    aws.faults.add(action, setting[0], times=setting[1])
    with pytest.raises(AdminMfaError):
        reevaluate(queued)
    assert aws.config.pending() == ()
    aws.faults.clear()
    assert reevaluate(queued) == {"batchItemFailures": []}
    assert aws.config.pending() == (RULE,)


@pytest.mark.parametrize(
    "kind", [Kind.ACCESS_DENIED, Kind.THROTTLING, Kind.SERVICE_FAILURE, Kind.MALFORMED_XML, Kind.CUT_CONNECTION]
)
def test_an_evaluation_that_could_not_be_started_raises(aws: EmbeddedAws, queued: dict[str, Any], kind: Kind) -> None:
    aws.faults.add("config:StartConfigRulesEvaluation", kind)
    with pytest.raises(AdminMfaError):
        reevaluate(queued)
    assert reevaluate(queued) == {"batchItemFailures": []}
    assert aws.config.pending() == (RULE,)


@pytest.mark.parametrize("action", [*READS, "config:StartConfigRulesEvaluation"])
def test_an_answer_that_comes_too_late_raises_and_the_evaluation_is_started(
    aws: EmbeddedAws, queued: dict[str, Any], monkeypatch: pytest.MonkeyPatch, action: str
) -> None:
    impatient = CLIENT_CONFIG.merge(ClientConfig(read_timeout=PATIENCE_SECONDS))
    monkeypatch.setattr("admin_mfa.aws.session.CLIENT_CONFIG", impatient)
    fault = aws.faults.add(action, Kind.SLOW, times=FOR_EVER, seconds=SLOW_SECONDS)
    with pytest.raises(AdminMfaError):
        reevaluate(queued)
    assert fault.hits
    monkeypatch.setattr("admin_mfa.aws.session.CLIENT_CONFIG", CLIENT_CONFIG)
    aws.faults.clear()
    # Where the start itself was slow, AWS Config has begun; the queue's second try then finds that out.
    reevaluate(queued)
    eventually(lambda: aws.config.pending() == (RULE,))


# Events twice, and in the wrong order


def _schedule(aws: EmbeddedAws) -> dict[str, Any]:
    return aws.config.scheduled_event(RULE)


def _change(aws: EmbeddedAws) -> dict[str, Any]:
    return aws.config.change_event(RULE, "ada")


def _oversized(aws: EmbeddedAws) -> dict[str, Any]:
    return aws.config.oversized_event(RULE, "ada")


EVENTS = [
    pytest.param(_schedule, id="scheduled"),
    pytest.param(_change, id="changed"),
    pytest.param(_oversized, id="oversized"),
]


@pytest.fixture
def ada(aws: EmbeddedAws) -> EmbeddedAws:
    """One administrator without a device."""
    aws.iam.user("ada", policies=[ADMIN])
    prepare(aws)
    return aws


@pytest.mark.parametrize("event_of", EVENTS)
def test_an_event_that_comes_twice_says_the_same(
    ada: EmbeddedAws, event_of: Callable[[EmbeddedAws], dict[str, Any]]
) -> None:
    event = event_of(ada)
    for _ in range(2):
        ada.config.invoke(handle, rule_name=RULE, event=event)
        assert compliances(held(ada)) == {"ada": NC}


@pytest.mark.parametrize("late", EVENTS)
def test_an_old_event_that_comes_late_does_not_bring_back_the_past(
    ada: EmbeddedAws, late: Callable[[EmbeddedAws], dict[str, Any]]
) -> None:
    old = late(ada)
    ada.iam.device("ada")
    ada.config.invoke(handle, rule_name=RULE)
    ada.config.invoke(handle, rule_name=RULE, event=old)
    assert compliances(held(ada)) == {"ada": C}


@pytest.mark.parametrize("late", EVENTS)
def test_an_old_event_about_somebody_who_left_does_not_bring_them_back(
    ada: EmbeddedAws, late: Callable[[EmbeddedAws], dict[str, Any]]
) -> None:
    ada.config.invoke(handle, rule_name=RULE)
    old, gone, user_id = late(ada), ada.config.deleted_event(RULE, "ada"), ada.iam.user_id("ada")
    ada.iam.delete_user("ada")
    ada.config.invoke(handle, rule_name=RULE, event=gone)
    ada.config.invoke(handle, rule_name=RULE, event=old)
    assert compliances(held(ada)) == {user_id: NA}


# The function killed in the middle


KILLED = """
import json, sys
from tests.support.handler import handle
handle(json.loads(sys.argv[1]), None)
"""


@pytest.mark.parametrize(
    ("action", "after", "taken"),
    [
        pytest.param("iam:GetAccountAuthorizationDetails", 0, 0, id="reading users"),
        pytest.param("iam:ListMFADevices", 20, 0, id="reading devices"),
        pytest.param("config:GetComplianceDetailsByConfigRule", 0, 0, id="reading old results"),
        pytest.param("config:PutEvaluations", 2, 200, id="between the batches"),
    ],
)
def test_a_function_killed_by_its_timeout(crowd: EmbeddedAws, action: str, after: int, taken: int) -> None:
    fault = crowd.faults.add(action, Kind.SLOW, seconds=1.0, times=FOR_EVER, after=after)
    event = json.dumps(crowd.config.scheduled_event(RULE))
    environment = {**os.environ, **crowd.environment, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, "-c", KILLED, event], env=environment) as function:
        eventually(lambda: fault.hits > 0)
        function.send_signal(signal.SIGKILL)
    assert function.returncode == -signal.SIGKILL
    assert_true_and_some(crowd, taken)

    crowd.faults.clear()
    crowd.config.invoke(handle, rule_name=RULE)
    assert_true_and_some(crowd, 251)
