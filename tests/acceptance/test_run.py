"""The acceptance run against the embedded AWS, with AWS Config and the remediation driven while it waits."""

import json
from pathlib import Path
from typing import Any

import pytest

from acceptance.__main__ import main
from acceptance.deployment import CHECKS
from acceptance.permissions import ACTIONS, PREFIX, policy
from acceptance.recording import record
from acceptance.run import Run, Step, as_json
from acceptance.stack import read_stack
from demo.emulator import Kind
from tests.acceptance.driver import Driver, left_over, results, session_of
from tests.remediation.test_runbooks import deploy
from tests.remediation.world import ACCOUNT, RULE, World

NAMES = [
    *(check.name for check in CHECKS),
    "the notices' topic has a queue of the run",
    "an administrator without credentials exists",
    "AWS Config holds the user to be NON_COMPLIANT",
    "the notice arrives",
    "the user enrols a virtual MFA device",
    "AWS Config holds the user to be COMPLIANT",
    "BackoutAdminMfa removes the device",
    "everything is removed",
]


def run_of(driver: Driver, **settings: Any) -> Run:
    session = session_of(driver.world.aws)
    return Run(session, read_stack(session, "admin-mfa"), clock=driver.clock, **settings)


def test_every_step_passes_and_nothing_is_left(driver: Driver) -> None:
    told: list[Step] = []
    steps = run_of(driver, report=told.append)()
    assert told == steps
    assert [step.name for step in steps] == NAMES
    assert results(steps) == {name: "skipped" if name in NAMES[:3] else "passed" for name in NAMES}, steps
    assert left_over(driver.world) == []
    report = json.loads(as_json(run_of(driver).stack, steps))
    assert (report["passed"], report["account_id"], len(report["steps"])) == (True, ACCOUNT, len(NAMES))


def test_it_calls_what_its_policy_allows_and_no_more(driver: Driver) -> None:
    world = driver.world
    made: set[str] = set()
    world.aws.config.conformance_pack(RULE)
    world.aws.config.organization(RULE)
    inner = driver.pause

    def pause(seconds: float) -> None:
        made.update(call.permission for call in world.aws.calls.all())
        inner(seconds)
        world.aws.calls.clear()

    driver.pause = pause  # type: ignore[method-assign]
    world.aws.calls.clear()
    assert "failed" not in results(run_of(driver)()).values()
    made.update(call.permission for call in world.aws.calls.all())
    helpers = world.used_by_helper | {"iam:DetachUserPolicy", "iam:DeleteVirtualMFADevice", "iam:DeactivateMFADevice"}
    assert made - helpers - {"sts:GetCallerIdentity"} <= ACTIONS
    # A tag at creation needs the first two beside the creation; the backout document has taken the device off by then.
    assert ACTIONS - made <= {"iam:TagUser", "iam:TagMFADevice", "iam:DeactivateMFADevice"}


def test_its_policy_holds_its_actions_and_one_more() -> None:
    statements = policy("aws", ACCOUNT)["Statement"]
    allowed = {
        action
        for statement in statements
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    }
    assert allowed == ACTIONS | {"iam:PassRole"}
    (attaching,) = (s for s in statements if "iam:AttachUserPolicy" in s["Action"])
    assert attaching["Condition"] == {"ArnEquals": {"iam:PolicyARN": "arn:aws:iam::aws:policy/AdministratorAccess"}}
    assert [s["Sid"] for s in statements if s["Resource"] == ["*"]] == ["Read"]


@pytest.mark.parametrize(
    ("action", "step"),
    [
        pytest.param("iam:AttachUserPolicy", NAMES[4], id="the policy"),
        pytest.param("iam:EnableMFADevice", NAMES[7], id="the device"),
        pytest.param("ssm:StartAutomationExecution", NAMES[9], id="the document"),
    ],
)
def test_a_step_that_fails_ends_the_run_and_everything_is_removed(driver: Driver, action: str, step: str) -> None:
    driver.world.aws.faults.add(action, Kind.ACCESS_DENIED)
    steps = run_of(driver)()
    assert [one.name for one in steps if one.result == "failed"] == [step]
    assert steps[-1].name == NAMES[-1]
    assert left_over(driver.world) == []


def test_what_never_happens_fails_in_time_with_what_to_do(driver: Driver) -> None:
    driver.idle = True
    steps = run_of(driver, minutes=1)()
    (failed,) = (step for step in steps if step.result == "failed")
    assert failed.detail == "NON_COMPLIANT in AWS Config did not happen within 1 minutes. Run `admin-mfa doctor`."
    assert left_over(driver.world) == []


@pytest.mark.parametrize(
    ("status", "failed", "expected"),
    [
        pytest.param("CREATE_SUCCESSFUL", (), ["skipped", "passed", "passed"], id="sound"),
        pytest.param("UPDATE_FAILED", (), ["skipped", "failed"], id="the pack failed"),
        pytest.param(
            "CREATE_SUCCESSFUL", ("210987654321",), ["skipped", "passed", "failed"], id="an account is missing"
        ),
    ],
)
def test_the_pack_and_the_aggregator_of_an_organization_are_checked(
    driver: Driver, status: str, failed: tuple[str, ...], expected: list[str]
) -> None:
    driver.world.aws.config.organization(RULE, status, failed)
    driver.idle = True
    steps = run_of(driver, minutes=0)()
    assert [step.result for step in steps][: len(expected)] == expected
    assert left_over(driver.world) == []


def test_ctrl_c_removes_everything(driver: Driver) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    driver.before_pause = interrupt
    with pytest.raises(KeyboardInterrupt):
        run_of(driver)()
    assert left_over(driver.world) == []


def test_a_second_ctrl_c_gives_up_one_removal_and_says_what_is_left(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    driver.before_pause = interrupt
    monkeypatch.setattr(Run, "_detach", interrupt)
    run = run_of(driver)
    with pytest.raises(KeyboardInterrupt):
        run()
    assert run.steps[-1].result == "failed"
    assert "the policy: interrupted" in run.steps[-1].detail
    assert [name.startswith(PREFIX) for name in left_over(driver.world)] == [True]


def test_answers_are_recorded_without_ids_and_secrets(driver: Driver, tmp_path: Path) -> None:
    session = session_of(driver.world.aws)
    record(session, tmp_path)
    Run(session, read_stack(session, "admin-mfa"), clock=driver.clock)()
    texts = {file.name: file.read_text(encoding="utf-8") for file in sorted(tmp_path.iterdir())}
    (device,) = (text for name, text in texts.items() if "CreateVirtualMFADevice" in name)
    assert json.loads(device)["data"]["VirtualMFADevice"]["Base32StringSeed"] == "..."
    (user,) = (text for name, text in texts.items() if "CreateUser" in name)
    assert json.loads(user)["data"]["User"]["UserId"] == "AIDAEXAMPLEEXAMPLE"
    assert [name for name, text in texts.items() if "ResponseMetadata" in text] == []


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        pytest.param({"ConsoleUsersOnly": "true"}, "ConsoleUsersOnly is true", id="no password"),
        pytest.param({"AllowedMfaTypes": "fido,hardware"}, "AllowedMfaTypes is fido,hardware", id="no virtual device"),
        pytest.param({"BackoutApprovers": "role/security"}, "BackoutApprovers is set", id="an approval is needed"),
    ],
)
def test_parameters_by_which_the_user_would_not_be_found_are_refused_first(
    world: World,
    capsys: pytest.CaptureFixture[str],
    parameters: dict[str, str],
    says: str,
) -> None:
    deploy(world, parameters)
    assert main(["--account-id", ACCOUNT, "--region", "us-east-1"]) == 2
    assert says in capsys.readouterr().err
    assert left_over(world) == []


@pytest.mark.parametrize(
    ("words", "says"),
    [
        pytest.param(["--account-id", "999999999999"], f"The account is {ACCOUNT}, not 999999999999.", id="account"),
        pytest.param(["--stack-name", "missing"], "The stack missing cannot be read", id="stack"),
    ],
)
def test_another_account_or_stack_is_refused(
    driver: Driver, capsys: pytest.CaptureFixture[str], words: list[str], says: str
) -> None:
    assert main([*words, "--region", "us-east-1"]) == 2
    assert says in capsys.readouterr().err
    assert left_over(driver.world) == []


def test_a_stack_for_production_is_refused(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    deploy(world, tags={"Environment": "prod"})
    assert main(["--account-id", ACCOUNT, "--region", "us-east-1"]) == 2
    assert "Environment=prod" in capsys.readouterr().err


def test_it_is_not_in_the_wheel() -> None:
    import admin_mfa  # noqa: PLC0415 - only this test asks where it is

    assert not (Path(admin_mfa.__file__).parent / "acceptance").exists()
