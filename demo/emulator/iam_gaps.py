"""IAM's operations that moto lacks or does not do as AWS does, one function each, in one table.

A function takes the account's IAM and the operation's input and gives its output. Whatever is not in `OPERATIONS`
moto answers; of its lists, `aws` makes pages.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from moto.core.exceptions import ServiceException
from moto.iam.models import MFADevice, User

from . import iam_reads as show
from .errors import AwsError
from .iam_state import MAX_DEVICES, MAX_TAGS, AccountIam, set_boundary
from .paging import Paging

Input = Mapping[str, Any]
Operation = Callable[[AccountIam, Input], show.Answer]
Listing = Callable[[AccountIam, Input], Sequence[Any]]
Rendering = Callable[[AccountIam, Sequence[Any]], show.Answer]


def _tags(parameters: Input) -> list[dict[str, str]]:
    return [{"Key": tag["Key"], "Value": tag["Value"]} for tag in parameters.get("Tags", ())]


def _create_user(iam: AccountIam, parameters: Input) -> show.Answer:
    name = parameters["UserName"]
    if name.casefold() in {other.casefold() for other in iam.backend.users}:
        raise AwsError("EntityAlreadyExists", f"User with name {name} already exists.", 409)
    boundary = parameters.get("PermissionsBoundary")
    if boundary:
        iam.policy(boundary)
    user = iam.backend.create_user(
        region_name=iam.backend.region_name, user_name=name, path=parameters.get("Path", "/"), tags=_tags(parameters)
    )
    user.id = iam.unique_id("AIDA", name)
    set_boundary(user, boundary)
    return {"User": show.full_user(iam, user)}


def _create_group(iam: AccountIam, parameters: Input) -> show.Answer:
    group = iam.backend.create_group(parameters["GroupName"], parameters.get("Path", "/"))
    group.id = iam.unique_id("AGPA", group.name)
    return {
        "Group": {
            "Path": group.path,
            "GroupName": group.name,
            "GroupId": group.id,
            "Arn": group.arn,
            "CreateDate": group.create_date,
        }
    }


_BLOCKERS: tuple[tuple[Callable[[AccountIam, User], Any], str], ...] = (
    (lambda iam, user: user.mfa_devices, "must delete MFA device first"),
    (lambda iam, user: user.access_keys, "must delete access keys first"),
    (lambda iam, user: user.password, "must delete login profile first"),
    (lambda iam, user: user.managed_policies, "must detach all policies first"),
    (lambda iam, user: user.policies, "must delete policies first"),
    (lambda iam, user: iam.groups_by_user().get(id(user)), "must remove users from group first"),
    (lambda iam, user: user.signing_certificates, "must delete signing certificates first"),
    (lambda iam, user: user.ssh_public_keys, "must delete SSH public keys first"),
)


def _delete_user(iam: AccountIam, parameters: Input) -> show.Answer:
    user = iam.user(parameters["UserName"])
    for has, demand in _BLOCKERS:
        if has(iam, user):
            raise AwsError("DeleteConflict", f"Cannot delete entity, {demand}.", 409)
    iam.backend.delete_user(user.name)
    return {}


def _delete_group(iam: AccountIam, parameters: Input) -> show.Answer:
    group = iam.backend.get_group(parameters["GroupName"])
    for held, demand in (
        (group.users, "must remove users from group first"),
        (group.managed_policies, "must detach all policies first"),
        (group.policies, "must delete policies first"),
    ):
        if held:
            raise AwsError("DeleteConflict", f"Cannot delete entity, {demand}.", 409)
    iam.backend.delete_group(group.name)
    return {}


def _attach_user_policy(iam: AccountIam, parameters: Input) -> show.Answer:
    user, policy = iam.user(parameters["UserName"]), iam.policy(parameters["PolicyArn"])
    if policy.arn in user.managed_policies:
        return {}
    if len(user.managed_policies) >= iam.policies_per_principal:
        quota = iam.policies_per_principal
        raise AwsError("LimitExceeded", f"Cannot exceed quota for PoliciesPerUser: {quota}", 409)
    policy.attach_to(user)
    return {}


def _delete_policy(iam: AccountIam, parameters: Input) -> show.Answer:
    policy = iam.policy(parameters["PolicyArn"])
    if policy.attachment_count or policy.arn in show.boundary_counts(iam):
        raise AwsError("DeleteConflict", "Cannot delete a policy attached to entities.", 409)
    if len(policy.versions) > 1:
        message = "This policy has more than one version. Before you delete a policy, you must delete the others."
        raise AwsError("DeleteConflict", message, 409)
    iam.backend.delete_policy(policy.arn)
    return {}


def _put_user_permissions_boundary(iam: AccountIam, parameters: Input) -> show.Answer:
    user = iam.user(parameters["UserName"])
    set_boundary(user, iam.policy(parameters["PermissionsBoundary"]).arn)
    return {}


def _delete_user_permissions_boundary(iam: AccountIam, parameters: Input) -> show.Answer:
    set_boundary(iam.user(parameters["UserName"]), None)
    return {}


def _create_virtual_mfa_device(iam: AccountIam, parameters: Input) -> show.Answer:
    device = iam.backend.create_virtual_mfa_device(parameters["VirtualMFADeviceName"], parameters.get("Path", "/"))
    iam.device_tags[device.serial_number] = {tag["Key"]: tag["Value"] for tag in _tags(parameters)}
    return {
        "VirtualMFADevice": {
            "SerialNumber": device.serial_number,
            "Base32StringSeed": device.base32_string_seed.encode(),
            # Nobody scans it: a file that is there, and no picture.
            "QRCodePNG": device.qr_code_png,
            "Tags": _tags(parameters) or None,
        }
    }


def _enable_mfa_device(iam: AccountIam, parameters: Input) -> show.Answer:
    user, serial = iam.user(parameters["UserName"]), parameters["SerialNumber"]
    if parameters["AuthenticationCode1"] == parameters["AuthenticationCode2"]:
        raise AwsError("InvalidAuthenticationCode", "Authentication code for device is not valid.", 403)
    if serial.startswith(iam.arn("mfa/")) and serial not in iam.backend.virtual_mfa_devices:
        raise AwsError("NoSuchEntity", f"VirtualMFADevice with serial number {serial} does not exist.", 404)
    owner = iam.owner(serial)
    if owner is not None:
        raise AwsError("EntityAlreadyExists", f"MFA device {serial} is already in use.", 409)
    if len(user.mfa_devices) >= MAX_DEVICES:
        raise AwsError("LimitExceeded", f"Cannot exceed quota for MFADevicesPerUser: {MAX_DEVICES}", 409)
    assign(iam, user, serial)
    return {}


def assign(iam: AccountIam, user: User, serial_number: str) -> None:
    """Assign a device to a user, whatever its kind."""
    device = MFADevice(serial_number, "", "")
    user.mfa_devices[serial_number] = device
    virtual = iam.backend.virtual_mfa_devices.get(serial_number)
    if virtual is not None:
        virtual.enable_date = device.enable_date
        virtual.user = user


def unassign(iam: AccountIam, user: User, serial_number: str) -> None:
    """Take a device away from its user; a virtual one goes on existing."""
    del user.mfa_devices[serial_number]
    virtual = iam.backend.virtual_mfa_devices.get(serial_number)
    if virtual is not None:
        virtual.enable_date = None
        virtual.user = None


def _deactivate_mfa_device(iam: AccountIam, parameters: Input) -> show.Answer:
    serial = parameters["SerialNumber"]
    user = iam.user(parameters["UserName"]) if "UserName" in parameters else iam.owner(serial)
    if user is None or serial not in user.mfa_devices:
        raise AwsError("NoSuchEntity", f"MFA Device invalid for user: no device {serial}.", 404)
    unassign(iam, user, serial)
    return {}


def _virtual(iam: AccountIam, serial: str) -> Any:
    device = iam.backend.virtual_mfa_devices.get(serial)
    if device is None:
        raise AwsError("NoSuchEntity", f"VirtualMFADevice with serial number {serial} doesn't exist.", 404)
    return device


def _delete_virtual_mfa_device(iam: AccountIam, parameters: Input) -> show.Answer:
    serial = parameters["SerialNumber"]
    in_use_by_root = serial == iam.root_device() and iam.root.mfa == "virtual"
    if in_use_by_root or _virtual(iam, serial).user is not None:
        raise AwsError("DeleteConflict", "MFA VirtualDevice in use. Must deactivate first.", 409)
    del iam.backend.virtual_mfa_devices[serial]
    iam.device_tags.pop(serial, None)
    return {}


def _get_mfa_device(iam: AccountIam, parameters: Input) -> show.Answer:
    serial = parameters["SerialNumber"]
    if ":u2f/" not in serial:
        raise AwsError("ValidationError", "Only the ARN of a FIDO security key is accepted as serial number.")
    user = iam.user(parameters["UserName"]) if "UserName" in parameters else iam.owner(serial)
    if user is None or serial not in user.mfa_devices:
        raise AwsError("NoSuchEntity", f"MFA device {serial} does not exist.", 404)
    return {
        "UserName": user.name,
        "SerialNumber": serial,
        "EnableDate": user.mfa_devices[serial].enable_date,
        "Certifications": {"FIDO": "L1"},
    }


def _tagged(iam: AccountIam, parameters: Input) -> dict[str, str]:
    serial = parameters["SerialNumber"]
    if ":mfa/" not in serial:
        raise AwsError("InvalidInput", "Only virtual MFA devices can have tags.")
    return iam.device_tags.setdefault(_virtual(iam, serial).serial_number, {})


def _tag_mfa_device(iam: AccountIam, parameters: Input) -> show.Answer:
    held = _tagged(iam, parameters)
    added = {tag["Key"]: tag["Value"] for tag in _tags(parameters)}
    if len(held | added) > MAX_TAGS:
        raise AwsError("LimitExceeded", f"Cannot exceed quota for TagsPerResource: {MAX_TAGS}", 409)
    held |= added
    return {}


def _untag_mfa_device(iam: AccountIam, parameters: Input) -> show.Answer:
    held = _tagged(iam, parameters)
    for key in parameters["TagKeys"]:
        held.pop(key, None)
    return {}


def _get_account_summary(iam: AccountIam, parameters: Input) -> show.Answer:
    root, backend = iam.root, iam.backend
    devices = sum(len(user.mfa_devices) for user in backend.users.values())
    unassigned = sum(device.user is None for device in backend.virtual_mfa_devices.values())
    of_root = int(root.mfa is not None)
    summary = {
        **backend.get_account_summary().summary_map,
        "AccountMFAEnabled": of_root,
        "AccountPasswordPresent": int(root.password),
        "AccountAccessKeysPresent": int(root.access_keys),
        "MFADevices": devices + unassigned + of_root,
        "MFADevicesInUse": devices + of_root,
        "AttachedPoliciesPerUserQuota": iam.policies_per_principal,
    }
    return {"SummaryMap": summary}


def _simulate_principal_policy(iam: AccountIam, parameters: Input) -> show.Answer:
    """Judge a role by its inline policies, of which Resource and Condition are as the template writes them."""
    role = next((r for r in iam.backend.roles.values() if r.arn == parameters["PolicySourceArn"]), None)
    if role is None:
        raise AwsError("NoSuchEntity", f"{parameters['PolicySourceArn']} does not exist.", 404)
    statements = [s for text in role.policies.values() for s in json.loads(text)["Statement"]]

    def covered(action: str, resource: str) -> set[str]:
        return {
            str(statement["Effect"])
            for statement in statements
            if _any_matches(statement["Action"], action) and _any_matches(statement["Resource"], resource)
        }

    results = []
    for action in parameters["ActionNames"]:
        for resource in parameters.get("ResourceArns") or ["*"]:
            effects = covered(action, resource)
            denied = "explicitDeny" if "Deny" in effects else "implicitDeny"
            decision = "allowed" if effects == {"Allow"} else denied
            results.append({"EvalActionName": action, "EvalResourceName": resource, "EvalDecision": decision})
    return {"EvaluationResults": results, "IsTruncated": False}


def _any_matches(patterns: str | Sequence[str], text: str) -> bool:
    return any(fnmatchcase(text, pattern) for pattern in ([patterns] if isinstance(patterns, str) else patterns))


def _users(iam: AccountIam, parameters: Input) -> Sequence[Any]:
    prefix = parameters.get("PathPrefix", "/")
    return [user for user in iam.backend.users.values() if user.path.startswith(prefix)]


def _virtual_devices(iam: AccountIam, parameters: Input) -> Sequence[Any]:
    status = parameters.get("AssignmentStatus", "Any")
    devices: list[Any] = [
        device
        for device in iam.backend.virtual_mfa_devices.values()
        if status == "Any" or (device.user is not None) == (status == "Assigned")
    ]
    return [None, *devices] if iam.root.mfa == "virtual" and status != "Unassigned" else devices


def _devices(iam: AccountIam, parameters: Input) -> Sequence[Any]:
    user = iam.user(parameters["UserName"])
    return [(user.name, device) for device in user.mfa_devices.values()]


OPERATIONS: Mapping[str, Operation] = {
    "CreateUser": _create_user,
    "CreateGroup": _create_group,
    "DeleteUser": _delete_user,
    "DeleteGroup": _delete_group,
    "DeletePolicy": _delete_policy,
    "AttachUserPolicy": _attach_user_policy,
    "PutUserPermissionsBoundary": _put_user_permissions_boundary,
    "DeleteUserPermissionsBoundary": _delete_user_permissions_boundary,
    "CreateVirtualMFADevice": _create_virtual_mfa_device,
    "EnableMFADevice": _enable_mfa_device,
    "DeactivateMFADevice": _deactivate_mfa_device,
    "DeleteVirtualMFADevice": _delete_virtual_mfa_device,
    "GetMFADevice": _get_mfa_device,
    "TagMFADevice": _tag_mfa_device,
    "UntagMFADevice": _untag_mfa_device,
    "GetAccountSummary": _get_account_summary,
    "SimulatePrincipalPolicy": _simulate_principal_policy,
}

# Lists: what there is to go through, and how a page of it looks.
LISTS: Mapping[str, tuple[Listing, Rendering]] = {
    "GetAccountAuthorizationDetails": (
        lambda iam, parameters: show.authorization_items(iam, parameters.get("Filter", ())),
        show.authorization_page,
    ),
    "ListUsers": (_users, lambda iam, items: {"Users": [show.user(user) for user in items]}),
    "ListVirtualMFADevices": (
        _virtual_devices,
        lambda iam, items: {
            "VirtualMFADevices": [show.device(item) if item else show.root_device(iam) for item in items]
        },
    ),
    "ListMFADevices": (
        _devices,
        lambda iam, items: {
            "MFADevices": [
                {"UserName": name, "SerialNumber": device.serial_number, "EnableDate": device.enable_date}
                for name, device in items
            ]
        },
    ),
    "ListMFADeviceTags": (
        lambda iam, parameters: list(_tagged(iam, parameters).items()),
        lambda iam, items: {"Tags": [{"Key": key, "Value": value} for key, value in items]},
    ),
}


def answers(action: str) -> bool:
    """Whether an operation is answered here, and not by moto."""
    return action in OPERATIONS or action in LISTS


def answer(iam: AccountIam, action: str, parameters: Input, paging: Paging) -> show.Answer:
    """The output of an operation.

    Raises:
        AwsError: As the service would.
    """
    with iam.lock:
        try:
            if action in OPERATIONS:
                return OPERATIONS[action](iam, parameters)
            listing, rendering = LISTS[action]
            items, marker = paging.page(action, listing(iam, parameters), parameters)
            return {**rendering(iam, items), "IsTruncated": marker is not None, "Marker": marker}
        except ServiceException as error:
            raise AwsError(error.code, error.message) from error
