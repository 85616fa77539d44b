"""The clients that `make clients` makes: the programs of docs/clients.md, against a real Muster."""

import json
import os
import re
import subprocess
import sys

import pytest

from config import BASE
from scripts import clients
from tests.server.running import started

pytestmark = pytest.mark.xdist_group("clients")

PAGE = (BASE / "docs" / "clients.md").read_text(encoding="utf-8")
MYPY = "[mypy]\nstrict = true\n[mypy-muster_client.client]\nignore_errors = true\n"
COMPILER = {"strict": True, "target": "es2022", "module": "nodenext", "types": ["node"]}
TSC = clients.NODE_MODULES / ".bin" / "tsc"


def shown(language):
    """The one block of this language on the page."""
    (block,) = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return block


def run(place, *command):
    environment = {name: value for name, value in os.environ.items() if name[:4] != "NODE"}
    return subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True)


@pytest.fixture
def muster(tmp_path):
    with started(tmp_path, MUSTER_WORKERS=1, MUSTER_PASSWORD_ROUNDS=10) as server:
        yield f"http://127.0.0.1:{server.port}"


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """Where the Python client and its program are."""
    if not clients.PYTHON.exists():
        pytest.skip("The Python client needs its generator: make clients")
    place = tmp_path_factory.mktemp("python")
    clients.write_python(place)
    (place / "mypy.ini").write_text(MYPY, encoding="utf-8")
    (place / "story.py").write_text(shown("python"), encoding="utf-8")
    return place


@pytest.fixture(scope="module")
def typescript(tmp_path_factory):
    """Where the TypeScript client and its program are."""
    if not clients.TYPESCRIPT.exists():
        pytest.skip("The TypeScript client needs its packages: npm ci --prefix tests/node")
    place = tmp_path_factory.mktemp("typescript")
    clients.write_typescript(place)
    (place / "node_modules").symlink_to(clients.NODE_MODULES)
    (place / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    compiler = json.dumps({"compilerOptions": COMPILER, "files": ["story.ts"]})
    (place / "tsconfig.json").write_text(compiler, encoding="utf-8")
    (place / "story.ts").write_text(shown("typescript"), encoding="utf-8")
    return place


def test_the_python_client_and_its_program_have_sound_types(python):
    checked = run(python, sys.executable, "-m", "mypy", "story.py", "muster_client")
    assert checked.returncode == 0, checked.stdout


def test_a_python_program_that_takes_an_error_for_a_team_is_found(python):
    careless = shown("python").replace("assert isinstance(team, Team)\n", "")
    (python / "careless.py").write_text(careless, encoding="utf-8")
    checked = run(python, sys.executable, "-m", "mypy", "careless.py")
    assert 'has no attribute "name"' in checked.stdout, checked.stdout


def test_the_python_program_prints_what_the_page_says(python, muster):
    told = run(python, sys.executable, "story.py", muster)
    assert told.stdout == shown("text"), told.stderr


def test_the_typescript_program_compiles_and_prints_what_the_page_says(typescript, muster):
    compiled = run(typescript, TSC)
    assert compiled.returncode == 0, compiled.stdout
    told = run(typescript, "node", "story.js", muster)
    assert told.stdout == shown("text"), told.stderr


def test_a_typescript_program_that_misspells_a_property_does_not_compile(typescript):
    careless = shown("typescript").replace("data?.access_token", "data?.acces_token")
    (typescript / "careless.ts").write_text(careless, encoding="utf-8")
    options = ["--strict", "--noEmit", "--module", "nodenext"]
    compiled = run(typescript, TSC, *options, "careless.ts")
    assert "'acces_token' does not exist" in compiled.stdout
