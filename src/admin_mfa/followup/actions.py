"""What the Automation document asks about one user, step by step. Every action may be repeated at any time.

Each action looks at live IAM itself: between two steps a user can have enrolled a device, and what was true at the
beginning must not be acted on at the end.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from admin_mfa.audit.account import judge_read_user
from admin_mfa.aws.iam import IamReader
from admin_mfa.errors import AdminMfaError, RemediationError
from admin_mfa.evaluate import account_status
from admin_mfa.followup import users
from admin_mfa.followup.authority import Backout
from admin_mfa.followup.channels import Channel, Delivery, SecurityHub
from admin_mfa.followup.enrolment import enrolment_denied_by, unread_policies
from admin_mfa.followup.finding import (
    AGAIN_BEFORE_ENFORCEMENT,
    Circumstances,
    Decision,
    Enforcement,
    Notice,
    Record,
    Standing,
    current,
    decide,
    due_notice,
    enforcement_begins,
    notice_of,
    spared,
    standing,
)
from admin_mfa.followup.notices import Case, case_of, write
from admin_mfa.followup.options import Mode, Options
from admin_mfa.followup.records import Records, account_key, claimed, user_key
from admin_mfa.followup.rule import Rule, Source, evaluated_at, read_rule, trusted_rules
from admin_mfa.model import Compliance, IamUser, Unread, Verdict

if TYPE_CHECKING:
    from mypy_boto3_config import ConfigServiceClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_ssm import SSMClient

Answer = dict[str, str]
"""What a step gives to the next: texts, because an Automation document branches on texts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the remediation works, as the template says.

    Attributes:
        account_id: Twelve digits.
        partition: Of the function's own ARN.
        source: Which rules are trusted.
        policy_arn: The enforcement policy.
        document_name: The Automation document that `sweep` starts.
        automation_inputs: The document's inputs that are the same for every user.
        backout: What is fixed about the removal of devices.
        help: Whom to ask; empty for a general sentence.
        automatic: Whether findings are remediated by themselves; users are released in any case.
    """

    account_id: str
    partition: str
    source: Source
    policy_arn: str
    document_name: str
    automation_inputs: Mapping[str, str]
    backout: Backout
    help: str = ""
    automatic: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Aws:
    """The clients, made by a session that `admin_mfa.aws.session.aws_session` prepared."""

    iam: "IAMClient"
    config: "ConfigServiceClient"
    ssm: "SSMClient"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The user that an automation is about.

    Attributes:
        rule_name: The rule that found the user.
        user_id: The unique id; it decides who is meant.
        user_name: Where to look first; empty if unknown.
    """

    rule_name: str
    user_id: str
    user_name: str = ""

    @property
    def key(self) -> str:
        """Under which the finding is remembered."""
        return user_key(self.rule_name, self.user_id)


class Attachment(StrEnum):
    """Whether the user carries the enforcement policy; REMOVED is by somebody else than our automations."""

    ATTACHED = "Attached"
    REMOVED = "Removed"
    NONE = "None"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """One look at a user.

    Attributes:
        rule: As AWS Config holds it.
        user: None if gone.
        verdict: None if gone.
        attached: Whether the user carries the enforcement policy.
    """

    rule: Rule
    user: IamUser | None
    verdict: Verdict | None
    attached: bool

    @property
    def non_compliant(self) -> bool:
        return self.verdict is not None and self.verdict.compliance is Compliance.NON_COMPLIANT


def _ignore(channel: str, error: RemediationError) -> None:
    """Do nothing."""


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

    Raises:
        AdminMfaError: From every action, when AWS could not be read or written; the next run finishes the job.
    """

    place: Place
    aws: Aws
    records: Records
    channels: tuple[Channel, ...]
    now: datetime
    unsent: Callable[[str, RemediationError], None] = _ignore

    def judge(self, target: Target) -> Answer:
        """Judge the user afresh, with the rule's own parameters, and say where it stands."""
        look = self._look(target)
        stands = standing(look.verdict, attached=look.attached)
        if stands is Standing.RELEASE_DUE and not self._cleared_by_every_rule(target):
            # Another trusted rule still restricts the user: this finding ends, and the policy stays.
            stands = Standing.SETTLED
        return {
            "Standing": stands.value,
            # A user who is gone has no name any more; an automation's output must not be empty.
            "UserName": look.user.user_name if look.user else target.user_id,
            "Annotation": look.verdict.annotation if look.verdict else "The user does not exist any more.",
            # The steps that follow use these: a conformance pack knows neither AWS Config's suffix nor the account.
            "ConfigRuleName": look.rule.name,
            "EnforcementPolicyArn": self.place.policy_arn,
        }

    def _cleared_by_every_rule(self, target: Target) -> bool:
        """Whether each trusted rule judges the user afresh not to be NON_COMPLIANT; an unreadable one does not."""
        for rule in trusted_rules(self.aws.config, self.place.source):
            if not isinstance(rule, Rule):
                return False
            if self._look_by(rule, target).non_compliant:
                return False
        return True

    def check_account(self) -> Answer:
        """Judge the account's root user, and tell once if it lacks MFA."""
        with IamReader(self.aws.iam) as reader:
            status = account_status(reader.root_credentials())
        key = account_key(self.place.account_id)
        if status.compliance is Compliance.NON_COMPLIANT:
            case = Case(
                account_id=self.place.account_id,
                partition=self.place.partition,
                user_name="root",
                annotation=status.annotation,
                help=self.place.help,
            )
            self.tell(key, Notice.ROOT, case)
            self.records.keep(key, self.now)
        elif self.records.read(key):
            self.records.forget(key)
        return {
            "RootMfa": status.root_mfa.value,
            "Compliance": status.compliance.value,
            "Annotation": status.annotation,
        }

    def notify(self, target: Target, options: Options) -> Answer:
        """Send the notice that is due, if one is."""
        look = self._look(target)
        if not look.non_compliant or look.verdict is None or look.user is None:
            return {"Notice": "None"}
        record = self._current_record(target, attached=look.attached)
        circumstances = self._circumstances(look, options)
        sparing = spared(circumstances, options, self.now) if circumstances else None
        due = due_notice(record, options, self.now, spared=sparing, attached=look.attached)
        # What one channel could not send is made up for: the others' memory is per channel.
        key = due or _latest(record)
        if key is None:
            return {"Notice": "None"}
        begins = None
        if options.mode is Mode.ENFORCE and sparing is None and not look.attached:
            begins = enforcement_begins(record, options, self.now)
        case = replace(
            self._case(look.verdict, look.rule, record),
            enforcement_begins=begins,
            spared=(sparing or "") if options.mode is Mode.ENFORCE else "",
            grace_continues=record.begun_at is not None,
        )
        self.tell(target.key, key, case, look.user, record)
        self.records.keep(target.key, self.now)
        return {"Notice": due or "None"}

    def decide_enforcement(self, target: Target, options: Options) -> Answer:
        """Say what to do about the enforcement policy; taking one of the day's places if that is to attach it."""
        # The record first: whatever it says was attached is then seen on the user, unless somebody took it off.
        record = self.records.read(target.key) or Record()
        look = self._look(target)
        record = current(record, self.now, attached=look.attached)
        circumstances = self._circumstances(look, options)
        decision = decide(look.verdict, record, options, circumstances, self.now, attached=look.attached)
        if decision.enforcement is Enforcement.ATTACH:
            limit = options.max_enforcements_per_day
            if not self.records.take_place(target.user_id, limit, self.now):
                decision = Decision(
                    enforcement=Enforcement.NONE, reason=f"enforcement began on {limit} users today, which is the limit"
                )
        return {
            "Enforcement": decision.enforcement.value,
            "Reason": decision.reason,
            "Attached": _attachment(look, record, self.now),
            # Who was judged, by the name of this moment: the name may have passed to another user since JudgeUser.
            "UserName": look.user.user_name if look.user else target.user_id,
        }

    def check_attachment(self, target: Target) -> Answer:
        """Check that the policy was attached to the user who was judged, and that the reason still holds.

        A user can be renamed and another one take the name, or enroll a device, between the decision and the call.
        """
        look = self._look(target)
        right = look.non_compliant and users.unique_id(self.aws.iam, target.user_name) == target.user_id
        if not right:
            self.records.give_place_back(target.user_id, self.now)
        return {"Attachment": "Right" if right else "Wrong"}

    def report(self, target: Target, enforcement: Enforcement, attachment: Attachment) -> Answer:
        """Remember what the automation did to the policy, and tell it; also what an earlier one left untold.

        Args:
            target: The user.
            enforcement: What was decided, and has been done by now.
            attachment: How the user stood before.
        """
        record = self.records.read(target.key) or Record()
        look = self._look(target)
        if not look.non_compliant:
            # Enrolled, exempt or gone since the decision: the next run releases and settles.
            return {"Enforced": "false"}
        kept = enforcement is Enforcement.NONE and attachment is Attachment.ATTACHED
        carries = enforcement is Enforcement.ATTACH or kept
        if carries:
            if not look.attached and record.enforced_at is None:
                raise RemediationError(
                    "The user does not carry the enforcement policy (yet); the next run reports it once IAM shows it."
                )
            self.records.enforced(target.key, self.now)
            self._tell_about(target, Notice.ENFORCED, record)
        elif enforcement is Enforcement.DETACH or attachment is Attachment.REMOVED:
            self._tell_about(target, Notice.RELEASED, record)
            self.records.detached(target.key, record, (*AGAIN_BEFORE_ENFORCEMENT, Notice.RELEASED.value))
        self.records.keep(target.key, self.now)
        return {"Enforced": "true" if carries else "false"}

    def settle(self, target: Target, stands: Standing) -> Answer:
        """End the finding: tell of the release if there was one, resolve it in Security Hub, and forget it."""
        record = self.records.read(target.key) or Record(settled_at=self.now)
        if record.settled_at is not None and stands is not Standing.RELEASE_DUE:
            return {"Settled": "false"}
        look = self._look(target)
        if look.non_compliant:
            # A device was removed since: the finding lasts, and the next run goes on with it.
            return {"Settled": "false"}
        if not look.attached and (stands is Standing.RELEASE_DUE or record.enforced_at is not None):
            case = self._case_of_anybody(look, target, record)
            if not self.tell(target.key, Notice.RELEASED, case, look.user, record):
                # Somebody else is telling it at this moment, and forgets the finding afterwards.
                return {"Settled": "false"}
        self._resolve(target, record)
        if look.user is None:
            self.records.forget(target.key)
        else:
            self.records.settle(target.key, record, self.now)
        return {"Settled": "true"}

    def _current_record(self, target: Target, *, attached: bool) -> Record:
        """Return what still counts of the record, after writing it where that is less than was remembered."""
        known = self.records.read(target.key) or Record()
        record = current(known, self.now, attached=attached)
        if record == known or self.records.replace(target.key, known, record, self.now):
            return record
        # Another run has begun it anew at this moment.
        return current(self.records.read(target.key) or Record(), self.now, attached=attached)

    def tell(
        self, key: str, notice_key: str, case: Case, user: IamUser | None = None, record: Record | None = None
    ) -> bool:
        """Send a notice through every channel that has not sent it yet; false if somebody else is at it.

        Raises:
            AdminMfaError: The topic failed, or the table. The others were tried all the same, and what they sent stays
                sent. The failure of another channel is reported to `unsent`, and the next run tries that channel again.
        """
        delivery = Delivery(text=write(notice_of(notice_key), case), case=case, user=user, now=self.now)
        known = record.sent if record else {}
        failures: list[AdminMfaError] = []
        told = True
        for channel in self.channels:
            name = f"{notice_key}@{channel.name}" if channel.name else notice_key
            if name in known or not channel.wants(delivery):
                continue
            try:
                with claimed(self.records, key, name, self.now) as claim:
                    if claim:
                        channel.send(delivery)
                    else:
                        told = told and not self._under_way(key, name)
            except RemediationError as error:
                if channel.required:
                    failures.append(error)
                else:
                    self.unsent(channel.name, error)
            except AdminMfaError as error:
                failures.append(error)
        if failures:
            raise failures[0]
        return told

    def _under_way(self, key: str, name: str) -> bool:
        record = self.records.read(key)
        return record is None or name not in record.sent

    def _tell_about(self, target: Target, notice: Notice, record: Record) -> None:
        look = self._look(target)
        self.tell(target.key, notice, self._case_of_anybody(look, target, record), look.user, record)

    def _resolve(self, target: Target, record: Record) -> None:
        hubs = [channel for channel in self.channels if isinstance(channel, SecurityHub)]
        if not hubs or not any(name.endswith(f"@{hubs[0].name}") for name in record.sent):
            return
        look = self._look(target)
        case = self._case_of_anybody(look, target, record)
        try:
            hubs[0].resolve(Delivery(text=write(Notice.RELEASED, case), case=case, user=look.user, now=self.now))
        except RemediationError as error:
            self.unsent(hubs[0].name, error)

    def _look(self, target: Target) -> _Look:
        return self._look_by(read_rule(self.aws.config, target.rule_name, self.place.source), target)

    def _look_by(self, rule: Rule, target: Target) -> _Look:
        with IamReader(self.aws.iam) as reader:
            user = reader.user(target.user_name, target.user_id)
            today = self.now.date()
            # The policy must not clear the user because of whom it is attached.
            verdict = (
                judge_read_user(reader, user, rule.parameters, today, leave_out=self.place.policy_arn) if user else None
            )
        return _Look(
            rule=rule,
            user=user if verdict else None,
            verdict=verdict,
            attached=bool(user and verdict and _carries(user, self.place.policy_arn)),
        )

    def _circumstances(self, look: _Look, options: Options) -> Circumstances | None:
        """Read what only enforcement asks for; None where it is not asked for."""
        if options.mode is not Mode.ENFORCE or look.user is None or not look.non_compliant:
            return None
        name = look.user.user_name
        return Circumstances(
            console_password=users.has_console_password(self.aws.iam, name),
            key_used_at=users.key_used_at(self.aws.iam, name),
            rule_evaluated_at=self._evaluated_at(look.rule.name),
            rule_period=look.rule.period,
            enrolment_denied_by=self._enrolment_denied_by(look.user, look.rule),
            policy_slots_full=not look.attached and users.policy_slots_full(self.aws.iam, look.user),
        )

    def _enrolment_denied_by(self, user: IamUser, rule: Rule) -> str | None:
        if unread := unread_policies(user):
            with IamReader(self.aws.iam) as reader:
                user = next(iter(reader.read([(user, Unread(policy_arns=unread))])), user)
        return enrolment_denied_by(user, rule.parameters, self.place.policy_arn)

    def _evaluated_at(self, rule_name: str) -> datetime | None:
        """Return the newer of what AWS Config tells and what the rule remembers; either can be missing."""
        known = (evaluated_at(self.aws.config, rule_name), self.records.completed_at(rule_name))
        return max((time for time in known if time is not None), default=None)

    def _case(self, verdict: Verdict, rule: Rule, record: Record) -> Case:
        case = case_of(verdict, rule.parameters, account_id=self.place.account_id, partition=self.place.partition)
        return replace(case, rule_name=rule.name, found_at=record.found_at or self.now, help=self.place.help)

    def _case_of_anybody(self, look: _Look, target: Target, record: Record) -> Case:
        """Make a case of a user who may be gone."""
        if look.verdict is not None:
            return self._case(look.verdict, look.rule, record)
        return Case(
            account_id=self.place.account_id,
            partition=self.place.partition,
            rule_name=look.rule.name,
            user_name=target.user_name or target.user_id,
            user_id=target.user_id,
            found_at=record.found_at or self.now,
            help=self.place.help,
        )


def _attachment(look: _Look, record: Record, now: datetime) -> str:
    if record.detached_by_hand(now, attached=look.attached):
        return Attachment.REMOVED.value
    return Attachment.ATTACHED.value if look.attached or record.enforced_at is not None else Attachment.NONE.value


def _carries(user: IamUser, policy_arn: str) -> bool:
    return any(a.group is None and a.policy.arn == policy_arn for a in user.attachments)


def _latest(record: Record) -> str | None:
    """Return the key of the last notice about the finding itself that the topic sent."""
    keys = [key for key in record.sent if "@" not in key and key not in (Notice.ENFORCED, Notice.RELEASED)]
    return max(keys, key=lambda key: record.sent[key], default=None)
