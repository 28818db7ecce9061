"""The rule parameters as a table, which the documentation quotes and the command prints."""

from admin_mfa.parameters import PARAMETERS


def parameters_markdown() -> str:
    """Write the table of rule parameters in Markdown."""
    lines = ["| Parameter | Default | Allowed | Meaning |", "|---|---|---|---|"]
    lines += (
        f"| `{row.name}` | {f'`{row.default}`' if row.default else ''} | {_cell(row.allowed)} | {_cell(row.meaning)} |"
        for row in PARAMETERS
    )
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
