"""The runner of the documents' commands notices what goes wrong."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.support.doc_blocks import SHELLS, Block, assert_printed, run, substitute
from tests.support.resident_cli import resident_cli
from tests.support.tools import require_tool


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest) -> str:
    """Each shell that a reader may paste into."""
    return str(request.param)


def block(text: str, *, exit_code: int = 0, prints: str | None = None) -> Block:
    return Block(document="a.md", line=1, language="sh", text=text, exit_code=exit_code, prints=prints)


def test_blocks_share_one_shell(tmp_path: Path, shell: str) -> None:
    wanted = (block("name=ada\n"), block('echo "$name"\n', prints="ada\n"))
    assert_printed(wanted, run(wanted, {}, tmp_path, shell))


def test_an_announced_exit_code_is_no_failure(tmp_path: Path, shell: str) -> None:
    assert run((block("(exit 3)\n", exit_code=3), block("true\n")), {}, tmp_path, shell) == ("\n", "\n")


def test_the_environment_is_the_given_one(tmp_path: Path, shell: str) -> None:
    asked = (block('echo "$HOME $AWS_REGION ${AWS_PROFILE-none}"\n'),)
    assert run(asked, {"AWS_REGION": "eu-west-1"}, tmp_path, shell) == (f"{tmp_path} eu-west-1 none\n\n",)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("false\n", id="last command"),
        pytest.param("false\ntrue\n", id="first command"),
        pytest.param("false | true\n", id="in a pipe"),
        pytest.param("for n in 1 2; do [ $n = 2 ]; done\n", id="in a loop"),
        pytest.param("for n in 1 2; do [ $n = 2 ]; done | sort\n", id="in a loop in a pipe"),
        pytest.param("exit 0\n", id="ends the shell"),
        pytest.param("no-such-command\n", id="not installed"),
        pytest.param("if\n", id="no shell"),
    ],
)
def test_a_failing_command_fails_the_document(text: str, tmp_path: Path, shell: str) -> None:
    with pytest.raises(AssertionError, match=r"a\.md:1"):
        run((block(text),), {}, tmp_path, shell)


def test_another_output_fails_the_document() -> None:
    with pytest.raises(AssertionError):
        assert_printed((block("echo ada\n", prints="grace\n"),), ("ada\n",))


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param("--version", id="succeeds"),
        pytest.param("iam no-such-command", id="usage"),
        pytest.param(
            "iam create-policy --policy-name a --policy-document file://missing.json", id="a file of the folder"
        ),
        pytest.param("iam create-user --cli-input-json file:///dev/stdin --generate-cli-skeleton output", id="input"),
        pytest.param("configure list", id="environment"),
        pytest.param("sts get-caller-identity --endpoint-url http://127.0.0.1:9", id="no connection"),
    ],
)
def test_the_resident_aws_cli_does_what_the_installed_one_does(arguments: str, tmp_path: Path) -> None:
    environment = {
        "PATH": os.defpath,
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "-",
        "AWS_REGION": "eu-west-1",
        "AWS_MAX_ATTEMPTS": "1",
    }
    resident, installed = (
        subprocess.run(
            [program, *arguments.split()],
            env=environment,
            cwd=tmp_path,
            input='{"UserName": "ada"}',
            capture_output=True,
            text=True,
            check=False,
        )
        for program in (resident_cli() / "aws", require_tool("aws", "is what the resident one is compared with"))
    )
    assert (resident.returncode, resident.stdout, resident.stderr) == (
        installed.returncode,
        installed.stdout,
        installed.stderr,
    )


def test_history_is_expanded_as_at_a_terminal(tmp_path: Path, shell: str) -> None:
    with pytest.raises(AssertionError, match=r"a\.md:1"):
        run((block('echo "done!now"\n'),), {}, tmp_path, shell)


def test_a_comment_fails_in_zsh(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"a\.md:1"):
        run((block("true # a comment\n# another\n"),), {}, tmp_path, "zsh")


def test_a_value_is_put_where_the_variable_is_set() -> None:
    wanted = (block("NAME=\nexport OTHER=b\n"), block('echo "$NAME"\n'))
    first, second = substitute(wanted, {"NAME": "a b", "OTHER": "c"})
    assert first.text == "NAME='a b'\nexport OTHER=c\n"
    assert second == wanted[1]


@pytest.mark.parametrize("text", ["NAME=a\nNAME=b\n", "true\n"])
def test_a_variable_that_is_not_set_exactly_once_fails(text: str) -> None:
    with pytest.raises(AssertionError, match="NAME is not set exactly once"):
        substitute((block(text),), {"NAME": "a"})
