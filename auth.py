"""Who is calling. Come here to change how access tokens are issued, read and checked.

flask-jwt-extended signs and verifies; this module holds it to the rules of core/tokens.py and
asks the database about the session on every request, so a sign-out acts at once.
"""

import re
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import jwt
from flask import Flask, g, request
from flask_jwt_extended import JWTManager, create_access_token, decode_token
from flask_jwt_extended.exceptions import JWTExtendedException

from api import documents_refusals
from core import tokens
from errors import InvalidToken, NotSignedIn
from services import sessions
from services.sessions import LiveSession
from services.signing_keys import ALGORITHMS, KeyRing, SigningKey

SECURITY_SCHEME = "access_token"
SECURITY_SCHEME_DOCUMENT = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
    "description": "The `access_token` that `POST /login` gave.",
}
# RFC 6750, section 2.1; the scheme's name is case-insensitive (RFC 9110, section 11.1).
_BEARER = re.compile(r"(?i:bearer) ([\w.-]+)", re.ASCII)

P = ParamSpec("P")
R = TypeVar("R")


def init_app(app: Flask, keys: KeyRing, *, issuer: str) -> None:
    """Set flask-jwt-extended up with these keys and this `iss`."""
    app.config.update(
        JWT_COOKIE_CSRF_PROTECT=False,  # no cookies, so no `csrf` claim
        JWT_ALGORITHM=keys.active.algorithm,
        JWT_DECODE_ALGORITHMS=list(ALGORITHMS),
        JWT_ACCESS_TOKEN_EXPIRES=tokens.ACCESS_LIFETIME,
        JWT_DECODE_LEEWAY=tokens.LEEWAY,
        JWT_ENCODE_ISSUER=issuer,
        JWT_DECODE_ISSUER=issuer,
        JWT_ENCODE_AUDIENCE=tokens.AUDIENCE,
        JWT_DECODE_AUDIENCE=tokens.AUDIENCE,
    )
    manager = JWTManager(app)
    manager.encode_key_loader(lambda _identity: keys.active.private)
    manager.additional_headers_loader(
        lambda _identity: {"typ": tokens.TYPE, "kid": keys.active.kid}
    )
    manager.decode_key_loader(lambda header, _claims: _verifying_key(keys, header))


def issue_access_token(
    user_id: int, session_id: int, *, authenticated_at: datetime, fresh: bool
) -> str:
    """A signed access token. `fresh` says that it comes from a sign-in, not from a refresh."""
    claims = {"sid": session_id, "auth_time": int(authenticated_at.timestamp())}
    token: str = create_access_token(str(user_id), fresh=fresh, additional_claims=claims)
    return token


def signed_in(view: Callable[P, R]) -> Callable[P, R]:
    """Guard: only with an access token whose session is alive. Stands outermost."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        g.caller = _authenticate()
        return view(*args, **kwargs)

    return documents_refusals(NotSignedIn, InvalidToken, security=[{SECURITY_SCHEME: []}])(guarded)


def caller() -> LiveSession:
    """Who sent this request; only behind a guard."""
    live: LiveSession = g.caller
    return live


def _authenticate() -> LiveSession:
    claims = _claims_of(_bearer_token())
    live = sessions.find_live(session_id=claims["sid"], user_id=int(claims["sub"]))
    if live is None:
        raise InvalidToken
    return live


def _bearer_token() -> str:
    header = request.headers.get("Authorization", "")
    if header[:6].lower() != "bearer":
        raise NotSignedIn
    match = _BEARER.fullmatch(header)
    if match is None or not tokens.is_canonical(match[1]):
        raise InvalidToken
    return match[1]


def _claims_of(token: str) -> dict[str, Any]:
    """The claims of a token that holds in every respect but its session."""
    try:
        claims: dict[str, Any] = decode_token(token)
    except (jwt.PyJWTError, JWTExtendedException) as error:
        raise InvalidToken from error
    if not tokens.has_sound_claims(claims):
        raise InvalidToken
    return claims


def _verifying_key(keys: KeyRing, header: dict[str, Any]) -> Any:
    """The public key that the header may name. Keys inside the header are never looked at."""
    key: SigningKey | None = keys.find(header.get("kid"))
    if (
        key is None
        or header.get("alg") != key.algorithm
        or header.get("typ") != tokens.TYPE
        or "crit" in header
    ):
        raise jwt.InvalidTokenError("the header names no key of ours")
    return key.private.public_key()
