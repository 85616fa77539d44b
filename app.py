"""The app factory: settings, extensions, blueprints, commands. Nothing else."""

import startup_pause  # noqa: F401  # first of all

import gc
import logging
import os
import sqlite3
from collections.abc import Mapping
from typing import Any

from flask import Flask
from sqlalchemy.exc import DBAPIError
from werkzeug.middleware.proxy_fix import ProxyFix

import access_log
import answers
import auth
import commands
import rate_limits
import request_counts
from api import Api
from config import BASE, Settings, SettingsError
from core.hashing import RECOMMENDED_ROUNDS
from db import db, engine_options, pool_levels, set_up_engine
from lean_flask import Muster
from migrations import startup
from resources import (
    documentation,
    health,
    invitation,
    me,
    membership,
    metrics,
    team,
    user,
    user_session,
    verification,
)
from services import signing_keys
from services.context import Context
from services.counts import Counts
from services.hashing import PasswordHasher, slots_per_worker

VERSION = "0.1.0"
THREADS = 128
THREADS_FOR_READERS = 8  # however many passwords wait
_log = logging.getLogger("muster")

# Everything is imported (startup_pause.py), and stays: the first look for garbage, through all of
# it, would take a tenth of a second.
gc.freeze()
gc.enable()


def create_app(given: str | Mapping[str, Any] | None = None) -> Flask:
    """Muster as a WSGI application.

    `given` is a database URL, or a mapping of settings (`MUSTER_…`) that go before those of the
    environment; names without the prefix go to Flask's own configuration. Raises `SettingsError`.
    """
    if isinstance(given, str):
        given = {"MUSTER_DATABASE_URL": given}
    settings = Settings.load({**os.environ, **(given or {})})
    app = Muster("muster", root_path=str(BASE), static_folder=None)
    app.config.from_mapping(given or {})
    answers.init_app(app)
    access_log.init_app(app, level=settings.log_level)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        # Outermost. Werkzeug's own way to put it on, which mypy takes for an accident.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    _init_database(app, settings)
    try:
        _init_services(app, settings)
        rate_limits.init_app(app, settings)
    except (OSError, sqlite3.Error) as error:
        raise SettingsError(f"MUSTER_INSTANCE_PATH cannot be used: {error}.") from error
    _init_api(app, settings)
    commands.init_app(app)
    return app


def _init_database(app: Flask, settings: Settings) -> None:
    url = settings.resolved_database_url
    if not settings.in_memory:
        settings.make_instance_path()
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(
        url, in_memory=settings.in_memory, threads=THREADS
    )
    db.init_app(app)
    with app.app_context():
        try:
            set_up_engine(db.engine)
            startup.migrate(db.engine, settings.instance_path)
        except (OSError, DBAPIError) as error:
            reason = " ".join(str(getattr(error, "orig", error)).split())
            raise SettingsError(f"MUSTER_DATABASE_URL cannot be used: {reason}.") from error
        finally:
            if not settings.in_memory:
                db.engine.dispose()  # workers are forked from here, and none may share another's


def _init_services(app: Flask, settings: Settings) -> None:
    if settings.password_rounds < RECOMMENDED_ROUNDS:
        _log.warning("MUSTER_PASSWORD_ROUNDS is below %d: for tests only", RECOMMENDED_ROUNDS)
    slots = slots_per_worker(settings.workers)
    hasher = PasswordHasher(
        rounds=settings.password_rounds,
        slots=slots,
        queue=max(1, min(settings.hashing_queue, THREADS - THREADS_FOR_READERS - slots)),
    )
    kept = _init_counts(app, settings, hasher)
    app.extensions["muster"] = Context(settings, hasher, startup.newest_revision(), kept)
    keys = signing_keys.ring(settings.resolved_keys_path, settings.token_algorithm)
    auth.init_app(app, keys, settings)


def _init_counts(app: Flask, settings: Settings, hasher: PasswordHasher) -> Counts:
    with app.app_context():
        engine = db.engine
    kept = Counts({**hasher.levels, **pool_levels(engine)}, settings.metrics_path)
    if settings.metrics_token:
        request_counts.init_app(app, kept)
    return kept


def _init_api(app: Flask, settings: Settings) -> None:
    app.config.update(
        API_TITLE=settings.service_name,
        API_VERSION=VERSION,
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/",
        API_SPEC_OPTIONS={"info": {"description": documentation.WELCOME}},
        TRUSTED_HOSTS=settings.answered_hosts,
    )
    app.url_map.merge_slashes = False
    api = Api(app)
    for name, scheme in auth.SECURITY_SCHEMES.items():
        api.spec.components.security_scheme(name, scheme)
    nouns = (user, user_session, me, team, membership, invitation, verification, health, metrics)
    for noun in nouns:
        api.register_blueprint(noun.blp)
    app.register_blueprint(documentation.blp)
