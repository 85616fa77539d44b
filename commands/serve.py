"""`flask serve`: the production server. Come here to change how Muster is served."""

import os

import click


@click.command()
def serve() -> None:
    """Serve on HOST and PORT (127.0.0.1:8000)."""
    os.execvp("granian", ["granian"])
