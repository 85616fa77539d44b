"""Who may import whom, and what nothing may be called (DESIGN.md, section 1)."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ANYTHING = None
MAY_IMPORT = {
    "access_log": set(),
    "answers": set(),
    "api": {"access_log", "core", "errors", "openapi"},
    "app": ANYTHING,
    "auth": {"access_log", "api", "config", "core", "errors", "services"},
    "commands": {"commands", "config", "errors", "services"},
    "config": set(),
    "core": {"core"},
    "db": {"kept_connections"},
    "errors": {"core"},
    "fields": {"core"},
    "kept_connections": set(),
    "lean_flask": {"answers"},
    "mail": {"config", "core", "mail"},
    "migrations": ANYTHING,
    "models": {"core", "db", "models"},
    "openapi": {"errors"},
    "postgresql": set(),
    "rate_limits": {"api", "config", "core", "errors", "services"},
    "request_counts": {"services"},
    "resources": {
        *("api", "auth", "core", "errors", "openapi", "rate_limits", "resources"),
        *("schemas", "services"),
    },
    "schemas": {"core", "fields"},
    "scripts": ANYTHING,
    "server": {"answers", "api", "app", "errors", "services", "stopping"},
    "services": {"config", "core", "db", "errors", "mail", "models", "services"},
    "startup_pause": set(),
    "stopping": set(),
}
WITHOUT_FLASK = {"core", "models", "services"}
FORBIDDEN = {"common", "data", "handler", "helpers", "info", "manager", "misc", "utils"}
FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
DEFINITION = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def sources():
    """Our own files: those of the packages and modules of the table, and whatever lies beside."""
    for path in sorted(ROOT.rglob("*.py")):
        place = path.relative_to(ROOT)
        apart = {"benchmarks", "deploy", "docs", "instance", "tests"}
        if place.parts[0] not in apart and not place.parts[0].startswith((".", "build")):
            yield place


def imported(node, place):
    """The top-level names that an import statement names."""
    if isinstance(node, ast.Import):
        return {alias.name.partition(".")[0] for alias in node.names}
    if isinstance(node, ast.ImportFrom):
        return {place.parts[0] if node.level else (node.module or "").partition(".")[0]}
    return set()


def last_word(name):
    return re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+", name)[-1:] or [""]


def faults(place, source):
    """What is wrong with a file, in words."""
    owner, tree = place.parts[0].removesuffix(".py"), ast.parse(source)
    if owner not in MAY_IMPORT:
        yield "is not in the table"
        return
    nodes = list(ast.walk(tree))
    for name in set().union(*(imported(node, place) for node in nodes)):
        allowed = MAY_IMPORT[owner]
        if name in MAY_IMPORT and allowed is not ANYTHING and name not in allowed:
            yield f"imports {name}"
        if owner in WITHOUT_FLASK and name.startswith(("flask", "werkzeug")):
            yield f"imports {name}"
    inner = [each for node in nodes if isinstance(node, FUNCTION) for each in ast.walk(node)]
    if any(isinstance(each, ast.Import | ast.ImportFrom) for each in inner):
        yield "imports inside a function"
    names = [node.name for node in nodes if isinstance(node, DEFINITION)]
    for name in [*place.with_suffix("").parts, *names]:
        if last_word(name)[0].lower() in FORBIDDEN:
            yield f"is or has a {name}"


@pytest.mark.parametrize("place", list(sources()), ids=str)
def test_a_file_keeps_the_rules(place):
    assert list(faults(place, (ROOT / place).read_text(encoding="utf-8"))) == []


def test_the_table_names_what_there_is():
    found = {place.parts[0].removesuffix(".py") for place in sources()}
    later = {"mail"}  # comes with the feature that needs it
    assert MAY_IMPORT.keys() - later <= found


@pytest.mark.parametrize(
    ("place", "source"),
    [
        ("core/x.py", "import db"),
        ("core/x.py", "from services import hashing"),
        ("core/x.py", "import flask.json"),
        ("core/x.py", "from flask_smorest import Api"),
        ("errors.py", "import config"),
        ("config.py", "from core import clock"),
        ("models/x.py", "from services.sessions import begin"),
        ("schemas.py", "from models import UserModel"),
        ("services/x.py", "from flask import g"),
        ("services/x.py", "from werkzeug.exceptions import NotFound"),
        ("services/x.py", "from api import answer"),
        ("services/x.py", "if True:\n    import auth"),
        ("api.py", "import services.sessions"),
        ("auth.py", "from db import db"),
        ("auth.py", "from models import UserModel"),
        ("resources/x.py", "from db import db"),
        ("resources/x.py", "import config"),
        ("commands/x.py", "from models import UserModel"),
        ("app.py", "def f():\n    import json"),
        ("app.py", "class A:\n    async def f(self):\n        from json import loads"),
        ("services/utils.py", ""),
        ("core/helpers/x.py", ""),
        ("core/x.py", "class UserManager: pass"),
        ("core/x.py", "def error_handler(): pass"),
        ("core/x.py", "class A:\n    def _user_data(self): pass"),
        ("new.py", ""),
    ],
)
def test_a_file_that_breaks_a_rule_is_found(place, source):
    assert list(faults(Path(place), source))


@pytest.mark.parametrize(
    ("place", "source"),
    [
        ("services/x.py", "from services import sessions\nfrom core import clock\nimport json"),
        ("app.py", "import auth, config, services.hashing"),
        ("scripts/build_common_passwords.py", "from core import passwords"),
        ("core/x.py", "from . import clock\ndef handle(): pass"),
    ],
)
def test_a_file_that_keeps_the_rules_is_left_alone(place, source):
    assert not list(faults(Path(place), source))
