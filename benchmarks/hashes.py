"""What a password hash costs. Come here to add the hash of another peer.

Each is computed by the fastest library at hand, as an attacker would. That library need not be the
one that the peer uses.
"""

import hashlib
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import bcrypt
from argon2.low_level import Type, hash_secret_raw

from core import hashing

_SECRET, _SALT = b"correct horse battery", b"sixteen bytes of"


def _pbkdf2() -> None:
    hashing.fastest_engine()(_SECRET, _SALT, hashing.RECOMMENDED_ROUNDS)


def _hashlib() -> None:
    hashlib.pbkdf2_hmac("sha256", _SECRET, _SALT, hashing.RECOMMENDED_ROUNDS)


def _bcrypt() -> None:
    bcrypt.hashpw(_SECRET, bcrypt.gensalt(10))


def _argon2() -> None:
    hash_secret_raw(
        _SECRET, _SALT, time_cost=3, memory_cost=65_536, parallelism=4, hash_len=32, type=Type.ID
    )


def _scrypt() -> None:
    hashlib.scrypt(_SECRET, salt=_SALT, n=16_384, r=16, p=1, dklen=64, maxmem=2**26)


BY_HASHLIB = "PBKDF2-SHA256, 600,000 rounds, by Python's own hashlib"
HASHES: dict[str, Callable[[], None]] = {
    "PBKDF2-SHA256, 600,000 rounds": _pbkdf2,
    BY_HASHLIB: _hashlib,
    "bcrypt, cost 10": _bcrypt,
    "argon2id, 64 MiB, 3 passes, 4 lanes": _argon2,
    "scrypt, N 16384, r 16, p 1 (32 MiB)": _scrypt,
}


def cpu_milliseconds(name: str, times: int = 5) -> float:
    """CPU time of one, the least of several."""
    return min(_cpu_seconds(HASHES[name]) for _ in range(times)) * 1000


def _cpu_seconds(work: Callable[[], None]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


def per_second(name: str, threads: int, seconds: float) -> float:
    """So many a second in this many threads, with nothing else around them."""
    work = HASHES[name]
    work()  # PBKDF2 looks for its fastest engine first
    begun = time.perf_counter()

    def repeat(_thread: int) -> list[float]:
        ends = []
        while not ends or ends[-1] - begun < seconds:
            work()
            ends.append(time.perf_counter())
        return ends

    with ThreadPoolExecutor(threads) as pool:
        # Each thread's own pace: none waits for the last hash of another.
        return sum(len(ends) / (ends[-1] - begun) for ends in pool.map(repeat, range(threads)))
