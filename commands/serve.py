"""`flask serve`: the production server. Come here to change how Muster is served.

The reasons for each option stand in docs/decisions/0001-server.md.
"""

import os
import socket
import sys
from pathlib import Path

import click
from flask import current_app

from services.context import Context

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
    _require_free(host, port)
    click.echo(f"Muster serves on http://{host}:{port} (Swagger UI at that address).", err=True)
    arguments = _arguments(host, port, context.settings.workers)
    os.execv(sys.executable, [sys.executable, "-m", "granian", *arguments])  # noqa: S606


def _arguments(host: str, port: int, workers: int) -> list[str]:
    options = {
        "--interface": "rsgi",
        "--http": "1",
        "--host": host,
        "--port": port,
        "--workers": workers,
        "--working-dir": current_app.root_path,
        "--backlog": 2048,
        "--backpressure": 1024,  # accepted connections per worker, whatever its help says
        "--http1-header-read-timeout": 10_000,
        "--http1-buffer-size": 32_768,
        "--workers-kill-timeout": 25,
        "--respawn-interval": 0.5,
        "--log-config": _LOG,
    }
    flags = ["--factory", "--no-ws", "--respawn-failed-workers"]
    pairs = [str(part) for option in options.items() for part in option]
    return [*flags, *pairs, "server:serve"]


def _require_free(host: str, port: int) -> None:
    """The workers share their port by SO_REUSEPORT, so a second Muster would join in silently."""
    try:
        socket.create_server((host, port)).close()
    except OSError as error:
        raise click.ClickException(
            f"Cannot listen on {host}:{port}: {os.strerror(error.errno or 0)}."
        ) from error
