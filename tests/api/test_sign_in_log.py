"""What the log says of attempts to sign in: each, by account and address, and nothing typed."""

from datetime import timedelta

import pytest
import time_machine

from core import clock
from tests.factories import register

LOGGER = "muster.sign_in"


@pytest.fixture
def attempts(caplog):
    """Call it for what was logged since it was called last: method, outcome, account."""
    caplog.set_level("INFO", "muster")

    def since():
        lines = [vars(each) for each in caplog.records if each.name == LOGGER]
        caplog.clear()
        return [(each["method"], each["outcome"], each["user_id"]) for each in lines]

    return since


def log_in(client, username="alice", password="wrong wrong", **headers):
    return client.post("/login", json={"username": username, "password": password}, **headers)


@pytest.mark.asvs("16.3.1")
def test_a_sign_in_good_or_bad_is_logged_with_the_account(client, alice, attempts):
    attempts()
    log_in(client)
    log_in(client, password=alice.password)
    assert attempts() == [
        ("password", "wrong_password", alice.id),
        ("password", "succeeded", alice.id),
    ]


@pytest.mark.asvs("16.3.1", "16.2.5")
def test_what_was_typed_as_an_unknown_name_is_not_logged(client, attempts, caplog):
    for typed in ("hunter2 geheim", "geheim@example.com"):
        log_in(client, typed)
    assert "geheim" not in "".join(str(vars(each)) for each in caplog.records)
    assert attempts() == [("password", "unknown_account", None)] * 2


@pytest.mark.asvs("16.3.1")
def test_who_is_disabled_or_has_to_wait_is_logged_as_that(app, client, alice, attempts):
    for _ in range(6):
        log_in(client)
    attempts()
    log_in(client, password=alice.password)
    app.test_cli_runner().invoke(args=["users", "disable", "alice"])
    log_in(client, password=alice.password)
    assert attempts() == [
        ("password", "delayed", alice.id),
        ("password", "unknown_account", alice.id),
    ]


@pytest.mark.asvs("16.3.1")
def test_a_refresh_good_or_bad_is_logged(client, alice, attempts):
    first = log_in(client, password=alice.password).json["refresh_token"]
    attempts()
    with time_machine.travel(clock.now(), tick=False) as now:
        for token in ("none of ours", "A" * 64, first):
            client.post("/refresh", json={"refresh_token": token})
        now.shift(timedelta(minutes=1))
        client.post("/refresh", json={"refresh_token": first})
    found = [(outcome, user_id) for _method, outcome, user_id in attempts()]
    unknown = ("unknown_token", None)
    assert found == [unknown, unknown, ("succeeded", alice.id), ("replayed", alice.id)]


@pytest.mark.asvs("16.3.1")
def test_a_refresh_that_comes_too_late_is_logged(client, alice, attempts):
    token = log_in(client, password=alice.password).json["refresh_token"]
    attempts()
    with time_machine.travel(clock.now() + timedelta(days=31)):
        client.post("/refresh", json={"refresh_token": token})
    assert attempts() == [("refresh_token", "expired", alice.id)]


@pytest.mark.asvs("16.3.1")
def test_a_password_that_is_asked_for_again_is_logged(client, alice, attempts):
    attempts()
    for current in ("wrong wrong", alice.password):
        body = {"current_password": current, "new_password": "another horse battery"}
        client.put("/me/password", json=body, headers=alice.headers)
    outcomes = ("wrong_password", "succeeded")
    assert attempts() == [("current_password", outcome, alice.id) for outcome in outcomes]


@pytest.mark.asvs("16.3.1", "16.2.1")
def test_an_attempt_is_logged_with_its_address_and_the_id_of_its_request(client, caplog):
    caplog.set_level("INFO", "muster")
    bob = register(client, username="bob")
    caplog.clear()
    answer = log_in(client, "bob", bob.password, environ_base={"REMOTE_ADDR": "203.0.113.7"})
    (line,) = (vars(each) for each in caplog.records if each.name == LOGGER)
    assert line["address"] == "203.0.113.7"
    assert line["request_id"] == answer.headers["X-Request-ID"]
    assert line["session_id"]
