"""Which rules are trusted: a name proves nothing, and neither does our function's ARN."""

import pytest

from admin_mfa.aws.rules import FoundRules, Source, find_rules
from admin_mfa.aws.session import aws_session
from admin_mfa.errors import ReadError
from demo.emulator import EmbeddedAws, Kind
from tests.support.handler import RULE

SOURCE = Source(function_arn=f"arn:aws:lambda:us-east-1:123456789012:function:{RULE}", rule_name=RULE)
PACKED = f"{RULE}-conformance-pack-abc123xyz"
CONFIG = "config-conforms.amazonaws.com"


def found(name: str = "") -> FoundRules:
    return find_rules(aws_session().create_client("config"), SOURCE, name)  # type: ignore[arg-type]


def names(rules: FoundRules) -> list[str]:
    return [rule["ConfigRuleName"] for rule in rules.trusted]


@pytest.mark.parametrize(
    ("name", "created_by", "pack", "trusted"),
    [
        pytest.param(PACKED, None, RULE, True, id="our pack"),
        pytest.param(PACKED, "config.amazonaws.com.cn", RULE, True, id="our pack, in China"),
        pytest.param(PACKED, None, f"OrgConformsPack-{RULE}-1a2b3c4d", True, id="our organization's pack"),
        pytest.param(PACKED, None, f"OrgConformsPack-{RULE}-two-1a2b3c4d", False, id="another organization's pack"),
        pytest.param(PACKED, None, "somebody-elses", False, id="another pack with a rule of our name"),
        pytest.param(PACKED, CONFIG, None, False, id="no pack lists it"),
        pytest.param(PACKED, "securityhub.amazonaws.com", RULE, False, id="created by another service"),
        pytest.param("other-conformance-pack-abc123xyz", None, RULE, False, id="another name"),
    ],
)
def test_a_rule_of_a_pack_is_trusted_only_if_our_pack_lists_it(
    aws: EmbeddedAws, name: str, created_by: str | None, pack: str | None, *, trusted: bool
) -> None:
    aws.config.rule(RULE)
    aws.config.rule(name, function=RULE, created_by=created_by, pack=pack)
    assert names(found()) == [RULE, *([name] if trusted else [])]
    assert found().untrusted == (() if trusted else (name,))
    assert names(found(name)) == ([name] if trusted else [])


@pytest.mark.parametrize("action", ["DescribeConformancePacks", "DescribeConformancePackCompliance"])
def test_while_the_packs_cannot_be_read_their_rules_are_not_trusted(aws: EmbeddedAws, action: str) -> None:
    aws.config.rule(RULE)
    aws.config.rule(PACKED, function=RULE, pack=RULE)
    aws.faults.add(f"config:{action}", Kind.ACCESS_DENIED, times=None)
    rules = found()
    assert (names(rules), rules.untrusted) == ([RULE], (PACKED,))
    assert isinstance(rules.unread, ReadError)
    assert rules.unread.action == f"config:{action}"


def test_an_account_without_packs_needs_no_permission_to_read_them(aws: EmbeddedAws) -> None:
    aws.config.rule(RULE)
    aws.config.rule("of-another-team", function=RULE)
    aws.faults.add("config:DescribeConformancePack*", Kind.ACCESS_DENIED, times=None)
    assert found().unread is None
