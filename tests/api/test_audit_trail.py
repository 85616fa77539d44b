"""What the audit trail keeps of an account. There is no address to read it at: it is looked up."""

from datetime import timedelta

import jwt
import pytest
import time_machine

from core import clock
from db import db
from tests.factories import (
    open_team,
    register,
    together,
    trail,
    verify_email,
)

NEW = "another horse battery"


@pytest.fixture
def time():
    with time_machine.travel(clock.now().replace(microsecond=0), tick=False) as traveller:
        yield traveller


def told(app):
    """What happened, who did it (None: an operator), and whom to."""
    return [(event.event, event.actor_id, event.user_id) for event in trail(app)]


def change(client, account, **fields):
    return client.patch("/me", json=fields, headers=account.headers)


def change_password(client, account, current):
    body = {"current_password": current, "new_password": NEW}
    return client.put("/me/password", json=body, headers=account.headers)


# --- What people do ---


def test_registering_and_signing_in_leave_no_event(client, app, alice):
    assert told(app) == []


@pytest.mark.parametrize(
    ("fields", "event"),
    [
        ({"username": "bob"}, "username_changed"),
        ({"username": "Alice"}, "username_changed"),
        ({"email": "alice@example.com"}, "email_changed"),
    ],
)
def test_a_change_of_name_or_address_is_kept_with_its_time(client, app, alice, time, fields, event):
    assert change(client, alice, **fields).status_code == 200
    assert told(app) == [(event, alice.id, alice.id)]
    (kept,) = trail(app)
    assert (kept.created_at, kept.team_id, kept.details) == (clock.now(), None, {})


def test_a_change_of_both_is_two_events(client, app, alice):
    change(client, alice, username="bob", email="bob@example.com")
    assert [event.event for event in trail(app)] == ["username_changed", "email_changed"]


@pytest.mark.parametrize(
    "fields", [{}, {"username": "alice"}, {"email": "alice@example.com"}, {"username": "admin"}]
)
def test_a_change_that_changes_nothing_leaves_no_event(client, app, fields):
    alice = register(client, username="alice", email="alice@example.com")
    change(client, alice, **fields)
    assert told(app) == []


def test_a_change_to_a_name_that_is_taken_leaves_no_event(client, app, alice):
    register(client, username="bob")
    assert change(client, alice, username="bob", email="a@example.com").status_code == 409
    assert told(app) == []


def test_a_new_password_is_kept_as_an_event_and_a_wrong_one_is_not(client, app, alice):
    assert change_password(client, alice, "wrong").status_code == 403
    assert told(app) == []
    assert change_password(client, alice, alice.password).status_code == 204
    assert told(app) == [("password_changed", alice.id, alice.id)]


def test_a_deletion_outlives_the_account(client, app, alice):
    client.delete("/me", headers=alice.headers)
    assert told(app) == [("user_deleted", alice.id, alice.id)]


def test_deleting_at_once_is_one_deletion(client, app, alice):
    together(*[lambda: app.test_client().delete("/me", headers=alice.headers)] * 6)
    assert told(app) == [("user_deleted", alice.id, alice.id)]


# --- What operators do ---


@pytest.mark.parametrize(
    ("command", "event"),
    [("disable", "user_disabled"), ("enable", "user_enabled"), ("unlock", "user_unlocked")],
)
def test_what_an_operator_does_is_kept_as_done_by_nobody_to_the_account(app, alice, command, event):
    done = app.test_cli_runner().invoke(args=["users", command, "alice"])
    assert done.exit_code == 0, done.output
    assert told(app) == [(event, None, alice.id)]


def test_an_address_that_an_operator_vouches_for_is_kept_as_an_event(client, app):
    alice = register(client, username="alice", email="alice@example.com")
    verify_email(app, alice)
    assert told(app) == [("email_verified", None, alice.id)]


@pytest.mark.parametrize("command", ["disable", "enable", "unlock", "verify-email"])
def test_what_an_operator_does_to_nobody_leaves_no_event(app, alice, command):
    done = app.test_cli_runner().invoke(args=["users", command, "nobody"])
    assert done.exit_code == 1
    assert told(app) == []


def test_an_account_without_an_address_has_none_to_vouch_for(app, alice):
    done = app.test_cli_runner().invoke(args=["users", "verify-email", "alice"])
    assert (done.exit_code, done.output) == (1, "Error: The user has no e-mail address.\n")
    assert told(app) == []


def test_an_address_counts_for_one_account_only(client, app):
    alice = register(client, email="alice@example.com")
    thief = register(client, email="ALICE@example.com")
    verify_email(app, alice)
    done = app.test_cli_runner().invoke(args=["users", "verify-email", thief.username])
    assert done.exit_code == 1
    assert "confirmed by another account" in done.output
    assert told(app) == [("email_verified", None, alice.id)]
    assert client.get("/me", headers=thief.headers).json["email_verified"] is False
    assert client.get("/me", headers=alice.headers).json["email_verified"] is True


# --- What thieves do ---


def test_a_refresh_token_that_is_replayed_is_kept_as_an_event(client, app, alice, time):
    body = {"username": "alice", "password": alice.password}
    pair = client.post("/login", json=body).json
    body = {"refresh_token": pair["refresh_token"]}
    client.post("/refresh", json=body)
    time.shift(11)
    assert client.post("/refresh", json=body).status_code == 401
    claims = jwt.decode(pair["access_token"], options={"verify_signature": False})
    (event,) = trail(app)
    assert (event.event, event.user_id) == ("refresh_token_replayed", alice.id)
    assert pair["refresh_token"] not in str(vars(event))
    assert claims["sid"]


# --- How long it is kept ---


@pytest.mark.parametrize(("days", "count"), [(364, 3), (365, 1)])
def test_events_are_kept_for_a_year(client, app, alice, time, days, count):
    change(client, alice, username="bob")
    change(client, alice, email="bob@example.com")
    time.shift(timedelta(days=days))
    other = register(client)
    open_team(client, other)
    assert len(trail(app)) == count


def test_the_trail_refers_to_nothing_that_could_take_it_along(app):
    assert not db.metadata.tables["audit_events"].foreign_keys
