"""Which permissions of the read-only policy the caller lacks, asked only after one of them was denied.

One call for each action, on resources that need not exist: IAM checks the permission first, so an identity without
it gets AccessDenied. Should IAM ever check the resource first, the answer is NoSuchEntity, the action counts as
allowed, and the next run names it.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import compress
from typing import Any

from admin_mfa.aws.iam import BULK_ACTIONS
from admin_mfa.aws.session import reading
from admin_mfa.errors import ReadError

_CODES = frozenset(("AccessDenied", "AccessDeniedException", "UnauthorizedOperation"))
_USER = {"UserName": "admin-mfa-permission-probe"}
_POLICY = {"PolicyArn": "arn:{partition}:iam::aws:policy/AdministratorAccess"}

_PROBES: dict[str, tuple[str, Mapping[str, Any]]] = {
    "iam:GetAccountAuthorizationDetails": ("get_account_authorization_details", {"MaxItems": 1}),
    "iam:GetAccountSummary": ("get_account_summary", {}),
    "iam:GetLoginProfile": ("get_login_profile", _USER),
    "iam:GetPolicy": ("get_policy", _POLICY),
    "iam:GetPolicyVersion": ("get_policy_version", {**_POLICY, "VersionId": "v1"}),
    "iam:ListAccessKeys": ("list_access_keys", _USER),
    "iam:ListMFADeviceTags": ("list_mfa_device_tags", {"SerialNumber": "GAKT00000000"}),
    "iam:ListMFADevices": ("list_mfa_devices", _USER),
    "iam:ListVirtualMFADevices": ("list_virtual_mfa_devices", {"MaxItems": 1}),
}
"""The call for each action; a test compares the keys with BULK_ACTIONS."""


def is_denied(error: ReadError) -> bool:
    """Return whether AWS denied a permission of the read-only policy."""
    return error.action in BULK_ACTIONS and error.code in _CODES


def denied_actions(iam: Any) -> tuple[str, ...]:
    """Return the actions of the read-only policy that AWS denies to the caller, sorted."""
    with ThreadPoolExecutor(len(_PROBES)) as executor:
        denied = list(executor.map(partial(_denies, iam), _PROBES))
    return tuple(sorted(compress(_PROBES, denied)))


def _denies(iam: Any, action: str) -> bool:
    method, arguments = _PROBES[action]
    filled = {
        name: value.format(partition=iam.meta.partition) if isinstance(value, str) else value
        for name, value in arguments.items()
    }
    try:
        with reading(action):
            getattr(iam, method)(**filled)
    except ReadError as error:
        return is_denied(error)
    return False
