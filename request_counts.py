"""Which requests are counted, and under which names. Come here to change that.

Names are bounded: a route counts by its template, never by its path, and what clients make up
(paths, methods) has one name for all.
"""

from collections.abc import Callable, Iterable
from time import perf_counter
from typing import Any

from flask import Flask

from services.counts import Counts

_METHODS = {"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}
OTHER = "other"  # than the methods and routes that there are


def init_app(app: Flask, counts: Counts) -> None:
    """Count the requests of this app."""
    app.wsgi_app = _CountedWsgi(app.wsgi_app, counts)  # type: ignore[method-assign]  # Flask's own way


class _CountedWsgi:
    """A WSGI application whose requests are counted. As hooks inside Flask it would cost more."""

    def __init__(self, wsgi: Callable[..., Iterable[bytes]], counts: Counts) -> None:
        self._wsgi = wsgi
        self._counts = counts

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        begun = perf_counter()
        answered, route = 500, OTHER

        def start(status: str, headers: Any, *failure: Any) -> Any:
            nonlocal answered, route
            answered, route = int(status[:3]), _route(environ)
            return start_response(status, headers, *failure)

        self._counts.begin()
        try:
            return self._wsgi(environ, start)
        finally:
            method = environ["REQUEST_METHOD"]
            method = method if method in _METHODS else OTHER
            self._counts.end(method, route, answered, perf_counter() - begun)


def _route(environ: dict[str, Any]) -> str:
    """The template. Until its answer is out, Flask's request stands in the environment."""
    request = environ.get("werkzeug.request")
    return request.url_rule.rule if request is not None and request.url_rule else OTHER
