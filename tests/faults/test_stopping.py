"""SIGTERM under load, and a rolling restart behind nginx. Come here to change what nobody notices.

FAULT_ROUNDS=10 pytest tests/faults/test_stopping.py -o log_cli=true --log-cli-level=INFO
"""

import logging
import os
import time
from collections import Counter
from http.client import HTTPConnection
from threading import Event, Thread

import pytest

from tests.released.checkout import EXPANSION, check_out
from tests.server.running import ROOT, ask, person, wait_until

pytestmark = pytest.mark.xdist_group("stopping")
ROUNDS = int(os.environ.get("FAULT_ROUNDS", "1"))
CLIENTS = 12
_log = logging.getLogger("faults")


class Load:
    """Clients that register and read, each request on a connection of its own, sent once."""

    def __init__(self, server):
        self.server, self.outcomes, self._over = server, Counter(), Event()
        self.username = f"load{time.time_ns()}"
        server.register(self.username)
        self.token = server.sign_in(self.username)
        self._threads = [Thread(target=self._run, args=(number,)) for number in range(CLIENTS)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        self.wait_for_more()
        return self

    def __exit__(self, *_failure):
        self._over.set()
        for thread in self._threads:
            thread.join()

    def wait_for_more(self, count=100):
        enough = self.outcomes.total() + count
        wait_until(lambda: self.outcomes.total() >= enough, 60, lambda: str(self.outcomes))

    def _run(self, number):
        count = 0
        while not self._over.is_set():
            count += 1
            if number % 2:
                self._send("POST", "/register", person(f"{self.username}x{number}x{count}"))
            else:
                self._send("GET", "/me", None, self.token)

    def _send(self, *request):
        connection = HTTPConnection(*self.server.address, timeout=30)
        try:
            connection.connect()
        except ConnectionRefusedError:
            self.outcomes["refused"] += 1  # nothing was sent, so nothing was lost
            time.sleep(0.02)
            return
        try:
            answer = ask(connection, *request)
            of_nginx = answer.json.get("message", "").startswith("Muster cannot be reached")
            self.outcomes[f"{request[0]} nginx" if of_nginx else answer.status] += 1
        except Exception as error:
            self.outcomes[repr(error)] += 1
        finally:
            connection.close()


def test_sigterm_under_load_answers_every_request_that_it_let_in(serve):
    outcomes, seconds = Counter(), []
    for _ in range(ROUNDS):
        server = serve(MUSTER_RATE_LIMITS="off")
        with Load(server) as load:
            begun = time.monotonic()
            assert server.stop() == 0
            seconds.append(round(time.monotonic() - begun, 1))
            wait_until(lambda: load.outcomes["refused"] > CLIENTS, 10)
        outcomes += load.outcomes
    _log.info("SIGTERM: %s, exit after %s s", outcomes, seconds)
    assert outcomes.keys() == {200, 201, "refused"}


def test_before_it_stops_readyz_says_so_and_all_else_is_served(serve):
    server = serve(MUSTER_DRAIN_SECONDS=3, MUSTER_WORKERS=1)
    server.register("alice")
    with server.connect() as connection:
        assert "connection" not in ask(connection, "GET", "/healthz").headers
        server.process.terminate()
        wait_until(lambda: server.call("GET", "/readyz").status == 503, 2)
        answer = server.call("GET", "/readyz")
        assert (answer.json["error"], answer.json["message"]) == (
            "not_ready",
            "Muster is about to stop.",
        )
        assert server.call("POST", "/login", person("alice")).status == 200
        assert ask(connection, "GET", "/healthz").headers["connection"] == "close"
    assert server.process.wait(30) == 0


def exchange(topology, load):
    """Restart the replicas in turn; each is at work again before the next one stops."""
    for replica in topology.replicas:
        assert replica.stop() == 0
        load.wait_for_more()
        replica.start()
        wait_until(lambda: '"/me"' in replica.written(), 20)  # noqa: B023
        load.wait_for_more()


def test_a_rolling_restart_behind_nginx_to_a_newer_version_and_back_fails_no_request(
    topology, tmp_path
):
    newer = check_out(tmp_path / "newer", EXPANSION)
    with Load(topology.front) as load:
        for checkout in [newer, ROOT] * ROUNDS:
            for replica in topology.replicas:
                replica.checkout = checkout
            exchange(topology, load)
    _log.info("rolling restart, to a newer version and back: %s", load.outcomes)
    assert load.outcomes.keys() == {200, 201}
    assert "serving with a newer schema" in topology.replicas[0].written()


def test_a_killed_replica_is_replaced_by_the_other_for_what_can_be_asked_again(topology):
    with Load(topology.front) as load:
        topology.replicas[0].kill()
        load.wait_for_more(300)
        topology.replicas[0].start()
    _log.info("killed replica: %s", load.outcomes)
    # For a POST that was under way: only the client knows whether to repeat it.
    assert load.outcomes.pop("POST nginx", 0) <= CLIENTS // 2
    assert load.outcomes.keys() == {200, 201}


def test_a_sign_out_at_one_replica_holds_at_the_other(topology):
    one, two = topology.replicas
    one.register("shared")
    token = one.sign_in("shared")
    assert two.call("GET", "/me", token=token).status == 200
    assert two.call("POST", "/logout", token=token).status == 200
    assert one.call("GET", "/me", token=token).status == 401
