"""POST /refresh: rotation, lost answers, replays, and how long a session lives."""

from base64 import urlsafe_b64encode
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from secrets import token_bytes
from threading import Barrier

import jwt
import pytest
import time_machine
from sqlalchemy import select

from core import clock
from db import db
from models import UserSessionModel

PHONE = {"User-Agent": "Phone"}


@pytest.fixture(autouse=True)
def time():
    """The clock stands still until a test moves it."""
    with time_machine.travel(clock.now().replace(microsecond=0), tick=False) as traveller:
        yield traveller


@pytest.fixture
def first(client, alice):
    """The answer to a sign-in on a phone."""
    body = {"username": "alice", "password": alice.password}
    return client.post("/login", json=body, headers=PHONE).json


def refresh(client, pair, headers=PHONE):
    return client.post("/refresh", json={"refresh_token": pair["refresh_token"]}, headers=headers)


def me(client, pair):
    headers = {"Authorization": f"Bearer {pair['access_token']}"}
    return client.get("/me", headers=headers).status_code


def assert_refused(answer):
    assert (answer.status_code, answer.json["error"]) == (401, "invalid_token")
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


def claims_of(pair):
    return jwt.decode(pair["access_token"], options={"verify_signature": False})


# --- Rotation ---


def test_a_refresh_gives_a_new_pair_of_the_same_session(client, first):
    second = refresh(client, first)
    assert second.status_code == 200
    assert second.json.keys() == first.keys()
    assert second.json["refresh_token"] != first["refresh_token"]
    assert claims_of(second.json)["sid"] == claims_of(first)["sid"]
    assert claims_of(second.json)["jti"] != claims_of(first)["jti"]
    assert second.headers["Cache-Control"] == "no-store"


def test_a_refresh_leaves_the_tokens_of_other_sessions_as_they_are(client, alice, first):
    body = {"username": "alice", "password": alice.password}
    other = client.post("/login", json=body, headers=PHONE).json
    assert refresh(client, first).status_code == 200
    assert refresh(client, other).status_code == 200


@pytest.mark.asvs("2.3.1")
def test_each_pair_of_a_long_chain_works(client, first, time):
    pair = first
    for _ in range(5):
        time.shift(600)
        pair = refresh(client, pair).json
        assert me(client, pair) == 200


def test_the_access_token_of_before_holds_until_it_expires(client, first):
    refresh(client, first)
    assert me(client, first) == 200


def test_a_refresh_token_works_after_its_access_token_has_expired(client, first, time):
    time.shift(3_600)
    assert me(client, first) == 401
    assert me(client, refresh(client, first).json) == 200


def test_a_session_shows_where_it_was_refreshed_last(client, first):
    headers = {"User-Agent": "curl/8.5.0"}
    pair = client.post(
        "/refresh",
        json={"refresh_token": first["refresh_token"]},
        headers=headers,
        environ_base={"REMOTE_ADDR": "203.0.113.7"},
    ).json
    listed = client.get("/me/sessions", headers={"Authorization": f"Bearer {pair['access_token']}"})
    (current,) = [each for each in listed.json["items"] if each["current"]]
    assert (current["device"], current["address"]) == ("curl", "203.0.113.7")


# --- Replays ---


@pytest.mark.asvs("10.4.5", "8.2.4")
def test_a_replay_after_the_window_ends_the_session_with_all_its_tokens(client, first, time):
    second = refresh(client, first).json
    time.shift(11)
    assert_refused(refresh(client, first))
    assert (me(client, first), me(client, second)) == (401, 401)
    assert_refused(refresh(client, second))


def test_a_replay_is_remembered_although_it_is_refused(client, app, first, time):
    refresh(client, first)
    time.shift(11)
    refresh(client, first)
    with app.app_context():
        kept = db.session.scalars(select(UserSessionModel.id)).all()
    assert claims_of(first)["sid"] not in kept


def test_a_replay_ends_no_other_session_of_the_account(client, alice, first, time):
    refresh(client, first)
    time.shift(11)
    refresh(client, first)
    assert client.get("/me", headers=alice.headers).status_code == 200


def test_a_lost_answer_is_given_again_within_ten_seconds(client, first, time):
    lost = refresh(client, first).json
    time.shift(10)
    again = refresh(client, first)
    assert again.json["refresh_token"] == lost["refresh_token"]
    assert me(client, again.json) == 200
    assert refresh(client, again.json).status_code == 200


def test_the_network_may_have_changed_when_an_answer_was_lost(client, first):
    refresh(client, first)
    again = client.post(
        "/refresh",
        json={"refresh_token": first["refresh_token"]},
        headers=PHONE,
        environ_base={"REMOTE_ADDR": "203.0.113.7"},
    )
    assert again.status_code == 200


@pytest.mark.asvs("8.2.4")
def test_a_lost_answer_is_not_given_to_another_client(client, first):
    second = refresh(client, first).json
    assert_refused(refresh(client, first, headers={"User-Agent": "Thief"}))
    assert (me(client, first), me(client, second)) == (401, 401)


def test_a_lost_answer_is_given_to_the_client_that_refreshed_last(client, first):
    update = {"User-Agent": "Phone with an update"}
    lost = refresh(client, first, headers=update).json
    assert refresh(client, first, headers=update).json["refresh_token"] == lost["refresh_token"]


def test_a_lost_answer_is_not_given_once_its_successor_was_used(client, first):
    second = refresh(client, first).json
    third = refresh(client, second).json
    assert_refused(refresh(client, first))
    assert me(client, third) == 401


@pytest.mark.asvs("10.4.5", "2.3.1")
def test_a_token_of_long_ago_ends_the_session(client, first, time):
    pair = first
    for _ in range(4):
        time.shift(60)
        pair = refresh(client, pair).json
    assert_refused(refresh(client, first))
    assert me(client, pair) == 401


def refreshed_together(app, pair, count):
    together = Barrier(count)

    def attempt(_):
        client = app.test_client()
        together.wait()
        return refresh(client, pair)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(attempt, range(count)))


@pytest.mark.asvs("15.4.2")
def test_twenty_parallel_refreshes_leave_a_session_that_works(app, client, first):
    answers = refreshed_together(app, first, 20)
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json["refresh_token"] for answer in answers}) == 1
    for answer in answers:
        assert me(client, answer.json) == 200
        assert refresh(client, answer.json).status_code == 200


def test_of_many_parallel_replays_none_gets_through_and_none_is_a_fault(app, client, first, time):
    second = refresh(client, first).json
    time.shift(11)
    answers = refreshed_together(app, first, 8)
    assert {answer.status_code for answer in answers} == {401}
    assert me(client, second) == 401


def test_a_refresh_beside_a_sign_out_leaves_nothing_that_works(app, client, first):
    headers = {"Authorization": f"Bearer {first['access_token']}"}
    with ThreadPoolExecutor(2) as pool:
        out = pool.submit(lambda: app.test_client().post("/logout", headers=headers).status_code)
        answer = refresh(client, first)
    assert out.result() == 200
    pairs = [first, *([answer.json] if answer.status_code == 200 else [])]
    assert {me(client, pair) for pair in pairs} == {401}


# --- Tokens that are none ---


def made_up(family=b""):
    return urlsafe_b64encode((family + token_bytes(48))[:48]).decode()


def test_a_token_that_somebody_made_up_does_nothing(client, first):
    for _ in range(20):
        assert_refused(client.post("/refresh", json={"refresh_token": made_up()}))
    assert me(client, first) == 200
    assert refresh(client, first).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        lambda token: "",
        lambda token: " " + token,
        lambda token: token + "\n",
        lambda token: token + "=",
        lambda token: token[:-1],
        lambda token: token[:-4],
        lambda token: token + token,
        lambda token: "A" * 60_000,
        lambda token: "é" * 64,
        lambda token: "\0" * 64,
        lambda token: "+/" * 32,
        lambda token: token[:-1] + "é",
    ],
)
def test_what_cannot_be_a_token_of_ours_is_refused_and_ends_nothing(client, first, change):
    text = change(first["refresh_token"])
    assert_refused(client.post("/refresh", json={"refresh_token": text}))
    assert refresh(client, first).status_code == 200


@pytest.mark.parametrize("body", [{}, {"refresh_token": None}, {"refresh_token": 7}])
def test_a_body_without_a_token_is_refused_as_such(client, body):
    answer = client.post("/refresh", json=body)
    assert answer.status_code == 422
    assert list(answer.json["errors"]["json"]) == ["refresh_token"]


# --- Lifetime ---


@pytest.mark.asvs("7.3.1", "8.2.4")
@pytest.mark.parametrize(("seconds", "status"), [(-1, 200), (0, 401)])
def test_thirty_days_without_a_refresh_end_a_session(client, first, time, seconds, status):
    time.shift(timedelta(days=30, seconds=seconds))
    assert refresh(client, first).status_code == status


@pytest.mark.asvs("7.3.2", "10.4.8", "8.2.4")
@pytest.mark.parametrize(("seconds", "status"), [(-1, 200), (0, 401)])
def test_ninety_days_in_all_end_a_session_that_is_refreshed(client, first, time, seconds, status):
    pair = first
    for _ in range(4):
        time.shift(timedelta(days=20))
        pair = refresh(client, pair).json
    time.shift(timedelta(days=10, seconds=seconds))
    assert refresh(client, pair).status_code == status


def test_an_access_token_does_not_outlive_its_session(client, first, time):
    time.shift(timedelta(days=29, hours=23, minutes=59))
    pair = refresh(client, first).json
    for _ in range(2):
        time.shift(timedelta(days=29, hours=23, minutes=59))
        pair = refresh(client, pair).json
    assert me(client, pair) == 200
    time.shift(timedelta(minutes=3))
    assert me(client, pair) == 401


# --- What a refreshed token may do ---


@pytest.mark.asvs("10.3.4")
def test_a_refreshed_token_is_not_fresh_and_keeps_the_time_of_the_sign_in(client, first, time):
    time.shift(600)
    claims = claims_of(refresh(client, first).json)
    assert (claims_of(first)["fresh"], claims["fresh"]) == (True, False)
    assert claims["auth_time"] == claims_of(first)["auth_time"] == claims["iat"] - 600


@pytest.mark.asvs("7.5.3", "10.3.4", "2.3.1", "8.2.4")
def test_deleting_the_account_wants_a_fresh_token(client, first):
    pair = refresh(client, first).json
    headers = {"Authorization": f"Bearer {pair['access_token']}"}
    answer = client.delete("/me", headers=headers)
    assert (answer.status_code, answer.json["error"]) == (401, "fresh_sign_in_required")
    challenge = 'Bearer error="insufficient_user_authentication"'  # RFC 9470, section 3
    assert answer.headers["WWW-Authenticate"] == challenge
    assert me(client, pair) == 200


# --- What is kept ---


def kept(app):
    """All that the database holds, as one text."""
    with app.app_context(), db.engine.connect() as connection:
        rows = [row for t in db.metadata.sorted_tables for row in connection.execute(select(t))]
    values = [value for row in rows for value in row]
    assert values
    return values


@pytest.mark.asvs("14.2.4")
def test_no_token_is_in_the_database(client, app, first):
    second = refresh(client, first).json
    texts = [value for value in kept(app) if isinstance(value, str)]
    for pair in (first, second):
        for token in pair.values():
            assert not any(str(token) in text for text in texts if len(str(token)) > 20)


def test_nothing_that_a_token_is_made_of_is_in_the_database(client, app, first):
    second = refresh(client, first).json
    for token in (first["refresh_token"], second["refresh_token"]):
        raw = jwt.utils.base64url_decode(token)
        for part in (raw, raw[:16], raw[16:]):
            for value in kept(app):
                assert part != value
                assert part.hex() not in str(value)


@pytest.mark.asvs("7.2.3", "11.4.3")
def test_there_are_only_digests_of_refresh_tokens(client, app, first):
    refresh(client, first)
    with app.app_context():
        rows = db.session.query(UserSessionModel).all()
    digests = [r.refresh_family for r in rows] + [r.refresh_digest for r in rows]
    assert all(len(digest) == 64 and set(digest) <= set("0123456789abcdef") for digest in digests)
