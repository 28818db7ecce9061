"""Remediate one user: judge, notify, attach or detach the enforcement policy, announce. Safe to repeat at any time.

The user is judged from live IAM again before and after the policy is attached: a device can be enrolled in between, and
what was true at the beginning must not be acted on at the end. The caller names a user and a rule, and decides nothing:
the document that invokes the function only needs permission to invoke it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from admin_mfa.aws.iam import IamReader
from admin_mfa.errors import InvalidInputError, RemediationError
from admin_mfa.followup.case import Case, case_of
from admin_mfa.followup.channels import Channel
from admin_mfa.followup.decisions import Decision, decide, finding_state, outlook
from admin_mfa.followup.enforcement import attach_policy, detach_policy
from admin_mfa.followup.finding import AGAIN_BEFORE_ENFORCEMENT, Enforcement, FindingState, Notice, Record, current
from admin_mfa.followup.judgement import Aws, Judge, Judgement, RemediationStack, Target
from admin_mfa.followup.limits import confirm_place, give_place_back, release_key, take_place
from admin_mfa.followup.messenger import Messenger, ignore
from admin_mfa.followup.options import Mode, Options, beyond
from admin_mfa.followup.records import Records, account_key
from admin_mfa.followup.rule import Rule
from admin_mfa.model import Compliance, Verdict
from admin_mfa.root_user import account_status

Answer = dict[str, str]
"""What an automation shows of a run: texts, which are its outputs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remediation:
    """The remediation of users, and of the account's root user.

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
        AdminMfaError: From every method, when AWS could not be read or written; the next run finishes the job.
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

    def remediate(self, target: Target, options: Options) -> Answer:
        """Do what is due about a user now, and return what was found and done.

        Raises:
            InvalidInputError: The options would enforce more than the deployment does; nothing was done.
        """
        if more := beyond(options, self.place.options):
            raise InvalidInputError(
                f"{', '.join(more)} would enforce more than the deployed options; change the parameters of the stack."
            )
        found = self.judges.judge(target)
        state = self._state(found, target)
        # By the name of this moment, and by the rule's full name: a conformance pack does not know AWS Config's suffix.
        name = found.user.user_name if found.user else ""
        target = replace(target, rule_name=found.rule.name, user_name=name)
        if state is FindingState.NON_COMPLIANT:
            self.check_account()
            done = {"Notice": self._notify(target, options, found), **self._enforce(target, options)}
        else:
            self._settle(target, found, state)
            done = {"Notice": "None", "Enforcement": Enforcement.NONE.value, "Reason": "the finding has ended"}
        return {
            "State": state.value,
            # A user who is gone has no name any more; an automation's output must not be empty.
            "UserName": name or target.user_id,
            "Annotation": found.verdict.annotation if found.verdict else "The user no longer exists.",
            **done,
        }

    def _state(self, found: Judgement, target: Target) -> FindingState:
        state = finding_state(found.verdict, attached=found.attached)
        if state is FindingState.RELEASE_DUE and not self.judges.cleared_by_every_rule(target):
            # Another trusted rule still restricts the user: this finding ends, and the policy stays.
            return FindingState.SETTLED
        return state

    def check_account(self) -> Compliance | None:
        """Judge the account's root user, send one notice if it lacks MFA, and return the root user's compliance."""
        with IamReader(self.aws.iam) as reader:
            status = account_status(reader.root_credentials())
        key = account_key(self.place.account_id)
        if status.compliance is Compliance.NON_COMPLIANT:
            case = self.case(user_name="root", annotation=status.annotation)
            self.messenger.send(key, Notice.ROOT, case)
            self.records.keep(key, self.now)
        elif self.records.read(key):
            self.records.forget(key)
        return status.compliance

    def _notify(self, target: Target, options: Options, found: Judgement) -> str:
        """Send the notice that is due, and return its key; "None" if none is."""
        if found.verdict is None or found.user is None:
            return "None"
        record = self._current_record(target, attached=found.attached)
        circumstances = self.judges.circumstances(found, options)
        ahead = outlook(record, options, circumstances, self.now, attached=found.attached)
        # What one channel could not send is made up for: the others' memory is per channel.
        key = ahead.notice or record.latest_notice
        if key is None:
            return "None"
        case = replace(
            self._case_of(found.verdict, found.rule, record),
            enforcement_begins=ahead.begins,
            spared=str(ahead.spared) if ahead.spared and options.mode is Mode.ENFORCE else "",
            grace_continues=record.begun_at is not None,
        )
        self.messenger.send(target.key, key, case, found.user, record)
        self.records.keep(target.key, self.now)
        return ahead.notice or "None"

    def _enforce(self, target: Target, options: Options) -> Answer:
        """Attach, detach or leave the policy, and announce that, and what an earlier run did not get to announce."""
        # The record first: whatever it says was attached is then seen on the user, unless it was detached by hand.
        record = self.records.read(target.key) or Record()
        # Sending notices takes time: the user can have enrolled a device, or been renamed.
        found = self.judges.judge(target)
        if found.user is None or not found.non_compliant:
            return {"Enforcement": Enforcement.NONE.value, "Reason": "the finding has ended meanwhile"}
        target = replace(target, user_name=found.user.user_name)
        decision = self._decide(target, options, found, record)
        if decision.enforcement is Enforcement.ATTACH and not self._attach(target):
            return {"Enforcement": Enforcement.NONE.value, "Reason": "the user changed while the policy was attached"}
        if decision.enforcement is Enforcement.ATTACH:
            self._announce_enforcement(found, target, record)
        elif decision.enforcement is Enforcement.DETACH or record.detached_by_hand(self.now, attached=found.attached):
            detach_policy(self.aws.iam, target.user_name, self.place.policy_arn)
            self._announce_release(found, target, record)
            self.records.detached(target.key, record, (*AGAIN_BEFORE_ENFORCEMENT, Notice.RELEASED.value))
        elif found.attached or record.enforced_at is not None:
            self._announce_enforcement(found, target, record)
        self.records.keep(target.key, self.now)
        return {"Enforcement": decision.enforcement.value, "Reason": decision.reason}

    def _decide(self, target: Target, options: Options, found: Judgement, record: Record) -> Decision:
        """Return what to do about the enforcement policy; taking one of the day's places if that is to attach it."""
        circumstances = self.judges.circumstances(found, options)
        counts = current(record, self.now, attached=found.attached)
        decision = decide(found.verdict, counts, options, circumstances, self.now, attached=found.attached)
        limit = options.max_enforcements_per_day
        if decision.enforcement is Enforcement.ATTACH and not take_place(self.records, target.user_id, limit, self.now):
            reason = f"enforcement began on {limit} users today, which is the limit"
            return Decision(enforcement=Enforcement.NONE, reason=reason)
        return decision

    def _attach(self, target: Target) -> bool:
        """Attach the policy, and detach it again unless the right user carries it for a reason that holds.

        A user can be renamed and another one take the name, or enroll a device, between the decision and the call.
        """
        attach_policy(self.aws.iam, target.user_name, self.place.policy_arn)
        found = self.judges.judge(target)
        right = found.non_compliant and self.aws.users.unique_id(target.user_name) == target.user_id
        if not right:
            detach_policy(self.aws.iam, target.user_name, self.place.policy_arn)
            give_place_back(self.records, target.user_id, self.now)
        return right

    def _announce_enforcement(self, found: Judgement, target: Target, record: Record) -> None:
        confirm_place(self.records, target.user_id, record.enforced_at or self.now)
        self.records.enforced(target.key, self.now)
        case = self._case_of_anyone(found, target, record)
        self.messenger.send(target.key, Notice.ENFORCED, case, found.user, record)

    def _settle(self, target: Target, found: Judgement, state: FindingState) -> None:
        """End the finding: release the user, announce that, resolve it in Security Hub, and forget it."""
        record = self.records.read(target.key) or Record(settled_at=self.now)
        attached = found.attached
        if state is FindingState.RELEASE_DUE:
            detach_policy(self.aws.iam, target.user_name, self.place.policy_arn)
            attached = False
        elif record.settled_at is not None:
            return
        released = not attached and (state is FindingState.RELEASE_DUE or record.enforced_at is not None)
        if released and not self._announce_release(found, target, record):
            # Another run is announcing it at this moment, and forgets the finding afterwards.
            return
        self.messenger.resolve(self._case_of_anyone(found, target, record), found.user, record)
        if found.user is None:
            self.records.forget(target.key)
        else:
            self.records.settle(target.key, record, self.now)

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
        # The policy was attached by hand, which no record shows: at most once an hour.
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
