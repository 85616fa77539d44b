"""What an access token must look like. Come here to change its claims or its lifetime.

Claims and header after RFC 9068 (JWT profile for access tokens) and RFC 8725 (JWT best practice).
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

TYPE = "at+jwt"
AUDIENCE = "muster"
ACCESS_LIFETIME = timedelta(minutes=15)
LEEWAY = timedelta(seconds=30)
MAX_LENGTH = 4096

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
    typed = all(type(claims.get(name)) is kind for name, kind in CLAIM_TYPES.items())
    return typed and claims["sub"].isascii() and claims["sub"].isdigit()


def is_canonical(token: str) -> bool:
    """Whether the compact form is the only spelling of its bytes (RFC 7515, section 2).

    Base64 decoders overlook unused bits and padding, so one token would have many spellings.
    """
    parts = token.split(".")
    return len(token) <= MAX_LENGTH and len(parts) == 3 and all(map(_is_canonical_part, parts))


def _is_canonical_part(part: str) -> bool:
    try:
        raw = urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except (Base64Error, ValueError):
        return False
    return urlsafe_b64encode(raw).rstrip(b"=").decode() == part
