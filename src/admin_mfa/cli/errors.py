"""Why the command stops, in one sentence and one exit code."""

from enum import IntEnum

from admin_mfa.errors import AdminMfaError


class ExitCode(IntEnum):
    """What the command tells the shell."""

    COMPLIANT = 0
    NON_COMPLIANT = 1
    USAGE = 2
    INCOMPLETE = 3
    INTERRUPTED = 130


class CommandError(AdminMfaError):
    """The command cannot go on.

    Attributes:
        exit_code: USAGE where the command line must be changed, INCOMPLETE where AWS, its configuration or this
            machine stood in the way.
    """

    def __init__(self, text: str, exit_code: ExitCode = ExitCode.INCOMPLETE) -> None:
        super().__init__(text)
        self.exit_code = exit_code
