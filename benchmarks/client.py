"""The load: many clients in one light process. Come here to change how a server is driven.

Runs as a program of its own, so that it shares no interpreter with what measures: the load comes
in as JSON in the first argument, what happened goes out as JSON.
"""

import asyncio
import itertools
import json
import math
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.calls import NAME, Request, name_of

ROOT = Path(__file__).resolve().parents[1]
_LONGEST_WAIT = 60  # for the last answers
_RAMP = 1.0  # seconds before what counts
_BROKEN = (OSError, asyncio.IncompleteReadError, ValueError)


@dataclass(frozen=True)
class Load:
    """So many clients, each sending its next request when the last one was answered.

    They go on for `_RAMP` more than `seconds`.
    """

    port: int
    request: str
    clients: int
    seconds: float
    first_name: int = 0
    names: int = 0  # go round among so many; 0: every name is new
    pause: float = 0  # after each answer


@dataclass
class Outcome:
    """What happened; times of answers are in ms. `in_time`: good answers in `seconds`."""

    seconds: float
    in_time: int
    answers: dict[str, int]
    requests: int
    p50: float
    p99: float
    client_cpu_seconds: float

    @property
    def per_second(self) -> float:
        """Good answers a second, while all clients were there."""
        return self.in_time / self.seconds


class Driving:
    """A load that has begun, in another process."""

    def __init__(self, port: int, request: Request, **how: Any) -> None:
        self._load = Load(port, request.encoded(port), **how)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.client", json.dumps(asdict(self._load))],
            cwd=ROOT,
            stdout=subprocess.PIPE,
        )

    def outcome(self) -> Outcome:
        """Wait until it is over."""
        try:
            written, _ = self._process.communicate(timeout=self._load.seconds + 2 * _LONGEST_WAIT)
        finally:
            self._process.kill()
        return Outcome(**json.loads(written))


def drive(port: int, request: Request, **how: Any) -> Outcome:
    """Load a server until it is over."""
    return Driving(port, request, **how).outcome()


async def _run(load: Load) -> Outcome:
    # While some have no request under way yet, or any more, a server has less to do than it could.
    begun, idle = time.perf_counter() + _RAMP, time.process_time()
    turns = itertools.count()
    numbers = (load.first_name + (turn % load.names if load.names else turn) for turn in turns)
    clients = [_Client(load, numbers, begun + load.seconds) for _ in range(load.clients)]
    await asyncio.wait(
        [asyncio.create_task(client.run()) for client in clients],
        timeout=_RAMP + load.seconds + _LONGEST_WAIT,
    )
    times = [each for client in clients for each in client.milliseconds]
    p50, p99 = (percentile(times, share) for share in (0.5, 0.99))
    answers = sum((client.answers for client in clients), Counter[str]())
    in_time = sum(begun <= ended < begun + load.seconds for each in clients for ended in each.good)
    cpu = time.process_time() - idle
    return Outcome(load.seconds, in_time, dict(answers), answers.total(), p50, p99, cpu)


def percentile(values: list[float], share: float) -> float:
    """The value that this share stays below or at."""
    if not values:
        raise SystemExit("Nobody was answered.")
    return sorted(values)[math.ceil(share * len(values)) - 1]


class _Client:
    def __init__(self, load: Load, numbers: Iterator[int], deadline: float) -> None:
        self._load, self._numbers, self._deadline = load, numbers, deadline
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self.answers: Counter[str] = Counter()
        self.milliseconds: list[float] = []
        self.good: list[float] = []

    async def run(self) -> None:
        while time.perf_counter() < self._deadline:
            request = self._load.request.replace(NAME, name_of(next(self._numbers))).encode()
            begun = time.perf_counter()
            try:
                status = await self._ask(request)
            except _BROKEN:
                self._streams, status = None, "broken"
            ended = time.perf_counter()
            self.milliseconds.append((ended - begun) * 1000)
            self.answers[status] += 1
            if status.startswith("2"):
                self.good.append(ended)
            # Who is turned away comes back a little later.
            await asyncio.sleep(0.2 if status in {"503", "429", "broken"} else self._load.pause)

    async def _ask(self, request: bytes) -> str:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._load.port)
        reader, writer = self._streams
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        if b"\r\ntransfer-encoding: chunked" in head:
            while size := int(await reader.readline(), 16):
                await reader.readexactly(size + 2)
            await reader.readline()
        elif b"\r\ncontent-length:" in head:
            length = head.partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0]
            await reader.readexactly(int(length))
        if b"\r\nconnection: close" in head:
            with closing(writer):
                self._streams = None
        return head[9:12].decode()


if __name__ == "__main__":
    # Ahead of the server where that is allowed: its time is measured, not the client's turn.
    with suppress(PermissionError):
        os.nice(-10)
    print(json.dumps(asdict(asyncio.run(_run(Load(**json.loads(sys.argv[1])))))))
