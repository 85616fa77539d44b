"""Hashing slots: how many at once, how many wait, who is turned away."""

import os
import threading
import time
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

import pytest

from app import create_app
from db import db
from errors import Overloaded
from services.hashing import PasswordHasher, slots_per_worker
from tests.factories import Registration

SLOW_ROUNDS = 2_000_000  # a tenth of a second at the least


def all_at_once(calls, work):
    """The results of that many parallel calls; refusals as they are."""
    together = threading.Barrier(calls)

    def call(_):
        together.wait()
        try:
            return work()
        except Overloaded as refusal:
            return refusal

    with ThreadPoolExecutor(calls) as pool:
        return list(pool.map(call, range(calls)))


@pytest.mark.asvs("15.2.2")
@pytest.mark.parametrize(("slots", "queue"), [(1, 1), (1, 3), (2, 1)])
def test_no_more_than_the_slots_and_the_queue_hold_are_let_in(slots, queue):
    hasher = PasswordHasher(rounds=SLOW_ROUNDS, slots=slots, queue=queue)
    results = all_at_once(slots + queue + 4, lambda: hasher.hash("password"))
    refused = [result for result in results if isinstance(result, Overloaded)]
    assert len(refused) == 4
    assert {refusal.status for refusal in refused} == {503}
    assert all(int(refusal.headers["Retry-After"]) > 0 for refusal in refused)


def test_a_place_is_free_again_after_each_hash():
    hasher = PasswordHasher(rounds=1, slots=1, queue=1)
    assert len({hasher.hash("password") for _ in range(10)}) == 10


@pytest.mark.asvs("1.4.3", "15.4.3")
def test_a_place_is_free_again_after_a_fault():
    hasher = PasswordHasher(rounds=1, slots=1, queue=1)
    for _ in range(5):
        with pytest.raises(TypeError):
            hasher.hash(None)
    assert hasher.hash("password")


@pytest.mark.asvs("15.4.4")
def test_the_hashing_threads_leave_the_processor_to_others():
    before = set(threading.enumerate())
    hasher = PasswordHasher(rounds=1, slots=2, queue=8)
    all_at_once(4, lambda: hasher.hash("password"))
    threads = [each for each in threading.enumerate() if each not in before]
    own = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    niceness = {os.getpriority(os.PRIO_PROCESS, thread.native_id) for thread in threads}
    assert 1 <= len(threads) <= 2
    assert niceness == {own + 10}


def test_the_slots_of_all_workers_fill_the_cores_and_each_has_one():
    cores = len(os.sched_getaffinity(0))
    assert slots_per_worker(1) == cores
    assert slots_per_worker(cores) == 1
    assert slots_per_worker(10 * cores) == 1


@pytest.fixture
def narrow_app(tmp_path):
    """An app with one slot, one place to wait, and slow hashes."""
    app = create_app(
        {
            "MUSTER_DATABASE_URL": f"sqlite:///{tmp_path}/muster.sqlite3",
            "MUSTER_INSTANCE_PATH": str(tmp_path),
            "MUSTER_PASSWORD_ROUNDS": SLOW_ROUNDS,
            "MUSTER_HASHING_QUEUE": 1,
            "MUSTER_WORKERS": 128,
        }
    )
    yield app
    with app.app_context():
        db.engine.dispose()


def attempt(app, path="/login"):
    body = Registration(username="alice")
    return app.test_client().post(path, json=dict(body))


@pytest.mark.parametrize("path", ["/login", "/register"])
def test_who_finds_the_queue_full_is_asked_to_come_back_and_others_are_served(narrow_app, path):
    with ThreadPoolExecutor(6) as pool:
        attempts = [pool.submit(attempt, narrow_app, path) for _ in range(6)]
        first, others = wait(attempts, return_when=FIRST_COMPLETED)
        refused = next(iter(first)).result()
        start = time.perf_counter()
        alive = narrow_app.test_client().get("/readyz")
        took = time.perf_counter() - start
        assert any(not each.done() for each in others)
    assert (refused.status_code, refused.json["error"]) == (503, "overloaded")
    assert int(refused.headers["Retry-After"]) > 0
    assert refused.json["request_id"]
    assert (alive.status_code, took < 0.1) == (200, True)


def test_exactly_those_whom_the_queue_holds_are_answered(narrow_app):
    answers = all_at_once(6, lambda: attempt(narrow_app))
    assert sorted(answer.status_code for answer in answers) == [401] * 2 + [503] * 4
