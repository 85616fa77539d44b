"""Flask without what no request of ours needs. Come here to take more out, or to put it back.

tests/test_costs.py counts what a request costs.
"""

from functools import lru_cache
from typing import Any

from flask import Flask, Request
from flask.sessions import NullSession, SessionInterface
from werkzeug.routing import MapAdapter
from werkzeug.sansio.utils import get_host

from answers import Answer


class _NoSessions(SessionInterface):
    """Flask's own sessions are in cookies. Muster has none; it would still look for one."""

    _none = NullSession()

    def open_session(self, app: Flask, request: Request) -> NullSession:
        """One for all: nobody can write to it."""
        return self._none


class Muster(Flask):
    """Flask, with less to ask in each request."""

    response_class = Answer
    session_interface = _NoSessions()

    def ensure_sync(self, func: Any) -> Any:
        """Nothing of ours is `async`, so nobody needs to look."""
        return func

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """As the parent, which judges the host anew and encodes it by IDNA each time."""
        if request is None:
            return None  # Muster has no SERVER_NAME
        environ = request.environ
        server = environ["SERVER_NAME"], int(environ["SERVER_PORT"])
        trusted = self.config["TRUSTED_HOSTS"]
        request.trusted_hosts = trusted
        request.host = _judged(request.scheme, environ.get("HTTP_HOST"), server, trusted)
        return MapAdapter(
            self.url_map,
            server_name=request.host,
            script_name=request.root_path,
            subdomain="",
            url_scheme=request.scheme,
            path_info=request.path,
            default_method=request.method,
            query_args=environ["QUERY_STRING"],
        )


@lru_cache(maxsize=256)
def _judged(
    scheme: str, header: str | None, server: tuple[str, int], trusted: tuple[str, ...] | None
) -> str:
    """The host of a request; raises Werkzeug's `SecurityError` for one that is not trusted."""
    return get_host(scheme, header, server, trusted)
