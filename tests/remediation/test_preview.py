"""`admin-mfa preview` says beforehand what the remediation then does, and the sweep logs the same in numbers."""

import io
import json
import os
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from admin_mfa.cli import app
from demo.emulator import Kind

from .world import HELPER_ARN, RULE, World, helper

ENFORCE = ("--option", "Mode=Enforce")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["preview", "--region", "us-east-1", *arguments], env={"COLUMNS": "80"})


@pytest.fixture
def world(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """An account whose clock the command follows, with a remediation configuration in Notify."""

    class Clock:
        @staticmethod
        def now(_: object) -> Any:
            return world.now

    monkeypatch.setattr("admin_mfa.cli.preview.datetime", Clock)
    configure(world)
    return world


def configure(world: World, *, automatic: bool = True, **options: str) -> None:
    inputs = {"AutomationAssumeRole": "arn:aws:iam::123456789012:role/require", "Mode": "Notify", **options}
    world.aws.client("config").put_remediation_configurations(
        RemediationConfigurations=[
            {
                "ConfigRuleName": RULE,
                "TargetType": "SSM_DOCUMENT",
                "TargetId": "RequireAdminMfa",
                "Automatic": automatic,
                "MaximumAutomaticAttempts": 10,
                "RetryAttemptSeconds": 60,
                "Parameters": {
                    "ResourceId": {"ResourceValue": {"Value": "RESOURCE_ID"}},
                    **{name: {"StaticValue": {"Values": [value]}} for name, value in inputs.items()},
                },
            }
        ]
    )


def previewed(*arguments: str) -> dict[str, Any]:
    found = run("--format", "json", *arguments)
    assert found.exit_code == 0, found.stderr
    (rule,) = json.loads(found.stdout)["rules"]
    return {user["user_name"]: user for user in rule["users"]} | {"": rule}


def test_what_is_previewed_is_what_happens(world: World) -> None:
    """Day after day, with one place a day: the notices, and the day on which enforcement begins on each user."""
    users = {name: world.administrator(name) for name in ("ada", "grace", "joan")}
    world.administrator("katherine", password=False)
    users["katherine"] = world.aws.iam.user_id("katherine")
    options = {"Mode": "Enforce", "MaxEnforcementsPerDay": "1", "ReminderDays": "5"}
    world.options.update(options)
    world.aws.iam.root(mfa=True)
    given = [text for name, value in options.items() for text in ("--option", f"{name}={value}")]
    promised: dict[str, str] = {}
    for _ in range(19):
        ahead = previewed(*given)
        before = {name: world.carries(name) for name in users}
        sent = len(world.events())
        # As the sweep starts them.
        for user in sorted(users.values()):
            assert world.remediate(user).succeeded
        notices = [(n["attributes"]["user"], n["attributes"]["event"]) for n in world.published()[sent:]]
        assert {one for one in notices if one[1] != "enforced"} == {
            (name, user["notice"].partition("-")[0]) for name, user in ahead.items() if name and user["notice"]
        }
        today = f"{world.now:%Y-%m-%d}"
        begun = {name for name in users if world.carries(name) and not before[name]}
        assert begun == {name for name, user in ahead.items() if name and user["restricted_on"] == today}
        for name, user in ahead.items():
            if name and user["restricted_on"] and user["notice"] == "final":
                promised.setdefault(name, user["restricted_on"])
        world.pass_days(1)
    assert [world.carries(name) for name in users] == [True, True, True, False]
    assert sorted(promised.values()) == ["2026-12-08", "2026-12-09", "2026-12-10"]


def _exempt(world: World) -> None:
    world.set_rule_parameters(ExemptUsers="ada@2026-12-31")


def _keys_used(world: World) -> None:
    world.use_key("ada", world.now)


def _slots(world: World) -> None:
    nothing = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]}
    for number in range(9):
        world.aws.iam.attach("ada", world.aws.iam.policy(f"filler-{number}", nothing))


def _cannot_enroll(world: World) -> None:
    denied = {"Effect": "Deny", "Action": "iam:EnableMFADevice", "Resource": "*"}
    world.aws.iam.attach("ada", world.aws.iam.policy("no-devices", {"Version": "2012-10-17", "Statement": [denied]}))


def _excepted(world: World) -> None:
    world.except_from_remediation(world.aws.iam.user_id("ada"), "Remediation failed 5 times.")
    configure(world)


@pytest.mark.parametrize(
    ("made", "options", "change", "reason"),
    [
        pytest.param({}, (), _exempt, "exempt", id="exempt"),
        pytest.param({"password": False}, (), None, "no-password", id="no console password"),
        pytest.param({"access_keys": 1}, (), _keys_used, "keys-used", id="access key at work"),
        pytest.param({}, (), _slots, "policy-slots", id="no free policy slot"),
        pytest.param({}, (), _cannot_enroll, "cannot-enroll", id="enrolling denied"),
        pytest.param({}, ("--option", "MaxEnforcementsPerDay=0"), None, "limit", id="a limit of zero"),
        pytest.param({}, (), _excepted, "remediation-exception", id="remediation exception"),
    ],
)
def test_who_is_spared_is_listed_with_the_reason(
    world: World,
    made: dict[str, Any],
    options: tuple[str, ...],
    change: Callable[[World], None] | None,
    reason: str,
) -> None:
    world.administrator("ada", **made)
    if change:
        change(world)
    ahead = previewed(*ENFORCE, *options)
    assert ahead["ada"]["spared"]["reason"] == reason
    assert ahead["ada"]["restricted_on"] is None
    assert ahead[""]["summary"][f"spared_{reason.replace('-', '_')}"] == 1
    assert not ahead["ada"]["notice"] or reason not in ("exempt", "remediation-exception")


def test_a_policy_that_cannot_be_read_spares(world: World) -> None:
    world.administrator("ada", policies=[], inline={"lost": "{"})
    assert previewed(*ENFORCE)["ada"]["spared"]["reason"] == "unreadable-policy"


def test_text_fits_eighty_columns(world: World) -> None:
    world.administrator("ada")
    world.administrator("grace", password=False)
    world.administrator("katherine-" + "x" * 40)
    world.administrator("joan")
    world.aws.iam.attach("joan", world.policy_arn)
    found = run(*ENFORCE)
    assert found.exit_code == 0
    assert (
        found.stdout
        == f"""\
Account 123456789012, rule {RULE}, 2026-11-24 07:00 UTC
Mode=Enforce, GracePeriodDays=14, MaxEnforcementsPerDay=5

USER                  NEXT NOTICE RESTRICTED  WHY NOT
ada                   found       2026-12-08  -
grace                 found       -           the user has no console password
joan                  found       ends now    -
katherine-{"x" * 40}
                      found       2026-12-08  -

4 users: 2 to be restricted, 1 spared.
"""
    )


def test_an_account_in_order_says_so_and_remediation_that_is_off_is_named(world: World) -> None:
    configure(world, automatic=False)
    world.now += timedelta(days=3)
    found = run()
    assert "No administrator lacks an MFA device, and none is exempt." in found.stdout
    assert "Automatic remediation is off: no notice is sent" in found.stdout
    assert "The rule has not been evaluated successfully for two periods" in found.stdout


def test_the_rules_own_parameters_and_options_are_taken_unless_others_are_given(world: World) -> None:
    world.administrator("ada")
    world.set_rule_parameters(ExemptUsers="ada")
    configure(world, Mode="Enforce", GracePeriodDays="30")
    assert previewed()["ada"]["spared"]["reason"] == "exempt"
    ahead = previewed("--parameter", "ExemptUsers=")
    assert (ahead["ada"]["restricted_on"], ahead[""]["mode"]) == ("2026-12-24", "Enforce")
    assert previewed("--parameter", "ExemptUsers=", "--option", "GracePeriodDays=1")["ada"]["restricted_on"] == (
        f"{date(2026, 11, 25)}"
    )


def test_without_a_deployment_the_defaults_are_taken(world: World) -> None:
    world.administrator("ada")
    found = run("--rule-name", "not-deployed", "--option", "Mode=Enforce", "--format", "json")
    (rule,) = json.loads(found.stdout)["rules"]
    assert (rule["rule"], rule["users"][0]["notice"], rule["users"][0]["restricted_on"]) == ("", "found", "2026-12-08")


def test_it_reads_only_and_takes_what_the_printed_policy_allows(world: World) -> None:
    world.aws.config.rule(f"{RULE}-conformance-pack-a", {"AssumeRoleMode": "false"}, function=RULE, pack=RULE)
    world.administrator("ada", access_keys=1)
    _slots(world)
    world.aws.calls.clear()
    assert run(*ENFORCE).exit_code == 0
    made = set(world.aws.calls.counts()) - {"sts:GetCallerIdentity"}
    printed = json.loads(CliRunner().invoke(app, ["permissions", "--preview"]).stdout)
    allowed = {action for statement in printed["Statement"] for action in statement["Action"]}
    assert made <= allowed
    assert all(action.split(":")[1].startswith(("Get", "List", "Describe", "Scan")) for action in allowed)
    # What judging alone takes is compared where the audit is tested.
    assert allowed - set(printed["Statement"][0]["Action"]) <= made


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        pytest.param(
            ("--option", "Mode"), 2, "--option takes KEY=VALUE, not 'Mode'; for example Mode=Enforce.", id="="
        ),
        pytest.param(("--option", "Mode=Perhaps"), 2, "Mode is 'Perhaps'; allowed is Notify or Enforce.", id="value"),
        pytest.param(("--option", "Fast=true"), 2, "Unknown option 'Fast'; allowed are Mode, ", id="name"),
        pytest.param(("--parameter", "Fast=true"), 2, "Fast", id="parameter"),
        pytest.param(("--format", "html"), 2, "html", id="format"),
    ],
)
def test_usage_errors(world: World, arguments: tuple[str, ...], code: int, says: str) -> None:
    world.administrator("ada")
    found = run(*arguments)
    assert (found.exit_code, found.stdout) == (code, "")
    assert says in found.stderr


@pytest.mark.parametrize("action", ["dynamodb:Scan", "config:DescribeRemediationExceptions", "iam:GetLoginProfile"])
def test_what_cannot_be_read_gives_no_preview(world: World, action: str) -> None:
    world.administrator("ada")
    world.aws.faults.add(action, Kind.ACCESS_DENIED, times=None)
    found = run(*ENFORCE)
    assert (found.exit_code, found.stdout) == (3, "")
    assert action in found.stderr


def _logged_by_the_sweep(world: World) -> list[dict[str, Any]]:
    handler = helper().logger.registered_handler
    before = handler.setStream(io.StringIO())
    try:
        world.ask(HELPER_ARN, {"Action": "sweep"})
    finally:
        written = handler.setStream(before)
        world.aws.automations.wait()
    return [json.loads(line) for line in written.getvalue().splitlines()]


def test_the_sweep_logs_the_same_counts_without_names(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    inputs = json.loads(os.environ["AUTOMATION_INPUTS"])
    monkeypatch.setenv("AUTOMATION_INPUTS", json.dumps({**inputs, "Mode": "Enforce"}))
    monkeypatch.setattr("admin_mfa.followup.sweep.PREVIEWED_USERS", 2)
    world.administrator("ada")
    world.administrator("grace", password=False)
    # What is sent is sent by then, so that the automations, which run beside, change no count.
    for name in ("ada", "grace"):
        assert world.remediate(world.aws.iam.user_id(name), Mode="Enforce").succeeded
    expected = previewed(*ENFORCE)[""]["summary"]
    (line,) = [line for line in _logged_by_the_sweep(world) if line["message"] == "preview"]
    assert line["ahead"] == expected
    assert expected == {"not_examined": 0, "restricted": 0, "spared_no_password": 1, "to_restrict": 1}
    assert "ada" not in json.dumps(line["ahead"])
    world.administrator("joan")
    (line,) = [line for line in _logged_by_the_sweep(world) if line["message"] == "preview"]
    assert line["ahead"]["not_examined"] == 1


def test_a_preview_that_fails_does_not_fail_the_sweep(world: World) -> None:
    world.administrator("ada")
    world.aws.faults.add("iam:ListVirtualMFADevices", Kind.ACCESS_DENIED, times=1)
    lines = _logged_by_the_sweep(world)
    assert [line["message"] for line in lines if line["message"] in ("preview", "no preview")] == ["no preview"]
