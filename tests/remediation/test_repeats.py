"""Many runs are as good as one: at once, day after day, and after failures."""

import json
import os
import random
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any, Literal

import pytest

from admin_mfa.errors import ReadError, RemediationError
from admin_mfa.followup.records import CLAIM_LASTS, Records, claimed
from admin_mfa.model import Verdict
from demo.emulator import Kind

from .world import HELPER_ARN, RULE, START, TABLE, World, rule_of_the_world


def test_twenty_automations_at_once_send_one_notice(world: World) -> None:
    ada = world.administrator("ada")
    with ThreadPoolExecutor(20) as pool:
        runs = list(pool.map(lambda _: world.remediate(ada), range(20)))
    assert all(run.succeeded for run in runs)
    assert sorted(world.events()) == ["found", "root"]


def test_twenty_automations_at_once_enforce_upon_one_user_once(world: World) -> None:
    ada = world.administrator("ada")
    world.options.update(Mode="Enforce", MaxEnforcementsPerDay="1")
    world.remediate_over(ada, 0.0, 12.0, 1.0)
    world.pass_days(1)
    with ThreadPoolExecutor(20) as pool:
        assert all(run.succeeded for run in pool.map(lambda _: world.remediate(ada), range(20)))
    assert world.carries("ada")
    assert world.events() == ["root", "found", "final", "enforced"]


def test_thirty_daily_sweeps_of_an_unchanged_finding_send_no_more(world: World) -> None:
    world.administrator("ada")
    for _ in range(30):
        world.ask(HELPER_ARN, {"Action": "sweep"})
        assert all(run.succeeded for run in world.aws.automations.wait())
        world.now += timedelta(days=1)
    assert len(world.aws.automations.wait()) == 30
    assert sorted(world.events()) == ["found", "root"]


def test_reminders_come_as_often_as_asked(world: World) -> None:
    ada = world.administrator("ada")
    world.options["ReminderDays"] = "7"
    for _ in range(30):
        assert world.remediate(ada).succeeded
        world.now += timedelta(days=1)
    assert world.events() == ["root", "found", "reminder", "reminder", "reminder", "reminder"]


def test_the_daily_limit_holds_and_the_next_day_goes_on(world: World) -> None:
    users = [world.administrator(name) for name in ("ada", "grace", "joan")]
    world.options.update(Mode="Enforce", MaxEnforcementsPerDay="2")
    for days in (0.0, 12.0, 1.0, 1.0):
        world.pass_days(days)
        for user in users:
            assert world.remediate(user).succeeded
    assert [world.carries(name) for name in ("ada", "grace", "joan")] == [True, True, False]
    world.pass_days(1)
    run = world.remediate(users[2])
    assert run.outputs["ReadAnswer.Reason"] == "the grace period is over"
    assert world.carries("joan")


def test_a_limit_of_zero_enforces_upon_nobody_and_says_so(world: World) -> None:
    ada = world.administrator("ada")
    world.options.update(Mode="Enforce", MaxEnforcementsPerDay="0")
    run = world.remediate_over(ada, 0.0, 12.0, 1.0, 1.0)
    assert run.outputs["ReadAnswer.Reason"] == "MaxEnforcementsPerDay is 0"
    assert "final" not in world.events()
    assert not world.carries("ada")


@pytest.mark.parametrize(
    ("made", "option"),
    [
        pytest.param({"password": False}, "EnforceWithoutConsolePassword", id="no console password"),
        pytest.param({"access_keys": 1}, "EnforceDespiteAccessKeys", id="access key at work"),
    ],
)
def test_who_is_spared_is_enforced_upon_only_where_asked_for(world: World, made: dict[str, Any], option: str) -> None:
    ada = world.administrator("ada", **made)
    world.use_key("ada", world.now)
    world.options["Mode"] = "Enforce"
    world.remediate_over(ada, 0.0, 12.0, 1.0, 1.0)
    assert not world.carries("ada")
    assert world.events() == ["root", "found"]
    world.options[option] = "true"
    world.remediate_over(ada, 0.0, 1.0, 1.0)
    assert world.carries("ada")
    assert world.events() == ["root", "found", "final", "enforced"]


@pytest.mark.parametrize(
    ("tells", "counts"),
    [
        pytest.param(True, True, id="as recorded"),
        pytest.param(False, True, id="as documented"),
        pytest.param(True, False, id="runs without news do not count"),
    ],
)
def test_enforcement_begins_whether_or_not_config_tells_the_status_of_custom_rules(
    world: World, *, tells: bool, counts: bool
) -> None:
    world.aws.config.tell_status_of_custom_rules(tells)
    world.aws.config.decide(counts_empty_runs=counts)
    ada = world.administrator("ada")
    world.options["Mode"] = "Enforce"
    world.remediate_over(ada, 0.0, 12.0, 1.0, 1.0)
    assert world.carries("ada")


@pytest.mark.parametrize("tells", [True, False], ids=["as recorded", "as documented"])
def test_without_a_remembered_run_the_status_of_config_decides(
    world: World, monkeypatch: pytest.MonkeyPatch, *, tells: bool
) -> None:
    monkeypatch.setattr(rule_of_the_world(), "_remember", lambda *_: None)
    world.aws.config.tell_status_of_custom_rules(tells)
    ada = world.administrator("ada")
    world.options["Mode"] = "Enforce"
    world.remediate_over(ada, 0.0, 12.0, 1.0, 1.0)
    assert world.carries("ada") is tells


@pytest.mark.parametrize("tells", [True, False], ids=["as recorded", "as documented"])
def test_nobody_is_enforced_upon_by_a_rule_that_has_stopped(world: World, *, tells: bool) -> None:
    world.aws.config.tell_status_of_custom_rules(tells)
    ada = world.administrator("ada")
    world.options["Mode"] = "Enforce"
    world.remediate_over(ada, 0.0, 12.0)
    runs = []
    for _ in range(2):
        world.now += timedelta(days=1.1)
        runs.append(world.remediate(ada))
    assert runs[-1].outputs["ReadAnswer.Reason"] == "the rule has not been evaluated successfully for 2 periods"
    assert not world.carries("ada")


def test_throttled_iam_is_waited_for(world: World) -> None:
    ada = world.administrator("ada")
    fault = world.aws.faults.add("iam:*", Kind.THROTTLING, times=3)
    assert world.remediate(ada).succeeded
    assert fault.hits == 3
    assert sorted(world.events()) == ["found", "root"]


def test_an_attachment_that_iam_refuses_fails_and_the_next_run_attaches(world: World) -> None:
    ada = world.administrator("ada")
    world.options["Mode"] = "Enforce"
    world.remediate_over(ada, 0.0, 12.0, 1.0)
    world.pass_days(1)
    world.aws.faults.add("iam:AttachUserPolicy", Kind.ACCESS_DENIED, times=None)
    assert not world.remediate(ada).succeeded
    assert not world.carries("ada")
    world.aws.faults.clear()
    assert world.remediate(ada).succeeded
    assert world.carries("ada")
    assert world.events() == ["root", "found", "final", "enforced"]


def test_an_attachment_that_was_refused_uses_none_of_the_days_places(world: World) -> None:
    ada, grace = world.administrator("ada"), world.administrator("grace")
    world.options.update(Mode="Enforce", MaxEnforcementsPerDay="1")
    for days in (0.0, 12.0, 1.0):
        world.pass_days(days)
        for user in (ada, grace):
            assert world.remediate(user).succeeded
    world.pass_days(1)
    world.aws.faults.add("iam:AttachUserPolicy", Kind.ACCESS_DENIED, times=None)
    assert not world.remediate(ada).succeeded
    world.aws.faults.clear()
    limit = "enforcement began on 1 users today, which is the limit"
    assert world.remediate(grace).outputs["ReadAnswer.Reason"] == limit
    world.now += CLAIM_LASTS + timedelta(seconds=1)
    assert world.remediate(grace).succeeded
    assert (world.carries("ada"), world.carries("grace")) == (False, True)
    # A place whose policy is attached stays taken.
    world.now += CLAIM_LASTS + timedelta(seconds=1)
    assert world.remediate(ada).outputs["ReadAnswer.Reason"] == limit


def test_no_final_notice_goes_to_an_administrator_only_because_of_an_unreadable_policy(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Verdict, "enforceable", property(lambda _: False))
    ada = world.administrator("ada")
    world.options["Mode"] = "Enforce"
    world.remediate_over(ada, 0.0, 12.0, 1.0, 1.0)
    assert world.events() == ["root", "found"]
    assert "because a policy cannot be read" in " ".join(world.published()[1]["bodies"]["email"].split())


def test_a_claim_whose_holder_died_is_free_again_after_a_while(world: World) -> None:
    records = Records(world.aws.client("dynamodb"), TABLE)
    assert records.claim("a", "found", world.now)
    assert records.claim("a", "found", world.now + CLAIM_LASTS) is None
    late = world.now + CLAIM_LASTS + timedelta(seconds=1)
    taken = records.claim("a", "found", late)
    assert taken
    records.sent(taken, late)
    assert records.claim("a", "found", late + timedelta(days=300)) is None


def test_a_claim_is_given_back_by_its_owner_alone(world: World) -> None:
    records = Records(world.aws.client("dynamodb"), TABLE)
    first = records.claim("a", "found", world.now)
    assert first
    second = records.claim("a", "found", world.now + CLAIM_LASTS * 2)
    assert second
    records.give_back(first)
    records.sent(first, world.now)
    assert records.claim("a", "found", world.now + CLAIM_LASTS * 2) is None
    records.give_back(second)
    assert records.claim("a", "found", world.now + CLAIM_LASTS * 2)


def test_what_was_sent_when_the_finding_was_settled_meanwhile_leaves_nothing_behind(world: World) -> None:
    records = Records(world.aws.client("dynamodb"), TABLE)
    with claimed(records, "a", "found", world.now) as claim:
        assert claim
        records.forget("a")
    assert world.items() == []


def test_every_record_expires_when_nobody_touches_it(world: World) -> None:
    world.enforced()
    assert all(int(item["expires_at"]["N"]) > world.now.timestamp() for item in world.items())
    assert {item["finding"]["S"].partition("#")[0] for item in world.items()} == {
        "account",
        "enforcements",
        "iam-admin-user-mfa-enabled",
    }


def test_the_enforcement_policy_does_not_satisfy_the_rule(world: World) -> None:
    """It denies access keys without MFA, which is all that ApiAccess=require-mfa asks for."""
    world.set_rule_parameters(ApiAccess="require-mfa")
    world.options["EnforceDespiteAccessKeys"] = "true"
    ada = world.enforced(access_keys=1)
    world.aws.iam.device("ada")
    for _ in range(2):
        world.pass_days(1)
        assert world.remediate(ada).succeeded
    assert world.aws.config.results(RULE)[ada][0] == "NON_COMPLIANT"
    assert world.carries("ada")
    assert world.events() == ["root", "found", "final", "enforced"]


# The sweep


def test_sweep_releases_who_carries_the_policy_without_reason(world: World) -> None:
    world.aws.iam.user("grace")
    world.aws.iam.attach("grace", world.policy_arn)
    world.evaluate()
    swept = world.ask(HELPER_ARN, {"Action": "sweep"})
    world.aws.automations.wait()
    assert swept == {"started": 1, "excepted": 0, "settled": 0, "released": 1, "root_compliance": "NON_COMPLIANT"}
    assert not world.carries("grace")


def test_a_sweep_that_cannot_send_notices_releases_users_all_the_same(world: World) -> None:
    """Both the root user and the exception are to be announced; the failure is reported when everybody was seen to."""
    ada = world.administrator("ada")
    world.aws.iam.user("grace")
    world.aws.iam.attach("grace", world.policy_arn)
    world.evaluate()
    world.except_from_remediation(ada, "a failure")
    fault = world.aws.faults.add("sns:Publish", Kind.ACCESS_DENIED, times=None)
    for root_mfa in (None, True):
        world.aws.iam.root(mfa=root_mfa)
        world.aws.calls.clear()
        with pytest.raises(RemediationError, match="A notice could not be sent"):
            world.ask(HELPER_ARN, {"Action": "sweep"})
        world.aws.automations.wait()
        assert not world.carries("grace")
        world.aws.iam.attach("grace", world.policy_arn)
    assert fault.hits > 0
    assert world.events() == []


def test_sweep_only_releases_while_automatic_remediation_is_off(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOMATIC_REMEDIATION", "false")
    world.administrator("ada")
    world.aws.iam.user("grace")
    world.aws.iam.attach("grace", world.policy_arn)
    world.evaluate()
    swept = world.ask(HELPER_ARN, {"Action": "sweep"})
    world.aws.automations.wait()
    assert swept == {"started": 1, "excepted": 0, "settled": 0, "released": 1, "root_compliance": None}
    assert not world.carries("grace")
    assert world.events() == ["released"]


def test_sweep_notifies_about_the_root_user_even_when_no_user_fails(world: World) -> None:
    swept = [world.ask(HELPER_ARN, {"Action": "sweep"}) for _ in range(3)]
    assert swept == [{"started": 0, "excepted": 0, "settled": 0, "released": 0, "root_compliance": "NON_COMPLIANT"}] * 3
    assert world.events() == ["root"]


def test_root_is_told_of_again_after_it_had_mfa(world: World) -> None:
    for mfa in (None, True, None):
        world.aws.iam.root(mfa=mfa)
        swept = world.ask(HELPER_ARN, {"Action": "sweep"})
        assert swept["root_compliance"] == ("COMPLIANT" if mfa else "NON_COMPLIANT")
    assert world.events() == ["root", "root"]


@pytest.mark.parametrize("reuse", ["refused", "returned"])
def test_a_retried_sweep_starts_nothing_twice(world: World, reuse: Literal["refused", "returned"]) -> None:
    """AWS documents that a token cannot be used again, and not what it answers."""
    world.aws.automations.reuse = reuse
    world.administrator("ada")
    for _ in range(2):
        world.ask(HELPER_ARN, {"Action": "sweep", "Run": "event-1"})
    assert len(world.aws.automations.wait()) == 1


def test_the_sweep_of_another_event_and_each_sweep_by_hand_start_anew(world: World) -> None:
    world.administrator("ada")
    for event in ({"Run": "event-1"}, {"Run": "event-2"}, {}, {}):
        world.ask(HELPER_ARN, {"Action": "sweep", **event})
    assert len(world.aws.automations.wait()) == 4


def test_a_sweep_with_other_inputs_is_not_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The token holds every input, so that a changed Mode is not taken for a mistake."""
    world.administrator("ada")
    world.ask(HELPER_ARN, {"Action": "sweep", "Run": "event-1"})
    inputs = json.loads(os.environ["AUTOMATION_INPUTS"])
    monkeypatch.setenv("AUTOMATION_INPUTS", json.dumps({**inputs, "Mode": "Enforce"}))
    world.ask(HELPER_ARN, {"Action": "sweep", "Run": "event-1"})
    assert len(world.aws.automations.wait()) == 2


def test_sweep_starts_the_document_for_rules_that_a_conformance_pack_made(world: World) -> None:
    pack_rule = "iam-admin-user-mfa-enabled-conformance-pack-abc"
    world.aws.config.rule(pack_rule, {"AssumeRoleMode": "false"}, pack=RULE, function=RULE)
    world.administrator("ada")
    world.evaluate(pack_rule)
    world.ask(HELPER_ARN, {"Action": "sweep"})
    world.aws.automations.wait()
    started = [call.parameters for call in world.aws.calls.of("ssm")]
    assert [p["Parameters"]["ConfigRuleName"][0] for p in started] == [
        "iam-admin-user-mfa-enabled",
        "iam-admin-user-mfa-enabled-conformance-pack-abc",
    ]


def test_sweep_leaves_alone_and_reports_whom_config_excepted(world: World) -> None:
    ada = world.administrator("ada")
    world.except_from_remediation(ada, "Remediation failed 5 times.")
    swept = [world.ask(HELPER_ARN, {"Action": "sweep"}) for _ in range(3)]
    assert swept == [{"started": 0, "excepted": 1, "settled": 0, "released": 0, "root_compliance": "NON_COMPLIANT"}] * 3
    assert world.events() == ["root", "exception"]
    assert "Remediation failed 5 times." in world.published()[1]["bodies"]["email"]
    assert world.published()[1]["attributes"]["user"] == "ada"


def test_sweep_starts_all_that_it_can_and_then_fails_for_the_rest(world: World) -> None:
    for name in ("ada", "grace", "joan"):
        world.administrator(name)
    world.aws.faults.add("ssm:StartAutomationExecution", Kind.ACCESS_DENIED)
    with pytest.raises(RemediationError, match="1 of 3 automations could not be started"):
        world.ask(HELPER_ARN, {"Action": "sweep", "Run": "event-1"})
    assert len(world.aws.automations.wait()) == 2
    world.ask(HELPER_ARN, {"Action": "sweep", "Run": "event-1"})
    assert len(world.aws.automations.wait()) == 3
    assert sorted(world.events()) == ["found", "found", "found", "root"]


def test_sweep_without_a_rule_says_who_is_left_locked(world: World) -> None:
    world.aws.iam.user("grace")
    world.aws.iam.attach("grace", world.policy_arn)
    world.aws.client("config").delete_config_rule(ConfigRuleName="iam-admin-user-mfa-enabled")
    with pytest.raises(RemediationError, match=r"attached to users \(1\), but no rule is left"):
        world.ask(HELPER_ARN, {"Action": "sweep"})


def test_sweep_that_cannot_read_what_config_holds_fails(world: World) -> None:
    world.aws.faults.add("config:GetComplianceDetailsByConfigRule", Kind.ACCESS_DENIED)
    with pytest.raises(ReadError, match="config:GetComplianceDetailsByConfigRule failed"):
        world.ask(HELPER_ARN, {"Action": "sweep"})


def _sweep_daily(world: World, monkeypatch: pytest.MonkeyPatch, **options: str) -> None:
    """Have the sweep start the document with these options."""
    inputs = json.loads(os.environ["AUTOMATION_INPUTS"])
    monkeypatch.setenv("AUTOMATION_INPUTS", json.dumps({**inputs, **options}))
    world.aws.iam.root(mfa=True)


def _sweep(world: World) -> None:
    world.ask(HELPER_ARN, {"Action": "sweep"})
    assert all(run.succeeded for run in world.aws.automations.wait())


def test_sweep_settles_a_finding_whose_compliance_event_was_lost(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    _sweep_daily(world, monkeypatch, Mode="Enforce")
    ada = world.administrator("ada")
    _sweep(world)
    world.aws.iam.device("ada")
    world.pass_days(13)
    assert world.ask(HELPER_ARN, {"Action": "sweep"})["settled"] == 1
    world.aws.automations.wait()
    world.aws.iam.remove_devices("ada")
    world.pass_days(40)
    _sweep(world)
    assert not world.carries("ada")
    assert world.events() == ["found", "found"]
    assert f"iam-admin-user-mfa-enabled#{ada}" in {item["finding"]["S"] for item in world.items()}


@pytest.mark.parametrize("seed", range(4))
def test_enforcement_follows_a_final_notice_of_the_same_episode(
    world: World, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Every compliance event is lost, some sweeps fail, and devices come and go."""
    chance = random.Random(seed)  # noqa: S311 - a reproducible history, not a secret
    _sweep_daily(world, monkeypatch, Mode="Enforce", GracePeriodDays="4")
    world.administrator("ada")
    enrolled, begun, carried = False, world.now, False
    finals: list[datetime] = []
    for _ in range(30):
        if not carried and chance.random() < 0.25:
            if enrolled:
                world.aws.iam.remove_devices("ada")
                begun = world.now
            else:
                world.aws.iam.device("ada")
            enrolled = not enrolled
        world.evaluate()
        if chance.random() < 0.75:
            seen = len(world.events())
            _sweep(world)
            if not carried and world.carries("ada"):
                assert not enrolled
                assert max(finals, default=START) >= begun
                assert world.now - max(finals) >= timedelta(days=2)
            if "final" in world.events()[seen:]:
                finals.append(world.now)
            carried = world.carries("ada")
        world.now += timedelta(days=1)


def test_removing_a_device_does_not_restart_the_grace_period(world: World) -> None:
    ada = world.administrator("ada")
    world.options["Mode"] = "Enforce"
    assert world.remediate(ada).succeeded
    for days, enrolled in ((13.9, True), (0.0, False), (1.0, False), (1.0, False), (1.0, False)):
        world.pass_days(days)
        if enrolled:
            world.aws.iam.device("ada")
        elif days == 0.0:
            world.aws.iam.remove_devices("ada")
        world.evaluate()
        assert world.remediate(ada).succeeded
    assert world.events() == ["root", "found", "found", "final", "enforced"]
    assert "continues" in world.published()[2]["bodies"]["email"]
    assert "continues" not in world.published()[1]["bodies"]["email"]


@pytest.mark.parametrize("days", [29, 31])
def test_a_device_kept_for_a_month_restarts_the_grace_period(world: World, days: int) -> None:
    ada = world.administrator("ada")
    world.options["Mode"] = "Enforce"
    assert world.remediate(ada).succeeded
    world.aws.iam.device("ada")
    assert world.remediate(ada).succeeded
    world.pass_days(days)
    world.aws.iam.remove_devices("ada")
    world.evaluate()
    for _ in range(2):
        assert world.remediate(ada).succeeded
    assert world.events()[2:] == (["found", "final"] if days < 30 else ["found"])


# AWS Config's event


def test_compliance_change_releases_as_soon_as_config_reports_it(world: World) -> None:
    ada = world.enforced()
    world.aws.iam.device("ada")
    event = {"Action": "compliance_changed", "ConfigRuleName": "iam-admin-user-mfa-enabled", "UserId": ada}
    assert world.ask(HELPER_ARN, event) == {"started": True}
    world.aws.automations.wait()
    assert not world.carries("ada")
    assert world.events()[-1] == "released"


def test_compliance_change_of_somebody_without_a_finding_starts_nothing(world: World) -> None:
    grace = world.aws.iam.user("grace")
    event = {"Action": "compliance_changed", "ConfigRuleName": "iam-admin-user-mfa-enabled", "UserId": grace}
    assert world.ask(HELPER_ARN, event) == {"started": False}
    assert world.aws.automations.wait() == ()
