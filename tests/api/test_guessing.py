"""The guard against guessed passwords (docs/decisions/0007-guessing.md)."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import jwt
import pytest
import time_machine

from app import create_app
from core import clock
from db import db
from models import UserModel, UsernameModel, UserSessionModel
from tests.conftest import TEST_ROUNDS
from tests.factories import register

FREE_FAILURES = 5
HARD_STOP = 100


@pytest.fixture(autouse=True)
def time():
    """The clock stands still until a test moves it."""
    with time_machine.travel(clock.now().replace(microsecond=0), tick=False) as traveller:
        yield traveller


def log_in(client, password, username="alice", headers=None):
    body = {"username": username, "password": password}
    return client.post("/login", json=body, headers=headers)


def guess(client, times, **more):
    for _ in range(times):
        assert log_in(client, "wrong", **more).status_code == 401


def is_open(client, account, **more):
    return log_in(client, account.password, **more).status_code == 200


def failures(app, table=UserModel, **of):
    with app.app_context():
        return db.session.query(table).filter_by(**of).one().failures


def set_failures(app, count):
    with app.app_context():
        db.session.query(UserModel).update({"failures": count})
        db.session.commit()


def session_of(headers):
    token = headers["Authorization"].removeprefix("Bearer ")
    return jwt.decode(token, options={"verify_signature": False})["sid"]


# --- Strangers ---


def test_five_wrong_passwords_are_free(client, alice):
    guess(client, 5)
    assert is_open(client, alice)


@pytest.mark.asvs("8.2.4")
def test_the_sixth_wrong_password_closes_the_account_for_a_second(client, alice, time):
    guess(client, 6)
    assert not is_open(client, alice)
    time.shift(0.9)
    assert not is_open(client, alice)
    time.shift(0.1)
    assert is_open(client, alice)


def test_guesses_at_one_account_count_for_no_other(client, app, alice):
    bob = register(client, username="bob")
    guess(client, 6)
    assert failures(app, id=bob.id) == 0
    assert is_open(client, bob, username="bob")


def test_a_guess_at_nobody_leaves_all_names_as_they_were(client, app, alice):
    with app.app_context():
        before = db.session.scalars(db.select(UsernameModel.skeleton)).all()
    guess(client, 1, username="nobody")
    with app.app_context():
        assert db.session.scalars(db.select(UsernameModel.skeleton)).all() == before != []


def test_a_delay_that_a_clock_far_ahead_set_does_not_hold_now_nor_after_a_sign_in(
    client, alice, time
):
    time.shift(86_400)
    guess(client, 6)
    time.shift(-86_400)
    assert is_open(client, alice)
    time.shift(86_400)
    assert is_open(client, alice)


@pytest.mark.parametrize(("seconds", "open_"), [(1800, False), (1801, True)])
def test_a_clock_that_was_ahead_by_less_keeps_the_account_closed(
    client, alice, time, seconds, open_
):
    time.shift(seconds - 1)
    guess(client, 6)
    time.shift(1 - seconds)
    assert is_open(client, alice) is open_


@pytest.mark.asvs("6.3.1")
@pytest.mark.parametrize(
    ("wrong", "seconds"), [(7, 2), (8, 4), (9, 8), (10, 16), (15, 512), (16, 900), (30, 900)]
)
def test_the_wait_grows_with_every_wrong_password_up_to_a_quarter_of_an_hour(
    client, app, alice, time, wrong, seconds
):
    set_failures(app, wrong - 1)
    guess(client, 1)
    time.shift(seconds - 1)
    assert not is_open(client, alice)
    time.shift(1)
    assert is_open(client, alice)


def test_what_is_tried_while_it_is_closed_does_not_count(client, app, alice):
    guess(client, 20)
    assert failures(app) == 6


def test_the_right_password_is_answered_as_a_wrong_one_while_it_is_closed(client, alice):
    guess(client, 6)
    right, wrong = log_in(client, alice.password), log_in(client, "wrong")
    unknown = log_in(client, "wrong", username="nobody")
    assert right.status_code == 401
    assert right.data == wrong.data == unknown.data
    apart = {"X-Request-ID", "RateLimit"}
    shown = [
        {name: value for name, value in answer.headers if name not in apart}
        for answer in (right, wrong, unknown)
    ]
    assert shown[0] == shown[1] == shown[2]


def test_a_success_forgets_the_failures(client, app, alice):
    guess(client, 5)
    assert is_open(client, alice)
    assert failures(app) == 0
    guess(client, 5)
    assert is_open(client, alice)


def test_failures_of_one_account_close_no_other(client, alice):
    other = register(client)
    guess(client, 6)
    assert is_open(client, other, username=other.username)


@pytest.mark.parametrize("typed", ["ALICE", "Alice", "ａｌｉｃｅ"])
def test_another_spelling_of_the_name_opens_no_second_try(client, alice, typed):
    guess(client, 6)
    assert not is_open(client, alice, username=typed)


def test_another_address_opens_no_second_try(client, alice):
    guess(client, 6)
    body = {"username": "alice", "password": alice.password}
    answer = client.post("/login", json=body, environ_base={"REMOTE_ADDR": "203.0.113.7"})
    assert answer.status_code == 401


# --- The hard stop ---


def test_before_the_hard_stop_waiting_opens_the_account(client, app, alice, time):
    set_failures(app, HARD_STOP - 2)
    guess(client, 1)
    time.shift(900)
    assert is_open(client, alice)


@pytest.mark.asvs("6.3.1", "8.2.4")
def test_at_a_hundred_failures_no_waiting_opens_the_account(client, app, alice, time):
    set_failures(app, HARD_STOP - 1)
    guess(client, 1)
    for seconds in (0, 900, 86_400, 86_400 * 365):
        time.shift(seconds)
        assert not is_open(client, alice)


def test_an_operator_opens_an_account_again(client, app, alice):
    set_failures(app, HARD_STOP)
    assert not is_open(client, alice)
    result = app.test_cli_runner().invoke(args=["users", "unlock", "alice"])
    assert result.exit_code == 0
    assert is_open(client, alice)


def test_an_operator_forgets_the_wait_too(client, app, alice):
    guess(client, 6)
    app.test_cli_runner().invoke(args=["users", "unlock", "alice"])
    assert is_open(client, alice)
    assert failures(app) == 0


# --- Many at once ---


@pytest.fixture
def wide_app(new_database, tmp_path):
    """An app with a long queue, and one slot per core of this machine."""
    app = create_app(
        {
            "MUSTER_DATABASE_URL": new_database(),
            "MUSTER_INSTANCE_PATH": str(tmp_path),
            "MUSTER_PASSWORD_ROUNDS": TEST_ROUNDS,
            "MUSTER_HASHING_QUEUE": 120,
            "MUSTER_WORKERS": 1,
            "MUSTER_RATE_LIMITS": "off",
            "TESTING": True,
        }
    )
    yield app
    with app.app_context():
        db.engine.dispose()


def slots_of(app):
    return app.extensions["muster"].hasher._slots._initial_value


def guess_together(app, count, headers=None):
    together = Barrier(count)

    def attempt(_):
        client = app.test_client()
        together.wait()
        return log_in(client, "wrong", headers=headers).status_code

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(attempt, range(count)))


@pytest.mark.asvs("6.3.1", "15.4.2")
def test_of_two_hundred_parallel_guesses_no_more_are_tried_than_limit_and_slots(wide_app):
    """The clock stands still, so the account never opens again meanwhile."""
    register(wide_app.test_client(), username="alice")
    assert set(guess_together(wide_app, 200)) <= {401, 503}  # the queue takes 120
    assert FREE_FAILURES < failures(wide_app) <= FREE_FAILURES + slots_of(wide_app)


def test_parallel_guesses_are_counted_each(wide_app):
    register(wide_app.test_client(), username="alice")
    guess_together(wide_app, FREE_FAILURES)
    assert failures(wide_app) == FREE_FAILURES


def test_parallel_guesses_through_a_known_session_are_no_way_round(wide_app):
    alice = register(wide_app.test_client(), username="alice")
    guess_together(wide_app, 50, headers=alice.headers)
    tried = failures(wide_app, UserSessionModel, id=session_of(alice.headers))
    assert FREE_FAILURES < tried <= FREE_FAILURES + slots_of(wide_app)
    assert failures(wide_app) == 0


# --- Whoever is known ---


def test_guesses_through_one_session_close_no_other(client, alice):
    bob = register(client, username="bob")
    guess(client, 6, username="bob", headers=bob.headers)
    assert is_open(client, alice, headers=alice.headers)


@pytest.mark.asvs("6.3.1", "8.2.4")
def test_a_known_session_signs_in_while_strangers_are_locked_out(client, app, alice):
    set_failures(app, HARD_STOP)
    assert not is_open(client, alice)
    assert is_open(client, alice, headers=alice.headers)


def test_a_sign_in_through_a_known_session_opens_nothing_to_strangers(client, app, alice):
    set_failures(app, HARD_STOP)
    assert is_open(client, alice, headers=alice.headers)
    assert not is_open(client, alice)


def test_guessing_through_a_known_session_is_slowed_by_its_own_count(client, alice, time):
    guess(client, 6, headers=alice.headers)
    assert not is_open(client, alice, headers=alice.headers)
    time.shift(1)
    assert is_open(client, alice, headers=alice.headers)


def test_guessing_through_a_known_session_locks_nobody_else_out(client, alice):
    guess(client, 6, headers=alice.headers)
    assert is_open(client, alice)


def test_guessing_through_a_known_session_stops_at_a_hundred(client, app, alice, time):
    with app.app_context():
        db.session.query(UserSessionModel).update({"failures": HARD_STOP - 1})
        db.session.commit()
    guess(client, 1, headers=alice.headers)
    time.shift(600)
    assert not is_open(client, alice, headers=alice.headers)


def test_the_session_that_takes_the_place_of_a_known_one_has_no_failures(client, app, alice):
    guess(client, 5, headers=alice.headers)
    assert is_open(client, alice, headers=alice.headers)
    assert failures(app, UserSessionModel) == 0


def test_the_session_of_another_account_makes_nobody_known(client, app, alice):
    other = register(client)
    set_failures(app, HARD_STOP)
    assert not is_open(client, alice, headers=other.headers)


def test_a_session_that_has_ended_makes_nobody_known(client, app, alice):
    client.post("/logout", headers=alice.headers)
    set_failures(app, HARD_STOP)
    assert not is_open(client, alice, headers=alice.headers)


@pytest.mark.parametrize("header", ["Bearer", "Bearer x", "Bearer a.b.c", "Basic Og==", "x", ""])
def test_a_bad_authorization_is_as_good_as_none(client, app, alice, header):
    headers = {"Authorization": header}
    assert is_open(client, alice, headers=headers)
    set_failures(app, HARD_STOP)
    assert not is_open(client, alice, headers=headers)


# --- Guessing the current password, at PUT /me/password ---


def change(client, account, current, new="another horse battery"):
    body = {"current_password": current, "new_password": new}
    return client.put("/me/password", json=body, headers=account.headers)


@pytest.mark.asvs("6.3.4", "8.2.4")
def test_guessing_the_current_password_is_slowed_too(client, alice, time):
    wrong = [change(client, alice, "wrong") for _ in range(6)]
    right = change(client, alice, alice.password)
    assert (right.status_code, right.data) == (403, wrong[0].data)
    time.shift(1)
    assert change(client, alice, alice.password).status_code == 204


def test_guessing_the_current_password_locks_nobody_else_out(client, app, alice):
    for _ in range(7):
        change(client, alice, "wrong")
    assert failures(app) == 0
    assert is_open(client, alice)


def test_both_ways_of_guessing_through_a_session_share_one_count(client, alice):
    guess(client, 3, headers=alice.headers)
    for _ in range(3):
        change(client, alice, "wrong")
    assert change(client, alice, alice.password).status_code == 403
    assert not is_open(client, alice, headers=alice.headers)


def test_strangers_do_not_keep_the_owner_from_changing_the_password(client, app, alice):
    set_failures(app, HARD_STOP)
    assert change(client, alice, alice.password).status_code == 204


def test_a_new_password_that_is_refused_is_no_guess(client, app, alice):
    for _ in range(8):
        assert change(client, alice, alice.password, new="short").status_code == 422
    assert failures(app, UserSessionModel, id=session_of(alice.headers)) == 0


# --- What is not told ---


@pytest.mark.asvs("6.3.4")
def test_a_disabled_account_answers_as_one_that_is_not_there(client, app, alice):
    app.test_cli_runner().invoke(args=["users", "disable", "alice"])
    answers = [
        log_in(client, alice.password),
        log_in(client, "wrong"),
        log_in(client, alice.password, username="nobody"),
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.data for answer in answers}) == 1
    assert len({tuple(answer.headers.keys()) for answer in answers}) == 1


def test_guesses_at_a_disabled_account_do_not_count(client, app, alice):
    app.test_cli_runner().invoke(args=["users", "disable", "alice"])
    guess(client, 7)
    assert failures(app) == 0
