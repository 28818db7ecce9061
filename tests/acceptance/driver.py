"""What AWS does while the acceptance run waits, and what a test wants to know of the run."""

from datetime import timedelta
from typing import TYPE_CHECKING

from botocore.session import Session

from acceptance.permissions import PREFIX
from acceptance.run import Clock, Step
from demo.emulator import EmbeddedAws
from tests.remediation.world import World

if TYPE_CHECKING:
    from collections.abc import Callable


class Driver:
    """What AWS does while the run waits: AWS Config evaluates, and the remediation runs for whom it finds."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.seconds = 0.0
        self.before_pause: Callable[[], None] = lambda: None
        self.idle = False

    def pause(self, seconds: float) -> None:
        self.before_pause()
        self.seconds += seconds
        self.world.now += timedelta(seconds=seconds)
        if self.idle:
            return
        self.world.evaluate()
        names = {user.id for user in self.world.aws.iam.state.backend.users.values() if user.name.startswith(PREFIX)}
        for user_id in names:
            assert self.world.remediate(user_id).succeeded
        self.world.aws.automations.wait()

    @property
    def clock(self) -> Clock:
        return Clock(now=lambda: self.seconds, pause=self.pause)


def session_of(aws: EmbeddedAws) -> Session:
    session = Session()
    session.set_credentials(
        *(aws.account().credentials[f"aws_{name}"] for name in ("access_key_id", "secret_access_key"))
    )
    session.set_config_variable("region", "us-east-1")
    return session


def left_over(world: World) -> list[str]:
    """Return what of the run is still there."""
    iam, sqs, sns = (world.aws.client(service) for service in ("iam", "sqs", "sns"))
    return [
        *(user["UserName"] for user in iam.list_users()["Users"] if user["UserName"].startswith(PREFIX)),
        *(
            device["SerialNumber"]
            for device in iam.list_virtual_mfa_devices()["VirtualMFADevices"]
            if PREFIX in device["SerialNumber"]
        ),
        *sqs.list_queues(QueueNamePrefix=PREFIX).get("QueueUrls", ()),
        *(one["SubscriptionArn"] for one in sns.list_subscriptions()["Subscriptions"]),
    ]


def results(steps: list[Step]) -> dict[str, str]:
    return {step.name: step.result for step in steps}
