"""A short soak; `python -m tests.faults.soak` is the long one."""

import pytest

from tests.faults.soak import CLIENTS, Soak


@pytest.fixture
def soak(tmp_path):
    soak = Soak(tmp_path)
    yield soak
    soak.server.kill()


def test_nothing_grows_under_everyday_load(soak):
    warm, after = soak.run(4), soak.run(4)
    assert soak.answers.keys() == {200, 204, 401}
    assert (after["users"], after["usernames"], after["user_sessions"]) == (CLIENTS, CLIENTS, 0)
    # As many connections to SQLite as threads were busy at once: bounded, reached little by little.
    assert after["descriptors"] - warm["descriptors"] <= 3 * 2 * CLIENTS
    assert after["threads"] - warm["threads"] <= 2 * CLIENTS
    assert after["megabytes"] <= warm["megabytes"] * 1.2 + 10
