"""Generate what the documentation quotes from the code: rule parameters, privilege escalations and frameworks."""

from itertools import groupby

from admin_mfa.escalation.ways import WAYS, Kind, On, Way
from admin_mfa.findings.frameworks import REQUIREMENTS
from admin_mfa.parameters import PARAMETERS


def parameters_markdown() -> str:
    """Write the table of rule parameters in Markdown."""
    lines = ["| Parameter | Default | Allowed | Meaning |", "|---|---|---|---|"]
    lines += (
        f"| `{row.name}` | {f'`{row.default}`' if row.default else ''} | {_cell(row.allowed)} | {_cell(row.meaning)} |"
        for row in PARAMETERS
    )
    return "\n".join(lines) + "\n"


def ways_markdown(kind: Kind) -> str:
    """Write the ways of one kind in Markdown, each in two lines."""
    return "".join(_way(way) for way in WAYS if way.kind is kind)


def _way(way: Way) -> str:
    whom = f"the {way.subject}" if way.kind is Kind.PERMISSIONS else f"a {way.subject}"
    can = way.can.format(subject=whom, of=f"{whom}'s")
    steps = [
        ", ".join(f"`{step.action}`" for step in together) + ("" if on is On.ANY else f" on {on}")
        for on, together in groupby(way.steps, key=lambda step: step.on)
    ]
    return (
        f"- **{way.name}**: can {can}. Requires {', '.join(steps)}.\\\n  Grants {way.yields}. [Source]({way.source})\n"
    )


def frameworks_markdown() -> str:
    """Write the table of requirements that findings support in Markdown."""
    lines = ["| Framework | Administrators | Root user | Source |", "|---|---|---|---|"]
    lines += (
        f"| {row.framework} | {row.user} | {row.root} | [{_SOURCES[row.source.split('/')[2]]}]({row.source}) |"
        for row in REQUIREMENTS
    )
    return "\n".join(lines) + "\n"


_SOURCES = {"docs.aws.amazon.com": "AWS Security Hub", "github.com": "Prowler"}


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
