"""The security map: which requirements of OWASP ASVS 5.0 are shown, by which tests, and which not.

`make asvs` writes docs/security/asvs.md from asvs.csv beside it and the marks on the tests,
`@pytest.mark.asvs("6.2.1")`, and counts. What it says of a requirement is changed in asvs.csv.
"""

import ast
import csv
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
TABLE = ROOT / "docs" / "security" / "asvs.csv"
MAP = ROOT / "docs" / "security" / "asvs.md"
LEVELS = ("1", "2", "3")
STATES = ("shown", "open", "not applicable")
_INTRODUCTION = """# The security map

Every requirement of the OWASP Application Security Verification Standard 5.0.0, in words of ours;
the standard itself has the full text. *Shown* names the tests that fail when it no longer holds.
*Open* means that it is not built, or that no test shows it. `make asvs` writes this file.
"""
_CHAPTERS = {
    "1": "Encoding and sanitization",
    "2": "Validation and business logic",
    "3": "Web front end",
    "4": "API and web service",
    "5": "Files",
    "6": "Authentication",
    "7": "Sessions",
    "8": "Authorization",
    "9": "Self-contained tokens",
    "10": "OAuth and OpenID Connect",
    "11": "Cryptography",
    "12": "Secure communication",
    "13": "Configuration",
    "14": "Data protection",
    "15": "Secure coding and architecture",
    "16": "Logging and errors",
    "17": "WebRTC",
}


class Requirement(NamedTuple):
    """A row of the table."""

    id: str
    level: str
    requirement: str
    not_applicable: str
    open: str


class Fault(ValueError):
    """What the table and the marks do not agree on, as a sentence."""


def requirements() -> list[Requirement]:
    """The table, in its order."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        return [Requirement(**row) for row in csv.DictReader(file)]


def marks(folder: Path) -> Iterator[tuple[str, str]]:
    """Each requirement's id that is on a test, and the test."""
    for path in sorted(folder.rglob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                for identifier in _marked(node):
                    yield identifier, f"{path.relative_to(folder.parent)}::{node.name}"


def _marked(test: ast.FunctionDef) -> Iterator[str]:
    for each in test.decorator_list:
        if isinstance(each, ast.Call) and ast.unparse(each.func) == "pytest.mark.asvs":
            yield from (ast.literal_eval(argument) for argument in each.args)


def shown_by(table: list[Requirement], marked: Iterator[tuple[str, str]]) -> dict[str, list[str]]:
    """The tests of each requirement. Raises `Fault`."""
    tests, known = defaultdict(list), {row.id: row for row in table}
    for identifier, test in marked:
        if identifier not in known:
            raise Fault(f"{test} is marked with {identifier}, which is no requirement.")
        if known[identifier].not_applicable:
            raise Fault(f"{test} shows {identifier}, which is not applicable, says asvs.csv.")
        if known[identifier].open:
            raise Fault(f"{test} shows {identifier}, which is open, says asvs.csv.")
        tests[identifier].append(test)
    return tests


def state_of(row: Requirement, tests: Mapping[str, list[str]]) -> str:
    """One of `STATES`."""
    if row.not_applicable:
        return "not applicable"
    return "shown" if tests.get(row.id) else "open"


def counts(table: list[Requirement], tests: Mapping[str, list[str]]) -> str:
    """How many requirements of each level are in each state, as a table."""
    counted = Counter((row.level, state_of(row, tests)) for row in table)
    rows = [
        f"| {level} | {' | '.join(str(counted[level, state]) for state in STATES)} |"
        for level in LEVELS
    ]
    return "\n".join([f"| level | {' | '.join(STATES)} |", "|---|---|---|---|", *rows])


def render(table: list[Requirement], tests: Mapping[str, list[str]]) -> str:
    """The whole file."""
    parts = [_INTRODUCTION, f"{counts(table, tests)}\n"]
    for number, name in _CHAPTERS.items():
        rows = [row for row in table if row.id.partition(".")[0] == number]
        parts.append(f"## {number} {name}\n")
        parts.append("| id | level | requirement | state |\n|---|---|---|---|")
        parts.append("\n".join(_row(row, tests) for row in rows) + "\n")
    return "\n".join(parts)


def _row(row: Requirement, tests: Mapping[str, list[str]]) -> str:
    state = state_of(row, tests)
    if state == "shown":
        said = "shown: " + "<br>".join(f"`{test}`" for test in tests[row.id])
    elif state == "open":
        said = f"*open*{row.open and f': {row.open}'}"
    else:
        said = f"not applicable: {row.not_applicable}"
    return f"| {row.id} | {row.level} | {row.requirement} | {said} |"


def main() -> None:
    """Write the map, and print the counts."""
    table = requirements()
    tests = shown_by(table, marks(ROOT / "tests"))
    MAP.write_text(render(table, tests), encoding="utf-8")
    print(counts(table, tests))


if __name__ == "__main__":
    main()
