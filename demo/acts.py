"""What the demonstration shows, act by act. Each claim is compared with what really happened."""

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
        stage.aws.url.startswith("http://127.0.0.1:"), "It listens on 127.0.0.1 only, and ends with the demonstration."
    )


def _first_run(stage: Stage) -> None:
    run = stage.run_rule()
    results = stage.results()
    stage.dashboard(results)
    stage.say("")
    stage.claim(
        {result.name: result.compliance for result in results} == {p.name: p.expected for p in PEOPLE},
        f"Every user has exactly one result; {_count(results, 'NON_COMPLIANT')} of {len(results)} are NON_COMPLIANT.",
    )
    stage.claim(len(run.recorded) == len(PEOPLE), f"{len(run.recorded)} evaluations were recorded, one for each user.")
    stage.say(
        f"\nThat took {run.calls.total()} calls. IAM is read in pages, for everybody at once; only "
        "administrators without a virtual device are asked about one by one:"
    )
    stage.show_calls(run.calls)


def _enrol(stage: Stage) -> None:
    stage.aws.calls.clear()
    serial_number = _enrolled(stage, NEWCOMER)
    stage.show_calls(stage.aws.calls.counts())
    stage.claim(_devices(stage, NEWCOMER) == [serial_number], f"{NEWCOMER} now has {serial_number}.")


def _enrolled(stage: Stage, user_name: str) -> str:
    """Let a user enrol a virtual device, and return its serial number."""
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
    stage.say("")
    stage.claim(
        len(run.recorded) == len(changed) == 1 and [result.name for result in changed] == [NEWCOMER],
        f"Exactly 1 evaluation was recorded, the one about {NEWCOMER}.",
    )
    stage.claim(changed[0].compliance == Compliance.COMPLIANT, f"{NEWCOMER} is COMPLIANT now.")


def _unchanged_run(stage: Stage) -> None:
    completed = stage.aws.config.runs_completed(RULE_NAME)
    run = stage.run_rule()
    stage.claim(not run.recorded, "0 evaluations were recorded, so nothing is billed.")
    stage.claim(
        stage.aws.config.runs_completed(RULE_NAME) == completed + 1, "AWS Config knows that the run was completed."
    )


def _failed_read(stage: Stage) -> None:
    before = stage.results()
    stage.aws.faults.add("iam:ListVirtualMFADevices", "AccessDenied")
    error = _failure(stage)
    stage.claim(error is not None, "A run that cannot read fails.")
    stage.say(f"\n{error}\nSo AWS Lambda retries it, and its alarm rings.\n")
    stage.claim(not stage.aws.config.recorded, "0 evaluations were recorded.")
    stage.claim(stage.results() == before, "What AWS Config held it still holds: nothing was cleared.")


def _audit(stage: Stage) -> None:
    parameters = parse_parameters(rule_parameters(stage.today))
    # As the command makes it, and not as the stage does: the environment alone decides whom it talks to.
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
        "The command says of every user what AWS Config holds, and judges the root user too.",
    )
    stage.claim(
        Draft202012Validator(json.loads(schema())).is_valid(json.loads(document)),
        "The JSON report is as its published schema says.",
    )
    stage.write(document, stage.file("json"))
    stage.write(FORMATS["html"].render(report, RenderOptions()), stage.file("html"))
    stage.say(f"\nThe JSON report is in {stage.file('json')}.\n")
    stage.say(f"The report to look at is in {stage.file('html')}: open it in a browser.")


def _notify(stage: Stage) -> None:
    stage.aws.calls.clear()
    remediation = stage.remediation
    for _ in range(2):
        stage.claim(
            remediation.require(PROCRASTINATOR, Mode="Enforce").succeeded,
            "The Automation document RequireAdminMfa ran.",
        )
    notices = remediation.notices()
    stage.say("")
    stage.show_mail(notices[1]["subject"], notices[1]["text"])
    stage.claim(
        [notice["event"] for notice in notices] == ["root", "found"],
        "Two runs, and one notice about each: the account's root user, and "
        f"{PROCRASTINATOR}. A conditional write decides.",
    )


def _enforce(stage: Stage) -> None:
    remediation = stage.remediation
    seen = len(remediation.notices())
    for days, event, carried in ((12, "final", False), (2, "enforced", True)):
        # The daily sweep confirms the finding; without it a final notice would be due anew.
        for _ in range(days - 1):
            remediation.pass_days(1)
            remediation.require(PROCRASTINATOR, Mode="Enforce")
        remediation.pass_days(1)
        stage.run_rule(keep_calls=True)
        run = remediation.require(PROCRASTINATOR, Mode="Enforce")
        told = [notice["event"] for notice in remediation.notices()[seen:]]
        seen += len(told)
        stage.say(f"{days} days later: {run.outputs['DecideEnforcement.Reason']}.")
        stage.claim(
            (told, remediation.carries(PROCRASTINATOR)) == ([event], carried),
            f"One notice, {event!r}; the policy is {'attached' if carried else 'not attached yet'}.",
        )
    stage.say(f"\nFrom now on {PROCRASTINATOR} can enrol an MFA device, and do nothing else without one.")


def _release(stage: Stage) -> None:
    _enrolled(stage, PROCRASTINATOR)
    run = stage.run_rule(keep_calls=True)
    changed = tuple(result for result in stage.results() if result.resource_id in run.recorded)
    stage.dashboard(tuple(result for result in changed if result.name == PROCRASTINATOR))
    stage.say("")
    stage.remediation.compliance_changed(PROCRASTINATOR)
    stage.claim(not stage.remediation.carries(PROCRASTINATOR), "The policy was taken off, by itself.")
    last = stage.remediation.notices()[-1]
    stage.show_mail(last["subject"], last["text"])
    stage.claim(last["event"] == "released", "One notice says so.")


def _back_out(stage: Stage) -> None:
    (serial_number,) = _devices(stage, PROCRASTINATOR)
    run = stage.remediation.back_out(PROCRASTINATOR, serial_number, "lost phone, ticket 42")
    stage.claim(run.succeeded, "The Automation document BackoutAdminMfa ran, step by step:")
    for step in run.steps:
        stage.say(f"      {step}")
    stage.claim(
        _devices(stage, PROCRASTINATOR) == [], f"{PROCRASTINATOR} has no device any more; a new one can be enrolled."
    )
    stage.claim(stage.remediation.notices()[-1]["event"] == "device-removed", "Everybody who has to know was told.")
    stage.run_rule(keep_calls=True)
    found = {result.name: result.compliance for result in stage.results()}
    stage.claim(found[PROCRASTINATOR] == Compliance.NON_COMPLIANT, f"The rule finds {PROCRASTINATOR} again.")


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
        title="An AWS without an account",
        says="An embedded AWS starts inside of this process, and its account is filled with every kind of case. "
        "No credentials are read, and nothing leaves this machine.",
        play=_open,
    ),
    Act(
        title="AWS Config runs the rule",
        says="The rule's real Lambda handler is called with the event of a scheduled run. It reads IAM, judges every "
        "user, and answers AWS Config, whose compliance dashboard then shows this:",
        play=_first_run,
    ),
    Act(
        title=f"{NEWCOMER} enrols a virtual MFA device",
        says="An authenticator app makes two codes from the device's seed; IAM takes them.",
        play=_enrol,
    ),
    Act(
        title="The rule runs again",
        says="It compares its verdicts with what AWS Config holds, and puts the difference:",
        play=_second_run,
    ),
    Act(
        title="Nothing changed",
        says="Once more, without any change in between.",
        play=_unchanged_run,
    ),
    Act(
        title="IAM refuses an answer",
        says="Now IAM denies one call. What could not be read must neither make anybody compliant nor clear a finding.",
        play=_failed_read,
    ),
    Act(
        title="The auditor's view",
        says="The same account through `admin-mfa audit`, which needs no AWS Config and writes nothing to the account:",
        play=_audit,
    ),
    Act(
        title="The remediation tells the right person, once",
        says=f"AWS Config starts the remediation for {PROCRASTINATOR}, and, as it may, a second time. The real "
        "Automation document runs, with the real helper function behind its steps. This is the mail:",
        play=_notify,
    ),
    Act(
        title="The grace period ends",
        says="Only because RemediationMode is Enforce here. The rule goes on running; the clock is moved on.",
        play=_enforce,
    ),
    Act(
        title=f"{PROCRASTINATOR} enrols, and is released",
        says="Nobody has to be asked. AWS Config reports the change, and the remediation ends what it began:",
        play=_release,
    ),
    Act(
        title=f"{PROCRASTINATOR} loses the phone",
        says="At 3 a.m. somebody on call opens remediation/BACKOUT.md.",
        play=_back_out,
    ),
)
