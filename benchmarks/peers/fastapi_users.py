"""fastapi-users. Come here to change how it is run; the app is apps/fastapi_users_app.py."""

import os
import subprocess
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.calls import NAME, PASSWORD, Answer, Request
from benchmarks.peers import environments
from benchmarks.peers.peer import Peer

_WORKERS = len(os.sched_getaffinity(0))


class FastapiUsers(Peer):
    """The full example of its documentation."""

    name = "fastapi-users"
    hash = "argon2id, 64 MiB, 3 passes, 4 lanes"
    settings = (
        f"its full example (JWT, aiosqlite), uvicorn with {_WORKERS} workers, uvloop, "
        "httptools, access log on (its default); revocation is not checked"
    )
    ready = "/openapi.json"
    signed_up = 201
    place = environments.APPS

    def install(self) -> None:
        """From PyPI."""
        environments.python("fastapi_users")

    def version(self) -> str:
        """What is measured."""
        return environments.pinned("fastapi_users", "fastapi-users")

    def prepare(self, directory: Path) -> None:
        """Make the tables: two workers at once would trip over each other."""
        program = environments.python("fastapi_users") / "python"
        environment = self.environment(directory, 0)
        arguments = [str(program), "-m", "fastapi_users_app"]
        subprocess.run(arguments, cwd=self.place, env=environment, check=True)

    def command(self, directory: Path, port: int) -> list[str]:
        """The command line that serves in the foreground."""
        program = environments.python("fastapi_users") / "uvicorn"
        options = ["--host", "127.0.0.1", "--port", str(port), "--workers", str(_WORKERS)]
        return [str(program), "fastapi_users_app:app", *options]

    def environment(self, directory: Path, port: int) -> dict[str, str]:
        """Everything that stands in its environment."""
        url = f"sqlite+aiosqlite:///{directory / 'users.sqlite3'}"
        return super().environment(directory, port) | {"DATABASE_URL": url}

    def sign_up(self) -> Request:
        """Register `NAME`."""
        return Request.of_json("/auth/register", email=f"{NAME}@example.com", password=PASSWORD)

    def sign_in(self) -> Request:
        """Sign `NAME` in: a form, as OAuth 2.0 has it."""
        form = urlencode({"username": f"{NAME}@example.com", "password": PASSWORD})
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return Request("POST", "/auth/jwt/login", form, headers)

    def credentials(self, signed_in: Answer) -> dict[str, str]:
        """The headers of somebody who was signed in by this answer."""
        return {"Authorization": f"Bearer {signed_in.json['access_token']}"}

    def read(self, signed_in: Answer) -> Request:
        """Ask for the own profile, without the credentials."""
        return Request("GET", "/users/me")

    def shown(self, answer: Answer) -> str | None:
        """The address that the answer to a read shows."""
        return answer.json.get("email")
