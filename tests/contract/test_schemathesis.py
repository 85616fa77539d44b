"""The document against a running Muster: schemathesis, all its checks, the same cases each time."""

import os
import re
import subprocess
import sys

import pytest

from config import BASE
from tests.server.running import started

SECRETS = {
    "MUSTER_INTROSPECTION_SECRET": "the-secret-of-the-apps-behind-muster",
    "MUSTER_METRICS_TOKEN": "the-token-of-what-reads-the-metrics",
}
CONFIG = BASE / "tests" / "contract" / "schemathesis.toml"
SECONDS = 300  # far above what it takes: a machine may be busy


def run(server, phases):
    """What schemathesis says of the document that the server gives."""
    url = "http://{}:{}".format(*server.address)
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG), "run"]
    options = ["--checks", "all", "--phases", phases, "--no-color"]
    return subprocess.run(
        [*command, f"{url}/openapi.json", *options],
        cwd=BASE,
        env=os.environ | {"MUSTER": url} | SECRETS,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )


@pytest.mark.asvs("2.2.1", "2.2.2", "4.1.4", "16.5.3")
@pytest.mark.parametrize("phases", ["examples,coverage", "fuzzing,stateful"])
def test_muster_does_what_its_document_says(phases, tmp_path):
    with started(tmp_path, MUSTER_WORKERS=1, **SECRETS) as server:
        result = run(server, phases)
    assert result.returncode == 0, result.stdout + result.stderr
    generated, passed = re.findall(r"(\d+) (?:generated|passed)", result.stdout)[-2:]
    assert int(generated) == int(passed) > 50, result.stdout
