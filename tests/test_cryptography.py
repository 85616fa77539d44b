"""Where our code uses cryptography, and how. Come here to change what is looked for."""

import ast
import re
import subprocess
import sys

import pytest

from config import BASE
from core.tokens import RefreshToken
from tests.test_architecture import ROOT, sources
from tests.test_docs import rows_of

CONTROLS = (BASE / "docs" / "security" / "controls.md").read_text(encoding="utf-8")
PACKAGES = {
    *("Crypto", "argon2", "bcrypt", "cryptography", "flask_jwt_extended", "hashlib", "hmac"),
    *("jwt", "nacl", "passlib", "random", "secrets", "ssl", "uuid", "zlib"),
}
SECRET = re.compile(r"(\w+_)?(digest|hash|mac|password|secret|seed|signature|token)")
COLUMN = re.compile(r"\w+Model\.\w+")


def parsed(place):
    return ast.parse((ROOT / place).read_text(encoding="utf-8"))


def imported(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (each.name.partition(".")[0] for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0]


def uses():
    """Each of our files that imports cryptography, with what it imports."""
    found = {str(place): PACKAGES & set(imported(parsed(place))) for place in sources()}
    return {place: packages for place, packages in found.items() if packages}


def render_uses():
    rows = [f"| `{place}` | {', '.join(sorted(of))} |" for place, of in sorted(uses().items())]
    return "\n".join(["| file | imports |", "|---|---|", *rows])


@pytest.mark.asvs("11.1.3")
def test_every_use_of_cryptography_is_in_the_inventory():
    written = {row[0]: set(row[1].split(", ")) for row in rows_of(CONTROLS, r"[\w/]+\.py")}
    assert written == uses(), f"controls.md needs:\n\n{render_uses()}\n"


def early_returns(tree):
    """Comparisons of secrets that end at the first difference; of columns the database compares."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq | ast.NotEq):
            sides = [ast.unparse(each) for each in (node.left, *node.comparators)]
            names = [re.sub(r"\(\)$", "", side).rpartition(".")[2] for side in sides]
            if any(map(SECRET.fullmatch, names)) and not any(map(COLUMN.fullmatch, sides)):
                yield ast.unparse(node)


@pytest.mark.asvs("11.2.4")
@pytest.mark.parametrize("place", list(sources()), ids=str)
def test_no_secret_is_compared_up_to_its_first_difference(place):
    assert list(early_returns(parsed(place))) == []


@pytest.mark.parametrize(
    "text", ["token == given", "row.refresh_digest != digest()", "a.secret == b"]
)
def test_such_a_comparison_is_found(text):
    assert list(early_returns(ast.parse(text)))


@pytest.mark.asvs("11.2.4")
def test_a_refresh_token_is_what_was_kept_of_it_or_not():
    token, other = RefreshToken.new(), RefreshToken.new()
    assert token.has(token.digest)
    assert not any(map(token.has, (other.digest, token.digest[:-1], "", None)))


# Four processes, forked after the generator was used, of sixteen threads each.
CROWD = """
import os, sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from core.tokens import RefreshToken

RefreshToken.new()
children = [os.fork(), os.fork()]
with ThreadPoolExecutor(16) as pool:
    made = list(pool.map(lambda _: str(RefreshToken.new()), range(25_000)))
Path(sys.argv[1], str(os.getpid())).write_text("\\n".join(made))
for child in filter(None, children):
    os.waitpid(child, 0)
"""


@pytest.mark.asvs("11.5.2")
def test_no_token_is_made_twice_under_load_and_in_forked_processes(tmp_path):
    subprocess.run([sys.executable, "-c", CROWD, str(tmp_path)], cwd=ROOT, check=True)
    made = [token for file in tmp_path.iterdir() for token in file.read_text().split()]
    assert len(made) == len(set(made)) == 100_000
    # Neither part repeats, of a token of 16 and 32 bytes.
    assert len({token[:21] for token in made}) == len({token[22:] for token in made}) == 100_000
