"""Errors of the embedded AWS: those it answers with, and those it raises at the person who drives it."""

from http import HTTPStatus

from admin_mfa.errors import AdminMfaError


class AwsError(AdminMfaError):
    """An error answer, as the service itself would give it.

    Attributes:
        code: The service's error code, such as `NoSuchEntity`.
        message: One sentence for a person.
        status: HTTP status of the answer.
    """

    def __init__(self, code: str, message: str, status: int = HTTPStatus.BAD_REQUEST) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


class EmbeddedAwsError(AdminMfaError):
    """The embedded AWS was used in a way that it cannot serve."""
