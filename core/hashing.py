"""How a password becomes a hash. Come here to change the format, the rounds or who computes it.

The format is libpass's (`$pbkdf2-sha256$rounds$salt$checksum`, modular crypt format), so anything
that reads passlib's hashes reads ours. Only the arithmetic is handed to the fastest library that
is here: the attacker pays the fastest, so should we (docs/decisions/0002-password-hashing.md).
"""

from collections.abc import Callable
from functools import cache
from hashlib import pbkdf2_hmac, sha256
from time import thread_time

from Crypto.Hash import SHA256
from Crypto.Protocol.KDF import PBKDF2
from cryptography.hazmat.primitives.hashes import SHA256 as OPENSSL_SHA256
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from passlib.context import CryptContext
from passlib.hash import pbkdf2_sha256

RECOMMENDED_ROUNDS = 600_000  # OWASP Password Storage Cheat Sheet, PBKDF2-HMAC-SHA256
SALT_BYTES = 16
_CHECKSUM_BYTES = 32
# What other systems leave behind: such hashes verify, and are replaced at the next sign-in. Left
# out of what libpass knows: plain text, hashes without a salt or salted with the name, and those
# that look at eight characters only or at no case.
_ACCEPTED_SCHEMES = (
    "pbkdf2_sha512",
    "pbkdf2_sha1",
    "argon2",
    "bcrypt_sha256",
    "bcrypt",
    "scrypt",
    "sha512_crypt",
    "sha256_crypt",
    "sha1_crypt",
    "django_pbkdf2_sha256",
    "django_pbkdf2_sha1",
    "django_argon2",
    "django_bcrypt_sha256",
    "django_bcrypt",
    "django_salted_sha1",
    "django_salted_md5",
    "phpass",
    "md5_crypt",
    "apr_md5_crypt",
    "sun_md5_crypt",
    "bsdi_crypt",
    "scram",
    "fshp",
    "atlassian_pbkdf2_sha1",
    "cta_pbkdf2_sha1",
    "grub_pbkdf2_sha512",
    "ldap_pbkdf2_sha1",
    "ldap_pbkdf2_sha256",
    "ldap_pbkdf2_sha512",
    "ldap_salted_sha1",
    "ldap_salted_sha256",
    "ldap_salted_sha512",
    "ldap_salted_md5",
    "ldap_bcrypt",
    "ldap_bsdi_crypt",
    "ldap_md5_crypt",
    "ldap_sha1_crypt",
    "ldap_sha256_crypt",
    "ldap_sha512_crypt",
    "mssql2005",
    "oracle11",
)
_LONGEST_SECRET = 4096  # of libpass, in bytes; no setting lets a password be as long
_CUT_AT_72_BYTES = {"bcrypt", "django_bcrypt", "ldap_bcrypt"}
# Fewer would tell what a library does around its rounds; these take 1 to 2 ms.
_TRIAL_ROUNDS = 10_000
_TRIALS = 4

Pbkdf2 = Callable[[bytes, bytes, int], bytes]


def _hashlib(secret: bytes, salt: bytes, rounds: int) -> bytes:
    return pbkdf2_hmac("sha256", secret, salt, rounds, _CHECKSUM_BYTES)


def _cryptography(secret: bytes, salt: bytes, rounds: int) -> bytes:
    return PBKDF2HMAC(OPENSSL_SHA256(), _CHECKSUM_BYTES, salt, rounds).derive(secret)


def _pycryptodome(secret: bytes, salt: bytes, rounds: int) -> bytes:
    # bytes, never str: pycryptodome would encode text as Latin-1.
    return PBKDF2(secret, salt, _CHECKSUM_BYTES, count=rounds, hmac_hash_module=SHA256)


ENGINES: tuple[Pbkdf2, ...] = (_pycryptodome, _cryptography, _hashlib)


@cache
def fastest_engine() -> Pbkdf2:
    """The quickest of `ENGINES` on this processor, found once by timing a few short runs."""
    # In turn, and the best of several: the machine may be busy with something else.
    trials = [[_trial(engine) for engine in ENGINES] for _ in range(_TRIALS)]
    best = [min(times) for times in zip(*trials, strict=True)]
    return ENGINES[best.index(min(best))]


def _trial(engine: Pbkdf2) -> float:
    start = thread_time()
    engine(b"secret", b"sixteen bytes of", _TRIAL_ROUNDS)
    return thread_time() - start


class _FastPbkdf2Sha256(pbkdf2_sha256):  # type: ignore[misc]  # libpass makes this class untyped
    """libpass's own format and parser, with only the arithmetic replaced."""

    def _calc_checksum(self, secret: str | bytes) -> bytes:
        raw = secret.encode("utf-8") if isinstance(secret, str) else secret
        return fastest_engine()(raw, self.salt, self.rounds)


def context(rounds: int) -> CryptContext:
    """Hashes with `rounds` PBKDF2 rounds; `needs_update()` says which hashes are weaker."""
    return CryptContext(
        schemes=[_FastPbkdf2Sha256, *_ACCEPTED_SCHEMES],
        deprecated="auto",
        pbkdf2_sha256__default_rounds=rounds,
        pbkdf2_sha256__min_rounds=rounds,
        pbkdf2_sha256__salt_size=SALT_BYTES,
    )


def matches(hashes: CryptContext, password: str, password_hash: str) -> bool:
    """Whether a normalised password belongs to a hash of any accepted scheme."""
    secret = password.encode()
    if len(secret) > _LONGEST_SECRET or b"\0" in secret:
        # Wrong whatever it is, but it costs what others cost. NUL: PBKDF2 fills its key up with
        # it (RFC 2104), so "x" and "x\0" would be one password.
        secret = sha256(secret).digest()
    scheme = hashes.identify(password_hash)
    if scheme in _CUT_AT_72_BYTES:
        secret = secret[:72]  # as every bcrypt did when the hash was made; newer ones refuse
    try:
        return scheme is not None and bool(hashes.verify(secret, password_hash))
    except ValueError:  # no hash after all
        return False


def is_weak(hashes: CryptContext, password_hash: str) -> bool:
    """Whether a hash costs less than today's setting, or is of another scheme."""
    try:
        return hashes.identify(password_hash) is None or bool(hashes.needs_update(password_hash))
    except ValueError:
        return True  # it begins like a hash that is known, and is none


def is_cut(hashes: CryptContext, password: str, password_hash: str) -> bool:
    """Whether a hash covers the beginning of this password only: the rest may be a slip."""
    cuts = hashes.identify(password_hash) in _CUT_AT_72_BYTES
    return cuts and len(password.encode()) > 72


def rounds_of(hashes: CryptContext, password_hash: str | None) -> int:
    """How many rounds verifying a hash of our own scheme takes; 0 for others and none."""
    if password_hash is None or hashes.identify(password_hash) != _FastPbkdf2Sha256.name:
        return 0
    try:
        return int(_FastPbkdf2Sha256.from_string(password_hash).rounds)
    except ValueError:
        return 0


def hash_of_nobody(rounds: int) -> str:
    """A well-formed hash that no password has: verifying it costs what a real one costs."""
    nobody = _FastPbkdf2Sha256(
        rounds=rounds, salt=bytes(SALT_BYTES), checksum=bytes(_CHECKSUM_BYTES)
    )
    return str(nobody.to_string())
