"""What the documentation quotes from the code: the rule parameters, and the ways to become administrator."""

from itertools import groupby

from admin_mfa.escalation.ways import WAYS, Kind, On, Way
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
    return f"- **{way.name}**: can {can}. Takes {', '.join(steps)}.\\\n  Yields {way.yields}. [Source]({way.source})\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
