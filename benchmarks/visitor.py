"""One of many who ask a large Muster. Come here to change what is asked of it."""

import itertools
import json
import random
import secrets
from collections.abc import Callable
from http.client import HTTPConnection
from typing import Any

from benchmarks.calls import PASSWORD, Request, ask_on
from core.paging import encode_cursor

_SIGNED_IN = 40  # sessions that reads and refreshes go round


class Visitor:
    """Asks for random accounts, one request after the other, and looks at each answer."""

    def __init__(
        self, connection: HTTPConnection, people: int, name_of: Callable[[int], str]
    ) -> None:
        self._connection, self._people, self._name_of = connection, people, name_of
        self._sessions: list[dict[str, Any]] = []
        self._turns = itertools.count()

    def arrive(self) -> None:
        """Come back after a while: the old connection is closed, and tokens may have expired."""
        self._connection.close()
        self._sessions = [self._signed_in() for _ in range(_SIGNED_IN)]

    def register(self) -> None:
        """A new account, whose name falls between those that are there."""
        self._post("/register", 201, self._person(f"{self._some_name()}x{secrets.token_hex(4)}"))

    def login(self) -> None:
        """A sign-in of somebody."""
        self._signed_in()

    def me(self) -> None:
        """An own profile."""
        self._get("/me")

    def teams(self) -> None:
        """The teams that somebody is in."""
        page = self._get("/teams")
        if len(page["items"]) != 1:
            raise SystemExit(f"Somebody is in {len(page['items'])} teams.")

    def first_page(self) -> None:
        """The first users."""
        self._expect_page(self._get("/users"))

    def deep_page(self) -> None:
        """Users after nine tenths of them."""
        cursor = encode_cursor(self._people * 9 // 10 + random.randrange(self._people // 20))
        self._expect_page(self._get(f"/users?cursor={cursor}"))

    def refresh(self) -> None:
        """A session goes on with a new pair of tokens."""
        session = self._session()
        session |= self._post("/refresh", 200, {"refresh_token": session["refresh_token"]})

    def _signed_in(self) -> dict[str, Any]:
        return self._post("/login", 200, self._person(self._some_name()))

    def _session(self) -> dict[str, Any]:
        return self._sessions[next(self._turns) % _SIGNED_IN]

    def _some_name(self) -> str:
        return self._name_of(random.randrange(1, self._people + 1))

    def _person(self, name: str) -> dict[str, str]:
        return {"username": name, "password": PASSWORD}

    def _post(self, path: str, status: int, fields: dict[str, str]) -> dict[str, Any]:
        return self._ask(Request.of_json(path, **fields), status)

    def _get(self, path: str) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self._session()['access_token']}"}
        return self._ask(Request("GET", path, headers=headers), 200)

    def _ask(self, request: Request, status: int) -> dict[str, Any]:
        answer = ask_on(self._connection, request)
        if answer.status != status:
            raise SystemExit(f"{request.path} was answered with {json.dumps(answer.json)}.")
        found: dict[str, Any] = answer.json
        return found

    def _expect_page(self, page: dict[str, Any]) -> None:
        if len(page["items"]) != 50:
            raise SystemExit(f"A page has {len(page['items'])} users.")


KINDS: dict[str, Callable[[Visitor], None]] = {
    "register": Visitor.register,
    "login": Visitor.login,
    "/me": Visitor.me,
    "/teams": Visitor.teams,
    "/users, first page": Visitor.first_page,
    "/users, deep page": Visitor.deep_page,
    "refresh": Visitor.refresh,
}
