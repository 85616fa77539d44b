"""Metrics of a server with several workers: any of them answers for all."""

import os
import signal
import time

import pytest

from tests.api.test_metrics import HEADERS, TOKEN, samples_of
from tests.server.running import Server, person, talk, wait_until

WORKERS = 3
MONITORED = {"MUSTER_METRICS_TOKEN": TOKEN, "MUSTER_WORKERS": WORKERS}
HEALTHZ = {"method": "GET", "route": "/healthz", "status": "200"}
ASKED = 60


@pytest.fixture
def server(tmp_path):
    servers = []

    def start(**settings):
        servers.append(Server(tmp_path / "instance", **MONITORED | settings))
        return servers[-1].start()

    yield start
    for each in servers:
        each.kill()


def scrape(server):
    with server.connect() as connection:
        connection.request("GET", "/metrics", headers=HEADERS)
        return samples_of(connection.getresponse().read().decode())


def count_of(server, name, **labels):
    return scrape(server).get((f"muster_{name}", *sorted(labels.items())), 0)


def ask_all_workers(server):
    """On connections of their own, so that the system spreads them over the workers."""
    for _ in range(ASKED):
        assert server.call("GET", "/healthz").status == 200


def assert_settles(server, name, value, **labels):
    """Within seconds every worker says so, whichever is asked."""

    def told():
        return {count_of(server, name, **labels) for _ in range(4 * WORKERS)}

    wait_until(lambda: told() == {value}, 15, lambda: str(told()))


def test_every_worker_tells_what_all_have_counted(server):
    running = server()
    ask_all_workers(running)
    assert_settles(running, "requests_total", ASKED, **HEALTHZ)
    assert count_of(running, "workers") == WORKERS


def test_what_a_killed_worker_had_counted_stays_counted_but_it_holds_nothing(server):
    running = server()
    ask_all_workers(running)
    assert_settles(running, "requests_total", ASKED, **HEALTHZ)
    os.kill(min(running.workers()), signal.SIGKILL)
    wait_until(lambda: running.started() > WORKERS, 20, running.written)
    wait_until(lambda: count_of(running, "workers") == WORKERS, 20)
    assert_settles(running, "requests_total", ASKED, **HEALTHZ)
    assert_settles(running, "requests_in_progress", 1)


def test_what_never_reached_a_thread_is_counted_too(server):
    running = server()
    talk(running.address, b"GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n")  # no Host
    assert_settles(running, "early_refusals_total", 1, status="400")
    assert count_of(running, "early_refusals_total", status="408") == 0


def test_a_restart_begins_at_nothing_and_leaves_nothing_behind(server):
    running = server()
    ask_all_workers(running)
    assert_settles(running, "requests_total", ASKED, **HEALTHZ)
    assert running.stop() == 0
    again = server()
    assert count_of(again, "requests_total", **HEALTHZ) == 0
    names = {path.name.partition("-")[0] for path in (again.instance / "metrics").iterdir()}
    assert names <= {str(again.process.pid)}


def test_without_a_token_nothing_is_written(server):
    running = server(MUSTER_METRICS_TOKEN="")
    running.register("alice")
    assert not (running.instance / "metrics").exists()


def test_what_is_written_has_no_secret_and_is_for_its_owner_only(server):
    running = server()
    running.register("geheim")
    token = running.sign_in("geheim")
    running.call("GET", "/users?geheim=1", token=token)
    time.sleep(1.5)
    places = running.instance / "metrics"
    written = "".join(path.read_text() for path in places.iterdir())
    assert "/register" in written
    for secret in ("geheim", token, person("x")["password"], TOKEN):
        assert secret not in written
    assert places.stat().st_mode & 0o077 == 0
