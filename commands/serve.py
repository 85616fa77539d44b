"""`flask serve`: the production server. Come here to change how Muster is served.

The reasons for each option stand in docs/decisions/0001-server.md.
"""

import gc
import json
import multiprocessing
import os
import resource
import socket
import sys
from importlib import import_module
from pathlib import Path

import click
from flask import current_app
from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings

from services import counts, names, signing_keys
from services.context import Context

_CONNECTIONS = 4096  # per worker
_MOST_DESCRIPTORS = 65_536
_LOG = Path(__file__).with_name("serve_log.json")


@click.command()
@click.option("--host", envvar="HOST", default="127.0.0.1", show_default=True)
@click.option(
    "--port", envvar="PORT", default=8000, show_default=True, type=click.IntRange(1, 65535)
)
def serve(host: str, port: int) -> None:
    """Serve until SIGTERM, with as many worker processes as MUSTER_WORKERS says."""
    # By now the settings are read and the database is migrated, once, with one sentence if not.
    context: Context = current_app.extensions["muster"]
    if context.settings.in_memory:
        raise click.ClickException("An in-memory database cannot be shared by worker processes.")
    keys_path = context.settings.resolved_keys_path
    if keys_path:
        signing_keys.follow_setting(keys_path, context.settings.token_algorithm)
    if context.settings.metrics_path:
        counts.forget(context.settings.metrics_path)
    address = _free_address(host, port)
    _allow_many_connections()
    shown = f"[{host}]" if ":" in host else host
    click.echo(f"Muster serves on http://{shown}:{port} (Swagger UI at that address).", err=True)
    _share_memory()
    _serve(address, port, context.settings.workers)


def _serve(address: str, port: int, workers: int) -> None:
    Granian(
        "server:serve",
        factory=True,
        interface=Interfaces.RSGI,
        http=HTTPModes.http1,
        websockets=False,
        address=address,
        port=port,
        workers=workers,
        working_dir=Path(current_app.root_path),
        backlog=2048,
        backpressure=_CONNECTIONS,  # accepted connections per worker
        http1_settings=HTTP1Settings(header_read_timeout=10_000, max_buffer_size=32_768),
        workers_kill_timeout=25,
        respawn_failed_workers=True,
        respawn_interval=0.5,
        log_dictconfig=json.loads(_LOG.read_bytes()),
    ).serve()


def _share_memory() -> None:
    """Linux: workers are forked from this process, and import nothing that it has imported.

    Without the freeze the garbage collector would write to all that they share.
    """
    import_module("server")
    names.read_tables()
    if sys.platform == "linux":
        multiprocessing.set_start_method("fork", force=True)  # Python 3.14 has another default
    gc.collect()
    gc.freeze()


def _free_address(host: str, port: int) -> str:
    """The IP address of `host`, where nobody listens on `port` yet.

    The workers share their port by SO_REUSEPORT, so a second Muster would join in silently.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        family, address = found[0][0], str(found[0][4][0])
        socket.create_server((address, port), family=family).close()
    except socket.gaierror as error:
        raise click.ClickException(f"There is no host {host}: {error.strerror}.") from error
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise click.ClickException(f"Cannot listen on {host}:{port}: {reason}.") from error
    return address


def _allow_many_connections() -> None:
    """Every connection is a descriptor, and many systems start with 1,024 of them."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, _MOST_DESCRIPTORS)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
