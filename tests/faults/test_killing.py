"""kill -9 while clients register, change passwords and refresh. Come here to kill something else.

FAULT_ROUNDS=20 pytest tests/faults/test_killing.py -o log_cli=true --log-cli-level=INFO
"""

import logging
import os
import signal
import time

import pytest

from tests.faults.journal import Journal
from tests.server.running import wait_until

pytestmark = pytest.mark.xdist_group("killing")
ROUNDS = int(os.environ.get("FAULT_ROUNDS", "2"))
_log = logging.getLogger("faults")


@pytest.fixture
def server(serve, database):
    return serve(MUSTER_RATE_LIMITS="off", **database)


@pytest.mark.asvs("2.3.3")
def test_nothing_acknowledged_is_lost_or_done_twice_when_everything_is_killed(server):
    seconds = []
    with Journal(server) as journal:
        for _ in range(ROUNDS):
            server.kill()
            begun = time.monotonic()
            server.launch()
            server.wait_until_ready()
            seconds.append(round(time.monotonic() - begun, 1))
            journal.wait_for_more(50)
    _log.info("everything killed: %d acknowledged, ready after %s s", journal.acknowledged, seconds)
    journal.check()
    assert server.stop() == 0


@pytest.mark.asvs("2.3.3", "16.5.2")
def test_nothing_acknowledged_is_lost_or_done_twice_when_a_worker_is_killed(server):
    with Journal(server) as journal:
        for _ in range(ROUNDS):
            kill_a_worker(server)
            journal.wait_for_more(50)
    _log.info("a worker killed: %d acknowledged, %s", journal.acknowledged, journal.answers)
    journal.check()
    assert server.stop() == 0


def kill_a_worker(server):
    """The oldest: one that dies twice within 5.5 s is a crash loop to granian, which then ends."""
    before, started = server.workers(), server.started()
    os.kill(min(before), signal.SIGKILL)
    wait_until(lambda: server.started() > started, 30, server.written)
    wait_until(lambda: len(server.workers() - {min(before)}) == len(before), 30, server.written)
