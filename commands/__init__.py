"""CLI groups for operators. Come here to add one."""

from flask import Flask

from commands.keys import keys
from commands.serve import serve
from commands.users import users


def init_app(app: Flask) -> None:
    """Add all commands to `flask`."""
    for command in (serve, keys, users):
        app.cli.add_command(command)
