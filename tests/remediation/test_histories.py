"""Random histories of an account keep the remediation's promises.

Hypothesis chooses what happens: users come, enroll, lose devices, are renamed and deleted; operators change the mode
and attach or detach the policy by hand; runs are doubled, late or missing; calls fail. The promises are checked after
each step, against a model that only knows who has a device and what the topic published.
"""

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from admin_mfa.errors import AdminMfaError
from admin_mfa.followup.decisions import final_notice_lead
from admin_mfa.followup.finding import CLOCK_KEPT, UNSEEN
from admin_mfa.followup.options import parse_options
from demo.emulator import Kind

from . import world as worlds
from .world import HELPER_ARN, RULE, World

GRACE_DAYS = 4
LEAD = final_notice_lead(parse_options({"GracePeriodDays": str(GRACE_DAYS)}))
NAMES = ("ada", "grace", "joan")
RESTRICTING = {"final", "enforced", "released"}
"""The notices that are due again when a restriction was ended or could not be announced in time."""

FAULTS = (
    "sns:Publish",
    "dynamodb:GetItem",
    "dynamodb:UpdateItem",
    "iam:AttachUserPolicy",
    "iam:DetachUserPolicy",
    "iam:GetUser",
    "iam:ListMFADevices",
    "config:DescribeConfigRules",
)

people = st.integers(min_value=0, max_value=len(NAMES) - 1)


@dataclass(slots=True, kw_only=True)
class Person:
    """What the model knows about one user.

    Attributes:
        user_id: The unique id.
        name: The current name.
        device: Whether the user has an MFA device.
        restricted: Whether the user carried the enforcement policy after the last step.
        seen_at: When a run last judged the user without a device.
        published: The notices since they were last due anew, with the time of each.
    """

    user_id: str
    name: str
    device: bool = False
    restricted: bool = False
    seen_at: datetime | None = None
    published: dict[str, datetime] = field(default_factory=dict)

    def due_again(self, *events: str) -> None:
        """Allow these notices once more; all of them if none is named."""
        for event in events or tuple(self.published):
            self.published.pop(event, None)


class Histories(RuleBasedStateMachine):
    """An account, what happens to it, and what must hold all the same."""

    def __init__(self) -> None:
        super().__init__()
        self.resources = ExitStack()
        self.world: World = self.resources.enter_context(worlds.world())
        self.people: list[Person] = []
        self.read = 0
        self.by_hand: set[str] = set()
        self.unreliable = False

    def teardown(self) -> None:
        """Let everyone enroll, then leave: every restriction ends, and nobody who is gone is remembered."""
        try:
            self._everyone_enrolls()
            self._everyone_leaves()
        finally:
            self.resources.close()

    @initialize(mode=st.sampled_from(("Enforce", "Notify")))
    def deployed(self, mode: str) -> None:
        self.world.aws.iam.root(mfa=True)
        self.world.options["GracePeriodDays"] = str(GRACE_DAYS)
        self._set_mode(mode)
        self.a_user_arrives(device=False)

    # What happens to users

    @precondition(lambda self: len(self.people) < len(NAMES))
    @rule(device=st.booleans())
    def a_user_arrives(self, device: bool) -> None:  # noqa: FBT001 - Hypothesis passes arguments by name
        name = next(name for name in NAMES if name not in {person.name for person in self.people})
        user_id = self.world.aws.iam.user(
            name, policies=["AdministratorAccess"], password=True, devices=["virtual"] if device else []
        )
        self.people.append(Person(user_id=user_id, name=name, device=device))

    @rule(who=people)
    def a_user_enrolls(self, who: int) -> None:
        for person in self._one(who):
            if not person.device:
                self.world.aws.iam.device(person.name)
                person.device = True

    @rule(who=people)
    def a_device_is_lost(self, who: int) -> None:
        for person in self._one(who):
            self.world.aws.iam.remove_devices(person.name)
            if person.device:
                person.device = False
                person.due_again()

    @rule(who=people)
    def a_user_is_renamed_and_the_name_taken(self, who: int) -> None:
        for person in self._one(who):
            free = next(name for name in (*NAMES, "linus") if name not in {each.name for each in self.people})
            self.world.aws.client("iam").update_user(UserName=person.name, NewUserName=free)
            person.name = free

    @rule(who=people)
    def a_user_is_deleted(self, who: int) -> None:
        for person in self._one(who):
            self.world.aws.iam.delete_user(person.name)
            self.people.remove(person)

    # What operators do

    @rule(mode=st.sampled_from(("Notify", "Enforce")))
    def the_mode_changes(self, mode: str) -> None:
        self._set_mode(mode)

    @rule(who=people)
    def the_policy_is_detached_by_hand(self, who: int) -> None:
        for person in self._one(who):
            if person.restricted:
                self.world.aws.client("iam").detach_user_policy(UserName=person.name, PolicyArn=self.world.policy_arn)
                person.restricted = False
                person.due_again(*RESTRICTING)

    @rule(who=people)
    def the_policy_is_attached_by_hand(self, who: int) -> None:
        for person in self._one(who):
            if not person.restricted:
                self.world.aws.iam.attach(person.name, self.world.policy_arn)
                person.restricted = True
                person.due_again(*RESTRICTING)

    # Time, runs and events

    @rule(hours=st.sampled_from((1, 12, 24, 26, 50, 24 * 31)))
    def time_passes(self, hours: int) -> None:
        self.world.now += timedelta(hours=hours)

    @rule(days=st.integers(min_value=1, max_value=GRACE_DAYS + 1))
    def days_pass_with_a_sweep_each(self, days: int) -> None:
        for _ in range(days):
            self.world.now += timedelta(days=1)
            self.the_sweep_runs()
            self.promises_hold()

    @rule(hours=st.sampled_from((26, 50, 24 * 31)))
    def every_document_runs_late(self, hours: int) -> None:
        self.time_passes(hours)
        for who in range(len(self.people)):
            self.the_document_runs(who, times=1, evaluated=True)
            self.promises_hold()

    @rule(who=people, times=st.integers(min_value=1, max_value=2), evaluated=st.booleans())
    def the_document_runs(self, who: int, times: int, evaluated: bool) -> None:  # noqa: FBT001 - as above
        """AWS Config starts it once, twice, or late."""
        if evaluated:
            self.world.evaluate()
        for person in self._one(who):
            for _ in range(times):
                self._a_run_begins(person)
                self.world.remediate(person.user_id)

    @rule(who=people)
    def a_compliance_event_arrives(self, who: int) -> None:
        """The rule that does not send one is `time_passes`: the event was lost."""
        self.world.evaluate()
        for person in self._one(who):
            self._a_run_begins(person)
            request = {"Action": "compliance_changed", "ConfigRuleName": RULE, "UserId": person.user_id}
            self.world.ask(HELPER_ARN, request)
            self.world.aws.automations.wait()

    @rule()
    def the_sweep_runs(self) -> None:
        self._sweep()
        for person in self.people:
            assert not (person.device and self.world.carries(person.name)), "compliant, and restricted after a sweep"
        assert self._remembered() <= {person.user_id for person in self.people}, "a user who is gone is remembered"

    @rule(who=people, permission=st.sampled_from(FAULTS), after=st.integers(min_value=0, max_value=3))
    def a_run_fails(self, who: int, permission: str, after: int) -> None:
        self.world.evaluate()
        self.world.aws.faults.add(permission, Kind.ACCESS_DENIED, times=None, after=after)
        # A notice that was published and could not be remembered is sent again: delivery is at least once.
        self.unreliable |= permission == "dynamodb:UpdateItem"
        try:
            for person in self._one(who):
                self._a_run_begins(person)
                self.world.remediate(person.user_id)
        finally:
            self.world.aws.faults.clear()

    @rule(permission=st.sampled_from(FAULTS), after=st.integers(min_value=0, max_value=5))
    def a_sweep_fails(self, permission: str, after: int) -> None:
        self.world.evaluate()
        self.world.aws.faults.add(permission, Kind.ACCESS_DENIED, times=None, after=after)
        self.unreliable |= permission == "dynamodb:UpdateItem"
        try:
            for person in self.people:
                self._a_run_begins(person)
            self.world.ask(HELPER_ARN, {"Action": "sweep"})
        except AdminMfaError:
            pass
        finally:
            self.world.aws.automations.wait()
            self.world.aws.faults.clear()

    # What must hold

    @invariant()
    def promises_hold(self) -> None:
        by_id = {person.user_id: person for person in self.people}
        for user_id, event in self._new_notices():
            if person := by_id.get(user_id):
                assert self.unreliable or event not in person.published, f"{event} was sent twice"
                person.published[event] = self.world.now
        for person in self.people:
            restricted = self.world.carries(person.name)
            if restricted and not person.restricted:
                assert not person.device, "restricted in spite of a device"
                assert self.world.options["Mode"] == "Enforce"
                final = person.published.get("final")
                assert final is not None, "restricted without a final notice"
                assert self.world.now - final >= LEAD, "restricted before the final notice had its lead time"
            if person.restricted and not restricted:
                person.due_again(*RESTRICTING - {"released"})
            if restricted:
                person.due_again("released")
            person.restricted = restricted

    def _one(self, who: int) -> list[Person]:
        return self.people[who : who + 1]

    def _a_run_begins(self, person: Person) -> None:
        """Note who is seen by the run that begins, and which notices are due again because of what it finds."""
        now = self.world.now
        if person.device:
            person.due_again()
            person.seen_at = None
            return
        unseen = now - person.seen_at if person.seen_at else timedelta()
        if unseen > CLOCK_KEPT:
            person.due_again()
        elif unseen > UNSEEN and not person.restricted:
            person.due_again(*RESTRICTING)
        person.seen_at = now

    def _new_notices(self) -> Iterator[tuple[str, str]]:
        published = self.world.published()
        for notice in published[self.read :]:
            yield json.loads(notice["bodies"]["sqs"]).get("user_id", ""), notice["attributes"]["event"]
        self.read = len(published)

    def _set_mode(self, mode: str) -> None:
        self.world.options["Mode"] = mode
        inputs: dict[str, Any] = json.loads(os.environ["AUTOMATION_INPUTS"])
        os.environ["AUTOMATION_INPUTS"] = json.dumps({**inputs, **self.world.options})
        for person in self.people:
            person.due_again(*RESTRICTING)

    def _sweep(self) -> None:
        self.world.evaluate()
        for person in self.people:
            self._a_run_begins(person)
        before = len(self.world.aws.automations.wait())
        self.world.ask(HELPER_ARN, {"Action": "sweep"})
        for execution in self.world.aws.automations.wait()[before:]:
            assert execution.succeeded, execution.failure

    def _remembered(self) -> set[str]:
        """Return the unique ids of the users about whom a finding is open."""
        keys = [item["finding"]["S"] for item in self.world.items() if "settled_at" not in item]
        return {key.rpartition("#")[2] for key in keys if key.startswith(f"{RULE}#")}

    def _everyone_enrolls(self) -> None:
        for who in range(len(self.people)):
            self.a_user_enrolls(who)
        self._sweep()
        assert not any(self.world.carries(person.name) for person in self.people)

    def _everyone_leaves(self) -> None:
        for person in self.people:
            self.world.aws.iam.delete_user(person.name)
        self._sweep()
        assert not self._remembered()


TestHistories = Histories.TestCase
TestHistories.settings = settings(
    # `make histories` chooses other histories, and more; the suite repeats the same few.
    max_examples=int(os.environ.get("HISTORIES", "4")),
    derandomize="HISTORIES" not in os.environ,
    stateful_step_count=12,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
