"""`flask users`: accounts. Come here to change what an operator can do to one."""

from collections.abc import Callable

import click
from flask.cli import AppGroup

from errors import NotFound
from services import supervision

users = AppGroup("users", help="Accounts.")


@users.command("disable")
@click.argument("username")
def disable(username: str) -> None:
    """Keep an account out; its sessions end at once."""
    _do(supervision.disable, username)


@users.command("enable")
@click.argument("username")
def enable(username: str) -> None:
    """Let a disabled account in again."""
    _do(supervision.enable, username)


@users.command("unlock")
@click.argument("username")
def unlock(username: str) -> None:
    """Let an account in that was locked by wrong passwords."""
    _do(supervision.unlock, username)


def _do(journey: Callable[[str], None], username: str) -> None:
    try:
        journey(username)
    except NotFound as refusal:
        raise click.ClickException(refusal.message) from refusal
