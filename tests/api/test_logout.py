"""POST /logout."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from app import create_app
from db import db
from models import UserSessionModel
from tests.factories import register


@pytest.fixture
def pair(client, alice):
    body = {"username": "alice", "password": alice.password}
    return client.post("/login", json=body).json


def headers_of(pair):
    return {"Authorization": f"Bearer {pair['access_token']}"}


@pytest.mark.asvs("7.4.4")
def test_signing_out_says_so(client, pair):
    answer = client.post("/logout", headers=headers_of(pair))
    assert (answer.status_code, answer.json) == (200, {"message": "Successfully logged out."})


@pytest.mark.asvs("7.4.1")
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/me"),
        ("PATCH", "/me"),
        ("DELETE", "/me"),
        ("PUT", "/me/password"),
        ("GET", "/me/sessions"),
        ("DELETE", "/me/sessions"),
        ("GET", "/users"),
        ("POST", "/logout"),
    ],
)
def test_the_access_token_is_dead_at_once_everywhere(client, pair, method, path):
    client.post("/logout", headers=headers_of(pair))
    answer = client.open(path, method=method, headers=headers_of(pair), json={})
    assert (answer.status_code, answer.json["error"]) == (401, "invalid_token")
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


@pytest.mark.asvs("7.4.1")
def test_the_refresh_token_is_dead_at_once(client, pair):
    client.post("/logout", headers=headers_of(pair))
    answer = client.post("/refresh", json={"refresh_token": pair["refresh_token"]})
    assert (answer.status_code, answer.json["error"]) == (401, "invalid_token")


def test_all_access_tokens_of_the_session_are_dead_whichever_signed_out(client, pair):
    refreshed = client.post("/refresh", json={"refresh_token": pair["refresh_token"]}).json
    client.post("/logout", headers=headers_of(pair))
    assert client.get("/me", headers=headers_of(refreshed)).status_code == 401
    again = client.post("/refresh", json={"refresh_token": refreshed["refresh_token"]})
    assert again.status_code == 401


@pytest.mark.asvs("7.4.1")
def test_a_hundred_parallel_reads_after_it_are_refused(client, app, pair):
    client.post("/logout", headers=headers_of(pair))

    def read(_):
        return app.test_client().get("/me", headers=headers_of(pair)).status_code

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(read, range(100))) == {401}


def test_other_sessions_of_the_account_go_on(client, alice, pair):
    client.post("/logout", headers=headers_of(pair))
    assert client.get("/me", headers=alice.headers).status_code == 200


def test_sessions_of_others_go_on(client, pair):
    other = register(client)
    client.post("/logout", headers=headers_of(pair))
    assert client.get("/me", headers=other.headers).status_code == 200


def test_the_row_of_the_session_is_gone(client, app, alice):
    client.post("/logout", headers=alice.headers)
    with app.app_context():
        assert db.session.query(UserSessionModel).count() == 0


def test_signing_out_without_a_token_is_refused(client):
    answer = client.post("/logout")
    assert (answer.status_code, answer.json["error"]) == (401, "not_signed_in")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_of_two_parallel_sign_outs_none_is_a_fault(app, pair):
    def sign_out(_):
        return app.test_client().post("/logout", headers=headers_of(pair)).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(sign_out, range(8))) <= {200, 401}


@pytest.mark.asvs("7.4.1", "7.2.2")
def test_it_is_over_in_another_replica_too_and_after_a_restart(client, app, settings, pair):
    replica = create_app(settings)
    assert replica.test_client().get("/me", headers=headers_of(pair)).status_code == 200
    client.post("/logout", headers=headers_of(pair))
    restarted = create_app(settings)
    for other in (replica, restarted):
        assert other.test_client().get("/me", headers=headers_of(pair)).status_code == 401
        with other.app_context():
            db.engine.dispose()
