"""Hashing slots. Come here to change how many passwords are hashed at once and who is turned away.

A hash costs tens of milliseconds of one core. A few threads at low priority do all of them, so
that reads keep their share of the processor however many people sign in at once.
"""

import os
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from passlib.context import CryptContext

from core import hashing
from errors import Overloaded

_NICENESS = 10
# So many more than are hashed may hold a slot: one gets ready while the others are hashed. Of what
# the hash alone allows, sign-ins reach 93 hundredths instead of 91.
_GETTING_READY = 1

Result = TypeVar("Result")


class PasswordHasher:
    """Hashes and verifies in `slots` threads; `queue` requests may wait, the next is refused."""

    def __init__(self, *, rounds: int, slots: int, queue: int) -> None:
        hashing.fastest_engine()  # found now: later, the other threads would disturb the trial
        self._context = hashing.context(rounds)
        self._rounds = rounds
        self._places = threading.BoundedSemaphore(slots + queue)
        self._slots = threading.BoundedSemaphore(slots + _GETTING_READY)
        # Threads, by their ids: a set is changed in one step.
        self._present: set[int] = set()
        self._working: set[int] = set()
        # For monitoring: by name, what to call when it is asked for.
        self.levels: dict[str, Callable[[], float]] = {
            "hashing_slots": lambda: slots,
            "hashing_slots_in_use": lambda: min(slots, len(self._working)),
            "hashing_queue_length": lambda: max(0, len(self._present) - slots),
            "hashing_queue_places": lambda: queue,
        }
        self._pool = ThreadPoolExecutor(slots, "hashing", initializer=_lower_priority)

    @contextmanager
    def slot(self) -> Iterator["Slot"]:
        """Wait for a slot and keep it meanwhile. Raises `Overloaded` when too many wait already.

        Hold no connection when you come here; what is read inside is read at the last moment.
        """
        if not self._places.acquire(blocking=False):
            raise Overloaded(headers={"Retry-After": "2"})
        thread = threading.get_ident()
        self._present.add(thread)
        try:
            with self._slots:
                self._working.add(thread)
                yield Slot(self._run, self._context, self._rounds)
        finally:
            self._working.discard(thread)
            self._present.discard(thread)
            self._places.release()

    def hash(self, password: str) -> str:
        """A new hash of a normalised password, in a slot of its own. Raises `Overloaded`."""
        with self.slot() as slot:
            return slot.hash(password)

    def _run(self, work: Callable[[], Result]) -> Result:
        return self._pool.submit(work).result()


class Slot:
    """The right to hash, one after the other."""

    def __init__(self, run: Callable[..., object], context: CryptContext, rounds: int) -> None:
        self._run = run
        self._context = context
        self._rounds = rounds

    def hash(self, password: str) -> str:
        """A new hash of a normalised password."""
        return str(self._run(lambda: self._context.hash(password)))

    def verify(self, password: str, password_hash: str | None) -> bool:
        """Whether a normalised password belongs to the hash.

        A wrong answer takes the time of today's hash, also for one of fewer rounds, or with none
        (no such account): time tells nobody which names exist (OWASP ASVS 5.0, 6.3.8). Only a
        hash of another scheme takes that scheme's time on top (docs/decisions/0007-guessing.md).
        """
        return bool(self._run(lambda: self._verify(password, password_hash)))

    def stronger_hash(self, password: str, password_hash: str) -> str | None:
        """A new hash of the right password if the old one is weaker than today's setting."""
        if hashing.is_cut(self._context, password, password_hash):
            return None
        return self.hash(password) if hashing.is_weak(self._context, password_hash) else None

    def _verify(self, password: str, password_hash: str | None) -> bool:
        if password_hash and hashing.matches(self._context, password, password_hash):
            return True
        missing = self._rounds - hashing.rounds_of(self._context, password_hash)
        if missing > 0:
            hashing.matches(self._context, password, hashing.hash_of_nobody(missing))
        return False


def slots_per_worker(workers: int) -> int:
    """How many hashes one of `workers` processes runs at once, to fill the cores together."""
    # Python 3.13 has os.process_cpu_count() for this; macOS has no affinity.
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return max(1, cores // workers)


def _lower_priority() -> None:
    """Linux keeps a niceness per thread: readers come first, hashes take what is left."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
