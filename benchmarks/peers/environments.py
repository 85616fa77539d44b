"""Where peers are installed. Come here to change how they get here.

Each has an environment of its own under benchmarks/.environments/, so that none of their packages
comes near Muster's. An environment is made anew when its lock file changes.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from hashlib import sha256
from pathlib import Path

HERE = Path(__file__).parent
APPS = HERE / "apps"
_ENVIRONMENTS = HERE.parent / ".environments"


class NotInstalled(Exception):
    """The registry or the machine does not have what it takes; `str()` says what."""


def python(name: str) -> Path:
    """The `bin` of a virtual environment with what `locks/<name>.txt` pins."""
    lock = HERE / "locks" / f"{name}.txt"
    place = _ENVIRONMENTS / name
    if not _is_current(place, lock):
        _say(name)
        _run(name, sys.executable, "-m", "venv", "--clear", str(place))
        pip = [str(place / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check"]
        _run(name, *pip, "--require-hashes", "-r", str(lock))
        _note(place, lock)
    return place / "bin"


def node(name: str) -> Path:
    """A directory with the app `name` and the `node_modules` that its lock file pins."""
    lock = APPS / name / "package-lock.json"
    place = _ENVIRONMENTS / name
    if not _is_current(place, lock):
        if not shutil.which("npm"):
            raise NotInstalled("There is no npm here.")
        _say(name)
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(APPS / name, place)
        _run(name, "npm", "ci", "--silent", "--no-audit", "--no-fund", "--prefix", str(place))
        _note(place, lock)
    for source in (APPS / name).glob("*.mjs"):
        shutil.copy(source, place)
    return place


def pinned(name: str, package: str) -> str:
    """The version of a package in `locks/<name>.txt`."""
    lock = (HERE / "locks" / f"{name}.txt").read_text()
    found = re.search(rf"^{package}==([^ ;]+)", lock, re.MULTILINE)
    return found[1] if found else "?"


def _is_current(place: Path, lock: Path) -> bool:
    stamp = place / "installed"
    return stamp.exists() and stamp.read_text() == _digest(lock)


def _note(place: Path, lock: Path) -> None:
    (place / "installed").write_text(_digest(lock))


def _digest(lock: Path) -> str:
    return sha256(lock.read_bytes()).hexdigest()


def _say(name: str) -> None:
    print(f"installing {name} …", file=sys.stderr)


def _run(name: str, *command: str) -> None:
    with tempfile.TemporaryFile("w+") as output:
        done = subprocess.run(command, stdout=output, stderr=output, check=False)
        if done.returncode:
            output.seek(0)
            raise NotInstalled(f"{name} could not be installed: {output.read()[-1000:].strip()}")
