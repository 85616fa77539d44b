"""Ask Muster whether a token holds at this moment. For what must see a sign-out at once."""

import os
from typing import Any

import httpx

SECRET = os.environ["MUSTER_INTROSPECTION_SECRET"]
MUSTER = httpx.Client(
    base_url=os.environ["MUSTER_PUBLIC_URL"],
    headers={"Authorization": f"Bearer {SECRET}"},
    timeout=5,
)


def introspect(token: str) -> dict[str, Any] | None:
    """The claims of a token that holds, or None. Raises `httpx.HTTPError`: then answer 503."""
    answer = MUSTER.post("/introspect", data={"token": token})
    answer.raise_for_status()
    claims: dict[str, Any] = answer.json()
    return claims if claims["active"] else None
