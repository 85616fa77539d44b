"""The age of what Muster is built on: how it is judged, and, where the index may be asked, the age.

ASK_INDEX=on pytest tests/test_outdated.py
"""

import os

import pytest

from config import BASE
from scripts import outdated

LOCK = (BASE / "requirements.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("locked", "newest", "found"),
    [
        ("flask==3.1.2 \\\n    --hash=sha256:00", "flask==3.1.3", 1),
        ("flask==3.9.0", "flask==3.10.0", 1),
        ("flask==3.1.3", "flask==3.1.3", 0),
        ("flask==3.10.0", "flask==3.9.0", 0),
        ("wrapt==1.0 ; python_version < '3.12'\nwrapt==3.0", "wrapt==1.0\nwrapt==3.1", 1),
        ("wrapt==1.0 ; python_version < '3.12'\nwrapt==3.0", "wrapt==1.0\nwrapt==2.0", 0),
        ("flask==3.1.3", "flask==3.1.3\ncame-later==1.0", 0),
        ("flask==3.1.3\nwent-since==1.0", "flask==3.1.3", 0),
    ],
)
def test_a_package_is_behind_when_a_newer_one_was_out_for_too_long(locked, newest, found):
    assert len(outdated.behind(locked, newest)) == found


def test_of_a_real_lock_the_one_package_that_was_left_behind_is_named():
    (version,) = outdated.pins(LOCK)["cryptography"]
    old = LOCK.replace(f"cryptography=={version}", "cryptography==1.0")
    said = f"cryptography is locked at 1.0, and {version} has been out for more than 30 days."
    assert outdated.behind(old, LOCK) == [said]


@pytest.mark.asvs("15.1.1")
def test_the_age_that_is_looked_for_is_the_one_that_is_promised():
    promised = (BASE / "SECURITY.md").read_text(encoding="utf-8")
    assert f"brought up to date at least every {outdated.DAYS} days" in " ".join(promised.split())


@pytest.mark.asvs("15.2.1")
@pytest.mark.skipif("ASK_INDEX" not in os.environ, reason="ASK_INDEX=on lets it ask the index.")
@pytest.mark.parametrize("name", outdated.LOCKS)
def test_no_locked_package_is_older_than_documented(name):
    lock = (BASE / f"{name}.txt").read_text(encoding="utf-8")
    newest = outdated.offered(name)
    assert len(outdated.pins(newest)) > 5
    assert outdated.behind(lock, newest) == []
