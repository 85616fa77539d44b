"""Starting, stopping and being killed. Come here to change what an operator can rely on."""

import json
import signal
import socket
import time
from pathlib import Path

import pytest

from tests.server.running import (
    DEFAULTS,
    Server,
    flask_serve,
    free_port,
    person,
    statuses,
    wait_until,
)
from tests.server.test_framing import HALF_OPEN, connections

SLOW = {"MUSTER_PASSWORD_ROUNDS": 10_000_000}  # about a second each
UNLIMITED = {"MUSTER_RATE_LIMITS": "off"}
CLIENTS = 12


def expecting(username):
    """The head of a registration that waits for the server's go-ahead, and its body."""
    body = json.dumps(person(username)).encode()
    head = (
        b"POST /register HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n"
    )
    return head % len(body), body


def is_alive(pid):
    return Path(f"/proc/{pid}").exists()


def refuses_connections(server):
    try:
        socket.create_connection(server.address, timeout=0.1).close()
    except ConnectionError:
        return True
    except TimeoutError:  # its queue is being emptied, and lets nobody in
        return False
    return False


def test_sigterm_lets_requests_in_flight_finish_and_refuses_new_ones(serve):
    server = serve(**SLOW)
    heads, bodies = zip(*(expecting(f"inflight{number}") for number in range(8)), strict=True)
    with connections(server, heads) as in_flight:
        for connection, body in zip(in_flight, bodies, strict=True):
            assert statuses(connection.recv(4096)) == [100]  # a worker has the request in hand
            connection.sendall(body)
        server.process.send_signal(signal.SIGTERM)
        wait_until(lambda: refuses_connections(server), 5)
        assert server.process.poll() is None
        answers = [connection.recv(65536) for connection in in_flight]
    assert [statuses(answer) for answer in answers] == [[201]] * 8
    assert server.process.wait(30) == 0


def test_sigterm_is_not_held_up_by_half_open_connections(serve):
    server = serve()
    begun = time.monotonic()
    with connections(server, [b"", *HALF_OPEN.values()] * 20):
        assert server.stop() == 0
    assert time.monotonic() - begun < 20


def test_workers_do_not_outlive_the_process_that_started_them(serve):
    server = serve()
    workers = server.workers()
    server.process.kill()
    wait_until(lambda: not any(map(is_alive, workers)), 8)


def test_a_host_may_be_given_by_name(serve):
    assert serve(HOST="localhost").call("GET", "/healthz").status == 200


def test_two_starts_at_once_on_nothing_come_up_and_share_everything(serve, tmp_path, database):
    instance = tmp_path / "instance"
    settings = {**DEFAULTS, **database, "MUSTER_WORKERS": 1}
    first, second = Server(instance, **settings), Server(instance, **settings)
    try:
        for each in (first, second):
            each.launch()
        for each in (first, second):
            each.wait_until_ready()
        assert first.register("alice") == 201
        assert second.register("alice") == 409
        assert second.call("GET", "/me", token=first.sign_in("alice")).status == 200
        keys = [each.call("GET", "/.well-known/jwks.json").json["keys"] for each in (first, second)]
        assert keys[0] == keys[1]
        assert len(keys[0]) == 1
    finally:
        first.kill()
        second.kill()


def test_a_port_in_use_is_told_in_one_sentence(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        code, said = failed_start(tmp_path, port)
    sentence = f"Error: Cannot listen on 127.0.0.1:{port}: Address already in use."
    assert (code, said[-1]) == (1, sentence)
    assert all(line.startswith("{") for line in said[:-1])  # the log of the migrations


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MUSTER_WORKERS", "none"),
        ("MUSTER_WROKERS", "2"),
        ("MUSTER_DATABASE_URL", "sqlite://"),
        ("MUSTER_DATABASE_URL", "postgresql://nobody:secret@127.0.0.1:1/x"),
        ("MUSTER_INSTANCE_PATH", "/proc/nothing"),
        ("HOST", "no.such.host.invalid"),
    ],
)
def test_a_bad_setting_is_told_in_one_sentence(tmp_path, name, value):
    code, said = failed_start(tmp_path, free_port(), **{name: value})
    sentences = [line for line in said if not line.startswith("{")]
    assert code == 1
    assert len(sentences) == 1, "\n".join(said)
    assert sentences[0].startswith("Error: ")
    assert "secret" not in "\n".join(said)


def failed_start(tmp_path, port, **settings):
    """The exit code, and the lines that were written."""
    log = tmp_path / "log"
    process = flask_serve(port, tmp_path / "instance", log, **settings)
    try:
        code = process.wait(60)
    finally:
        process.kill()
    return code, log.read_text(encoding="utf-8").splitlines()
