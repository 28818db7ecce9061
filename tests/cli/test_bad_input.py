"""Bad input and AWS's refusals: one sentence, the right exit code, and nothing on standard output."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from admin_mfa.aws.iam import BULK_ACTIONS
from admin_mfa.cli import output
from admin_mfa.cli.connection import identity_of
from admin_mfa.cli.errors import CommandError, ExitCode
from admin_mfa.errors import ReadError
from demo.emulator import EmbeddedAws, Kind

from .conftest import Environment, Run

ARN = "arn:aws:sts::123456789012:user/moto"
DENIED = f"AWS denies {{}} to {ARN}. Attach the read-only policy that `admin-mfa permissions` prints to that identity."


def assert_refused(run: Run, arguments: list[str], exit_code: int, sentence: str, env: Environment | None) -> None:
    found = run(*arguments, env=env)
    assert found.stderr == f"error: {sentence}\n"
    assert (found.exit_code, found.stdout) == (exit_code, "")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        pytest.param(
            ["-p", "Nonsense=1"],
            "Unknown rule parameter 'Nonsense'. `admin-mfa parameters` lists them all.",
            id="unknown parameter",
        ),
        pytest.param(
            ["-p", "PrivilegeModel=maybe"],
            "PrivilegeModel is 'maybe'; allowed is attached or effective.",
            id="unknown value",
        ),
        pytest.param(
            ["-p", "AdditionalAdminPolicyArns=arn:aws:iam::123:policy/x"],
            "AdditionalAdminPolicyArns is 'arn:aws:iam::123:policy/x': arn:aws:iam::123:policy/x; allowed is a "
            "comma-separated list of policy ARNs.",
            id="malformed ARN",
        ),
        pytest.param(
            ["-p", "ExemptTag=a*b"],
            "ExemptTag is 'a*b'; allowed is a tag as Key or Key=Value.",
            id="malformed tag",
        ),
        pytest.param(
            ["-p", "ExemptUsers=ada@2026-02-30"],
            "ExemptUsers is 'ada@2026-02-30': ada@2026-02-30 does not end in a valid date; allowed is a "
            "comma-separated list "
            "of user names, unique ids or ARNs, each with an optional end @YYYY-MM-DD.",
            id="no such date",
        ),
        pytest.param(
            ["-p", "ConsoleUsersOnly=true", "-p", "ConsoleUsersOnly=false"],
            "The rule parameter 'ConsoleUsersOnly' is set twice; set it once.",
            id="parameter given twice",
        ),
        pytest.param(
            ["-p", "ConsoleUsersOnly"],
            "--parameter takes KEY=VALUE, not 'ConsoleUsersOnly'; for example AdministratorDefinition=FullAccess.",
            id="no equals sign",
        ),
        pytest.param(
            ["-p", "\x1b[2J\n=1"],
            "Unknown rule parameter '\\x1b[2J\\n'. `admin-mfa parameters` lists them all.",
            id="control characters",
        ),
        pytest.param(
            ["--format", "xml"],
            "Invalid value for '--format' / '-f': 'xml' is unknown. Use table, html, json, csv, markdown, junit, "
            "sarif, asff or ocsf.",
            id="unknown format",
        ),
        pytest.param(
            ["-p", "AdministratorDefintion=Escalation"],
            "Unknown rule parameter 'AdministratorDefintion'. Did you mean AdministratorDefinition? `admin-mfa "
            "parameters` lists them all.",
            id="parameter with a typing error",
        ),
        pytest.param(
            ["-p", "AllowedMfaTypes=fido,hardwear"],
            "AllowedMfaTypes is 'fido,hardwear': hardwear; allowed is any, or a comma-separated list of virtual, fido, "
            "hardware. Did you mean hardware?",
            id="value with a typing error",
        ),
        pytest.param(
            ["--format", "marcdown"],
            "Invalid value for '--format' / '-f': 'marcdown' is unknown. Did you mean markdown? Use table, html, json, "
            "csv, markdown, junit, sarif, asff or ocsf.",
            id="format with a typing error",
        ),
        pytest.param(
            ["--output", "audit.pdf"],
            "The file extension of 'audit.pdf' does not select a format. Pass --format, or use one of .txt, "
            ".html, .json, .csv, .md, "
            ".xml, .sarif, .asff.json, .ocsf.json.",
            id="ending that no format has",
        ),
        pytest.param(["--format"], "Option '--format' requires an argument.", id="option without its value"),
        pytest.param(["--zzzzzz"], "No such option: --zzzzzz", id="unknown option"),
        pytest.param(["account"], "Got unexpected extra argument(s) (account)", id="extra argument"),
        pytest.param(
            ["--region", "Frankfurt am Main"],
            "Frankfurt am Main is not the name of an AWS region. Pass one such as us-east-1.",
            id="no region's name",
        ),
        pytest.param(
            ["--profile", "nobody"],
            "The AWS profile nobody does not exist. No profiles are configured.",
            id="profile that does not exist",
        ),
        pytest.param(
            ["--output", "/nowhere/audit.json"],
            "'/nowhere/audit.json' cannot be written: its directory does not exist. Pass another file with --output.",
            id="directory that does not exist",
        ),
        pytest.param(
            ["--format", "json", "--format", "csv"],
            "Several formats need a directory: pass one with --output.",
            id="several formats for standard output",
        ),
        pytest.param(
            ["--format", "json", "--format", "csv", "--output", "/etc/passwd"],
            "'/etc/passwd' cannot hold several formats: it is a file. Pass a directory with --output.",
            id="several formats for a file",
        ),
        pytest.param(
            ["--format", "json", "--format", "csv", "--output", "/nowhere/at/all"],
            "'/nowhere/at/all' cannot hold several formats: its directory does not exist. Pass a directory with "
            "--output.",
            id="several formats for a directory that nobody can make",
        ),
        pytest.param(
            ["--fail-on", "new"],
            "--fail-on new needs --baseline with an earlier `--format json` report.",
            id="only new findings, without a baseline",
        ),
        pytest.param(
            ["--baseline", "/nowhere.json"],
            "The baseline '/nowhere.json' cannot be read: the file does not exist.",
            id="baseline that does not exist",
        ),
        pytest.param(
            ["--baseline", "/etc"],
            "The baseline '/etc' cannot be read: it is a directory.",
            id="baseline that is a directory",
        ),
        pytest.param(
            ["--baseline", "/etc/passwd"],
            "The baseline '/etc/passwd' cannot be used: it is not JSON (Expecting value: line 1 column 1 (char 0)). "
            "Pass a file that `admin-mfa audit --format json` wrote.",
            id="baseline that is no JSON",
        ),
        pytest.param(
            ["--output", "/dev/null/audit.json"],
            "'/dev/null/audit.json' cannot be written: its directory is a file. Pass another file with --output.",
            id="file in place of a directory",
        ),
    ],
)
def test_a_wrong_command_line_is_refused_before_aws_is_asked(
    run: Run, aws: EmbeddedAws, arguments: list[str], sentence: str
) -> None:
    assert_refused(run, ["audit", *arguments], 2, sentence, None)
    assert aws.calls.all() == ()


def test_no_command_shows_the_help_and_is_a_usage_error(run: Run) -> None:
    found = run()
    assert (found.exit_code, found.stdout) == (2, "")
    assert found.stderr.startswith("Usage: admin-mfa [OPTIONS] COMMAND [ARGS]...")


def test_an_unknown_command_is_named(run: Run) -> None:
    assert_refused(run, ["report"], 2, "No such command 'report'.", None)


NO_KEYS = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}


@pytest.mark.parametrize(
    ("env", "exit_code", "sentence"),
    [
        pytest.param(
            NO_KEYS,
            3,
            "No AWS credentials were found. Pass --profile, set AWS_PROFILE or AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY, or run `aws configure`.",
            id="no credentials",
        ),
        pytest.param(
            {"AWS_SECRET_ACCESS_KEY": None},
            3,
            "The AWS credentials are incomplete: Partial credentials found in env, missing: AWS_SECRET_ACCESS_KEY. "
            "Complete them, or pass another --profile.",
            id="half of the credentials",
        ),
        pytest.param(
            {"AWS_PROFILE": "nobody"},
            2,
            "The AWS profile nobody does not exist. No profiles are configured.",
            id="profile of the environment that does not exist",
        ),
        pytest.param(
            {"AWS_CONFIG_FILE": "{broken}"},
            3,
            "The AWS config or credentials file cannot be read: Unable to parse config file: {broken}.",
            id="broken config file",
        ),
        pytest.param(
            {"AWS_SHARED_CREDENTIALS_FILE": "{broken}", **NO_KEYS},
            3,
            "The AWS config or credentials file cannot be read: Unable to parse config file: {broken}.",
            id="broken credentials file",
        ),
        pytest.param(
            {"AWS_CONFIG_FILE": "{sso}", "AWS_PROFILE": "audit", **NO_KEYS},
            3,
            "The sign-in to IAM Identity Center is missing or has expired. Run `aws sso login --profile audit` and "
            "repeat the command.",
            id="not signed in to Identity Center",
        ),
        pytest.param(
            {"AWS_ENDPOINT_URL": "not a url"},
            3,
            "The AWS settings in the environment or the config file cannot be used: Invalid endpoint: not a url.",
            id="endpoint that is no URL",
        ),
        pytest.param(
            {"AWS_DEFAULTS_MODE": "fast"},
            3,
            "The AWS settings in the environment or the config file cannot be used: Client configured with invalid "
            "defaults mode: fast. Valid defaults modes include: legacy, auto, standard, in-region, cross-region, "
            "mobile.",
            id="unknown defaults mode",
        ),
        pytest.param(
            {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"},
            3,
            "http://127.0.0.1:9 could not be reached for sts:GetCallerIdentity in us-east-1 "
            "(EndpointConnectionError). Check the network, the proxy and AWS_ENDPOINT_URL, and repeat the command.",
            id="unreachable endpoint",
        ),
    ],
)
@pytest.mark.usefixtures("impatient")
def test_an_environment_that_cannot_work_is_explained(
    run: Run, tmp_path: Path, env: dict[str, str | None], exit_code: int, sentence: str
) -> None:
    files = {"broken": tmp_path / "broken", "sso": tmp_path / "sso"}
    files["broken"].write_text("[default\n", encoding="utf-8")
    files["sso"].write_text(
        "[profile audit]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = audit\n"
        "[sso-session corp]\nsso_region = us-east-1\nsso_start_url = https://example.com/start\n",
        encoding="utf-8",
    )
    filled = {name: value.format_map(files) if value else value for name, value in env.items()}
    assert_refused(run, ["audit"], exit_code, sentence.format_map(files), filled)


@pytest.mark.parametrize(
    ("action", "kind", "sentence"),
    [
        pytest.param(
            "iam:GetAccountAuthorizationDetails",
            Kind.ACCESS_DENIED,
            DENIED.format("iam:GetAccountAuthorizationDetails"),
            id="bulk read denied",
        ),
        pytest.param(
            "iam:GetAccountSummary",
            Kind.ACCESS_DENIED,
            DENIED.format("iam:GetAccountSummary"),
            id="root user's state denied",
        ),
        pytest.param(
            "iam:ListMFADevices",
            Kind.ACCESS_DENIED,
            DENIED.format("iam:ListMFADevices"),
            id="one user's devices denied",
        ),
        pytest.param(
            "iam:ListVirtualMFADevices",
            Kind.THROTTLING,
            "iam:ListVirtualMFADevices was still throttled when the timeout expired. Repeat the command when other "
            "tools call IAM less often in this account.",
            id="throttled for ever",
        ),
        pytest.param(
            "sts:GetCallerIdentity",
            Kind.SERVICE_FAILURE,
            "sts:GetCallerIdentity failed on every retry (ServiceFailure). Repeat the command later.",
            id="AWS fails",
        ),
        pytest.param(
            "iam:GetAccountAuthorizationDetails",
            Kind.CUT_CONNECTION,
            "{url} could not be reached for iam:GetAccountAuthorizationDetails in us-east-1 (ConnectionClosedError). "
            "Check the network, the proxy and AWS_ENDPOINT_URL, and repeat the command.",
            id="connection cut",
        ),
    ],
)
@pytest.mark.parametrize("format_", ["table", "json"])
@pytest.mark.usefixtures("impatient")
def test_a_read_that_fails_reports_nothing(
    run: Run, two_users: EmbeddedAws, tmp_path: Path, *, action: str, kind: Kind, sentence: str, format_: str
) -> None:
    two_users.faults.add(action, kind, times=None)
    target = tmp_path / "audit"
    target.write_text("old", encoding="utf-8")
    expected = sentence.replace("{url}", two_users.url)
    assert_refused(run, ["audit", "-f", format_], 3, expected, None)
    assert_refused(run, ["audit", "-f", format_, "-o", str(target)], 3, expected, None)
    assert [(path.name, path.read_text(encoding="utf-8")) for path in tmp_path.iterdir()] == [("audit", "old")]


@pytest.mark.usefixtures("impatient")
def test_missing_permissions_are_reported_all_at_once(run: Run, two_users: EmbeddedAws) -> None:
    missing = ("iam:GetAccountSummary", "iam:GetPolicy", "iam:ListAccessKeys", "iam:ListMFADevices")
    for action in missing:
        two_users.faults.add(action, Kind.ACCESS_DENIED, times=None)
    two_users.calls.clear()
    assert_refused(run, ["audit"], 3, DENIED.format(", ".join(missing)), None)
    assert {call.permission for call in two_users.calls.of("iam")} == set(BULK_ACTIONS)


def test_an_unknown_region_is_named_before_it_is_called(run: Run, aws: EmbeddedAws) -> None:
    sentence = (
        "us-esat-1 is not an AWS region known to this version of botocore. Did you mean us-east-1? If the region is "
        "new, upgrade boto3."
    )
    assert_refused(run, ["audit", "--region", "us-esat-1"], 2, sentence, {"AWS_ENDPOINT_URL": None})
    assert_refused(run, ["audit"], 2, sentence, {"AWS_ENDPOINT_URL": None, "AWS_REGION": "us-esat-1"})
    assert aws.calls.of("sts") == ()


def test_an_unexpected_error_is_one_sentence_and_never_a_finding(
    run: Run, two_users: EmbeddedAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("surprise")

    monkeypatch.setattr("admin_mfa.cli.account.audit", broken)
    del two_users
    sentence = (
        "Unexpected KeyError: 'surprise'. Please report this bug: open an issue with the output of `admin-mfa "
        "--version` and the traceback that ADMIN_MFA_TRACEBACK=1 prints."
    )
    assert_refused(run, ["audit"], 3, sentence, None)
    with pytest.raises(KeyError):
        run("audit", env={"ADMIN_MFA_TRACEBACK": "1"})


def test_a_malformed_answer_is_no_verdict(run: Run, two_users: EmbeddedAws) -> None:
    two_users.faults.add("iam:ListVirtualMFADevices", Kind.MALFORMED_XML, times=None)
    found = run("audit")
    assert (found.exit_code, found.stdout) == (3, "")
    assert found.stderr.startswith("error: iam:ListVirtualMFADevices failed: ")
    assert found.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        pytest.param(
            PermissionError(errno.EACCES, "Permission denied"),
            "'{path}' cannot be written: permission denied. Pass another file with --output.",
            id="no permission",
        ),
        pytest.param(
            OSError(errno.ENOSPC, "No space left on device"),
            "'{path}' cannot be written: no space left. Pass another file with --output.",
            id="full disk",
        ),
    ],
)
def test_a_file_that_fails_late_leaves_the_old_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, error: OSError, sentence: str
) -> None:
    def fails(_: int) -> None:
        raise error

    target = tmp_path / "audit"
    target.write_text("old", encoding="utf-8")
    # As root, whom tests often run as, no permission is ever missing.
    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(CommandError) as caught:
        output.write("new", target)
    assert str(caught.value) == sentence.format(path=target)
    assert caught.value.exit_code is ExitCode.INCOMPLETE
    assert [(path.name, path.read_text(encoding="utf-8")) for path in tmp_path.iterdir()] == [("audit", "old")]


@pytest.fixture
def _unprivileged() -> Iterator[None]:
    """Not be root for a while: root may write everywhere."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    yield
    os.seteuid(before)


@pytest.mark.usefixtures("_unprivileged")
def test_a_directory_without_permission_is_a_usage_error() -> None:
    with pytest.raises(CommandError) as caught:
        output.probe(Path("/etc/audit.json"))
    assert str(caught.value) == (
        "'/etc/audit.json' cannot be written: permission denied. Pass another file with --output."
    )
    assert caught.value.exit_code is ExitCode.USAGE


def test_a_policy_that_breaks_the_grammar_is_named_and_makes_its_holder_an_administrator(
    run: Run, aws: EmbeddedAws
) -> None:
    aws.iam.user("ada", inline={"broken": {"Version": "2012-10-17", "Statement": [{"Effect": "Perhaps"}]}})
    aws.iam.user("grace", policies=("AdministratorAccess",), devices=("virtual",))
    found = run("audit")
    assert found.exit_code == 1
    assert "1 of 2 administrators" in found.stdout
    (warning,) = [line for line in found.stderr.splitlines() if "broken" in line]
    assert warning.startswith("warning: The policy broken cannot be read")
    assert "ada" in found.stdout


def test_an_answer_without_an_account_is_no_identity() -> None:
    class Nobody:
        def get_caller_identity(self) -> dict[str, str]:
            return {"Arn": "arn:aws:iam::123456789012:user/ada"}

    with pytest.raises(ReadError, match=r"^sts:GetCallerIdentity returned no account or no ARN\.$"):
        identity_of(Nobody())
