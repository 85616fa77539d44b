"""Flask-Security. Come here to change how it is run; the app is apps/flask_security_app.py."""

import os
import subprocess
from pathlib import Path

from benchmarks.calls import NAME, PASSWORD, Answer, Request
from benchmarks.peers import environments
from benchmarks.peers.peer import Peer

_WORKERS = len(os.sched_getaffinity(0))
_THREADS = 128  # as many as Muster's THREADS


class FlaskSecurity(Peer):
    """Its quick start, with tokens and JSON."""

    name = "Flask-Security"
    hash = "argon2id, 64 MiB, 3 passes, 4 lanes"
    settings = (
        f"its quick start with tokens, gunicorn gthread, {_WORKERS} workers of {_THREADS} "
        "threads, --reuse-port, no access log (its default)"
    )
    ready = "/health"
    place = environments.APPS

    def install(self) -> None:
        """From PyPI."""
        environments.python("flask_security")

    def version(self) -> str:
        """What is measured."""
        return environments.pinned("flask_security", "flask-security")

    def prepare(self, directory: Path) -> None:
        """Make the tables."""
        program = environments.python("flask_security") / "python"
        environment = self.environment(directory, 0)
        arguments = [str(program), "-m", "flask_security_app"]
        subprocess.run(arguments, cwd=self.place, env=environment, check=True)

    def command(self, directory: Path, port: int) -> list[str]:
        """The command line that serves in the foreground."""
        program = environments.python("flask_security") / "gunicorn"
        options = ["--bind", f"127.0.0.1:{port}", "--worker-class", "gthread", "--reuse-port"]
        sizes = ["--workers", str(_WORKERS), "--threads", str(_THREADS)]
        return [str(program), *options, *sizes, "flask_security_app:app"]

    def environment(self, directory: Path, port: int) -> dict[str, str]:
        """Everything that stands in its environment."""
        url = f"sqlite:///{directory / 'users.sqlite3'}"
        return super().environment(directory, port) | {"DATABASE_URL": url}

    def sign_up(self) -> Request:
        """Register `NAME`."""
        return Request.of_json(
            "/register",
            email=f"{NAME}@example.com",
            password=PASSWORD,
            password_confirm=PASSWORD,
        )

    def sign_in(self) -> Request:
        """Sign `NAME` in."""
        path = "/login?include_auth_token"
        return Request.of_json(path, email=f"{NAME}@example.com", password=PASSWORD)

    def credentials(self, signed_in: Answer) -> dict[str, str]:
        """The headers of somebody who was signed in by this answer."""
        token = signed_in.json["response"]["user"]["authentication_token"]
        return {"Authentication-Token": token}

    def read(self, signed_in: Answer) -> Request:
        """Ask for the own profile, without the credentials."""
        return Request("GET", "/me", headers={"Accept": "application/json"})

    def shown(self, answer: Answer) -> str | None:
        """The address that the answer to a read shows."""
        return answer.json.get("email")
