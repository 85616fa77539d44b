"""How requests reach Flask. Come here to change what is asked of one before it gets a thread.

granian's own WSGI front reads bodies lazily: a client that announces one and falls silent holds a
thread for as long as it likes, 300 of them stop the service, and a broken or overlong chunked
body looks like a whole one. This front, on granian's RSGI interface, takes a body in whole and in
time first. docs/decisions/0001-server.md has the measurements.
"""

import asyncio
import json
import logging
import sys
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from io import BytesIO
from time import monotonic
from typing import Any

from flask import Flask

import stopping
from answers import SECURITY_HEADERS
from api import MAX_BODY_BYTES
from app import THREADS, create_app
from errors import IncompleteBody, InvalidRequest, Overloaded, Refusal, RequestTimeout
from services.context import LATER, Context

BODY_SECONDS = 10
QUEUE_SECONDS = 10

# Of PEP 3333, what is the same in every request. Never the process's environment: it has secrets.
_CONSTANT = {
    "SCRIPT_NAME": "",
    "wsgi.version": (1, 0),
    "wsgi.input_terminated": True,
    "wsgi.multithread": True,
    "wsgi.multiprocess": True,
    "wsgi.run_once": False,
    "wsgi.errors": sys.stderr,
}
_READS = frozenset({"GET", "HEAD"})
_MADE_WHEN_FIRST_ASKED_FOR = "/openapi.json"  # takes a quarter of a second
_FRAMING = {"content-length", "transfer-encoding"}
_CLOSE = [("Content-Type", "application/json"), ("Connection", "close"), *SECURITY_HEADERS.items()]
_log = logging.getLogger("muster.access")


def serve() -> "Front":
    """What granian calls in each worker."""
    stopping.end_with_parent()
    app = create_app()
    return Front(app, app.extensions["muster"])


class Front:
    """An RSGI application that runs a WSGI application in threads."""

    def __init__(self, app: Flask, context: Context) -> None:
        self._app = app
        self._wsgi: Callable[..., Iterable[bytes]] = app
        self._context = context
        # A read of a file waits for nobody, and the way to a thread and back would double its cost.
        self._at_once = _READS if context.settings.on_sqlite else frozenset()
        # More than passwords may wait for a slot, so reads always find one.
        self._threads = ThreadPoolExecutor(THREADS, "request")
        # Whoever asks whether we live does not queue behind those who wait for a database.
        self._probes = ThreadPoolExecutor(1, "healthz")

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Prepare the worker, once granian has set up its own way to stop."""
        seconds = self._context.settings.drain_seconds
        stopping.drain_first(loop, self._context.draining, seconds)

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        """Answer one request."""
        try:
            length, body = await _take_in(scope, protocol)
        except Refusal as refusal:
            self._refuse(refusal, scope, protocol)
            return
        if scope.method in self._at_once and scope.path != _MADE_WHEN_FIRST_ASKED_FOR:
            self._answer(scope, length, body, protocol)
            return
        threads = self._probes if scope.path == "/healthz" else self._threads
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(
            threads, self._answer_in_time, scope, length, body, protocol, monotonic()
        )

    def _answer_in_time(
        self, scope: Any, length: int, body: bytes, protocol: Any, arrived: float
    ) -> None:
        """Refuse what waited long for a thread: when all hang, those behind them hear it soon."""
        if monotonic() - arrived > QUEUE_SECONDS:
            self._refuse(Overloaded(headers={"Retry-After": "5"}), scope, protocol)
        else:
            self._answer(scope, length, body, protocol)

    def _later(self, call: Callable[[], None]) -> None:
        self._threads.submit(self._in_context_of_app, call)

    def _in_context_of_app(self, call: Callable[[], None]) -> None:
        with self._app.app_context():
            call()

    def _answer(self, scope: Any, length: int, body: bytes, protocol: Any) -> None:
        """Run the application; everything it can raise is its own 500 already."""
        started: list[Any] = []
        environ = _environ(scope, length, body)
        environ[LATER] = self._later
        chunks = self._wsgi(environ, lambda *status_and_headers: started.extend(status_and_headers))
        try:
            content = b"".join(chunks)
        finally:
            getattr(chunks, "close", bool)()
        status, headers = started[:2]
        if self._context.draining.is_set():
            headers.append(("Connection", "close"))
        protocol.response_bytes(int(status[:3]), headers, content)

    def _refuse(self, refusal: Refusal, scope: Any, protocol: Any) -> None:
        _log.info("refused", extra={"status": refusal.status, "address": _address(scope)})
        self._context.counts.event("early_refusals", str(refusal.status.value))
        headers = [*_CLOSE, *refusal.headers.items()]
        protocol.response_str(refusal.status, headers, json.dumps(refusal.as_body()))


async def _take_in(scope: Any, protocol: Any) -> tuple[int, bytes]:
    """The body and its length. One that is announced as too long is left for Flask to refuse."""
    headers = scope.headers
    if len(headers.get_all("host")) != 1 and scope.http_version not in {"1", "1.0"}:
        raise InvalidRequest("A request has one Host header.")  # RFC 9112, section 3.2
    if "transfer-encoding" in headers:
        body = await _in_time(_read_chunks(protocol))
        return len(body), body
    length = int(headers.get("content-length", 0))
    if not 0 < length <= MAX_BODY_BYTES:
        return length, b""
    return length, await _in_time(protocol())


async def _in_time(reading: Awaitable[bytes]) -> bytes:
    try:
        return await asyncio.wait_for(reading, BODY_SECONDS)
    except TimeoutError as error:
        raise RequestTimeout from error
    except Refusal:
        raise
    except Exception as error:  # granian's own kinds: the client is gone, or broke off
        raise IncompleteBody from error


async def _read_chunks(protocol: Any) -> bytes:
    """A chunked body, as far as one byte too many. A broken one ends with two empty chunks."""
    body, empty = bytearray(), 0
    async for chunk in protocol:
        body += chunk
        empty += not chunk
        if len(body) > MAX_BODY_BYTES:
            break
    if empty > 1:
        raise IncompleteBody
    return bytes(body)


def _address(scope: Any) -> str:
    return str(scope.client.rpartition(":")[0].strip("[]"))


def _environ(scope: Any, length: int, body: bytes) -> dict[str, Any]:
    host, _, port = scope.server.rpartition(":")
    environ = _CONSTANT | {
        "REQUEST_METHOD": scope.method,
        "PATH_INFO": scope.path.encode("utf-8", "surrogateescape").decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "REMOTE_ADDR": _address(scope),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": BytesIO(body),
    }
    for name, value in scope.headers.items():
        if key := _variable(name):
            environ[key] = f"{environ[key]},{value}" if key in environ else value
    environ["CONTENT_TYPE"] = environ.pop("HTTP_CONTENT_TYPE", "")
    environ["CONTENT_LENGTH"] = str(length) if length else ""
    return environ


@lru_cache(maxsize=256)
def _variable(header: str) -> str | None:
    """A header's name in the environment; None for what must not get there."""
    # `x_forwarded_for` would pass for `X-Forwarded-For`. The framing is settled by now.
    if "_" in header or header in _FRAMING:
        return None
    return "HTTP_" + header.upper().replace("-", "_")
