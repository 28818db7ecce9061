"""What to do about each finding: one action for everyone who can take it, the greatest risk first."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from admin_mfa.findings.audits import Audit
from admin_mfa.findings.people import Person, UserStatus
from admin_mfa.model import AdminGrant, Compliance, GrantSource, MfaType, Verdict
from admin_mfa.parameters import Parameters
from admin_mfa.root_user import RootMfa

ENROL = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_enable_virtual.html"
FIDO = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_enable_fido.html"
KEYS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_examples_aws_my-sec-creds-self-manage.html"
ROOT = "https://docs.aws.amazon.com/IAM/latest/UserGuide/enable-mfa-for-root.html"
ROOT_ACCESS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-enable-root-access.html"

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
        link: AWS's documentation of it; empty if the sentence is enough.
    """

    text: str
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One action for some users, or for root users.

    Attributes:
        title: The action, in a few words.
        reason: The finding, in a few words.
        steps: How to take the action; the first is preferred, the others are alternatives.
        people: The users; empty for root users.
        roots: The accounts of the root users; empty for users.
        ways: How to remove the permissions instead, each with the users that it applies to.
    """

    title: str
    reason: str
    steps: tuple[NextStep, ...]
    people: tuple[Person, ...] = ()
    roots: tuple[str, ...] = ()
    ways: tuple[tuple[str, tuple[Person, ...]], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class _Action:
    """What users with the same finding can do; actions compare by risk.

    Attributes:
        rank: 0 for the greatest risk.
        title: See `Task`.
        reason: See `Task`.
        steps: See `Task`.
    """

    rank: int
    title: str
    reason: str
    steps: tuple[NextStep, ...] = field(compare=False)

    def __hash__(self) -> int:
        """Return a hash of what is compared."""
        return hash((self.rank, self.title, self.reason))


def tasks(audits: Iterable[Audit], people: Iterable[Person]) -> tuple[Task, ...]:
    """Return what to do: root users first, then users by risk. Everyone who can take the same action is together."""
    roots = [audit for audit in audits if audit.account.compliance is Compliance.NON_COMPLIANT]
    members = defaultdict(list)
    for person in people:
        if person.state is UserStatus.LACKS_MFA:
            members[_action(person.verdict, person.parameters)].append(person)
    found = sorted(members.items(), key=lambda item: (item[0].rank, -len(item[1]), item[0]))
    return (
        *_root_task(roots),
        *(
            Task(
                title=action.title,
                reason=action.reason,
                steps=action.steps,
                people=tuple(some),
                ways=_ways(some),
            )
            for action, some in found
        ),
    )


def _ways(people: Iterable[Person]) -> tuple[tuple[str, tuple[Person, ...]], ...]:
    members = defaultdict(list)
    for person in people:
        members[_removals(person.verdict.grants)].append(person)
    found = [(f"{how[0].upper()}{how[1:]}", tuple(some)) for how, some in members.items()]
    return tuple(sorted(found, key=lambda way: -len(way[1])))


def advice(verdict: Verdict, parameters: Parameters) -> tuple[NextStep, ...]:
    """Return what can be done about a user's finding, the best first."""
    return (
        *_action(verdict, parameters).steps,
        NextStep(text=f"If the user does not need administrator access, {_removals(verdict.grants)}."),
    )


ROOT_ADVICE = (
    NextStep(text="Sign in as the root user and enrol an MFA device.", link=ROOT),
    NextStep(
        text="Or, in an organization with centralized root access, delete the root user's credentials.",
        link=ROOT_ACCESS,
    ),
)


_ROOT_HARDWARE = (
    NextStep(
        text="Sign in as the root user, enrol a passkey, security key or hardware token, and remove the virtual "
        "device.",
        link=ROOT,
    ),
    ROOT_ADVICE[1],
)


def root_advice(root_mfa: RootMfa) -> tuple[NextStep, ...]:
    """Return what can be done about a finding about a root user, the best first."""
    return _ROOT_HARDWARE if root_mfa is RootMfa.ENABLED else ROOT_ADVICE


def in_words(todo: Sequence[NextStep]) -> str:
    """Return steps as one text."""
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
    one = len(audits) == 1
    if all(audit.account.root_mfa is RootMfa.ENABLED for audit in audits):
        return [
            Task(
                title="Replace the virtual MFA device of the root user" if one else "Replace virtual MFA of root users",
                reason=audits[0].account.annotation,
                steps=_ROOT_HARDWARE,
                roots=tuple(audit.account_id for audit in audits),
            )
        ]
    return [
        Task(
            title="Enable MFA for the root user" if one else f"Enable MFA for {len(audits)} root users",
            reason=audits[0].account.annotation if one else "These root users lack the required MFA.",
            steps=ROOT_ADVICE,
            roots=tuple(audit.account_id for audit in audits),
        )
    ]


def _action(verdict: Verdict, parameters: Parameters) -> _Action:
    """Return what the user's finding is, and what can be done about it."""
    devices = verdict.mfa_devices
    tag = parameters.managed_device_tag
    virtual = parameters.allows(MfaType.VIRTUAL)
    device = "an MFA device" if parameters.allowed_mfa_types is None else f"an MFA device of type {_types(parameters)}"
    tagged = f" and put the tag {tag} on a virtual one" if tag and virtual else ""
    enrol = NextStep(
        text=f"Enrol {device}{tagged}. The user can do this in the console, under Security credentials.",
        link=ENROL if virtual else FIDO,
    )
    if bypass := verdict.bypass:
        return _Action(
            rank=1,
            title="Stop access keys from working without MFA",
            reason=f"has access keys that work without MFA ({bypass.reason})",
            steps=(
                NextStep(
                    text="Deny requests without MFA everything but enrolment. Use BoolIfExists in the policy, because "
                    "requests with access keys lack the condition key that Bool requires.",
                    link=KEYS,
                ),
                NextStep(text="Or deactivate the access keys."),
            ),
        )
    if not devices:
        return _Action(rank=0, title=f"Enrol {device}", reason="has no MFA device", steps=(enrol,))
    if not any(parameters.allows(d.type) for d in devices):
        reason = f"has no MFA device of type {_types(parameters)}"
        return _Action(rank=2, title=f"Enrol {device}", reason=reason, steps=(enrol,))
    steps = (
        (
            NextStep(text=f"If the virtual MFA device is managed, put the tag {tag} on it."),
            NextStep(text="Or enrol a passkey or security key.", link=FIDO),
        )
        if any(d.type is MfaType.VIRTUAL for d in devices)
        else (enrol,)
    )
    return _Action(
        rank=2, title="Use a managed MFA device", reason=f"has no MFA device with the tag {tag}", steps=steps
    )


def _removals(grants: tuple[AdminGrant, ...]) -> str:
    """Return how to remove the permissions; all the grants have to go."""
    ways = []
    for grant in grants:
        parts = list(dict.fromkeys(map(_removal, grant.sources)))
        ways.append(parts[0] if len(parts) == 1 else f"either {' or '.join(parts)}")
    return " and ".join(dict.fromkeys(ways))


def _removal(source: GrantSource) -> str:
    if source.role is not None:
        return f"remove the user from the trust policy of role {source.role}"
    if source.group is not None:
        return f"remove the user from the group {source.group}"
    return f"{'delete the inline' if source.inline else 'detach the'} policy {source.policy}"


def _types(parameters: Parameters) -> str:
    return " or ".join(t.value for t in MfaType if parameters.allowed_mfa_types and t in parameters.allowed_mfa_types)
