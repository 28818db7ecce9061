"""Produce what an organization needs in its accounts: plain CloudFormation, and the functions' code.

template.yaml is the only source. It is translated by SAM, what AWS::Include names is put in its place, and
organization/member-additions.yaml and the conformance pack are put in. The same sources give the same bytes.

Usage: member_template.py BUILD TARGET, where BUILD holds a folder for each function, as `sam build` leaves it.
"""

import copy
import hashlib
import io
import os
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import yaml
from samtranslator.parser.parser import Parser  # type: ignore[import-untyped]
from samtranslator.translator.translator import Translator  # type: ignore[import-untyped]
from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]

ROOT = Path(__file__).resolve().parent.parent
ORGANIZATION = ROOT / "organization"
MAX_TEMPLATE_BYTES = 1_000_000
"""Of a template in a bucket. https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"""

MAX_PACK_BYTES = 51_200
_HASH_LENGTH = 16
_OLDEST = (1980, 1, 1, 0, 0, 0)

NAMES = {
    "RequireAdminMfaRole": ("RoleName", "${RuleName}-require"),
    "BackoutAdminMfaRole": ("RoleName", "${RuleName}-backout"),
    "RemediationFunctionRole": ("RoleName", "${RuleName}-remediation"),
    "EnforcementPolicy": ("ManagedPolicyName", "${RuleName}-enforcement"),
}
"""What has a name in a member account: the pack, and the policy of the central topic, know it from outside."""

OWN_TOPIC = ("NoticesTopic", "NoticesTopicPolicy", "NoticesByMail")
"""What a member account does not have: its notices go to the organization's topic."""


class _Plain(yaml.SafeDumper):
    """Writes no aliases, which CloudFormation does not promise to read, and long texts as blocks."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the base class's argument
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Plain.add_representer(str, _represent_text)


def main(build: Path, target: Path) -> None:
    """Write code, templates and the version into a folder."""
    code = {name: _zip(build / name) for name in functions()}
    keys = {name: f"code/{name}-{_hash(content)}.zip" for name, content in code.items()}
    pack = (ORGANIZATION / "conformance-pack.yaml").read_text(encoding="utf-8")
    member = as_yaml(member_template(keys))
    for what, text, limit in (("member.yaml", member, MAX_TEMPLATE_BYTES), ("The pack", pack, MAX_PACK_BYTES)):
        if len(text.encode()) > limit:
            sys.exit(f"{what} has {len(text.encode())} bytes; {limit} are allowed.")
    target.mkdir(parents=True, exist_ok=True)
    for old in (target / "code").glob("*.zip"):
        old.unlink()
    for name, content in code.items():
        (target / keys[name]).parent.mkdir(exist_ok=True)
        (target / keys[name]).write_bytes(content)
    (target / "member.yaml").write_text(member, encoding="utf-8")
    (target / "conformance-pack.yaml").write_text(pack, encoding="utf-8")
    (target / "VERSION").write_text(_hash(member.encode() + pack.encode()) + "\n", encoding="utf-8")


def functions() -> list[str]:
    """The functions of the template, by logical id."""
    resources = _source()["Resources"]
    return sorted(name for name, resource in resources.items() if resource["Type"] == "AWS::Serverless::Function")


def member_template(keys: dict[str, str]) -> dict[str, Any]:
    """Make the template of a member account; `keys` says where in the bucket each function's code lies."""
    template = plain_template()
    additions = yaml_parse((ORGANIZATION / "member-additions.yaml").read_text(encoding="utf-8"))
    pack_text = (ORGANIZATION / "conformance-pack.yaml").read_text(encoding="utf-8")
    template["Description"] = "What one account of an organization needs; produced by make organization, not by hand."
    del template["Metadata"]
    _leave_rules_to_the_pack(template)
    _use_the_central_topic(template)
    for section in ("Parameters", "Conditions", "Resources", "Outputs"):
        both = set(template[section]) & set(additions.get(section, {}))
        if both:
            sys.exit(f"member-additions.yaml and template.yaml both have {', '.join(sorted(both))}.")
        template[section] |= additions.get(section, {})
    for name, key in keys.items():
        template["Resources"][name]["Properties"]["Code"] = {"S3Bucket": {"Ref": "ArtifactBucket"}, "S3Key": key}
    for name, (field, value) in NAMES.items():
        template["Resources"][name]["Properties"][field] = {"Fn::Sub": value}
    pack = template["Resources"]["ConformancePack"]["Properties"]
    pack["TemplateBody"] = pack_text
    pack["ConformancePackInputParameters"] = [
        {"ParameterName": name, "ParameterValue": {"Ref": name}} for name in yaml_parse(pack_text)["Parameters"]
    ]
    return template


def plain_template() -> dict[str, Any]:
    """Translate template.yaml, with every included document in its place."""
    template = _included(_source())
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = "s3://bucket/key"
            resource.pop("Metadata", None)
    # SAM asks for a region, and puts nothing of it into the template.
    with patch.dict(os.environ, AWS_DEFAULT_REGION="us-east-1"):
        found: dict[str, Any] = Translator({}, Parser()).translate(template, {})
    for resource in found["Resources"].values():
        resource.pop("Metadata", None)
    return found


def _source() -> dict[str, Any]:
    # The parser hands out one object for all uses of an anchor.
    return copy.deepcopy(yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8")))


def _included(value: Any) -> Any:
    if isinstance(value, list):
        return [_included(item) for item in value]
    if not isinstance(value, dict):
        return value
    found = {name: _included(item) for name, item in value.items()}
    transform = found.pop("Fn::Transform", None)
    if transform is None:
        return found
    if transform["Name"] != "AWS::Include":
        sys.exit(f"The transform {transform['Name']} has no place in a member account.")
    location = ROOT / transform["Parameters"]["Location"]
    return {**found, **yaml_parse(location.read_text(encoding="utf-8"))}


def _leave_rules_to_the_pack(template: dict[str, Any]) -> None:
    template["Parameters"]["DeployConfigRule"] |= {"Default": "false", "AllowedValues": ["false"]}
    # The pack holds the name as a literal: AWS Config takes it apart to add its suffix.
    rule_name = template["Parameters"]["RuleName"]
    del rule_name["AllowedPattern"], rule_name["ConstraintDescription"]
    rule_name["AllowedValues"] = [rule_name["Default"]]


def _use_the_central_topic(template: dict[str, Any]) -> None:
    for name in OWN_TOPIC:
        del template["Resources"][name]
    del template["Parameters"]["NotificationEmail"], template["Conditions"]["HasNotificationEmail"]
    del template["Outputs"]["NoticesTopicArn"]
    for holder in _dictionaries(template):
        if holder == {"Ref": OWN_TOPIC[0]}:
            holder["Ref"] = "CentralTopicArn"


def _dictionaries(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for item in value.values():
            yield from _dictionaries(item)
    elif isinstance(value, list):
        for item in value:
            yield from _dictionaries(item)


def as_yaml(template: dict[str, Any]) -> str:
    """Write a template, its parts in the order in which they are."""
    return yaml.dump(template, Dumper=_Plain, sort_keys=False, width=10_000, allow_unicode=True)


def _zip(folder: Path) -> bytes:
    """Pack a folder: names in order, no times, the same modes everywhere."""
    if not folder.is_dir():
        sys.exit(f"{folder} is no folder; `sam build` makes one for each function.")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", compression=zipfile.ZIP_DEFLATED, compresslevel=9) as opened:
        for file in sorted(file for file in folder.rglob("*") if file.is_file()):
            entry = zipfile.ZipInfo(file.relative_to(folder).as_posix(), _OLDEST)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            opened.writestr(entry, file.read_bytes())
    return archive.getvalue()


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:_HASH_LENGTH]


if __name__ == "__main__":
    if len(sys.argv) != 3:  # noqa: PLR2004 - the program and two folders
        sys.exit("Usage: member_template.py BUILD TARGET")
    main(Path(sys.argv[1]), Path(sys.argv[2]))
