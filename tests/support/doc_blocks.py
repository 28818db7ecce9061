"""Run the commands in the documentation.

The fenced `sh` blocks of a document run in sequence in one shell, as a reader would paste them, and share variables,
functions and files. A `text` block after a block, separated only by blank lines, is the expected output.
`<!-- exit code: N -->` above a block is the expected exit code of its last command; the default is 0.
"""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path

from tests.support.resident_cli import resident_cli
from tests.support.tools import require_tool

ROOT = Path(__file__).resolve().parents[2]

COMMANDS = frozenset(("sh", "bash", "shell", "console", "python"))
"""The languages of blocks with commands for the reader."""

EXECUTED = {
    "README.md": "tests/docs/test_readme.py",
    "docs/audit-by-hand.md": "tests/docs/test_audit_by_hand.py",
    "docs/deploy.md": "tests/deploy/test_deploy_doc.py",
    "docs/deploy-with.md": "tests/organization/test_deploy_with.py",
    "docs/enrol-mfa.md": "tests/docs/test_enrol_mfa.py",
    "docs/offline.md": "tests/docs/test_offline.py",
    "docs/frameworks.md": "tests/docs/test_reports.py",
    "docs/reports.md": "tests/docs/test_reports.py",
    "docs/performance.md": "tests/docs/test_performance.py",
    "docs/escalation.md": "tests/docs/test_escalation.py",
    "remediation/BACKOUT.md": "tests/remediation/test_runbooks.py",
    "remediation/README.md": "tests/remediation/test_runbooks.py",
    "organization/README.md": "tests/organization/test_guide.py",
}
"""The test that runs the `sh` blocks of each document."""

PROGRAMS = frozenset((("docs/deploy-with.md", "python"),))
"""The languages of blocks that are whole programs, by document; the document's test runs them."""

NOT_EXECUTED = {
    ("README.md", "make demo\n"): "it would build an environment inside of a test; what it runs is run by test_demo.py",
    (
        "README.md",
        "uvx --from . admin-mfa audit\n",
    ): "it needs uv and a package index; tests/project/test_packaging.py runs the command from the wheel",
    ("README.md", "pipx install .\n"): "it needs pipx and a package index; likewise",
    ("README.md", "make test\n"): "it would run this test again",
    (
        "README.md",
        "make build && .venv/bin/sam deploy --guided\n",
    ): "it is interactive and deploys to an AWS account; tests/deploy builds and deploys to emulators",
    (
        "docs/performance.md",
        'make benchmark-artifact BENCHMARK_ARGS="--users 5000 --runs 4"\n',
    ): "it takes minutes; tests/deploy/test_artifact.py checks the sizes and one cold start",
    (
        "docs/performance.md",
        "make benchmark BENCHMARK_ARGS='--users 1000 5000 --runs 3 --check'\n",
    ): (
        "it takes minutes, and its times depend on the machine; tests/project/test_benchmarks.py runs it on a small "
        "account"
    ),
    ("docs/performance.md", "pytest tests/docs/test_readme.py -k calls\n"): "it is one of these tests",
    (
        "docs/reliability.md",
        "pytest tests/rules/test_faults.py tests/remediation/test_faults.py\n",
    ): "they are among these tests",
    (
        "docs/reliability.md",
        (
            "pytest tests/security/test_hostile_input.py   # part of make test\n"
            "make fuzz FUZZ_SECONDS=600           # not part of make test: fuzzing takes time\n"
        ),
    ): "the first is one of these tests, and the other runs for ten minutes",
    (
        "docs/reliability.md",
        "make mutation\n",
    ): "it takes minutes",
    ("docs/reliability.md", "make compatibility\n"): "it would run this test again, on other Pythons",
    (
        "docs/deploy.md",
        "make build && .venv/bin/sam deploy --guided\n",
    ): "it is interactive and deploys to an AWS account; tests/deploy builds and deploys to emulators",
    (
        "docs/deploy.md",
        (
            "aws cloudformation deploy --region us-east-1 --stack-name admin-mfa-events "
            "--template-file organization/forward-iam-events.yaml \\\n"
            "  --capabilities CAPABILITY_IAM --parameter-overrides EvaluationRegion=eu-west-1\n"
        ),
    ): "it deploys to an AWS account; tests/deploy/test_events.py checks the template",
    (
        "docs/deploy.md",
        "make build && .venv/bin/sam deploy --config-env prod\n",
    ): "it deploys to an AWS account; tests/deploy builds and deploys to emulators",
    (
        "docs/deploy.md",
        (
            'git fetch --tags && git checkout "$NEW_VERSION" && make setup build && '
            ".venv/bin/sam deploy --config-env prod\n"
        ),
    ): "it deploys to an AWS account, from a tag that exists only after a release",
    (
        "docs/deploy.md",
        'git checkout "$OLD_VERSION" && make setup build && .venv/bin/sam deploy --config-env prod\n',
    ): "it deploys to an AWS account, from a tag that exists only after a release",
    (
        "docs/deploy.md",
        "make acceptance ACCEPTANCE_ARGS='--stack-name admin-mfa-dev --region us-east-1 --json acceptance.json'\n",
    ): "it needs an AWS account; tests/acceptance runs it against the embedded AWS",
    (
        "docs/escalation.md",
        "python -m benchmarks.escalation --check\n",
    ): (
        "it takes half a minute, and its figures depend on the machine; test_escalation_document.py runs it on a "
        "small account"
    ),
    ("docs/deploy-with.md", "make organization\n"): "likewise, see organization/README.md",
    (
        "organization/README.md",
        "make organization\n",
    ): "it rebuilds every function; tests/organization generates the same output from one build",
    (
        "rules/IAM_ADMIN_USER_MFA_ENABLED/README.md",
        "sam build && sam deploy --guided\n",
    ): "it is interactive and deploys to an AWS account; tests/deploy builds and deploys to emulators",
    (
        "rules/IAM_ADMIN_USER_MFA_ENABLED/README.md",
        (
            "pip install --no-deps --target IAM_ADMIN_USER_MFA_ENABLED ..\n"
            "rdk deploy IAM_ADMIN_USER_MFA_ENABLED --rdklib-layer-arn ARN_OF_YOUR_RDKLIB_LAYER\n"
        ),
    ): "it deploys to an AWS account",
    (
        "rules/IAM_ADMIN_USER_MFA_ENABLED/README.md",
        "rdk test-local IAM_ADMIN_USER_MFA_ENABLED\n",
    ): "it needs Python 3.12; tests/rules/test_rdk.py runs it if Python 3.12 is installed",
}
"""Blocks that no test runs, by document and text, with the reason."""

_FENCE = re.compile(r"^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_EXIT_CODE = re.compile(r"<!-- exit code: (\d+) -->\n\Z")
_MARK = "=== end of block, exit code "


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A fenced block.

    Attributes:
        document: The path from the root of the repository.
        line: The line number of its first line of text.
        language: The language after the fence.
        text: The text, with the final line break.
        exit_code: The expected exit code of its last command.
        prints: The expected output; None if the document shows none.
    """

    document: str
    line: int
    language: str
    text: str
    exit_code: int = 0
    prints: str | None = None

    def __str__(self) -> str:
        return f"{self.document}:{self.line}"


def documents() -> tuple[str, ...]:
    """Return the paths of all Markdown files in the repository, from the root."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", "*.md"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return tuple(sorted(path for path in listed.stdout.splitlines() if (ROOT / path).is_file()))


def section(document: str, heading: str) -> tuple[Block, ...]:
    """Return the blocks under one heading, up to the next heading of any level.

    Raises:
        AssertionError: The heading does not exist, or has no blocks.
    """
    lines = (ROOT / document).read_text(encoding="utf-8").splitlines()
    headings = [number for number, line in enumerate(lines, 1) if re.match(r"#+ ", line)]
    first = next((number for number in headings if lines[number - 1].lstrip("# ") == heading), None)
    assert first is not None, f"{document} has no heading {heading}"
    last = next((number for number in headings if number > first), len(lines))
    found = tuple(block for block in blocks(document) if first < block.line <= last)
    assert found, f"{document} has no block under {heading}"
    return found


def blocks(document: str, language: str = "sh") -> tuple[Block, ...]:
    """Return the blocks of one language that tests can run, in order."""
    return tuple(
        block
        for block in all_blocks(document)
        if block.language == language and (document, block.text) not in NOT_EXECUTED
    )


def all_blocks(document: str) -> Iterator[Block]:
    """Return every fenced block of a document."""
    text = (ROOT / document).read_text(encoding="utf-8")
    found = list(_FENCE.finditer(text))
    for match, following in zip_longest(found, found[1:]):
        code = _EXIT_CODE.search(text[: match.start()])
        answered = (
            following is not None
            and following["language"] == "text"
            and not text[match.end() : following.start()].strip()
        )
        yield Block(
            document=document,
            line=text.count("\n", 0, match.start()) + 2,
            language=match["language"],
            text=match["text"],
            exit_code=int(code[1]) if code else 0,
            prints=following["text"] if following is not None and answered else None,
        )


SHELLS = {
    "bash": ("bash", "--norc", "--noprofile", "--noediting", "-i"),
    "zsh": ("zsh", "-f", "-i"),
}
"""Interactive shells that read commands from standard input, like from a terminal, without start-up files.

Therefore a comment fails in zsh, and both shells expand an exclamation mark. AWS CloudShell uses bash.
"""


def substitute(selected: Sequence[Block], values: Mapping[str, str]) -> tuple[Block, ...]:
    """Return the blocks with the reader's values in the single place where the document sets each variable.

    Raises:
        AssertionError: The document does not set a variable exactly once.
    """
    found = tuple(selected)
    for name, value in values.items():
        pattern = re.compile(rf"(?<![\w-])((?:export )?){name}=[^\n]*")
        assert sum(len(pattern.findall(block.text)) for block in found) == 1, f"{name} is not set exactly once"
        # A backslash in the value must not become a group reference.
        line = "\\1" + f"{name}={shlex.quote(value)}".replace("\\", "\\\\")
        found = tuple(replace(block, text=pattern.sub(line, block.text)) for block in found)
    return found


def run(
    selected: Sequence[Block], environment: Mapping[str, str], folder: Path, shell: str = "bash"
) -> tuple[str, ...]:
    """Run blocks in one shell, and return the standard output of each.

    The environment contains only the given variables, a PATH with the project's tools, and the folder as HOME. No
    command may fail, even in a pipe or a loop, unless the document specifies an exit code.

    Raises:
        AssertionError: A block had an unexpected exit code; the text contains the block and its output.
    """
    done = start(_PREAMBLE[shell] + "".join(map(_in_script, selected)), environment, folder, shell)
    *parts, rest = re.split(rf"^{_MARK}(\d+)\n", done.stdout, flags=re.MULTILINE)
    outputs, codes = parts[::2], parts[1::2]
    errors = done.stderr.split(f"{_MARK}\n")
    for block, code, error in zip(selected, codes, errors, strict=False):
        assert int(code) == block.exit_code, f"{block} ended with {code}:\n{block.text}\n{error}"
        assert block.exit_code or _FAILED not in error, f"a command of {block} failed:\n{error}"
        assert "event not found" not in error, f"{block} contains an exclamation mark that the shell expands:\n{error}"
    assert len(outputs) == len(selected), f"{selected[len(outputs)]} ended the shell:\n{rest}\n{errors[-1]}"
    return tuple(outputs)


def start(
    text: str, environment: Mapping[str, str], folder: Path, shell: str = "bash"
) -> subprocess.CompletedProcess[str]:
    """Paste text into an interactive shell, which continues after a failed command."""
    command, *options = SHELLS[shell]
    program = require_tool(command, "runs the commands of a document as pasted by a reader")
    return subprocess.run(
        [program, *options],
        input=text,
        env={"PATH": _path(), "HOME": str(folder), "HISTFILE": "/dev/null", **environment},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        start_new_session=True,
    )


def _path() -> str:
    """Return a PATH with the project's programs and the resident AWS CLI."""
    return f"{resident_cli()}:{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin"


_FAILED = "=== failed: "
_PREAMBLE = {
    "bash": f"PS1= PS2=\nset -o errtrace -o pipefail\ntrap 'echo \"{_FAILED}$BASH_COMMAND\" >&2' ERR\n",
    "zsh": f"PS1= PS2=\nsetopt pipefail\ntrap 'echo \"{_FAILED}line $LINENO\" >&2' ZERR\n",
}


def _in_script(block: Block) -> str:
    """Return a block and its end marker; a subshell would lose the variables that it sets."""
    return f'{block.text}printf "\\n{_MARK}%d\\n" $?\necho "{_MARK}" >&2\n'


def assert_printed(selected: Sequence[Block], outputs: Sequence[str]) -> None:
    """Compare the output of blocks with their document."""
    for block, output in zip(selected, outputs, strict=True):
        if block.prints is not None:
            printed = "\n".join(line.rstrip() for line in output.strip().splitlines())
            assert printed == block.prints.strip(), f"{block} printed:\n{printed}\ninstead of:\n{block.prints}"
