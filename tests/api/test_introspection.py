"""POST /introspect (RFC 7662), for apps that must see a sign-out at once."""

import jwt
import pytest
import time_machine

from app import create_app
from config import SettingsError
from core import clock
from db import db
from tests.factories import register

SECRET = "correct-horse-battery-staple-0123456789"


@pytest.fixture
def introspecting_app(new_database, tmp_path):
    app = create_app(
        {
            "MUSTER_DATABASE_URL": new_database(),
            "MUSTER_INSTANCE_PATH": str(tmp_path),
            "MUSTER_PASSWORD_ROUNDS": 10,
            "MUSTER_INTROSPECTION_SECRET": SECRET,
            "TESTING": True,
        }
    )
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def client(introspecting_app):
    return introspecting_app.test_client()


@pytest.fixture
def token(client):
    return register(client, username="alice").headers["Authorization"].removeprefix("Bearer ")


def introspect(client, token, authorization=f"Bearer {SECRET}", **more):
    headers = {"Authorization": authorization} if authorization else {}
    return client.post("/introspect", data={"token": token, **more}, headers=headers)


def assert_inactive(answer):
    assert (answer.status_code, answer.json) == (200, {"active": False})


def test_a_good_token_is_active_and_its_claims_are_told(client, token):
    answer = introspect(client, token)
    claims = jwt.decode(token, options={"verify_signature": False})
    del claims["type"]
    assert answer.status_code == 200
    assert answer.json == claims | {"active": True, "token_type": "Bearer"}
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_client_may_hint_at_the_kind_of_token(client, token):
    assert introspect(client, token, token_type_hint="access_token").json["active"] is True


@pytest.mark.parametrize("change", [str.lower, lambda t: t + "=", lambda t: t[:-4], lambda t: ""])
def test_a_bad_token_is_not_active_and_nothing_is_told(client, token, change):
    assert_inactive(introspect(client, change(token)))


@pytest.mark.parametrize("bad", ["x", "a.b.c", "é", "\0", "x" * 60_000, "..", "Bearer x", SECRET])
def test_what_is_no_token_is_not_active_and_no_fault(client, bad):
    assert_inactive(introspect(client, bad))


def test_a_refresh_token_is_not_active(client, token):
    body = {"username": "alice", "password": "correct horse battery"}
    assert_inactive(introspect(client, client.post("/login", json=body).json["refresh_token"]))


def test_a_session_that_was_signed_out_is_not_active_at_once(client, token):
    client.post("/logout", headers={"Authorization": f"Bearer {token}"})
    assert_inactive(introspect(client, token))


def test_a_disabled_account_is_not_active_at_once(introspecting_app, client, token):
    introspecting_app.test_cli_runner().invoke(args=["users", "disable", "alice"])
    assert_inactive(introspect(client, token))


def test_a_deleted_account_is_not_active_at_once(client, token):
    client.delete("/me", headers={"Authorization": f"Bearer {token}"})
    assert_inactive(introspect(client, token))


def test_an_expired_token_is_not_active(client, token):
    with time_machine.travel(clock.now().timestamp() + 931, tick=False):
        assert_inactive(introspect(client, token))


@pytest.mark.parametrize(
    "authorization",
    [
        f"Bearer {SECRET}x",
        f"Bearer {SECRET[:-1]}",
        f"Bearer {SECRET.upper()}",
        "Bearer x",
        "Bearer ",
        "Bearer",
        f"Bearer  {SECRET}",
        f"Bearer {SECRET} ",
    ],
)
def test_a_wrong_secret_is_refused(client, token, authorization):
    answer = client.post(
        "/introspect",
        data={"token": token},
        environ_overrides={"HTTP_AUTHORIZATION": authorization},
    )
    assert (answer.status_code, answer.json["error"]) == (401, "invalid_token")
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


@pytest.mark.parametrize("authorization", [None, f"Basic {SECRET}", SECRET])
def test_no_secret_is_refused(client, token, authorization):
    answer = introspect(client, token, authorization=authorization)
    assert (answer.status_code, answer.json["error"]) == (401, "not_signed_in")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_an_access_token_is_no_secret(client, token):
    answer = introspect(client, token, authorization=f"Bearer {token}")
    assert answer.status_code == 401


@pytest.mark.asvs("13.2.3")
@pytest.mark.parametrize("tried", ["Bearer ", f"Bearer {SECRET}", "Bearer None", "Bearer x"])
def test_without_the_setting_nobody_is_let_in(app, tried):
    answer = app.test_client().post(
        "/introspect", data={"token": "x"}, environ_overrides={"HTTP_AUTHORIZATION": tried}
    )
    assert (answer.status_code, answer.json["error"]) == (401, "invalid_token")


def test_the_body_is_a_form_and_not_json(client, token):
    headers = {"Authorization": f"Bearer {SECRET}"}
    answer = client.post("/introspect", json={"token": token}, headers=headers)
    assert answer.status_code in {415, 422}
    assert "active" not in answer.json


@pytest.mark.asvs("14.2.1")
def test_the_token_does_not_come_in_the_address_where_logs_would_see_it(client, token):
    headers = {"Authorization": f"Bearer {SECRET}"}
    answer = client.post(f"/introspect?token={token}", headers=headers)
    assert answer.status_code in {415, 422}


def test_a_form_without_a_token_is_refused(client):
    headers = {"Authorization": f"Bearer {SECRET}"}
    answer = client.post("/introspect", data={"x": "y"}, headers=headers)
    assert answer.status_code == 422
    assert list(answer.json["errors"]["form"]) == ["token"]


@pytest.mark.asvs("13.2.3")
@pytest.mark.parametrize("secret", ["x" * 31, "correct horse battery staple 0123456789", "é" * 40])
def test_a_secret_that_is_short_or_that_no_client_could_send_stops_the_start(secret):
    with pytest.raises(SettingsError) as refusal:
        create_app({"MUSTER_DATABASE_URL": "sqlite://", "MUSTER_INTROSPECTION_SECRET": secret})
    assert "MUSTER_INTROSPECTION_SECRET" in refusal.value.message
    assert secret not in refusal.value.message
