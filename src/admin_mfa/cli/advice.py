"""What to do about each way in which AWS can refuse: one table of error codes and sentences."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from admin_mfa.cli.errors import CommandError, ExitCode, did_you_mean
from admin_mfa.errors import ReadError

ASSUME_PROFILE_ROLE = "sts:AssumeRole"
"""The call by which botocore resolves the credentials of a profile with a role."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Advice:
    """The sentence for some error codes.

    Attributes:
        codes: AWS's error codes, or the names of botocore's errors.
        sentence: May hold {action}, {actions}, {caller}, {profile}, {region}, {endpoint} and {reason}.
        exit_code: See `CommandError`.
    """

    codes: tuple[str, ...]
    sentence: str
    exit_code: ExitCode = ExitCode.INCOMPLETE


_ADVICE = (
    _Advice(
        codes=("AccessDenied", "AccessDeniedException", "UnauthorizedOperation"),
        sentence="AWS denies {actions} to {caller}. Attach the read-only policy that `admin-mfa permissions` prints to "
        "that identity.",
    ),
    _Advice(
        codes=("ExplicitDeny",),
        sentence="AWS denies {actions} to {caller} by an explicit deny, which no Allow overrides. Remove the action "
        "from that Deny, or run the command as another identity ({reason}).",
    ),
    _Advice(
        codes=("ProfileRoleDenied",),
        sentence="The role of the profile {profile} could not be assumed. Check the MFA code, the role's trust policy "
        "and the source profile ({reason}).",
    ),
    _Advice(
        codes=("OrganizationDenied",),
        sentence="AWS denies {action} to {caller}. Only the management account and delegated administrators can list "
        "accounts, with the policy that `admin-mfa permissions --organization` prints. Otherwise, list the accounts in "
        "a file and pass it with --accounts.",
    ),
    _Advice(
        codes=("AWSOrganizationsNotInUseException",),
        sentence="The account of {caller} is not in an organization. List the accounts in a file and pass it with "
        "--accounts.",
    ),
    _Advice(
        codes=("ParentNotFoundException",),
        sentence="The organization has no such organizational unit or root. Correct --ou ({reason}).",
        exit_code=ExitCode.USAGE,
    ),
    _Advice(
        codes=("ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"),
        sentence="The credentials have expired. Sign in again, for example with `aws sso login`, and repeat the "
        "command.",
    ),
    _Advice(
        # botocore prompts for one MFA code and never for a second one.
        codes=("RefreshWithMFAUnsupportedError",),
        sentence="The role session of the profile {profile} ended during the command, and renewing it needs another "
        "MFA code. Set duration_seconds in the profile, up to the role's maximum session duration, and repeat the "
        "command.",
    ),
    _Advice(
        codes=("UnauthorizedSSOTokenError", "SSOTokenLoadError", "TokenRetrievalError", "InvalidGrantException"),
        sentence="The sign-in to IAM Identity Center is missing or has expired. Run `aws sso login{profile_option}` "
        "and repeat the command.",
    ),
    _Advice(
        codes=("RequestExpired", "RequestTimeTooSkewed"),
        sentence="AWS rejected the time of the request. Correct this machine's clock.",
    ),
    _Advice(
        codes=(
            "AuthFailure",
            "IncompleteSignature",
            "InvalidAccessKeyId",
            "InvalidClientTokenId",
            "SignatureDoesNotMatch",
            "UnrecognizedClientException",
        ),
        sentence="AWS rejected the credentials ({code}). The access key is wrong, inactive or deleted, or belongs to "
        "another partition than the region {region}. Correct the keys, or pass --region.",
    ),
    _Advice(
        codes=("NoCredentialsError",),
        sentence="No AWS credentials were found. Pass --profile, set AWS_PROFILE or AWS_ACCESS_KEY_ID and "
        "AWS_SECRET_ACCESS_KEY, or run `aws configure`.",
    ),
    _Advice(
        codes=("PartialCredentialsError", "CredentialRetrievalError", "InfiniteLoopConfigError"),
        sentence="The AWS credentials are incomplete: {reason}. Complete them, or pass another --profile.",
    ),
    _Advice(
        codes=("ProfileNotFound",),
        sentence="The AWS profile {profile} does not exist.{suggestion} {profiles}",
        exit_code=ExitCode.USAGE,
    ),
    _Advice(
        codes=("InvalidRegionError", "UnknownRegionError"),
        sentence="{region} is not the name of an AWS region. Pass one such as us-east-1.",
        exit_code=ExitCode.USAGE,
    ),
    _Advice(
        codes=("ConfigParseError", "ConfigNotFound"),
        sentence="The AWS config or credentials file cannot be read: {reason}.",
    ),
    _Advice(
        codes=("Unusable",),
        sentence="The AWS settings in the environment or the config file cannot be used: {reason}.",
    ),
    _Advice(
        codes=(
            "ConnectTimeoutError",
            "ConnectionClosedError",
            "ConnectionError",
            "EndpointConnectionError",
            "ProxyConnectionError",
            "ReadTimeoutError",
        ),
        sentence="{endpoint} could not be reached for {action} in {region} ({code}). Check the network, the proxy and "
        "AWS_ENDPOINT_URL, and repeat the command.",
    ),
    _Advice(
        codes=("SSLError",),
        sentence="The TLS connection to {endpoint} failed: {reason}. Behind a proxy that inspects TLS, set "
        "AWS_CA_BUNDLE to its certificate.",
    ),
    _Advice(
        codes=("RequestLimitExceeded", "Throttling", "ThrottlingException", "TooManyRequestsException"),
        sentence="{action} was still throttled when the timeout expired. Repeat the command when other tools call IAM "
        "less often in this account.",
    ),
    _Advice(
        codes=("InternalFailure", "InternalError", "ServiceFailure", "ServiceUnavailable", "500", "502", "503", "504"),
        sentence="{action} failed on every retry ({code}). Repeat the command later.",
    ),
)
_BY_CODE = {code: advice for advice in _ADVICE for code in advice.codes}
_OTHER = _Advice(codes=(), sentence="{reason}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What is known about the caller.

    Attributes:
        profile: The selected profile; empty without one.
        profiles: All profiles that exist.
        region: The selected region.
        endpoint: The custom endpoint; empty for AWS's own.
        caller: ARN of the identity; empty until it is known.
    """

    profile: str = ""
    profiles: tuple[str, ...] = ()
    region: str = ""
    endpoint: str = ""
    caller: str = ""


def advise(error: ReadError, situation: Situation, also_denied: Sequence[str] = ()) -> CommandError:
    """Turn a failed read into one sentence that says what to do, and an exit code.

    Args:
        error: What failed.
        situation: What is known about the caller.
        also_denied: All permissions that the caller lacks, where they are known.
    """
    code = _code(error)
    # Without an action nothing was sent to AWS yet, so the cause is a variable or a file.
    advice = _BY_CODE.get(code, _OTHER if error.action else _BY_CODE["Unusable"])
    words = {**_words(error, situation), "actions": ", ".join(sorted({error.action, *also_denied}))}
    return CommandError(one_line(advice.sentence.format_map(words)), advice.exit_code)


def _code(error: ReadError) -> str:
    """Return the error code, or one of ours where one code of AWS has different remedies."""
    denied = error.code in _BY_CODE["AccessDenied"].codes
    if denied and error.action == ASSUME_PROFILE_ROLE:
        return "ProfileRoleDenied"
    if "explicit deny" in str(error):
        return "ExplicitDeny"
    if denied and error.action.startswith("organizations:"):
        return "OrganizationDenied"
    return error.code


def _words(error: ReadError, situation: Situation) -> Mapping[str, str]:
    profiles = ", ".join(situation.profiles)
    return {
        "action": error.action or "a request",
        "code": error.code,
        "reason": str(error).rstrip("."),
        "caller": situation.caller or "the caller",
        "profile": situation.profile,
        "profile_option": f" --profile {situation.profile}" if situation.profile else "",
        "profiles": f"Configured profiles: {profiles}." if profiles else "No profiles are configured.",
        "suggestion": did_you_mean(situation.profile, situation.profiles),
        "region": situation.region,
        "endpoint": situation.endpoint or "AWS",
    }


def one_line(text: str) -> str:
    """Make a text that AWS or the system wrote safe to print on one line of a terminal."""
    spaced = re.sub(r"\s+", " ", text).strip()
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in spaced)
