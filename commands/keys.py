"""`flask keys`: the signing keys. Come here to change what an operator can do with them."""

import click
from flask import current_app
from flask.cli import AppGroup

from services import signing_keys
from services.context import Context
from services.signing_keys import KeyRing

keys = AppGroup("keys", help="The keys that sign access tokens.")


@keys.command("list")
def list_keys() -> None:
    """List the keys: which signs, which will, which only verify."""
    ring: KeyRing = current_app.extensions["muster_keys"]
    for key in ring.verifying:
        when = f"{key.created_at:%Y-%m-%d %H:%M:%S}Z"
        click.echo(f"{key.kid}  {key.algorithm:5}  {when}  {ring.role_of(key)}")


@keys.command("rotate")
def rotate_keys() -> None:
    """Make a new key. It signs in ten minutes; the old one verifies until its tokens expired."""
    context: Context = current_app.extensions["muster"]
    directory = context.settings.resolved_keys_path
    if directory is None:
        raise click.ClickException("The keys of an in-memory database are in memory, too.")
    key = signing_keys.rotate(directory, context.settings.token_algorithm)
    click.echo(f"{key.kid}  signs from {key.signs_from:%Y-%m-%d %H:%M:%S}Z")
