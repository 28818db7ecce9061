"""The page: a self-contained HTML file that makes no network requests.

Its Content-Security-Policy allows only its own style and script, both by hash. Without JavaScript the page is complete,
but the table cannot be sorted, filtered or searched. Templates escape everything that they print.
"""

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from admin_mfa import __version__
from admin_mfa.findings import frameworks
from admin_mfa.findings.audits import Audit
from admin_mfa.findings.comparison import ROOT
from admin_mfa.findings.content import Report
from admin_mfa.findings.exemptions import SOON_DAYS, days_left, ending_soon
from admin_mfa.findings.format import RenderOptions
from admin_mfa.findings.next_steps import console_url, tasks
from admin_mfa.findings.order import all_compliant, counted, printable
from admin_mfa.findings.people import Person, UserStatus, ended_exemption, people
from admin_mfa.model import Compliance, MfaType
from admin_mfa.parameters import PARAMETERS
from admin_mfa.report.figures import Figures, count, headline
from admin_mfa.report.picture import picture
from admin_mfa.root_user import RootMfa

if TYPE_CHECKING:
    from jinja2 import Template

_NAMED = 40
_WAYS = 20
"""Users that one action names, and ways to remove permissions that it lists; the table lists all."""

STATES = {
    UserStatus.LACKS_MFA: "No MFA",
    UserStatus.EXEMPT: "Exempt",
    UserStatus.NOT_REQUIRED: "Not required",
    UserStatus.HAS_MFA: "MFA",
    UserStatus.NOT_ADMINISTRATOR: "Not an administrator",
}
"""The page's name for each status."""

_BAR = (UserStatus.HAS_MFA, UserStatus.NOT_REQUIRED, UserStatus.EXEMPT, UserStatus.LACKS_MFA)
"""The parts of a bar, from the left."""

_ROOT = {
    RootMfa.ENABLED: "MFA",
    RootMfa.DISABLED: "No MFA",
    RootMfa.NO_CREDENTIALS: "No credentials",
    RootMfa.UNKNOWN: "Unknown",
}
_ROOT_STATE: dict[Compliance | None, UserStatus] = {
    Compliance.COMPLIANT: UserStatus.HAS_MFA,
    Compliance.NON_COMPLIANT: UserStatus.LACKS_MFA,
    Compliance.NOT_APPLICABLE: UserStatus.NOT_ADMINISTRATOR,
    None: UserStatus.NOT_ADMINISTRATOR,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One user in the table.

    Attributes:
        person: The user.
        anchor: What a link to the row ends in.
        rank: The row's place when rows are sorted by verdict.
        devices: The types of the devices that were read, each once.
        note: What the other cells don't show; mostly empty.
        activity: The last sign-in and the age of access keys, if they were read.
        weak: Whether the device satisfies the parameters but should be replaced.
    """

    person: Person
    anchor: str
    rank: int
    devices: tuple[str, ...]
    note: str
    activity: str
    weak: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRow:
    """One account in the overview."""

    audit: Audit
    figures: Figures
    root: str
    root_state: UserStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Exemption:
    """One exemption that decided.

    Attributes:
        row: The user.
        until: Last day; None without end.
        days: How many days are left after the day of the audit; None without end.
    """

    row: Row
    until: date | None
    days: int | None

    @property
    def soon(self) -> bool:
        """Return whether it ends soon enough to be highlighted."""
        return self.days is not None and self.days <= SOON_DAYS


def render(report: Report, _: RenderOptions) -> str:
    """Return the page."""
    from markupsafe import Markup  # noqa: PLC0415 - as below

    style, script = _source("page.css"), _source("page.js")
    return _template().render(
        style=Markup(style),  # noqa: S704 - our own file, which the hash in the policy is of
        script=Markup(script),  # noqa: S704 - likewise
        policy=_policy(style, script),
        version=__version__,
        **_content(report),
    )


@cache
def _template() -> "Template":
    # Loaded for pages only.
    from jinja2 import Environment, FunctionLoader, StrictUndefined  # noqa: PLC0415

    environment = Environment(
        loader=FunctionLoader(_source),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # Jinja escapes last; this filter runs before it, so that no name holds a control character.
    environment.finalize = lambda value: printable(value) if type(value) is str else value
    environment.filters |= {
        "counted": counted,
        "moment": _moment,
        "console": console_url,
        "shares": _shares,
        "halves": _halves,
    }
    return environment.get_template("page.html.jinja")


def _source(name: str) -> str:
    return (files("admin_mfa.report") / "templates" / name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    """Allow this style and this script, and an empty icon so that browsers do not request one."""
    return (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; img-src data:; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def _shares(states: Counter[UserStatus]) -> tuple[tuple[UserStatus, float, float], ...]:
    """Return each status of administrators with the start and length of its part of a bar of length 100."""
    found, start = [], 0.0
    asked = [state for state in _BAR if states[state]]
    for state in asked:
        length = states[state] * 100 / sum(states[one] for one in asked)
        found.append((state, round(start, 3), round(length, 3)))
        start += length
    return tuple(found)


def _halves(text: str) -> tuple[str, str]:
    """Split an ARN before its name; the page shortens the first half, and copies both."""
    cut = max(text.rfind("/"), text.rfind(":")) + 1
    return (text[:cut], text[cut:]) if cut else ("", text)


def _content(report: Report) -> dict[str, Any]:
    everyone = people(report)
    figures = count(everyone, report.audits)
    several = report.organization
    rows = _rows([person for person in everyone if person.verdict.administrator or not several])
    anchors = {(row.person.audit.account_id, row.person.verdict.user_id): row.anchor for row in rows}
    todo = tasks(report.audits, everyone)
    return {
        "report": report,
        "several": several,
        "figures": figures,
        "headline": headline(figures, report, everyone),
        "good": not report.not_audited and all(all_compliant(audit) for audit in report.audits),
        "accounts": _accounts(report, everyone),
        "unknown": [one for audit in report.audits for one in audit.unknown],
        "todo": todo,
        "named": _NAMED,
        "ways": _WAYS,
        "anchor": lambda person: anchors[person.audit.account_id, person.verdict.user_id],
        "picture": picture(everyone),
        "rows": rows,
        "filters": _filters(rows),
        "exemptions": _exemptions(rows),
        "ending": ending_soon(report.audits),
        "soon_days": SOON_DAYS,
        "settings": _settings(report),
        "supports": frameworks,
        "UserStatus": UserStatus,
        "states": STATES,
        "root_is_new": lambda account_id: _root_is_new(report, account_id),
    }


def _accounts(report: Report, everyone: Sequence[Person]) -> tuple[AccountRow, ...]:
    """Return the accounts by risk: root users without MFA first, then the most administrators without MFA."""
    by_account: dict[str, list[Person]] = {audit.account_id: [] for audit in report.audits}
    for person in everyone:
        by_account[person.audit.account_id].append(person)
    found = [
        AccountRow(
            audit=audit,
            figures=count(by_account[audit.account_id], (audit,)),
            root=_root(audit),
            root_state=_ROOT_STATE[audit.account.compliance],
        )
        for audit in report.audits
    ]
    return tuple(
        sorted(
            found,
            key=lambda a: (-a.figures.roots_lacking, -a.figures.states[UserStatus.LACKS_MFA], a.audit.account_id),
        )
    )


def _root(audit: Audit) -> str:
    status = audit.account
    virtual = status.root_mfa is RootMfa.ENABLED and status.compliance is Compliance.NON_COMPLIANT
    return "Virtual MFA" if virtual else _ROOT[status.root_mfa]


def _rows(some: Sequence[Person]) -> tuple[Row, ...]:
    taken: Counter[str] = Counter()
    found = []
    for rank, person in enumerate(some):
        anchor = "user-" + re.sub(r"[^A-Za-z0-9]", "_", person.verdict.user_id)
        taken[anchor] += 1
        found.append(
            Row(
                person=person,
                anchor=anchor if taken[anchor] == 1 else f"{anchor}-{taken[anchor]}",
                rank=rank,
                devices=tuple(dict.fromkeys(device.type.value for device in person.verdict.mfa_devices)),
                note=_note(person),
                activity=_activity(person),
                weak=_sms_only(person),
            )
        )
    return tuple(found)


def _note(person: Person) -> str:
    if person.state is UserStatus.EXEMPT:
        until, reason = person.verdict.exempt_until, person.verdict.exempt_reason
        return f"{f'until {until}' if until else 'no end date'}{f', {reason}' if reason else ''}"
    if person.state is UserStatus.NOT_REQUIRED:
        return "no console password"
    if _sms_only(person):
        return "SMS codes can be intercepted, and IAM no longer offers SMS. Enrol another device."
    return ended_exemption(person.verdict)


def _activity(person: Person) -> str:
    found = person.audit.activity_of(person.verdict)
    return found.words(person.audit.evaluated_at.astimezone(UTC).date()) if found else ""


def _sms_only(person: Person) -> bool:
    """Return whether every device of a compliant administrator is SMS.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa.html
    """
    types = {device.type for device in person.verdict.mfa_devices}
    return person.state is UserStatus.HAS_MFA and types == {MfaType.SMS}


def _filters(rows: Sequence[Row]) -> tuple[tuple[str, str], ...]:
    """Return what the table can be narrowed to: a word for it, and its label."""
    found = {row.person.state for row in rows}
    some = [(state.value, STATES[state]) for state in UserStatus if state in found]
    everyone = [("everyone", "All users")] if UserStatus.NOT_ADMINISTRATOR in found else []
    return (("administrators", "Administrators"), *some, *everyone)


def _exemptions(rows: Iterable[Row]) -> tuple[Exemption, ...]:
    """Return the exemptions by end date, those without one last."""
    found = []
    for row in rows:
        if row.person.state is UserStatus.EXEMPT:
            person = row.person
            days = days_left(person.audit, person.verdict)
            found.append(Exemption(row=row, until=person.verdict.exempt_until, days=days))
    return tuple(sorted(found, key=lambda one: one.until or date.max))


def _settings(report: Report) -> tuple[tuple[str, str, bool, str], ...]:
    """Return name, text, whether that is the default, and meaning of every parameter."""
    if not report.audits:
        return ()
    given = dict(report.audits[0].parameters)
    return tuple(
        (row.name, given[row.name], given[row.name] == row.default, row.meaning)
        for row in PARAMETERS
        if row.name in given
    )


def _root_is_new(report: Report, account_id: str) -> bool:
    return report.comparison is not None and report.comparison.change((account_id, ROOT)) == "new"
