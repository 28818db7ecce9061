"""Every IAM user who is an administrator has an MFA device, or is named."""

from importlib.metadata import version

__all__ = ["__version__"]

__version__ = version("admin-mfa")
