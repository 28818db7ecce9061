"""Define the errors of the demonstration itself."""

from admin_mfa.errors import AdminMfaError


class DemoError(AdminMfaError):
    """The demonstration cannot run here, or one of its claims was false."""
