"""Rebuild the pinned username tables from Unicode's own files (see decision 0003).

Usage: python -m scripts.build_username_tables UNICODE_DIRECTORY

The directory holds UnicodeData.txt, Scripts.txt, ScriptExtensions.txt, PropertyValueAliases.txt,
DerivedAge.txt, extracted/DerivedGeneralCategory.txt, security/confusables.txt and
security/IdentifierType.txt. The same files give the same bytes.
"""

import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from pathlib import Path
from unicodedata import normalize

TABLES = Path(__file__).parent.parent / "core" / "tables"
NEWEST = (14, 0)  # what the unicodedata of Python 3.11, the oldest that we support, knows
TYPES = {"Recommended", "Inclusion", "Limited_Use", "Uncommon_Use"}
CATEGORIES = {"Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Nd"}
PUNCTUATION = {ord(char) for char in "._-"}


def rows(path: Path) -> Iterator[list[str]]:
    """Give the fields of every line of a Unicode file, comments dropped."""
    for line in path.read_text(encoding="utf-8-sig").splitlines():
        if content := line.partition("#")[0].strip():
            yield [field.strip() for field in content.split(";")]


def values(path: Path) -> dict[int, str]:
    """Give the value that a property file states, for every code point it lists."""
    found = {}
    for span, value, *_ in rows(path):
        first, _, last = span.partition("..")
        for code_point in range(int(first, 16), int(last or first, 16) + 1):
            found[code_point] = value
    return found


def text(code_points: str) -> str:
    """Give the string that a field such as `0072 006E` names."""
    return "".join(chr(int(code_point, 16)) for code_point in code_points.split())


def script_sets(source: Path) -> dict[int, str]:
    """Give Script_Extensions (UAX #24) of every code point, as sorted short names."""
    aliases = rows(source / "PropertyValueAliases.txt")
    short = {names[2]: names[1] for names in aliases if names[0] == "sc"}
    single = values(source / "Scripts.txt")
    several = values(source / "ScriptExtensions.txt")
    scripts = {code_point: short[name] for code_point, name in single.items()}
    return scripts | {cp: " ".join(sorted(names.split())) for cp, names in several.items()}


def allowed(source: Path, categories: dict[int, str], lower: dict[str, str]) -> list[int]:
    """Give the repertoire: what UTS #39 section 3.1 and our own rules let a username hold.

    A letter stays only together with its small form, which is what is compared.
    """
    age = {cp: tuple(map(int, v.split("."))) for cp, v in values(source / "DerivedAge.txt").items()}
    types = values(source / "security" / "IdentifierType.txt")
    letters = {
        cp
        for cp, names in types.items()
        if set(names.split()) <= TYPES and age[cp] <= NEWEST and categories[cp] in CATEGORIES
    }
    chars = letters | PUNCTUATION
    return sorted(cp for cp in chars if {ord(c) for c in lower.get(chr(cp), chr(cp))} <= chars)


def settle(char: str, alike: dict[str, str], lower: dict[str, str]) -> str:
    """Give what `char` looks like, in small letters, followed until nothing changes.

    One round is the skeleton of UTS #39 section 4, then the simple lower case of each letter.
    """
    before, after = "", normalize("NFD", char)
    while after != before:
        before = after
        mapped = normalize("NFD", "".join(alike.get(c, c) for c in before))
        after = normalize("NFD", "".join(lower.get(c, c) for c in mapped))
    return after


def ranges(code_points: Iterable[int], label: Callable[[int], str]) -> Iterator[str]:
    """Give one line per run of neighbours that share a label."""
    runs = groupby(enumerate(code_points), lambda pair: (pair[1] - pair[0], label(pair[1])))
    for (_, name), run in runs:
        members = [code_point for _, code_point in run]
        span = f"{members[0]:04X}" + (f"..{members[-1]:04X}" if len(members) > 1 else "")
        yield f"{span};{name}"


def look_alikes(source: Path, repertoire: list[int], lower: dict[str, str]) -> Iterator[str]:
    """Give one line per code point, in NFD, that another one stands for in a skeleton."""
    alike = {text(row[0]): text(row[1]) for row in rows(source / "security" / "confusables.txt")}
    for char in sorted(set(normalize("NFD", "".join(map(chr, repertoire))))):
        if (target := settle(char, alike, lower)) != char:
            yield f"{ord(char):04X};{' '.join(f'{ord(c):04X}' for c in target)}"


def write(name: str, title: str, versions: str, lines: Iterable[str]) -> None:
    """Write one table below its notice."""
    notice = (
        f"# {title}\n# From Unicode files: {versions}.\n"
        "# Made by scripts/build_username_tables.py: do not edit.\n"
        "# Copyright (c) 1991-2022 Unicode, Inc. Modified; see LICENSE-unicode.txt.\n"
    )
    (TABLES / name).write_text(notice + "\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def main(source: Path) -> None:
    """Write both tables."""
    categories = values(source / "extracted" / "DerivedGeneralCategory.txt")
    scripts = script_sets(source)
    lower = {chr(int(row[0], 16)): text(row[13]) for row in rows(source / "UnicodeData.txt")}
    lower = {char: small for char, small in lower.items() if small}
    repertoire = allowed(source, categories, lower)
    write(
        "username_repertoire.txt",
        "Which code points a username may hold: code points;General_Category;Script_Extensions",
        "UCD 15.0.0 limited to Age 14.0, IdentifierType 14.0.0",
        ranges(repertoire, lambda cp: f"{categories[cp]};{scripts[cp]}"),
    )
    write(
        "username_look_alikes.txt",
        "What each code point (NFD) looks like, in small letters: code point;skeleton",
        "confusables 15.0.0, UnicodeData 15.0.0",
        look_alikes(source, repertoire, lower),
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
