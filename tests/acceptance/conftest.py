"""The world of the remediation: an account with our rule, the helper and the documents."""

import pytest

from tests.acceptance.driver import Driver
from tests.remediation.conftest import world
from tests.remediation.test_runbooks import deploy
from tests.remediation.world import World

__all__ = ["world"]


@pytest.fixture
def driver(world: World) -> Driver:
    """What AWS does while the run waits."""
    deploy(world)
    world.aws.iam.root(mfa=True)
    return Driver(world)
