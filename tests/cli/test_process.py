"""The installed command as a process of its own: streams, signals, terminals, and how soon it is there."""

import fcntl
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from admin_mfa.report import FORMATS
from demo.emulator import EmbeddedAws, Kind

from .conftest import COMMAND, Run


def test_the_installed_command_works_by_environment_alone(run_process: Run, two_users: EmbeddedAws) -> None:
    found = run_process("audit", "--format", "json")
    assert (found.exit_code, found.stderr) == (1, "")
    assert json.loads(found.stdout)["summary"] == {
        "users": 3,
        "administrators": 2,
        "compliant": 2,
        "non_compliant": 1,
    }
    assert {call.permission for call in two_users.calls.of("sts")} == {"sts:GetCallerIdentity"}


def test_python_m_is_the_same_command(process_environment: dict[str, str]) -> None:
    found = subprocess.run(
        [sys.executable, "-m", "admin_mfa", "--version"],
        env=process_environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.startswith("admin-mfa ")


def test_a_usage_error_is_one_line(run_process: Run) -> None:
    found = run_process("audit", "--parameter", "PrivilegeModel=maybe")
    assert (found.exit_code, found.stdout) == (2, "")
    assert found.stderr == "error: PrivilegeModel is 'maybe'; allowed is attached or effective.\n"


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("--help",), id="help"),
        pytest.param(("--version",), id="version"),
        pytest.param(("audit", "--help"), id="help of a command"),
        pytest.param(("audit", "--parameter", "Nonsense=1"), id="usage error"),
        pytest.param(("parameters",), id="parameters"),
        pytest.param(("schema",), id="schema"),
    ],
)
def test_what_does_not_ask_aws_does_not_load_its_library(
    arguments: tuple[str, ...], process_environment: dict[str, str]
) -> None:
    found = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "admin_mfa", *arguments],
        env=process_environment,
        capture_output=True,
        text=True,
        check=False,
    )
    loaded = {line.split("|")[-1].strip().split(".")[0] for line in found.stderr.splitlines() if "|" in line}
    assert "typer" in loaded
    assert loaded.isdisjoint({"boto3", "botocore", "moto", "jinja2", "jsonschema", "werkzeug"})


@pytest.mark.usefixtures("two_users")
@pytest.mark.parametrize("format_", ["table", "json"])
def test_a_reader_who_leaves_early_hears_no_complaint(process_environment: dict[str, str], format_: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        found = subprocess.run(
            [COMMAND, "audit", "--format", format_],
            env=process_environment,
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    finally:
        os.close(writing)
    assert (found.returncode, found.stderr) == (1, "")


@pytest.mark.usefixtures("two_users")
def test_a_full_disk_behind_standard_output_is_no_success(process_environment: dict[str, str]) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        found = subprocess.run(
            [COMMAND, "audit"], env=process_environment, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (found.returncode, found.stderr) == (3, "error: Standard output cannot be written: no space left.\n")


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Tests that run in the background of a script ignore Ctrl-C, and whatever they start would inherit that."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("action", ["sts:GetCallerIdentity", "iam:GetAccountSummary", "iam:ListVirtualMFADevices"])
def test_ctrl_c_during_a_slow_call_ends_at_once_and_quietly(
    two_users: EmbeddedAws, process_environment: dict[str, str], action: str
) -> None:
    fault = two_users.faults.add(action, Kind.SLOW, seconds=4, times=None)
    with subprocess.Popen(
        [COMMAND, "audit"], env=process_environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        while not fault.hits and process.poll() is None:
            time.sleep(0.01)
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        pressed = time.monotonic()
        stdout, stderr = process.communicate(timeout=10)
        took = time.monotonic() - pressed
    assert (process.returncode, stdout, stderr) == (130, "", "")
    assert took < 2


def on_terminal(command: list[str], environment: dict[str, str], *, stdout: bool) -> tuple[int, str, str]:
    """Run with standard error (and output, if asked) on a terminal; return the exit code and what either showed."""
    leader, follower = pty.openpty()
    with subprocess.Popen(
        command,
        env={name: value for name, value in environment.items() if name != "COLUMNS"},
        stdout=follower if stdout else subprocess.PIPE,
        stderr=follower,
    ) as process:
        os.close(follower)
        shown = b""
        while process.poll() is None or select.select([leader], [], [], 0.05)[0]:
            if select.select([leader], [], [], 0.05)[0]:
                try:
                    shown += os.read(leader, 65536)
                except OSError:  # Linux says so when the last writer has gone
                    break
        piped = process.stdout.read() if process.stdout else b""
        process.wait()
    os.close(leader)
    return process.returncode, piped.decode(), shown.decode()


def test_progress_shows_on_a_terminal_and_leaves_no_trace(
    two_users: EmbeddedAws, process_environment: dict[str, str]
) -> None:
    two_users.faults.add("iam:ListVirtualMFADevices", Kind.SLOW, seconds=0.5)
    code, piped, shown = on_terminal([str(COMMAND), "audit", "-f", "json"], process_environment, stdout=False)
    assert (code, json.loads(piped)["summary"]["users"]) == (1, 3)
    assert "reading users, groups, policies and virtual MFA devices" in shown
    assert shown.count("\x1b[?25l") == shown.count("\x1b[?25h") == 1
    assert shown.rstrip().endswith("\x1b[2K")


@pytest.fixture
def mfa_profile(two_users: EmbeddedAws, process_environment: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """A profile whose role requires an MFA code, for which botocore prompts."""
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    two_users.iam.role("audit", {"Version": "2012-10-17", "Statement": [trust]}, ["AdministratorAccess"])
    config = tmp_path / "config"
    config.write_text(
        "[profile keys]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = example\n"
        "[profile mfa]\nrole_arn = arn:aws:iam::123456789012:role/audit\nsource_profile = keys\n"
        "mfa_serial = arn:aws:iam::123456789012:mfa/ada\n",
        encoding="utf-8",
    )
    own = {name: value for name, value in process_environment.items() if not name.startswith("AWS_ACCESS_KEY")}
    return {**own, "AWS_CONFIG_FILE": str(config), "AWS_PROFILE": "mfa"}


def test_the_prompt_for_an_mfa_code_comes_before_any_progress(mfa_profile: dict[str, str]) -> None:
    leader, follower = pty.openpty()
    with subprocess.Popen(
        [COMMAND, "audit"],
        env=mfa_profile,
        stdin=follower,
        stdout=subprocess.PIPE,
        stderr=follower,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - getpass opens /dev/tty
    ) as process:
        os.close(follower)
        shown = ""
        while "MFA code for arn:aws:iam::123456789012:mfa/ada" not in shown:
            assert select.select([leader], [], [], 10)[0], shown
            shown += os.read(leader, 65536).decode()
        assert "\x1b" not in shown
        os.write(leader, b"123456\n")
        assert process.stdout
        assert b"1 of 2 administrators" in process.stdout.read()
        process.wait(timeout=10)
    os.close(leader)
    assert process.returncode == 1


def test_the_end_of_input_at_a_prompt_is_an_interruption(mfa_profile: dict[str, str]) -> None:
    found = subprocess.run(
        [COMMAND, "audit"],
        env=mfa_profile,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,
    )
    assert (found.returncode, found.stdout) == (130, "")
    assert found.stderr.endswith("error: Input ended at a prompt; nothing was audited.\n")


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_gives_the_terminal_back(two_users: EmbeddedAws, process_environment: dict[str, str]) -> None:
    fault = two_users.faults.add("iam:ListVirtualMFADevices", Kind.SLOW, seconds=4)
    leader, follower = pty.openpty()
    with subprocess.Popen(
        [COMMAND, "audit"], env=process_environment, stdout=subprocess.PIPE, stderr=follower
    ) as process:
        os.close(follower)
        while not fault.hits and process.poll() is None:
            time.sleep(0.01)
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        process.wait(timeout=10)
    shown = os.read(leader, 1 << 20).decode()
    os.close(leader)
    assert process.returncode == 130
    assert "\x1b[?25h" in shown
    assert "Traceback" not in shown


def test_no_summary_is_cut_at_80_columns(run_process: Run) -> None:
    commands = run_process("--help").stdout.partition("Commands:\n")[2].partition("\n\n")[0].splitlines()
    assert len(commands) >= 6
    assert [line for line in commands if line.endswith("...") or len(line) > 80] == []


@pytest.mark.parametrize(
    ("variables", "coloured"),
    [
        pytest.param({}, True, id="terminal"),
        pytest.param({"NO_COLOR": "1"}, False, id="NO_COLOR"),
        pytest.param({"TERM": "dumb"}, False, id="dumb terminal"),
    ],
)
@pytest.mark.usefixtures("two_users")
def test_colour_is_for_terminals_that_want_it(
    process_environment: dict[str, str], *, variables: dict[str, str], coloured: bool
) -> None:
    own = {name: value for name, value in process_environment.items() if name not in {"NO_COLOR", "FORCE_COLOR"}}
    code, _, shown = on_terminal([str(COMMAND), "audit"], {**own, **variables}, stdout=True)
    assert code == 1
    assert ("\x1b[1;31mNON_COMPLIANT" in shown) is coloured
    assert "NON_COMPLIANT" in re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown)
    assert ("\x1b" in shown) is coloured or "NO_COLOR" in variables


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        pytest.param("admin-mfa audit --format ", list(FORMATS), id="formats"),
        pytest.param(
            "admin-mfa audit --parameter Exempt", ["ExemptUsers=", "ExemptTag="], id="names of rule parameters"
        ),
        pytest.param("admin-mfa s", ["schema"], id="commands"),
        pytest.param("admin-mfa audit --profile a", ["archive", "audit"], id="profiles"),
    ],
)
def test_the_shell_completes(
    process_environment: dict[str, str], tmp_path: Path, words: str, offered: list[str]
) -> None:
    files = {"AWS_CONFIG_FILE": tmp_path / "config", "AWS_SHARED_CREDENTIALS_FILE": tmp_path / "credentials"}
    files["AWS_CONFIG_FILE"].write_text("[default]\n[profile audit]\n[sso-session a]\n", encoding="utf-8")
    files["AWS_SHARED_CREDENTIALS_FILE"].write_text("[archive]\n[default]\n", encoding="utf-8")
    found = subprocess.run(
        [COMMAND],
        env={
            **process_environment,
            **{name: str(file) for name, file in files.items()},
            "_ADMIN_MFA_COMPLETE": "complete_bash",
            "COMP_WORDS": words,
            "COMP_CWORD": str(len(words.split(" ")) - 1),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.stdout.split() == offered
