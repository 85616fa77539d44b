"""Muster alone. Come here to measure one thing of it quickly.

    python -m benchmarks.load start|flood|rates|same_time [--seconds N] [--count N] [--json]

Each starts a Muster of its own on a new SQLite file, or the database of `--database-url`.
benchmarks/README.md says what each figure means.
"""

import argparse
import json
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks import machine, measures, report, same_time
from benchmarks.measures import Figures
from benchmarks.peers.muster import Muster
from benchmarks.servers import Server
from benchmarks.subject import Subject


def start(muster: Muster, options: argparse.Namespace, directory: Path) -> Figures:
    """Seconds to the first 200, cold and warm, and memory before and after load."""
    with Server(muster, directory) as server:
        cold = server.seconds_to_start
    with Server(muster, directory) as server:
        server.settle()
        subject = Subject(server, options.seconds)
        figures = {"cold start, s": cold} | measures.start(subject)
        subject.enter(0)
        for measure in (measures.sign_ups, measures.reads, measures.latencies):
            measure(subject)
        return figures | measures.memory_after_load(subject)


def flood(muster: Muster, options: argparse.Namespace, directory: Path) -> Figures:
    """What readers wait, idle and while 64 clients sign in."""
    return _measured(muster, options, directory, measures.latencies)


def rates(muster: Muster, options: argparse.Namespace, directory: Path) -> Figures:
    """Sign-ups, sign-ins and reads a second, and what each costs."""
    steps = (measures.sign_ups, measures.sign_ins, measures.reads)
    return _measured(muster, options, directory, *steps)


def _measured(
    muster: Muster,
    options: argparse.Namespace,
    directory: Path,
    *steps: Callable[[Subject], Figures],
) -> Figures:
    figures: Figures = {}
    with Server(muster, directory) as server:
        server.settle()
        subject = Subject(server, options.seconds)
        subject.enter(0)
        for step in steps:
            figures |= step(subject)
        subject.check()
    return figures


SUBCOMMANDS: dict[str, Callable[[Muster, argparse.Namespace, Path], Figures]] = {
    "start": start,
    "flood": flood,
    "rates": rates,
    "same_time": same_time.measure,
}


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description="Measure Muster.")
    parser.add_argument("subcommand", choices=SUBCOMMANDS)
    parser.add_argument("--seconds", type=float, default=8, help="of each stretch (8)")
    parser.add_argument("--count", type=int, default=60, help="sign-ins of each kind (60)")
    parser.add_argument("--database-url", default="", help="an empty one; default: SQLite")
    parser.add_argument("--json", action="store_true", help="instead of a table")
    options = parser.parse_args()
    noted = machine.description()
    muster = Muster(MUSTER_DATABASE_URL=options.database_url)
    with tempfile.TemporaryDirectory(prefix="muster-benchmark-") as directory:
        figures = SUBCOMMANDS[options.subcommand](muster, options, Path(directory))
    rows = [[options.subcommand, ""]]
    rows += [[name, report.shown(value)] for name, value in (noted | figures).items()]
    print(json.dumps(noted | figures) if options.json else report.markdown(rows))


if __name__ == "__main__":
    main()
