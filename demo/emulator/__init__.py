"""An AWS without an account, for the demonstration and the tests. Nothing of it goes into a Lambda."""

from .aws import Account, EmbeddedAws, in_environment
from .calls import Call, Calls
from .errors import AwsError, EmbeddedAwsError
from .faults import Fault, Faults, Kind

__all__ = [
    "Account",
    "AwsError",
    "Call",
    "Calls",
    "EmbeddedAws",
    "EmbeddedAwsError",
    "Fault",
    "Faults",
    "Kind",
    "in_environment",
]
