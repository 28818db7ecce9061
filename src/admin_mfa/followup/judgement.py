"""One user as judged at this moment: by a trusted rule's own parameters, from live IAM."""

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from admin_mfa.audit.account import judge_read_user
from admin_mfa.aws.iam import IamReader
from admin_mfa.aws.iam_users import UserReader
from admin_mfa.aws.rules import Source
from admin_mfa.followup.authority import Backout
from admin_mfa.followup.enrolment import enrolment_denied_by, unread_policies
from admin_mfa.followup.finding import Circumstances
from admin_mfa.followup.options import OPTIONS, Mode, Options, parse_options
from admin_mfa.followup.records import Records, user_key
from admin_mfa.followup.rule import Rule, evaluated_at, our_rules, read_rule
from admin_mfa.model import Compliance, IamUser, Unread, Verdict
from admin_mfa.parameters import Parameters

if TYPE_CHECKING:
    from mypy_boto3_config import ConfigServiceClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_ssm import SSMClient


@dataclass(frozen=True, slots=True, kw_only=True)
class RemediationStack:
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
        deployed: The rule parameters of the deployment, which the sweep compares with those of the trusted rules; None
            if they are not known.
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
    deployed: Parameters | None = None

    @property
    def options(self) -> Options:
        """The options of the deployment, which the sweep starts the document with."""
        inputs = self.automation_inputs
        return parse_options({row.name: inputs[row.name] for row in OPTIONS if row.name in inputs})


@dataclass(frozen=True, slots=True, kw_only=True)
class Aws:
    """The clients, made by a session that `admin_mfa.aws.session.aws_session` prepared."""

    iam: "IAMClient"
    config: "ConfigServiceClient"
    ssm: "SSMClient"

    @property
    def users(self) -> UserReader:
        """Reads single users."""
        return UserReader(self.iam)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What one reading of a user shows.

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
        """Whether the finding lasts."""
        return self.verdict is not None and self.verdict.compliance is Compliance.NON_COMPLIANT


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """Reads and judges users; remembers nothing and changes nothing.

    Attributes:
        iam: Made by a session that `admin_mfa.aws.session.aws_session` prepared.
        config: Likewise.
        source: Which rules are trusted.
        policy_arn: The enforcement policy; users are judged without it.
        records: When the rule last completed a run.
        now: The time, in UTC.

    Raises:
        AdminMfaError: From every method, when AWS could not be read.
    """

    iam: "IAMClient"
    config: "ConfigServiceClient"
    source: Source
    policy_arn: str
    records: Records
    now: datetime

    @property
    def users(self) -> UserReader:
        """Reads single users."""
        return UserReader(self.iam)

    def judge(self, target: Target) -> Judgement:
        """Judge the user afresh by the rule that found it."""
        return self._judge_by(read_rule(self.config, target.rule_name, self.source), target)

    def cleared_by_every_rule(self, target: Target) -> bool:
        """Whether each trusted rule judges the user afresh not to be NON_COMPLIANT; an unreadable one does not."""
        ours = our_rules(self.config, self.source)
        return ours.complete and not any(self._judge_by(rule, target).non_compliant for rule in ours.readable)

    def _judge_by(self, rule: Rule, target: Target) -> Judgement:
        with IamReader(self.iam) as reader:
            user = reader.user(target.user_name, target.user_id)
            today = self.now.date()
            # The policy must not clear the user because of whom it is attached.
            verdict = judge_read_user(reader, user, rule.parameters, today, leave_out=self.policy_arn) if user else None
        return Judgement(
            rule=rule,
            user=user if verdict else None,
            verdict=verdict,
            attached=bool(user and verdict and carries(user, self.policy_arn)),
        )

    def circumstances(self, judgement: Judgement, options: Options) -> Circumstances | None:
        """Read what only enforcement depends on; None where it cannot begin anyway."""
        if options.mode is not Mode.ENFORCE or not judgement.non_compliant:
            return None
        return self.read_circumstances(judgement, self.evaluated_at(judgement.rule.name))

    def read_circumstances(
        self, judgement: Judgement, rule_evaluated_at: datetime | None, reader: IamReader | None = None
    ) -> Circumstances | None:
        """Read the circumstances of a user; None for one who is gone. A reader that is given remembers policies."""
        user, verdict = judgement.user, judgement.verdict
        if user is None or verdict is None:
            return None
        return Circumstances(
            console_password=self.users.has_console_password(user.user_name),
            key_used_at=self.users.key_used_at(user.user_name),
            rule_evaluated_at=rule_evaluated_at,
            rule_period=judgement.rule.period,
            enrolment_denied_by=self._enrolment_denied_by(user, judgement.rule, reader),
            policy_slots_full=not judgement.attached and self.users.policy_slots_full(user),
            policy_unreadable=not verdict.enforceable,
        )

    def evaluated_at(self, rule_name: str) -> datetime | None:
        """Return the newer of what AWS Config reports and what the rule remembers; either can be missing."""
        known = (evaluated_at(self.config, rule_name), self.records.completed_at(rule_name))
        return max((time for time in known if time is not None), default=None)

    def _enrolment_denied_by(self, user: IamUser, rule: Rule, reader: IamReader | None) -> str | None:
        if unread := unread_policies(user):
            with nullcontext(reader) if reader else IamReader(self.iam) as reading:
                user = next(iter(reading.read([(user, Unread(policy_arns=unread))])), user)
        return enrolment_denied_by(user, rule.parameters, self.policy_arn)


def carries(user: IamUser, policy_arn: str) -> bool:
    """Whether a policy is attached to the user itself."""
    return any(a.group is None and a.policy.arn == policy_arn for a in user.attachments)
