"""The explanation of one verdict for a terminal: nothing truncated, and readable without colour."""

from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import wrap

from admin_mfa.findings.format import RenderOptions
from admin_mfa.findings.order import printable
from admin_mfa.model import AdminGrant, BypassReason, Compliance, IamUser, MfaDevice, Verdict
from admin_mfa.parameters import ApiAccess, Parameters

_CODES = {Compliance.COMPLIANT: "32", Compliance.NON_COMPLIANT: "1;31", Compliance.NOT_APPLICABLE: "2"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change that would lead to another verdict.

    Attributes:
        action: The change, as an imperative.
        then: The verdict that it would lead to.
    """

    action: str
    then: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Everything that the explanation of one user shows.

    Attributes:
        user: The user, with every fact read.
        verdict: The verdict under `parameters`.
        parameters: The rule parameters.
        accepted: The user's MFA devices that satisfy the rule.
        ways: Ways to become administrator, whether or not `parameters` count them.
        bypass: Why an access key would work without MFA; None if it would not, or if the user is not an administrator.
        changes: The changes that would lead to another verdict, the most natural first.
    """

    user: IamUser
    verdict: Verdict
    parameters: Parameters
    accepted: tuple[MfaDevice, ...]
    ways: tuple[AdminGrant, ...]
    bypass: BypassReason | None
    changes: tuple[Change, ...]


def render_explanation(explanation: Explanation, options: RenderOptions) -> str:
    """Return what is known about a user, what the verdict depends on, and what would change it."""
    lines = list(_lines(explanation, options))
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _lines(explanation: Explanation, options: RenderOptions) -> Iterator[str]:
    user, verdict = explanation.user, explanation.verdict
    word = verdict.compliance.value
    coloured = f"\x1b[{_CODES[verdict.compliance]}m{word}\x1b[0m" if options.colour else word
    yield f"{printable(user.user_name)}: {coloured}"
    yield from _text(verdict.annotation, options, indent=2)
    yield from _facts("", [f"id {user.user_id}", user.arn], options)
    yield from _facts("Groups", user.groups or ("none",), options)
    yield ""
    if explanation.verdict.grants:
        yield "Why an administrator"
        yield from _grants(explanation.verdict.grants, options)
    else:
        yield "Not an administrator"
        if explanation.ways:
            yield from _text(
                "under this definition, but the user can become one by privilege escalation:", options, indent=2
            )
            yield from _grants(explanation.ways, options)
        else:
            yield from _text("The user has no known privilege escalation.", options, indent=2)
    yield ""
    yield from _facts("MFA devices", list(_devices(explanation)) or ["none"], options)
    password = {True: "yes", False: "no", None: "not read"}[user.console_password]
    yield from _facts("Console password", [password], options)
    yield from _facts("Access keys", [_keys(explanation)], options)
    if user.boundary:
        yield from _facts("Permissions boundary", [user.boundary.name], options)
    yield ""
    yield from _facts("Settings that decided", list(_basis(explanation)), options)
    yield ""
    yield "What would change the verdict"
    for change in explanation.changes:
        rest = "" if change.then.administrator else ", not an administrator"
        action = change.action[0].upper() + change.action[1:]
        yield from _text(f"- {action}: {change.then.compliance}{rest}", options, indent=2)
    if not explanation.changes:
        yield from _text("No device, removal of permissions or exemption would change it.", options, indent=2)


def _grants(grants: tuple[AdminGrant, ...], options: RenderOptions) -> Iterator[str]:
    for number, grant in enumerate(grants, 1):
        yield from _text(f"{number}. {grant}", options, indent=2)
        if len(grant.steps) > 1:
            for step in grant.steps:
                yield from _text(f"- {step}", options, indent=5)


def _devices(explanation: Explanation) -> Iterator[str]:
    for device in explanation.user.mfa_devices:
        says = "counts" if device in explanation.accepted else "does not count"
        tags = ", ".join(f"{key}={value}" for key, value in device.tags or ())
        yield f"{device.type}, {device.serial_number}{f', {tags}' if tags else ''}: {says}"


def _keys(explanation: Explanation) -> str:
    keys = explanation.user.active_access_keys
    if keys is None:
        return "not read"
    if not keys:
        return "none active"
    if not explanation.verdict.administrator:
        return f"{keys} active"
    one = "s" if keys == 1 else ""
    works = f"work{one} without MFA ({explanation.bypass})" if explanation.bypass else f"need{one} MFA"
    return f"{keys} active, which {works}"


def _basis(explanation: Explanation) -> Iterator[str]:
    parameters = explanation.parameters
    yield f"AdministratorDefinition={parameters.administrator_definition}"
    yield f"PrivilegeModel={parameters.privilege_model}"
    shown = ("AdministratorDefinition", "PrivilegeModel")
    yield from (f"{name}={text}" for name, text in parameters.given if name not in shown)
    if explanation.verdict.exempt:
        until = explanation.verdict.exempt_until
        yield f"an exemption {f'until {until}' if until else 'without an end date'}"
    if explanation.bypass and explanation.user.active_access_keys and parameters.api_access is ApiAccess.IGNORE:
        yield "ApiAccess=ignore: access keys that work without MFA are not findings"


def _facts(title: str, facts: "list[str] | tuple[str, ...]", options: RenderOptions) -> Iterator[str]:
    if title and len(facts) == 1:
        yield from _text(f"{title}: {facts[0]}", options)
        return
    if title:
        yield title
    for fact in facts:
        yield from _text(f"- {fact}" if title else fact, options, indent=2)


def _text(text: str, options: RenderOptions, indent: int = 0) -> list[str]:
    start = " " * indent
    following = start + ("  " if text.startswith("- ") else "   " if text[:1].isdigit() else "")
    return wrap(
        printable(text),
        width=max(options.width, 20),
        initial_indent=start,
        subsequent_indent=following,
        break_long_words=False,
        break_on_hyphens=False,
    )
