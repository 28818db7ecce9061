"""What a person can do about each way in which AWS can refuse: one table of error codes and sentences."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from admin_mfa.cli.errors import CommandError, ExitCode
from admin_mfa.errors import ReadError

READ_ONLY_POLICY = 'README, "Audit a real account"'
"""Where the documentation shows the policy that `admin-mfa permissions` prints."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Advice:
    """What to say about some error codes.

    Attributes:
        codes: AWS's error codes, or the names of botocore's errors.
        sentence: May hold {action}, {caller}, {profile}, {region}, {endpoint} and {reason}.
        exit_code: See `CommandError`.
    """

    codes: tuple[str, ...]
    sentence: str
    exit_code: ExitCode = ExitCode.INCOMPLETE


_ADVICE = (
    _Advice(
        codes=("AccessDenied", "AccessDeniedException", "UnauthorizedOperation"),
        sentence="AWS denies {action} to {caller}: add the statement "
        '{{"Effect": "Allow", "Action": "{action}", "Resource": "*"}} to a policy of that identity, or attach the '
        f"whole read-only policy ({READ_ONLY_POLICY}; `admin-mfa permissions` prints it).",
    ),
    _Advice(
        codes=("ExplicitDeny",),
        sentence="AWS denies {action} to {caller} by an explicit deny, which no further permission lifts: "
        "take {action} out of that Deny, or audit as an identity that it does not cover ({reason}).",
    ),
    _Advice(
        codes=("OrganizationDenied",),
        sentence="AWS denies {action} to {caller}: only the management account and delegated administrators may list "
        "accounts, with the policy that `admin-mfa permissions --organization` prints; or name the accounts in a "
        "file with --accounts.",
    ),
    _Advice(
        codes=("AWSOrganizationsNotInUseException",),
        sentence="The account of {caller} is in no organization: name the accounts in a file with --accounts.",
    ),
    _Advice(
        codes=("ParentNotFoundException",),
        sentence="The organization has no such organizational unit or root: correct --ou ({reason}).",
        exit_code=ExitCode.USAGE,
    ),
    _Advice(
        codes=("ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"),
        sentence="The credentials have expired: sign in again (for example with `aws sso login`, or by assuming the "
        "role anew) and repeat the command.",
    ),
    _Advice(
        codes=("UnauthorizedSSOTokenError", "SSOTokenLoadError", "TokenRetrievalError", "InvalidGrantException"),
        sentence="The sign-in to IAM Identity Center is missing or has expired: run `aws sso login{profile_option}` "
        "and repeat the command.",
    ),
    _Advice(
        codes=("RequestExpired", "RequestTimeTooSkewed"),
        sentence="AWS takes the request for too old or too new: set this machine's clock right.",
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
        sentence="AWS does not accept the credentials ({code}): the access key is wrong, inactive or deleted, or it "
        "belongs to another partition than the region {region}; correct the keys, or give --region.",
    ),
    _Advice(
        codes=("NoCredentialsError",),
        sentence="No AWS credentials were found: give --profile, set AWS_PROFILE or AWS_ACCESS_KEY_ID and "
        "AWS_SECRET_ACCESS_KEY, or run `aws configure`.",
    ),
    _Advice(
        codes=("PartialCredentialsError", "CredentialRetrievalError", "InfiniteLoopConfigError"),
        sentence="The AWS credentials are incomplete: {reason}; complete them, or give another --profile.",
    ),
    _Advice(
        codes=("ProfileNotFound",),
        sentence="The AWS profile {profile} does not exist; profiles are {profiles}.",
        exit_code=ExitCode.USAGE,
    ),
    _Advice(
        codes=("InvalidRegionError", "UnknownRegionError"),
        sentence="{region} is not the name of an AWS region; give one such as us-east-1.",
        exit_code=ExitCode.USAGE,
    ),
    _Advice(
        codes=("ConfigParseError", "ConfigNotFound"),
        sentence="The AWS config or credentials file cannot be read: {reason}",
    ),
    _Advice(
        codes=("Unusable",),
        sentence="The AWS settings in the environment or the config file cannot be used: {reason}",
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
        sentence="{endpoint} could not be reached for {action} ({code}): look at the network, the proxy and "
        "AWS_ENDPOINT_URL, and repeat the command.",
    ),
    _Advice(
        codes=("SSLError",),
        sentence="The TLS connection to {endpoint} failed: {reason}; if a proxy reads along, name its certificate in "
        "AWS_CA_BUNDLE.",
    ),
    _Advice(
        codes=("RequestLimitExceeded", "Throttling", "ThrottlingException", "TooManyRequestsException"),
        sentence="AWS throttled {action} until no time was left: something else asks IAM a lot in this account; "
        "repeat the command later.",
    ),
    _Advice(
        codes=("InternalFailure", "InternalError", "ServiceFailure", "ServiceUnavailable", "500", "502", "503", "504"),
        sentence="AWS failed to answer {action} ({code}), again and again: repeat the command later.",
    ),
)
_BY_CODE = {code: advice for advice in _ADVICE for code in advice.codes}
_OTHER = _Advice(codes=(), sentence="{reason}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What is known about who asks, and where.

    Attributes:
        profile: The profile in force; empty without one.
        profiles: All profiles that exist.
        region: The region in force.
        endpoint: The custom endpoint; empty for AWS's own.
        caller: ARN of the identity; empty while it is unknown.
    """

    profile: str = ""
    profiles: tuple[str, ...] = ()
    region: str = ""
    endpoint: str = ""
    caller: str = ""


def advise(error: ReadError, situation: Situation) -> CommandError:
    """Turn a failed read into one sentence that says what to do, and an exit code."""
    code = _code(error)
    # Without an action nothing was asked of AWS yet: variables and files are then what failed.
    advice = _BY_CODE.get(code, _OTHER if error.action else _BY_CODE["Unusable"])
    return CommandError(one_line(advice.sentence.format_map(_words(error, situation))), advice.exit_code)


def _code(error: ReadError) -> str:
    """Tell denials apart that have one code and different ways out."""
    if "explicit deny" in str(error):
        return "ExplicitDeny"
    if error.action.startswith("organizations:") and error.code in _BY_CODE["AccessDenied"].codes:
        return "OrganizationDenied"
    return error.code


def _words(error: ReadError, situation: Situation) -> Mapping[str, str]:
    return {
        "action": error.action,
        "code": error.code,
        "reason": str(error),
        "caller": situation.caller or "the caller",
        "profile": situation.profile,
        "profile_option": f" --profile {situation.profile}" if situation.profile else "",
        "profiles": ", ".join(situation.profiles) or "none at all",
        "region": situation.region,
        "endpoint": situation.endpoint or "AWS",
    }


def one_line(text: str) -> str:
    """Make a text that others wrote (AWS, the system) fit for one line of a terminal."""
    spaced = re.sub(r"\s+", " ", text).strip()
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in spaced)
