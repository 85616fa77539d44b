"""What tokens must look like. Come here to change an access token's claims or a token's lifetime.

Claims and header after RFC 9068 (JWT profile for access tokens) and RFC 8725 (JWT best practice);
refresh tokens after RFC 9700, section 4.14 (rotation).
"""

import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from core import strict_json

TYPE = "at+jwt"
AUDIENCE = "muster"
ACCESS_LIFETIME = timedelta(minutes=15)
LEEWAY = timedelta(seconds=30)
MAX_LENGTH = 4096
_POSITIVE = range(1, 2**63)  # a larger number would be a fault in the database driver

REFRESH_IDLE_LIFETIME = timedelta(days=30)
SESSION_LIFETIME = timedelta(days=90)
CLOCKS_APART = timedelta(seconds=10)  # what the clocks of two replicas may differ by
REPEAT_WINDOW = timedelta(seconds=10)
_FAMILY_BYTES = 16
_SECRET_BYTES = 32

# Every claim has to be there, and be of this very type: PyJWT takes a string `exp`, and a token
# that has none at all. `bool` is an `int` to Python, hence the comparison of exact types.
CLAIM_TYPES: dict[str, type] = {
    "iss": str,
    "aud": str,
    "sub": str,
    "exp": int,
    "iat": int,
    "nbf": int,
    "jti": str,
    "sid": int,
    "fresh": bool,
    "auth_time": int,
}


def has_sound_claims(claims: Mapping[str, Any]) -> bool:
    """Whether every claim is there and well-typed. Signature and times are checked elsewhere."""
    if not all(type(claims.get(name)) is kind for name, kind in CLAIM_TYPES.items()):
        return False
    numbers = (claims[name] for name, kind in CLAIM_TYPES.items() if kind is int)
    return all(number in _POSITIVE for number in numbers) and _is_row_id(claims["sub"])


def is_current(claims: Mapping[str, Any], now: datetime) -> bool:
    """Whether sound claims hold at this time, give or take the leeway (RFC 7519, section 4.1)."""
    moment, leeway = now.timestamp(), LEEWAY.total_seconds()
    return bool(claims["nbf"] - leeway <= moment < claims["exp"] + leeway)


def _is_row_id(text: str) -> bool:
    """Whether a text is a row's id, in the one way of writing it."""
    return (
        len(text) < 20
        and text.isascii()
        and text.isdigit()
        and str(int(text)) == text
        and (int(text) in _POSITIVE)
    )


def is_canonical(token: str) -> bool:
    """Whether the compact form can be read in one way only (RFC 7515, sections 2, 4 and 5.2).

    Base64 decoders overlook unused bits and padding, so one token would have many spellings; JSON
    parsers differ in which of two members of one name they take.
    """
    parts = token.split(".")
    if len(token) > MAX_LENGTH or len(parts) != 3 or not all(map(_is_canonical_part, parts)):
        return False
    return all(map(_is_json_object, parts[:2]))


def _is_json_object(part: str) -> bool:
    try:
        return isinstance(strict_json.loads(_decoded(part)), dict)
    except strict_json.MalformedJson:
        return False


def _decoded(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _is_canonical_part(part: str) -> bool:
    try:
        raw = _decoded(part)
    except (Base64Error, ValueError):
        return False
    return urlsafe_b64encode(raw).rstrip(b"=").decode() == part


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """An opaque refresh token: `family` stays with the session, `secret` (256 bits) changes.

    The family tells a used token of a session from one that somebody made up: only the first
    ends the session.
    """

    family: bytes
    secret: bytes

    @classmethod
    def new(cls) -> "RefreshToken":
        """The first one of a session."""
        return cls(secrets.token_bytes(_FAMILY_BYTES), secrets.token_bytes(_SECRET_BYTES))

    @classmethod
    def parse(cls, text: str) -> "RefreshToken | None":
        """The token in this text; None for what cannot be one of ours."""
        if not text.isascii() or not _is_canonical_part(text):
            return None
        raw = _decoded(text)
        if len(raw) != _FAMILY_BYTES + _SECRET_BYTES:
            return None
        return cls(raw[:_FAMILY_BYTES], raw[_FAMILY_BYTES:])

    def successor(self, seed: bytes) -> "RefreshToken":
        """The token that replaces this one. `seed` is random, kept by us, and used once.

        The same token gives the same successor, so whoever lost the answer can ask again. Neither
        the database alone nor an old token alone gives it.
        """
        return RefreshToken(self.family, hmac.digest(seed, self.secret, "sha256"))

    def __str__(self) -> str:
        return urlsafe_b64encode(self.family + self.secret).decode()

    @property
    def family_digest(self) -> str:
        """What is kept of the family."""
        return sha256(self.family).hexdigest()

    def has(self, digest: str | None) -> bool:
        """Whether this is what was kept of it. Takes the same time, wherever the two differ."""
        return digest is not None and hmac.compare_digest(self.digest, digest)

    @property
    def digest(self) -> str:
        """What is kept of the token."""
        return sha256(self.family + self.secret).hexdigest()
