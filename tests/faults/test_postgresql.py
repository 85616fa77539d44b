"""PostgreSQL restarted, killed, failed over, hanging. Come here to change what clients then meet.

FAULT_ROUNDS=5 pytest tests/faults/test_postgresql.py -o log_cli=true --log-cli-level=INFO
"""

import logging
import os
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from secrets import token_hex

import psycopg
import pytest

from app import create_app
from db import db
from tests.factories import register
from tests.faults.journal import Journal
from tests.faults.topology import PostgreSQL, database_url
from tests.server.running import person, wait_until

pytestmark = pytest.mark.xdist_group("postgresql")
ROUNDS = int(os.environ.get("FAULT_ROUNDS", "1"))
_log = logging.getLogger("faults")


@pytest.fixture(scope="module")
def server(serve, cluster):
    server = serve(
        MUSTER_DATABASE_URL=database_url(cluster), MUSTER_RATE_LIMITS="off", MUSTER_WORKERS=1
    )
    server.register("alice")
    return server


def is_ready(server):
    return server.call("GET", "/readyz").status == 200


@pytest.mark.parametrize("end", [PostgreSQL.stop, PostgreSQL.kill])
def test_nothing_acknowledged_is_lost_when_postgresql_ends_and_comes_back(server, cluster, end):
    with Journal(server) as journal:
        for _ in range(ROUNDS):
            end(cluster)
            wait_until(lambda: not is_ready(server), 30)
            cluster.start()
            journal.wait_for_more(50)
    _log.info("%s: %s, errors for %s s", end.__name__, journal.answers, journal.error_seconds)
    journal.check()
    assert journal.answers[503] > 0


def test_nothing_acknowledged_is_lost_when_the_standby_takes_over(serve, place):
    primary = PostgreSQL(place / f"primary{token_hex(3)}")
    standby = PostgreSQL(place / f"standby{token_hex(3)}")
    try:
        primary.create().execute("CREATE DATABASE muster")
        standby.create_from(primary)
        url = database_url(primary, standby)
        server = serve(MUSTER_DATABASE_URL=url, MUSTER_RATE_LIMITS="off", MUSTER_WORKERS=1)
        with Journal(server) as journal:
            primary.kill()
            standby.promote()
            journal.wait_for_more(50)
        _log.info("failover: %s, errors for %s s", journal.answers, journal.error_seconds)
        journal.check()
        assert journal.answers[503] > 0
    finally:
        standby.kill()
        primary.kill()


@pytest.fixture
def own_client(cluster, tmp_path):
    """A client of an app that takes any server, not only the one that can be written to."""
    url = f"postgresql://postgres@127.0.0.1:{cluster.port}/muster"
    settings = {"MUSTER_DATABASE_URL": url, "MUSTER_INSTANCE_PATH": str(tmp_path)}
    app = create_app(settings | {"MUSTER_PASSWORD_ROUNDS": 10})
    yield app.test_client()
    with app.app_context():
        db.engine.dispose()


def test_a_database_that_cannot_be_written_to_is_unavailable_to_writers(own_client, cluster):
    account = register(own_client, username=f"reader{token_hex(3)}")
    cluster.execute("ALTER DATABASE muster SET default_transaction_read_only = on")
    with own_client.application.app_context():
        db.engine.dispose()
    try:
        answer = own_client.post("/register", json=person(f"nobody{token_hex(3)}"))
        assert (answer.status_code, answer.json["error"]) == (503, "unavailable")
        assert own_client.get("/me", headers=account.headers).status_code == 200
    finally:
        cluster.execute("ALTER DATABASE muster RESET default_transaction_read_only")


def test_a_database_that_hangs_is_503_within_a_bound_while_we_stay_alive(server, cluster):
    token = server.sign_in("alice")
    cluster.hang()
    try:
        with ThreadPoolExecutor(150) as pool:  # more than there are threads
            begun = time.monotonic()
            reads = [pool.submit(server.call, "GET", "/me", token=token) for _ in range(149)]
            time.sleep(0.5)
            assert server.call("GET", "/healthz").status == 200
            alive_after = time.monotonic() - begun
            statuses = Counter(read.result().status for read in reads)
    finally:
        cluster.resume()
    _log.info(
        "hanging: %s within %.1f s, alive %.1f", statuses, time.monotonic() - begun, alive_after
    )
    assert statuses == {503: 149}
    wait_until(lambda: is_ready(server), 30)
    assert server.call("GET", "/me", token=token).status == 200


def test_locks_that_somebody_holds_are_503_and_readers_do_not_notice(server, cluster):
    """As many writers as there are connections wait for one row, one for another account."""
    token = server.sign_in("alice")
    place = f"host=127.0.0.1 port={cluster.port} user=postgres dbname=muster"
    with psycopg.connect(place) as connection, ThreadPoolExecutor(6) as pool:
        connection.execute("SELECT * FROM users WHERE username = 'alice' FOR UPDATE")
        body = {"email": "alice@example.com"}
        waiting = [pool.submit(server.call, "PATCH", "/me", body, token) for _ in range(6)]
        time.sleep(0.5)
        assert server.call("GET", "/me", token=token).status == 200
        assert server.register(f"other{token_hex(3)}") == 201
        assert {each.result().status for each in waiting} == {503}


def test_a_pool_that_is_exhausted_is_503_and_empties_by_itself(server, cluster):
    token = server.sign_in("alice")
    place = f"host=127.0.0.1 port={cluster.port} user=postgres dbname=muster"
    with psycopg.connect(place) as connection, ThreadPoolExecutor(30) as pool:
        connection.execute("LOCK TABLE users")
        reads = [pool.submit(server.call, "GET", "/me", token=token) for _ in range(30)]
        assert Counter(read.result().status for read in reads) == {503: 30}
    assert server.call("GET", "/me", token=token).status == 200
    assert "Traceback" not in server.written()
