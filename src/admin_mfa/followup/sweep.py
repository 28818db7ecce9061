"""The daily reconciliation starts the document for users who are NON_COMPLIANT or carry the policy without reason.

AWS Config starts it too, but stops for good after some failures and cannot remediate every rule; the sweep makes the
remediation finish its job.
"""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from admin_mfa.aws.iam import IamReader
from admin_mfa.aws.session import reading
from admin_mfa.errors import ReadError, RemediationError
from admin_mfa.followup.actions import Remediation
from admin_mfa.followup.finding import Notice
from admin_mfa.followup.judgement import Target
from admin_mfa.followup.preview import Preview, preview
from admin_mfa.followup.rule import OurRules, excepted, non_compliant, our_rules
from admin_mfa.model import Compliance
from admin_mfa.parameters import PARAMETERS, Parameters

ACTIONS = ("ssm:StartAutomationExecution",)

_TOKENS = uuid.UUID("6f0c3f5e-0a7c-4f0e-9d53-1f2b6c1f7a10")
"""The name space of the tokens by which a retried sweep starts nothing twice."""

PREVIEWED_USERS = 200
"""For how many users the sweep reads what enforcement depends on; together they take less than half of its time."""

_USED = "IdempotentParameterMismatch"
"""A client token cannot be used again. Ours holds every input, so the automation was started already.

Source: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_StartAutomationExecution.html
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """What a sweep did, in numbers.

    Attributes:
        started: Automations started.
        excepted: NON_COMPLIANT users whom AWS Config must not remediate; they were left alone and reported.
        settled: Of those started, users about whom a finding is remembered and whom AWS Config holds to be compliant.
        released: Of those started, users who carry the enforcement policy without being NON_COMPLIANT.
        root_compliance: The account's root user; None while automatic remediation is off.
    """

    started: int
    excepted: int
    settled: int
    released: int
    root_compliance: Compliance | None


def sweep(remediation: Remediation, run: str = "") -> Swept:
    """Reconcile one account with what AWS Config holds of our rules.

    While automatic remediation is off, users are released and findings settled, and nothing else is done.

    Args:
        remediation: The actions.
        run: What identifies this sweep, so that a retry of it starts nothing twice. Empty for a sweep by hand, which
            starts everything anew.

    Raises:
        ReadError: Something could not be read.
        RemediationError: Some automations could not be started, or a trusted rule cannot be read; all others were
            started. Or users carry the policy and no rule is left that could release them.
    """
    aws, place = remediation.aws, remediation.place
    carrying = aws.users.carriers(place.policy_arn)
    ours = our_rules(aws.config, place.source)
    for name, reason in to_review(ours, place.deployed):
        remediation.review(name, reason)
    # One that cannot be read clears no user, and stops neither the others nor the release that they agree on.
    rules = ours.readable
    if not rules and carrying:
        raise RemediationError(
            f"The enforcement policy is attached to users ({len(carrying)}), but no rule is left that could release "
            "them; detach it as BACKOUT.md says."
        )
    targets: list[Target] = []
    to_settle: list[Target] = []
    found: set[str] = set()
    left_alone: list[tuple[Target, str]] = []
    for rule in rules:
        exceptions = excepted(aws.config, rule.name)
        failing = non_compliant(aws.config, rule.name)
        # A compliance event that got lost has left its finding open.
        to_settle += [
            Target(rule_name=rule.name, user_id=user_id)
            for user_id in sorted(remediation.records.open_findings(rule.name).difference(failing))
        ]
        for user_id in failing:
            found.add(user_id)
            if not place.automatic:
                continue
            if user_id in exceptions:
                left_alone.append((Target(rule_name=rule.name, user_id=user_id), exceptions[user_id]))
            else:
                targets.append(Target(rule_name=rule.name, user_id=user_id))
    settling = {target.user_id for target in to_settle}
    to_release = [
        Target(rule_name=rules[0].name, user_id=user_id) for user_id in sorted(carrying.keys() - found - settling)
    ]
    try:
        _start_all(remediation, [*to_release, *to_settle, *targets], run or str(uuid.uuid4()))
    finally:
        # After the release, which a topic that takes no notice must not prevent.
        root_compliance = _notify(remediation, left_alone)
    if ours.unreadable:
        raise RemediationError(
            f"The parameters of the rule {ours.unreadable[0].name} cannot be read, so its users were left alone: "
            f"{ours.unreadable[0].error}"
        ) from ours.unreadable[0].error
    if ours.unread is not None:
        raise RemediationError(
            f"The conformance packs cannot be read, so these rules were not trusted: {', '.join(ours.untrusted)}. "
            f"{ours.unread}"
        ) from ours.unread
    return Swept(
        started=len(to_release) + len(to_settle) + len(targets),
        excepted=len(left_alone),
        settled=len(to_settle),
        released=len(to_release),
        root_compliance=root_compliance,
    )


def _notify(remediation: Remediation, left_alone: list[tuple[Target, str]]) -> Compliance | None:
    """Send the notices that are about no finding of the sweep, and return the root user's compliance."""
    if not remediation.place.automatic:
        return None
    root_compliance = remediation.check_account()
    for target, message in left_alone:
        _announce_exception(remediation, target, message)
    return root_compliance


def previews(remediation: Remediation) -> Iterator[Preview]:
    """Yield what is ahead of the users of each trusted rule, with the options that the sweep starts the document with.

    Raises:
        ReadError: Something could not be read.
    """
    options = remediation.place.options
    for rule in our_rules(remediation.aws.config, remediation.place.source).readable:
        yield preview(remediation.judges, rule, options, automatic=remediation.place.automatic, most=PREVIEWED_USERS)


def to_review(ours: OurRules, deployed: Parameters | None) -> tuple[tuple[str, str], ...]:
    """Return the rules that an operator should look at, each with the reason.

    Args:
        ours: The rules that name our function.
        deployed: The rule parameters of the deployment; None if they are not known.
    """
    untrusted = (
        (name, "it names our function, but the deployment did not create it, so it is ignored")
        if ours.unread is None
        else (name, f"it is not trusted until the conformance packs can be read: {ours.unread}")
        for name in ours.untrusted
    )
    changed = (
        (rule.name, f"its parameters differ from those deployed: {', '.join(differing)}")
        for rule in ours.readable
        if deployed is not None and (differing := _differing(rule.parameters, deployed))
    )
    return (*untrusted, *changed)


def _differing(one: Parameters, other: Parameters) -> list[str]:
    return [row.name for row in PARAMETERS if row.field and getattr(one, row.field) != getattr(other, row.field)]


def compliance_changed(remediation: Remediation, target: Target) -> bool:
    """Start the document for a user whom AWS Config reports as not NON_COMPLIANT any more, if there is anything to end.

    At a rule's first run such a report comes for every user of the account, and nothing is to be done about them.

    Returns:
        Whether it was started.
    """
    record = remediation.records.read(target.key)
    known = record is not None and record.settled_at is None
    if not known and target.user_id not in remediation.aws.users.carriers(remediation.place.policy_arn):
        return False
    # Events are chosen by the rule's prefix, which a second stack's rule can share.
    ours = our_rules(remediation.aws.config, remediation.place.source)
    if target.rule_name not in ours.names:
        if ours.unread is not None and target.rule_name in ours.untrusted:
            raise ours.unread
        return False
    _start(remediation, target, str(uuid.uuid4()))
    return True


def _announce_exception(remediation: Remediation, target: Target, message: str) -> None:
    """Send one notice a month about a user who is left alone: a failure can have silenced the remediation."""
    # A key of its own: the finding's record says when the grace period began, and this must not begin it.
    key = f"exception#{remediation.now:%Y-%m}#{target.key}"
    record = remediation.records.read(key)
    if record and Notice.EXCEPTION in record.sent:
        return
    with IamReader(remediation.aws.iam) as reader:
        user = reader.user("", target.user_id)
    case = remediation.case(
        rule_name=target.rule_name, user_name=user.user_name if user else target.user_id, user_id=target.user_id
    )
    remediation.messenger.send(key, Notice.EXCEPTION, replace(case, reason=message, help=""), record=record)


def _start_all(remediation: Remediation, targets: list[Target], run: str) -> None:
    failures: list[ReadError] = []
    for target in targets:
        # Other inputs make another token: with the same one they would be refused.
        inputs = json.dumps([run, _inputs(remediation, target)], sort_keys=True)
        try:
            _start(remediation, target, str(uuid.uuid5(_TOKENS, inputs)))
        except ReadError as error:
            failures.append(error)
    if failures:
        raise RemediationError(
            f"{len(failures)} of {len(targets)} automations could not be started; the first failure: {failures[0]}"
        ) from failures[0]


def _inputs(remediation: Remediation, target: Target) -> dict[str, str]:
    return {
        **remediation.place.automation_inputs,
        "ConfigRuleName": target.rule_name,
        "ResourceId": target.user_id,
    }


def _start(remediation: Remediation, target: Target, token: str) -> None:
    parameters: Any = {name: [text] for name, text in _inputs(remediation, target).items()}
    try:
        with reading("ssm:StartAutomationExecution"):
            remediation.aws.ssm.start_automation_execution(
                DocumentName=remediation.place.document_name, Parameters=parameters, ClientToken=token
            )
    except ReadError as error:
        if error.code != _USED:
            raise
