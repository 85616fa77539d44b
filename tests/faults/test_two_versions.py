"""A newer Muster starts beside an older one, under load. Come here to change what nobody notices.

pytest tests/faults/test_two_versions.py -o log_cli=true --log-cli-level=INFO
"""

import logging
import os
import signal

import pytest

from tests.faults.test_stopping import Load
from tests.released.checkout import CONTRACTION, EXPANSION, check_out
from tests.server.running import Server, person, wait_until

pytestmark = pytest.mark.xdist_group("two_versions")
_log = logging.getLogger("faults")


class Visits(Load):
    """Clients that register, sign in and read, and a balancer that asks whether all is well."""

    def _run(self, number):
        count = 0
        while not self._over.is_set():
            count += 1
            if number == 0:
                self._send("GET", "/readyz")
            elif number % 3 == 0:
                self._send("POST", "/login", person(self.username))
            elif number % 3 == 1:
                self._send("POST", "/register", person(f"{self.username}x{number}x{count}"))
            else:
                self._send("GET", "/me", None, self.token)


@pytest.fixture(scope="module")
def release(tmp_path_factory, database):
    """Call it for a Muster with these migrations more; all have one database and the same keys."""
    shared = tmp_path_factory.mktemp("shared")
    settings = {
        "MUSTER_DATABASE_URL": f"sqlite:///{shared}/muster.sqlite3",
        "MUSTER_KEYS_PATH": shared / "keys",
        "MUSTER_RATE_LIMITS": "off",
        **database,
    }
    servers = []

    def made(*migrations):
        place = tmp_path_factory.mktemp("release")
        servers.append(Server(place / "instance", **settings))
        if migrations:
            servers[-1].checkout = check_out(place / "checkout", *migrations)
        return servers[-1]

    yield made
    for server in servers:
        server.kill()


@pytest.fixture(scope="module")
def older(release):
    return release().start()


@pytest.fixture(scope="module")
def newer(release, older):
    """It has migrated while others were at work with the older one; how they fared."""
    server = release(EXPANSION)
    with Visits(older) as visits:
        server.start()
        visits.wait_for_more()
    return server, visits.outcomes


def test_while_a_newer_version_migrates_the_older_one_fails_no_request(newer):
    server, outcomes = newer
    assert (
        '"message": "migrating", "from_revision": "0003", "to_revision": "0004"' in server.written()
    )
    _log.info("while a newer one migrated: %s", outcomes)
    assert outcomes.keys() == {200, 201}


def test_both_serve_and_see_what_the_other_has_done(older, newer):
    with Visits(older) as one, Visits(newer[0]) as two:
        one.wait_for_more(300)
        two.wait_for_more(300)
    _log.info("side by side: %s and %s", one.outcomes, two.outcomes)
    assert one.outcomes.keys() == two.outcomes.keys() == {200, 201}
    token = newer[0].sign_in(one.username)
    assert older.call("POST", "/logout", token=token).status == 200
    assert newer[0].call("GET", "/me", token=token).status == 401


def test_a_worker_of_the_older_one_comes_back(older, newer):
    killed = min(older.workers())
    started = older.started()
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: older.started() > started, 30, older.written)
    wait_until(lambda: len(older.workers() - {killed}) == 2, 30, older.written)
    with Visits(older) as visits:
        visits.wait_for_more()
    assert visits.outcomes.keys() == {200, 201}


def test_the_older_one_starts_afresh(older, newer):
    assert older.stop() == 0
    older.start()
    assert "serving with a newer schema" in older.written()
    with Visits(older) as visits:
        visits.wait_for_more()
    assert visits.outcomes.keys() == {200, 201}


def test_once_what_it_needs_is_gone_the_older_one_is_not_ready_and_starts_no_more(
    release, older, newer
):
    newest = release(EXPANSION, CONTRACTION).start()
    assert [each.call("GET", "/readyz").status for each in (older, newer[0], newest)] == [
        503,
        200,
        200,
    ]
    assert older.stop() == 0
    older.launch()
    assert older.process.wait(30) == 1
    assert "its schema is at 0005 and needs a version that knows 0004" in older.written()
