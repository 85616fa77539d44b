"""TLS to PostgreSQL and Redis. Come here to change whom Muster must not talk to."""

import pytest
import redis as client

from app import create_app
from config import SettingsError
from db import db
from tests.factories import Registration
from tests.faults.conftest import needs
from tests.faults.tls import Authority, Relay
from tests.faults.topology import Redis, program
from tests.server.running import wait_until

pytestmark = pytest.mark.xdist_group("tls")
HERE, ELSEWHERE = "127.0.0.1", "203.0.113.7"


@pytest.fixture(scope="module")
def ours(place):
    return Authority(place, "ours")


@pytest.fixture(scope="module")
def theirs(place):
    return Authority(place, "theirs")


# --- PostgreSQL ---


@pytest.fixture
def start(tmp_path, ours):
    """Call it for an app that believes our authority, and whoever listens on this port."""
    apps = []

    def start(port):
        place = f"postgresql://postgres@{HERE}:{port}/muster"
        url = f"{place}?sslmode=verify-full&sslrootcert={ours.file}"
        settings = {"MUSTER_DATABASE_URL": url, "MUSTER_INSTANCE_PATH": str(tmp_path)}
        apps.append(create_app(settings | {"MUSTER_PASSWORD_ROUNDS": 10}))
        return apps[-1]

    yield start
    for app in apps:
        with app.app_context():
            db.engine.dispose()


@pytest.mark.asvs("12.3.1", "12.3.2")
def test_postgresql_is_talked_to_over_tls_only(start, cluster, ours):
    with Relay(cluster.port, ours.certificate(HERE)) as relay:
        app = start(relay.port)
        assert app.test_client().post("/register", json=Registration()).status_code == 201
        with app.app_context():
            db.engine.dispose()
    assert relay.handshakes > 0
    assert not any(relay.clear)


@pytest.mark.asvs("12.3.1", "12.3.2")
@pytest.mark.parametrize(
    ("authority", "address", "said"),
    [
        ("theirs", HERE, "certificate verify failed"),
        ("ours", ELSEWHERE, "does not match host name"),
        (None, None, "server does not support SSL"),
    ],
)
def test_a_postgresql_that_is_not_the_right_one_is_refused_with_a_sentence(
    request, start, cluster, authority, address, said
):
    certificate = authority and request.getfixturevalue(authority).certificate(address)
    with Relay(cluster.port, certificate) as relay:
        with pytest.raises(SettingsError, match=f"MUSTER_DATABASE_URL cannot be used: .*{said}"):
            start(relay.port)
    assert not any(relay.clear)


@pytest.mark.asvs("12.3.2")
def test_muster_is_not_ready_once_the_certificate_is_a_wrong_one(start, cluster, ours, theirs):
    with Relay(cluster.port, ours.certificate(HERE)) as relay:
        app = start(relay.port)
        assert app.test_client().get("/readyz").status_code == 200
        with app.app_context():
            db.engine.dispose()
        relay.certificate = theirs.certificate(HERE)
        assert app.test_client().get("/readyz").status_code == 503


# --- Redis ---


@pytest.fixture
def tls_redis(place, tmp_path_factory, request, ours, theirs):
    """Call it for a Redis with this certificate and no other way in; without one it has no TLS."""
    needs("redis-server", "valkey-server")
    servers = []

    def start(certificate):
        server = Redis(tmp_path_factory.mktemp("redis") / "redis")
        servers.append(server)
        if certificate is None:
            return server.start()
        files = ("cert", "key", "ca-cert")
        options = [each for file in files for each in (f"--tls-{file}-file", certificate)]
        binary = program("valkey-server") or program("redis-server")
        tls = ("--port", 0, "--tls-port", server.port, "--tls-auth-clients", "no")
        server.begin(binary, *tls, *options, "--bind", HERE, "--save", "")
        wait_until(lambda: "eady to accept" in server.output(), 30, server.output)
        return server

    yield start
    for server in servers:
        server.kill()


def left(server, ours):
    """What two replicas with a Redis say in turn of what a limit has left."""
    url = f"rediss://{HERE}:{server.port}/0?ssl_ca_certs={ours.file}"
    settings = {"MUSTER_DATABASE_URL": "sqlite://", "MUSTER_REDIS_URL": url}
    replicas = [create_app(settings).test_client() for _ in range(2)]
    body = {"refresh_token": "none of ours"}
    answers = [each.post("/refresh", json=body) for each in (*replicas, *replicas)]
    return [int(each.headers["RateLimit"].partition("r=")[2].partition(";")[0]) for each in answers]


@pytest.mark.asvs("12.3.1", "12.3.2")
def test_replicas_count_together_in_a_redis_with_tls(tls_redis, ours):
    counts = left(tls_redis(ours.certificate(HERE)), ours)
    assert counts == list(range(counts[0], counts[0] - 4, -1))


@pytest.mark.asvs("12.3.1", "12.3.2")
@pytest.mark.parametrize(
    ("authority", "address"), [("theirs", HERE), ("ours", ELSEWHERE), (None, None)]
)
def test_a_redis_that_is_not_the_right_one_counts_as_gone(
    request, tls_redis, ours, caplog, authority, address
):
    certificate = authority and request.getfixturevalue(authority).certificate(address)
    server = tls_redis(certificate)
    counts = left(server, ours)
    assert counts == [counts[0], counts[0], counts[0] - 1, counts[0] - 1]  # each for itself
    assert "a rate limit cannot be counted where it should be" in caplog.text
    tls = {"ssl": True, "ssl_cert_reqs": "none", "ssl_check_hostname": False}
    with client.Redis(port=server.port, **(tls if certificate else {})) as connection:
        assert connection.dbsize() == 0
