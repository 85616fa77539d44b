"""/me/sessions, and all that ends sessions besides signing out."""

from datetime import timedelta

import jwt
import pytest
import time_machine
from sqlalchemy import func, select

from core import clock
from db import db
from models import UserSessionModel
from tests.factories import register, statements

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def time():
    with time_machine.travel(clock.now().replace(microsecond=0), tick=False) as traveller:
        yield traveller


def begin(client, account, user_agent=FIREFOX, address="203.0.113.7"):
    """A sign-in on another device: its tokens."""
    return client.post(
        "/login",
        json={"username": account.username, "password": account.password},
        headers={"User-Agent": user_agent},
        environ_base={"REMOTE_ADDR": address},
    ).json


def headers_of(pair):
    return {"Authorization": f"Bearer {pair['access_token']}"}


def id_of(headers):
    token = headers["Authorization"].removeprefix("Bearer ")
    return jwt.decode(token, options={"verify_signature": False})["sid"]


def listed(client, headers):
    return client.get("/me/sessions", headers=headers).json["items"]


def is_alive(client, headers):
    return client.get("/me", headers=headers).status_code == 200


# --- The list ---


def test_the_list_shows_device_address_and_times(client, time, alice):
    pair = begin(client, alice)
    shown = listed(client, headers_of(pair))[-1]
    now = clock.now().isoformat()
    assert shown == {
        "id": id_of(headers_of(pair)),
        "current": True,
        "device": "Firefox on Linux",
        "address": "203.0.113.7",
        "created_at": now,
        "last_used_at": now,
    }


def test_the_list_has_all_sessions_of_the_account_oldest_first_and_marks_the_one_that_asks(
    client, alice
):
    pairs = [begin(client, alice) for _ in range(3)]
    ids = [id_of(alice.headers), *[id_of(headers_of(pair)) for pair in pairs]]
    found = listed(client, headers_of(pairs[1]))
    assert [each["id"] for each in found] == ids
    assert [each["current"] for each in found] == [False, False, True, False]


@pytest.mark.asvs("8.2.2")
def test_the_list_has_no_sessions_of_others(client, alice):
    other = register(client)
    assert [each["id"] for each in listed(client, alice.headers)] == [id_of(alice.headers)]
    assert [each["id"] for each in listed(client, other.headers)] == [id_of(other.headers)]


def test_the_list_has_no_session_that_has_ended(client, alice):
    ending = begin(client, alice)
    client.post("/logout", headers=headers_of(ending))
    assert [each["id"] for each in listed(client, alice.headers)] == [id_of(alice.headers)]


def test_the_list_has_no_session_that_has_expired(client, time, alice):
    pair = begin(client, alice)
    for _ in range(2):  # a refresh, unlike a sign-in, takes no expired session away
        time.shift(timedelta(days=15))
        pair = client.post("/refresh", json={"refresh_token": pair["refresh_token"]}).json
    current = headers_of(pair)
    assert [each["id"] for each in listed(client, current)] == [id_of(current)]


def test_the_pages_of_the_list_hold_every_session_once(client, alice):
    ids = [id_of(alice.headers), *[id_of(headers_of(begin(client, alice))) for _ in range(4)]]
    found, cursor = [], ""
    for _ in range(3):
        page = client.get(f"/me/sessions?limit=2{cursor}", headers=alice.headers).json
        found += [each["id"] for each in page["items"]]
        cursor = f"&cursor={page['next_cursor']}"
    assert found == ids
    assert page["next_cursor"] is None


@pytest.mark.asvs("14.2.6", "10.1.1")
def test_the_list_shows_nothing_that_a_token_is_made_of(client, alice):
    answer = client.get("/me/sessions", headers=alice.headers)
    shown = {"id", "current", "device", "address", "created_at", "last_used_at"}
    assert answer.json["items"][0].keys() == shown


@pytest.mark.parametrize(
    ("user_agent", "device"),
    [
        ("", "Unknown device"),
        ("x", "Unknown device"),
        ("curl/8.5.0", "curl"),
        ("<script>alert(1)</script>", "Unknown device"),
        ("x" * 10_000, "Unknown device"),
        ("caf\xe9 \x80\xff", "Unknown device"),
    ],
)
def test_any_user_agent_is_a_device(client, alice, user_agent, device):
    pair = begin(client, alice, user_agent=user_agent)
    (current,) = [each for each in listed(client, headers_of(pair)) if each["current"]]
    assert current["device"] == device


@pytest.mark.parametrize(
    "address", ["2001:db8::1", "::ffff:203.0.113.7", "fe80::1%eth0", "fe80::1%" + "x" * 60, ""]
)
def test_any_address_can_sign_in(client, alice, address):
    assert "access_token" in begin(client, alice, address=address)


# --- When it was used last ---


def writes(sent):
    return [each for each in sent if each.startswith("UPDATE user_sessions")]


@pytest.mark.parametrize(("seconds", "count"), [(59, 0), (60, 1)])
def test_use_is_noted_once_a_minute_at_the_most(client, app, time, alice, seconds, count):
    time.shift(seconds)
    with statements(app) as sent:
        for _ in range(5):
            client.get("/me", headers=alice.headers)
    assert len(writes(sent)) == count


def test_the_time_of_use_is_shown(client, time, alice):
    before = clock.now()
    time.shift(300)
    client.get("/me", headers=alice.headers)
    (shown,) = listed(client, alice.headers)
    assert shown["created_at"] == before.isoformat()
    assert shown["last_used_at"] == clock.now().isoformat()


# --- Ending them ---


@pytest.mark.asvs("10.4.9")
def test_ending_one_ends_its_tokens_and_no_others(client, alice):
    pair = begin(client, alice)
    path = f"/me/sessions/{id_of(headers_of(pair))}"
    assert client.delete(path, headers=alice.headers).status_code == 204
    assert not is_alive(client, headers_of(pair))
    body = {"refresh_token": pair["refresh_token"]}
    assert client.post("/refresh", json=body).status_code == 401
    assert is_alive(client, alice.headers)


def test_ending_the_one_that_asks_is_signing_out(client, alice):
    path = f"/me/sessions/{id_of(alice.headers)}"
    assert client.delete(path, headers=alice.headers).status_code == 204
    assert not is_alive(client, alice.headers)


@pytest.mark.asvs("8.2.2")
def test_the_session_of_another_is_not_there_and_goes_on(client, alice):
    other = register(client)
    answer = client.delete(f"/me/sessions/{id_of(other.headers)}", headers=alice.headers)
    assert (answer.status_code, answer.json["error"]) == (404, "not_found")
    assert is_alive(client, other.headers)


def test_a_session_that_has_ended_is_not_there(client, alice):
    path = f"/me/sessions/{id_of(headers_of(begin(client, alice)))}"
    assert client.delete(path, headers=alice.headers).status_code == 204
    assert client.delete(path, headers=alice.headers).status_code == 404


@pytest.mark.asvs("8.2.2")
def test_the_session_of_another_and_one_that_never_was_are_answered_the_same(client, alice):
    theirs = client.delete(f"/me/sessions/{id_of(register(client).headers)}", headers=alice.headers)
    nobodys = client.delete("/me/sessions/999999999", headers=alice.headers)
    assert theirs.data == nobodys.data


@pytest.mark.parametrize("session_id", ["0", "-1", "01", "1.0", "x", str(2**63), "9" * 30, "%00"])
def test_what_is_no_id_is_not_there(client, alice, session_id):
    answer = client.delete(f"/me/sessions/{session_id}", headers=alice.headers)
    assert answer.status_code == 404


def test_ending_the_others_keeps_the_one_that_asks(client, alice):
    pairs, other = [begin(client, alice) for _ in range(3)], register(client)
    assert client.delete("/me/sessions", headers=alice.headers).status_code == 204
    assert not any(is_alive(client, headers_of(pair)) for pair in pairs)
    assert is_alive(client, alice.headers)
    assert is_alive(client, other.headers)


@pytest.mark.asvs("7.4.3")
def test_a_new_password_ends_all_other_sessions_but_not_this_one(client, alice):
    pair = begin(client, alice)
    body = {"current_password": alice.password, "new_password": "another horse battery"}
    assert client.put("/me/password", json=body, headers=alice.headers).status_code == 204
    assert not is_alive(client, headers_of(pair))
    assert is_alive(client, alice.headers)


def test_an_id_of_a_session_is_never_used_again(client, alice):
    before = id_of(headers_of(begin(client, alice)))
    client.delete(f"/me/sessions/{before}", headers=alice.headers)
    assert id_of(headers_of(begin(client, alice))) > before


# --- Making room ---


def count_of(app):
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(UserSessionModel))


def test_a_sign_in_takes_a_small_batch_of_expired_sessions_away(client, app, time, alice):
    for _ in range(44):
        begin(client, alice)
    time.shift(timedelta(days=30))
    counts = []
    for _ in range(3):
        begin(client, alice)
        counts.append(count_of(app))
    assert counts == [26, 7, 3]  # 45 had expired; 20 go at once, and one comes


def test_a_session_that_is_alive_is_never_taken_away(client, app, time, alice):
    time.shift(timedelta(days=30) - timedelta(seconds=1))
    begin(client, alice)
    assert count_of(app) == 2


@pytest.mark.asvs("14.2.7")
def test_a_sign_in_takes_expired_sessions_of_everybody_away(client, app, time, alice):
    other = register(client)
    time.shift(timedelta(days=30))
    begin(client, other)
    assert count_of(app) == 1


# --- Operators ---


def flask(app, *args):
    return app.test_cli_runner().invoke(args=args)


@pytest.mark.asvs("7.4.2", "7.4.5", "8.3.2", "8.2.4")
def test_a_disabled_account_is_out_on_the_next_request(client, app, alice):
    pair = begin(client, alice)
    assert flask(app, "users", "disable", "ALICE").exit_code == 0
    assert not is_alive(client, alice.headers)
    body = {"refresh_token": pair["refresh_token"]}
    assert client.post("/refresh", json=body).status_code == 401


@pytest.mark.asvs("8.2.4")
def test_a_disabled_account_cannot_sign_in(client, app, alice):
    flask(app, "users", "disable", "alice")
    body = {"username": "alice", "password": alice.password}
    answer = client.post("/login", json=body)
    assert (answer.status_code, answer.json["error"]) == (401, "invalid_credentials")


def test_disabling_one_ends_no_session_of_another(client, app, alice):
    other = register(client)
    flask(app, "users", "disable", "alice")
    assert is_alive(client, other.headers)


def test_an_account_that_is_enabled_again_signs_in_and_its_old_sessions_stay_over(
    client, app, alice
):
    flask(app, "users", "disable", "alice")
    assert flask(app, "users", "enable", "alice").exit_code == 0
    assert "access_token" in begin(client, alice)
    assert not is_alive(client, alice.headers)


@pytest.mark.parametrize("command", ["disable", "enable", "unlock"])
def test_a_name_that_nobody_has_is_told_to_the_operator(client, app, command):
    result = flask(app, "users", command, "nobody")
    assert result.exit_code == 1
    assert result.output == "Error: There is no such user.\n"
