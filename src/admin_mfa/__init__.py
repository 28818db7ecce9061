"""Check that every IAM user who is an administrator has an MFA device."""

__all__ = ["__version__"]

# The version is also in pyproject.toml, and a test compares the two. Reading it from the installed distribution takes
# longer than importing the whole package, and a Lambda artifact contains no installed distribution.
__version__ = "0.1.0"
