"""Define the acts of the demonstration. Each claim is compared with the actual result."""

import json
import time
from typing import Any

from jsonschema import Draft202012Validator
from rich.text import Text

from admin_mfa.audit.account import audit
from admin_mfa.aws.iam import IamReader
from admin_mfa.aws.session import aws_session
from admin_mfa.errors import ReadError
from admin_mfa.model import Compliance
from admin_mfa.parameters import parse_parameters
from admin_mfa.report import FORMATS, RenderOptions, Report
from admin_mfa.report.json_document import schema
from demo.account import NEWCOMER, PEOPLE, PROCRASTINATOR, rule_parameters
from demo.stage import RULE_NAME, Act, Stage
from demo.totp import codes


def _open(stage: Stage) -> None:
    iam = stage.aws.client("iam")
    users, groups = len(iam.list_users()["Users"]), len(iam.list_groups()["Groups"])
    stage.claim(users == len(PEOPLE), f"{users} users and {groups} groups exist, and AWS Config has the rule.")
    stage.claim(
        stage.aws.url.startswith("http://127.0.0.1:"),
        "The emulator listens on 127.0.0.1 only, and stops with the demonstration.",
    )


def _first_run(stage: Stage) -> None:
    run = stage.run_rule()
    results = stage.results()
    stage.dashboard(results)
    stage.print("")
    stage.claim(
        {result.name: result.compliance for result in results} == {p.name: p.expected for p in PEOPLE},
        f"Every user has exactly one result; {_count(results, 'NON_COMPLIANT')} of {len(results)} are NON_COMPLIANT.",
    )
    stage.claim(len(run.recorded) == len(PEOPLE), f"{len(run.recorded)} evaluations were recorded, one for each user.")
    stage.print(
        f"\nThe run took {run.calls.total()} calls. The rule reads all users from IAM in pages and makes a separate "
        "call only for administrators without a virtual device:"
    )
    stage.show_calls(run.calls)


def _enrol(stage: Stage) -> None:
    stage.aws.calls.clear()
    serial_number = _enrolled(stage, NEWCOMER)
    stage.show_calls(stage.aws.calls.counts())
    stage.claim(_devices(stage, NEWCOMER) == [serial_number], f"{NEWCOMER} now has {serial_number}.")


def _enrolled(stage: Stage, user_name: str) -> str:
    """Enrol a virtual device for a user and return its serial number."""
    iam = stage.aws.client("iam")
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName=user_name)["VirtualMFADevice"]
    older, newer = codes(device["Base32StringSeed"], time.time())
    iam.enable_mfa_device(
        UserName=user_name,
        SerialNumber=device["SerialNumber"],
        AuthenticationCode1=older,
        AuthenticationCode2=newer,
    )
    return str(device["SerialNumber"])


def _devices(stage: Stage, user_name: str) -> list[str]:
    listed = stage.aws.client("iam").list_mfa_devices(UserName=user_name)["MFADevices"]
    return [device["SerialNumber"] for device in listed]


def _second_run(stage: Stage) -> None:
    run = stage.run_rule()
    changed = tuple(result for result in stage.results() if result.resource_id in run.recorded)
    stage.dashboard(changed)
    stage.print("")
    stage.claim(
        len(run.recorded) == len(changed) == 1 and [result.name for result in changed] == [NEWCOMER],
        f"Exactly 1 evaluation was recorded, for {NEWCOMER}.",
    )
    stage.claim(changed[0].compliance == Compliance.COMPLIANT, f"{NEWCOMER} is now COMPLIANT.")


def _unchanged_run(stage: Stage) -> None:
    completed = stage.aws.config.runs_completed(RULE_NAME)
    run = stage.run_rule()
    stage.claim(not run.recorded, "0 evaluations were recorded, so nothing is billed.")
    stage.claim(
        stage.aws.config.runs_completed(RULE_NAME) == completed + 1, "AWS Config recorded the run as completed."
    )


def _failed_read(stage: Stage) -> None:
    before = stage.results()
    stage.aws.faults.add("iam:ListVirtualMFADevices", "AccessDenied")
    error = _failure(stage)
    stage.claim(error is not None, "The run fails when a read fails.")
    stage.print(f"\n{error}\nAWS Lambda therefore retries the run, and an alarm goes off.\n")
    stage.claim(not stage.aws.config.recorded, "0 evaluations were recorded.")
    stage.claim(stage.results() == before, "All results in AWS Config are unchanged: no finding was cleared.")


def _audit(stage: Stage) -> None:
    parameters = parse_parameters(rule_parameters(stage.today))
    # The command creates its client in this way: only the environment sets the endpoint.
    client: Any = aws_session().create_client("iam")
    with IamReader(client) as reader:
        found = audit(reader, account_id=stage.aws.account_id, partition="aws", parameters=parameters)
    report = Report(audits=(found,))
    stage.console.print(
        Text.from_ansi(FORMATS["table"].render(report, RenderOptions(colour=stage.console.is_terminal)))
    )
    document = FORMATS["json"].render(report, RenderOptions())
    stage.claim(
        {v.user_id: (v.compliance, v.annotation) for v in found.verdicts}
        == {r.resource_id: (r.compliance, r.annotation) for r in stage.results()},
        "The command returns the same result as AWS Config for every user, and also judges the root user.",
    )
    stage.claim(
        Draft202012Validator(json.loads(schema())).is_valid(json.loads(document)),
        "The JSON report conforms to its published schema.",
    )
    stage.write(document, stage.file("json"))
    stage.write(FORMATS["html"].render(report, RenderOptions()), stage.file("html"))
    stage.print(f"\nThe JSON report is in {stage.file('json')}.\n")
    stage.print(f"The HTML report is in {stage.file('html')}: open it in a browser.")


def _notify(stage: Stage) -> None:
    stage.aws.calls.clear()
    remediation = stage.remediation
    for _ in range(2):
        stage.claim(
            remediation.require(PROCRASTINATOR, Mode="Enforce").succeeded,
            "The Automation document RequireAdminMfa ran.",
        )
    notices = remediation.notices()
    stage.print("")
    stage.show_mail(notices[1]["subject"], notices[1]["text"])
    stage.claim(
        [notice["event"] for notice in notices] == ["root", "found"],
        "Two runs sent one notice about the account's root user and one about "
        f"{PROCRASTINATOR}. A conditional write prevents duplicates.",
    )


def _enforce(stage: Stage) -> None:
    remediation = stage.remediation
    seen = len(remediation.notices())
    for days, event, carried in ((12, "final", False), (2, "enforced", True)):
        # The daily sweep confirms the finding; otherwise another final notice would be due.
        for _ in range(days - 1):
            remediation.pass_days(1)
            remediation.require(PROCRASTINATOR, Mode="Enforce")
        remediation.pass_days(1)
        stage.run_rule(keep_calls=True)
        run = remediation.require(PROCRASTINATOR, Mode="Enforce")
        sent = [notice["event"] for notice in remediation.notices()[seen:]]
        seen += len(sent)
        stage.print(f"{days} days later: {run.outputs['ReadAnswer.Reason']}.")
        stage.claim(
            (sent, remediation.has_policy(PROCRASTINATOR)) == ([event], carried),
            f"One notice was sent ({event}); the policy is {'attached' if carried else 'not attached yet'}.",
        )
    stage.print(f"\n{PROCRASTINATOR} can now do nothing without MFA except enrol an MFA device.")


def _release(stage: Stage) -> None:
    _enrolled(stage, PROCRASTINATOR)
    run = stage.run_rule(keep_calls=True)
    changed = tuple(result for result in stage.results() if result.resource_id in run.recorded)
    stage.dashboard(tuple(result for result in changed if result.name == PROCRASTINATOR))
    stage.print("")
    stage.remediation.compliance_changed(PROCRASTINATOR)
    stage.claim(not stage.remediation.has_policy(PROCRASTINATOR), "The policy was detached automatically.")
    last = stage.remediation.notices()[-1]
    stage.show_mail(last["subject"], last["text"])
    stage.claim(last["event"] == "released", "One notice about the release was sent.")


def _back_out(stage: Stage) -> None:
    (serial_number,) = _devices(stage, PROCRASTINATOR)
    run = stage.remediation.back_out(PROCRASTINATOR, serial_number, "lost phone, ticket 42")
    stage.claim(run.succeeded, "The Automation document BackoutAdminMfa ran these steps:")
    for step in run.steps:
        stage.print(f"      {step}")
    stage.claim(
        _devices(stage, PROCRASTINATOR) == [], f"{PROCRASTINATOR} no longer has a device and can enrol a new one."
    )
    stage.claim(stage.remediation.notices()[-1]["event"] == "device-removed", "A notice about the removal was sent.")
    stage.run_rule(keep_calls=True)
    found = {result.name: result.compliance for result in stage.results()}
    stage.claim(found[PROCRASTINATOR] == Compliance.NON_COMPLIANT, f"{PROCRASTINATOR} is NON_COMPLIANT again.")


def _failure(stage: Stage) -> ReadError | None:
    try:
        stage.run_rule()
    except ReadError as error:
        return error
    return None


def _count(results: tuple[object, ...], compliance: str) -> int:
    return sum(getattr(result, "compliance", "") == compliance for result in results)


ACTS = (
    Act(
        title="An AWS emulator starts",
        introduction="The emulator runs inside this process, with an account that contains every kind of user. "
        "The demonstration reads no credentials and sends nothing outside this machine.",
        play=_open,
    ),
    Act(
        title="AWS Config runs the rule",
        introduction="AWS Config invokes the rule's real Lambda handler on a schedule. The handler reads IAM, judges "
        "every user and puts evaluations. The compliance dashboard in AWS Config then shows:",
        play=_first_run,
    ),
    Act(
        title=f"{NEWCOMER} enrols a virtual MFA device",
        introduction="An authenticator app generates two codes from the device's seed, and IAM accepts them.",
        play=_enrol,
    ),
    Act(
        title="The rule runs again",
        introduction="It compares its verdicts with the results in AWS Config and puts only the changes:",
        play=_second_run,
    ),
    Act(
        title="Nothing changed",
        introduction="The rule runs again without any change in the account.",
        play=_unchanged_run,
    ),
    Act(
        title="IAM denies a call",
        introduction="A failed read must never make a user COMPLIANT or clear a finding.",
        play=_failed_read,
    ),
    Act(
        title="The auditor's view",
        introduction="`admin-mfa audit` reports on the same account. It is read-only and does not need AWS Config:",
        play=_audit,
    ),
    Act(
        title="The remediation notifies the right person once",
        introduction=f"AWS Config starts the remediation for {PROCRASTINATOR} twice, because delivery is at least "
        "once. The real Automation document runs with the real helper function. This is the mail:",
        play=_notify,
    ),
    Act(
        title="The grace period ends",
        introduction="Enforcement is opt-in: here the mode is Enforce. The rule keeps running "
        "while the clock is moved forward.",
        play=_enforce,
    ),
    Act(
        title=f"{PROCRASTINATOR} enrols a device and is released",
        introduction="No request is needed. AWS Config reports the change, and the remediation detaches the policy:",
        play=_release,
    ),
    Act(
        title=f"{PROCRASTINATOR} loses the phone",
        introduction="At 3 a.m. the engineer on call follows remediation/BACKOUT.md.",
        play=_back_out,
    ),
)
