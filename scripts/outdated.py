"""Which locked packages are older than SECURITY.md allows: `make outdated` (needs a network).

The package index is asked for what the locks would have been so many days ago; a package that is
locked in an older version than that has been left alone for too long. Come here to change for how
long a newer version may be out.
"""

import re
import subprocess
import sys
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]
LOCKS = ("requirements", "requirements-otel", "requirements-dev")
DAYS = 30
_PIN = re.compile(r"^([a-z0-9-]+)==([\w.!+]+)", re.MULTILINE)


def pins(lock: str) -> dict[str, list[Version]]:
    """The versions of each package, lowest first; of some there is one for each Python."""
    found = defaultdict(list)
    for name, version in _PIN.findall(lock):
        found[name].append(Version(version))
    return {name: sorted(versions) for name, versions in found.items()}


def behind(lock: str, offered: str) -> list[str]:
    """Each package whose locked version is below the one that was offered, as a sentence."""
    locked = pins(lock)
    return [
        f"{name} is locked at {mine}, and {theirs} has been out for more than {DAYS} days."
        for name, newest in pins(offered).items()
        for mine, theirs in zip(locked.get(name, []), newest, strict=False)
        if mine < theirs
    ]


def offered(name: str, days: int = DAYS) -> str:
    """What a lock would have been so many days ago. Raises `CalledProcessError`, with its words."""
    # Without the line that holds it to another lock: that one's versions may be newer.
    source = (ROOT / f"{name}.in").read_text(encoding="utf-8")
    wanted = re.sub(r"^-c .*$", "", source, flags=re.MULTILINE)
    moment = (datetime.now(UTC) - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
    options = "--quiet --upgrade --universal --python-version 3.11 --no-annotate --no-header"
    asked = subprocess.run(  # noqa: S603  # what is run stands here
        ["uv", "pip", "compile", *options.split(), "--exclude-newer", moment, "-"],  # noqa: S607  # uv of the PATH
        input=wanted,
        capture_output=True,
        text=True,
        check=True,
    )
    return asked.stdout


def main() -> None:
    """Print what is too old; exit with 1 if anything is, with 2 if the index cannot be asked."""
    found = []
    for name in LOCKS:
        try:
            lock = (ROOT / f"{name}.txt").read_text(encoding="utf-8")
            found += [f"{name}.txt: {each}" for each in behind(lock, offered(name))]
        except subprocess.CalledProcessError as error:
            print(error.stderr, file=sys.stderr)
            sys.exit(2)
    print("\n".join(found) or f"No locked package is more than {DAYS} days behind.")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
