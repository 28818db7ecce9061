"""No log of the rule holds more about a person than the user name, whatever goes wrong."""

import contextlib

import pytest

from admin_mfa.embedded import EmbeddedAws, Kind
from admin_mfa.errors import AdminMfaError
from tests.handler import RULE, handle, prepare

ACTIONS = ("iam:GetAccountAuthorizationDetails", "iam:ListMFADevices", "config:PutEvaluations")


@pytest.mark.parametrize("fails", [None, *ACTIONS])
def test_what_is_written_is_nobodys(aws: EmbeddedAws, fails: str | None, capfd: pytest.CaptureFixture[str]) -> None:
    tags = {"Email": "ada@example.com", "Phone": "+44 20 7946 0000"}
    aws.iam.user("ada", path="/division/", policies=["AdministratorAccess"], tags=tags, access_keys=1)
    aws.iam.user("grace", policies=["AdministratorAccess"], devices=["virtual", "fido", "hardware"])
    prepare(aws)
    events = [
        aws.config.scheduled_event(RULE),
        aws.config.change_event(RULE, "ada"),
        aws.config.oversized_event(RULE, "ada"),
    ]
    if fails:
        aws.faults.add(fails, Kind.ACCESS_DENIED, times=None)
    for event in events:
        with contextlib.suppress(AdminMfaError):
            aws.config.invoke(handle, rule_name=RULE, event=event)
    written = "".join(capfd.readouterr())
    keys = [key.access_key_id for key in aws.iam.state.backend.users["ada"].access_keys]
    private = [
        *tags.values(),
        *keys,
        ":user/division/ada",
        ":mfa/",
        ":u2f/",
        "GAKT",
        *(event["resultToken"] for event in events),
    ]
    assert written
    assert [text for text in private if text in written] == []
