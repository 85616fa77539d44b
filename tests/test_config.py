"""Settings: what is refused, and that nothing is shared or left behind."""

import os
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
from sqlalchemy import create_engine

import config
from app import create_app
from config import Settings, SettingsError
from db import db
from tests.factories import Registration, register

ROOT = Path(config.__file__).parent


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MUSTER_DATABASE_URL", "geheim"),
        ("MUSTER_DATABASE_URL", "mysql://geheim:geheim@host/name"),
        ("MUSTER_DATABASE_URL", "postgresql+asyncpg://geheim:geheim@host/name"),
        ("MUSTER_DATABASE_URL", "postgresql://user:a:b@c@host:geheim/name"),
        ("MUSTER_DATABASE_URL", "postgresql://user:pass@host:geheim/name"),
        ("MUSTER_DATABASE_URL", "postgresql://user:geheim@host,host:geheim/name"),
        ("MUSTER_PUBLIC_URL", "geheim"),
        ("MUSTER_PUBLIC_URL", "ftp://geheim"),
        ("MUSTER_PUBLIC_URL", "https://"),
        ("MUSTER_PUBLIC_URL", "https://host/?token=geheim"),
        ("MUSTER_PUBLIC_URL", "https://[geheim"),
        ("MUSTER_PUBLIC_URL", "https://host:geheim"),
        ("MUSTER_PASSWORD_ROUNDS", "0"),
        ("MUSTER_PASSWORD_ROUNDS", "-1"),
        ("MUSTER_PASSWORD_ROUNDS", "1e6"),
        ("MUSTER_PASSWORD_ROUNDS", "1_000"),
        ("MUSTER_PASSWORD_ROUNDS", "٦٠٠"),
        ("MUSTER_PASSWORD_ROUNDS", "10000001"),
        ("MUSTER_PASSWORD_ROUNDS", "9" * 5_000),
        ("MUSTER_PASSWORD_MIN_LENGTH", "7"),
        ("MUSTER_PASSWORD_MAX_LENGTH", "63"),
        ("MUSTER_HASHING_QUEUE", "0"),
        ("MUSTER_WORKERS", "0"),
        ("MUSTER_WORKERS", "geheim"),
        ("MUSTER_LOG_LEVEL", "geheim"),
    ],
)
def test_a_bad_value_is_refused_with_one_sentence_that_names_it(name, value):
    with pytest.raises(SettingsError) as refusal:
        create_app({"MUSTER_DATABASE_URL": "sqlite://"} | {name: value})
    sentence = refusal.value.message
    assert sentence.startswith(f"{name} must be ")
    assert sentence.endswith(".")
    assert "geheim" not in sentence
    assert not any(python in sentence for python in ("literal", "Invalid", "could not"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MUSTER_INSTANCE_PATH", "{tmp_path}/file"),
        ("MUSTER_DATABASE_URL", "sqlite:///{tmp_path}/nothing/muster.sqlite3"),
        ("MUSTER_DATABASE_URL", "sqlite:///{tmp_path}/file"),
        ("MUSTER_DATABASE_URL", "postgresql://user:geheim@127.0.0.1:1/name"),
    ],
)
def test_a_place_that_cannot_be_used_is_refused_with_one_sentence(tmp_path, name, value):
    (tmp_path / "file").write_text("not a database " * 100)
    given = {"MUSTER_INSTANCE_PATH": str(tmp_path)} | {name: value.format(tmp_path=tmp_path)}
    with pytest.raises(SettingsError) as refusal:
        create_app(given)
    assert name in refusal.value.message
    assert "geheim" not in refusal.value.message


@pytest.mark.parametrize("name", ["keys", "limits.sqlite3"])
def test_an_instance_path_that_holds_something_else_is_refused_with_one_sentence(tmp_path, name):
    (tmp_path / name).write_text("something else " * 100)
    with pytest.raises(SettingsError) as refusal:
        create_app({"MUSTER_INSTANCE_PATH": str(tmp_path)})
    assert re.search(r"MUSTER_(INSTANCE|KEYS)_PATH cannot be used: ", refusal.value.message)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("MUSTER_DATABASE", "MUSTER_DATABASE_URL"),
        ("MUSTER_PASSWORD_ROUND", "MUSTER_PASSWORD_ROUNDS"),
        ("MUSTER_database_url", "README"),
    ],
)
def test_a_name_that_does_not_exist_is_refused_with_a_hint(name, hint):
    with pytest.raises(SettingsError) as refusal:
        create_app({name: "geheim"})
    assert refusal.value.message.startswith(f"{name} is not a setting of Muster.")
    assert hint in refusal.value.message
    assert "geheim" not in refusal.value.message


def test_the_environment_is_read_and_what_is_given_goes_before_it(monkeypatch):
    monkeypatch.setenv("MUSTER_SERVICE_NAME", "Of the environment")
    monkeypatch.setenv("MUSTER_DATABASE_URL", "sqlite://")
    titles = [
        create_app(given).test_client().get("/openapi.json").json["info"]["title"]
        for given in ({}, {"MUSTER_SERVICE_NAME": "Given"})
    ]
    assert titles == ["Of the environment", "Given"]


def test_a_name_that_does_not_exist_is_refused_in_the_environment_too(monkeypatch):
    monkeypatch.setenv("MUSTER_NONSENSE", "1")
    with pytest.raises(SettingsError, match="MUSTER_NONSENSE is not a setting"):
        create_app("sqlite://")


@pytest.mark.parametrize("name", [setting.name for setting in fields(Settings)])
def test_an_empty_value_is_the_default(name):
    empty = Settings.load({f"MUSTER_{name.upper()}": " "})
    assert getattr(empty, name) == getattr(Settings(), name)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_spelling_of_postgresql_means_our_driver(scheme):
    settings = Settings.load({"MUSTER_DATABASE_URL": f"{scheme}://user:a%40b@host/name"})
    assert settings.resolved_database_url == "postgresql+psycopg://user:a%40b@host/name"


def connect_arguments(database_url):
    settings = Settings.load({"MUSTER_DATABASE_URL": database_url})
    engine = create_engine(settings.resolved_database_url)
    _, arguments = engine.dialect.create_connect_args(engine.url)
    return {name: value for name, value in arguments.items() if name != "context"}


@pytest.mark.parametrize(
    ("written", "host", "port"),
    [
        ("one:5433,two:5434", "one,two", "5433,5434"),
        ("one,two:5434", "one,two", "5432,5434"),
        ("one,two,three", "one,two,three", "5432,5432,5432"),
        ("[::1]:5433,10.0.0.1", "::1,10.0.0.1", "5433,5432"),
    ],
)
def test_several_hosts_are_written_as_libpq_does_and_the_writable_one_is_taken(written, host, port):
    arguments = connect_arguments(f"postgresql://user:a%40b@{written}/name")
    assert arguments == {
        "user": "user",
        "password": "a@b",
        "dbname": "name",
        "host": host,
        "port": port,
        "target_session_attrs": "read-write",
    }


@pytest.mark.parametrize("hosts", ["one", "one,two"])
def test_what_the_url_says_of_tls_and_sessions_reaches_the_driver(hosts):
    chosen = {"sslmode": "verify-full", "sslrootcert": "/ca.pem", "target_session_attrs": "any"}
    query = "&".join(f"{name}={value}" for name, value in chosen.items())
    arguments = connect_arguments(f"postgresql://user@{hosts}/name?{query}")
    assert chosen.items() <= arguments.items()


def test_the_settings_reach_what_they_are_for():
    app = create_app({"MUSTER_DATABASE_URL": "sqlite://", "MUSTER_PASSWORD_MIN_LENGTH": 15})
    answer = app.test_client().post("/register", json=Registration(password="fourteen signs"))
    assert answer.json["errors"]["json"]["password"] == ["A password has at least 15 characters."]


# --- Apart from each other ---


@pytest.fixture
def two_clients(tmp_path):
    """Clients of two apps in one process."""
    apps = [
        create_app(
            {
                "MUSTER_INSTANCE_PATH": str(tmp_path / name),
                "MUSTER_PASSWORD_ROUNDS": 10,
                "MUSTER_SERVICE_NAME": name,
            }
        )
        for name in ("one", "two")
    ]
    yield [app.test_client() for app in apps]
    for app in apps:
        with app.app_context():
            db.engine.dispose()


def test_two_apps_in_one_process_have_different_users(two_clients):
    one, two = two_clients
    register(one, username="alice")
    assert two.post("/login", json=Registration(username="alice")).status_code == 401
    assert two.post("/register", json=Registration(username="alice")).status_code == 201


def test_the_token_of_one_app_is_refused_by_another(two_clients):
    one, two = two_clients
    headers = [register(client, username="alice").headers for client in two_clients]
    assert one.get("/users", headers=headers[0]).status_code == 200
    assert two.get("/users", headers=headers[1]).status_code == 200
    assert two.get("/users", headers=headers[0]).json["error"] == "invalid_token"
    assert one.get("/users", headers=headers[1]).json["error"] == "invalid_token"


def test_two_apps_in_one_process_have_different_documents(two_clients):
    titles = [client.get("/openapi.json").json["info"]["title"] for client in two_clients]
    assert titles == ["one", "two"]


# --- Nothing is left behind ---

WATCHED = """
import sys
seen = []
def watch(event, args):
    if event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+"):
        seen.append(f"{event} {args[0]}")
    if event in {"os.mkdir", "os.rename", "os.remove", "socket.connect", "sqlite3.connect"}:
        seen.append(f"{event} {args}")
sys.addaudithook(watch)
"""


def run_python(code, directory):
    environment = {name: os.environ[name] for name in os.environ if not name.startswith("MUSTER_")}
    environment |= {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=directory,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


APART = {"benchmarks", "deploy", "docs", "instance", "migrations", "scripts", "tests"}
MODULES = sorted(
    ".".join(place.with_suffix("").parts).removesuffix(".__init__")
    for place in (path.relative_to(ROOT) for path in ROOT.rglob("*.py"))
    if place.parts[0] not in APART and not place.parts[0].startswith(".")
)


def test_importing_the_modules_has_no_side_effects(tmp_path):
    imports = "".join(f"import {name}\n" for name in MODULES)
    assert "app" in MODULES
    assert run_python(WATCHED + imports + "print(*seen, sep='\\n', end='')", tmp_path) == ""
    assert list(tmp_path.iterdir()) == []


def test_an_app_in_memory_serves_and_writes_nothing(tmp_path):
    code = WATCHED + (
        "from app import create_app\n"
        "client = create_app('sqlite://').test_client()\n"
        "body = {'username': 'alice', 'password': 'correct horse'}\n"
        "codes = [client.post(path, json=body).status_code for path in ('/register', '/login')]\n"
        "print(codes, [each for each in seen if ':memory:' not in each])"
    )
    assert run_python(code, tmp_path).strip() == "[201, 200] []"
    assert list(tmp_path.iterdir()) == []
