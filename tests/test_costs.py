"""What a request may cost, counted: statements, and function calls. No times, so it never wavers.

A bound is a little above what it takes today. Whoever needs more says why in the commit that
raises it; docs/decisions/0009-speed.md says what calls cost.
"""

import os
import sys
from pathlib import Path

import pytest

from db import db
from tests.factories import Registration, statements

WARM = 6  # times; caches of statements, of signatures, and psycopg prepares at the sixth
TRIES = 5  # the least counts: now and then a request also clears something away


class Counted:
    """A WSGI application that counts the functions that its thread calls, of Python's and C's."""

    def __init__(self, wsgi):
        self._wsgi = wsgi

    def __call__(self, environ, start_response):
        self.calls = 0
        sys.setprofile(self._count)
        try:
            return self._wsgi(environ, start_response)
        finally:
            sys.setprofile(None)

    def _count(self, _frame, event, _argument):
        self.calls += event in {"call", "c_call"}


class Requests:
    """The main requests of somebody who is signed in; each may be sent again and again."""

    def __init__(self, client, account):
        self.client, self.account = client, account
        body = {"username": account.username, "password": account.password}
        self.credentials = body
        self.refresh_token = client.post("/login", json=body).json["refresh_token"]

    def register(self):
        return self.client.post("/register", json=Registration())

    def login(self):
        return self.client.post("/login", json=self.credentials)

    def refresh(self):
        answer = self.client.post("/refresh", json={"refresh_token": self.refresh_token})
        self.refresh_token = answer.json["refresh_token"]
        return answer

    def me(self):
        return self.client.get("/me", headers=self.account.headers)

    def user(self):
        return self.client.get(f"/users/{self.account.id}", headers=self.account.headers)

    def users(self):
        return self.client.get("/users", headers=self.account.headers)

    def healthz(self):
        return self.client.get("/healthz")


@pytest.fixture
def requests(client, alice, settings):
    # For two seconds after a change the keys are read anew by each request.
    os.utime(Path(settings["MUSTER_INSTANCE_PATH"]) / "keys", (1, 1))
    for _ in range(60):
        client.post("/register", json=Registration())
    return Requests(client, alice)


# By name: statements, and calls on SQLite and on PostgreSQL, whose driver is partly Python.
MOST = {
    "register": (3, {"sqlite": 1750, "postgresql": 2050}),
    "login": (5, {"sqlite": 2060, "postgresql": 2480}),
    "refresh": (3, {"sqlite": 1640, "postgresql": 1990}),
    "me": (1, {"sqlite": 720, "postgresql": 800}),
    "user": (3, {"sqlite": 790, "postgresql": 1010}),
    "users": (3, {"sqlite": 3500, "postgresql": 5200}),
    "healthz": (0, {"sqlite": 520, "postgresql": 520}),
}


@pytest.mark.parametrize("name", MOST)
def test_a_request_costs_no_more_than_it_did(app, requests, monkeypatch, name):
    counted = Counted(app.wsgi_app)
    monkeypatch.setattr(app, "wsgi_app", counted)
    send = getattr(requests, name)
    for _ in range(WARM):
        assert send().status_code < 300
    with app.app_context():
        most_statements, most_calls = MOST[name][0], MOST[name][1][db.engine.dialect.name]
    with statements(app) as sent:
        send()
    assert len(sent) <= most_statements, sent
    # Afterwards, for SQLAlchemy goes on looking for listeners once it has had one.
    assert min(counted.calls for _ in range(TRIES) if send()) <= most_calls


def test_a_call_more_is_counted(app, client, monkeypatch):
    def calls(wsgi):
        counted = Counted(wsgi)
        with monkeypatch.context() as patch:
            patch.setattr(app, "wsgi_app", counted)
            return min(counted.calls for _ in range(TRIES) if client.get("/healthz"))

    wsgi = app.wsgi_app

    def one_more(environ, start_response):
        return wsgi(environ, start_response)

    assert calls(one_more) == calls(wsgi) + 1
