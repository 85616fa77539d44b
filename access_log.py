"""The log: one JSON line per request, with an id that the client gets too.

Come here to change what is logged. Never the query, a header or a body: they hold secrets.
"""

import logging
import re
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from os import urandom
from time import perf_counter, time
from typing import Any, TextIO

import orjson
from flask import Flask, has_request_context, request
from pythonjsonlogger.json import JsonFormatter

HEADER = "X-Request-ID"
_ACCEPTABLE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
# Keys of the WSGI environment.
_REQUEST_ID = "muster.request_id"
_CALLER = "muster.caller"
_log = logging.getLogger("muster.access")
# What is the same in each line of a request. Making a record anew would be half of the cost, and
# _log.info(), which looks for the line of code that called, more than all of it.
_REQUEST = vars(
    logging.makeLogRecord(
        {"name": _log.name, "levelno": logging.INFO, "levelname": "INFO", "msg": "request"}
    )
)


def init_app(app: Flask, *, level: str) -> None:
    """Log requests and faults of this app to standard error, as JSON."""
    # Of threads, processes and tasks our lines say nothing, so no record needs to know them.
    logging.logThreads = logging.logProcesses = False
    logging.logMultiprocessing = False
    logger = logging.getLogger("muster")
    logger.setLevel(level.upper())
    logger.addFilter(_add_request_id)
    logging.getLogger(f"{logger.name}.sign_in").addFilter(_add_origin)
    if not logger.handlers:
        handler = _Lines(sys.stderr)
        handler.setFormatter(
            _Formatter(
                "{levelname}{name}{message}",
                style="{",
                rename_fields={"levelname": "level", "name": "logger"},
                timestamp="time",  # UTC
            )
        )
        logger.addHandler(handler)
    # Around Flask: as hooks inside, the same takes more calls.
    app.wsgi_app = _LoggedWsgi(app.wsgi_app)  # type: ignore[method-assign]  # Flask's own way


def request_id() -> str:
    """The id of the request that is being answered."""
    return str(request.environ[_REQUEST_ID])


def note_caller(environ: dict[str, Any], *, user_id: int, session_id: int) -> None:
    """Log who sent the request of this WSGI environment."""
    environ[_CALLER] = (user_id, session_id)


def _add_request_id(record: logging.LogRecord) -> bool:
    """A fault is found in the log by the id that the client got."""
    if record.name != _log.name and has_request_context() and _REQUEST_ID in request.environ:
        record.request_id = request_id()
    return True


def _add_origin(record: logging.LogRecord) -> bool:
    """Who tries to sign in is told by account and address, never by the name that was typed."""
    if has_request_context():
        origin = {"request_id": request_id(), "address": request.environ.get("REMOTE_ADDR")}
        record.fields.update(origin)  # type: ignore[attr-defined]  # attempts.py makes it
        vars(record).update(origin)
    return True


class _LoggedWsgi:
    """A WSGI application whose requests have ids and are logged."""

    def __init__(self, wsgi: Callable[..., Iterable[bytes]]) -> None:
        self._wsgi = wsgi

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        begun = perf_counter()
        given = environ.get("HTTP_X_REQUEST_ID", "")
        own_id = given if _ACCEPTABLE_ID.fullmatch(given) else urandom(16).hex()
        environ[_REQUEST_ID] = own_id
        answered = 0

        def start(status: str, headers: list[tuple[str, str]], *failure: Any) -> Any:
            nonlocal answered
            answered = int(status[:3])
            return start_response(status, [*headers, (HEADER, own_id)], *failure)

        chunks = self._wsgi(environ, start)
        if _log.isEnabledFor(logging.INFO):
            _write(environ, answered, perf_counter() - begun)
        return chunks


def _write(environ: dict[str, Any], status: int, seconds: float) -> None:
    user_id, session_id = environ.get(_CALLER, (None, None))
    fields = {
        "request_id": environ[_REQUEST_ID],
        "method": environ["REQUEST_METHOD"],
        "path": environ["PATH_INFO"].encode("latin-1").decode(errors="replace"),
        "status": status,
        "milliseconds": round(seconds * 1000, 2),
        "address": environ.get("REMOTE_ADDR"),  # by now the client's, behind proxies too
        "user_id": user_id,
        "session_id": session_id,
    }
    record = logging.LogRecord.__new__(logging.LogRecord)
    vars(record).update(_REQUEST, created=time(), fields=fields, **fields)
    _log.handle(record)


class _Lines(logging.StreamHandler[TextIO]):
    """As its parent; standard error passes on each line by itself, and need not be asked to."""

    def flush(self) -> None:
        """Nothing is left behind."""


class _Formatter(JsonFormatter):
    """As its parent; what names its fields without looking for what else a record may hold."""

    def format(self, record: logging.LogRecord) -> str:
        """One line of JSON."""
        fields = getattr(record, "fields", None)
        if fields is None:
            return super().format(record)
        head = {"level": record.levelname, "logger": record.name, "message": record.msg}
        return orjson.dumps(head | fields | {"time": datetime.now(UTC)}).decode()
