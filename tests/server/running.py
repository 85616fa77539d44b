"""Muster as users run it, and ways to talk to it. Come here to change how it is started."""

import contextlib
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PASSWORD = "correct horse battery"
NO_ANSWER = (OSError, HTTPException)
DEFAULTS = {"MUSTER_PASSWORD_ROUNDS": 10, "MUSTER_WORKERS": 2}
_START_SECONDS = 60
_STOP_SECONDS = 40


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: dict[str, str]  # names in lower case
    json: dict


class Server:
    """`flask serve` in a process group of its own, on a port of its own."""

    checkout = ROOT

    def __init__(self, instance, **settings):
        self.instance, self.port = instance, free_port()
        self.log = instance.with_name(f"{instance.name}-{self.port}.log")
        self._settings = DEFAULTS | settings

    @property
    def address(self):
        return "127.0.0.1", self.port

    def start(self, **changes):
        """Start, and wait until it is ready and all workers are there."""
        self._settings |= changes
        self.launch()
        return self.wait_until_ready()

    def launch(self):
        self.process = flask_serve(
            self.port, self.instance, self.log, checkout=self.checkout, **self._settings
        )

    def wait_until_ready(self):
        count = self._settings["MUSTER_WORKERS"]
        wait_until(lambda: self.started() >= count, _START_SECONDS, self.written)
        wait_until(self._is_ready, _START_SECONDS, self.written)
        return self

    def stop(self):
        """SIGTERM, as an operator or a container does it; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(_STOP_SECONDS)

    def kill(self):
        """What a power cut does: nothing in the process group gets to say a last word."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(_STOP_SECONDS)

    def workers(self):
        """The process ids of the workers that live."""
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        return {int(pid) for task in tasks for pid in task.read_text().split()}

    def started(self):
        """How many workers have started, those that replaced others included."""
        assert self.process.poll() is None, self.written()
        return len(re.findall(r'"Started worker-\d+"', self.written()))

    def written(self):
        """What it has written since it was started the last time."""
        return self.log.read_text(encoding="utf-8")

    def call(self, method, path, body=None, token=None, **headers):
        """One request on a connection of its own, so that any worker may get it."""
        with self.connect() as connection:
            return ask(connection, method, path, body, token, **headers)

    def connect(self):
        return contextlib.closing(HTTPConnection(*self.address, timeout=_STOP_SECONDS))

    def register(self, username):
        return self.call("POST", "/register", person(username)).status

    def sign_in(self, username):
        """An access token."""
        return self.call("POST", "/login", person(username)).json["access_token"]

    def usernames(self, token):
        """Everybody's, page by page."""
        found, cursor = [], ""
        while cursor is not None:
            page = self.call(
                "GET", f"/users?limit=100{cursor and f'&cursor={cursor}'}", token=token
            )
            found += [user["username"] for user in page.json["items"]]
            cursor = page.json["next_cursor"]
        return found

    def _is_ready(self):
        with contextlib.suppress(*NO_ANSWER):
            return self.call("GET", "/readyz").status == 200


@contextlib.contextmanager
def started(directory, **settings):
    """A server for as long as a block runs. Many tries come from one address: no rate limits."""
    server = Server(directory / "instance", **{"MUSTER_RATE_LIMITS": "off"} | settings)
    try:
        yield server.start()
    finally:
        server.kill()


def flask_serve(port, instance, log, checkout=ROOT, **settings):
    """`flask serve`, as it is typed, with nothing set but what is given here."""
    place = {"HOST": "127.0.0.1", "PORT": port, "MUSTER_INSTANCE_PATH": instance}
    given = {name: value for name, value in os.environ.items() if not name.startswith("MUSTER_")}
    chosen = {name: str(value) for name, value in (place | settings).items()}
    with log.open("wb") as file:
        return subprocess.Popen(
            [sys.executable, "-m", "flask", "serve"],
            cwd=checkout,
            env=given | chosen,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )


def person(username):
    return {"username": username, "password": PASSWORD}


def ask(connection, method, path, body=None, token=None, **headers):
    """One request on a connection that stays open."""
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    if body is not None:
        headers["Content-Type"] = "application/json"
    connection.request(method, path, None if body is None else json.dumps(body), headers)
    response = connection.getresponse()
    content = response.read()
    received = {name.lower(): value for name, value in response.getheaders()}
    return Answer(response.status, received, json.loads(content) if content else {})


def talk(address, request, seconds=20):
    """Send bytes; every byte that comes back until the server closes."""
    received = b""
    with (
        socket.create_connection(address, timeout=seconds) as connection,
        contextlib.suppress(ConnectionError),
    ):
        connection.sendall(request)
        while chunk := connection.recv(65536):
            received += chunk
    return received


def statuses(received):
    return [int(code) for code in re.findall(rb"HTTP/1\.[01] (\d{3}) ", received)]


def wait_until(holds, seconds, explain=str):
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, explain()
        time.sleep(0.05)


def free_port():
    """Below the ports that the system hands to clients, so that none of them takes it meanwhile."""
    while True:
        port = random.randrange(20_000, 32_000)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
