"""Better Auth. Come here to change how it is run; the app is apps/better_auth/server.mjs."""

import json
import shutil
import subprocess
from pathlib import Path

from benchmarks.calls import NAME, PASSWORD, Answer, Request
from benchmarks.peers import environments
from benchmarks.peers.peer import Peer


class BetterAuth(Peer):
    """Its Node.js quick start: e-mail and password, better-sqlite3."""

    name = "Better Auth"
    hash = "scrypt, N 16384, r 16, p 1 (32 MiB)"
    # Two processes (node:cluster) on one SQLite file lost 5 of 25 sign-ups to SQLITE_BUSY.
    settings = "node:http, one process, better-sqlite3, rate limits off, NODE_ENV=production"
    ready = "/api/auth/ok"

    def install(self) -> None:
        """From npm; better-sqlite3 is compiled where its binaries cannot be had."""
        environments.node("better_auth")

    def version(self) -> str:
        """What is measured."""
        package = json.loads((environments.APPS / "better_auth" / "package.json").read_text())
        return str(package["dependencies"]["better-auth"])

    def prepare(self, directory: Path) -> None:
        """Make the tables."""
        environment = self.environment(directory, 0)
        subprocess.run(
            [*self.command(directory, 0), "migrate"],
            env=environment,
            check=True,
            capture_output=True,
        )

    def command(self, directory: Path, port: int) -> list[str]:
        """The command line that serves in the foreground."""
        program = shutil.which("node") or "node"
        return [program, str(environments.node("better_auth") / "server.mjs")]

    def environment(self, directory: Path, port: int) -> dict[str, str]:
        """Everything that stands in its environment."""
        return super().environment(directory, port) | {
            "NODE_ENV": "production",
            "DATABASE": str(directory / "users.sqlite3"),
            "PORT": str(port),
        }

    def sign_up(self) -> Request:
        """Register `NAME`."""
        return Request.of_json(
            "/api/auth/sign-up/email",
            name=NAME,
            email=f"{NAME}@example.com",
            password=PASSWORD,
        )

    def sign_in(self) -> Request:
        """Sign `NAME` in."""
        path = "/api/auth/sign-in/email"
        return Request.of_json(path, email=f"{NAME}@example.com", password=PASSWORD)

    def credentials(self, signed_in: Answer) -> dict[str, str]:
        """The headers of somebody who was signed in by this answer."""
        return {"Cookie": signed_in.headers["set-cookie"].partition(";")[0]}

    def read(self, signed_in: Answer) -> Request:
        """Ask for the own session, without the credentials."""
        return Request("GET", "/api/auth/get-session")

    def shown(self, answer: Answer) -> str | None:
        """The address that the answer to a read shows."""
        return answer.json["user"]["email"] if answer.json else None
