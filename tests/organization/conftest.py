"""What `make organization` writes, made once for all tests that look at it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]

from scripts import member_template
from tests.deploy.templates import IN_US, Place, Resolver
from tests.support.tools import ROOT

MANAGEMENT = "999999999999"
GIVEN = {
    "ArtifactBucket": "artifacts",
    "CentralTopicArn": "arn:aws:sns:us-east-1:333333333333:Automation-central",
    "CentralTopicKeyArn": "arn:aws:kms:us-east-1:333333333333:key/1",
}
"""What member.yaml has no default for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Produced:
    """The folder, and what stands in it; the pack is the one that AWS Config receives from a member account."""

    folder: Path
    member: dict[str, Any]
    pack: dict[str, Any]
    organization_pack: dict[str, Any]

    @property
    def version(self) -> str:
        return (self.folder / "VERSION").read_text().strip()


def loaded(file: Path) -> dict[str, Any]:
    """A template, its short forms written out."""
    found: dict[str, Any] = yaml_parse(file.read_text(encoding="utf-8"))
    return json.loads(json.dumps(found))  # type: ignore[no-any-return]


def received_pack(member: dict[str, Any], place: Place = IN_US, **given: str) -> dict[str, Any]:
    """Return the pack that a member's stack gives AWS Config, after CloudFormation has resolved the stack."""
    pack = Resolver({**GIVEN, **given}, place, member).resources()["ConformancePack"]["Properties"]
    found: dict[str, Any] = json.loads(json.dumps(yaml_parse(pack["TemplateBody"])))
    return found


@pytest.fixture(scope="session")
def placeholders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build with a file in each function's folder: what the functions do is not looked at."""
    folder = tmp_path_factory.mktemp("placeholders")
    for name in member_template.functions():
        (folder / name).mkdir()
        (folder / name / "handler.py").write_text(f"# {name}\n")
    return folder


@pytest.fixture(scope="session")
def produced(placeholders: Path, tmp_path_factory: pytest.TempPathFactory) -> Produced:
    folder = tmp_path_factory.mktemp("organization")
    member_template.main(placeholders, folder, {"management_account_id": MANAGEMENT})
    # Plain YAML: CloudFormation's own short forms would be refused here.
    member = yaml.safe_load((folder / "member.yaml").read_text(encoding="utf-8"))
    return Produced(
        folder=folder,
        member=member,
        pack=received_pack(member),
        organization_pack=loaded(folder / "organization-pack.yaml"),
    )


@pytest.fixture(scope="session")
def stack() -> dict[str, Any]:
    return loaded(ROOT / "organization" / "stack.yaml")
