"""The log: one JSON line per request, with an id that the client gets too.

Come here to change what is logged. Never the query, a header or a body: they hold secrets.
"""

import logging
import re
import sys
from time import perf_counter
from uuid import uuid4

from flask import Flask, Response, g, has_request_context, request
from pythonjsonlogger.json import JsonFormatter

HEADER = "X-Request-ID"
_ACCEPTABLE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_log = logging.getLogger("muster.access")


def init_app(app: Flask, *, level: str) -> None:
    """Log requests and faults of this app to standard error, as JSON."""
    logger = logging.getLogger("muster")
    logger.setLevel(level.upper())
    logger.addFilter(_add_request_id)
    if not logger.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(
            JsonFormatter(
                "{levelname}{name}{message}",
                style="{",
                rename_fields={"levelname": "level", "name": "logger"},
                timestamp="time",  # UTC
            )
        )
        logger.addHandler(handler)
    app.before_request(_begin)
    app.after_request(_finish)


def _add_request_id(record: logging.LogRecord) -> bool:
    """A fault is found in the log by the id that the client got."""
    if has_request_context() and "request_id" in g:
        record.request_id = g.request_id
    return True


def _begin() -> None:
    given = request.headers.get(HEADER, "")
    g.request_id = given if _ACCEPTABLE_ID.fullmatch(given) else uuid4().hex
    g.started = perf_counter()


def _finish(response: Response) -> Response:
    response.headers[HEADER] = g.request_id
    caller = g.get("caller")
    _log.info(
        "request",
        extra={
            "request_id": g.request_id,
            "method": request.method,
            "path": request.path,
            "status": response.status_code,
            "milliseconds": round((perf_counter() - g.started) * 1000, 2),
            "address": request.remote_addr,
            "user_id": caller.user_id if caller else None,
            "session_id": caller.id if caller else None,
        },
    )
    return response
