"""GET /users and GET /users/{id}: paging, profiles, and the guard that both stand behind."""

import json
from base64 import urlsafe_b64encode
from datetime import timedelta
from pathlib import Path

import jwt
import pytest
import time_machine
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from sqlalchemy import select

from core import clock, paging
from core.permissions import Role
from db import db
from models import MembershipModel, TeamModel, UserModel, UserSessionModel
from services import signing_keys
from tests.factories import Registration, join, open_team, register, statements


def add_users(client, count):
    return [client.post("/register", json=Registration()).json["user"] for _ in range(count)]


def pages(client, headers, limit):
    """All pages, as a client follows them."""
    cursor, count = "", 0
    while cursor is not None:
        count += 1
        assert count < 50, "the pages go round in a circle"
        page = client.get(f"/users?limit={limit}{cursor}", headers=headers).json
        yield page["items"]
        cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"


def add_to_two_teams_each(app):
    """50 users in 50 teams would be 150 requests, so they are written."""
    with app.app_context():
        users = db.session.scalars(select(UserModel).order_by(UserModel.id)).all()
        teams = [TeamModel(name=f"Team {number}") for number in range(len(users))]
        db.session.add_all(teams)
        db.session.flush()
        for number, user in enumerate(users):
            for team in (teams[number], teams[number - 1]):
                row = MembershipModel(team_id=team.id, user_id=user.id, role=Role.OWNER)
                db.session.add(row)
        db.session.commit()


# --- Pages ---


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 6, 7, 100])
def test_the_pages_hold_every_user_once_in_order(client, alice, limit):
    added = [user["id"] for user in add_users(client, 5)]
    found = list(pages(client, alice.headers, limit))
    assert [user["id"] for page in found for user in page] == [alice.id, *added]
    assert all(len(page) == limit for page in found[:-1])
    assert found[-1]


def test_users_who_come_between_two_pages_are_on_a_later_one(client, alice):
    added = add_users(client, 3)
    following = pages(client, alice.headers, 2)
    found = next(following)
    added += add_users(client, 2)
    found += [user for page in following for user in page]
    assert [user["id"] for user in found] == [alice.id] + [user["id"] for user in added]


def test_without_a_limit_a_page_holds_fifty(client, alice, app):
    add_users(client, 50)
    page = client.get("/users", headers=alice.headers).json
    assert len(page["items"]) == 50
    assert page.keys() == {"items", "next_cursor"}


@pytest.mark.asvs("15.3.5", "1.4.2")
@pytest.mark.parametrize("limit", ["0", "-1", "101", "x", "", "1.5", "1e1", "9" * 5_000])
def test_a_limit_that_is_none_is_refused(client, alice, limit):
    answer = client.get(f"/users?limit={limit}", headers=alice.headers)
    assert answer.status_code == 422
    assert list(answer.json["errors"]["query"]) == ["limit"]


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "1",
        "%00",
        "é",
        "aWQ6MQ==",
        "aWQ6MQ%3D",
        "aWQ6MR",
        "aWQ6MQ ",
        "aWQ6LTE",
        "aWQ6MDE",
        "eHg6MQ",
        "a" * 5_000,
        paging.encode_cursor(2**63),
        paging.encode_cursor(10**19 - 1),
    ],
)
def test_a_cursor_that_muster_never_gave_is_refused(client, alice, cursor):
    answer = client.get(f"/users?cursor={cursor}", headers=alice.headers)
    assert answer.status_code == 422
    assert list(answer.json["errors"]["query"]) == ["cursor"]


def test_a_page_behind_the_last_user_is_empty(client, alice):
    cursor = paging.encode_cursor(2**63 - 1)
    answer = client.get(f"/users?cursor={cursor}", headers=alice.headers)
    assert answer.json == {"items": [], "next_cursor": None}


def test_a_page_takes_three_statements_whatever_it_holds(client, app, alice):
    """The session with its owner, the users, and their teams."""
    add_users(client, 49)
    add_to_two_teams_each(app)
    with statements(app) as sent:
        page = client.get("/users?limit=50", headers=alice.headers).json["items"]
    assert [len(user["teams"]) for user in page] == [2] * 50
    assert len(sent) == 3, sent


# --- Profiles ---


def test_a_profile_shows_the_teams_by_id_and_name_in_the_order_of_their_ids(client, alice):
    bob = register(client, username="bob")
    teams = [open_team(client, bob, name=name) for name in ("Red", "Blue")]
    join(client, teams[1], bob, alice)
    shown = client.get(f"/users/{bob.id}", headers=alice.headers).json["teams"]
    assert shown == [{"id": team["id"], "name": team["name"]} for team in teams]
    page = client.get("/users", headers=alice.headers).json["items"]
    assert [user["teams"] for user in page] == [shown[1:], shown]


@pytest.mark.asvs("15.3.1", "8.2.3", "14.2.6")
def test_a_profile_is_id_username_and_teams(client, alice):
    other = register(client, username="Bob", email="bob@example.com")
    answer = client.get(f"/users/{other.id}", headers=alice.headers)
    assert answer.json == {"id": other.id, "username": "Bob", "teams": []}


@pytest.mark.asvs("15.3.1", "8.2.3")
@pytest.mark.parametrize("path", ["/users", "/users/{id}"])
def test_neither_address_nor_password_is_ever_shown(client, alice, path):
    other = register(client, username="bob", email="bob@example.com", password="correct horse 7")
    for headers in (alice.headers, other.headers):
        answer = client.get(path.format(id=other.id), headers=headers)
        assert b"bob" in answer.data
        for secret in (b"example.com", b"email", b"password", b"correct horse", b"pbkdf2"):
            assert secret not in answer.data


@pytest.mark.parametrize("count", [0, 1, 3])
def test_reading_one_user_takes_three_statements_however_many_teams_there_are(
    client, app, alice, count
):
    for _ in range(count):
        open_team(client, alice)
    with statements(app) as sent:
        user = client.get(f"/users/{alice.id}", headers=alice.headers).json
    assert len(user["teams"]) == count
    assert len(sent) == 3, sent


# --- The guard ---


def get_users(client, token, scheme="Bearer "):
    return client.get("/users", headers={"Authorization": f"{scheme}{token}"})


def token_of(account):
    return account.headers["Authorization"].removeprefix("Bearer ")


def assert_invalid(answer):
    assert (answer.status_code, answer.json["error"]) == (401, "invalid_token")
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


@pytest.mark.parametrize("scheme", ["bearer ", "BEARER ", "bEaReR "])
def test_the_name_of_the_scheme_may_be_in_any_case(client, alice, scheme):
    assert get_users(client, token_of(alice), scheme).status_code == 200


@pytest.mark.parametrize("scheme", ["Bearer  ", "Bearer\t", "Bearer", "Bearer: ", "Bearer\xa0"])
def test_anything_but_one_space_before_the_token_is_refused(client, alice, scheme):
    assert_invalid(get_users(client, token_of(alice), scheme))


@pytest.mark.parametrize("tail", ["=", "==", ".", ".x", ",", "\x80", " x", "A"])
def test_anything_behind_the_token_is_refused(client, alice, tail):
    assert_invalid(get_users(client, token_of(alice) + tail))


@pytest.mark.asvs("9.1.1", "7.2.1")
def test_a_token_with_any_character_changed_is_refused(client, alice):
    token = token_of(alice)
    for at, char in enumerate(token):
        for other in ("A" if char != "A" else "B", chr(ord(char) ^ 1), "."):
            changed = token[:at] + other + token[at + 1 :]
            if changed != token:
                answer = client.get(
                    "/users", environ_overrides={"HTTP_AUTHORIZATION": f"Bearer {changed}"}
                )
                assert (at, other, answer.status_code) == (at, other, 401)


@pytest.mark.parametrize("end", [0, 1, 36, -87, -86, -1])
def test_a_token_that_was_cut_is_refused(client, alice, end):
    assert_invalid(get_users(client, token_of(alice)[:end]))


@pytest.mark.asvs("9.2.1")
@pytest.mark.parametrize(("seconds", "status"), [(-60, 401), (-20, 200), (925, 200), (935, 401)])
def test_a_token_holds_fifteen_minutes_and_clocks_may_differ_by_thirty_seconds(
    client, alice, seconds, status
):
    issued = jwt.decode(token_of(alice), options={"verify_signature": False})["iat"]
    with time_machine.travel(issued + seconds, tick=False):
        assert client.get("/users", headers=alice.headers).status_code == status


@pytest.mark.asvs("9.2.1")
def test_an_expired_token_is_refused_as_invalid(client, alice):
    with time_machine.travel(clock.now() + timedelta(hours=1), tick=False):
        assert_invalid(client.get("/users", headers=alice.headers))


def test_a_session_that_was_ended_is_over_at_the_next_request(client, app, alice):
    with app.app_context():
        db.session.query(UserSessionModel).delete()
        db.session.commit()
    assert_invalid(client.get("/users", headers=alice.headers))


@pytest.mark.asvs("7.3.2")
def test_a_session_that_has_expired_is_over(client, app, alice):
    with app.app_context():
        db.session.query(UserSessionModel).update({"expires_at": clock.now()})
        db.session.commit()
    assert_invalid(client.get("/users", headers=alice.headers))


def test_the_session_of_another_does_not_count(client, alice, forge):
    other = register(client)
    assert_invalid(get_users(client, forge(alice, sub=str(other.id))))


# --- Tokens that are signed with the right key, but wrong all the same ---


@pytest.fixture
def key(app):
    """The key that the app signs with, as its file has it."""
    (path,) = Path(app.config["MUSTER_INSTANCE_PATH"], "keys").glob("*.pem")
    private = serialization.load_pem_private_key(path.read_bytes(), password=None)
    return signing_keys.SigningKey.of(private, clock.now())


@pytest.fixture
def forge(key):
    """The token of an account, with some claims changed or (None) missing, signed anew."""

    def forged(account, header=None, signed_with=(key.private, "ES256"), **changed):
        claims = jwt.decode(token_of(account), options={"verify_signature": False}) | changed
        claims = {name: value for name, value in claims.items() if value is not None}
        headers = {"typ": "at+jwt", "kid": key.kid} | (header or {})
        if headers["kid"] is None:
            del headers["kid"]
        return jwt.encode(claims, signed_with[0], signed_with[1], headers=headers)

    return forged


def test_a_token_that_is_signed_anew_unchanged_is_accepted(client, alice, forge):
    assert get_users(client, forge(alice)).status_code == 200


CLAIMS = ["iss", "aud", "sub", "exp", "iat", "nbf", "jti", "sid", "auth_time"]


@pytest.mark.parametrize("claim", CLAIMS)
def test_a_token_without_one_of_the_claims_is_refused(client, alice, forge, claim):
    assert_invalid(get_users(client, forge(alice, **{claim: None})))


def test_a_token_that_does_not_say_whether_it_is_fresh_is_refused(client, alice, forge):
    headers = {"Authorization": f"Bearer {forge(alice, fresh=None)}"}
    assert client.delete("/me", headers=headers).json["error"] == "invalid_token"


FAR = 2**32


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("iss", "http://evil.example"),
        ("aud", "other"),
        ("aud", ["muster"]),
        ("sub", "0x1"),
        ("sub", "-1"),
        ("sub", "١"),
        ("exp", FAR + 0.5),
        ("exp", True),
        ("iat", FAR),
        ("nbf", FAR),
        ("sid", True),
        ("sid", "1"),
        ("sid", 0),
        ("sid", 10**30),
        ("sub", "9" * 30),
        ("fresh", 1),
        ("auth_time", "1"),
    ],
)
def test_a_token_with_a_claim_of_another_kind_is_refused(client, alice, forge, claim, value):
    assert_invalid(get_users(client, forge(alice, **{claim: value})))


@pytest.mark.parametrize(
    "header",
    [
        {"typ": "JWT"},
        {"typ": None},
        {"typ": "AT+JWT"},
        {"kid": "unknown"},
        {"kid": None},
        {"kid": "../../dev/null"},
        {"crit": ["exp"]},
    ],
)
def test_a_token_with_another_header_is_refused(client, alice, forge, header):
    assert_invalid(get_users(client, forge(alice, header=header)))


def test_a_token_that_is_not_signed_is_refused(client, alice, forge):
    assert_invalid(get_users(client, forge(alice, signed_with=(None, "none"))))


def test_a_token_that_brings_its_own_key_is_refused(client, alice, forge):
    own = signing_keys.make("ES256")
    token = forge(alice, header={"jwk": own.as_jwk()}, signed_with=(own.private, "ES256"))
    assert_invalid(get_users(client, token))


def encoded(value):
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def test_the_public_key_is_no_secret_to_sign_with(client, alice, key):
    pem = key.private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    head = encoded({"typ": "at+jwt", "kid": key.kid, "alg": "HS256"})
    signed = f"{head}.{token_of(alice).split('.')[1]}"
    algorithm = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    signature = algorithm.hash_alg(pem + signed.encode()).digest()
    assert_invalid(get_users(client, f"{signed}.{encoded(signature)}"))


DEEP = b'{"a":' + b"[" * 1_500 + b"]" * 1_500 + b"}"


@pytest.mark.parametrize(
    "part", [DEEP[:2_400], DEEP[:1_200], b"[]", b"null", b"\xff", b'{"alg":7}']
)
@pytest.mark.parametrize("place", [0, 1])
def test_a_part_that_is_not_what_it_should_be_is_refused(client, alice, part, place):
    parts = token_of(alice).split(".")
    parts[place] = encoded(part)
    assert_invalid(get_users(client, ".".join(parts)))


def test_the_twin_of_a_signature_ends_with_the_same_session(client, app, alice):
    head, body, signature = token_of(alice).split(".")
    raw = jwt.utils.base64url_decode(signature)
    r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    assert decode_dss_signature(encode_dss_signature(r, order - s)) == (r, order - s)
    twin = f"{head}.{body}.{encoded(raw[:32] + (order - s).to_bytes(32, 'big'))}"
    assert get_users(client, twin).status_code == 200
    test_a_session_that_was_ended_is_over_at_the_next_request(client, app, alice)
    assert_invalid(get_users(client, twin))
