"""POST /register."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from db import db, pool_levels
from models import UserModel
from tests.factories import Registration, statements


def test_a_new_account_is_answered_with_its_profile_and_address(client):
    answer = client.post("/register", json=Registration(username="Alice"))
    user = answer.json["user"]
    assert answer.status_code == 201
    assert answer.json["message"] == "User created successfully."
    assert user == {"id": user["id"], "username": "Alice", "teams": []}
    assert answer.headers["Location"] == f"/users/{user['id']}"


@pytest.mark.asvs("11.4.2")
def test_the_password_is_kept_as_a_hash_in_the_format_of_passlib(client, app):
    client.post("/register", json=Registration(password="correct horse battery"))
    with app.app_context():
        kept = db.session.query(UserModel).one().password_hash
    assert kept.startswith("$pbkdf2-sha256$10$")
    assert len(kept.split("$")[3]) == 22  # 16 bytes of salt


@pytest.mark.parametrize(
    "variant", ["alice", "ALICE", "ａｌｉｃｅ", "a1ice", "аlice".replace("а", "a")]
)
def test_a_name_that_is_the_same_or_looks_the_same_is_taken(client, variant):
    client.post("/register", json=Registration(username="Alice"))
    answer = client.post("/register", json=Registration(username=variant))
    assert answer.status_code == 409
    assert answer.json == {
        "code": 409,
        "status": "Conflict",
        "message": "A user with that username already exists.",
        "error": "username_taken",
    }


@pytest.mark.asvs("2.3.4", "15.4.2")
def test_of_many_parallel_registrations_of_one_name_exactly_one_succeeds(app):
    variants = ["alice", "Alice", "ALICE", "ａｌｉｃｅ", "a1ice", "alIce", "aLICE", "ALiCE"] * 4
    together = Barrier(len(variants))

    def attempt(name):
        client = app.test_client()
        together.wait()
        return client.post("/register", json=Registration(username=name)).status_code

    with ThreadPoolExecutor(len(variants)) as pool:
        codes = list(pool.map(attempt, variants))
    assert sorted(codes) == [201] + [409] * 31


@pytest.mark.asvs("2.3.3")
def test_a_refused_registration_leaves_nothing_behind(client, app):
    client.post("/register", json=Registration(username="alice"))
    client.post("/register", json=Registration(username="alice"))
    with app.app_context():
        assert db.session.query(UserModel).count() == 1


@pytest.mark.asvs("2.2.1", "6.2.1", "6.2.4", "6.2.11", "2.2.3")
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("username", "a"),
        ("username", "аdmin"),
        ("username", "admin"),
        ("username", "a@b"),
        ("username", 7),
        ("password", "short"),
        ("password", "x" * 257),
        ("password", "password"),
        ("password", "the-user-name"),
        ("password", "someone@example.com"),
        ("password", None),
        ("email", "nonsense"),
        ("email", "a@example.com\r\nBcc: b@example.com"),
        ("id", 7),
        ("teams", []),
        ("is_admin", True),
    ],
)
def test_a_field_that_the_rules_refuse_is_named_and_nothing_is_kept(client, app, field, value):
    body = {
        "username": "the-user-name",
        "password": "correct horse",
        "email": "someone@example.com",
    }
    answer = client.post("/register", json=body | {field: value})
    assert answer.status_code == 422
    assert list(answer.json["errors"]["json"]) == [field]
    with app.app_context():
        assert db.session.query(UserModel).count() == 0


@pytest.mark.parametrize("missing", ["username", "password"])
def test_a_missing_field_is_named(client, missing):
    body = Registration()
    del body[missing]
    answer = client.post("/register", json=body)
    assert answer.status_code == 422
    assert list(answer.json["errors"]["json"]) == [missing]


@pytest.mark.asvs("6.2.8")
def test_a_password_is_neither_trimmed_nor_cut(client):
    password = "  " + "x" * 250 + "é  "
    client.post("/register", json=Registration(username="alice", password=password))
    wrong = client.post("/login", json={"username": "alice", "password": password[:-1]})
    right = client.post("/login", json={"username": "alice", "password": password})
    assert (wrong.status_code, right.status_code) == (401, 200)


def test_a_password_counts_as_the_same_in_every_unicode_spelling(client):
    client.post("/register", json=Registration(username="alice", password="caf\u00e9 au lait"))
    decomposed = {"username": "alice", "password": "cafe\u0301 au lait"}
    assert client.post("/login", json=decomposed).status_code == 200


def test_registering_takes_at_most_four_statements(client, app):
    with statements(app) as sent:
        client.post("/register", json=Registration())
    assert len(sent) <= 3, sent  # and the COMMIT, which is no statement to the driver


@pytest.mark.asvs("15.2.2")
def test_no_connection_is_held_while_a_password_is_hashed(client, app, monkeypatch):
    hasher = app.extensions["muster"].hasher
    held = []

    def look(_password):
        held.append(pool_levels(db.engine)["database_connections_in_use"]())
        return "$pbkdf2-sha256$1$AAAAAAAAAAAAAAAAAAAAAA$" + "A" * 43

    monkeypatch.setattr(hasher, "hash", look)
    client.post("/register", json=Registration())
    assert held == [0]
