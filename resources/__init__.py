"""HTTP: one module per noun, each exporting `blp`."""

from typing import cast

from flask import current_app, request

from core import addresses
from core.devices import MAX_LENGTH
from services.context import Context
from services.sessions import Client


def context() -> Context:
    """What the journeys of the running app need besides the database."""
    return cast(Context, current_app.extensions["muster"])


def client() -> Client:
    """The device and the address that this request came from."""
    user_agent = "".join(filter(str.isprintable, request.user_agent.string))
    return Client(user_agent[:MAX_LENGTH], str(addresses.parse(request.remote_addr or "") or ""))
