"""People and bodies for tests. Come here to add something that many tests need to exist."""

from contextlib import contextmanager
from dataclasses import dataclass

import factory
from sqlalchemy import event

from db import db


class Registration(factory.DictFactory):
    """A body for `POST /register` that is accepted."""

    username = factory.Sequence("user{}".format)
    password = "correct horse battery"


@dataclass
class Account:
    id: int
    username: str
    password: str
    headers: dict[str, str]


def register(client, **fields):
    """Register somebody and sign them in, over HTTP."""
    body = Registration(**fields)
    user = client.post("/register", json=body).json["user"]
    return Account(user["id"], user["username"], body["password"], sign_in(client, **body))


def sign_in(client, *, username, password, **_more):
    """The headers of a signed-in caller."""
    body = {"username": username, "password": password}
    token = client.post("/login", json=body).json["access_token"]
    return {"Authorization": f"Bearer {token}"}


@contextmanager
def statements(app):
    """The SQL statements that are sent meanwhile."""
    sent = []

    def note(_connection, _cursor, statement, *_more):
        sent.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)
