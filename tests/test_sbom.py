"""The list of what Muster is made of, as `make sbom` writes it. Come here to change what it has."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from config import BASE

TOOLS = Path(sys.prefix) / "tools" / "packages" / "bin"
LOCK = (BASE / "requirements.txt").read_text(encoding="utf-8").replace("\\\n", "")
MAKEFILE = (BASE / "Makefile").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def components(tmp_path_factory):
    """What the Makefile's own command writes, with no way to a network."""
    (options,) = re.findall(
        r"\bcyclonedx-py (.*) -o sbom\.json requirements\.txt$", MAKEFILE, re.MULTILINE
    )
    program = shutil.which("cyclonedx-py", path=f"{TOOLS}{os.pathsep}{os.environ['PATH']}")
    if program is None:
        pytest.skip("The SBOM needs its tool: make .venv/tools/packages")
    file = tmp_path_factory.mktemp("sbom") / "sbom.json"
    nowhere = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), "http://127.0.0.1:9")
    command = [program, *options.split(), "-o", str(file), "requirements.txt"]
    subprocess.run(command, cwd=BASE, env=os.environ | nowhere, check=True, capture_output=True)
    return json.loads(file.read_text(encoding="utf-8"))["components"]


@pytest.mark.asvs("15.1.2")
def test_it_has_every_locked_package_and_no_other(components):
    locked = set(re.findall(r"^([a-z0-9-]+)==([\w.]+)", LOCK, re.MULTILINE))
    assert len(locked) > 20
    assert {(each["name"], each["version"]) for each in components} == locked


@pytest.mark.asvs("15.1.2")
def test_each_component_says_where_it_comes_from_and_which_files_it_may_be(components):
    for each in components:
        hashes = {
            entry["content"]
            for reference in each["externalReferences"]
            for entry in reference.get("hashes", [])
        }
        (line,) = re.findall(rf"^{each['name']}=={each['version']}[ ;].*$", LOCK, re.MULTILINE)
        assert hashes == set(re.findall(r"--hash=sha256:(\w+)", line))
        assert each["purl"].startswith(f"pkg:pypi/{each['name']}@")
