"""Test the definition `FullAccess` against a policy simulator; `make fuzz-simulator` compares many more users."""

from tests.policy.fuzz_simulator import compare


def test_we_agree_with_a_policy_simulator_on_random_users() -> None:
    outcome = compare(400, seed=2026)
    assert outcome.disagreements == []
    assert outcome.allowed_all > 40
    assert outcome.administrators["attached"] > outcome.administrators["effective"] > 100
