"""Write the parts of the documentation that repeat the code: `make docs` runs it.

With --check, write nothing and fail if a page is stale.
"""

import sys
from pathlib import Path

from typer.main import get_command
from typer.testing import CliRunner

from admin_mfa.cli import app
from admin_mfa.escalation.ways import Kind
from admin_mfa.report.reference import parameters_markdown, ways_markdown

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # demo is not installed: it stays in the repository

from demo.emulator.contract import READ, contract_markdown  # noqa: E402 - found from here on

DOCS = ROOT / "docs"
_WIDTH = "96"

_COMMAND = """\
# The command

The help of `admin-mfa`; `make docs` writes this page. [reports.md](reports.md) describes the formats, and
[parameters.md](parameters.md) the rule parameters.
"""
_PARAMETERS = """\
# Rule parameters

Of the AWS Config rule, and of the command as `--parameter Name=Value`; `make docs` writes this page. All of them are
text. An empty one means the default, and an unknown name or value is refused.

"""
_CONTRACT = f"""\
# What we assume about AWS

No AWS account was available while this was written, so each assumption about AWS is a row: where it was read (the link
text is the meaning of the source in our words), how it is known, which function of the emulator refuses what breaks it,
and the test that shows it. `make docs` writes this page from `demo/emulator/contract.py`; a test compares the rows with
the emulator. Most sources were read on {READ}; *not yet* marks those that are named from memory.

- **documented**: AWS's documentation or service model states it.
- **recorded**: a published answer or template of AWS shows it.
- **assumed**: neither does. The code must be right either way, or only a deployment decides.

"""


# What stands above it in docs/escalation.md is written by hand.
_WAYS = "<!-- `make docs` writes everything below from admin_mfa.escalation.ways. -->\n"


def pages() -> dict[Path, str]:
    """Return every page with its text."""
    return {
        DOCS / "aws-contract.md": _CONTRACT + contract_markdown(),
        DOCS / "command.md": _command(),
        DOCS / "parameters.md": _PARAMETERS + parameters_markdown(),
        DOCS / "escalation.md": _escalation(DOCS / "escalation.md"),
    }


def _escalation(file: Path) -> str:
    text, _, _ = file.read_text(encoding="utf-8").partition(_WAYS)
    tables = {"change permissions": Kind.PERMISSIONS, "gain access": Kind.ACCESS}
    return text + _WAYS + "".join(f"\n## Ways to {name}\n\n{ways_markdown(kind)}" for name, kind in tables.items())


def _command() -> str:
    group = get_command(app)
    names = list(getattr(group, "commands", {}))
    return "\n".join((_COMMAND, _help("admin-mfa"), *(_help(f"admin-mfa {name}", name) for name in names)))


def _help(title: str, *words: str) -> str:
    shown = CliRunner().invoke(app, [*words, "--help"], prog_name="admin-mfa", env={"COLUMNS": _WIDTH})
    text = "\n".join(line.rstrip() for line in shown.output.splitlines())
    return f"## {title}\n\n```text\n{text.strip()}\n```\n"


def main() -> int:
    """Write the pages, or say which differ."""
    found = pages()
    if "--check" not in sys.argv[1:]:
        for file, text in found.items():
            file.write_text(text, encoding="utf-8")
        return 0
    stale = [
        file.name for file, text in found.items() if not file.is_file() or file.read_text(encoding="utf-8") != text
    ]
    for name in stale:
        print(f"docs/{name} is stale. Run `make docs`.", file=sys.stderr)  # noqa: T201 - a command speaks
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
