"""A FastAPI app behind Muster. Run it: uvicorn fastapi_app:app --port 3000"""

import os
from typing import Annotated, Any

import jwt
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

ISSUER = os.environ["MUSTER_PUBLIC_URL"].rstrip("/")
KEYS = jwt.PyJWKClient(f"{ISSUER}/.well-known/jwks.json", lifespan=300, timeout=5)
CLAIMS = ["iss", "aud", "sub", "exp", "iat", "nbf", "jti", "sid", "fresh", "auth_time"]

app = FastAPI()


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


# `def`, not `async def`: fetching the keys blocks, so FastAPI shall run this in a thread.
def signed_in_user(sent: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]) -> int:
    """The id of the user who calls; 401 for a stranger."""
    try:
        return int(claims_of(sent.credentials)["sub"])
    except jwt.PyJWKClientConnectionError as error:
        raise HTTPException(503) from error
    except jwt.PyJWTError as error:
        raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"}) from error


@app.get("/whoami")
def whoami(user_id: Annotated[int, Depends(signed_in_user)]) -> dict[str, int]:
    """Say who is calling."""
    return {"user_id": user_id}
