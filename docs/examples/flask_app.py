"""A Flask app behind Muster. Run it: flask --app flask_app run --port 3000"""

import os
from typing import Any

import jwt
from flask import Flask, abort, request
from werkzeug.datastructures import WWWAuthenticate

ISSUER = os.environ["MUSTER_PUBLIC_URL"].rstrip("/")
KEYS = jwt.PyJWKClient(f"{ISSUER}/.well-known/jwks.json", lifespan=300, timeout=5)
CLAIMS = ["iss", "aud", "sub", "exp", "iat", "nbf", "jti", "sid", "fresh", "auth_time"]

app = Flask(__name__)


def claims_of(token: str) -> dict[str, Any]:
    """The claims of an access token. Raises `jwt.PyJWTError`."""
    checked = jwt.decode_complete(
        token,
        KEYS.get_signing_key_from_jwt(token),
        algorithms=["ES256"],
        issuer=ISSUER,
        audience="muster",
        leeway=30,
        options={"require": CLAIMS},
    )
    if checked["header"].get("typ") != "at+jwt":
        raise jwt.InvalidTokenError("This is no access token.")
    claims: dict[str, Any] = checked["payload"]
    return claims


def signed_in_user() -> int:
    """The id of the user who calls; 401 for a stranger."""
    sent = request.authorization
    token = sent.token if sent and sent.type == "bearer" else None
    try:
        return int(claims_of(token or "")["sub"])
    except jwt.PyJWKClientConnectionError:
        abort(503)
    except jwt.PyJWTError:
        abort(401, www_authenticate=WWWAuthenticate("bearer"))


@app.get("/whoami")
def whoami() -> dict[str, int]:
    """Say who is calling."""
    return {"user_id": signed_in_user()}
