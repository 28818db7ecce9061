"""Each way in which AWS can refuse has its sentence; the ways are those of AWS's and botocore's own errors."""

import pytest
from botocore import exceptions

from admin_mfa.cli.advice import _ADVICE, Situation, advise
from admin_mfa.cli.errors import ExitCode
from admin_mfa.errors import ReadError

SITUATION = Situation(
    profile="audit",
    profiles=("audit", "default"),
    region="eu-west-1",
    caller="arn:aws:sts::123456789012:assumed-role/audit/ada",
)


def refused(code: str, text: str = "reason given", action: str = "iam:ListMFADevices") -> ReadError:
    return ReadError(text, action=action, code=code)


@pytest.mark.parametrize(
    ("error", "sentence", "exit_code"),
    [
        pytest.param(
            refused("ExpiredToken", action="sts:GetCallerIdentity"),
            "The credentials have expired. Sign in again, for example with `aws sso login`, and repeat the command.",
            3,
            id="expired credentials",
        ),
        pytest.param(
            refused("RefreshWithMFAUnsupportedError"),
            "The role session of the profile audit ended during the command, and renewing it needs another MFA code. "
            "Set duration_seconds in the profile, up to the role's maximum session duration, and repeat the command.",
            3,
            id="role session with MFA ended",
        ),
        pytest.param(
            refused("UnauthorizedSSOTokenError"),
            "The sign-in to IAM Identity Center is missing or has expired. Run `aws sso login --profile audit` and "
            "repeat the command.",
            3,
            id="expired sign-in",
        ),
        pytest.param(
            refused("InvalidClientTokenId"),
            "AWS rejected the credentials (InvalidClientTokenId). The access key is wrong, inactive or deleted, or "
            "belongs to another partition than the region eu-west-1. Correct the keys, or pass --region.",
            3,
            id="wrong access key",
        ),
        pytest.param(
            refused("AccessDenied", "… with an explicit deny in a service control policy"),
            "AWS denies iam:ListMFADevices to arn:aws:sts::123456789012:assumed-role/audit/ada by an explicit "
            "deny, which no Allow overrides. Remove the action from that Deny, or run the command as another "
            "identity (… with an explicit deny in a service control policy).",
            3,
            id="explicit deny",
        ),
        pytest.param(
            refused("AWSOrganizationsNotInUseException", action="organizations:ListAccounts"),
            "The account of arn:aws:sts::123456789012:assumed-role/audit/ada is not in an organization. List the "
            "accounts in a file and pass it with --accounts.",
            3,
            id="no organization",
        ),
        pytest.param(
            refused("ParentNotFoundException", "no such parent", action="organizations:ListAccountsForParent"),
            "The organization has no such organizational unit or root. Correct --ou (no such parent).",
            2,
            id="no such unit",
        ),
        pytest.param(
            refused("RequestTimeTooSkewed"),
            "AWS rejected the time of the request. Correct this machine's clock.",
            3,
            id="clock",
        ),
        pytest.param(
            refused("SSLError", "certificate verify\nfailed"),
            "The TLS connection to AWS failed: certificate verify failed. Behind a proxy that inspects TLS, set "
            "AWS_CA_BUNDLE to its certificate.",
            3,
            id="TLS",
        ),
        pytest.param(
            refused("ProfileNotFound", action=""),
            "The AWS profile audit does not exist. Did you mean audit? Configured profiles: audit, default.",
            2,
            id="profile",
        ),
        pytest.param(
            refused("NewlyInvented", "iam:ListMFADevices failed (NewlyInvented): \x1b[2Jwho\r\nknows"),
            "iam:ListMFADevices failed (NewlyInvented): \\x1b[2Jwho knows.",
            3,
            id="an error that nobody foresaw, shown and not obeyed",
        ),
        pytest.param(
            refused("NewlyInvented", "bad setting", action=""),
            "The AWS settings in the environment or the config file cannot be used: bad setting.",
            3,
            id="a setting that nobody foresaw",
        ),
    ],
)
def test_an_error_says_what_to_do(error: ReadError, sentence: str, exit_code: int) -> None:
    told = advise(error, SITUATION)
    assert (str(told), told.exit_code) == (sentence, ExitCode(exit_code))


@pytest.mark.parametrize("code", [code for row in _ADVICE for code in row.codes])
def test_every_row_makes_one_whole_line_even_when_little_is_known(code: str) -> None:
    sentence = str(advise(ReadError("reason given", code=code), Situation()))
    assert "{" not in sentence.replace('{"Effect"', "")
    assert len(sentence.splitlines()) == 1


def test_no_code_stands_in_two_rows() -> None:
    codes = [code for row in _ADVICE for code in row.codes]
    assert len(codes) == len(set(codes))


OURS = {"Unusable", "ExplicitDeny"}


def test_codes_that_are_botocore_s_errors_are_spelt_as_it_spells_them() -> None:
    known = {name for name in dir(exceptions) if name.endswith(("Error", "NotFound"))}
    service_errors = {"InternalError"}
    named = {code for row in _ADVICE for code in row.codes if code.endswith(("Error", "NotFound")) and code not in OURS}
    assert named - service_errors <= known
