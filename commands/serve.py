"""`flask serve`: the production server. Come here to change how Muster is served.

The reasons for each option stand in docs/decisions/0001-server.md.
"""

import os
import resource
import socket
import sys
from pathlib import Path

import click
from flask import current_app

from services import counts, signing_keys
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
    arguments = _arguments(address, port, context.settings.workers)
    # Our own interpreter and arguments that the options above have checked; no shell.
    os.execv(sys.executable, [sys.executable, "-m", "granian", *arguments])  # noqa: S606


def _arguments(address: str, port: int, workers: int) -> list[str]:
    options = {
        "--interface": "rsgi",
        "--http": "1",
        "--host": address,
        "--port": port,
        "--workers": workers,
        "--working-dir": current_app.root_path,
        "--backlog": 2048,
        "--backpressure": _CONNECTIONS,  # accepted connections per worker, whatever its help says
        "--http1-header-read-timeout": 10_000,
        "--http1-buffer-size": 32_768,
        "--workers-kill-timeout": 25,
        "--respawn-interval": 0.5,
        "--log-config": _LOG,
    }
    flags = ["--factory", "--no-ws", "--respawn-failed-workers"]
    pairs = [str(part) for option in options.items() for part in option]
    return [*flags, *pairs, "server:serve"]


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
