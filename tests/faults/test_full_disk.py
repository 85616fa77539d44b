"""A disk with no room left, SQLite. Come here to change what must go on meanwhile."""

import os
import sqlite3
import subprocess
from contextlib import closing

import pytest

from tests.server.running import Server, person

pytestmark = pytest.mark.xdist_group("full_disk")
SIZE = "4m"


@pytest.fixture(scope="module")
def disk(tmp_path_factory):
    """A small disk of one's own."""
    place = tmp_path_factory.mktemp("disk")
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", place]
    if subprocess.run(command, capture_output=True).returncode:
        pytest.skip("This needs the permission to mount a file system.")
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


@pytest.fixture(scope="module")
def server(disk):
    """Everything of it is on that disk, the log too."""
    (disk / "instance").mkdir()
    server = Server(disk / "instance", MUSTER_WORKERS=1)
    server.start().register("alice")
    yield server
    server.kill()


@pytest.fixture
def tokens(server, disk):
    """Alice's. After the test there is room again."""
    yield server.call("POST", "/login", person("alice")).json
    (disk / "filler").unlink(missing_ok=True)


def fill(disk):
    """To the last byte."""
    size = 65536
    with (disk / "filler").open("ab", buffering=0) as filler:
        while size:
            try:
                filler.write(b"x" * size)
            except OSError:
                size //= 2


def fill_all(server, disk):
    """The disk, and the room that is left in the write-ahead log."""
    fill(disk)
    while server.register(f"filler{os.urandom(4).hex()}") == 201:
        pass


def writes(server, tokens):
    """The statuses of all that writes, by what it is."""
    refresh = {"refresh_token": tokens["refresh_token"]}
    passwords = {"current_password": "wrong wrong", "new_password": "another one of hers"}
    calls = {
        "register": ("POST", "/register", person(f"new{os.urandom(4).hex()}")),
        "sign in": ("POST", "/login", person("alice")),
        "wrong password": ("POST", "/login", person("alice") | {"password": "wrong wrong"}),
        "change a password": ("PUT", "/me/password", passwords, tokens["access_token"]),
        "refresh": ("POST", "/refresh", refresh),
        "sign out": ("POST", "/logout", None, tokens["access_token"]),
    }
    return {name: server.call(*call) for name, call in calls.items()}


def test_while_the_disk_is_full_writes_are_refused_and_reads_go_on(server, disk, tokens):
    fill_all(server, disk)
    refused = writes(server, tokens)
    assert {name: answer.status for name, answer in refused.items()} == dict.fromkeys(refused, 503)
    assert {answer.json["error"] for answer in refused.values()} == {"unavailable"}
    assert all(int(answer.headers["retry-after"]) > 0 for answer in refused.values())
    for path in ("/me", "/me/sessions", "/users", "/readyz", "/.well-known/jwks.json"):
        assert server.call("GET", path, token=tokens["access_token"]).status == 200, path


def test_with_room_again_all_goes_on_by_itself_and_nothing_is_damaged(server, disk, tokens):
    fill_all(server, disk)
    writes(server, tokens)
    (disk / "filler").unlink()
    assert server.call("GET", "/me", token=tokens["access_token"]).status == 200
    after = {name: answer.status for name, answer in writes(server, tokens).items()}
    assert list(after.values()) == [201, 200, 401, 403, 200, 200]
    with closing(sqlite3.connect(server.instance / "muster.sqlite3")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_on_a_full_disk_limits_hold_on_in_memory(server, disk, tokens):
    fill(disk)
    missing = {"username": "nobody", "password": "wrong wrong"}
    first, second = (server.call("POST", "/login", missing).headers for _ in range(2))
    assert "ratelimit" in first
    assert "ratelimit" in second
