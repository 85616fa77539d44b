"""What figures were measured on. Come here to note something more about the machine."""

import os
import platform
import re
import subprocess
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

_ROOT = Path(__file__).resolve().parents[1]


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0))


def description() -> dict[str, Any]:
    """What the figures depend on, and when they were measured."""
    model = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text())
    return {
        "processor": model[1] if model else platform.machine(),
        "cores": cores(),
        "system": platform.system() + " " + platform.release(),
        "Python": platform.python_version(),
        "Python's own speed, ms": round(_milliseconds_of_python(), 1),
        "commit": _git("rev-parse", "--short", "HEAD") + ("+" if _git("status", "-s") else ""),
        "load before": os.getloadavg()[0],  # above 0.3 or so: others were at work, measure again
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def _milliseconds_of_python() -> float:
    """CPU time of making objects: more by a third or more where Python was built without PGO."""

    def once() -> float:
        begun = time.process_time()
        for number in range(5000):
            vars(SimpleNamespace(number=number))["text"] = str(number)
        return time.process_time() - begun

    return min(once() for _ in range(300)) * 1000


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=_ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip()
