"""What Muster runs on may be used and passed on by anybody. Come here to allow another licence."""

import re
from importlib.metadata import PackageNotFoundError, metadata

import pytest

from config import BASE

LOCKED = re.findall(r"^([a-z0-9-]+)==", (BASE / "requirements.txt").read_text(), re.MULTILINE)
ALLOWED = {
    *(
        "MIT",
        "MIT-0",
        "MIT License",
        "BSD License",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "ISC",
        "PSF-2.0",
    ),
    *(
        "Apache-2.0",
        "Apache Software License",
        "Public Domain",
        "CC0-1.0",
        "The Unlicense (Unlicense)",
        "Unlicense",
    ),
    # Weak copyleft: what is changed of the package itself stays open.
    *("MPL-2.0", "Mozilla Public License 2.0 (MPL 2.0)"),
}
# The LGPL lets anybody use a library that stands beside their work, as a wheel does.
ALLOWED_FOR = {"psycopg": {"LGPL-3.0-only"}, "psycopg-binary": {"LGPL-3.0-only"}}


def licences(package):
    """What a package says of itself: an SPDX expression, classifiers, or a short text."""
    said = metadata(package)
    if said.get("License-Expression"):
        return set(re.split(r" AND | OR |[()]", said.get("License-Expression"))) - {""}
    classifiers = [
        each.split(" :: ")[-1]
        for each in said.get_all("Classifier", [])
        if each.startswith("License ::")
    ]
    return set(classifiers) or {said.get("License")}


@pytest.mark.parametrize("package", LOCKED)
def test_a_package_has_an_allowed_licence(package):
    try:
        found = licences(package)
    except PackageNotFoundError:
        pytest.skip(f"{package} is for another platform.")
    assert found <= ALLOWED | ALLOWED_FOR.get(package, set())


def test_the_list_of_packages_is_read():
    assert {"flask", "granian", "psycopg", "sqlalchemy"} <= set(LOCKED)
