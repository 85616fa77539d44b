"""A newer Muster starts beside an older one, under load. Come here to change what nobody notices.

pytest tests/faults/test_two_versions.py -o log_cli=true --log-cli-level=INFO
"""

import logging
import os
import signal

import pytest

from tests.faults.test_stopping import CLIENTS, Load
from tests.released.checkout import CONTRACTION, EXPANSION, Release, check_out
from tests.server.running import ROOT, person, wait_until

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
        checkout = check_out(place / "checkout", *migrations) if migrations else ROOT
        servers.append(Release(checkout, place / "instance", **settings))
        return servers[-1]

    yield made
    for server in servers:
        server.kill()


@pytest.fixture(scope="module")
def older(release):
    return release().start()


@pytest.fixture(scope="module")
def newer(release):
    return release(EXPANSION)


def test_while_a_newer_version_migrates_an_older_one_fails_no_request(older, newer):
    with Visits(older) as before:
        newer.start()
        with Visits(newer) as after:
            before.wait_for_more()
    _log.info("older: %s, newer: %s", before.outcomes, after.outcomes)
    assert before.outcomes.keys() == {200, 201}
    assert after.outcomes.keys() == {200, 201}
    assert "migrating" in newer.written()
