"""POST /login."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import jwt
import pytest
import time_machine
from sqlalchemy import text

from app import create_app
from core import clock
from db import db, pool_levels
from models import UserModel, UserSessionModel
from tests.factories import Registration, register, verify_email


def log_in(client, username, password):
    return client.post("/login", json={"username": username, "password": password})


def claims_of(answer):
    return jwt.decode(answer.json["access_token"], options={"verify_signature": False})


def test_a_sign_in_gives_a_bearer_token_of_fifteen_minutes(client, alice):
    answer = log_in(client, "alice", alice.password)
    assert answer.status_code == 200
    assert answer.json["token_type"] == "Bearer"
    assert answer.json["expires_in"] == 900


def test_the_token_opens_what_is_closed_without(client, alice):
    token = log_in(client, "alice", alice.password).json["access_token"]
    answer = client.get("/users", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200


@pytest.mark.parametrize("typed", ["alice", "ALICE", "Alice", "ａｌｉｃｅ", "ＡＬＩＣＥ"])
def test_the_name_may_be_typed_in_any_case_and_width(client, alice, typed):
    assert log_in(client, typed, alice.password).status_code == 200


@pytest.mark.parametrize("typed", ["a1ice", "аlice", "alice ", " alice"])
def test_a_name_that_only_looks_like_it_signs_nobody_in(client, alice, typed):
    assert log_in(client, typed, alice.password).status_code == 401


@pytest.mark.asvs("6.2.8")
@pytest.mark.parametrize("change", [str.upper, str.strip, lambda text: text + " ", lambda _: ""])
def test_a_password_that_is_almost_right_is_wrong(client, change):
    register(client, username="alice", password=" correct horse battery ")
    assert log_in(client, "alice", change(" correct horse battery ")).status_code == 401


@pytest.mark.asvs("6.3.4")
@pytest.mark.parametrize(
    "typed",
    ["nobody", "", "a", "\x00", "a\x00b", "@", "al ice", "admin", "alice@example.com", "🦊"],
)
def test_whatever_is_wrong_the_answer_is_the_same(client, typed):
    register(client, username="alice", password="correct horse", email="alice@example.com")
    wrong_password = log_in(client, "alice", "wrong")
    other = log_in(client, typed, "correct horse")
    assert wrong_password.status_code == other.status_code == 401
    assert wrong_password.data == other.data
    assert list(wrong_password.headers.keys()) == list(other.headers.keys())


@pytest.fixture(scope="module")
def slow_app(tmp_path_factory):
    """An app whose hashes take long enough to be watched."""
    directory = tmp_path_factory.mktemp("slow")
    app = create_app(
        {
            "MUSTER_DATABASE_URL": f"sqlite:///{directory}/muster.sqlite3",
            "MUSTER_INSTANCE_PATH": str(directory),
            "MUSTER_PASSWORD_ROUNDS": 300_000,
        }
    )
    app.test_client().post("/register", json=Registration(username="alice"))
    yield app
    with app.app_context():
        db.engine.dispose()


def duration(client, username):
    """In CPU time, for the machine may be busy with something else."""
    start = time.process_time()
    assert log_in(client, username, "wrong").status_code == 401
    return time.process_time() - start


@pytest.mark.parametrize("typed", ["nobody", "a", "alice@example.com"])
def test_an_unknown_name_takes_the_time_of_a_wrong_password(slow_app, typed):
    client = slow_app.test_client()
    # In turn, and the best of each: what else the machine does makes some of them costlier.
    turns = [(duration(client, "alice"), duration(client, typed)) for _ in range(4)]
    wrong_password, unknown = map(min, zip(*turns, strict=True))
    assert 0.5 < unknown / wrong_password < 2


def test_no_connection_is_held_while_a_password_is_verified(slow_app):
    held = []
    with slow_app.app_context(), ThreadPoolExecutor(1) as pool:
        attempt = pool.submit(duration, slow_app.test_client(), "alice")
        while not attempt.done():
            held.append(pool_levels(db.engine)["database_connections_in_use"]())
            time.sleep(0.001)
    assert attempt.result() > 0.01
    assert held.count(0) > 0.7 * len(held)


@pytest.mark.asvs("7.2.2", "9.2.2")
def test_the_claims_are_those_of_an_access_token(client, alice, app):
    before = int(time.time())
    claims = claims_of(log_in(client, "alice", alice.password))
    names = {"iss", "aud", "sub", "exp", "iat", "nbf", "jti", "sid", "fresh", "auth_time"}
    assert claims.keys() - {"type"} == names
    assert (claims["iss"], claims["aud"]) == ("http://127.0.0.1:8000", "muster")
    assert claims["sub"] == str(alice.id)
    assert before <= claims["iat"] <= time.time()
    assert claims["exp"] - claims["iat"] == 900
    assert claims["nbf"] == claims["iat"]
    assert 0 <= claims["iat"] - claims["auth_time"] <= 1
    assert claims["fresh"] is True


def test_the_header_names_type_algorithm_and_key(client, alice):
    token = log_in(client, "alice", alice.password).json["access_token"]
    header = jwt.get_unverified_header(token)
    assert header.keys() == {"typ", "alg", "kid"}
    assert (header["typ"], header["alg"]) == ("at+jwt", "ES256")


@pytest.mark.asvs("7.2.2")
def test_each_sign_in_is_a_session_and_a_token_of_its_own(client, app, alice):
    claims = [claims_of(log_in(client, "alice", alice.password)) for _ in range(2)]
    assert claims[0]["jti"] != claims[1]["jti"]
    assert claims[0]["sid"] != claims[1]["sid"]
    with app.app_context():
        kept = {row.id for row in db.session.query(UserSessionModel).filter_by(user_id=alice.id)}
    assert {claims[0]["sid"], claims[1]["sid"]} <= kept


@pytest.mark.asvs("7.2.4")
def test_a_sign_in_that_sends_a_live_token_along_takes_the_place_of_that_session(client, alice):
    body = {"username": "alice", "password": alice.password}
    again = client.post("/login", json=body, headers=alice.headers).json["access_token"]
    assert client.get("/me", headers=alice.headers).status_code == 401
    assert client.get("/me", headers={"Authorization": f"Bearer {again}"}).status_code == 200


def test_a_refused_sign_in_that_sends_a_live_token_along_ends_nothing(client, alice):
    body = {"username": "alice", "password": "wrong wrong"}
    assert client.post("/login", json=body, headers=alice.headers).status_code == 401
    assert client.get("/me", headers=alice.headers).status_code == 200


def test_a_sign_in_that_sends_the_token_of_another_along_ends_nothing(client, alice):
    bob = register(client)
    body = {"username": bob.username, "password": bob.password}
    assert client.post("/login", json=body, headers=alice.headers).status_code == 200
    assert client.get("/me", headers=alice.headers).status_code == 200


@pytest.mark.parametrize("typed", ["carol@example.com", "Carol@EXAMPLE.com"])
def test_a_confirmed_address_signs_in_whatever_its_case(client, app, typed):
    carol = register(client, username="carol", email="Carol@example.com")
    assert log_in(client, typed, carol.password).status_code == 401
    verify_email(app, carol)
    assert log_in(client, typed, carol.password).status_code == 200


def test_an_address_that_another_claims_without_confirming_signs_in_its_owner_only(client, app):
    carol = register(client, username="carol", email="carol@example.com")
    verify_email(app, carol)
    claimed = {"email": "carol@example.com", "password": "quite another phrase"}
    mallory = register(client, username="mallory", **claimed)
    assert log_in(client, "carol@example.com", mallory.password).status_code == 401


def test_a_refused_sign_in_begins_no_session(client, app, alice):
    with app.app_context():
        before = db.session.query(UserSessionModel).count()
    log_in(client, "alice", "wrong")
    with app.app_context():
        assert db.session.query(UserSessionModel).count() == before


@pytest.mark.parametrize("missing", ["username", "password"])
def test_a_missing_field_is_named(client, missing):
    body = Registration()
    del body[missing]
    answer = client.post("/login", json=body)
    assert answer.status_code == 422
    assert list(answer.json["errors"]["json"]) == [missing]


@pytest.mark.asvs("15.3.5")
@pytest.mark.parametrize("value", [None, 7, True, [], {}])
def test_a_password_that_is_not_text_is_refused(client, value):
    assert log_in(client, "alice", value).status_code == 422


def test_the_answer_never_repeats_the_password(client, alice):
    for body in ({"username": "alice"}, {"username": "alice", "more": 1}, {"username": 1}):
        answer = client.post("/login", json=body | {"password": alice.password})
        assert alice.password.encode() not in answer.data


def give_hash(app, password_hash):
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text("UPDATE users SET password_hash = :h"), {"h": password_hash})


# `correct horse battery`, by plain passlib 1.7.4: pbkdf2_sha256 and sha256_crypt.
PASSLIB = (
    "$pbkdf2-sha256$5$YmwthdDaW0tJiRFCqBWi1A$s0MCVAamUaMMGR9IcQ1IA1dvzdCdoezDXlVgAXuphqA",
    "$5$rounds=1000$zcNEshIUq/pYBC/H$dnNxtFStephqAGVy24hBpmRKBZAArbEwqvZ0Ncgcx95",
)


@pytest.mark.parametrize("password_hash", PASSLIB)
def test_a_hash_that_passlib_made_signs_in(client, app, alice, password_hash):
    give_hash(app, password_hash)
    assert log_in(client, "alice", "wrong").status_code == 401
    assert log_in(client, "alice", "correct horse battery").status_code == 200


@pytest.mark.asvs("11.2.2")
def test_a_hash_that_is_weaker_than_the_setting_is_replaced_at_the_next_sign_in(client, app, alice):
    give_hash(app, PASSLIB[0])
    log_in(client, "alice", "correct horse battery")
    with app.app_context():
        kept = db.session.query(UserModel).one().password_hash
    assert kept.startswith("$pbkdf2-sha256$10$")


@pytest.mark.asvs("6.2.10")
def test_a_password_does_not_expire(client, alice):
    with time_machine.travel(clock.now() + timedelta(days=3650)):
        assert log_in(client, "alice", alice.password).status_code == 200
