"""A server that is measured: started, watched, ended. Come here to change what is read of one."""

import os
import random
import signal
import socket
import subprocess
import time
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path

from benchmarks.calls import Request, ask
from benchmarks.peers.peer import Peer

_START_SECONDS = 60
_STOP_SECONDS = 40
_SETTLE_SECONDS = 15
_GONE = (FileNotFoundError, ProcessLookupError)  # a process that has just ended
_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


class Failed(Exception):
    """The server did not start or did not answer as it should; `str()` says how."""


class Server:
    """One of the peers, or Muster, in a process group of its own and a directory of its own."""

    def __init__(self, peer: Peer, directory: Path) -> None:
        self.peer, self.directory, self.port = peer, directory, free_port()
        self.log = directory / "log"
        self.seconds_to_start = 0.0

    def __enter__(self) -> "Server":
        self.directory.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            begun = time.perf_counter()
            self.process = subprocess.Popen(
                self.peer.command(self.directory, self.port),
                cwd=self.peer.place or self.directory,
                env=self.peer.environment(self.directory, self.port),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            self._wait()
        except BaseException:
            self._kill()
            raise
        self.seconds_to_start = time.perf_counter() - begun
        return self

    def __exit__(self, *_failure: object) -> None:
        self.process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(_STOP_SECONDS)
        self._kill()

    def settle(self) -> None:
        """Wait until it rests: the first answer needs one worker only, and others still start."""
        deadline, before = time.monotonic() + _SETTLE_SECONDS, -1.0
        while time.monotonic() < deadline and self.cpu_seconds() - before > 0.02:
            before = self.cpu_seconds()
            time.sleep(0.5)

    def cpu_seconds(self) -> float:
        """What the whole process tree has used up."""
        return cpu_seconds(self.process.pid)

    def memory(self) -> float:
        """Proportional set size of the whole tree in MB: pages that are shared count once."""
        kilobytes = 0
        for each in tree(self.process.pid):
            with suppress(*_GONE):
                rollup = Path(f"/proc/{each}/smaps_rollup").read_text()
                kilobytes += int(rollup.partition("\nPss:")[2].split()[0])
        return kilobytes / 1024

    def _wait(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            with suppress(OSError, HTTPException):
                if ask(self.port, Request("GET", self.peer.ready)).status == 200:
                    return
            time.sleep(0.005)
        raise Failed(f"{self.peer.name} did not start:\n{self.log.read_text()}")

    def _kill(self) -> None:
        """Nobody stays behind, whatever happened."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def tree(pid: int) -> list[int]:
    """A process and its descendants."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    children = [int(child) for task in tasks for child in task.read_text().split()]
    return [pid, *(each for child in children for each in tree(child))]


def cpu_seconds(pid: int) -> float:
    """What a process and its descendants have used up, those that have ended included."""
    # proc(5), after the name in parentheses: utime, stime, cutime, cstime are the 12th to 15th.
    ticks = 0
    for each in tree(pid):
        with suppress(*_GONE):
            fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(map(int, fields[11:15]))
    return ticks / _TICKS_A_SECOND


def free_port() -> int:
    """Below the ports that the system hands to clients."""
    while True:
        port = random.randrange(20_000, 32_000)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
