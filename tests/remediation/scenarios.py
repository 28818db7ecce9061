"""What must hold after each run of the documents, as short stories.

Each story asserts states only: who was told what, who carries the policy, what is remembered, whether the automation
succeeded. So whoever breaks a step is found out by what no longer happens, not by the step's name. The stories run in
our interpreter and in AWS's simulator, and against documents with a step broken on purpose.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from demo.emulator import Kind

from .world import World, helper

Story = Callable[[World], None]

REQUIRE: dict[str, Story] = {}
BACKOUT: dict[str, Story] = {}


def _about(book: dict[str, Story]) -> Callable[[Story], Story]:
    def add(story: Story) -> Story:
        book[story.__name__.replace("_", " ")] = story
        return story

    return add


def _records_of(world: World, user_id: str) -> list[dict[str, Any]]:
    return [
        item
        for item in world.items()
        if user_id in item["finding"]["S"] and "exception" not in item["finding"]["S"] and "settled_at" not in item
    ]


# RequireAdminMfa


@_about(REQUIRE)
def a_fresh_finding_is_told_and_so_is_the_root_user(world: World) -> None:
    ada = world.administrator("ada")
    run = world.remediate(ada)
    assert run.succeeded, run.failure
    assert sorted(world.events()) == ["found", "root"]
    found = next(notice for notice in world.published() if notice["attributes"]["event"] == "found")
    assert found["attributes"] == {"account": "123456789012", "event": "found", "severity": "HIGH", "user": "ada"}
    assert "AdministratorAccess" in found["bodies"]["email"]
    assert not world.carries("ada")
    (record,) = _records_of(world, ada)
    assert record["sent:found"]["S"].startswith("2026-11-24T07:00")


@_about(REQUIRE)
def a_finding_that_lasts_is_told_once(world: World) -> None:
    ada = world.administrator("ada")
    for _ in range(3):
        assert world.remediate(ada).succeeded
        world.pass_days(20)
    assert sorted(world.events()) == ["found", "root"]


@_about(REQUIRE)
def a_user_who_is_compliant_by_now_is_told_nothing(world: World) -> None:
    ada = world.administrator("ada")
    world.aws.iam.device("ada")
    assert world.remediate(ada).succeeded
    assert world.events() == []
    assert world.items() == []


@_about(REQUIRE)
def a_user_who_is_gone_ends_the_finding(world: World) -> None:
    ada = world.administrator("ada")
    world.remediate(ada)
    world.aws.iam.delete_user("ada")
    assert world.remediate(ada).succeeded
    assert _records_of(world, ada) == []
    assert sorted(world.events()) == ["found", "root"]


@_about(REQUIRE)
def an_exempt_user_is_told_nothing_and_never_enforced_upon(world: World) -> None:
    ada = world.administrator("ada")
    world.options["Mode"] = "Enforce"
    world.set_rule_parameters(ExemptUsers="ada@2026-12-31")
    for _ in range(3):
        assert world.remediate(ada).succeeded
        world.pass_days(7)
    assert world.events() == []
    assert not world.carries("ada")


@_about(REQUIRE)
def an_exemption_releases(world: World) -> None:
    ada = world.enforced()
    world.set_rule_parameters(ExemptUsers="ada")
    assert world.remediate(ada).succeeded
    assert not world.carries("ada")
    assert world.events()[-1] == "released"
    assert _records_of(world, ada) == []


@_about(REQUIRE)
def nothing_is_enforced_before_the_grace_period_is_over(world: World) -> None:
    ada = world.administrator("ada")
    world.options["Mode"] = "Enforce"
    world.remediate_over(ada, 0.0, 11.0, 1.0, 1.0, 0.9)
    assert not world.carries("ada")
    assert sorted(world.events()) == ["final", "found", "root"]


@_about(REQUIRE)
def enforcement_follows_the_final_notice_and_is_announced(world: World) -> None:
    world.enforced()
    assert world.events() == ["root", "found", "final", "enforced"]


@_about(REQUIRE)
def a_run_after_enforcement_changes_and_tells_nothing(world: World) -> None:
    ada = world.enforced()
    world.pass_days(5)
    assert world.remediate(ada).succeeded
    assert world.carries("ada")
    assert world.events() == ["root", "found", "final", "enforced"]


@_about(REQUIRE)
def enrolling_releases_and_is_announced(world: World) -> None:
    ada = world.enforced()
    world.aws.iam.device("ada")
    assert world.remediate(ada).succeeded
    assert not world.carries("ada")
    assert world.events()[-1] == "released"
    assert _records_of(world, ada) == []


@_about(REQUIRE)
def going_back_to_notify_releases_though_the_finding_lasts(world: World) -> None:
    ada = world.enforced()
    world.options["Mode"] = "Notify"
    assert world.remediate(ada).succeeded
    assert not world.carries("ada")
    assert world.events()[-1] == "released"
    (record,) = _records_of(world, ada)
    assert "sent:found" in record
    assert "sent:final" not in record


@_about(REQUIRE)
def what_an_operator_took_off_by_hand_comes_back_only_after_another_final_notice(world: World) -> None:
    ada = world.enforced()
    world.pass_days(1)
    world.aws.client("iam").detach_user_policy(UserName="ada", PolicyArn=world.policy_arn)
    assert world.remediate(ada).succeeded
    assert not world.carries("ada")
    assert world.events()[-1] == "released"
    assert world.remediate(ada).succeeded
    assert world.events()[-2:] == ["released", "final"]
    for days in (1.0, 0.9):
        world.pass_days(days)
        assert world.remediate(ada).succeeded
        assert not world.carries("ada")
    world.pass_days(0.2)
    assert world.remediate(ada).succeeded
    assert world.carries("ada")
    assert world.events()[-3:] == ["released", "final", "enforced"]


@_about(REQUIRE)
def a_user_with_full_policy_slots_is_spared_and_takes_no_place(world: World) -> None:
    ada = world.administrator("ada")
    world.options["Mode"] = "Enforce"
    world.remediate_over(ada, 0.0, 12.0, 1.0)
    for number in range(9):
        world.aws.iam.attach("ada", world.aws.iam.policy(f"filler-{number}", _nothing()))
    world.pass_days(1)
    run = world.remediate(ada)
    assert run.succeeded, run.failure
    assert run.outputs["ReadAnswer.Reason"] == "the user already has as many managed policies as the quota allows"
    assert not world.carries("ada")
    assert "enforced" not in world.events()
    assert not [item for item in world.items() if item["finding"]["S"].startswith("enforcements#")]


@_about(REQUIRE)
def a_user_who_could_not_enroll_is_spared_and_released(world: World) -> None:
    ada = world.enforced()
    denied = {"Effect": "Deny", "Action": "iam:Enable*", "Resource": "arn:aws:iam::*:user/${aws:username}"}
    policy = world.aws.iam.policy("no-devices", {"Version": "2012-10-17", "Statement": [denied]})
    world.aws.iam.attach("ada", policy)
    run = world.remediate(ada)
    assert run.succeeded, run.failure
    reason = "the policy no-devices keeps the user from enrolling a device"
    assert run.outputs["ReadAnswer.Reason"] == reason
    assert not world.carries("ada")
    for days in (1.0, 1.0, 1.0):
        world.pass_days(days)
        run = world.remediate(ada)
    assert not world.carries("ada")
    assert world.events()[-1] == "released"


def _nothing() -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}


@_about(REQUIRE)
def a_helper_that_cannot_read_iam_fails_the_run_and_the_next_one_finishes(world: World) -> None:
    ada = world.administrator("ada")
    fault = world.aws.faults.add("iam:GetAccountAuthorizationDetails", Kind.ACCESS_DENIED, times=None)
    assert not world.remediate(ada).succeeded
    assert fault.hits
    assert world.events() == []
    assert world.items() == []
    world.aws.faults.clear()
    assert world.remediate(ada).succeeded
    assert sorted(world.events()) == ["found", "root"]


@_about(REQUIRE)
def a_notice_that_cannot_be_sent_fails_the_run_and_the_next_one_sends_it(world: World) -> None:
    ada = world.administrator("ada")
    world.aws.iam.root(mfa=True)
    world.aws.faults.add("sns:Publish", Kind.ACCESS_DENIED, times=None)
    run = world.remediate(ada)
    assert not run.succeeded
    assert "sns:Publish" in run.failure
    assert world.events() == []
    assert [name for item in _records_of(world, ada) for name in item if name.startswith(("claimed:", "sent:"))] == []
    world.aws.faults.clear()
    assert world.remediate(ada).succeeded
    assert world.events() == ["found"]


@_about(REQUIRE)
def a_run_that_broke_off_after_attaching_is_finished_by_the_next(world: World) -> None:
    ada = world.administrator("ada")
    world.options["Mode"] = "Enforce"
    world.remediate_over(ada, 0.0, 12.0, 1.0)
    world.pass_days(1)
    world.aws.faults.add("sns:Publish", Kind.ACCESS_DENIED, times=None)
    assert not world.remediate(ada).succeeded
    assert world.carries("ada")
    world.aws.faults.clear()
    assert world.remediate(ada).succeeded
    assert world.events() == ["root", "found", "final", "enforced"]


@_about(REQUIRE)
def a_run_that_broke_off_after_releasing_is_finished_by_the_next(world: World) -> None:
    ada = world.enforced()
    world.aws.iam.device("ada")
    world.aws.faults.add("sns:Publish", Kind.ACCESS_DENIED, times=None)
    assert not world.remediate(ada).succeeded
    assert not world.carries("ada")
    world.aws.faults.clear()
    assert world.remediate(ada).succeeded
    assert world.events()[-1] == "released"
    assert _records_of(world, ada) == []


@_about(REQUIRE)
def an_answer_without_a_state_fails(world: World) -> None:
    ada = world.administrator("ada")
    world.lies["remediate"] = {"errorMessage": "Who knows."}
    run = world.remediate(ada)
    assert not run.succeeded
    assert "The function failed" in run.failure


@contextmanager
def _before_attaching(happens: Callable[[], object]) -> Iterator[None]:
    """Have something happen between the decision and the attachment."""
    session = helper()._session()  # noqa: SLF001 - clients listen to the events of the session that makes them

    def handler(**_: Any) -> None:
        happens()

    session.register("before-call.iam.AttachUserPolicy", handler)
    try:
        yield
    finally:
        session.unregister("before-call.iam.AttachUserPolicy", handler)


def _final_notice_is_out(world: World) -> str:
    ada = world.administrator("ada")
    world.options["Mode"] = "Enforce"
    world.remediate_over(ada, 0.0, 12.0, 1.0)
    world.pass_days(1)
    return ada


@_about(REQUIRE)
def a_device_enrolled_between_deciding_and_attaching_leaves_the_user_alone(world: World) -> None:
    ada = _final_notice_is_out(world)
    with _before_attaching(lambda: world.aws.iam.device("ada")):
        assert world.remediate(ada).succeeded
    assert not world.carries("ada")
    assert world.remediate(ada).succeeded
    assert "enforced" not in world.events()
    assert _records_of(world, ada) == []


@_about(REQUIRE)
def a_user_who_took_the_name_between_deciding_and_attaching_is_left_alone(world: World) -> None:
    ada = _final_notice_is_out(world)

    def taken() -> None:
        world.aws.client("iam").update_user(UserName="ada", NewUserName="countess")
        world.aws.iam.user("ada")

    with _before_attaching(taken):
        assert world.remediate(ada).succeeded
    world.used_by_helper.discard("iam:UpdateUser")
    assert not world.carries("ada")
    assert not world.carries("countess")
    assert "enforced" not in world.events()
    assert world.remediate(ada).succeeded
    assert world.carries("countess")
    assert not world.carries("ada")


@_about(REQUIRE)
def an_attachment_that_cannot_be_checked_is_finished_by_the_next_run(world: World) -> None:
    ada = _final_notice_is_out(world)

    def denied() -> None:
        world.aws.faults.add("iam:GetUser", Kind.ACCESS_DENIED, times=None)

    with _before_attaching(denied):
        assert not world.remediate(ada).succeeded
    assert world.carries("ada")
    world.aws.faults.clear()
    assert world.remediate(ada).succeeded
    assert world.events()[-1] == "enforced"


# BackoutAdminMfa


def _devices(world: World, user_name: str) -> list[str]:
    listed = world.aws.client("iam").list_mfa_devices(UserName=user_name)["MFADevices"]
    return [device["SerialNumber"] for device in listed]


def _virtual(world: World) -> list[str]:
    return [d["SerialNumber"] for d in world.aws.client("iam").list_virtual_mfa_devices()["VirtualMFADevices"]]


@_about(BACKOUT)
def a_virtual_device_is_deactivated_and_deleted_and_a_notice_sent(world: World) -> None:
    world.aws.iam.user("ada")
    serial, other = world.aws.iam.device("ada"), world.aws.iam.device("ada")
    run = world.back_out("ada", serial)
    assert run.succeeded, run.failure
    assert _devices(world, "ada") == [other]
    assert serial not in _virtual(world)
    (notice,) = world.published()
    assert notice["attributes"] == {
        "account": "123456789012",
        "event": "device-removed",
        "severity": "HIGH",
        "user": "ada",
    }
    assert serial in notice["bodies"]["email"]
    assert "lost phone, ticket 42" in notice["bodies"]["email"]


@_about(BACKOUT)
def a_security_key_is_deactivated_only(world: World) -> None:
    world.aws.iam.user("ada")
    serial = world.aws.iam.device("ada", "fido")
    assert world.back_out("ada", serial).succeeded
    assert _devices(world, "ada") == []
    assert world.events() == ["device-removed"]
    assert "iam:DeleteVirtualMFADevice" not in world.aws.calls.counts()


@_about(BACKOUT)
def a_hardware_token_is_deactivated_only(world: World) -> None:
    world.aws.iam.user("ada")
    serial = world.aws.iam.device("ada", "hardware")
    assert world.back_out("ada", serial).succeeded
    assert _devices(world, "ada") == []
    assert "iam:DeleteVirtualMFADevice" not in world.aws.calls.counts()


@_about(BACKOUT)
def a_second_run_finds_nothing_to_do_and_tells_nobody_again(world: World) -> None:
    world.aws.iam.user("ada")
    serial = world.aws.iam.device("ada")
    world.back_out("ada", serial)
    assert world.back_out("ada", serial).succeeded
    assert world.events() == ["device-removed"]


@_about(BACKOUT)
def a_device_that_was_enrolled_again_is_removed_and_told_again(world: World) -> None:
    world.aws.iam.user("ada")
    for _ in range(2):
        assert world.back_out("ada", world.aws.iam.device("ada")).succeeded
    assert world.events() == ["device-removed"] * 2


@_about(BACKOUT)
def another_users_device_is_refused(world: World) -> None:
    world.aws.iam.user("ada")
    world.aws.iam.user("grace")
    serial = world.aws.iam.device("grace")
    run = world.back_out("ada", serial)
    assert not run.succeeded
    assert "ada has no MFA device" in run.failure
    assert _devices(world, "grace") == [serial]
    assert world.events() == []


@_about(BACKOUT)
def a_device_that_nobody_uses_is_refused(world: World) -> None:
    world.aws.iam.user("ada")
    made = world.aws.client("iam").create_virtual_mfa_device(VirtualMFADeviceName="fresh")
    serial = made["VirtualMFADevice"]["SerialNumber"]
    assert not world.back_out("ada", serial).succeeded
    assert serial in _virtual(world)


@_about(BACKOUT)
def the_root_users_device_is_refused(world: World) -> None:
    world.aws.iam.user("ada")
    world.aws.iam.root(mfa=True, device="phone")
    run = world.back_out("ada", "arn:aws:iam::123456789012:mfa/phone")
    assert not run.succeeded
    assert "nothing was removed" in run.failure


@_about(BACKOUT)
def a_users_device_with_the_name_of_the_root_users_is_removed(world: World) -> None:
    world.aws.iam.user("root-account-mfa-device")
    serial = world.aws.iam.device("root-account-mfa-device")
    assert world.back_out("root-account-mfa-device", serial).succeeded
    assert serial not in _virtual(world)


@_about(BACKOUT)
def an_approval_lets_the_removal_go_on(world: World) -> None:
    world.aws.iam.user("ada")
    serial = world.aws.iam.device("ada")
    world.approves = True
    world.demand_approval()
    run = world.back_out("ada", serial)
    assert run.succeeded, run.failure
    assert _devices(world, "ada") == []


@_about(BACKOUT)
def a_rejection_leaves_the_device(world: World) -> None:
    world.aws.iam.user("ada")
    serial = world.aws.iam.device("ada")
    world.demand_approval()
    run = world.back_out("ada", serial)
    assert not run.succeeded
    assert _devices(world, "ada") == [serial]
    assert world.events() == []


@_about(BACKOUT)
def a_run_that_broke_off_before_deleting_is_finished_by_the_next(world: World) -> None:
    world.aws.iam.user("ada")
    serial = world.aws.iam.device("ada")
    world.aws.faults.add("iam:DeleteVirtualMFADevice", Kind.SERVICE_FAILURE, times=None)
    assert not world.back_out("ada", serial).succeeded
    assert _devices(world, "ada") == []
    assert serial in _virtual(world)
    world.aws.faults.clear()
    assert world.back_out("ada", serial).succeeded
    assert serial not in _virtual(world)
    assert world.events() == ["device-removed"]


@_about(BACKOUT)
def a_run_that_broke_off_before_telling_is_finished_by_the_next(world: World) -> None:
    world.aws.iam.user("ada")
    serial = world.aws.iam.device("ada")
    world.aws.faults.add("sns:Publish", Kind.ACCESS_DENIED, times=None)
    assert not world.back_out("ada", serial).succeeded
    world.aws.faults.clear()
    assert world.back_out("ada", serial).succeeded
    assert world.events() == ["device-removed"]


@_about(BACKOUT)
def a_removal_that_got_lost_is_noticed(world: World) -> None:
    world.aws.iam.user("ada")
    serial = world.aws.iam.device("ada")

    world.lies["remove_device"] = {"Found": "Enabled"}
    run = world.back_out("ada", serial)
    assert not run.succeeded
    assert "is still enabled" in run.failure
    assert world.events() == []


@_about(BACKOUT)
def a_notice_that_was_not_confirmed_fails(world: World) -> None:
    """Whether a function that raises fails its step is not documented."""
    world.aws.iam.user("ada")
    serial = world.aws.iam.device("ada")
    world.lies["notify_removal"] = {"errorMessage": "Not sent."}
    run = world.back_out("ada", serial)
    assert not run.succeeded
    assert "The function failed" in run.failure


@_about(BACKOUT)
def an_approval_that_the_document_does_not_know_fails(world: World) -> None:
    world.aws.iam.user("ada")
    serial = world.aws.iam.device("ada")
    world.lies["check_device"] = {"Approval": "Perhaps", "Approvers": ["none"], "ApprovalTopicArn": "none"}
    assert not world.back_out("ada", serial).succeeded
    assert _devices(world, "ada") == [serial]
