"""Who is calling. Come here to change how access tokens are issued, read and checked.

flask-jwt-extended signs and verifies; this module holds it to the rules of core/tokens.py and
asks the database about the session on every request, so a sign-out acts at once.
"""

import re
from collections.abc import Callable
from functools import partial, wraps
from hmac import compare_digest
from operator import call
from typing import Any, ParamSpec, TypeVar, cast

import jwt
from flask import Flask, current_app, g, request
from flask_jwt_extended import JWTManager, create_access_token, decode_token
from flask_jwt_extended.exceptions import JWTExtendedException

import access_log
from api import documents_refusals
from config import Settings
from core import clock, tokens
from errors import FreshSignInRequired, InvalidToken, NotSignedIn, Refusal, Unavailable
from services import sessions
from services.context import LATER
from services.sessions import Later, LiveSession, SignedIn
from services.signing_keys import ALGORITHMS, KeyRing

SECURITY_SCHEMES = {
    "access_token": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "The `access_token` that `POST /login` gave. Verified as RFC8725 asks.",
    },
    "app_secret": {
        "type": "http",
        "scheme": "bearer",
        "description": "The value of the setting `MUSTER_INTROSPECTION_SECRET`.",
    },
    "metrics_token": {
        "type": "http",
        "scheme": "bearer",
        "description": "The value of the setting `MUSTER_METRICS_TOKEN`.",
    },
}
_VERIFIED_AT_MOST = 2048  # about 2 kB each
# RFC 6750, section 2.1; the scheme's name is case-insensitive (RFC 9110, section 11.1).
_BEARER = re.compile(r"(?i:bearer) ([\w.~+/=-]+)", re.ASCII)

P = ParamSpec("P")
R = TypeVar("R")


def init_app(app: Flask, keys: KeyRing, settings: Settings) -> None:
    """Set flask-jwt-extended up with these keys and the settings' `iss`."""
    app.config["INTROSPECTION_SECRET"] = settings.introspection_secret
    app.config["METRICS_TOKEN"] = settings.metrics_token
    app.extensions["muster_keys"] = keys
    app.extensions["muster_verified"] = {}
    app.config.update(
        JWT_COOKIE_CSRF_PROTECT=False,  # no cookies, so no `csrf` claim
        JWT_ALGORITHM=ALGORITHMS[0],  # each key's own goes before it, in the header
        JWT_DECODE_ALGORITHMS=list(ALGORITHMS),
        JWT_ACCESS_TOKEN_EXPIRES=tokens.ACCESS_LIFETIME,
        JWT_DECODE_LEEWAY=tokens.LEEWAY,
        JWT_ENCODE_ISSUER=settings.public_url,
        JWT_DECODE_ISSUER=settings.public_url,
        JWT_ENCODE_AUDIENCE=tokens.AUDIENCE,
        JWT_DECODE_AUDIENCE=tokens.AUDIENCE,
    )
    manager = JWTManager(app)
    manager.encode_key_loader(lambda _identity: g.signing_key.private)
    manager.decode_key_loader(partial(_verifying_key, keys))


def tokens_of(signed_in: SignedIn) -> dict[str, Any]:
    """The answer to a sign-in or a refresh, with a new access token."""
    # Looked up once: at the moment of a change, header and signature must be of one key.
    key = g.signing_key = _keys().active
    access_token = create_access_token(
        str(signed_in.user_id),
        fresh=signed_in.fresh,
        additional_headers={"typ": tokens.TYPE, "kid": key.kid, "alg": key.algorithm},
        additional_claims={
            "sid": signed_in.session_id,
            "auth_time": int(signed_in.authenticated_at.timestamp()),
        },
    )
    return {
        "access_token": access_token,
        "refresh_token": str(signed_in.refresh_token),
        "token_type": "Bearer",
        "expires_in": int(tokens.ACCESS_LIFETIME.total_seconds()),
    }


def signed_in(view: Callable[P, R]) -> Callable[P, R]:
    """Guard: only with an access token whose session is alive. Stands outermost."""
    return _guarded(view, NotSignedIn, InvalidToken)


def freshly_signed_in(view: Callable[P, R]) -> Callable[P, R]:
    """Guard: as `signed_in`, and the token comes from a sign-in, not from a refresh."""
    return _guarded(view, NotSignedIn, InvalidToken, FreshSignInRequired)


def _guarded(view: Callable[P, R], *refusals: type[Refusal]) -> Callable[P, R]:
    """The view behind those of these refusals that the request deserves."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        environ = request.environ  # looked up once: each time is a microsecond
        live, claims = authenticate(bearer_token(environ), environ.get(LATER, call))
        g.caller = live
        access_log.note_caller(environ, user_id=live.user_id, session_id=live.id)
        if FreshSignInRequired in refusals and not claims["fresh"]:
            raise FreshSignInRequired
        return view(*args, **kwargs)

    refusals = (*refusals, Unavailable)  # all look the session up
    return documents_refusals(*refusals, security=[{"access_token": []}])(guarded)


def caller() -> LiveSession:
    """Who sent this request; only behind a guard."""
    return cast(LiveSession, g.caller)


def optional_caller() -> LiveSession | None:
    """Who sent this request, if it carries a good access token; a bad one is as good as none."""
    try:
        return authenticate(bearer_token(request.environ))[0]
    except (NotSignedIn, InvalidToken):
        return None


def authenticate(token: str, later: Later = call) -> tuple[LiveSession, dict[str, Any]]:
    """The session of an access token, and its claims. Raises `InvalidToken`."""
    claims = _claims_of(token)
    live = sessions.find_live(claims["sid"], user_id=int(claims["sub"]), later=later)
    if live is None:
        raise InvalidToken
    return live, claims


def bearer_token(environ: dict[str, Any]) -> str:
    """What stands behind `Bearer`. Raises `NotSignedIn` when nothing does, or `InvalidToken`."""
    header = environ.get("HTTP_AUTHORIZATION", "")
    if header[:6].lower() != "bearer":
        raise NotSignedIn
    match = _BEARER.fullmatch(header)
    if match is None:
        raise InvalidToken
    return match[1]


def public_keys() -> list[dict[str, Any]]:
    """The public halves of all keys that verify, as a JWKS has them."""
    return [key.as_jwk() for key in _keys().verifying]


def trusted_app(view: Callable[P, R]) -> Callable[P, R]:
    """Guard: only for apps that show `MUSTER_INTROSPECTION_SECRET` as their Bearer token."""
    return _behind_secret(view, "INTROSPECTION_SECRET", "app_secret")


def monitoring(view: Callable[P, R]) -> Callable[P, R]:
    """Guard: only for whoever shows `MUSTER_METRICS_TOKEN` as Bearer token."""
    return _behind_secret(view, "METRICS_TOKEN", "metrics_token")


def _behind_secret(view: Callable[P, R], name: str, scheme: str) -> Callable[P, R]:
    """The view behind a secret of the configuration; nobody knows an empty one."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        secret, token = current_app.config[name], bearer_token(request.environ)
        if not secret or not compare_digest(token.encode(), secret.encode()):
            raise InvalidToken
        return view(*args, **kwargs)

    refusals = (NotSignedIn, InvalidToken, Unavailable)
    return documents_refusals(*refusals, security=[{scheme: []}])(guarded)


def introspect(token: str) -> dict[str, Any]:
    """What RFC 7662, section 2.2, says of an access token; just "not active" of a bad one."""
    try:
        _live, claims = authenticate(token)
    except InvalidToken:
        return {"active": False}
    return claims | {"active": True, "token_type": "Bearer"}


def _keys() -> KeyRing:
    return cast(KeyRing, current_app.extensions["muster_keys"])


def _claims_of(token: str) -> dict[str, Any]:
    """The claims of a token that holds in every respect but its session.

    A signature that was verified is not verified again: that halves the time of `GET /me`. What
    can change is looked at each time: the clock, the key, and, by the caller, the session.
    """
    verified: dict[str, tuple[str, dict[str, Any]]] = current_app.extensions["muster_verified"]
    known = verified.get(token)
    if known is None:
        claims = _verify(token)
        if len(verified) >= _VERIFIED_AT_MOST:
            verified.clear()
        verified[token] = (jwt.get_unverified_header(token)["kid"], claims)
        return claims
    kid, claims = known
    if not tokens.is_current(claims, clock.now()) or _keys().find(kid) is None:
        raise InvalidToken
    return claims


def _verify(token: str) -> dict[str, Any]:
    if not tokens.is_canonical(token):
        raise InvalidToken
    try:
        claims: dict[str, Any] = decode_token(token)
    except (jwt.PyJWTError, JWTExtendedException) as error:
        raise InvalidToken from error
    return claims


def _verifying_key(keys: KeyRing, header: dict[str, Any], claims: dict[str, Any]) -> Any:
    """The public key that the header may name. Keys inside the header are never looked at.

    Claims are looked at here, too, as they came: later, flask-jwt-extended has filled some in.
    """
    key = keys.find(header.get("kid"))
    if (
        key is None
        or header.get("alg") != key.algorithm
        or header.get("typ") != tokens.TYPE
        or "crit" in header
        or not tokens.has_sound_claims(claims)
    ):
        raise jwt.InvalidTokenError("the header names no key of ours, or a claim is missing")
    return key.public
