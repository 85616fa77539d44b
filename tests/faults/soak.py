"""Everyday load for minutes: does anything grow? `python -m tests.faults.soak --minutes 30`.

Come here to change what is done or what is watched. People sign in, read, refresh, change their
password and sign out again; so what they leave behind must be what was there before.
"""

import sqlite3
import tempfile
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from threading import Thread

import click
import psutil

from tests.server.running import PASSWORD, Server, person

CLIENTS = 8
TABLES = ("users", "user_sessions", "usernames", "audit_events")


class Soak:
    """A server, its clients, and what it holds."""

    def __init__(self, directory):
        (directory / "instance").mkdir()
        self.server, self.answers = Server(directory / "instance"), Counter()
        self.server.start(MUSTER_RATE_LIMITS="off", MUSTER_LOG_LEVEL="warning")
        for number in range(CLIENTS):
            self.server.register(f"soak{number}")

    def run(self, seconds):
        """Load for so long; what it holds afterwards, when all is quiet."""
        until = time.monotonic() + seconds
        clients = [Thread(target=self._live, args=(number, until)) for number in range(CLIENTS)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        return self.measure()

    def measure(self):
        workers = [psutil.Process(pid) for pid in self.server.workers()]
        return {
            "megabytes": sum(each.memory_full_info().uss for each in workers) // 2**20,
            "descriptors": sum(each.num_fds() for each in workers),
            "threads": sum(each.num_threads() for each in workers),
            **self._rows(),
            "database KiB": (self.server.instance / "muster.sqlite3").stat().st_size // 1024,
            "log lines": self.server.written().count("\n"),
            "answers": self.answers.total(),
        }

    def _rows(self):
        with closing(sqlite3.connect(self.server.instance / "muster.sqlite3")) as connection:
            return {
                table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
                for table in TABLES
            }

    def _live(self, number, until):
        body = person(f"soak{number}")
        while time.monotonic() < until:
            tokens = self._call("POST", "/login", body)
            tokens = self._call("POST", "/refresh", {"refresh_token": tokens["refresh_token"]})
            token = tokens["access_token"]
            for path in ("/me", "/users", "/me/sessions"):
                self._call("GET", path, None, token)
            self._call("POST", "/login", body | {"password": "wrong wrong"})
            change = {"current_password": PASSWORD, "new_password": PASSWORD}
            self._call("PUT", "/me/password", change, token)
            self._call("POST", "/logout", None, token)

    def _call(self, *request):
        answer = self.server.call(*request)
        self.answers[answer.status] += 1
        return answer.json


@click.command()
@click.option("--minutes", default=10.0, show_default=True)
@click.option("--rounds", default=5, show_default=True, help="How often to look.")
def main(minutes, rounds):
    with tempfile.TemporaryDirectory() as name:
        soak = Soak(Path(name))
        try:
            for _ in range(rounds + 1):
                click.echo(soak.run(minutes * 60 / (rounds + 1)))
            click.echo(dict(soak.answers))
        finally:
            soak.server.kill()


if __name__ == "__main__":
    main()
