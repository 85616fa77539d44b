"""Clocks that differ, and clocks that jump. Come here to change what they may do to people."""

import time
from contextlib import contextmanager

import pytest
import time_machine

from app import create_app
from core.guessing import HARD_STOP
from db import db
from models import UserModel
from services.limit_counts import FileStorage
from tests.factories import Registration

APART = 10
DAY = 86_400


@pytest.fixture
def replica(new_database, tmp_path):
    """Call it for another app on the same database and keys, whose clock is so far ahead."""
    settings = {
        "MUSTER_DATABASE_URL": new_database(),
        "MUSTER_INSTANCE_PATH": str(tmp_path),
        "MUSTER_PASSWORD_ROUNDS": 10,
    }
    apps = []

    def started(ahead=0):
        apps.append(create_app(settings))
        return Replica(apps[-1].test_client(), ahead)

    yield started
    for app in apps:
        with app.app_context():
            db.engine.dispose()


class Replica:
    """What is sent to it happens at its own time."""

    def __init__(self, client, ahead):
        self.client, self.ahead = client, ahead

    def send(self, method, path, body=None, token=None, wait=0):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        with self._own_time(wait):
            return self.client.open(path, method=method, json=body, headers=headers)

    def register(self):
        return self.send("POST", "/register", Registration(username="alice"))

    def sign_in(self, password=Registration.password, wait=0):
        body = {"username": "alice", "password": password}
        return self.send("POST", "/login", body, wait=wait)

    def refresh(self, tokens, wait=0):
        body = {"refresh_token": tokens["refresh_token"]}
        return self.send("POST", "/refresh", body, wait=wait)

    @contextmanager
    def _own_time(self, wait):
        with time_machine.travel(time.time() + self.ahead + wait):
            yield


@pytest.fixture(params=["signs in at the one ahead", "signs in at the one behind"])
def pair(request, replica):
    """Two replicas, in both orders."""
    ahead, behind = replica(APART), replica()
    pair = (ahead, behind) if "at the one ahead" in request.param else (behind, ahead)
    pair[0].register()
    return pair


def test_a_token_of_one_replica_is_accepted_by_the_other(pair):
    here, there = pair
    token = here.sign_in().json["access_token"]
    assert there.send("GET", "/me", token=token).status_code == 200


def test_a_sign_out_at_one_replica_holds_at_the_other(pair):
    here, there = pair
    token = here.sign_in().json["access_token"]
    there.send("POST", "/logout", token=token)
    assert here.send("GET", "/me", token=token).status_code == 401


def test_a_refresh_goes_on_at_the_other_replica(pair):
    here, there = pair
    tokens = here.sign_in().json
    for each in (there, here, there):
        answer = each.refresh(tokens)
        assert answer.status_code == 200
        tokens = answer.json


@pytest.mark.parametrize("ahead", [-APART, -1, 1, 8])
def test_a_lost_answer_is_given_again_by_the_other_replica(replica, ahead):
    """One that is ahead by the whole ten seconds of the window would take it for a replay."""
    here, there = replica(), replica(ahead)
    here.register()
    tokens = here.sign_in().json
    lost = here.refresh(tokens).json
    again = there.refresh(tokens, wait=1)
    assert again.status_code == 200
    assert again.json["refresh_token"] == lost["refresh_token"]


def test_a_replay_at_the_other_replica_ends_the_session(pair):
    here, there = pair
    tokens = here.sign_in().json
    here.refresh(tokens)
    assert there.refresh(tokens, wait=31).status_code == 401


def test_wrong_passwords_count_at_both_replicas_together(pair):
    here, there = pair
    for each in (here, there, here, there, here):
        each.sign_in("wrong wrong")
    assert failures(here) == 5


def failures(replica):
    with replica.client.application.app_context():
        return db.session.query(UserModel.failures).scalar()


def test_the_hard_stop_holds_at_both_whatever_the_time(pair):
    with pair[0].client.application.app_context():
        db.session.query(UserModel).update({"failures": HARD_STOP})
        db.session.commit()
    assert [each.sign_in(wait=DAY).status_code for each in pair] == [401, 401]


# --- Jumps ---


def test_nobody_is_kept_out_for_long_after_the_clock_ran_a_day_ahead(replica):
    muster = replica()
    muster.register()
    for _ in range(8):
        muster.sign_in("wrong wrong", wait=DAY)
    assert muster.sign_in(wait=DAY).status_code == 401
    assert muster.sign_in().status_code == 200


def test_who_signed_in_before_the_clock_jumped_refreshes_and_goes_on(replica):
    muster = replica()
    muster.register()
    tokens = muster.sign_in().json
    for jump in (DAY, 0, DAY):
        tokens = muster.refresh(tokens, wait=jump).json
        token = tokens["access_token"]
        assert muster.send("GET", "/me", token=token, wait=jump).status_code == 200


def test_a_used_token_is_no_lost_answer_after_the_clock_went_back(replica):
    muster = replica()
    muster.register()
    tokens = muster.sign_in().json
    muster.refresh(tokens, wait=DAY)
    assert muster.refresh(tokens).status_code == 401


def test_a_count_of_a_clock_that_ran_ahead_begins_anew(tmp_path):
    storage = FileStorage(tmp_path / "limits.sqlite3")
    with time_machine.travel(time.time() + DAY):
        storage.incr("key", 600)
    assert [storage.incr("key", 600), storage.incr("key", 600)] == [1, 2]
