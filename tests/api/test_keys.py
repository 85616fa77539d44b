"""The JWKS, and keys that change while Muster runs."""

from datetime import timedelta

import jwt
import pytest
import time_machine

from app import create_app
from core import clock
from db import db
from services import signing_keys
from services.signing_keys import PUBLISHED_AHEAD
from tests.factories import register, sign_in

AHEAD = int(PUBLISHED_AHEAD.total_seconds())  # a new key is published so long before it signs
PATH = "/.well-known/jwks.json"
ALGORITHMS = ["ES256", "EdDSA", "RS256"]


@pytest.fixture
def start(tmp_path):
    """Starts Muster on one instance path, again and again."""
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
def time():
    with time_machine.travel(clock.now().replace(microsecond=0), tick=False) as traveller:
        yield traveller


def kids(client):
    return [jwk["kid"] for jwk in client.get(PATH).json["keys"]]


def kid_of(headers):
    return jwt.get_unverified_header(headers["Authorization"].removeprefix("Bearer "))["kid"]


def is_good(client, headers):
    return client.get("/me", headers=headers).status_code == 200


def flask(app, *args):
    result = app.test_cli_runner().invoke(args=args)
    assert result.exit_code == 0, result.output
    return result.output


def rotate(app):
    return flask(app, "keys", "rotate").split()[0]


# --- The JWKS ---


@pytest.mark.asvs("10.1.1", "13.3.2")
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_jwks_has_only_public_members(start, algorithm):
    client = start(token_algorithm=algorithm).test_client()
    (jwk,) = client.get(PATH).json["keys"]
    public = {"kty", "crv", "x", "y", "n", "e", "kid", "alg", "use"}
    assert jwk.keys() <= public
    assert (jwk["alg"], jwk["use"]) == (algorithm, "sig")


def test_the_jwks_may_be_kept_for_less_time_than_a_new_key_waits(client):
    answer = client.get(PATH)
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    scope, _, seconds = answer.headers["Cache-Control"].partition(", max-age=")
    assert scope == "public"
    assert 60 <= int(seconds) <= AHEAD


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_whoever_has_the_jwks_can_verify_a_token(start, algorithm):
    client = start(token_algorithm=algorithm).test_client()
    token = register(client).headers["Authorization"].removeprefix("Bearer ")
    (jwk,) = client.get(PATH).json["keys"]
    key = jwt.PyJWK(jwk)
    claims = jwt.decode(token, key, [algorithm], audience="muster", issuer="http://127.0.0.1:8000")
    assert jwt.get_unverified_header(token)["alg"] == algorithm
    assert claims["sid"]


@pytest.mark.asvs("11.2.2")
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_algorithm_works_from_the_sign_in_to_the_sign_out(start, algorithm):
    client = start(token_algorithm=algorithm).test_client()
    me = register(client)
    body = {"username": me.username, "password": me.password}
    pair = client.post("/login", json=body).json
    pair = client.post("/refresh", json={"refresh_token": pair["refresh_token"]}).json
    headers = {"Authorization": f"Bearer {pair['access_token']}"}
    assert is_good(client, headers)
    client.post("/logout", headers=headers)
    assert not is_good(client, headers)


# --- Rotation ---


def test_a_new_key_is_in_the_jwks_of_a_running_app_at_once(start, time):
    app = start()
    client = app.test_client()
    (old,) = kids(client)
    time.shift(3_600)
    new = rotate(app)
    assert kids(client) == [old, new]


def test_a_new_key_is_in_the_jwks_of_the_other_workers_at_once(start, time):
    app, other = start(), start()
    (old,) = kids(other.test_client())
    time.shift(3_600)
    new = rotate(app)
    assert kids(other.test_client()) == [old, new]


@pytest.mark.parametrize(("seconds", "signs"), [(0, "old"), (AHEAD - 1, "old"), (AHEAD, "new")])
def test_a_new_key_signs_once_it_is_known_everywhere(start, time, seconds, signs):
    app = start()
    client = app.test_client()
    me, (old,) = register(client), kids(client)
    time.shift(3_600)
    new = rotate(app)
    time.shift(seconds)
    headers = sign_in(client, username=me.username, password=me.password)
    assert kid_of(headers) == {"old": old, "new": new}[signs]
    assert is_good(client, headers)


@pytest.mark.parametrize(("seconds", "good"), [(0, True), (899, True), (931, False)])
def test_a_token_of_the_old_key_holds_until_it_expires(start, time, seconds, good):
    app = start()
    client = app.test_client()
    me = register(client)
    time.shift(3_600)
    rotate(app)
    time.shift(AHEAD - 1)  # the last moment at which the old key signs
    headers = sign_in(client, username=me.username, password=me.password)
    time.shift(seconds)
    assert is_good(client, headers) is good


def test_the_old_key_leaves_the_jwks_when_its_last_token_has_expired(start, time):
    app = start()
    client = app.test_client()
    (old,) = kids(client)
    time.shift(3_600)
    new = rotate(app)
    time.shift(AHEAD + 900 + 60)
    assert kids(client) == [old, new]
    time.shift(1)
    assert kids(client) == [new]


def test_a_key_that_has_left_signs_nothing_any_more(start, time):
    app = start()
    client = app.test_client()
    me = register(client)
    private = app.extensions["muster_keys"].active.private
    time.shift(3_600)
    rotate(app)
    time.shift(3_600)
    token = sign_in(client, username=me.username, password=me.password)["Authorization"][7:]
    claims = jwt.decode(token, options={"verify_signature": False})
    old = {"typ": "at+jwt", "kid": kid_of(me.headers)}
    forged = jwt.encode(claims, private, "ES256", headers=old)
    assert not is_good(client, {"Authorization": f"Bearer {forged}"})


def test_a_token_that_was_accepted_before_ends_with_its_key(start, time):
    app = start()
    client = app.test_client()
    me, private = register(client), app.extensions["muster_keys"].active.private
    claims = jwt.decode(me.headers["Authorization"][7:], options={"verify_signature": False})
    header = {"typ": "at+jwt", "kid": kid_of(me.headers)}
    token = jwt.encode(claims | {"exp": 2**33}, private, "ES256", headers=header)
    headers = {"Authorization": f"Bearer {token}"}
    assert is_good(client, headers)
    time.shift(3_600)
    rotate(app)
    time.shift(AHEAD + 900 + 61)
    assert not is_good(client, headers)


def test_the_next_rotation_removes_the_files_of_keys_that_have_left(start, time, tmp_path):
    app = start()
    for _ in range(4):
        time.shift(3_600)
        rotate(app)
    assert len(list((tmp_path / "keys").glob("*.pem"))) == 2
    assert is_good(app.test_client(), register(app.test_client()).headers)


def test_two_rotations_at_once_lose_no_session(start, time):
    app = start()
    client = app.test_client()
    me = register(client)
    time.shift(3_600)
    headers = sign_in(client, username=me.username, password=me.password)
    news = [rotate(app), rotate(app)]
    assert is_good(client, headers)
    assert set(news) <= set(kids(client))
    time.shift(AHEAD)
    assert is_good(client, headers)


def test_the_key_of_a_first_start_signs_and_the_list_says_so(start):
    assert flask(start(), "keys", "list").rstrip().endswith("  signs")


def test_the_list_says_what_each_key_is_for(start, time):
    app = start()
    time.shift(3_600)
    rotate(app)
    assert [line.split("Z  ")[1] for line in flask(app, "keys", "list").splitlines()] == [
        "signs",
        "signs next",
    ]
    time.shift(AHEAD)
    assert [line.split("Z  ")[1] for line in flask(app, "keys", "list").splitlines()] == [
        "verifies",
        "signs",
    ]


def test_the_list_shows_nothing_of_a_private_key(start):
    app = start()
    number = app.extensions["muster_keys"].active.private.private_numbers().private_value
    shown = flask(app, "keys", "list") + flask(app, "keys", "rotate")
    assert f"{number:x}" not in shown
    assert "PRIVATE" not in shown


# --- Another algorithm, another start ---


def served(start, algorithm):
    """Muster as `flask serve` starts it: only that follows a changed setting."""
    app = start(token_algorithm=algorithm)
    signing_keys.follow_setting(app.extensions["muster"].settings.resolved_keys_path, algorithm)
    return app


def test_a_command_without_the_environment_of_the_server_makes_no_key(start, time):
    start()
    time.shift(60)
    before = kids(served(start, "EdDSA").test_client())
    time.shift(60)
    flask(start(), "keys", "list")
    assert len(before) == 2
    assert kids(served(start, "EdDSA").test_client()) == before


@pytest.mark.asvs("11.2.2")
def test_another_algorithm_comes_with_a_key_of_its_own_and_loses_no_session(start, time):
    me = register(start().test_client())
    time.shift(600)
    client = served(start, "EdDSA").test_client()
    assert is_good(client, me.headers)
    assert [jwk["alg"] for jwk in client.get(PATH).json["keys"]] == ["ES256", "EdDSA"]


def test_a_key_of_another_algorithm_waits_too(start, time):
    me = register(start().test_client())
    time.shift(3_600)
    client = served(start, "EdDSA").test_client()
    found = []
    for _ in range(2):
        headers = sign_in(client, username=me.username, password=me.password)
        assert is_good(client, headers)
        found.append(jwt.get_unverified_header(headers["Authorization"][7:])["alg"])
        time.shift(AHEAD)
    assert found == ["ES256", "EdDSA"]


def test_going_back_to_the_algorithm_of_before_works_too(start, time):
    me = register(start().test_client())
    for algorithm in ("RS256", "ES256"):
        time.shift(3_600)
        client = served(start, algorithm).test_client()
        time.shift(AHEAD)
        headers = sign_in(client, username=me.username, password=me.password)
        assert jwt.get_unverified_header(headers["Authorization"][7:])["alg"] == algorithm
        assert is_good(client, headers)


def test_a_restart_keeps_keys_and_tokens_and_what_was_signed_out(start, time):
    client = start().test_client()
    me, out, before = register(client), register(client), kids(client)
    client.post("/logout", headers=out.headers)
    again = start().test_client()
    assert kids(again) == before
    assert is_good(again, me.headers)
    assert not is_good(again, out.headers)


def test_a_restart_keeps_refresh_tokens(start, time):
    client = start().test_client()
    me = register(client)
    body = {"username": me.username, "password": me.password}
    pair = client.post("/login", json=body).json
    time.shift(timedelta(days=1))
    answer = start().test_client().post("/refresh", json={"refresh_token": pair["refresh_token"]})
    assert answer.status_code == 200


def test_a_file_that_is_no_key_yet_does_not_stop_an_app_that_runs(start, tmp_path):
    """Such as one that an operator is just copying there."""
    app = start()
    headers = register(app.test_client()).headers
    (tmp_path / "keys" / "20260101T000000Z-x.pem").write_bytes(b"-----BEGIN PRIVATE KEY-----\n")
    assert is_good(app.test_client(), headers)
