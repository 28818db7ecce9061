"""Generate the reference pages of the documentation from the code: `make docs` runs it.

With --check it writes nothing, and fails if a page is outdated.
"""

import sys
from pathlib import Path

from typer.main import get_command
from typer.testing import CliRunner

from admin_mfa.cli import app
from admin_mfa.escalation.ways import Kind
from admin_mfa.report.reference import frameworks_markdown, parameters_markdown, ways_markdown

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # demo is not part of the installed package

from demo.emulator.contract import contract_markdown  # noqa: E402 - importable only now

DOCS = ROOT / "docs"
RULE = ROOT / "rules" / "IAM_ADMIN_USER_MFA_ENABLED" / "README.md"
_WIDTH = "96"

_COMMAND = """\
# The command

The help texts of `admin-mfa`; `make docs` generates this page. See [reports.md](reports.md) for the report formats and
[parameters.md](parameters.md) for the rule parameters.
"""
_PARAMETERS = """\
# Rule parameters

The AWS Config rule takes these parameters; the command takes them as `--parameter Name=Value`. All values are text. An
empty value means the default; an unknown name or value is an error. `make docs` generates this page.

"""
_FRAMEWORKS = """\
# Compliance frameworks

The requirements that a finding *supports*: an administrator or a root user without MFA does not meet them. A report
without findings does not by itself *satisfy* a requirement, which also concerns other users, systems and processes. The
source of each row is a published mapping of an equivalent check. CIS benchmarks require MFA of IAM users with a console
password; the rule requires it of administrators.

The identifiers appear in JSON (`supports`), CSV (`supports`), ASFF (`Compliance.RelatedRequirements`), OCSF
(`compliance.requirements`), SARIF (the tags of a rule) and on the page (*Scope and settings*):

<!-- exit code: 1 -->
```sh
admin-mfa audit --format json --output audit.json
```

```sh
python3 -c 'import json; print(json.load(open("audit.json"))["supports"]["users"][0])'
```

```text
CIS AWS Foundations Benchmark v7.0.0/2.10
```

`make docs` generates this page from `admin_mfa.findings.frameworks`.

"""
_CONTRACT = """\
# What we assume about AWS

No AWS account was available during development, so the table lists each assumption about AWS: its source (the link text
paraphrases it), how it is known, the emulator function that rejects a violation, and the test for it. `make docs`
generates this page from `demo/emulator/contract.py`; a test compares the rows with the emulator. The column Read
says when each source was read.

- **documented**: AWS's documentation or service model states it.
- **recorded**: a published AWS response or template shows it.
- **assumed**: no source confirms it. The code must be right either way, or only a deployment can verify it.

"""


# The text above it in docs/escalation.md is hand-written.
_WAYS = "<!-- `make docs` writes everything below from admin_mfa.escalation.ways. -->\n"


def pages() -> dict[Path, str]:
    """Return the text of every page, by file."""
    return {
        DOCS / "aws-contract.md": _CONTRACT + contract_markdown(),
        DOCS / "command.md": _command(),
        DOCS / "frameworks.md": _FRAMEWORKS + frameworks_markdown(),
        DOCS / "parameters.md": _PARAMETERS + parameters_markdown(),
        DOCS / "escalation.md": _escalation(DOCS / "escalation.md"),
        RULE: _with_table(RULE.read_text(encoding="utf-8")),
    }


def _with_table(text: str) -> str:
    """Return a page with its table of rule parameters replaced; the text around it is hand-written."""
    table = parameters_markdown()
    header = table.splitlines()[0]
    before, _, rest = text.partition(f"{header}\n")
    return f"{before}{table}\n{rest.partition(chr(10) * 2)[2]}"


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
    """Write the pages, or list the outdated ones."""
    found = pages()
    if "--check" not in sys.argv[1:]:
        for file, text in found.items():
            file.write_text(text, encoding="utf-8")
        return 0
    stale = [
        str(file.relative_to(ROOT))
        for file, text in found.items()
        if not file.is_file() or file.read_text(encoding="utf-8") != text
    ]
    for name in stale:
        print(f"{name} is outdated: run `make docs`.", file=sys.stderr)  # noqa: T201 - a command's output
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
