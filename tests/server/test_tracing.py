"""Traces by OpenTelemetry's own instrumentation, around an unchanged Muster."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.server import running
from tests.server.running import DEFAULTS, PASSWORD, Server, wait_until

INSTRUMENT = Path(sys.executable).with_name("opentelemetry-instrument")
TRACED = {
    "OTEL_TRACES_EXPORTER": "console",
    "OTEL_METRICS_EXPORTER": "none",
    "OTEL_LOGS_EXPORTER": "none",
    "OTEL_BSP_SCHEDULE_DELAY": "200",  # milliseconds
}


@pytest.fixture
def traced(tmp_path, database, monkeypatch):
    """Muster as docs/operating.md says to start it with traces."""

    def start(port, instance, log, checkout, **settings):
        chosen = {"PORT": port, "MUSTER_INSTANCE_PATH": instance} | settings
        given = {name: str(value) for name, value in chosen.items()}
        with log.open("wb") as file:
            return subprocess.Popen(
                [INSTRUMENT, sys.executable, "-m", "flask", "serve"],
                cwd=checkout,
                env=os.environ | TRACED | given,
                stdout=file,
                stderr=file,
                start_new_session=True,
            )

    monkeypatch.setattr(running, "flask_serve", start)
    server = Server(tmp_path / "instance", **DEFAULTS | database)
    try:
        yield server.start()
    finally:
        server.kill()


def spans(server):
    """What the console exporter wrote, in whatever order."""
    written = re.findall(r"^\{\n.*?^\}", server.written(), re.MULTILINE | re.DOTALL)
    return [json.loads(each) for each in written]


def test_a_request_and_its_statements_are_one_trace_without_secrets(traced):
    traced.register("alice")
    token = traced.sign_in("alice")
    traced.call("GET", "/users/1", token=token)
    wait_until(lambda: "GET /users/<id:user_id>" in traced.written(), 20, traced.written)
    found = spans(traced)
    (request,) = [each for each in found if each["name"].startswith("GET /users/")]
    inside = [each for each in found if each["parent_id"] == request["context"]["span_id"]]
    assert request["attributes"]["http.route"] == "/users/<id:user_id>"
    assert any("user_sessions" in each["attributes"]["db.statement"] for each in inside)
    for secret in (PASSWORD, token, "$pbkdf2"):
        assert secret not in traced.written()
