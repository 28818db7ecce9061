"""Text that users read avoids the patterns that make English sound translated, and hard to search."""

import ast
import re
import subprocess
from collections.abc import Iterator

import pytest

from tests.support.doc_blocks import ROOT

PATTERNS = {
    r"(?<!there )\b(?:is|are|was|were) no\b(?! (?:longer|more)\b)": "3 users are not administrators",
    r"\b(?:some|no|every)body\b|\bwhoever\b|\bwhomever\b": "address the reader, or name the role: you, anyone",
    r"\b(?:is|are|be|was|were) told\b|\btells? (?!apart)": "code returns, reports, prints or notifies",
    r"\bstands?\b(?!-|ard)": "results appear; files contain; a table lists",
    r"(?:^|(?<=[.!?] ))(?:Of (?!course)|Whoever |Who )\w+[^?]*$": "start with the subject, or with the condition",
    r"\bbe content with\b|\bin one go\b|\bof its own\b|\ball that\b": "cut it, or use the plain verb: rely on",
}
"""What to avoid, with what to write instead."""


def files() -> list[str]:
    """Every document, the page, and every module with text that users read."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    return [
        name
        for name in listed
        if (ROOT / name).is_file()
        and (
            (name.endswith(".md") and not name.startswith("docs/adr/"))
            or name.endswith((".jinja", ".schema.json"))
            or re.match(r"src/admin_mfa/.*\.py$", name)
        )
    ]


def sentences(name: str) -> Iterator[tuple[int, str]]:
    """Yield line numbers and texts: strings of a module but for its docstrings, and prose of a document."""
    text = (ROOT / name).read_text(encoding="utf-8")
    if name.endswith(".py"):
        tree = ast.parse(text)
        documented = {
            id(node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }
        helps = {
            id(node.body[0].value)
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef)
            and any("command" in ast.dump(decorator) for decorator in node.decorator_list)
            and isinstance(node.body[0], ast.Expr)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documented - helps:
                yield node.lineno, " ".join(node.value.split())
        return
    prose = re.sub(r"^```.*?^```$", lambda found: "\n" * found[0].count("\n"), text, flags=re.MULTILINE | re.DOTALL)
    prose = re.sub(r"\{[%{#].*?[%}#]\}|<[^>]*>", " ", prose) if name.endswith(".jinja") else prose
    for number, line in enumerate(prose.splitlines(), start=1):
        if "](adr/" in line:
            continue  # the title of a record, which is not rewritten
        yield number, re.sub(r"`[^`]*`|\]\([^)]*\)", "`x`", line.strip(" -*|#>"))


def _flags(pattern: str) -> int:
    return 0 if "Who " in pattern else re.IGNORECASE


def hits(name: str) -> list[str]:
    return [
        f"{name}:{number}: {text[:100]!r}: {reason}"
        for number, text in sentences(name)
        for pattern, reason in PATTERNS.items()
        if re.search(pattern, text, _flags(pattern))
    ]


@pytest.mark.parametrize("name", files())
def test_text_for_users_reads_as_english(name: str) -> None:
    assert hits(name) == []


@pytest.mark.parametrize(
    ("text", "bad"),
    [
        ("3 users are no administrators", True),
        ("3 users are not administrators", False),
        ("There is no function in this region.", False),
        ("The report is no longer valid.", False),
        ("Nobody is told.", True),
        ("Results stand in AWS Config.", True),
        ("Standard output cannot be written.", False),
        ("Of many accounts, one was not audited.", True),
        ("Who deploys it needs a role.", True),
        ("Who is an administrator?", False),
    ],
)
def test_the_patterns_find_what_they_mean(text: str, *, bad: bool) -> None:
    assert any(re.search(p, text, _flags(p)) for p in PATTERNS) is bad
