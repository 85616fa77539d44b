"""The files under deploy/: what they name exists, and they hold no secret."""

import json
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from config import BASE, Settings
from tests.api.test_metrics import HEADERS, samples_of
from tests.api.test_metrics import client as monitored  # noqa: F401  # an app with metrics
from tests.test_architecture import MAY_IMPORT
from tests.test_docs import name_of

DEPLOY = BASE / "deploy"
DASHBOARD = DEPLOY / "grafana-dashboard.json"
FILES = sorted(path for path in DEPLOY.iterdir() if path.is_file())


def expressions():
    dashboard = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    return [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]


@pytest.fixture
def samples(monitored):  # noqa: F811
    monitored.get("/healthz")
    return samples_of(monitored.get("/metrics", headers=HEADERS).text)


def test_the_dashboard_asks_only_for_metrics_that_there_are(samples):
    asked = {name for each in expressions() for name in re.findall(r"\bmuster_\w+", each)}
    assert asked
    assert asked <= {name for name, *_labels in samples}


def test_the_dashboard_shows_every_metric(samples):
    asked = " ".join(expressions())
    assert [name for name, *_labels in samples if name not in asked] == []


def test_the_dashboard_groups_only_by_labels_that_there_are(samples):
    for expression in expressions():
        (name,) = set(re.findall(r"\bmuster_\w+(?=\{)", expression)[:1])
        found = {label for sample, *labels in samples if sample == name for label, _ in labels}
        for grouped in re.findall(r"by \(([^)]*)\)", expression):
            assert set(grouped.split(", ")) <= found | {"instance"}, expression


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_setting_that_is_named_is_one(path):
    named = set(re.findall(r"MUSTER_[A-Z_]+", path.read_text(encoding="utf-8")))
    assert named <= {name_of(setting) for setting in fields(Settings)}


def test_secrets_come_from_outside():
    text = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    secret = re.findall(r"^ *\w*(?:PASSWORD|SECRET|TOKEN): (.*)$", text, re.MULTILINE)
    assert len(secret) == 3
    assert all(value.startswith("${") for value in secret)
    assert "muster:${POSTGRES_PASSWORD" in text


def test_the_image_has_every_package_that_muster_runs_from():
    kept = (BASE / ".dockerignore").read_text(encoding="utf-8").splitlines()
    packages = {name for name in MAY_IMPORT if (BASE / name).is_dir()} - {"scripts"}
    assert {f"!{name}/" for name in packages} <= set(kept)
    assert {"*", "!*.py", "!requirements.txt"} <= set(kept)


@pytest.mark.parametrize("port", ["1", "none"])
def test_the_health_check_of_a_container_fails_where_nobody_serves(port):
    script = Path(DEPLOY / "healthcheck.py")
    run = subprocess.run([sys.executable, script], env={"PORT": port}, capture_output=True)
    assert run.returncode == 1
