"""HTTP: one module per noun, each exporting `blp`."""

from typing import cast

from flask import current_app

from services.context import Context


def context() -> Context:
    """What the journeys of the running app need besides the database."""
    return cast(Context, current_app.extensions["muster"])
