"""The named rate limits, per address and in all. Come here to change one.

They stand before the guard per account (services/guessing.py), which has no switch. Counting is
the `limits` library's; docs/decisions/0008-rate-limits.md says why not Flask-Limiter, and why this
file is not named limits.py.
"""

import logging
import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import Flask, Response, current_app, g, request
from limits import RateLimitItem, parse
from limits.errors import StorageError
from limits.storage import MemoryStorage, RedisStorage, Storage
from limits.strategies import FixedWindowRateLimiter

from api import documents_refusals
from config import Settings
from core.addresses import network
from errors import TooManyRequests
from services.limit_counts import FileStorage

# By name: what one address (an IPv6 network of 64 bits) may do, and what all may do together.
LIMITS: dict[str, tuple[RateLimitItem, RateLimitItem]] = {
    "registration": (parse("600 per hour"), parse("600000 per hour")),
    "sign_in": (parse("600 per 10 minutes"), parse("600000 per 10 minutes")),
    "account_change": (parse("60 per hour"), parse("60000 per hour")),
    "team_change": (parse("600 per 10 minutes"), parse("600000 per 10 minutes")),
    "refresh": (parse("6000 per 10 minutes"), parse("6000000 per 10 minutes")),
    "password_change": (parse("600 per 10 minutes"), parse("600000 per 10 minutes")),
}

SCOPES = ("address", "all")

_log = logging.getLogger("muster")

P = ParamSpec("P")
R = TypeVar("R")


def init_app(app: Flask, settings: Settings) -> None:
    """Count for this app: in Redis, in a file that all workers share, or in memory for tests."""
    if settings.rate_limits == "off":
        return
    path = None if settings.in_memory else settings.instance_path / "limits.sqlite3"
    local: Storage = FileStorage(path) if path else MemoryStorage()
    storages = [local, MemoryStorage()]
    if settings.redis_url:
        storages.insert(0, _redis(settings.redis_url))
    app.extensions["muster_limiters"] = [FixedWindowRateLimiter(storage) for storage in storages]
    app.after_request(_add_headers)


def _redis(url: str) -> Storage:
    """A Redis that does not answer at once counts as gone; a sign-in does not wait for it."""
    return RedisStorage(url, wrap_exceptions=True, socket_timeout=0.5, socket_connect_timeout=0.5)


def limited(name: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorator: count calls under this name of `LIMITS`, and refuse those above it."""

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def counted(*args: P.args, **kwargs: P.kwargs) -> R:
            _count(name)
            return view(*args, **kwargs)

        return documents_refusals(TooManyRequests)(counted)

    return decorate


def _count(name: str) -> None:
    """Raises `TooManyRequests`.

    Without Redis the limits hold per host, and if its file is broken per worker; they are never
    off.
    """
    for limiter in current_app.extensions.get("muster_limiters", []):
        try:
            _hit(limiter, name)
        except StorageError as error:
            _log.error("a rate limit cannot be counted where it should be: %s", error)
            continue
        return


def _hit(limiter: FixedWindowRateLimiter, name: str) -> None:
    per_address, in_all = LIMITS[name]
    for limit, key in ((per_address, network(request.remote_addr or "")), (in_all, "all")):
        allowed = limiter.hit(limit, name, key)
        window = limiter.get_window_stats(limit, name, key)
        seconds = max(1, round(window.reset_time - time.time()))
        if key != "all" or not allowed:
            g.rate_limit = (name, limit, window.remaining, seconds)
        if not allowed:
            scope = SCOPES[key == "all"]
            current_app.extensions["muster"].counts.event("rate_limit_refusals", name, scope)
            raise TooManyRequests(headers={"Retry-After": str(seconds)})


def _add_headers(response: Response) -> Response:
    """Tell how much is left (IETF draft "RateLimit header fields for HTTP")."""
    if "rate_limit" in g:
        name, limit, remaining, seconds = g.rate_limit
        response.headers["RateLimit-Policy"] = f'"{name}";q={limit.amount};w={limit.get_expiry()}'
        response.headers["RateLimit"] = f'"{name}";r={remaining};t={seconds}'
    return response
