"""Muster beside its peers, in one run. Come here to change the order or the length of it.

    python -m benchmarks.compare [--quick] [--only NAME …] [--output DIRECTORY]

Each peer is started, measured and ended in turn, three times round. benchmarks/README.md says
what each figure means.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import hashes, machine, measures, report
from benchmarks.peers import PEERS, environments
from benchmarks.peers.peer import Peer
from benchmarks.report import Results
from benchmarks.servers import Failed, Server
from benchmarks.subject import Subject

RESULTS = Path(__file__).parent / "results"
_NAMES_PER_RUN = 1_000_000


def compare(results: Results, peers: list[Peer], directory: Path) -> None:
    """Add the figures of each peer in each run, in the order in which they were measured."""
    runs, seconds = results["machine"]["runs"], results["machine"]["seconds"]
    for run in range(runs):
        # Not always in the same order: the one before may leave the machine warm.
        for peer in peers[run % len(peers) :] + peers[: run % len(peers)]:
            begun = time.monotonic()
            place = directory / peer.name.replace(" ", "-").replace(",", "")
            try:
                if run == 0:
                    _start_first(peer, place)
                figures = _measure(peer, place, seconds, run)
            except (Failed, subprocess.SubprocessError, OSError) as failure:
                results["failures"].append(f"{peer.name}, run {run + 1}: {failure}")
                _say(results["failures"][-1])
                continue
            results["measured"].append({"peer": peer.name, "run": run + 1, "figures": figures})
            _say(f"{peer.name}, run {run + 1}: {time.monotonic() - begun:.0f} s")


def _start_first(peer: Peer, place: Path) -> None:
    """Not measured: keys, tables and caches are made."""
    place.mkdir()
    peer.prepare(place)
    with Server(peer, place) as server:
        server.settle()
        peer.set_up(server)


def _measure(peer: Peer, place: Path, seconds: float, run: int) -> measures.Figures:
    with Server(peer, place) as server:
        server.settle()
        subject = Subject(server, seconds)
        figures = measures.start(subject)
        subject.enter(run * _NAMES_PER_RUN)
        for measure in measures.ALL:
            figures |= measure(subject)
        subject.check()
    return figures


def _installed(chosen: list[str]) -> tuple[list[Peer], dict[str, str]]:
    """The peers that are here or can be had, and why the others cannot."""
    there, missing = [], {}
    for peer in PEERS:
        if chosen and peer.name not in chosen:
            continue
        try:
            peer.install()
            there.append(peer)
        except environments.NotInstalled as reason:
            missing[peer.name] = str(reason)
            _say(f"{peer.name} is left out: {reason}")
    return there, missing


def _beginnings(peers: list[Peer], missing: dict[str, str], runs: int, seconds: float) -> Results:
    """What is known before anything is loaded."""
    names = {peer.hash for peer in peers} | {hashes.BY_HASHLIB}
    return {
        "machine": machine.description() | {"runs": runs, "seconds": seconds},
        "hashes, CPU ms": {name: hashes.cpu_milliseconds(name) for name in sorted(names)},
        "peers": {
            peer.name: {"hash": peer.hash, "settings": peer.settings, "version": peer.version()}
            for peer in peers
        },
        "left out": missing,
        "failures": [],
        "measured": [],
    }


def _write(results: Results, output: Path) -> None:
    output.mkdir(parents=True, exist_ok=True)
    raw = output / "results.json"
    raw.write_text(json.dumps(results, indent=1) + "\n")
    (output / "README.md").write_text(report.page(results))
    try:
        python = environments.python("plot") / "python"
        plot = Path(__file__).with_name("plot.py")
        subprocess.run([str(python), str(plot), str(raw), str(output / "plot.png")], check=True)
    except environments.NotInstalled as reason:
        _say(f"No plot: {reason}")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description="Measure Muster beside its peers.")
    parser.add_argument("--quick", action="store_true", help="one short run: does all of it work?")
    parser.add_argument("--runs", type=int, help="rounds (3)")
    parser.add_argument("--seconds", type=float, help="of each stretch (8)")
    parser.add_argument("--only", action="append", default=[], help="a peer's name; repeatable")
    parser.add_argument("--output", type=Path, help="default: a new directory in results/")
    options = parser.parse_args()
    runs = options.runs or (1 if options.quick else 3)
    seconds = options.seconds or (2 if options.quick else 8)
    peers, missing = _installed(options.only)
    results = _beginnings(peers, missing, runs, seconds)
    directory = Path(tempfile.mkdtemp(prefix="muster-benchmark-"))
    try:
        compare(results, peers, directory)
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    name = time.strftime("%Y-%m-%d") + f"-{machine.cores()}-cores" + "-quick" * options.quick
    output = options.output or RESULTS / name
    _write(results, output)
    print(report.table(results))
    _say(f"written to {output}")


if __name__ == "__main__":
    main()
