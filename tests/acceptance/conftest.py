"""The world of the remediation: an account with our rule, the helper and the documents."""

from tests.remediation.conftest import world

__all__ = ["world"]
