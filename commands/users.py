"""`flask users`: accounts. Come here to change what an operator can do to one."""

from collections.abc import Callable

import click
from flask.cli import AppGroup

from errors import Refusal
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


@users.command("verify-email")
@click.argument("username")
def verify_email(username: str) -> None:
    """Vouch for an account's e-mail address, as if its owner had confirmed it."""
    _do(supervision.verify_email, username)


def _do(journey: Callable[[str], None], username: str) -> None:
    try:
        journey(username)
    except Refusal as refusal:
        raise click.ClickException(refusal.message) from refusal
