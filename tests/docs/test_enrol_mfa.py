"""docs/enrol-mfa.md, every command of it, with the real AWS CLI against the embedded AWS."""

import base64
import time
from pathlib import Path

from admin_mfa.followup.enforcement import ACCOUNT_ACTIONS, DEVICE_ACTIONS, OWN_USER_ACTIONS
from demo.emulator import EmbeddedAws
from demo.totp import codes
from tests.support.doc_blocks import assert_printed, blocks, run

DOCUMENT = "docs/enrol-mfa.md"


def test_the_commands_enrol_a_device_under_the_enforcement_policy_and_leave_no_seed_behind(tmp_path: Path) -> None:
    wanted = blocks(DOCUMENT)
    with EmbeddedAws() as aws:
        aws.iam.user("ada", policies=("AdministratorAccess",))
        before = time.time()
        outputs = run(wanted, aws.environment, tmp_path)
        after = time.time()
        calls = {call.permission: call.parameters for call in aws.calls.all()}
        (enabled,) = [call.parameters for call in aws.calls.all() if call.action == "EnableMFADevice"]
        seed = aws.iam.state.backend.virtual_mfa_devices[enabled["SerialNumber"]].base32_string_seed
    assert_printed(wanted, outputs)
    sent = (enabled["AuthenticationCode1"], enabled["AuthenticationCode2"])
    assert sent in (codes(seed, before), codes(seed, after), codes(seed, (before + after) / 2))
    assert base64.b32decode(seed)
    assert list(tmp_path.iterdir()) == []
    # A tag at creation takes TagMFADevice too: the user would attest the device, and a restricted user would be denied.
    assert "Tags" not in calls["iam:CreateVirtualMFADevice"]
    attesting = {"iam:ListMFADeviceTags", "iam:TagMFADevice"}
    assert calls.keys() - attesting <= {*OWN_USER_ACTIONS, *ACCOUNT_ACTIONS, *DEVICE_ACTIONS}
