"""Muster as users run it. Come here to change the settings that it is measured with."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.calls import NAME, PASSWORD, Answer, Request
from benchmarks.peers.peer import Peer

_ROOT = Path(__file__).resolve().parents[2]


class Muster(Peer):
    """`flask serve`."""

    hash = "PBKDF2-SHA256, 600,000 rounds"
    ready = "/readyz"
    signed_up = 201
    place = _ROOT

    def __init__(self, *, log: bool = True, **settings: Any) -> None:
        self.name = "Muster" if log else "Muster, no access log"
        self.settings = "`flask serve`, default settings, rate limits off"
        if not log:
            settings["MUSTER_LOG_LEVEL"] = "warning"
            self.settings += ", `MUSTER_LOG_LEVEL=warning`"
        self._settings = {name: str(value) for name, value in settings.items()}

    def operate(self, directory: Path, *arguments: str) -> None:
        """Run a command as an operator does; any of them migrates the database first."""
        command = [*self.command(directory, 0)[:-1], *arguments]
        environment = self.environment(directory, 0)
        subprocess.run(command, cwd=self.place, env=environment, check=True, capture_output=True)

    def command(self, directory: Path, port: int) -> list[str]:
        """The command line that serves in the foreground."""
        return [sys.executable, "-m", "flask", "serve"]

    def environment(self, directory: Path, port: int) -> dict[str, str]:
        """Everything that stands in its environment."""
        own = {
            "HOST": "127.0.0.1",
            "PORT": str(port),
            "MUSTER_INSTANCE_PATH": str(directory / "instance"),
            "MUSTER_RATE_LIMITS": "off",
        }
        return super().environment(directory, port) | own | self._settings

    def sign_up(self) -> Request:
        """Register `NAME`."""
        return Request.of_json("/register", username=NAME, password=PASSWORD)

    def sign_in(self) -> Request:
        """Sign `NAME` in."""
        return Request.of_json("/login", username=NAME, password=PASSWORD)

    def credentials(self, signed_in: Answer) -> dict[str, str]:
        """The headers of somebody who was signed in by this answer."""
        return {"Authorization": f"Bearer {signed_in.json['access_token']}"}

    def read(self, signed_in: Answer) -> Request:
        """Ask for the own profile, without the credentials."""
        return Request("GET", "/me")

    def shown(self, answer: Answer) -> str | None:
        """The name that the answer to a read shows."""
        return answer.json.get("username") if answer.json else None
