"""The servers that the faults happen to. Come here to change what is shared or skipped."""

import shutil
import tempfile
from pathlib import Path

import pytest

from tests.faults.topology import PostgreSQL, Redis, Topology, program
from tests.server.conftest import database, serve  # noqa: F401  # the same server, other faults


@pytest.fixture(scope="module")
def place():
    """A directory that PostgreSQL's own user can reach; pytest's are only for the owner."""
    directory = Path(tempfile.mkdtemp(prefix="muster-faults-"))
    yield directory
    shutil.rmtree(directory)


@pytest.fixture(scope="module")
def cluster(place):
    """A PostgreSQL of one's own, with an empty database `muster`."""
    server = PostgreSQL(place / "postgresql")
    try:
        server.create().execute("CREATE DATABASE muster")
        yield server
    finally:
        server.kill()


@pytest.fixture(scope="module")
def redis(place):
    needs("redis-server", "valkey-server")
    server = Redis(place / "redis")
    try:
        yield server.start()
    finally:
        server.kill()


@pytest.fixture(scope="module")
def topology(place):
    needs("nginx")
    needs("redis-server", "valkey-server")
    everything = Topology(place, MUSTER_RATE_LIMITS="off", MUSTER_DRAIN_SECONDS=3)
    try:
        yield everything.start()
    finally:
        everything.kill()


def needs(*programs):
    """Skip unless one of them is there."""
    if not any(map(program, programs)):
        pytest.skip(f"{' or '.join(programs)} is not installed.")
