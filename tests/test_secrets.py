"""No secret is kept in the repository. Come here to change what is searched, and how.

What looks like one and is none stands in .secrets.baseline: CONTRIBUTING.md says how it gets there.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from config import BASE

BASELINE = ".secrets.baseline"
HOOK = Path(sys.prefix) / "bin" / "detect-secrets-hook"
KNOWN_ALONE = {0, 3}  # 3: something known stands on another line now
HASHES = re.compile(r"(package-lock\.json|(requirements(-dev)?|(tools|locks)/.*)\.txt)$")


def search(tmp_path, *files):
    """The hook notes new line numbers, hence the copy."""
    shutil.copy(BASE / BASELINE, tmp_path)
    command = [HOOK, "--baseline", tmp_path / BASELINE, *files]
    return subprocess.run(command, cwd=BASE, capture_output=True, text=True)


def test_the_repository_holds_no_secret(tmp_path):
    listed = subprocess.run(["git", "ls-files"], cwd=BASE, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("The search for secrets needs the repository, not only its files.")
    files = [name for name in listed.stdout.split() if not HASHES.search(name)]
    found = search(tmp_path, *(set(files) - {BASELINE}))
    assert found.returncode in KNOWN_ALONE, found.stdout


def test_a_secret_is_found(tmp_path):
    (tmp_path / "settings.py").write_text(f'key = "AKIA{"QWERTYUIOPASDFGH"}"\n', encoding="utf-8")
    found = search(tmp_path, tmp_path / "settings.py")
    assert found.returncode == 1
    assert "AWS Access Key" in found.stdout
