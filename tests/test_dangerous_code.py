"""What our own code must not use, for then nothing that a client sends can reach it."""

import ast

import pytest

from tests.test_architecture import ROOT, imported, sources

# Modules that run, evaluate or revive what they are given, or whose randomness can be foreseen.
MODULES = {
    *("cPickle", "code", "codeop", "dill", "marshal", "pickle", "popen2", "pty"),
    *("random", "shelve", "subprocess", "telnetlib", "xml", "xmlrpc", "lxml", "yaml", "jinja2"),
    *("requests", "httpx", "urllib3", "aiohttp", "smtplib", "ftplib"),
}
CALLS = {
    *("eval", "exec", "compile", "__import__", "os.system", "os.popen", "input"),
    *("hashlib.md5", "hashlib.sha1", "hashlib.new", "render_template", "render_template_string"),
}
PRODUCT = [place for place in sources() if place.parts[0] not in {"scripts", "migrations"}]


def faults(source):
    """The names of dangerous modules and functions that a source uses."""
    for node in ast.walk(ast.parse(source)):
        yield from imported(node, ROOT) & MODULES
        if isinstance(node, ast.Call) and ast.unparse(node.func) in CALLS:
            yield ast.unparse(node.func)


@pytest.mark.asvs("1.2.5", "1.3.2", "1.3.10", "1.5.2", "11.4.1", "15.2.3")
@pytest.mark.parametrize("place", PRODUCT, ids=str)
def test_no_shell_no_evaluation_no_revival_and_no_weak_hash_is_used(place):
    assert list(faults((ROOT / place).read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "source",
    ["import subprocess", "from xml.etree import ElementTree", "eval(x)", "hashlib.md5(x)"],
)
def test_dangerous_code_is_found(source):
    assert list(faults(source))
