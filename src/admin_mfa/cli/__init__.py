"""The command `admin-mfa`: arguments in, reports and exit codes out; it writes nothing to an account."""

from admin_mfa.cli.commands import app, main

__all__ = ["app", "main"]
