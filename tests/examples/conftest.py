"""A real Muster, and the examples behind it. Come here to change how they are started."""

import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx
import jwt
import pytest

from config import BASE, PREFIX
from core import tokens
from services import signing_keys
from tests.factories import Registration

EXAMPLES = BASE / "docs" / "examples"
SECRET = "the-secret-of-the-apps-behind-muster"
GRANIAN = [sys.executable, "-m", "granian", "--port", "{port}", "--interface"]
COMMANDS = {
    "flask_app.py": [*GRANIAN, "wsgi", "flask_app:app"],
    "fastapi_app.py": [*GRANIAN, "asgi", "fastapi_app:app"],
    "express_app.mjs": ["node", "express_app.mjs"],
}
STARTS_WITHIN = 60


@dataclass
class Muster:
    url: str
    directory: Path
    client: httpx.Client

    @property
    def key(self):
        """The key that signs."""
        return signing_keys.load(self.directory / "keys")[0]

    def sign_in(self):
        """A new user, and what their sign-in gave."""
        body = Registration(username=f"user-{uuid4().hex[:12]}")
        user = self.client.post("/register", json=body).json()["user"]
        return user, self.client.post("/login", json=body).json()

    def sign_out(self, token):
        headers = {"Authorization": f"Bearer {token}"}
        assert self.client.post("/logout", headers=headers).status_code == 200

    def claims(self, *, age=0):
        """What a token of Muster's holds that is so many seconds old."""
        issued = int(time.time()) - age
        return {
            "iss": self.url,
            "aud": tokens.AUDIENCE,
            "sub": "7",
            "exp": issued + int(tokens.ACCESS_LIFETIME.total_seconds()),
            "iat": issued,
            "nbf": issued,
            "jti": uuid4().hex,
            "sid": 7,
            "fresh": True,
            "auth_time": issued,
        }

    def sign(self, claims, *, key=None, **header):
        """A token that only Muster can make, unless another key is given."""
        header = {"typ": tokens.TYPE, "kid": self.key.kid} | header
        return jwt.encode(claims, key or self.key.private, self.key.algorithm, headers=header)


@pytest.fixture(scope="session")
def muster(tmp_path_factory):
    """Muster as `flask serve` serves it, with an issuer of its own."""
    directory, port = tmp_path_factory.mktemp("muster"), free_port()
    settings = {
        "MUSTER_INSTANCE_PATH": str(directory),
        "MUSTER_PASSWORD_ROUNDS": "10",
        "MUSTER_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "MUSTER_INTROSPECTION_SECRET": SECRET,
        "MUSTER_WORKERS": "1",
    }
    command = [sys.executable, "-m", "flask", "serve"]
    with running(command, BASE, port, directory / "log", settings) as client:
        yield Muster(settings["MUSTER_PUBLIC_URL"], directory, client)


@pytest.fixture(scope="session", params=COMMANDS)
def example(request, muster, tmp_path_factory):
    """A client of each example, whose Muster is the one above."""
    with running_example(request.param, muster.url, tmp_path_factory.mktemp("app")) as client:
        yield client


@pytest.fixture(scope="session", params=COMMANDS)
def lonely_example(request, tmp_path_factory):
    """A client of each example, whose Muster does not answer."""
    nowhere = f"http://127.0.0.1:{free_port()}"
    with running_example(request.param, nowhere, tmp_path_factory.mktemp("app")) as client:
        yield client


def running_example(name, muster_url, directory):
    if name.endswith(".mjs") and not shutil.which("node"):
        pytest.skip("The Express example needs Node.js 20 or later.")
    if name.endswith(".mjs") and not (EXAMPLES / "node_modules").is_dir():
        pytest.skip("The Express example needs its packages: npm ci --prefix docs/examples")
    settings = {"MUSTER_PUBLIC_URL": muster_url}
    return running(COMMANDS[name], EXAMPLES, free_port(), directory / "log", settings)


@contextmanager
def running(command, directory, port, log, settings):
    """A server in a process of its own, from its first answer to the end of the block."""
    inherited = {name: os.environ[name] for name in os.environ if not name.startswith(PREFIX)}
    environment = inherited | settings | {"PORT": str(port), "PYTHONDONTWRITEBYTECODE": "1"}
    arguments = [part.format(port=port) for part in command]
    with (
        log.open("wb") as output,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client,
        subprocess.Popen(
            arguments, cwd=directory, env=environment, stdout=output, stderr=output
        ) as process,
    ):
        try:
            await_answer(client, process, log)
            yield client
        finally:
            process.terminate()


def await_answer(client, process, log):
    """Any answer will do; a server that gave up, or takes too long, fails with what it said."""
    deadline = time.monotonic() + STARTS_WITHIN
    while process.poll() is None and time.monotonic() < deadline:
        try:
            client.get("/healthz")
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    pytest.fail(log.read_text(encoding="utf-8", errors="replace"))


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]
