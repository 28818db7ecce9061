"""What can go wrong with the demonstration itself."""

from admin_mfa.errors import AdminMfaError


class DemoError(AdminMfaError):
    """The demonstration cannot be given here, or showed something other than it claims."""
