"""Test the advice for each kind of finding."""

from dataclasses import replace
from datetime import date

import pytest

from admin_mfa.findings.audits import Audit
from admin_mfa.findings.next_steps import Task, advice, console_url, tasks
from admin_mfa.findings.people import UserStatus, people
from admin_mfa.model import Bypass, BypassReason, Compliance, MfaType, Verdict
from admin_mfa.report import Report
from tests.report.audits import ADA, EVERYONE, audit, device, verdict
from tests.report.reports import ORGANIZATION, crowd
from tests.support.values import admin_grant, together


def todo(audited: Audit) -> tuple[Task, ...]:
    report = Report(audits=(audited,))
    return tasks(report.audits, people(report))


def lacking(name: str, **differences: object) -> Verdict:
    return replace(ADA, user_name=name, user_id=f"AIDA{name}", **differences)  # type: ignore[arg-type]


TRUSTED = "trust policy of role app"
VIRTUAL, SMS = device(MfaType.VIRTUAL), device(MfaType.SMS)
ENROL = "Enrol an MFA device. The user can do this in the console, under Security credentials."
OR = "If the user does not need administrator access,"
LEAVE = f"{OR} remove the user from the group ops."


@pytest.mark.parametrize(
    ("user", "parameters", "expected"),
    [
        pytest.param(lacking("ada"), {}, [ENROL, LEAVE], id="no device"),
        pytest.param(
            lacking("ada", mfa_devices=(SMS,)),
            {"AllowedMfaTypes": "fido,hardware"},
            [ENROL.replace("device.", "device of type fido or hardware."), LEAVE],
            id="only a device that is not allowed",
        ),
        pytest.param(
            lacking("ada", mfa_devices=(VIRTUAL,)),
            {"ManagedDeviceTag": "managed=yes"},
            [
                "If the virtual MFA device is managed, put the tag managed=yes on it.",
                "Or enrol a passkey or security key.",
                LEAVE,
            ],
            id="virtual device without the tag",
        ),
        pytest.param(
            lacking("ada", mfa_devices=(VIRTUAL,), bypass=Bypass(access_keys=1, reason=BypassReason.BOOL)),
            {"ApiAccess": "require-mfa"},
            [
                (
                    "Deny requests without MFA everything but enrolment. Use BoolIfExists in the policy, because "
                    "requests with access keys lack the condition key that Bool requires."
                ),
                "Or deactivate the access keys.",
                LEAVE,
            ],
            id="a device, and access keys that work without it",
        ),
        pytest.param(
            lacking("ada", grants=(admin_grant(policy=TRUSTED, via=TRUSTED, way="AssumeRole", how="can assume it"),)),
            {},
            [ENROL, f"{OR} remove the user from the trust policy of role app."],
            id="a role that trusts the user by name",
        ),
        pytest.param(
            lacking("ada"),
            {"ManagedDeviceTag": "managed"},
            [ENROL.replace("device.", "device and put the tag managed on a virtual one."), LEAVE],
            id="no device where virtual ones need a tag",
        ),
        pytest.param(
            lacking("ada", grants=(admin_grant(policy="AdministratorAccess", via="user"),)),
            {},
            [ENROL, f"{OR} detach the policy AdministratorAccess."],
            id="attached directly",
        ),
        pytest.param(
            lacking("ada", grants=(admin_grant(policy="all", via="inline policy all of user"), *ADA.grants)),
            {},
            [
                ENROL,
                f"{OR} delete the inline policy all and remove the user from the group ops.",
            ],
            id="two grants, both of which must be removed",
        ),
        pytest.param(
            lacking(
                "ada",
                grants=(together(admin_grant(policy="Power", via="user"), admin_grant(policy="IAM", via="group ops")),),
            ),
            {},
            [
                ENROL,
                f"{OR} either detach the policy Power or remove the user from the group ops.",
            ],
            id="two policies of one grant, one of which must be removed",
        ),
    ],
)
def test_advice_fits_the_finding(user: Verdict, parameters: dict[str, str], expected: list[str]) -> None:
    (person,) = people(Report(audits=(audit(user, root=True, **parameters),)))
    assert [step.text for step in advice(person.verdict, person.parameters)] == expected


def test_root_comes_first_and_one_action_names_everyone_who_can_take_it() -> None:
    other = lacking("bob", grants=(admin_grant(policy="AdministratorAccess", via="user"),))
    ended = lacking("dan", exemption_ended=date(2026, 11, 23))
    keys = lacking("eve", mfa_devices=(VIRTUAL,), bypass=Bypass(access_keys=1, reason=BypassReason.BOOL))
    sms = lacking("fay", mfa_devices=(SMS,))
    found = todo(audit(sms, keys, other, lacking("ada"), ended, AllowedMfaTypes="virtual", ApiAccess="require-mfa"))
    assert [(task.title, [p.verdict.user_name for p in task.people]) for task in found] == [
        ("Enable MFA for the root user", []),
        ("Enrol an MFA device of type virtual", ["ada", "bob", "dan"]),
        ("Stop access keys from working without MFA", ["eve"]),
        ("Enrol an MFA device of type virtual", ["fay"]),
    ]
    assert [(how, len(some)) for how, some in found[1].ways] == [
        ("Remove the user from the group ops", 2),
        ("Detach the policy AdministratorAccess", 1),
    ]


def test_compliant_users_need_no_action() -> None:
    assert todo(replace(EVERYONE, verdicts=EVERYONE.verdicts[1:], account=audit(root=True).account)) == ()


def test_many_findings_become_few_tasks_that_name_every_user() -> None:
    audited = crowd(600, 500)
    lacks = {v.user_id for v in audited.verdicts if v.compliance is Compliance.NON_COMPLIANT}
    root, task = todo(audited)
    assert root.roots == (audited.account_id,)
    assert {person.verdict.user_id for person in task.people} == lacks
    assert sorted(person.verdict.user_id for _, some in task.ways for person in some) == sorted(lacks)
    assert [step.text for step in task.steps] == [ENROL]
    assert {how.split(" ")[0] for how, _ in task.ways} == {"Remove", "Detach"}


def test_the_root_users_of_an_organization_are_one_task() -> None:
    found = tasks(ORGANIZATION.audits, people(ORGANIZATION))
    assert len(found[0].roots) == 6
    assert sum(len(task.people) for task in found) == sum(p.state is UserStatus.LACKS_MFA for p in people(ORGANIZATION))


@pytest.mark.parametrize(
    ("partition", "name", "url"),
    [
        pytest.param(
            "aws",
            "ada",
            "https://console.aws.amazon.com/iam/home#/users/details/ada?section=security_credentials",
            id="commercial",
        ),
        pytest.param(
            "aws-cn",
            "a/b?c#d",
            "https://console.amazonaws.cn/iam/home#/users/details/a%2Fb%3Fc%23d?section=security_credentials",
            id="a name that could change the URL",
        ),
        pytest.param("aws-iso", "ada", "", id="a partition with an unknown console"),
    ],
)
def test_the_console_is_linked(partition: str, name: str, url: str) -> None:
    (person,) = people(Report(audits=(replace(audit(verdict(name)), partition=partition),)))
    assert console_url(person) == url
