"""Every reader of a list gets the same from one page as from a short page, an empty one and the rest.

`paging.pages` is the only way to read a list, so it is replaced by one that cuts each answer. The places that call it
are found in the source: a new reader fails the last test until it is tried here.
"""

import ast
import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import admin_mfa
from admin_mfa.audit.accounts import Identity
from admin_mfa.audit.collect import collect
from admin_mfa.audit.doctor import Deployment, run_checks
from admin_mfa.aws import paging
from admin_mfa.aws.iam import IamReader
from admin_mfa.aws.iam_users import UserReader
from admin_mfa.aws.organizations import Selection, list_accounts
from admin_mfa.aws.rules import Source, find_rules
from admin_mfa.aws.session import aws_session
from admin_mfa.followup.rule import excepted
from admin_mfa.parameters import Parameters
from demo.emulator import EmbeddedAws
from tests.deploy.standing import stand
from tests.support.handler import RULE, run
from tests.support.organization_fixture import Organization
from tests.support.values import allow

if TYPE_CHECKING:
    from types import FrameType

SOURCE = Path(admin_mfa.__file__).parent
ADMIN = "AdministratorAccess"
READERS = frozenset(("pages", "all", "_all"))
"""The functions by which a reader gets a list; each leads to `paging.pages`."""

Place = tuple[str, str]
"""A file of the package, and the function in it that asks for a list."""


def cut(answer: dict[str, Any], style: paging.Style) -> Iterator[dict[str, Any]]:
    """Yield an answer as one item, an empty page, and the rest."""
    lists = {name: value for name, value in answer.items() if isinstance(value, list)}
    others = {name: value for name, value in answer.items() if name not in lists}
    for number, part in enumerate((slice(0, 1), slice(0, 0), slice(1, None))):
        last = number == 2
        more = {} if last else {style.token: str(number)}
        flag = {style.more: not last} if style.more else {}
        yield {**others, **{name: value[part] for name, value in lists.items()}, **more, **flag}


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> set[Place]:
    """Cut every answer into three pages, and collect the places that read them."""
    found: set[Place] = set()
    real = paging.pages

    def in_pieces(
        call: Callable[..., Any], action: str, *, style: paging.Style = paging.NEXT_TOKEN, **given: Any
    ) -> Any:
        frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - the only way to know who calls
        while frame is not None and Path(frame.f_code.co_filename).is_relative_to(SOURCE):
            found.add((str(Path(frame.f_code.co_filename).relative_to(SOURCE)), frame.f_code.co_name))
            frame = frame.f_back
        waiting: list[dict[str, Any]] = []

        def cutting(**arguments: Any) -> dict[str, Any]:
            if style.token not in arguments:
                whole = call(**arguments)
                assert not whole.get(style.token), f"{action}: the account is too large for one page"
                waiting[:] = cut(whole, style)
            return waiting.pop(0)

        return real(cutting, action, style=style, **given)

    for module in list(sys.modules.values()):
        if module.__name__.startswith("admin_mfa.") and getattr(module, "pages", None) is real:
            monkeypatch.setattr(module, "pages", in_pieces)
    return found


def account(aws: EmbeddedAws) -> None:
    """Two of everything that is listed."""
    guard = aws.iam.policy("guard", {"Statement": [allow("s3:*")]})
    for name in ("ada", "grace", "joan"):
        aws.iam.user(
            name,
            policies=[ADMIN, guard],
            inline={"one": {"Statement": [allow("s3:*")]}, "two": {"Statement": [allow("sqs:*")]}},
            groups=["readers", "writers"],
            devices=["virtual", "fido"],
            password=True,
            access_keys=2,
        )
        aws.iam.device(name, "virtual", {"owner": "security", "managed": "yes"})
    for name in ("spare-1", "spare-2"):
        aws.client("iam").create_virtual_mfa_device(VirtualMFADeviceName=name)


def the_rule(aws: EmbeddedAws) -> Any:
    account(aws)
    return run(aws, ManagedDeviceTag="managed=yes"), run(aws, ManagedDeviceTag="managed=no")


def single_users(aws: EmbeddedAws) -> Any:
    account(aws)
    reader = UserReader(aws.client("iam"))
    with IamReader(aws.client("iam")) as one:
        user = one.user("ada", aws.iam.user_id("ada"))
    assert user is not None
    assert len(user.attachments) == 4
    return (
        sorted(reader.carriers(aws.iam.state.arn("policy/guard")).values()),
        reader.device_serials("grace"),
        [reader.unassigned_device_exists(aws.iam.state.arn(f"mfa/{name}")) for name in ("spare-1", "spare-2", "none")],
        reader.key_used_at("ada"),
        user,
    )


def rules(aws: EmbeddedAws) -> Any:
    account(aws)
    run(aws)
    arn = aws.client("config").describe_config_rules()["ConfigRules"][0]["Source"]["SourceIdentifier"]
    for number in range(3):
        aws.config.rule(f"{RULE}-conformance-pack-{number}", {"AssumeRoleMode": "false"}, pack=RULE, function=RULE)
    client = aws.client("config")
    client.put_remediation_configurations(
        RemediationConfigurations=[
            {"ConfigRuleName": RULE, "TargetType": "SSM_DOCUMENT", "TargetId": "RequireAdminMfa"}
        ]
    )
    keys = [{"ResourceType": "AWS::IAM::User", "ResourceId": aws.iam.user_id(name)} for name in ("ada", "grace")]
    client.put_remediation_exceptions(ConfigRuleName=RULE, ResourceKeys=keys, Message="agreed")
    found = find_rules(client, Source(function_arn=arn, rule_name=RULE))
    return [rule["ConfigRuleName"] for rule in found.trusted], found.untrusted, excepted(client, RULE)


def organization(aws: EmbeddedAws) -> Any:
    made = Organization(aws)
    units = [made.unit(name) for name in ("one", "two")]
    below = [made.unit(name, units[0]) for name in ("three", "four")]
    for number, unit in enumerate((*units, *below, *units)):
        made.account(f"team-{number}", unit=unit, tags={"team": "x", "stage": "prod"})
    client = aws.client("organizations")
    selections = (Selection(), Selection(parents=(made.root,)), Selection(tags=(("stage", "prod"),)))
    return [sorted(account.name for account in list_accounts(client, selection)) for selection in selections]


def doctor(aws: EmbeddedAws) -> Any:
    stand(aws)
    session = aws_session()
    session.set_config_variable("region", "us-east-1")
    deployment = Deployment(
        session=session, account_id="123456789012", partition="aws", region="us-east-1", rule_name=RULE
    )
    return [(result.subject, result.status) for result in run_checks(deployment)]


def saving(aws: EmbeddedAws) -> Any:
    account(aws)
    caller = Identity(account_id=aws.account_id, arn="arn:aws:iam::123456789012:user/ada")
    found = collect(aws.client("iam"), caller, Parameters())
    # Times and the ids of access keys are different in each account.
    return re.sub(r'"(AccessKeyId|\w*(Date|collected_at))": "[^"]*"', "", json.dumps(found, sort_keys=True))


DRIVERS = (the_rule, single_users, rules, organization, doctor, saving)
_TRIED: set[Place] = set()


@pytest.mark.xdist_group("every list")
@pytest.mark.parametrize("driver", DRIVERS)
def test_pages_make_no_difference(
    aws: EmbeddedAws, request: pytest.FixtureRequest, driver: Callable[[EmbeddedAws], Any]
) -> None:
    whole = driver(aws)
    aws.reset()
    places = request.getfixturevalue("tried")
    assert driver(aws) == whole
    _TRIED.update(places)


def asking() -> Iterator[Place]:
    """Every function of the package that asks for a list."""
    for path in SOURCE.rglob("*.py"):
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(function, ast.FunctionDef) and any(map(_asks, ast.walk(function))):
                yield str(path.relative_to(SOURCE)), function.name


def _asks(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    called = node.func
    name = called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
    return name in READERS and not (isinstance(called, ast.Name) and name == "all")


@pytest.mark.xdist_group("every list")
def test_every_reader_is_tried() -> None:
    assert sorted(set(asking()) - _TRIED) == []
