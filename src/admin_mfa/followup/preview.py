"""What the remediation is about to do: who gets which notice, who is restricted on which day, who is spared and why.

It decides with the functions that the actions use, over the same records, and changes nothing. The command shows it
for an account; the sweep logs its counts.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from admin_mfa.audit.account import Progress, judged_users, silent
from admin_mfa.aws.iam import IamReader
from admin_mfa.errors import ReadError
from admin_mfa.followup.decisions import decide, enforcement_days, outlook
from admin_mfa.followup.finding import (
    AGAIN_BEFORE_ENFORCEMENT,
    Circumstances,
    Enforcement,
    Reason,
    Record,
    Sparing,
    current,
    is_stale,
)
from admin_mfa.followup.judgement import Judge, Judgement
from admin_mfa.followup.limits import places_taken
from admin_mfa.followup.options import OPTIONS, Mode, Options, parse_options
from admin_mfa.followup.rule import Rule, excepted, our_rules, remediation_settings
from admin_mfa.model import Compliance, Verdict
from admin_mfa.parameters import parse_parameters

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """What is ahead of one user.

    Attributes:
        user_name: The user.
        user_id: The unique id.
        notice: The key of the notice that the next run sends; None if none is due.
        restricted: Whether the user carries the enforcement policy.
        released: Whether the next run takes the policy off, though the finding lasts.
        restricted_on: The first day (UTC) on which enforcement can begin; None if it does not, or has begun.
        spared: Why it does not begin; None if it does, has begun, or Mode is Notify.
        examined: Whether what enforcement depends on was read.
    """

    user_name: str
    user_id: str
    notice: str | None = None
    restricted: bool = False
    released: bool = False
    restricted_on: date | None = None
    spared: Sparing | None = None
    examined: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What is ahead of the users of one rule.

    Attributes:
        rule_name: The rule.
        options: The operator's.
        automatic: Whether findings are remediated by themselves; otherwise no notice is sent and no user is restricted.
        stale: Whether the rule has not been evaluated for so long that enforcement does not begin.
        users: Everyone who is NON_COMPLIANT, and administrators who are exempt, by name.
    """

    rule_name: str
    options: Options
    automatic: bool
    stale: bool
    users: tuple[Ahead, ...]

    def counts(self) -> dict[str, int]:
        """Return how many users each outcome awaits, without names."""
        counts = Counter(f"notice_{user.notice.partition('-')[0]}" for user in self.users if user.notice)
        counts.update(f"spared_{user.spared.reason.value.replace('-', '_')}" for user in self.users if user.spared)
        counts["restricted"] = sum(user.restricted for user in self.users)
        counts["to_restrict"] = sum(user.restricted_on is not None for user in self.users)
        counts["not_examined"] = sum(not user.examined for user in self.users)
        return dict(sorted(counts.items()))

    def as_json(self) -> dict[str, Any]:
        """Return the preview as `admin-mfa preview --format json` shows it."""
        return {
            "rule": self.rule_name,
            "mode": self.options.mode.value,
            "automatic_remediation": self.automatic,
            "rule_is_stale": self.stale,
            "summary": self.counts(),
            "users": [
                {
                    "user_name": user.user_name,
                    "user_id": user.user_id,
                    "notice": user.notice,
                    "restricted": user.restricted,
                    "released": user.released,
                    "restricted_on": user.restricted_on.isoformat() if user.restricted_on else None,
                    "spared": {"reason": user.spared.reason.value, "text": str(user.spared)} if user.spared else None,
                }
                for user in self.users
            ],
        }


def previews(
    judge: Judge, parameters: Mapping[str, str], options: Mapping[str, str], progress: Progress = silent
) -> tuple[Preview, ...]:
    """Return what is ahead of the users of each trusted rule, or of the account if no rule is deployed.

    Args:
        judge: Reads and judges users.
        parameters: Rule parameters that differ from the rule's own.
        options: Options that differ from those of the remediation configuration, such as Mode before it is changed.
        progress: Receives a few words about what is being done.

    Raises:
        InvalidInputError: An option is unknown or not allowed.
        InvalidParametersError: A rule parameter is unknown or not allowed.
        ReadError: Something could not be read. There are no partial results.
    """
    progress("reading the rules")
    ours = our_rules(judge.config, judge.source)
    if ours.unread is not None:
        raise ours.unread
    if ours.unreadable:
        raise ours.unreadable[0].error
    if not ours.readable:
        rule = Rule(name="", parameters=parse_parameters(parameters), period=timedelta(days=1))
        return (preview(judge, rule, parse_options(options), deployed=False, progress=progress),)
    found = []
    for rule in ours.readable:
        settings = remediation_settings(judge.config, rule.name)
        inputs = {row.name: settings.inputs[row.name] for row in OPTIONS if settings and row.name in settings.inputs}
        given = parse_parameters({**dict(rule.parameters.given), **parameters})
        found.append(
            preview(
                judge,
                replace(rule, parameters=given),
                parse_options({**inputs, **options}),
                automatic=settings is not None and settings.automatic,
                progress=progress,
            )
        )
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Memory:
    """What AWS Config and the table hold of a rule; nothing where the rule is not deployed.

    Attributes:
        records: By unique id.
        exceptions: The users whom AWS Config must not remediate, by unique id.
        evaluated_at: The rule's last successful evaluation.
        places: How many of today's places for enforcement are taken.
    """

    records: Mapping[str, Record] = field(default_factory=dict)
    exceptions: Mapping[str, str] = field(default_factory=dict)
    evaluated_at: datetime | None = None
    places: int = 0


def preview(  # noqa: PLR0913 - each changes what is ahead
    judge: Judge,
    rule: Rule,
    options: Options,
    *,
    automatic: bool = True,
    deployed: bool = True,
    most: int | None = None,
    progress: Progress = silent,
) -> Preview:
    """Read an account and return what the next runs will do by one rule.

    Args:
        judge: Reads and judges users.
        rule: By which they are judged.
        options: The operator's.
        automatic: Whether findings are remediated by themselves.
        deployed: Whether AWS Config and the table know the rule; otherwise nothing is remembered.
        most: For how many users at most the circumstances are read, each in about four calls; None for all.
        progress: Receives a few words about what is being done.

    Raises:
        ReadError: Something could not be read. There are no partial results.
    """
    now = judge.now
    memory = _memory(judge, rule.name) if deployed else _Memory(evaluated_at=now)
    carrying = judge.users.carriers(judge.policy_arn)
    users: list[Ahead] = []
    begins: dict[str, datetime] = {}
    with IamReader(judge.iam) as reader:
        judged = judged_users(reader, rule.parameters, now.date(), progress, leave_out=judge.policy_arn)
        failing = [one for one in judged if one[1].compliance is Compliance.NON_COMPLIANT]
        progress(f"reading what enforcement for {len(failing)} users depends on")
        for number, (user, verdict) in enumerate(failing):
            one = Judgement(rule=rule, user=user, verdict=verdict, attached=user.user_id in carrying)
            if options.mode is not Mode.ENFORCE:
                users.append(_ahead(one, verdict, memory, options, None, now)[0])
            elif most is not None and number >= most:
                users.append(replace(_about(verdict), restricted=one.attached, examined=False))
            else:
                circumstances = judge.read_circumstances(one, memory.evaluated_at, reader)
                ahead, moment = _ahead(one, verdict, memory, options, circumstances, now)
                users.append(ahead)
                if moment:
                    begins[user.user_id] = moment
    limit = options.max_enforcements_per_day
    days = enforcement_days(begins, limit, now, memory.places) if begins else {}
    users = [replace(user, restricted_on=days.get(user.user_id)) for user in users]
    users += [_exempt(verdict) for _, verdict in judged if verdict.administrator and verdict.exempt]
    return Preview(
        rule_name=rule.name,
        options=options,
        automatic=automatic,
        stale=is_stale(memory.evaluated_at, rule.period, now),
        users=tuple(sorted(users, key=lambda user: (user.user_name.casefold(), user.user_id))),
    )


def _memory(judge: Judge, rule_name: str) -> _Memory:
    return _Memory(
        records=_if_there(lambda: judge.records.findings(rule_name), {}),
        exceptions=excepted(judge.config, rule_name),
        evaluated_at=_if_there(lambda: judge.evaluated_at(rule_name), None),
        places=_if_there(lambda: places_taken(judge.records, judge.now), 0),
    )


def _if_there(read: Callable[[], _T], otherwise: _T) -> _T:
    """Return what is read; something else where there is no table, because the remediation is not deployed."""
    try:
        return read()
    except ReadError as error:
        if error.code == "ResourceNotFoundException":
            return otherwise
        raise


def _ahead(
    one: Judgement,
    verdict: Verdict,
    memory: _Memory,
    options: Options,
    circumstances: Circumstances | None,
    now: datetime,
) -> tuple[Ahead, datetime | None]:
    """Return what is ahead of a user whose finding lasts, and the earliest moment of enforcement."""
    about = replace(_about(verdict), restricted=one.attached)
    if verdict.user_id in memory.exceptions:
        text = "AWS Config has a remediation exception for the user"
        return replace(about, spared=Sparing(reason=Reason.EXCEPTION, text=text)), None
    record = current(memory.records.get(verdict.user_id, Record()), now, attached=one.attached)
    if record.detached_by_hand(now, attached=one.attached):
        # The next run reports it; a final notice comes before the policy is attached again.
        record = replace(record.sent_again(AGAIN_BEFORE_ENFORCEMENT), enforced_at=None)
    carries = one.attached or record.enforced_at is not None
    ahead = outlook(record, options, circumstances, now, attached=carries)
    decision = decide(verdict, record, options, circumstances, now, attached=one.attached)
    return (
        replace(
            about,
            notice=ahead.notice,
            restricted=carries,
            released=decision.enforcement is Enforcement.DETACH,
            spared=None if carries else ahead.spared,
        ),
        ahead.begins,
    )


def _about(verdict: Verdict) -> Ahead:
    return Ahead(user_name=verdict.user_name, user_id=verdict.user_id)


def _exempt(verdict: Verdict) -> Ahead:
    until = f"until {verdict.exempt_until}" if verdict.exempt_until else "without end"
    return replace(_about(verdict), spared=Sparing(reason=Reason.EXEMPT, text=f"the user is exempt {until}"))
