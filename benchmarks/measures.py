"""What is measured of one running server. Come here to measure something more.

Each function loads the server, checks how it answered, and gives figures by name.
"""

import re
import resource
import shutil
import subprocess
import time
from collections.abc import Callable

from benchmarks import hashes, machine
from benchmarks.calls import Request
from benchmarks.client import Driving, Outcome, drive
from benchmarks.servers import Failed
from benchmarks.subject import Subject

Figures = dict[str, float | None]
FLOODERS = 64
READERS = 8
_READERS_PAUSE = 0.02
_CONNECTIONS = 32  # of wrk
_FULL = 2.0  # seconds until a flood has filled every queue


def sign_ups(subject: Subject) -> Figures:
    """Sign-ups a second from 8 clients per core, each of a new name."""
    peer = subject.server.peer
    load = {"clients": 8 * machine.cores(), "first_name": subject.first_name + 1}
    figures, outcome = _rate(subject, "sign-up", peer.sign_up(), peer.signed_up, load)
    subject.names = 1 + min(outcome.answers.get(str(peer.signed_up), 0), 64)
    return figures


def sign_ins(subject: Subject) -> Figures:
    """Sign-ins a second from 8 clients per core, round the accounts that were just made."""
    names = {"first_name": subject.first_name, "names": subject.names}
    load = {"clients": 8 * machine.cores(), **names}
    return _rate(subject, "sign-in", subject.server.peer.sign_in(), 200, load)[0]


def _rate(
    subject: Subject, what: str, request: Request, status: int, load: dict[str, int]
) -> tuple[Figures, Outcome]:
    server = subject.server
    alone = [_hashes_alone(subject)]
    before = server.cpu_seconds()
    outcome = drive(server.port, request, seconds=subject.seconds, **load)
    spent = server.cpu_seconds() - before
    alone.append(_hashes_alone(subject))  # around it, as the machine's speed drifts
    rate = outcome.per_second
    others = sum(outcome.answers.values()) - outcome.answers.get(str(status), 0)
    return {
        f"{what}s/s": rate,
        f"{what}s/s, share of the hash alone": rate * 2 / sum(alone),
        f"{what} CPU, ms": spent / max(outcome.requests, 1) * 1000,
        f"{what}s that failed": others,
        f"{what}s, CPU of the client, ms": outcome.client_cpu_seconds
        / max(outcome.requests, 1)
        * 1000,
    }, outcome


def _hashes_alone(subject: Subject) -> float:
    return hashes.per_second(subject.server.peer.hash, machine.cores(), subject.seconds / 4)


def reads(subject: Subject) -> Figures:
    """Own-profile reads a second by wrk, on the same cores as the server; None without wrk."""
    program = shutil.which("wrk")
    if program is None:
        return {"reads/s": None, "read CPU, ms": None, "reads, CPU of the client, ms": None}
    _wrk(program, subject, 1)
    before, own = subject.server.cpu_seconds(), _children_seconds()
    requests, rate = _wrk(program, subject, subject.seconds)
    spent = subject.server.cpu_seconds() - before
    return {
        "reads/s": rate,
        "read CPU, ms": spent / requests * 1000,
        "reads, CPU of the client, ms": (_children_seconds() - own) / requests * 1000,
    }


def _wrk(program: str, subject: Subject, seconds: float) -> tuple[int, float]:
    headers = [f"{name}: {value}" for name, value in subject.read.headers.items()]
    options = ["-t1", f"-c{_CONNECTIONS}", f"-d{max(1, round(seconds))}s"]
    options += [part for header in headers for part in ("-H", header)]
    url = f"http://127.0.0.1:{subject.server.port}{subject.read.path}"
    written = subprocess.run(
        [program, *options, url], check=True, capture_output=True, text=True
    ).stdout
    requests = re.search(r"(\d+) requests in", written)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", written)
    if "Non-2xx" in written or not requests or not rate or not int(requests[1]):
        raise Failed(f"{subject.server.peer.name}: {written}")
    return int(requests[1]), float(rate[1])


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def latencies(subject: Subject) -> Figures:
    """Milliseconds that 8 readers wait for their profile, idle and while 64 clients sign in."""
    peer, port, seconds = subject.server.peer, subject.server.port, subject.seconds
    idle = _read_by_some(subject)
    if set(idle.answers) != {"200"}:
        raise Failed(f"{peer.name} answered reads with {idle.answers}.")
    flood = Driving(
        port,
        peer.sign_in(),
        clients=FLOODERS,
        seconds=seconds + _FULL + 0.5,
        first_name=subject.first_name,
        names=subject.names,
    )
    time.sleep(_FULL)
    flooded = _read_by_some(subject)
    meanwhile = flood.outcome()
    return {
        "read p50 idle, ms": idle.p50,
        "read p99 idle, ms": idle.p99,
        "read p50 flooded, ms": flooded.p50,
        "read p99 flooded, ms": flooded.p99,
        "reads measured, flooded": flooded.requests,
        "reads that failed, flooded": flooded.requests - flooded.answers["200"],
        "sign-ins/s of the flood": meanwhile.per_second,
    }


def _read_by_some(subject: Subject) -> Outcome:
    outcome = drive(
        subject.server.port,
        subject.read,
        clients=READERS,
        seconds=subject.seconds,
        pause=_READERS_PAUSE,
    )
    if not outcome.answers.get("200"):
        raise Failed(f"{subject.server.peer.name} answered reads with {outcome.answers}.")
    return outcome


def start(subject: Subject) -> Figures:
    """Seconds to the first good answer, and memory of the whole tree when all of it rests."""
    return {
        "start, s": subject.server.seconds_to_start,
        "PSS after start, MB": subject.server.memory(),
    }


def memory_after_load(subject: Subject) -> Figures:
    """Memory of the whole tree at the end."""
    return {"PSS after load, MB": subject.server.memory()}


ALL: tuple[Callable[[Subject], Figures], ...] = (
    sign_ups,
    sign_ins,
    reads,
    latencies,
    memory_after_load,
)
