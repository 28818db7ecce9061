"""Ways and access keys in every report: the page draws the chain, and no format loses the sentence."""

from dataclasses import replace

import pytest

from admin_mfa.model import Bypass, BypassReason
from admin_mfa.report import FORMATS, RenderOptions, Report
from tests.support.values import admin_grant

from .audits import ADA, audit

HOW = "can create access keys for the administrator bob: iam:CreateAccessKey"
STEPS = (
    f"user ada {HOW}, helpers via group ops",
    "user bob is an administrator: AdministratorAccess, attached directly",
)
WAY = admin_grant(policy="helpers", via="group ops", way="CreateAccessKey", how=HOW, steps=STEPS)
BYPASS = Bypass(access_keys=2, reason=BypassReason.BOOL)
SENTENCE = f"ada is an administrator ({WAY}) and has an MFA device, but 2 access keys work without MFA."
REPORT = Report(audits=(audit(replace(ADA, grants=(WAY,), bypass=BYPASS, annotation=SENTENCE)),))


def test_the_page_draws_the_chain_and_tells_of_the_keys() -> None:
    page = FORMATS["html"].render(REPORT, RenderOptions())

    assert "".join(f"<li><bdi>{step}</bdi></li>" for step in STEPS) in page
    assert f'Access keys that work without MFA: 2<span class="id">{BYPASS.reason}</span>' in page


@pytest.mark.parametrize("name", list(FORMATS))
def test_every_format_names_the_way_and_its_actions(name: str) -> None:
    text = " ".join(FORMATS[name].render(REPORT, RenderOptions(width=300)).split())

    # Markdown spells out the colons.
    assert HOW in text.replace("&#58;", ":")
