"""Signing keys that replicas share: a directory, or a secret mount that nobody can write to."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from app import create_app
from config import SettingsError
from db import db
from services import signing_keys
from tests.factories import register
from tests.server.running import Server

NOBODY = 65534


@pytest.fixture
def place():
    """A directory that other users can reach; pytest's are only for the owner."""
    directory = Path(tempfile.mkdtemp(prefix="muster-keys-"))
    directory.chmod(0o755)
    yield directory
    shutil.rmtree(directory)


@pytest.fixture
def start(place):
    """Starts a replica with an instance path of its own."""
    apps = []

    def started(keys, **settings):
        instance = place / f"replica{len(apps)}"
        given = {"MUSTER_INSTANCE_PATH": str(instance), "MUSTER_KEYS_PATH": str(keys)}
        apps.append(create_app(given | {"MUSTER_PASSWORD_ROUNDS": 10} | settings))
        return apps[-1]

    yield started
    for app in apps:
        with app.app_context():
            db.engine.dispose()


@pytest.fixture
def mount(place):
    """A directory as Kubernetes mounts a secret; call it to put other keys there, all at once."""
    directory = place / "secret"
    directory.mkdir()

    def hold(*keys):
        version = directory / f"..{len(list(directory.iterdir()))}"
        version.mkdir()
        for key in keys:
            path = signing_keys.save(key, version)
            path.chmod(0o444)
            (directory / path.name).unlink(missing_ok=True)
            (directory / path.name).symlink_to(Path("..data") / path.name)
        (directory / "..new").symlink_to(version.name)
        (directory / "..new").rename(directory / "..data")
        return directory

    return hold


@pytest.fixture
def read_only(place):
    """Call it with a directory that nobody can write to from then on; root could, so we are not."""
    locked = []

    def lock(directory):
        locked.append(directory)
        directory.chmod(0o555)
        if os.geteuid() == 0:
            # Python loads some modules at their first use, and nobody may not read root's Python.
            signing_keys.load(directory)
            os.chown(place, NOBODY, NOBODY)
            os.seteuid(NOBODY)
        return directory

    yield lock
    os.seteuid(os.getuid())
    for directory in locked:
        directory.chmod(0o755)


def kids(app):
    return [jwk["kid"] for jwk in app.test_client().get("/.well-known/jwks.json").json["keys"]]


def test_replicas_that_share_keys_take_each_others_tokens(start, place):
    database = {"MUSTER_DATABASE_URL": f"sqlite:///{place}/shared.sqlite3"}
    first, second = (start(place / "keys", **database) for _ in range(2))
    headers = register(first.test_client()).headers
    assert second.test_client().get("/me", headers=headers).status_code == 200
    assert not list(place.glob("replica*/keys"))


def test_replicas_that_start_at_once_on_an_empty_shared_directory_end_with_one_key(place):
    settings = {"MUSTER_KEYS_PATH": place / "keys", "MUSTER_WORKERS": 1}
    replicas = [Server(place / str(number), **settings) for number in range(3)]
    try:
        for each in replicas:
            each.launch()
        for each in replicas:
            each.wait_until_ready()
        published = [each.call("GET", "/.well-known/jwks.json").json["keys"] for each in replicas]
    finally:
        for each in replicas:
            each.kill()
    assert len(list((place / "keys").glob("*.pem"))) == 1
    assert all(keys == published[0] for keys in published)
    assert len(published[0]) == 1


def test_a_read_only_mount_with_a_key_is_enough(start, mount, read_only):
    key = signing_keys.make("ES256")
    app = start(read_only(mount(key)))
    assert kids(app) == [key.kid]
    headers = register(app.test_client()).headers
    assert app.test_client().get("/me", headers=headers).status_code == 200


def test_a_read_only_mount_without_a_key_stops_the_start(start, mount, read_only):
    keys = read_only(mount())
    with pytest.raises(SettingsError) as refusal:
        start(keys)
    assert refusal.value.message == (
        f"MUSTER_KEYS_PATH cannot be used: no signing key can be made in {keys}: Permission denied."
    )


def test_a_mount_that_is_exchanged_is_seen_at_once(start, mount):
    old, new = signing_keys.make("ES256"), signing_keys.make("EdDSA")
    app = start(mount(old))
    assert kids(app) == [old.kid]
    mount(old, new)
    assert set(kids(app)) == {old.kid, new.kid}


def test_keys_of_a_read_only_mount_are_not_rotated_here(start, mount, read_only):
    app = start(read_only(mount(signing_keys.make("ES256"))))
    result = app.test_cli_runner().invoke(args=["keys", "rotate"])
    assert result.exit_code == 1
    assert result.output.startswith("Error: MUSTER_KEYS_PATH cannot be used: no signing key ")


def test_keys_of_a_read_only_mount_go_before_the_algorithm_of_the_setting(
    start, mount, read_only, caplog
):
    key = signing_keys.make("EdDSA")
    app = start(read_only(mount(key)))
    signing_keys.follow_setting(app.extensions["muster"].settings.resolved_keys_path, "ES256")
    assert kids(app) == [key.kid]
    assert "MUSTER_TOKEN_ALGORITHM cannot be followed" in caplog.text


def test_of_replicas_that_follow_a_changed_algorithm_at_once_one_makes_the_key(place):
    settings = {"MUSTER_KEYS_PATH": place / "keys", "MUSTER_WORKERS": 1}
    Server(place / "before", **settings).start().kill()
    settings |= {"MUSTER_TOKEN_ALGORITHM": "EdDSA"}
    replicas = [Server(place / f"after{number}", **settings) for number in range(2)]
    try:
        for each in replicas:
            each.launch()
        for each in replicas:
            each.wait_until_ready()
    finally:
        for each in replicas:
            each.kill()
    assert len(list((place / "keys").glob("*.pem"))) == 2
