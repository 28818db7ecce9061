"""Why a command stops: one sentence, and an exit code."""

from collections.abc import Iterable
from difflib import get_close_matches
from enum import IntEnum

from admin_mfa.errors import AdminMfaError


class ExitCode(IntEnum):
    """The exit codes of every command."""

    COMPLIANT = 0
    NON_COMPLIANT = 1
    USAGE = 2
    INCOMPLETE = 3
    INTERRUPTED = 130


class CommandError(AdminMfaError):
    """The command cannot continue.

    Attributes:
        exit_code: USAGE if the command line must change, INCOMPLETE if AWS, its configuration or this machine failed.
    """

    def __init__(self, text: str, exit_code: ExitCode = ExitCode.INCOMPLETE) -> None:
        super().__init__(text)
        self.exit_code = exit_code


def did_you_mean(given: str, known: Iterable[str]) -> str:
    """Return a sentence that suggests the known name closest to a given one, after a space; empty without one."""
    by_lower_case = {name.lower(): name for name in known}
    matches = get_close_matches(given.lower(), by_lower_case)
    # The same letters in another order are a likelier typing error than other letters: us-esat-1 is us-east-1.
    best = max(matches, key=lambda match: sorted(match) == sorted(given.lower()), default="")
    return f" Did you mean {by_lower_case[best]}?" if best else ""
