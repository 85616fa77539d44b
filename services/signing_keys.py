"""The keys that sign access tokens. Come here to change how they are made, kept and found.

Each is a PEM file `<time it was made>-<kid>.pem`, mode 0600, in `keys/` below the instance path or
where MUSTER_KEYS_PATH says. Replicas that share the directory share the keys; it may be read-only
if it has one (docs/decisions/0011-sharing-keys.md).
"""

import json
import logging
import os
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from filelock import FileLock
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from config import SettingsError
from core import clock
from core.tokens import ACCESS_LIFETIME, LEEWAY

_log = logging.getLogger("muster")
_SETTLED_NS = 2_000_000_000
_TIME = "%Y%m%dT%H%M%SZ"
_MIN_RSA_BITS = 3072
# The public members of all kinds; just those that a thumbprint counts (RFC 7638, section 3.2).
_PUBLIC_MEMBERS = {"crv", "e", "kty", "n", "x", "y"}

PublicKey = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | rsa.RSAPublicKey
PrivateKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey

_MAKERS: dict[str, Callable[[], PrivateKey]] = {
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate,
    "RS256": lambda: rsa.generate_private_key(65537, _MIN_RSA_BITS),
}
ALGORITHMS = tuple(_MAKERS)
# Twice as long as resources/verification.py lets anybody keep a copy, for copies of copies.
PUBLISHED_AHEAD = timedelta(minutes=10)


@dataclass(frozen=True)
class SigningKey:
    """A key pair and the only algorithm that it is used with."""

    kid: str
    algorithm: str
    created_at: datetime
    private: PrivateKey

    @classmethod
    def of(cls, private: PrivateKey, created_at: datetime) -> "SigningKey":
        """Name the key by its thumbprint (RFC 7638); raises `ValueError` for a weak kind."""
        algorithm = _algorithm_of(private)
        kid = _thumbprint(_public_members(private))
        return cls(kid, algorithm, created_at, private)

    @property
    def signs_from(self) -> datetime:
        """When the copies that others keep of the JWKS hold it."""
        return self.created_at + PUBLISHED_AHEAD

    @cached_property
    def public(self) -> PublicKey:
        """The half that verifies."""
        return self.private.public_key()

    def as_jwk(self) -> dict[str, Any]:
        """The public half, for the JWKS (RFC 7517)."""
        members = _public_members(self.private)
        return members | {"kid": self.kid, "alg": self.algorithm, "use": "sig"}


class KeyRing:
    """The keys in use, in the order in which they were made.

    A key verifies from the moment it is here, and signs once the copies that others keep of the
    JWKS have had time to hold it. It goes on verifying until the last token that it signed has
    expired.
    """

    def __init__(self, keys: list[SigningKey], directory: Path | None = None) -> None:
        self._directory = directory
        self._seen = 0
        self._quiet_until = 0.0
        self._lock = threading.Lock()
        self._set(keys)

    @property
    def active(self) -> SigningKey:
        """The key that signs: the newest that is known everywhere by now."""
        self._reload()
        known = [key for key in self._keys if key.signs_from <= clock.now()]
        return known[-1] if known else self._keys[0]

    @property
    def verifying(self) -> list[SigningKey]:
        """The keys that have not had their time."""
        self._reload()
        return [key for key in self._keys if not self.is_retired(key)]

    def find(self, kid: object) -> SigningKey | None:
        """The key with this id that verifies; None for anything else, of whatever type."""
        self._reload()
        key = self._by_kid.get(kid) if isinstance(kid, str) else None
        return None if key is None or self.is_retired(key) else key

    def is_retired(self, key: SigningKey) -> bool:
        """Whether every token that a key signed has expired since its successor took over."""
        later = [other.signs_from for other in self._keys if other.created_at > key.created_at]
        return bool(later) and min(later) + ACCESS_LIFETIME + 2 * LEEWAY < clock.now()

    def role_of(self, key: SigningKey) -> str:
        """What a key is for at this moment, in a word."""
        active = self.active
        if key.kid == active.kid:  # each look may have read the files anew
            return "signs"
        return "signs next" if key.created_at > active.created_at else "verifies"

    def _set(self, keys: list[SigningKey]) -> None:
        self._keys = sorted(keys, key=lambda key: key.created_at)
        self._by_kid = {key.kid: key for key in self._keys}

    def _reload(self) -> None:
        """Notice keys that another process made; a look at the directory's time costs 2 µs."""
        if self._directory is None or time.monotonic() < self._quiet_until:
            return
        try:
            changed_at = os.stat(self._directory).st_mtime_ns  # noqa: PTH116  # half the time
            if changed_at == self._seen:
                return
            with self._lock:
                # Clocks of file systems are coarse: what changed just now may change unseen.
                settled = time.time_ns() - changed_at > _SETTLED_NS
                self._set(load(self._directory))
                self._seen = changed_at if settled else 0
        except (OSError, SettingsError) as error:
            self._quiet_until = time.monotonic() + 1
            _log.error("keeping the keys as they were: %s", error)


def make(algorithm: str) -> SigningKey:
    """A new key pair for `ES256`, `EdDSA` or `RS256`."""
    return SigningKey.of(_MAKERS[algorithm](), clock.now().replace(microsecond=0))


def ring(directory: Path | None, algorithm: str) -> KeyRing:
    """The keys in a directory, or in memory only; the first is made here. `SettingsError`."""
    if directory is None:
        return KeyRing([make(algorithm)])
    if not load(directory):
        with _alone(directory):
            if not load(directory):  # nobody else was first
                save(make(algorithm), directory)
    return KeyRing(load(directory), directory)


def follow_setting(directory: Path, algorithm: str) -> None:
    """Make a key when the newest is not of this algorithm: the setting has changed.

    Only the server does this. Other commands may run without the server's environment.
    """
    if load(directory)[-1].algorithm == algorithm:
        return
    try:
        with _alone(directory):
            if load(directory)[-1].algorithm != algorithm:
                key = _rotate(directory, algorithm)
                _log.warning(
                    "the new key %s (%s) signs from %s", key.kid, algorithm, key.signs_from
                )
    except SettingsError as error:  # keys that somebody else makes are taken as they are
        _log.warning("MUSTER_TOKEN_ALGORITHM cannot be followed: %s", error)


def rotate(directory: Path, algorithm: str) -> SigningKey:
    """Make a new key, and remove those that have had their time. Raises `SettingsError`."""
    with _alone(directory):
        return _rotate(directory, algorithm)


def _rotate(directory: Path, algorithm: str) -> SigningKey:
    key = make(algorithm)
    save(key, directory)
    keys = KeyRing(load(directory), directory)
    for path in directory.glob("*.pem"):
        if keys.find(_read(path).kid) is None:
            path.unlink()
    return key


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """Keep the other processes and replicas from making keys meanwhile."""
    lock = FileLock(directory / ".lock")
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock.acquire()
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise SettingsError(
            f"MUSTER_KEYS_PATH cannot be used: no signing key can be made in {directory}: {reason}."
        ) from error
    try:
        yield
    finally:
        lock.release()


def load(directory: Path) -> list[SigningKey]:
    """The keys in a directory, oldest first. Raises `SettingsError` for one that cannot serve."""
    keys = [_read(path) for path in directory.glob("*.pem")]
    return sorted(keys, key=lambda key: key.created_at)


def save(key: SigningKey, directory: Path) -> Path:
    """Write a key that only its owner can read; under no name until it is whole on disk."""
    path = directory / f"{key.created_at.strftime(_TIME)}-{key.kid}.pem"
    draft = path.with_suffix(".draft")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(_pem(key.private))
        file.flush()
        os.fsync(descriptor)
    draft.rename(path)
    return path


def _read(path: Path) -> SigningKey:
    try:
        created_at = datetime.strptime(path.name.partition("-")[0], _TIME).replace(tzinfo=UTC)
        private = serialization.load_pem_private_key(path.read_bytes(), password=None)
        return SigningKey.of(private, created_at)  # type: ignore[arg-type]  # checked inside
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise SettingsError(f"The signing key {path} cannot be used: {error}.") from error


def _pem(private: PrivateKey) -> bytes:
    return private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _algorithm_of(private: PrivateKey) -> str:
    match private:
        case ec.EllipticCurvePrivateKey(curve=ec.SECP256R1()):
            return "ES256"
        case ed25519.Ed25519PrivateKey():
            return "EdDSA"
        case rsa.RSAPrivateKey() if private.key_size >= _MIN_RSA_BITS:
            return "RS256"
    raise ValueError(f"it must be EC P-256, Ed25519, or RSA of at least {_MIN_RSA_BITS} bits")


def _public_members(private: PrivateKey) -> dict[str, Any]:
    match private:
        case ec.EllipticCurvePrivateKey():
            jwk = ECAlgorithm.to_jwk(private.public_key(), as_dict=True)
        case ed25519.Ed25519PrivateKey():
            jwk = OKPAlgorithm.to_jwk(private.public_key(), as_dict=True)
        case rsa.RSAPrivateKey():
            jwk = RSAAlgorithm.to_jwk(private.public_key(), as_dict=True)
    return {name: jwk[name] for name in sorted(_PUBLIC_MEMBERS & jwk.keys())}


def _thumbprint(members: dict[str, Any]) -> str:
    """RFC 7638: SHA-256 over the members in alphabetical order, without white space."""
    canonical = json.dumps(members, sort_keys=True, separators=(",", ":")).encode()
    return urlsafe_b64encode(sha256(canonical).digest()).rstrip(b"=").decode()
