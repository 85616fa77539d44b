"""Hashing slots. Come here to change how many passwords are hashed at once and who is turned away.

A hash costs tens of milliseconds of one core. A few threads at low priority do all of them, so
that reads keep their share of the processor however many people sign in at once.
"""

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from core import hashing
from errors import Overloaded

_NICENESS = 10

Result = TypeVar("Result")


class PasswordHasher:
    """Hashes and verifies in `slots` threads; at most `queue` calls wait, the next is refused."""

    def __init__(self, *, rounds: int, slots: int, queue: int) -> None:
        self._context = hashing.context(rounds)
        self._nobody = hashing.hash_of_nobody(rounds)
        self._places = threading.BoundedSemaphore(slots + queue)
        self._pool = ThreadPoolExecutor(slots, "hashing", initializer=_lower_priority)

    def hash(self, password: str) -> str:
        """A new hash of `password`, which is already normalised. Raises `Overloaded`."""
        return self._run(lambda: str(self._context.hash(password)))

    def verify(self, password: str, password_hash: str | None) -> bool:
        """Whether `password` belongs to the hash. Raises `Overloaded`.

        With no hash (no such account) it takes the same time and the answer is no, so that an
        answer's time tells nobody which names exist (OWASP ASVS 5.0, 6.3.8).
        """
        return self._run(
            lambda: bool(self._context.verify(password, password_hash or self._nobody))
        )

    def _run(self, work: Callable[[], Result]) -> Result:
        if not self._places.acquire(blocking=False):
            raise Overloaded(headers={"Retry-After": "2"})
        try:
            return self._pool.submit(work).result()
        finally:
            self._places.release()


def slots_per_worker(workers: int) -> int:
    """How many hashes one of `workers` processes runs at once, to fill the cores together."""
    return max(1, len(os.sched_getaffinity(0)) // workers)


def _lower_priority() -> None:
    """Linux keeps a niceness per thread: readers come first, hashes take what is left."""
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
