"""Whether a refusal's time tells its cause. Come here to add a cause."""

import argparse
import random
import statistics
import time
from pathlib import Path

from sqlalchemy import Engine, create_engine, text

from benchmarks.calls import PASSWORD, Request, ask
from benchmarks.measures import Figures
from benchmarks.peers.muster import Muster
from benchmarks.servers import Server
from core import hashing

_CAUSES = ("unknown", "wrong", "disabled", "locked", "weak")
_WEAK_ROUNDS = 29_000
_WARM_UP = 2


def measure(muster: Muster, options: argparse.Namespace, directory: Path) -> Figures:
    """Medians of refused sign-ins by cause, interleaved, and their ratios to a wrong password."""
    measured: dict[str, list[float]] = {cause: [] for cause in _CAUSES}
    with Server(muster, directory) as server:
        server.settle()
        engine = create_engine(
            options.database_url or f"sqlite:///{directory / 'instance' / 'muster.sqlite3'}"
        )
        _prepare(muster, server, engine)
        for turn in range(options.count + _WARM_UP):
            for cause in random.sample(_CAUSES, len(_CAUSES)):
                _reset(engine)
                milliseconds = _refused(server, f"unknown{turn}" if cause == "unknown" else cause)
                if turn >= _WARM_UP:
                    measured[cause].append(milliseconds)
        engine.dispose()
    return _figures(measured)


def _refused(server: Server, name: str) -> float:
    request = Request.of_json("/login", username=name, password="a wrong password")
    begun = time.perf_counter()
    status = ask(server.port, request).status
    milliseconds = (time.perf_counter() - begun) * 1000
    if status != 401:
        raise SystemExit(f"{name} was answered with {status}.")
    return milliseconds


def _figures(measured: dict[str, list[float]]) -> Figures:
    middle = {cause: statistics.median(values) for cause, values in measured.items()}
    figures: Figures = {"sign-ins of each kind": len(measured["wrong"])}
    for cause, median in middle.items():
        figures[f"{cause}, median ms"] = median
        figures[f"{cause}, ratio to wrong"] = median / middle["wrong"]
    quartiles = statistics.quantiles(measured["wrong"], n=4)
    return figures | {"wrong, quartile distance ms": quartiles[2] - quartiles[0]}


def _prepare(muster: Muster, server: Server, engine: Engine) -> None:
    """An account for each cause."""
    for name in ("wrong", "disabled", "locked", "weak"):
        ask(server.port, muster.sign_up().called(name))
    muster.operate(server.directory, "users", "disable", "disabled")
    weak = hashing.context(_WEAK_ROUNDS).hash(PASSWORD)
    with engine.begin() as connection:
        connection.execute(text("UPDATE users SET failures = 100 WHERE username = 'locked'"))
        connection.execute(
            text("UPDATE users SET password_hash = :hash WHERE username = 'weak'"), {"hash": weak}
        )


def _reset(engine: Engine) -> None:
    """Keep `wrong` and `weak` from being locked. Before every sign-in, so that none stands out."""
    with engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE users SET failures = 0, blocked_until = NULL "
                "WHERE username IN ('wrong', 'weak')"
            )
        )
