"""What only reports show of an account: its alias and its credential report. No verdict depends on either."""

import time
from collections.abc import Callable

from admin_mfa.activity import Activity, parse_credential_report
from admin_mfa.aws.iam_answers import member
from admin_mfa.aws.iam_calls import IamCalls
from admin_mfa.errors import ReadError

ACTIONS = ("iam:GenerateCredentialReport", "iam:GetCredentialReport", "iam:ListAccountAliases")
"""The actions that `admin-mfa audit --activity` needs in addition. None of them changes the account."""

_ATTEMPTS = 30
_SECONDS = 2.0
"""IAM takes seconds to create a report, in large accounts a minute."""


class DetailsReader(IamCalls):
    """Reads the alias and the credential report of an account through one client."""

    def alias(self) -> str:
        """Return the account's alias; empty if it has none, or if the caller may not read it."""
        try:
            aliases = self.call("ListAccountAliases").get("AccountAliases", [])
        except ReadError:
            return ""
        return str(aliases[0]) if aliases else ""

    def activity(self, sleep: Callable[[float], None] = time.sleep) -> Activity:
        """Return the newest credential report; IAM creates one if the last is older than four hours.

        Raises:
            ReadError: The report could not be created in a minute, or could not be read.
        """
        for _ in range(_ATTEMPTS):
            if self.call("GenerateCredentialReport").get("State") == "COMPLETE":
                break
            sleep(_SECONDS)
        else:
            raise ReadError(
                "iam:GenerateCredentialReport did not complete within a minute.",
                action="iam:GenerateCredentialReport",
                code="NotComplete",
            )
        found = self.call("GetCredentialReport")
        content: bytes = member(found, "Content", "GetCredentialReport")
        created_at = member(found, "GeneratedTime", "GetCredentialReport")
        return parse_credential_report(content.decode("utf-8", "replace"), created_at)
