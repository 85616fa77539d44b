"""What figures were measured on. Come here to note something more about the machine."""

import os
import platform
import re
import subprocess
import time
from pathlib import Path
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
        "commit": _git("rev-parse", "--short", "HEAD") + ("+" if _git("status", "-s") else ""),
        "load before": os.getloadavg()[0],  # above 0.3 or so: others were at work, measure again
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=_ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip()
