"""Limits per address and in all (docs/decisions/0008-rate-limits.md)."""

import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import time_machine
from limits import parse

import rate_limits
from app import create_app
from core import clock
from core.guessing import HARD_STOP
from db import db
from models import UserModel
from services.limit_counts import FileStorage
from tests.factories import Registration

ROOT = Path(rate_limits.__file__).parent


@pytest.fixture
def start(tmp_path):
    """Starts apps on one instance path, with settings of the test's own."""
    apps = []

    def started(**settings):
        given = {f"MUSTER_{name.upper()}": value for name, value in settings.items()}
        paths = {"MUSTER_INSTANCE_PATH": str(tmp_path), "MUSTER_PASSWORD_ROUNDS": 10}
        apps.append(create_app(paths | {"TESTING": True} | given))
        return apps[-1]

    yield started
    for app in apps:
        with app.app_context():
            db.engine.dispose()


@pytest.fixture
def limit(monkeypatch):
    """Sets a limit: per address and in all."""

    def set_to(per_address, in_all="1000 per hour", name="sign_in"):
        monkeypatch.setitem(rate_limits.LIMITS, name, (parse(per_address), parse(in_all)))

    return set_to


def log_in(client, address="203.0.113.7", **headers):
    return client.post(
        "/login",
        json={"username": "nobody", "password": "wrong"},
        headers={name.replace("_", "-"): value for name, value in headers.items()},
        environ_base={"REMOTE_ADDR": address},
    )


def codes(client, *addresses, **headers):
    return [log_in(client, address, **headers).status_code for address in addresses]


# --- What is told ---


def test_each_answer_tells_the_limit_and_what_is_left(start, limit):
    limit("3 per hour")
    client = start().test_client()
    answers = [log_in(client) for _ in range(3)]
    assert {answer.headers["RateLimit-Policy"] for answer in answers} == {'"sign_in";q=3;w=3600'}
    left = [answer.headers["RateLimit"].split(";")[:2] for answer in answers]
    assert left == [['"sign_in"', "r=2"], ['"sign_in"', "r=1"], ['"sign_in"', "r=0"]]
    assert all(
        0 < int(answer.headers["RateLimit"].rpartition("t=")[2]) <= 3600 for answer in answers
    )


@pytest.mark.asvs("2.4.1", "6.3.1")
def test_above_the_limit_an_answer_says_when_to_come_back(start, limit):
    limit("2 per hour")
    client = start().test_client()
    answers = [log_in(client) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [401, 401, 429]
    assert answers[2].json["error"] == "too_many_requests"
    assert 0 < int(answers[2].headers["Retry-After"]) <= 3600
    assert answers[2].headers["RateLimit"].startswith('"sign_in";r=0;t=')


def test_when_the_time_is_over_it_opens_again(start, limit):
    limit("1 per minute")
    with time_machine.travel(clock.now(), tick=False) as traveller:
        client = start().test_client()
        assert codes(client, "203.0.113.7", "203.0.113.7") == [401, 429]
        traveller.shift(int(log_in(client).headers["Retry-After"]))
        assert codes(client, "203.0.113.7") == [401]


NAMES = [
    ("registration", "POST", "/register"),
    ("sign_in", "POST", "/login"),
    ("refresh", "POST", "/refresh"),
]


@pytest.mark.asvs("2.4.1")
@pytest.mark.parametrize(("name", "method", "path"), NAMES)
def test_every_door_has_a_limit_of_its_own_and_a_bad_body_counts_too(
    start, limit, name, method, path
):
    limit("1 per hour", name=name)
    client = start().test_client()
    answers = [client.open(path, method=method, data=b"x") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [415, 429]
    assert answers[1].headers["RateLimit-Policy"] == f'"{name}";q=1;w=3600'


def test_changing_the_password_has_a_limit(start, limit):
    limit("1 per hour", name="password_change")
    client, body = start().test_client(), Registration()
    client.post("/register", json=dict(body))
    token = client.post("/login", json=dict(body)).json["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    answers = [client.put("/me/password", json={}, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [422, 429]


def test_one_limit_does_not_use_up_another(start, limit):
    limit("1 per hour")
    client = start().test_client()
    assert codes(client, "203.0.113.7", "203.0.113.7") == [401, 429]
    assert client.post("/register", json=Registration()).status_code == 201
    assert client.post("/refresh", json={"refresh_token": "x"}).status_code == 401


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/openapi.json", "/.well-known/jwks.json"])
def test_reading_has_no_limit(start, path):
    assert "RateLimit" not in start().test_client().get(path).headers


# --- Who is counted ---


@pytest.mark.asvs("8.2.4")
def test_each_address_is_counted_for_itself(start, limit):
    limit("1 per hour")
    client = start().test_client()
    assert codes(client, "203.0.113.7", "203.0.113.8", "203.0.113.7") == [401, 401, 429]


@pytest.mark.asvs("8.2.4")
def test_all_addresses_together_have_a_limit_too(start, limit):
    limit("100 per hour", in_all="3 per hour")
    client = start().test_client()
    assert codes(client, *(f"203.0.113.{n}" for n in range(4))) == [401, 401, 401, 429]


def test_who_is_refused_uses_up_nothing_of_what_all_have(start, limit):
    limit("1 per hour", in_all="3 per hour")
    client = start().test_client()
    codes(client, *["203.0.113.7"] * 10)
    assert codes(client, "203.0.113.8", "203.0.113.9") == [401, 401]


ONE = [
    ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff"),
    ("2001:db8:1:2::1", "2001:0DB8:0001:0002:0000:0000:0000:0009"),
    ("203.0.113.7", "::ffff:203.0.113.7"),
    ("::ffff:203.0.113.7", "::ffff:cb00:7107"),
    ("fe80::1%eth0", "fe80::2%eth1"),
]
TWO = [
    ("2001:db8:1:2::1", "2001:db8:1:3::1"),
    ("::ffff:203.0.113.7", "::ffff:203.0.113.8"),
    ("203.0.113.7", "2001:db8:1:2::1"),
]


@pytest.mark.asvs("1.3.9")
@pytest.mark.parametrize("addresses", ONE)
def test_these_addresses_count_as_one(start, limit, addresses):
    limit("1 per hour")
    assert codes(start().test_client(), *addresses) == [401, 429]


@pytest.mark.parametrize("addresses", TWO)
def test_these_addresses_count_as_two(start, limit, addresses):
    limit("1 per hour")
    assert codes(start().test_client(), *addresses) == [401, 401]


# --- Proxies ---


def forwarded(client, *values):
    return [log_in(client, "10.0.0.1", X_Forwarded_For=value).status_code for value in values]


@pytest.mark.asvs("4.1.3", "15.3.4")
def test_without_proxies_what_a_client_says_of_itself_counts_for_nothing(start, limit):
    limit("1 per hour")
    client = start().test_client()
    assert forwarded(client, "203.0.113.7", "203.0.113.8") == [401, 429]


def test_behind_one_proxy_the_address_that_it_saw_counts(start, limit):
    limit("1 per hour")
    client = start(trusted_proxies=1).test_client()
    assert forwarded(client, "203.0.113.7", "203.0.113.8", "203.0.113.7") == [401, 401, 429]


@pytest.mark.asvs("4.1.3", "15.3.4")
def test_behind_one_proxy_what_the_client_put_before_it_counts_for_nothing(start, limit):
    limit("1 per hour")
    client = start(trusted_proxies=1).test_client()
    assert forwarded(client, "1.1.1.1, 203.0.113.7", "2.2.2.2, 203.0.113.7") == [401, 429]


@pytest.mark.asvs("15.3.4")
def test_behind_two_proxies_the_address_that_the_first_saw_counts(start, limit):
    limit("1 per hour")
    client = start(trusted_proxies=2).test_client()
    same = ["1.1.1.1, 203.0.113.7, 10.0.0.2", "2.2.2.2, 203.0.113.7, 10.0.0.3"]
    assert forwarded(client, *same) == [401, 429]


@pytest.mark.parametrize(
    "value",
    [
        "unknown",
        "203.0.113.7:4711",
        "[2001:db8::1]:4711",
        "_hidden",
        "é",
        "x" * 500,
        "1.2.3",
        "",
        " ",
    ],
)
def test_an_address_that_a_proxy_writes_in_another_way_is_no_fault(start, value):
    answer = log_in(start(trusted_proxies=1).test_client(), "10.0.0.1", X_Forwarded_For=value)
    assert answer.status_code == 401


@pytest.mark.parametrize("address", ["", "unix:", "@", "localhost"])
def test_a_server_that_knows_no_address_is_no_fault(start, address):
    assert codes(start().test_client(), address) == [401]


# --- The switch ---


def test_switched_off_there_is_no_limit_and_no_header(start, limit):
    limit("1 per hour")
    client = start(rate_limits="off").test_client()
    answers = [log_in(client) for _ in range(3)]
    assert {answer.status_code for answer in answers} == {401}
    assert not any("RateLimit" in answer.headers for answer in answers)


def test_switched_off_the_guard_of_the_account_stays(start):
    app = start(rate_limits="off")
    client, body = app.test_client(), Registration(username="alice")
    client.post("/register", json=dict(body))
    with app.app_context():
        db.session.query(UserModel).update({"failures": HARD_STOP})
        db.session.commit()
    assert client.post("/login", json=dict(body)).status_code == 401


# --- Where it is counted ---


def test_two_workers_count_together(start, limit):
    limit("3 per hour")
    one, two = start().test_client(), start().test_client()
    found = [log_in(client).status_code for client in (one, two, one, two)]
    assert found == [401, 401, 401, 429]


def test_a_restart_forgets_nothing(start, limit):
    limit("1 per hour")
    assert codes(start().test_client(), "203.0.113.7") == [401]
    assert codes(start().test_client(), "203.0.113.7") == [429]


COUNT = """
from pathlib import Path
from services.limit_counts import FileStorage
storage = FileStorage(Path({path!r}))
print(*[storage.incr("key", 3600) for _ in range(200)])
"""


@pytest.mark.asvs("15.4.1")
def test_processes_that_count_at_once_miss_nothing(tmp_path):
    path = tmp_path / "limits.sqlite3"
    command = [sys.executable, "-c", COUNT.format(path=str(path))]
    running = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    counted = [int(count) for each in running for count in each.communicate()[0].split()]
    assert sorted(counted) == list(range(1, 601))
    assert FileStorage(path).get("key") == 600


@pytest.mark.asvs("15.4.1")
def test_threads_that_count_at_once_miss_nothing(tmp_path):
    storages = [FileStorage(tmp_path / "limits.sqlite3") for _ in range(2)]
    with ThreadPoolExecutor(8) as pool:
        counted = list(pool.map(lambda n: storages[n % 2].incr("key", 3600), range(400)))
    assert sorted(counted) == list(range(1, 401))


def test_a_count_begins_anew_when_its_time_is_over(tmp_path):
    storage = FileStorage(tmp_path / "limits.sqlite3")
    with time_machine.travel(clock.now(), tick=False) as traveller:
        assert [storage.incr("key", 60), storage.incr("key", 60)] == [1, 2]
        traveller.shift(60)
        assert (storage.get("key"), storage.incr("key", 60)) == (0, 1)


def test_counts_whose_time_is_over_are_taken_away(tmp_path):
    storage = FileStorage(tmp_path / "limits.sqlite3")
    with time_machine.travel(clock.now(), tick=False) as traveller:
        for number in range(50):
            storage.incr(f"key{number}", 60)
        traveller.shift(60)
        for _ in range(1_000):
            storage.incr("other", 60)
        assert storage._execute("SELECT count(*) FROM counts", ()) == [(1,)]


@pytest.mark.asvs("14.2.4")
def test_nobody_but_its_owner_reads_the_counts_for_they_hold_addresses(start, tmp_path):
    log_in(start().test_client())
    assert (tmp_path / "limits.sqlite3").stat().st_mode & 0o077 == 0


# --- Redis ---


@pytest.mark.asvs("16.5.2", "13.2.6")
def test_while_redis_is_down_the_workers_of_a_host_count_together(start, limit):
    limit("2 per hour")
    dead = {"redis_url": "redis://127.0.0.1:1/0"}
    clients = [start(**dead).test_client() for _ in range(2)]
    found = [log_in(client).status_code for client in (*clients, *clients)]
    assert found == [401, 401, 429, 429]


def test_a_redis_that_never_answers_holds_nobody_up_for_long(start, limit):
    limit("1 per hour")
    with socket.create_server(("127.0.0.1", 0), backlog=64) as silent:
        client = start(redis_url=f"redis://127.0.0.1:{silent.getsockname()[1]}/0").test_client()
        with ThreadPoolExecutor(1) as pool:
            begun = time.monotonic()
            waiting = pool.submit(codes, client, "203.0.113.7", "203.0.113.7")
            try:
                found = waiting.result(timeout=8)
            except TimeoutError:
                found = None
            finally:
                silent.close()
    assert found == [401, 429]
    assert time.monotonic() - begun < 8
