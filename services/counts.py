"""What is counted for monitoring. Come here to change how counts are kept, and shared by workers.

A worker counts in memory, since a request can afford a microsecond, and writes all it has counted
to a small file within a second. Whoever is asked adds up the files of all workers of one server.
docs/decisions/0012-metrics.md has the measurements.
"""

import json
import logging
import os
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock, Timer
from typing import Any

# The upper ends of the buckets in seconds; the last has none.
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_EMPTY = [0.0] * (len(BUCKETS) + 2)
_WRITTEN_WITHIN = 1.0  # seconds
_log = logging.getLogger("muster")


@dataclass
class Totals:
    """What was counted: since the start, but for the levels, which are of this moment."""

    # By method, route and status: the seconds, and how many fell into each bucket.
    requests: dict[tuple[str, str, int], list[float]] = field(default_factory=dict)
    events: Counter[tuple[str, ...]] = field(default_factory=Counter)
    levels: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    workers: int = 0

    def add(self, other: Mapping[str, Any], *, alive: bool) -> None:
        """Add what a worker wrote. Whoever has died has counted, but holds nothing any more."""
        for method, route, status, cell in other["requests"]:
            before = self.requests.get((method, route, status), _EMPTY)
            added = [one + two for one, two in zip(before, cell, strict=True)]
            self.requests[method, route, status] = added
        self.events.update({tuple(event): count for event, count in other["events"]})
        if alive:
            self.workers += 1
            for name, level in other["levels"].items():
                self.levels[name] += level


class Counts:
    """The counts of one process."""

    def __init__(
        self, levels: Mapping[str, Callable[[], float]], directory: Path | None = None
    ) -> None:
        """`levels` are read when needed. Without a directory nothing is shared."""
        self._levels = levels
        self._totals = Totals()
        self._in_progress = 0
        self._lock = Lock()
        self._due = False
        self._path: Path | None = None
        if directory:
            directory.mkdir(mode=0o700, exist_ok=True)
            # The parent is the same for all workers of a server, and for no other server.
            self._path = directory / f"{os.getppid()}-{os.getpid()}.json"

    def event(self, *event: str) -> None:
        """Count something by its name and labels. Labels come from us, never from a client."""
        with self._lock:
            self._totals.events[event] += 1
        self._write_soon()

    def begin(self) -> None:
        """Count a request that is in progress from now on."""
        with self._lock:
            self._in_progress += 1
        self._write_soon()

    def end(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request that was answered."""
        bucket = bisect_left(BUCKETS, seconds) + 1
        with self._lock:
            self._in_progress -= 1
            cell = self._totals.requests.get((method, route, status))
            if cell is None:
                cell = self._totals.requests[method, route, status] = list(_EMPTY)
            cell[0] += seconds
            cell[bucket] += 1
        self._write_soon()

    def totals(self) -> Totals:
        """What all workers of this server have counted together."""
        found = Totals()
        found.add(self._own(), alive=True)
        for path in self._others():
            with suppress(OSError, ValueError):  # it was removed meanwhile
                worker = int(path.stem.partition("-")[2])
                found.add(json.loads(path.read_bytes()), alive=_is_alive(worker))
        return found

    def _own(self) -> dict[str, Any]:
        with self._lock:
            return {
                "requests": [[*key, list(cell)] for key, cell in self._totals.requests.items()],
                "events": [[list(event), count] for event, count in self._totals.events.items()],
                "levels": {
                    "requests_in_progress": self._in_progress,
                    **{name: read() for name, read in self._levels.items()},
                },
            }

    def _others(self) -> Iterator[Path]:
        if self._path:
            for path in self._path.parent.glob(f"{os.getppid()}-*.json"):
                if path != self._path:
                    yield path

    def _write_soon(self) -> None:
        """No thread of its own: a worker that has nothing to do does nothing."""
        if self._path and not self._due:
            self._due = True
            timer = Timer(_WRITTEN_WITHIN, self._write, [self._path])
            timer.daemon = True
            timer.start()

    def _write(self, path: Path) -> None:
        self._due = False
        draft = path.with_suffix(".draft")
        try:
            draft.write_text(json.dumps(self._own()), encoding="utf-8")
            draft.rename(path)
        except OSError as error:
            _log.warning("the other workers do not see what this one counts: %s", error)


def forget(directory: Path) -> None:
    """Remove what servers that have ended left, and what one with this process's id did."""
    for path in directory.glob("*-*.*"):
        server = int(path.name.partition("-")[0])
        if server == os.getpid() or not _is_alive(server):
            path.unlink(missing_ok=True)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it is somebody else's
        return True
    return True
