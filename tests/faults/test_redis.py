"""Redis killed, hanging, flushed or unwilling. Come here to change what must hold without it."""

import pytest
import redis as client

from app import create_app
from tests.server.running import person

pytestmark = pytest.mark.xdist_group("redis")


@pytest.fixture(scope="module")
def server(serve, redis):
    server = serve(MUSTER_REDIS_URL=redis.url)
    server.register("alice")
    return server


@pytest.fixture(autouse=True)
def well(redis):
    """Whatever a test did to it."""
    yield
    redis.resume()
    if redis.process.poll() is not None:
        redis.start()
    with client.from_url(redis.url) as connection:
        connection.execute_command("REPLICAOF", "NO", "ONE")
        connection.config_set("maxmemory", 0)


def command(redis, *words):
    with client.from_url(redis.url) as connection:
        connection.execute_command(*words)


FAULTS = {
    "killed": lambda redis: redis.kill(),
    "hanging": lambda redis: redis.hang(),
    "flushed": lambda redis: command(redis, "FLUSHALL"),
    "out of memory": lambda redis: command(redis, "CONFIG", "SET", "maxmemory", "1"),
    "a replica": lambda redis: command(redis, "REPLICAOF", "127.0.0.1", "1"),
}


@pytest.fixture(params=FAULTS)
def fault(request, redis):
    """Call it and it happens."""
    return lambda: FAULTS[request.param](redis)


def test_sign_in_and_reads_go_on_and_ended_sessions_stay_dead(server, fault):
    ended, alive = server.sign_in("alice"), server.sign_in("alice")
    server.call("POST", "/logout", token=ended)
    fault()
    assert server.call("GET", "/me", token=alive).status == 200
    assert server.call("GET", "/me", token=ended).status == 401
    assert server.call("GET", "/me", token=server.sign_in("alice")).status == 200
    assert server.call("POST", "/logout", token=alive).status == 200
    assert server.call("GET", "/me", token=alive).status == 401
    assert server.call("GET", "/readyz").status == 200


def remaining(server):
    """What the limit of sign-ins has left."""
    header = server.call("POST", "/login", person("alice")).headers["ratelimit"]
    return int(header.partition("r=")[2].partition(";")[0])


def test_limits_are_never_off(server, fault):
    remaining(server)
    fault()
    counted = [remaining(server) for _ in range(4)]
    assert counted == list(range(counted[0], counted[0] - 4, -1))


def test_once_it_is_back_it_counts_again(server, redis):
    remaining(server)
    redis.kill()
    remaining(server)
    redis.start()
    first = remaining(server)
    with client.from_url(redis.url) as connection:
        assert connection.dbsize() > 0
    assert remaining(server) == first - 1


def test_two_replicas_count_together(redis):
    replicas = [
        create_app({"MUSTER_DATABASE_URL": "sqlite://", "MUSTER_REDIS_URL": redis.url})
        for _ in range(2)
    ]
    body = {"refresh_token": "none of ours"}
    left = [
        replica.test_client().post("/refresh", json=body).headers["RateLimit"]
        for replica in (*replicas, *replicas)
    ]
    counts = [int(header.partition("r=")[2].partition(";")[0]) for header in left]
    assert counts == list(range(counts[0], counts[0] - 4, -1))
