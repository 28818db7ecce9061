"""What the Automation document requests about one user, step by step. Every action may be repeated at any time.

Each action judges from live IAM itself: between two steps a user can have enrolled a device, and what was true at the
beginning must not be acted on at the end. An action does not believe its caller either: what it announces, IAM and the
records must show.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from admin_mfa.aws.iam import IamReader
from admin_mfa.errors import RemediationError
from admin_mfa.followup.case import Case, case_of
from admin_mfa.followup.channels import Channel
from admin_mfa.followup.decisions import Decision, decide, finding_state, outlook
from admin_mfa.followup.finding import AGAIN_BEFORE_ENFORCEMENT, Enforcement, FindingState, Notice, Record, current
from admin_mfa.followup.judgement import Aws, Judge, Judgement, RemediationStack, Target
from admin_mfa.followup.limits import confirm_place, give_place_back, release_key, take_place
from admin_mfa.followup.messenger import Messenger, ignore
from admin_mfa.followup.options import Mode, Options
from admin_mfa.followup.records import Records, account_key
from admin_mfa.followup.rule import Rule
from admin_mfa.model import Compliance, Verdict
from admin_mfa.root_user import account_status

Answer = dict[str, str]
"""What a step gives to the next: texts, because an Automation document branches on texts."""


class EnforcementState(StrEnum):
    """Whether the user carries the enforcement policy; REMOVED means that it was detached by hand."""

    ATTACHED = "Attached"
    REMOVED = "Removed"
    NONE = "None"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remediation:
    """The actions about one user.

    Attributes:
        place: Where the remediation works.
        aws: The clients.
        records: What is remembered.
        channels: The ways by which notices leave.
        now: The time, in UTC.
        unsent: Called with the name of an optional channel and the reason why it did not send a notice.
        review: Called with the name of a rule that an operator should look at, and the reason.
        judges: Reads and judges users.
        messenger: Sends notices.

    Raises:
        AdminMfaError: From every action, when AWS could not be read or written; the next run finishes the job.
    """

    place: RemediationStack
    aws: Aws
    records: Records
    channels: tuple[Channel, ...]
    now: datetime
    unsent: Callable[[str, RemediationError], None] = ignore
    review: Callable[[str, str], None] = ignore
    judges: Judge = field(init=False)
    messenger: Messenger = field(init=False)

    def __post_init__(self) -> None:
        """Give the parts what they share."""
        judges = Judge(
            iam=self.aws.iam,
            config=self.aws.config,
            source=self.place.source,
            policy_arn=self.place.policy_arn,
            records=self.records,
            now=self.now,
        )
        messenger = Messenger(records=self.records, channels=self.channels, now=self.now, unsent=self.unsent)
        object.__setattr__(self, "judges", judges)
        object.__setattr__(self, "messenger", messenger)

    def judge(self, target: Target) -> Answer:
        """Judge the user afresh, with the rule's own parameters, and return the state of the finding."""
        found = self.judges.judge(target)
        state = finding_state(found.verdict, attached=found.attached)
        if state is FindingState.RELEASE_DUE and not self.judges.cleared_by_every_rule(target):
            # Another trusted rule still restricts the user: this finding ends, and the policy stays.
            state = FindingState.SETTLED
        return {
            "Standing": state.value,
            # A user who is gone has no name any more; an automation's output must not be empty.
            "UserName": found.user.user_name if found.user else target.user_id,
            "Annotation": found.verdict.annotation if found.verdict else "The user does not exist any more.",
            # The steps that follow use these: a conformance pack knows neither AWS Config's suffix nor the account.
            "ConfigRuleName": found.rule.name,
            "EnforcementPolicyArn": self.place.policy_arn,
        }

    def check_account(self) -> Answer:
        """Judge the account's root user, and send one notice if it lacks MFA."""
        with IamReader(self.aws.iam) as reader:
            status = account_status(reader.root_credentials())
        key = account_key(self.place.account_id)
        if status.compliance is Compliance.NON_COMPLIANT:
            case = self.case(user_name="root", annotation=status.annotation)
            self.messenger.send(key, Notice.ROOT, case)
            self.records.keep(key, self.now)
        elif self.records.read(key):
            self.records.forget(key)
        return {
            "RootMfa": status.root_mfa.value,
            "Compliance": status.answer,
            "Annotation": status.annotation,
        }

    def notify(self, target: Target, options: Options) -> Answer:
        """Send the notice that is due, if one is."""
        found = self.judges.judge(target)
        if not found.non_compliant or found.verdict is None or found.user is None:
            return {"Notice": "None"}
        record = self._current_record(target, attached=found.attached)
        circumstances = self.judges.circumstances(found, options)
        ahead = outlook(record, options, circumstances, self.now, attached=found.attached)
        # What one channel could not send is made up for: the others' memory is per channel.
        key = ahead.notice or record.latest_notice
        if key is None:
            return {"Notice": "None"}
        case = replace(
            self._case_of(found.verdict, found.rule, record),
            enforcement_begins=ahead.begins,
            spared=str(ahead.spared) if ahead.spared and options.mode is Mode.ENFORCE else "",
            grace_continues=record.begun_at is not None,
        )
        self.messenger.send(target.key, key, case, found.user, record)
        self.records.keep(target.key, self.now)
        return {"Notice": ahead.notice or "None"}

    def decide_enforcement(self, target: Target, options: Options) -> Answer:
        """Return what to do about the enforcement policy; taking one of the day's places if that is to attach it."""
        # The record first: whatever it says was attached is then seen on the user, unless it was detached by hand.
        record = self.records.read(target.key) or Record()
        found = self.judges.judge(target)
        record = current(record, self.now, attached=found.attached)
        circumstances = self.judges.circumstances(found, options)
        decision = decide(found.verdict, record, options, circumstances, self.now, attached=found.attached)
        if decision.enforcement is Enforcement.ATTACH:
            limit = options.max_enforcements_per_day
            if not take_place(self.records, target.user_id, limit, self.now):
                decision = Decision(
                    enforcement=Enforcement.NONE, reason=f"enforcement began on {limit} users today, which is the limit"
                )
        return {
            "Enforcement": decision.enforcement.value,
            "Reason": decision.reason,
            "Attached": _attachment(found, record, self.now),
            # Who was judged, by the name of this moment: the name may have passed to another user since JudgeUser.
            "UserName": found.user.user_name if found.user else target.user_id,
        }

    def check_attachment(self, target: Target) -> Answer:
        """Check that the policy was attached to the user who was judged, and that the reason still holds.

        A user can be renamed and another one take the name, or enroll a device, between the decision and the call.
        """
        found = self.judges.judge(target)
        right = found.non_compliant and self.aws.users.unique_id(target.user_name) == target.user_id
        if right:
            confirm_place(self.records, target.user_id, self.now)
        else:
            give_place_back(self.records, target.user_id, self.now)
        return {"Attachment": "Right" if right else "Wrong"}

    def report(self, target: Target, enforcement: Enforcement, attachment: EnforcementState) -> Answer:
        """Remember and announce what the automation did to the policy, and what an earlier one did not get to.

        Args:
            target: The user.
            enforcement: What was decided, and has been done by now.
            attachment: Whether the user carried the policy before.
        """
        record = self.records.read(target.key) or Record()
        found = self.judges.judge(target)
        if not found.non_compliant:
            # Enrolled, exempt or gone since the decision: the next run releases and settles.
            return {"Enforced": "false"}
        kept = enforcement is Enforcement.NONE and attachment is EnforcementState.ATTACHED
        carries = enforcement is Enforcement.ATTACH or kept
        if carries:
            if not found.attached and record.enforced_at is None:
                raise RemediationError(
                    "The user does not carry the enforcement policy (yet); the next run reports it once IAM shows it."
                )
            confirm_place(self.records, target.user_id, record.enforced_at or self.now)
            self.records.enforced(target.key, self.now)
            self.messenger.send(
                target.key, Notice.ENFORCED, self._case_of_anyone(found, target, record), found.user, record
            )
        elif enforcement is Enforcement.DETACH or record.detached_by_hand(self.now, attached=found.attached):
            if found.attached:
                raise RemediationError(
                    "The user (still) carries the enforcement policy; the next run announces the release."
                )
            self._announce_release(found, target, record)
            self.records.detached(target.key, record, (*AGAIN_BEFORE_ENFORCEMENT, Notice.RELEASED.value))
        self.records.keep(target.key, self.now)
        return {"Enforced": "true" if carries else "false"}

    def settle(self, target: Target, state: FindingState) -> Answer:
        """End the finding: announce the release if there was one, resolve it in Security Hub, and forget it."""
        record = self.records.read(target.key) or Record(settled_at=self.now)
        if record.settled_at is not None and state is not FindingState.RELEASE_DUE:
            return {"Settled": "false"}
        found = self.judges.judge(target)
        if found.non_compliant:
            # A device was removed since: the finding lasts, and the next run goes on with it.
            return {"Settled": "false"}
        released = not found.attached and (state is FindingState.RELEASE_DUE or record.enforced_at is not None)
        if released and not self._announce_release(found, target, record):
            # Another run is announcing it at this moment, and forgets the finding afterwards.
            return {"Settled": "false"}
        self.messenger.resolve(self._case_of_anyone(found, target, record), found.user, record)
        if found.user is None:
            self.records.forget(target.key)
        else:
            self.records.settle(target.key, record, self.now)
        return {"Settled": "true"}

    def case(self, *, user_name: str, annotation: str = "", rule_name: str = "", user_id: str = "") -> Case:
        """Return a case in this account, without anything that only a verdict knows."""
        return Case(
            account_id=self.place.account_id,
            partition=self.place.partition,
            rule_name=rule_name,
            user_name=user_name,
            user_id=user_id,
            annotation=annotation,
            help=self.place.help,
        )

    def _announce_release(self, found: Judgement, target: Target, record: Record) -> bool:
        """Announce once that the user is not restricted any more; false if another run is announcing it."""
        case = self._case_of_anyone(found, target, record)
        if record.enforced_at is not None:
            return self.messenger.send(target.key, Notice.RELEASED, case, found.user, record)
        # No record shows that the user was restricted, only the caller says so: at most once an hour.
        return self.messenger.send(release_key(target.user_id, self.now), Notice.RELEASED, case, found.user)

    def _current_record(self, target: Target, *, attached: bool) -> Record:
        """Return what still counts of the record, after writing it where that is less than was remembered."""
        known = self.records.read(target.key) or Record()
        record = current(known, self.now, attached=attached)
        if record == known or self.records.replace(target.key, known, record, self.now):
            return record
        # Another run has begun it anew at this moment.
        return current(self.records.read(target.key) or Record(), self.now, attached=attached)

    def _case_of(self, verdict: Verdict, rule: Rule, record: Record) -> Case:
        case = case_of(verdict, rule.parameters, account_id=self.place.account_id, partition=self.place.partition)
        return replace(case, rule_name=rule.name, found_at=record.found_at or self.now, help=self.place.help)

    def _case_of_anyone(self, found: Judgement, target: Target, record: Record) -> Case:
        """Return the case of a user who may be gone."""
        if found.verdict is not None:
            return self._case_of(found.verdict, found.rule, record)
        name = target.user_name or target.user_id
        case = self.case(user_name=name, user_id=target.user_id, rule_name=found.rule.name)
        return replace(case, found_at=record.found_at or self.now)


def _attachment(found: Judgement, record: Record, now: datetime) -> str:
    if record.detached_by_hand(now, attached=found.attached):
        return EnforcementState.REMOVED.value
    return (
        EnforcementState.ATTACHED.value
        if found.attached or record.enforced_at is not None
        else EnforcementState.NONE.value
    )
