"""Define the errors that this product raises; all derive from `AdminMfaError`.

None derives from ValueError, because rdklib catches a ValueError and returns a dictionary, which AWS Lambda treats as
success.
"""


class AdminMfaError(Exception):
    """An error that you can act on; its text is one sentence that makes sense without a traceback."""


class InvalidParametersError(AdminMfaError):
    """A rule parameter has an unknown name or an invalid value; the text names it and the allowed values."""


class InvalidEventError(AdminMfaError):
    """The event that invoked the rule's function is not from AWS Config; the text names what is missing."""


class PolicyDocumentError(AdminMfaError):
    """A policy document does not follow IAM's policy grammar, so it cannot be evaluated."""


class ReadError(AdminMfaError):
    """A read from AWS failed or was incomplete, so the run reports no user as compliant.

    Attributes:
        action: The IAM action that failed, such as `iam:ListMFADevices`; empty if the error has no single cause.
        code: AWS's error code, or the name of the client's error.
    """

    def __init__(self, text: str, *, action: str = "", code: str = "") -> None:
        super().__init__(text)
        self.action = action
        self.code = code


class EvaluationError(AdminMfaError):
    """AWS Config rejected an evaluation, or the rule could not complete its run."""


class InvalidInputError(AdminMfaError):
    """The remediation received an unknown or forbidden input; it changed nothing."""


class RemediationError(AdminMfaError):
    """A step of the remediation failed; the next run retries it."""
