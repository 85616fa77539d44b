"""Clients in Python and TypeScript, made from docs/openapi.json. Come here to change how.

`make clients` writes them to clients/; docs/clients.md uses them.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = ROOT / "docs" / "openapi.json"
PYTHON = Path(sys.prefix) / "tools" / "clients" / "bin" / "openapi-python-client"
NODE_MODULES = ROOT / "tests" / "node" / "node_modules"
TYPESCRIPT = NODE_MODULES / ".bin" / "openapi-typescript"


def write_python(place: Path) -> None:
    """The package `muster_client`, which needs httpx and attrs."""
    options = ["--meta", "none", "--overwrite", "--output-path", str(place / "muster_client")]
    # It leaves formatting to the ruff beside it.
    path = {"PATH": f"{PYTHON.parent}:/usr/bin:/bin"}
    with tempfile.NamedTemporaryFile("w", suffix=".json") as document:
        json.dump(_without_optional_tokens(), document)
        document.flush()
        command = [str(PYTHON), "generate", "--path", document.name, "--fail-on-warning", *options]
        subprocess.run(command, check=True, env=path, capture_output=True)  # noqa: S603  # pinned


def _without_optional_tokens() -> dict[str, Any]:
    """The document for a generator that takes a token that may be sent for one that must be."""
    document: dict[str, Any] = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    for item in document["paths"].values():
        for operation in filter(lambda each: isinstance(each, dict), item.values()):
            if {} in operation.get("security", []):
                del operation["security"]
    return document


def write_typescript(place: Path) -> None:
    """The types `muster.ts`, for openapi-fetch."""
    # A property that has a default may be left out of a request.
    options = ["--default-non-nullable=false", "--output", str(place / "muster.ts")]
    command = [str(TYPESCRIPT), str(DOCUMENT), *options]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603  # pinned


def main(place: Path) -> None:
    """Both, for `make clients`."""
    for name, generator, write in (
        ("python", PYTHON, write_python),
        ("typescript", TYPESCRIPT, write_typescript),
    ):
        (place / name).mkdir(parents=True, exist_ok=True)
        if not generator.exists():
            sys.exit(
                f"There is no {generator.name} here: make clients needs npm and a network once."
            )
        write(place / name)
        print(f"{place / name}")


if __name__ == "__main__":
    main(ROOT / "clients")
