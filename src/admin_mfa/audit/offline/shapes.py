"""Whether a saved answer has the shape that AWS's own service model gives it.

Readers take the shape of an answer for granted, because botocore guarantees it. Files guarantee nothing.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from botocore.loaders import create_loader
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StructureShape

_TYPES: Mapping[str, tuple[type, str]] = {
    "structure": (dict, "an object"),
    "map": (dict, "an object"),
    "list": (list, "a list"),
    "string": (str, "text"),
    "timestamp": (str, "text"),
    "boolean": (bool, "true or false"),
    "integer": (int, "a number"),
}

_POLICY_DOCUMENT = "policyDocumentType"
"""IAM sends policy documents as text, and the AWS CLI writes them as objects."""

_ARN = "arnType"
_COLONS = 5
"""In an ARN, before the resource."""

_REQUIRED: Mapping[str, tuple[str, ...]] = {
    "AccessKeyMetadata": ("Status",),
    "AttachedPolicy": ("PolicyName", "PolicyArn"),
    "GetLoginProfileResponse": ("LoginProfile",),
    "GetPolicyResponse": ("Policy",),
    "GetPolicyVersionResponse": ("PolicyVersion",),
    "GroupDetail": ("GroupName", "GroupId", "Arn", "AttachedManagedPolicies", "GroupPolicyList"),
    "ListAccessKeysResponse": ("AccessKeyMetadata",),
    "ListMFADeviceTagsResponse": ("Tags",),
    "ListMFADevicesResponse": ("MFADevices",),
    "MFADevice": ("UserName", "SerialNumber"),
    "ManagedPolicyDetail": ("PolicyName", "Arn", "DefaultVersionId", "PolicyVersionList"),
    "Policy": ("DefaultVersionId",),
    "PolicyDetail": ("PolicyName", "PolicyDocument"),
    "PolicyVersion": ("VersionId", "Document"),
    "RoleDetail": ("RoleName", "RoleId", "Arn", "AssumeRolePolicyDocument"),
    "Tag": ("Key", "Value"),
    "UserDetail": ("UserName", "UserId", "Arn", "AttachedManagedPolicies", "GroupList"),
    "VirtualMFADevice": ("SerialNumber",),
}
"""The members that readers rely on.

The model's own list is no help: it requires none in these details, and a path of the root user, which has none. In the
49 users and 9 groups of Cloudsplaining's published dumps, the lists required here are present even if they are empty.
UserPolicyList is not: IAM leaves it out of users without inline policies.
"""


def first_problem(operation: str, answer: Any) -> str | None:
    """Return in a few words where an answer differs from IAM's service model; None if it does not.

    Members that the model does not have are ignored, as botocore ignores them.
    """
    return next(_problems(_iam().operation_model(operation).output_shape, answer, ""), None)


@cache
def _iam() -> ServiceModel:
    # Not through a session: a session reads the caller's configuration.
    return ServiceModel(create_loader().load_service_model("iam", "service-2"), "iam")


def _problems(shape: Shape | None, value: object, at: str) -> Iterator[str]:
    content: Any = value
    if shape is None or (shape.name == _POLICY_DOCUMENT and isinstance(value, dict)):
        return
    expected, words = _TYPES[shape.type_name]
    # The exact type: true is not a number.
    if type(value) is not expected:
        yield f"{at or 'the whole'} is not {words}"
    elif shape.name == _ARN and content.count(":") < _COLONS:
        yield f"{at} is not an ARN"
    elif isinstance(shape, StructureShape):
        yield from _members(shape, content, at)
    elif isinstance(shape, ListShape):
        for number, item in enumerate(content):
            yield from _problems(shape.member, item, f"{at}[{number}]")
    elif isinstance(shape, MapShape):
        for key, item in content.items():
            yield from _problems(shape.value, item, f"{at}.{key:.100}")


def _members(shape: StructureShape, value: Mapping[str, Any], at: str) -> Iterator[str]:
    for name in _REQUIRED.get(shape.name, ()):
        if value.get(name) is None:
            yield f"{at or 'the whole'} has no {name}"
    for name, member in shape.members.items():
        # Some tools write null for a number or text that IAM left out. Readers would trip over a list that is null.
        scalar = not isinstance(member, StructureShape | ListShape | MapShape)
        if name in value and not (scalar and value[name] is None):
            yield from _problems(member, value[name], f"{at}.{name}".lstrip("."))
