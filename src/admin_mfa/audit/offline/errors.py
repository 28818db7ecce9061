"""What can be wrong with saved answers."""

from admin_mfa.errors import AdminMfaError, ReadError


class SavedAnswersError(AdminMfaError):
    """A file is not what the AWS CLI writes, or the files contradict each other; the text names the file."""


class NotSavedError(ReadError):
    """The files do not include an answer that a verdict depends on.

    Attributes:
        command: The AWS CLI command whose output is missing.
    """

    def __init__(self, command: str, *, action: str) -> None:
        super().__init__(f"The files do not include the output of `{command}`.", action=action, code="NotSaved")
        self.command = command
