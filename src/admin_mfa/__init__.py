"""Every IAM user who is an administrator has an MFA device, or is named."""

__all__ = ["__version__"]

# Written here and in pyproject.toml, and compared by a test: reading it from the installed distribution takes longer
# than importing everything of ours, and inside a Lambda artifact nothing is installed.
__version__ = "0.1.0"
