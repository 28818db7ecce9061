"""Produce what an organization needs in its accounts: plain CloudFormation, and the functions' code.

template.yaml is the only source. It is translated by SAM, what AWS::Include names is put in its place, and
organization/member-additions.yaml and the conformance pack are put in. The same sources give the same bytes.

Usage: member_template.py BUILD TARGET, where BUILD holds a folder for each function, as `sam build` leaves it. With
--management-account-id, the pack for all accounts of the organization is produced too.
"""

import argparse
import copy
import hashlib
import io
import os
import re
import sys
import zipfile
from collections.abc import Iterator, Mapping
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

TOPICS = ("NoticesTopic", "ApprovalsTopic")
OWN_TOPICS = (*TOPICS, "NoticesTopicPolicy", "NoticesByMail", "ApprovalsTopicPolicy", "ApprovalsByMail")
"""What a member account does not have: the organization's topic receives its notices and requests for approval."""

REGIONS = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
"""IAM's region of each partition, which is where a pack goes unless another region is given."""

_ACCOUNT = "AWS::AccountId"
_PLACEHOLDER = re.compile(r"\$\{([\w:]+)\}")


class _Plain(yaml.SafeDumper):
    """Writes no aliases, which CloudFormation does not promise to read, and long texts as blocks."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the base class's argument
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Plain.add_representer(str, _represent_text)


def main(build: Path, target: Path, organization: Mapping[str, str] | None = None) -> None:
    """Write code, templates and the version into a folder.

    Args:
        build: What `sam build` left.
        target: The folder.
        organization: The arguments of `organization_pack`; None if that pack is not produced.
    """
    code = {name: _zip(build / name) for name in functions()}
    keys = {name: f"code/{name}-{_hash(content)}.zip" for name, content in code.items()}
    pack = as_yaml(organization_pack(**organization)) if organization else ""
    member = as_yaml(member_template(keys))
    for what, text, limit in (
        ("member.yaml", member, MAX_TEMPLATE_BYTES),
        ("conformance-pack.yaml", pack_source(), MAX_PACK_BYTES),
        ("organization-pack.yaml", pack, MAX_PACK_BYTES),
    ):
        if len(text.encode()) > limit:
            sys.exit(f"{what} has {len(text.encode())} bytes; {limit} are allowed.")
    target.mkdir(parents=True, exist_ok=True)
    for old in (target / "code").glob("*.zip"):
        old.unlink()
    for name, content in code.items():
        (target / keys[name]).parent.mkdir(exist_ok=True)
        (target / keys[name]).write_bytes(content)
    (target / "member.yaml").write_text(member, encoding="utf-8")
    (target / "organization-pack.yaml").unlink(missing_ok=True)
    if pack:
        (target / "organization-pack.yaml").write_text(pack, encoding="utf-8")
    (target / "VERSION").write_text(_hash(member.encode() + pack.encode()) + "\n", encoding="utf-8")


def functions() -> list[str]:
    """The functions of the template, by logical id."""
    resources = _source()["Resources"]
    return sorted(name for name, resource in resources.items() if resource["Type"] == "AWS::Serverless::Function")


def member_template(keys: dict[str, str]) -> dict[str, Any]:
    """Make the template of a member account; `keys` says where in the bucket each function's code lies."""
    template = plain_template()
    additions = yaml_parse((ORGANIZATION / "member-additions.yaml").read_text(encoding="utf-8"))
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
    pack = template["Resources"]["ConformancePack"]["Properties"]
    # CloudFormation replaces the names in braces, so that AWS Config receives literals.
    pack["TemplateBody"] = {"Fn::Sub": pack_source()}
    values = {"DeployRootMfaRule": {"Fn::If": ["RootMfaRuleWanted", "true", "false"]}}
    pack["ConformancePackInputParameters"] = [
        {"ParameterName": name, "ParameterValue": values.get(name, {"Ref": name})}
        for name in yaml_parse(pack_source())["Parameters"]
    ]
    return template


def pack_source() -> str:
    """Return the text of the conformance pack, with the names in braces that are yet to be replaced."""
    return (ORGANIZATION / "conformance-pack.yaml").read_text(encoding="utf-8")


def organization_pack(
    *, management_account_id: str, rule_name: str = "", partition: str = "aws", region: str = ""
) -> dict[str, Any]:
    """Return the pack for all accounts of an organization, whose automation role is an exact ARN.

    In that ARN the management account's id stands for the member's, by which AWS Config replaces it. The function of
    the rule is no such field, and has the member's id by an intrinsic function.
    Source: https://docs.aws.amazon.com/config/latest/developerguide/cpack-prerequisites.html

    Args:
        management_account_id: Twelve digits.
        rule_name: The RuleName of the member stacks; the template's default if empty.
        partition: `aws`, `aws-cn` or `aws-us-gov`.
        region: Of the member stacks; that of IAM if empty.
    """
    values = {
        "RuleName": rule_name or _source()["Parameters"]["RuleName"]["Default"],
        "AWS::Partition": partition,
        "AWS::Region": region or REGIONS[partition],
    }
    pack: dict[str, Any] = _with(yaml_parse(pack_source()), values)
    parameters = pack["Resources"]["RemediationConfiguration"]["Properties"]["Parameters"]
    parameters["AutomationAssumeRole"] = _with(parameters["AutomationAssumeRole"], {_ACCOUNT: management_account_id})
    found: dict[str, Any] = _with_intrinsic_account(pack)
    return found


def _with(value: Any, values: Mapping[str, str]) -> Any:
    """Replace names in braces in every text."""
    if isinstance(value, dict):
        return {name: _with(item, values) for name, item in value.items()}
    if isinstance(value, list):
        return [_with(item, values) for item in value]
    if not isinstance(value, str):
        return value
    return _PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), value)


def _with_intrinsic_account(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _with_intrinsic_account(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_with_intrinsic_account(item) for item in value]
    return {"Fn::Sub": value} if isinstance(value, str) and f"${{{_ACCOUNT}}}" in value else value


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


def _use_the_central_topic(template: dict[str, Any]) -> None:
    for name in OWN_TOPICS:
        del template["Resources"][name]
    del template["Parameters"]["NotificationEmail"], template["Conditions"]["HasNotificationEmail"]
    for holder in _dictionaries(template):
        if holder.get("Ref") in TOPICS:
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


def _account_id(text: str) -> str:
    if not re.fullmatch(r"[0-9]{12}", text):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not an account id. Give the 12 digits of the management account."
        )
    return text


def _arguments(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="member_template.py", description="Produce what an organization deploys.")
    parser.add_argument("build", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--management-account-id", type=_account_id)
    parser.add_argument("--rule-name", default="")
    parser.add_argument("--partition", choices=sorted(REGIONS), default="aws")
    parser.add_argument("--region", default="")
    return parser.parse_args(words)


if __name__ == "__main__":
    given = vars(_arguments(sys.argv[1:]))
    folders = (given.pop("build"), given.pop("target"))
    main(*folders, organization=given if given["management_account_id"] else None)
