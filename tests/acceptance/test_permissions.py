"""The acceptance run under the policy that it prints, in the emulator that enforces IAM: enough, and none too much."""

import io
import json
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError

from acceptance.permissions import ACTIONS, PREFIX, policy
from acceptance.run import Run
from acceptance.stack import read_stack
from demo.emulator.protocol import understand
from tests.acceptance.driver import Driver, left_over, session_of
from tests.deploy.emulator import Sent, denial, gate, ministack, root_client
from tests.deploy.templates import Resolver
from tests.remediation.world import ACCOUNT, RULE

pytestmark = pytest.mark.xdist_group("deployment")
DOCUMENT = f"BackoutAdminMfa-{RULE}"
USER = "acceptance-runner"
FREE = "sts:GetCallerIdentity"
"""Needs no permission."""


class Runner:
    """A user of the enforcing emulator who has the policy, or the policy without one action."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._iam = root_client("iam", f"http://127.0.0.1:{port}", ACCOUNT)
        self._iam.create_user(UserName=USER)
        self.key = self._iam.create_access_key(UserName=USER)["AccessKey"]

    def may(self, *, but: str = "") -> None:
        """Give the user the policy without its conditions: the emulator knows neither of their keys."""
        document = policy("aws", ACCOUNT)
        for statement in document["Statement"]:
            statement.pop("Condition", None)
            actions = [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
            statement["Action"] = [action for action in actions if action != but] or ["tag:GetComplianceSummary"]
        self._iam.put_user_policy(UserName=USER, PolicyName="acceptance", PolicyDocument=json.dumps(document))


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    with ministack(tmp_path_factory.mktemp("acceptance") / "log.txt") as port:
        yield Runner(port)


def _call_what_only_some_runs_call(iam: Any) -> None:
    """Call what an interrupted run calls, and what tags at a creation need, which the emulator does not judge there."""
    name, serial = f"{PREFIX}0", f"arn:aws:iam::{ACCOUNT}:mfa/{PREFIX}0"
    tags = [{"Key": "purpose", "Value": "test"}]
    with pytest.raises(ClientError, match="NoSuchEntity"):
        iam.deactivate_mfa_device(UserName=name, SerialNumber=serial)
    with pytest.raises(ClientError, match="NoSuchEntity"):
        iam.tag_mfa_device(SerialNumber=serial, Tags=tags)
    with pytest.raises(ClientError, match="NoSuchEntity"):
        iam.tag_user(UserName=name, Tags=tags)


def permission(sent: Sent) -> str:
    """Return which permission a request needs."""
    headers = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in sent.headers.items()}
    environ = {
        **headers,
        "CONTENT_TYPE": sent.headers.get("Content-Type", ""),
        "CONTENT_LENGTH": str(len(sent.body)),
        "PATH_INFO": sent.path,
        "REQUEST_METHOD": "POST",
        "wsgi.input": io.BytesIO(sent.body),
    }
    return understand(environ, "us-east-1").permission


def test_the_run_passes_under_its_policy_and_every_action_is_needed(
    driver: Driver, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[str, Sent] = {}
    runner.may()

    def see(sent: Sent) -> None:
        seen.setdefault(permission(sent), sent)

    with gate(runner.port, driver.world.aws, see=see) as url:
        session = session_of(driver.world.aws)
        session.set_credentials(runner.key["AccessKeyId"], runner.key["SecretAccessKey"])
        # The environment leads everything else, such as the helper, to the embedded AWS itself.
        monkeypatch.setattr(session, "create_client", partial(session.create_client, endpoint_url=url))
        driver.world.aws.config.conformance_pack(RULE)
        driver.world.aws.config.organization(RULE)
        stack = read_stack(session, "admin-mfa")
        # As template.yaml names it; the world has the document under its bare name.
        stack.outputs["BackoutAdminMfaDocumentName"] = DOCUMENT
        monkeypatch.setenv("BACKOUT_DOCUMENT_NAME", DOCUMENT)
        driver.world.aws.automations.document(DOCUMENT, driver.world.backout, default_version="1")
        steps = Run(session, stack, clock=driver.clock)()
        _call_what_only_some_runs_call(session.create_client("iam"))
    assert [step for step in steps if step.result != "passed"] == []
    assert left_over(driver.world) == []
    assert set(seen) == ACTIONS | {FREE}
    del seen[FREE]
    needless = []
    for action, sent in seen.items():
        runner.may(but=action)
        if denial(runner.port, sent) is None:
            needless.append(action)
    assert needless == []
    (condition,) = (
        s["Condition"] for s in policy("aws", ACCOUNT)["Statement"] if "iam:AttachUserPolicy" in s["Action"]
    )
    changes = [call for call in driver.world.aws.calls.all() if call.action in ("AttachUserPolicy", "DetachUserPolicy")]
    assert {call.parameters["PolicyArn"] for call in changes} == {condition["ArnEquals"]["iam:PolicyARN"]}


def test_the_role_that_it_passes_is_the_one_of_the_template() -> None:
    name = Resolver({}).resources()["BackoutAdminMfaRole"]["Properties"]["RoleName"]
    (passing,) = (s for s in policy("aws", ACCOUNT)["Statement"] if s["Action"] == "iam:PassRole")
    assert fnmatchcase(f"arn:aws:iam::{ACCOUNT}:role/{name}", passing["Resource"])
