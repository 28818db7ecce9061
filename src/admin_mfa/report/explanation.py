"""The story of one user, for people at a terminal: nothing cut off, and readable without colour."""

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
        if_: The change, as the rest of a sentence that begins with `if`.
        then: The verdict that it would lead to.
    """

    if_: str
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
    """Write what is known about a user, what the verdict rests on, and what would change it."""
    lines = list(_lines(explanation, options))
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _lines(told: Explanation, options: RenderOptions) -> Iterator[str]:
    user, verdict = told.user, told.verdict
    word = verdict.compliance.value
    coloured = f"\x1b[{_CODES[verdict.compliance]}m{word}\x1b[0m" if options.colour else word
    yield f"{printable(user.user_name)}: {coloured}"
    yield from _text(verdict.annotation, options, indent=2)
    yield from _facts("", [f"id {user.user_id}", user.arn], options)
    yield from _facts("Groups", user.groups or ("none",), options)
    yield ""
    if told.verdict.grants:
        yield "Why an administrator"
        yield from _grants(told.verdict.grants, options)
    else:
        yield "Not an administrator"
        if told.ways:
            yield from _text("by this definition, but the user can become one:", options, indent=2)
            yield from _grants(told.ways, options)
        else:
            yield from _text("and no known way to become one.", options, indent=2)
    yield ""
    yield from _facts("MFA devices", list(_devices(told)) or ["none"], options)
    password = {True: "yes", False: "no", None: "not read"}[user.console_password]
    yield from _facts("Console password", [password], options)
    yield from _facts("Access keys", [_keys(told)], options)
    if user.boundary:
        yield from _facts("Permissions boundary", [user.boundary.name], options)
    yield ""
    yield from _facts("What the verdict rests on", list(_basis(told)), options)
    yield ""
    yield "What would change it"
    for change in told.changes:
        yield from _text(f"- if {change.if_}: {change.then.compliance}. {change.then.annotation}", options, indent=2)
    if not told.changes:
        yield from _text("nothing that was tried: a device, fewer rights, an exemption.", options, indent=2)


def _grants(grants: tuple[AdminGrant, ...], options: RenderOptions) -> Iterator[str]:
    for number, grant in enumerate(grants, 1):
        yield from _text(f"{number}. {grant}", options, indent=2)
        if len(grant.steps) > 1:
            for step in grant.steps:
                yield from _text(f"- {step}", options, indent=5)


def _devices(told: Explanation) -> Iterator[str]:
    for device in told.user.mfa_devices:
        says = "counts" if device in told.accepted else "does not count"
        tags = ", ".join(f"{key}={value}" for key, value in device.tags or ())
        yield f"{device.type}, {device.serial_number}{f', {tags}' if tags else ''}: {says}"


def _keys(told: Explanation) -> str:
    keys = told.user.active_access_keys
    if keys is None:
        return "not read"
    if not keys:
        return "none active"
    if not told.verdict.administrator:
        return f"{keys} active"
    one = "s" if keys == 1 else ""
    works = f"work{one} without MFA ({told.bypass})" if told.bypass else f"need{one} MFA"
    return f"{keys} active, which {works}"


def _basis(told: Explanation) -> Iterator[str]:
    parameters = told.parameters
    yield f"AdministratorDefinition={parameters.administrator_definition}"
    yield f"PrivilegeModel={parameters.privilege_model}"
    shown = ("AdministratorDefinition", "PrivilegeModel")
    yield from (f"{name}={text}" for name, text in parameters.given if name not in shown)
    if told.verdict.exempt:
        until = told.verdict.exempt_until
        yield f"an exemption, {f'until {until}' if until else 'without end'}"
    if told.bypass and told.user.active_access_keys and parameters.api_access is ApiAccess.IGNORE:
        yield "ApiAccess=ignore: access keys that work without MFA are not held against the user"


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
