"""HTTP: one module per noun, each exporting `blp`."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

from flask import current_app, request

from api import documents_refusals
from core import addresses
from core.devices import MAX_LENGTH
from core.permissions import PERMISSIONS, Action, Role
from errors import NotAllowed, NotFound
from services.context import Context
from services.sessions import Client

P = ParamSpec("P")
R = TypeVar("R")


def context() -> Context:
    """What the journeys of the running app need besides the database."""
    return cast(Context, current_app.extensions["muster"])


def client() -> Client:
    """The device and the address that this request came from."""
    user_agent = "".join(filter(str.isprintable, request.user_agent.string))
    return Client(user_agent[:MAX_LENGTH], str(addresses.parse(request.remote_addr or "") or ""))


def permitted(action: Action) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorator: publish who in a team may do this.

    The journey itself looks, in its transaction; tests/api/test_team_permissions.py holds what is
    published to what it does.
    """
    everybody = PERMISSIONS[action] == frozenset(Role)
    refusals = (NotFound,) if everybody else (NotFound, NotAllowed)
    return documents_refusals(*refusals, **{"x-permission": action.value})
