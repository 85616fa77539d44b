"""/me and /me/password: one's own account."""

from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta

import jwt
import pytest
import time_machine

from core import clock
from db import db
from models import UserModel, UserSessionModel
from tests.factories import Registration, open_team, register, sign_in, statements, together

NEW = "another horse battery"


@pytest.fixture
def time():
    with time_machine.travel(clock.now().replace(microsecond=0), tick=False) as traveller:
        yield traveller


def rename(client, account, username):
    return client.patch("/me", json={"username": username}, headers=account.headers)


def registered(client, username):
    return client.post("/register", json=Registration(username=username)).status_code


def log_in(client, username, password):
    return client.post("/login", json={"username": username, "password": password}).status_code


# --- Reading ---


def test_one_sees_ones_own_account_with_its_address(client, time):
    me = register(client, username="Alice", email="alice@example.com")
    assert client.get("/me", headers=me.headers).json == {
        "id": me.id,
        "username": "Alice",
        "email": "alice@example.com",
        "email_verified": False,
        "teams": [],
        "created_at": clock.now().isoformat(),
    }


@pytest.mark.asvs("15.3.1")
def test_one_sees_nothing_of_ones_password(client, alice):
    answer = client.get("/me", headers=alice.headers)
    assert not any(secret in answer.data for secret in (b"password", b"pbkdf2", b"failures"))


@pytest.mark.parametrize(("count", "most"), [(0, 1), (1, 2), (3, 2)])
def test_reading_oneself_takes_a_second_statement_for_teams_however_many_they_are(
    client, app, alice, count, most
):
    """Counted is what is sent through a cursor: SELECTs, writes and SQLite's BEGIN; no COMMIT."""
    names = [open_team(client, alice, name=f"Team {number}")["name"] for number in range(count)]
    with statements(app) as sent:
        me = client.get("/me", headers=alice.headers).json
    assert [team["name"] for team in me["teams"]] == names
    assert len(sent) == most, sent


# --- Changing the name ---


def test_a_new_name_is_shown_and_signs_in_and_the_old_one_does_not(client, alice):
    answer = rename(client, alice, "Bob")
    assert (answer.status_code, answer.json["username"]) == (200, "Bob")
    assert client.get("/me", headers=alice.headers).json["username"] == "Bob"
    assert log_in(client, "bob", alice.password) == 200
    assert log_in(client, "alice", alice.password) == 401


@pytest.mark.parametrize("taken", ["bob", "BOB", "Bob", "b0b", "ｂｏｂ"])
def test_a_name_that_is_taken_or_looks_like_it_is_refused_and_nothing_changes(client, alice, taken):
    register(client, username="bob")
    answer = rename(client, alice, taken)
    assert (answer.status_code, answer.json["error"]) == (409, "username_taken")
    assert client.get("/me", headers=alice.headers).json["username"] == "alice"
    assert log_in(client, "alice", alice.password) == 200


def test_a_name_that_is_taken_leaves_the_address_unchanged_too(client, alice):
    register(client, username="bob")
    body = {"username": "bob", "email": "alice@example.com"}
    assert client.patch("/me", json=body, headers=alice.headers).status_code == 409
    assert client.get("/me", headers=alice.headers).json["email"] is None


@pytest.mark.parametrize("name", ["", "a", "admin", "a@b", "a b", "x" * 33, "аlice", None, 7])
def test_a_name_that_the_rules_refuse_is_refused(client, alice, name):
    answer = rename(client, alice, name)
    assert answer.status_code == 422
    assert list(answer.json["errors"]["json"]) == ["username"]


@pytest.mark.parametrize("name", ["Alice", "ALICE", "aLICe", "ａｌｉｃｅ", "a1ice", "alice"])
def test_one_may_change_the_case_of_ones_name_or_letters_that_look_alike(client, alice, name):
    answer = rename(client, alice, name)
    assert (answer.status_code, answer.json["username"]) == (200, name)


def test_a_change_of_case_leaves_the_name_taken_and_signs_in_in_any_case(client, alice):
    rename(client, alice, "ALICE")
    assert registered(client, "alice") == registered(client, "Alice") == 409
    assert log_in(client, "alice", alice.password) == 200


@pytest.mark.parametrize("again", ["alice", "Alice", "a1ice", "ＡＬＩＣＥ"])
@pytest.mark.parametrize(("days", "status"), [(0, 409), (89, 409), (90, 201)])
def test_a_name_that_was_given_up_is_reserved_for_ninety_days(
    client, time, alice, again, days, status
):
    rename(client, alice, "bob")
    time.shift(timedelta(days=days))
    assert registered(client, again) == status


@pytest.mark.parametrize(("days", "status"), [(89, 409), (90, 200)])
def test_others_may_change_to_a_name_after_ninety_days_and_not_before(
    client, time, alice, days, status
):
    rename(client, alice, "bob")
    time.shift(timedelta(days=days))
    other = register(client, username="carol")
    assert rename(client, other, "alice").status_code == status


@pytest.mark.parametrize("days", [0, 100])
def test_who_gave_a_name_up_may_take_it_back(client, time, alice, days):
    rename(client, alice, "bob")
    time.shift(timedelta(days=days))
    headers = sign_in(client, username="bob", password=alice.password)
    answer = client.patch("/me", json={"username": "alice"}, headers=headers)
    assert answer.status_code == 200
    assert registered(client, "bob") == 409  # which is given up now


def test_a_name_that_was_taken_over_is_not_taken_back(client, time, alice):
    rename(client, alice, "bob")
    time.shift(timedelta(days=90))
    register(client, username="alice")
    headers = sign_in(client, username="bob", password=alice.password)
    answer = client.patch("/me", json={"username": "alice"}, headers=headers)
    assert answer.status_code == 409


def test_a_name_that_is_in_use_is_never_free(client, time, alice):
    time.shift(timedelta(days=1_000))
    assert registered(client, "alice") == 409


def test_of_many_parallel_changes_to_one_name_exactly_one_succeeds(client, app):
    accounts = [register(client) for _ in range(8)]
    calls = [lambda each=each: rename(app.test_client(), each, "alice") for each in accounts]
    codes = [answer.status_code for answer in together(*calls)]
    assert sorted(codes) == [200] + [409] * 7


@pytest.mark.asvs("15.4.3")
def test_two_who_exchange_names_at_once_are_no_fault(client, app):
    one, two = register(client, username="alice"), register(client, username="bob")
    codes = together(
        lambda: rename(app.test_client(), one, "bob").status_code,
        lambda: rename(app.test_client(), two, "alice").status_code,
    )
    assert set(codes) <= {409, 503}  # what one gives up is reserved; PostgreSQL sees a deadlock


# --- Changing the address ---


def test_an_address_is_set_and_removed(client, alice):
    answers = [
        client.patch("/me", json={"email": email}, headers=alice.headers)
        for email in ("alice@example.com", None)
    ]
    assert [answer.json["email"] for answer in answers] == ["alice@example.com", None]
    assert client.get("/me", headers=alice.headers).json["email"] is None


def test_what_is_left_out_stays(client):
    me = register(client, username="alice", email="alice@example.com")
    rename(client, me, "bob")
    client.patch("/me", json={}, headers=me.headers)
    account = client.get("/me", headers=me.headers).json
    assert (account["username"], account["email"]) == ("bob", "alice@example.com")


@pytest.mark.parametrize("email", ["", "nonsense", "a@b@example.com", "a@example.com\n", 7])
def test_what_is_no_address_is_refused(client, alice, email):
    answer = client.patch("/me", json={"email": email}, headers=alice.headers)
    assert answer.status_code == 422
    assert list(answer.json["errors"]["json"]) == ["email"]


@pytest.mark.asvs("15.3.3", "8.2.3")
@pytest.mark.parametrize(
    "field", ["id", "password", "password_hash", "created_at", "disabled_at", "failures", "teams"]
)
def test_nothing_else_can_be_changed(client, alice, field):
    answer = client.patch("/me", json={field: 1}, headers=alice.headers)
    assert answer.status_code == 422
    assert list(answer.json["errors"]["json"]) == [field]


def test_an_address_of_another_may_be_named_for_nobody_has_confirmed_it(client, alice):
    register(client, email="someone@example.com")
    body = {"email": "someone@example.com"}
    assert client.patch("/me", json=body, headers=alice.headers).status_code == 200


# --- Changing the password ---


def change_password(client, account, current, new):
    body = {"current_password": current, "new_password": new}
    return client.put("/me/password", json=body, headers=account.headers)


@pytest.mark.asvs("6.2.2")
def test_a_new_password_signs_in_and_the_old_one_does_not(client, alice):
    answer = change_password(client, alice, alice.password, NEW)
    assert (answer.status_code, answer.data) == (204, b"")
    assert log_in(client, "alice", NEW) == 200
    assert log_in(client, "alice", alice.password) == 401


@pytest.mark.asvs("6.2.3")
@pytest.mark.parametrize("wrong", ["", "wrong", "Correct horse battery", "correct horse battery "])
def test_a_wrong_password_changes_nothing(client, alice, wrong):
    answer = change_password(client, alice, wrong, NEW)
    assert (answer.status_code, answer.json["error"]) == (403, "wrong_password")
    assert log_in(client, "alice", alice.password) == 200


@pytest.mark.asvs("6.2.4", "6.2.11")
@pytest.mark.parametrize("new", ["short", "x" * 257, "password1", "the-user-name", "Muster", ""])
def test_a_new_password_that_the_rules_refuse_is_named(client, new):
    me = register(client, username="the-user-name")
    answer = change_password(client, me, me.password, new)
    assert answer.status_code == 422
    assert list(answer.json["errors"]["json"]) == ["new_password"]
    assert log_in(client, "the-user-name", me.password) == 200


def test_a_new_password_cannot_be_the_address(client):
    me = register(client, username="alice", email="someone@example.com")
    assert change_password(client, me, me.password, "someone@example.com").status_code == 422


def test_a_new_password_ends_the_lock_that_strangers_closed(client, app, alice):
    with app.app_context():
        db.session.query(UserModel).update({"failures": 100})
        db.session.commit()
    assert change_password(client, alice, alice.password, NEW).status_code == 204
    assert log_in(client, "alice", NEW) == 200


@pytest.mark.asvs("15.4.2")
def test_of_two_changes_at_once_one_wins(client, app, alice):
    news = [f"{NEW} {number}" for number in range(4)]
    calls = [
        lambda new=new: change_password(app.test_client(), alice, alice.password, new)
        for new in news
    ]
    codes = [answer.status_code for answer in together(*calls)]
    assert sorted(codes) == [204, 403, 403, 403]
    assert [log_in(client, "alice", new) for new in news] == [
        200 if code == 204 else 401 for code in codes
    ]


@pytest.fixture
def meanwhile(app, monkeypatch):
    """Append to it what to run in between: the old password is verified, the new not yet hashed."""
    hasher = type(app.extensions["muster"].hasher)
    run, acts, runs = hasher._run, [], []

    def run_later(*args):
        runs.extend(acts[:1])
        if len(runs) == 2:
            with app.app_context(), db.engine.begin() as connection:
                for act in acts:
                    connection.execute(act)
        return run(*args)

    monkeypatch.setattr(hasher, "_run", run_later)
    return acts


def test_a_change_that_another_one_overtook_is_refused(client, app, alice, meanwhile):
    meanwhile.append(UserModel.__table__.update().values(password_hash="changed"))
    assert change_password(client, alice, alice.password, NEW).status_code == 403
    with app.app_context():
        assert db.session.query(UserModel).one().password_hash == "changed"


def test_a_change_by_a_session_that_was_ended_meanwhile_changes_nothing(
    client, app, alice, meanwhile
):
    other = sign_in(client, username="alice", password=alice.password)
    claims = jwt.decode(alice.headers["Authorization"][7:], options={"verify_signature": False})
    table = UserSessionModel.__table__
    meanwhile.append(table.delete().where(table.c.id == claims["sid"]))
    assert change_password(client, alice, alice.password, NEW).status_code == 401
    assert client.get("/me", headers=other).status_code == 200
    assert log_in(client, "alice", alice.password) == 200


@pytest.mark.asvs("6.2.3")
@pytest.mark.parametrize("missing", ["current_password", "new_password"])
def test_a_change_of_password_needs_both(client, alice, missing):
    body = {"current_password": alice.password, "new_password": NEW}
    del body[missing]
    answer = client.put("/me/password", json=body, headers=alice.headers)
    assert answer.status_code == 422
    assert list(answer.json["errors"]["json"]) == [missing]


def test_a_change_of_password_never_repeats_one(client, alice):
    for answer in (
        change_password(client, alice, "the-wrong-one", NEW),
        change_password(client, alice, alice.password, "password1"),
        change_password(client, alice, 7, "password1"),
    ):
        for secret in (b"the-wrong-one", b"password1", NEW.encode(), alice.password.encode()):
            assert secret not in answer.data


def test_a_refreshed_token_may_change_the_password_for_it_is_asked_for(client, alice):
    pair = client.post("/login", json={"username": "alice", "password": alice.password}).json
    pair = client.post("/refresh", json={"refresh_token": pair["refresh_token"]}).json
    alice.headers = {"Authorization": f"Bearer {pair['access_token']}"}
    assert change_password(client, alice, alice.password, NEW).status_code == 204


# --- Deleting ---


def test_a_deleted_account_is_gone(client, alice):
    other = register(client)
    answer = client.delete("/me", headers=alice.headers)
    assert (answer.status_code, answer.data) == (204, b"")
    assert log_in(client, "alice", alice.password) == 401
    assert client.get(f"/users/{alice.id}", headers=other.headers).status_code == 404


@pytest.mark.asvs("14.2.7")
def test_a_deleted_account_leaves_no_row_but_its_reserved_name(client, app, alice):
    client.delete("/me", headers=alice.headers)
    with app.app_context():
        assert db.session.query(UserModel).count() == 0
        assert db.session.query(UserSessionModel).count() == 0


@pytest.mark.parametrize("again", ["alice", "Alice", "a1ice"])
@pytest.mark.parametrize(("days", "status"), [(0, 409), (89, 409), (90, 201)])
def test_the_name_of_a_deleted_account_is_reserved_for_ninety_days(
    client, time, alice, again, days, status
):
    client.delete("/me", headers=alice.headers)
    time.shift(timedelta(days=days))
    assert registered(client, again) == status


def test_names_that_were_given_up_before_are_reserved_after_the_deletion_too(client, time, alice):
    rename(client, alice, "bob")
    time.shift(timedelta(days=1))
    headers = sign_in(client, username="bob", password=alice.password)
    client.delete("/me", headers=headers)
    time.shift(timedelta(days=89))
    assert (registered(client, "alice"), registered(client, "bob")) == (201, 409)


@pytest.mark.asvs("10.3.3")
def test_the_id_of_a_deleted_account_is_never_given_again(client, alice):
    client.delete("/me", headers=alice.headers)
    assert register(client).id > alice.id


def test_deleting_one_account_leaves_the_others(client, alice):
    other = register(client)
    client.delete("/me", headers=alice.headers)
    assert client.get("/me", headers=other.headers).status_code == 200


def test_deleting_twice_at_once_is_no_fault(app, alice):
    calls = [lambda: app.test_client().delete("/me", headers=alice.headers).status_code] * 4
    codes = together(*calls)
    assert 204 in codes
    assert set(codes) <= {204, 401}


CHANGES = {
    "address": {"email": "alice@example.com"},
    "name": {"username": "bob"},
    "case": {"username": "ALICE"},
}


@pytest.fixture
def deleted_meanwhile(app, alice):
    """Another request begins to delete the account between this one's reading and its writing."""
    with app.app_context():
        engine = db.engine
    if engine.dialect.name == "sqlite":
        pytest.skip("BEGIN IMMEDIATE lets nobody in between")
    pool, deletions = ThreadPoolExecutor(1), []

    def delete(_connection, _cursor, statement, *_more):
        if statement.startswith("UPDATE users") and not deletions:
            call = app.test_client().delete
            deletions.append(pool.submit(call, "/me", headers=alice.headers))
            wait(deletions, timeout=0.5)  # it takes longer if the row is locked, as it should be

    db.event.listen(engine, "before_cursor_execute", delete)
    yield lambda: [deletion.result().status_code for deletion in deletions]
    db.event.remove(engine, "before_cursor_execute", delete)
    pool.shutdown()


@pytest.mark.parametrize("kind", CHANGES)
def test_a_change_beside_a_deletion_is_made_or_refused_and_no_fault(
    client, alice, kind, deleted_meanwhile
):
    answer = client.patch("/me", json=CHANGES[kind], headers=alice.headers)
    assert deleted_meanwhile() == [204]
    assert answer.status_code in {200, 401, 409}
