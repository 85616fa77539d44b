"""The document against the rules of tests/node/spectral.yaml: OpenAPI's, and OWASP's for APIs."""

import subprocess

import pytest

from config import BASE

NODE = BASE / "tests" / "node"
SPECTRAL = NODE / "node_modules" / ".bin" / "spectral"


def lint(document):
    if not SPECTRAL.exists():
        pytest.skip("spectral needs its packages: npm ci --prefix tests/node --ignore-scripts")
    options = ["--ruleset", NODE / "spectral.yaml", "--fail-severity", "warn"]
    return subprocess.run([SPECTRAL, "lint", document, *options], capture_output=True, text=True)


@pytest.mark.asvs("2.1.1")
def test_the_document_keeps_every_rule():
    result = lint(BASE / "docs" / "openapi.json")
    assert result.returncode == 0, result.stdout + result.stderr


def test_a_document_that_breaks_rules_is_found(tmp_path):
    written = (BASE / "docs" / "openapi.json").read_text(encoding="utf-8")
    assert '"maxLength": 32' in written
    broken = tmp_path / "openapi.json"
    broken.write_text(written.replace('"maxLength": 32', '"minLength": 1'), encoding="utf-8")
    result = lint(broken)
    assert result.returncode == 1
    assert "string-limit" in result.stdout
