"""Every error this product raises on purpose is an `AdminMfaError`.

None of them is a ValueError: rdklib answers a ValueError with a dictionary that AWS Lambda takes for success.
"""


class AdminMfaError(Exception):
    """Something a person can act on: the text is one sentence, fit to be shown without a traceback."""


class InvalidParametersError(AdminMfaError):
    """A rule parameter has an unknown name or a value that is not allowed; the text says which, and what is."""


class InvalidEventError(AdminMfaError):
    """What invoked the rule's function is no event of AWS Config; the text says what is missing."""


class PolicyDocumentError(AdminMfaError):
    """A policy document does not have the shape that IAM's grammar gives it, so nobody can be judged by it."""


class ReadError(AdminMfaError):
    """AWS could not be read completely, so nobody is reported as compliant.

    Attributes:
        action: The IAM action that failed, such as `iam:ListMFADevices`; empty where no single call did.
        code: AWS's error code, or the name of the client's error.
    """

    def __init__(self, text: str, *, action: str = "", code: str = "") -> None:
        super().__init__(text)
        self.action = action
        self.code = code


class EvaluationError(AdminMfaError):
    """AWS Config did not take an evaluation, or the rule could not be run to its end."""


class InvalidInputError(AdminMfaError):
    """The remediation was asked something that it does not know or allow; nothing was done."""


class RemediationError(AdminMfaError):
    """A step of the remediation could not be done; the next run tries it again."""
