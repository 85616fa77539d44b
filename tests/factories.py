"""People and bodies for tests. Come here to add something that many tests need to exist."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Barrier

import factory
from sqlalchemy import event, select

from db import db
from models import AuditEventModel


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


def open_team(client, account, **fields):
    """A team that this account owns, as it was answered."""
    answer = client.post("/teams", json={"name": "Blue"} | fields, headers=account.headers)
    assert answer.status_code == 201, answer.text
    return answer.json


def invite(client, account, team, **offer):
    """An invitation into a team that this account sends, as it was answered."""
    answer = send_invitation(client, account, team, **offer)
    assert answer.status_code == 201, answer.text
    return answer.json


def send_invitation(client, account, team, **offer):
    """The answer to an invitation, which may be a refusal. Without an addressee it is a link."""
    body = {"role": "member"} | offer
    return client.post(f"/teams/{team['id']}/invitations", json=body, headers=account.headers)


def accept(client, account, invitation):
    """The answer to the acceptance of an invitation that `invite` gave."""
    if "token" in invitation:
        body = {"token": invitation["token"]}
        return client.post("/invitations/accept", json=body, headers=account.headers)
    return client.post(f"/me/invitations/{invitation['id']}/accept", headers=account.headers)


def join(client, team, owner, account, role="member"):
    """Let an account into a team, invited by its owner; the membership as it was answered."""
    answer = accept(client, account, invite(client, owner, team, role=role))
    assert answer.status_code == 200, answer.text
    return answer.json


def roles(client, account, team):
    """Who is in a team, by username, as this member sees it."""
    members = items_of(client, account, f"/teams/{team['id']}/members")
    return {each["user"]["username"]: each["role"] for each in members}


def items_of(client, account, path, *, limit=100):
    """All items of a list, page by page."""
    return [item for page in pages_of(client, account, path, limit=limit) for item in page]


def pages_of(client, account, path, *, limit):
    """All pages of a list, as a client follows them."""
    cursor, count = "", 0
    while cursor is not None:
        count += 1
        assert count < 50, "the pages go round in a circle"
        answer = client.get(f"{path}?limit={limit}{cursor}", headers=account.headers)
        assert answer.status_code == 200, answer.text
        yield answer.json["items"]
        cursor = answer.json["next_cursor"] and f"&cursor={answer.json['next_cursor']}"


def refusal_of(answer):
    """Status and code."""
    return answer.status_code, answer.json["error"]


def verify_email(app, account):
    """Let an operator vouch for the address of an account."""
    done = app.test_cli_runner().invoke(args=["users", "verify-email", account.username])
    assert done.exit_code == 0, done.output


def trail(app):
    """The audit trail, oldest first."""
    with app.app_context():
        return db.session.scalars(select(AuditEventModel).order_by(AuditEventModel.id)).all()


def together(*calls):
    """The answers to calls that are made at once."""
    barrier = Barrier(len(calls))

    def call(work):
        barrier.wait()
        return work()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(call, calls))


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
