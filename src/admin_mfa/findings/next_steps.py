"""What to do about each finding, in plain sentences; who can do the same thing in the same way stands together."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from admin_mfa.findings.audits import Audit
from admin_mfa.findings.people import Person, UserStatus, ended_exemption
from admin_mfa.model import AdminGrant, Compliance, GrantSource, MfaType, Verdict
from admin_mfa.parameters import Parameters

ENROL = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_enable_virtual.html"
FIDO = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_enable_fido.html"
KEYS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_examples_aws_my-sec-creds-self-manage.html"
ROOT = "https://docs.aws.amazon.com/IAM/latest/UserGuide/enable-mfa-for-root.html"
ROOT_ACCESS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-enable-root-access.html"

_CARDS = 8
"""More tasks than this are too many to be read one by one."""

_CONSOLES = {
    "aws": "console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NextStep:
    """One thing to do.

    Attributes:
        text: A sentence.
        link: Where AWS describes it; empty where the sentence is enough.
    """

    text: str
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What to do for some people, or for root users.

    Attributes:
        reason: What is wrong, in a few words.
        steps: What they can all do. The first is the best, the others are alternatives.
        people: For whom; empty for root users.
        roots: The accounts whose root users it is about; empty for people.
        ways: How the rights go away, each with those for whom it is so, where that is not one of the steps.
    """

    reason: str
    steps: tuple[NextStep, ...]
    people: tuple[Person, ...] = ()
    roots: tuple[str, ...] = ()
    ways: tuple[tuple[str, tuple[Person, ...]], ...] = ()


def tasks(audits: Iterable[Audit], people: Iterable[Person]) -> tuple[Task, ...]:
    """Return what is to be done: root users first, then what concerns most people.

    Those for whom the very same can be done stand together. Where that makes many tasks, those who can enrol in the
    same way stand together, and their other ways out below.
    """
    roots = [audit for audit in audits if audit.account.compliance is Compliance.NON_COMPLIANT]
    lacking = [person for person in people if person.state is UserStatus.LACKS_MFA]
    found = _alike(lacking)
    if len(found) > _CARDS:
        found = _together(lacking)
    return tuple(_root_task(roots) + sorted(found, key=lambda task: -len(task.people)))


def _alike(people: Iterable[Person]) -> list[Task]:
    members = defaultdict(list)
    for person in people:
        members[_reason(person), advice(person)].append(person)
    return [Task(reason=reason, steps=steps_, people=tuple(some)) for (reason, steps_), some in members.items()]


def _together(people: Iterable[Person]) -> list[Task]:
    members = defaultdict(list)
    for person in people:
        members[_reason(person), advice(person)[:-1]].append(person)
    return [
        Task(reason=reason, steps=steps_, people=tuple(some), ways=_ways(some))
        for (reason, steps_), some in members.items()
    ]


def _ways(people: Iterable[Person]) -> tuple[tuple[str, tuple[Person, ...]], ...]:
    members = defaultdict(list)
    for person in people:
        members[_removals(person.verdict.grants)].append(person)
    found = [(f"{how[0].upper()}{how[1:]}", tuple(some)) for how, some in members.items()]
    return tuple(sorted(found, key=lambda way: -len(way[1])))


def advice(person: Person) -> tuple[NextStep, ...]:
    """Return what a person without a device that counts can do, the best first."""
    return advice_on(person.verdict, person.parameters)


def advice_on(verdict: Verdict, parameters: Parameters) -> tuple[NextStep, ...]:
    """Return what can be done about a verdict, the best first."""
    return (
        *_devices(verdict, parameters),
        NextStep(text=f"Or, if the rights are not needed, {_removals(verdict.grants)}."),
    )


ROOT_ADVICE = (
    NextStep(text="Sign in as the root user and enrol an MFA device for it.", link=ROOT),
    NextStep(
        text="Or, in an organization with centralized root access, delete the root user's credentials.",
        link=ROOT_ACCESS,
    ),
)


def in_words(todo: Sequence[NextStep]) -> str:
    """Join steps to one text."""
    return " ".join(step.text for step in todo)


def console_url(person: Person) -> str:
    """Return the user's page in the IAM console; empty in a partition whose console is not known.

    Source: https://docs.aws.amazon.com/general/latest/gr/aws-service-information.html
    """
    host, name = _CONSOLES.get(person.audit.partition), quote(person.verdict.user_name, safe="")
    return f"https://{host}/iam/home#/users/details/{name}?section=security_credentials" if host else ""


def _root_task(audits: Sequence[Audit]) -> list[Task]:
    if not audits:
        return []
    reason = audits[0].account.annotation if len(audits) == 1 else "The root users have credentials and no MFA device."
    return [Task(reason=reason, steps=ROOT_ADVICE, roots=tuple(audit.account_id for audit in audits))]


def _reason(person: Person) -> str:
    ended = ended_exemption(person.verdict)
    return f"{_missing(person)}{f'; the {ended}' if ended else ''}"


def _missing(person: Person) -> str:
    if bypass := person.verdict.bypass:
        return f"has access keys that work without MFA ({bypass.reason})"
    devices, parameters = person.verdict.mfa_devices, person.parameters
    if not devices:
        return "has no MFA device"
    if any(parameters.allows(device.type) for device in devices):
        return f"has no MFA device with the tag {parameters.managed_device_tag}"
    return f"has no MFA device of type {_types(parameters)}"


def _devices(verdict: Verdict, parameters: Parameters) -> tuple[NextStep, ...]:
    if verdict.bypass:
        return (
            NextStep(
                text="Have a policy deny everything but the enrolment of a device to requests without MFA: with "
                "BoolIfExists, because requests with access keys do not have the key that Bool asks for.",
                link=KEYS,
            ),
            NextStep(text="Or deactivate the access keys."),
        )
    devices = verdict.mfa_devices
    virtual = parameters.allows(MfaType.VIRTUAL)
    tag = parameters.managed_device_tag
    if tag and virtual and any(d.type is MfaType.VIRTUAL and not parameters.accepts(d) for d in devices):
        return (
            NextStep(text=f"If the virtual MFA device is a managed one, put the tag {tag} on it."),
            NextStep(text="Or enrol a passkey or security key.", link=FIDO),
        )
    device = "an MFA device" if parameters.allowed_mfa_types is None else f"an MFA device of type {_types(parameters)}"
    tagged = f" and put the tag {tag} on a virtual one" if tag and virtual else ""
    return (
        NextStep(
            text=f"Enrol {device}{tagged}: the user can, under Security credentials in the console.",
            link=ENROL if virtual else FIDO,
        ),
    )


def _removals(grants: tuple[AdminGrant, ...]) -> str:
    """Return how the permissions go away. Only taking away all the grants makes a difference."""
    ways = []
    for grant in grants:
        parts = list(dict.fromkeys(map(_removal, grant.sources)))
        ways.append(parts[0] if len(parts) == 1 else f"either {' or '.join(parts)}")
    return " and ".join(dict.fromkeys(ways))


def _removal(source: GrantSource) -> str:
    if source.role is not None:
        return f"take the user out of the trust policy of role {source.role}"
    if source.group is not None:
        return f"take the user out of the group {source.group}"
    return f"{'delete the inline' if source.inline else 'detach the'} policy {source.policy}"


def _types(parameters: Parameters) -> str:
    return " or ".join(t.value for t in MfaType if parameters.allowed_mfa_types and t in parameters.allowed_mfa_types)
