"""CLI groups for operators. Come here to add one."""

from flask import Flask

from commands.serve import serve


def init_app(app: Flask) -> None:
    """Add all commands to `flask`."""
    app.cli.add_command(serve)
