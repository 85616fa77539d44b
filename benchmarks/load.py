"""How fast and how large Muster is. Come here to measure it, or to measure something new.

    python benchmarks/load.py start|flood|rates|same_time [--seconds N] [--rounds N] [--json]

Starts a `flask serve` of its own, on a new instance path or the database of `--database-url`,
and loads it on 127.0.0.1. benchmarks/README.md says what each figure means.
"""

import argparse
import contextlib
import json
import os
import platform
import random
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPException
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, text

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from core import hashing  # noqa: E402  # the path comes first

PASSWORD = "correct horse battery"
FLOODERS = 64
READERS = 8
WEAK_ROUNDS = 29_000
START_SECONDS = 60
Figures = dict[str, Any]


class Server:
    """A `flask serve` that is measured."""

    def __init__(self, options: argparse.Namespace, instance: Path, **settings: Any) -> None:
        self.instance = instance
        self.port = _free_port()
        given = {name: each for name, each in os.environ.items() if not name.startswith("MUSTER_")}
        own = {
            "HOST": "127.0.0.1",
            "PORT": self.port,
            "MUSTER_INSTANCE_PATH": instance,
            "MUSTER_PASSWORD_ROUNDS": options.rounds,
            "MUSTER_RATE_LIMITS": "off",
            "MUSTER_DATABASE_URL": options.database_url,
            **settings,
        }
        self.environment = given | {name: str(value) for name, value in own.items()}
        self.log = instance / "benchmark.log"

    def __enter__(self) -> "Server":
        self.instance.mkdir(exist_ok=True)
        with self.log.open("ab") as log:
            begun = time.perf_counter()
            self.process = subprocess.Popen(
                self.command("serve"),
                cwd=ROOT,
                env=self.environment,
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
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(40)
        self._kill()

    @property
    def url(self) -> str:
        """Where it serves."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def engine(self) -> Engine:
        """Its database, for what no endpoint does."""
        url = self.environment["MUSTER_DATABASE_URL"]
        return create_engine(url or f"sqlite:///{self.instance / 'muster.sqlite3'}")

    def command(self, *arguments: str) -> list[str]:
        """A command line of `flask`."""
        return [sys.executable, "-m", "flask", *arguments]

    def operate(self, *arguments: str) -> None:
        """Run a command as an operator does."""
        subprocess.run(
            self.command(*arguments),
            cwd=ROOT,
            env=self.environment,
            check=True,
            capture_output=True,
        )

    def settle(self) -> None:
        """Wait until all workers have started; the first 200 needs only one."""
        workers = int(self.environment.get("MUSTER_WORKERS", min(os.cpu_count() or 1, 4)))
        deadline = time.monotonic() + START_SECONDS
        started = re.compile(r'"Started worker-\d+"')
        while len(started.findall(self.log.read_text())) < workers and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.5)

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            with contextlib.suppress(OSError, HTTPException):
                if call(self.port, "GET", "/readyz")[0] == 200:
                    return
            time.sleep(0.01)
        raise SystemExit(f"Muster did not start:\n{self.log.read_text()}")

    def _kill(self) -> None:
        """Nobody stays behind, whatever happened."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


# Requests


def call(port: int, method: str, path: str, body: Any = None, token: str = "") -> tuple[int, Any]:
    """One request on a connection of its own: the status and the JSON."""
    with contextlib.closing(HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        return ask(connection, method, path, body, token)


def ask(
    connection: HTTPConnection, method: str, path: str, body: Any = None, token: str = ""
) -> tuple[int, Any]:
    """One request on a connection that stays open."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    if body is not None:
        headers["Content-Type"] = "application/json"
    connection.request(method, path, body and json.dumps(body), headers)
    response = connection.getresponse()
    content = response.read()
    return response.status, json.loads(content) if content else None


def account(port: int, username: str) -> str:
    """Register somebody and sign them in: an access token."""
    body = {"username": username, "password": PASSWORD}
    call(port, "POST", "/register", body)
    return str(call(port, "POST", "/login", body)[1]["access_token"])


def flood(port: int, clients: int, seconds: float, kinds: tuple[str, ...], prefix: str) -> Figures:
    """Many clients that register and sign in for a time; how many answers of which status came."""
    deadline = time.monotonic() + seconds
    answers: Counter[str] = Counter()

    def client(number: int) -> None:
        with contextlib.closing(HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
            turn = number
            while time.monotonic() < deadline:
                turn += 1
                kind = kinds[turn % len(kinds)]
                name = f"{prefix}{number}x{turn}" if kind == "/register" else "reader"
                body = {"username": name, "password": PASSWORD}
                status, _ = ask(connection, "POST", kind, body)
                answers[f"{kind} {status}"] += 1
                if status == 503:
                    time.sleep(0.2)

    begun = time.monotonic()
    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(client, range(clients)))
    return {"answers": dict(answers), "seconds": time.monotonic() - begun}


@contextlib.contextmanager
def flooding(port: int, seconds: float) -> Iterator[None]:
    """The flood from a process of its own, so that its clients do not slow the readers' down."""
    arguments = (port, FLOODERS, seconds, ("/register", "/login"), f"f{random.randrange(10**6)}x")
    process = get_context("spawn").Process(target=flood, args=arguments)
    process.start()
    time.sleep(2)  # to start, and to fill the queue
    try:
        yield
    finally:
        process.join(90)
        process.kill()


def latencies(port: int, path: str, token: str, seconds: float) -> list[float]:
    """Milliseconds of GETs in turn over a few open connections, so that all workers are asked."""
    measured = []
    deadline = time.monotonic() + seconds
    with contextlib.ExitStack() as stack:
        connections = [
            stack.enter_context(contextlib.closing(HTTPConnection("127.0.0.1", port, timeout=60)))
            for _ in range(READERS)
        ]
        while time.monotonic() < deadline:
            for connection in connections:
                begun = time.perf_counter()
                status, _ = ask(connection, "GET", path, token=token)
                measured.append((time.perf_counter() - begun) * 1000)
                if status != 200:
                    raise SystemExit(f"GET {path} was answered with {status}.")
                time.sleep(0.002)
    return measured


# What is measured


def measure_start(options: argparse.Namespace, directory: Path) -> Figures:
    """Seconds to the first 200, and memory of the whole process tree."""
    figures: Figures = {}
    for name in ("cold", "warm"):
        with Server(options, directory / "instance") as server:
            figures[f"{name} start, s"] = server.seconds_to_start
            if name == "warm":
                server.settle()
                figures["PSS after start, MB"] = memory(server.process.pid)
                token = account(server.port, "reader")
                flood(server.port, FLOODERS, options.seconds, ("/register", "/login"), "m")
                latencies(server.port, "/me", token, options.seconds)
                figures["PSS after load, MB"] = memory(server.process.pid)
    return figures


def memory(pid: int) -> float:
    """Proportional set size of a process and all its descendants, in MB (Linux)."""
    kilobytes = sum(
        int(line.split()[1])
        for each in tree(pid)
        for line in Path(f"/proc/{each}/smaps_rollup").read_text().splitlines()
        if line.startswith("Pss:")
    )
    return kilobytes / 1024


def tree(pid: int) -> list[int]:
    """A process and its descendants."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    children = [int(child) for task in tasks for child in task.read_text().split()]
    return [pid, *(each for child in children for each in tree(child))]


def measure_flood(options: argparse.Namespace, directory: Path) -> Figures:
    """Latency of reads, idle and while many register and sign in."""
    figures: Figures = {}
    with Server(options, directory / "instance") as server:
        server.settle()
        token = account(server.port, "reader")
        paths = ("/healthz", "/me")
        idle = {path: latencies(server.port, path, token, options.seconds) for path in paths}
        with flooding(server.port, 2 * options.seconds + 3):
            busy = {path: latencies(server.port, path, token, options.seconds) for path in paths}
    for path in paths:
        for name, share in (("p50", 50), ("p99", 99)):
            before, during = percentile(idle[path], share), percentile(busy[path], share)
            figures[f"GET {path} {name} idle, ms"] = before
            figures[f"GET {path} {name} flooded, ms"] = during
            figures[f"GET {path} {name} ratio"] = during / before
    return figures


def measure_rates(options: argparse.Namespace, directory: Path) -> Figures:
    """Sign-ins and sign-ups a second against the hash alone; reads a second."""
    figures: Figures = {"engine": hashing.fastest_engine().__name__.strip("_")}
    cores = len(os.sched_getaffinity(0))
    with Server(options, directory / "instance") as server:
        server.settle()
        token = account(server.port, "reader")
        figures["hashes/s, one thread"] = hashes(options, 1)
        bounds = [hashes(options, cores)]
        for name, kind in (("sign-ins", "/login"), ("sign-ups", "/register")):
            done = flood(server.port, 8 * cores, options.seconds, (kind,), "r")
            good = done["answers"].get(f"{kind} {200 if kind == '/login' else 201}", 0)
            figures[f"{name}/s"] = good / done["seconds"]
            bounds.append(hashes(options, cores))  # in between, as the machine's speed drifts
            figures[f"{name}, share of the hash alone"] = figures[f"{name}/s"] / statistics.mean(
                bounds[-2:]
            )
        figures[f"hashes/s, {cores} threads"] = statistics.mean(bounds)
        for path in ("/healthz", "/me"):
            figures[f"GET {path}/s"] = wrk(server.url + path, token, options.seconds)
    return figures


def hashes(options: argparse.Namespace, threads: int) -> float:
    """Hashes a second in this many threads, with nothing else around them."""
    engine = hashing.fastest_engine()
    deadline = time.perf_counter() + options.seconds / 2

    def work(_number: int) -> int:
        done = 0
        while time.perf_counter() < deadline:
            engine(PASSWORD.encode(), b"sixteen bytes of", options.rounds)
            done += 1
        return done

    begun = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        done = sum(pool.map(work, range(threads)))
    return done / (time.perf_counter() - begun)


def wrk(url: str, token: str, seconds: float) -> float | None:
    """Requests a second by wrk over 32 connections; None without it."""
    program = shutil.which("wrk")
    if program is None:
        return None
    arguments = [
        "-t1",
        "-c32",
        f"-d{max(1, round(seconds))}s",
        "-H",
        f"Authorization: Bearer {token}",
    ]
    output = subprocess.run(
        [program, *arguments, url], check=True, capture_output=True, text=True
    ).stdout
    if "Non-2xx" in output:
        raise SystemExit(output)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", output)
    return float(rate[1]) if rate else None


def measure_same_time(options: argparse.Namespace, directory: Path) -> Figures:
    """Medians of refused sign-ins by cause, interleaved, and their ratios to a wrong password."""
    causes = ("unknown", "wrong", "disabled", "locked", "weak")
    measured: dict[str, list[float]] = {cause: [] for cause in causes}
    with Server(options, directory / "instance") as server:
        server.settle()
        engine = server.engine
        prepare(server, engine)
        for turn in range(options.count + 2):
            for cause in random.sample(causes, len(causes)):
                name = f"unknown{turn}" if cause == "unknown" else cause
                body = {"username": name, "password": "a wrong password"}
                reset(engine)
                begun = time.perf_counter()
                status, _ = call(server.port, "POST", "/login", body)
                milliseconds = (time.perf_counter() - begun) * 1000
                if status != 401:
                    raise SystemExit(f"{cause} was answered with {status}.")
                if turn >= 2:  # the first turns warm up
                    measured[cause].append(milliseconds)
        engine.dispose()
    figures: Figures = {"sign-ins of each kind": options.count}
    for cause in causes:
        figures[f"{cause}, median ms"] = statistics.median(measured[cause])
        figures[f"{cause}, ratio to wrong"] = statistics.median(
            measured[cause]
        ) / statistics.median(measured["wrong"])
    quartiles = statistics.quantiles(measured["wrong"], n=4)
    figures["wrong, quartile distance ms"] = quartiles[2] - quartiles[0]
    return figures


def prepare(server: Server, engine: Engine) -> None:
    """An account for each cause."""
    for name in ("wrong", "disabled", "locked", "weak"):
        call(server.port, "POST", "/register", {"username": name, "password": PASSWORD})
    server.operate("users", "disable", "disabled")
    weak = hashing.context(WEAK_ROUNDS).hash(PASSWORD)
    with engine.begin() as connection:
        connection.execute(text("UPDATE users SET failures = 100 WHERE username = 'locked'"))
        connection.execute(
            text("UPDATE users SET password_hash = :hash WHERE username = 'weak'"), {"hash": weak}
        )


def reset(engine: Engine) -> None:
    """Keep `wrong` and `weak` from being locked. Before every sign-in, so that none stands out."""
    with engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE users SET failures = 0, blocked_until = NULL "
                "WHERE username IN ('wrong', 'weak')"
            )
        )


# What is printed


def percentile(values: list[float], share: int) -> float:
    """The value that `share` percent stay below."""
    return statistics.quantiles(values, n=100)[share - 1]


def machine() -> Figures:
    """What the figures were measured on."""
    model = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text())
    return {
        "processor": model[1] if model else platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "Python": platform.python_version(),
        "load before": os.getloadavg()[0],  # above 0.3 or so: others were at work, measure again
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def as_markdown(subcommand: str, figures: Figures) -> str:
    """Two columns."""
    lines = [f"| {subcommand} | |", "|---|---|"]
    return "\n".join(lines + [f"| {name} | {_shown(value)} |" for name, value in figures.items()])


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
    return "not measured" if value is None else str(value)


def _free_port() -> int:
    """Below the ports that the system hands to clients."""
    while True:
        port = random.randrange(20_000, 32_000)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


SUBCOMMANDS: dict[str, Callable[[argparse.Namespace, Path], Figures]] = {
    "start": measure_start,
    "flood": measure_flood,
    "rates": measure_rates,
    "same_time": measure_same_time,
}


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description="Measure Muster.")
    parser.add_argument("subcommand", choices=SUBCOMMANDS)
    parser.add_argument("--seconds", type=float, default=10, help="of each stretch (10)")
    parser.add_argument("--count", type=int, default=60, help="sign-ins of each kind (60)")
    parser.add_argument("--rounds", type=int, default=hashing.RECOMMENDED_ROUNDS)
    parser.add_argument("--database-url", default="", help="an empty one; default: SQLite")
    parser.add_argument("--json", action="store_true", help="instead of a markdown table")
    options = parser.parse_args()
    figures = {**machine(), "rounds": options.rounds}
    with tempfile.TemporaryDirectory(prefix="muster-benchmark-") as directory:
        figures |= SUBCOMMANDS[options.subcommand](options, Path(directory))
    print(json.dumps(figures) if options.json else as_markdown(options.subcommand, figures))


if __name__ == "__main__":
    main()
