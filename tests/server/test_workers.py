"""Several workers, many clients. Come here to change what must hold across processes."""

import json
import sqlite3
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import chain
from threading import Barrier

import pytest

from tests.server.running import PASSWORD, ask, person, wait_until

CLIENTS = 64
REGISTRATIONS = 400


@pytest.fixture(scope="module")
def four_workers(serve, database):
    return serve(MUSTER_WORKERS=4, **database)


def all_at_once(count, call):
    """The results of `count` calls in as many threads, begun together."""
    together = Barrier(count)

    def begin(number):
        together.wait(30)
        return call(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(begin, range(count)))


def registrations(server, client):
    """One client's share, over a connection that stays open."""
    with server.connect() as connection:
        return [
            ask(connection, "POST", "/register", person(f"user{number}")).status
            for number in range(client, REGISTRATIONS, CLIENTS)
        ]


def test_four_hundred_registrations_of_64_clients_all_succeed_on_the_default_database(server):
    shares = all_at_once(CLIENTS, lambda client: registrations(server, client))
    assert Counter(chain.from_iterable(shares)) == {201: REGISTRATIONS}
    assert "locked" not in server.written()


@pytest.mark.asvs("7.4.1")
def test_a_sign_out_is_seen_by_all_workers_at_once_and_after_a_restart(four_workers):
    server = four_workers
    server.register("alice")
    gone, kept = server.sign_in("alice"), server.sign_in("alice")

    def read(token):
        return Counter(all_at_once(100, lambda _: server.call("GET", "/me", token=token).status))

    assert read(gone) == {200: 100}
    assert server.call("POST", "/logout", token=gone).status == 200
    assert read(gone) == {401: 100}
    assert server.stop() == 0
    server.start(MUSTER_WORKERS=2)
    assert read(gone) == {401: 100}
    assert read(kept) == {200: 100}


def test_of_32_parallel_registrations_of_one_name_over_all_workers_one_succeeds(four_workers):
    variants = ["racer", "Racer", "RACER", "ｒａｃｅｒ", "rACER", "RacER", "raCer", "RACEr"]
    codes = all_at_once(32, lambda number: four_workers.register(variants[number % 8]))
    assert Counter(codes) == {201: 1, 409: 31}


def last_used_at(database):
    return database.execute("SELECT last_used_at FROM user_sessions").fetchone()[0]


def test_a_read_does_not_wait_for_the_write_lock_to_note_that_its_session_is_used(serve):
    server = serve()
    server.register("reader")
    token = server.sign_in("reader")
    file = server.instance / "muster.sqlite3"
    with closing(sqlite3.connect(file, isolation_level=None)) as database:
        database.execute("UPDATE user_sessions SET last_used_at = '2020-01-01 00:00:00.000000'")
        long_ago = last_used_at(database)
        database.execute("BEGIN IMMEDIATE")
        assert [server.call("GET", "/me", token=token).status for _ in range(4)] == [200] * 4
        database.execute("ROLLBACK")
        # Whoever had waited for the lock would have given the note up by now.
        wait_until(lambda: last_used_at(database) != long_ago, 20, server.written)
    assert "was not noted" not in server.written()


@pytest.mark.asvs("15.2.2", "15.4.4")
def test_reads_go_on_while_all_hashing_slots_are_busy_and_the_queue_sheds(serve):
    server = serve(MUSTER_PASSWORD_ROUNDS=2_000_000, MUSTER_HASHING_QUEUE=4)
    server.register("reader")
    token = server.sign_in("reader")
    with ThreadPoolExecutor(CLIENTS) as pool:
        calls = [
            pool.submit(server.call, "POST", "/register", person(f"busy{number}"))
            for number in range(CLIENTS)
        ]
        reads = []
        while not all(call.done() for call in calls):
            reads.append(timed(lambda: server.call("GET", "/me", token=token)))
            time.sleep(0.02)
        answers = [call.result() for call in calls]
    assert_shed(answers)
    assert {status for status, _ in reads} == {200}
    assert max(seconds for _, seconds in reads) < 2
    assert len(reads) > 10


def assert_shed(answers):
    """Two workers hash and let four wait each; the rest were turned away and told when to come."""
    served = [answer for answer in answers if answer.status == 201]
    shed = [answer for answer in answers if answer.status == 503]
    assert len(served) + len(shed) == len(answers)
    assert len(served) >= 10
    assert len(shed) >= 10
    assert all(int(answer.headers["retry-after"]) > 0 for answer in shed)
    assert {answer.json["error"] for answer in shed} == {"overloaded"}


def timed(call):
    begun = time.monotonic()
    return call().status, time.monotonic() - begun


@pytest.mark.asvs("16.2.4", "16.2.5", "16.2.2")
def test_the_access_log_is_json_and_holds_no_secret(server):
    server.register("logged")
    tokens = server.call("POST", "/login", person("logged")).json
    query = "/users?limit=7&cursor=hiddencursor"
    answers = [
        server.call("GET", "/me", token=tokens["access_token"]),
        server.call("GET", query, token=tokens["access_token"]),
        server.call("GET", "/me", token="not.a.token"),
        server.call("POST", "/login", {"username": "logged", "password": "wrong " + PASSWORD}),
        server.call("POST", "/refresh", {"refresh_token": tokens["refresh_token"]}),
    ]
    lines = [json.loads(line) for line in server.written().splitlines() if line.startswith("{")]
    logged = {line.get("request_id"): line for line in lines}
    for answer in answers:
        assert logged[answer.headers["x-request-id"]]["status"] == answer.status
    secrets = [PASSWORD, tokens["access_token"], tokens["refresh_token"], "not.a.token"]
    for secret in [*secrets, "hiddencursor", "limit=7"]:
        assert secret not in server.written()


def test_the_log_has_the_request_id_that_the_client_chose(server):
    answer = server.call("GET", "/healthz", X_Request_ID="my-own.id_1")
    assert answer.headers["x-request-id"] == "my-own.id_1"
    assert '"my-own.id_1"' in server.written()


@pytest.mark.asvs("16.2.3", "16.2.4")
def test_all_that_is_logged_is_json_but_the_greeting(server):
    greeting = f"Muster serves on http://127.0.0.1:{server.port} (Swagger UI at that address)."
    others = [line for line in server.written().splitlines() if not line.startswith("{")]
    assert others == [greeting]
