"""Change how the pinned tables (usernames, frequent passwords) are read from their files.

The files beside this one are made by ``scripts/build_username_tables.py`` and
``scripts/build_common_passwords.py`` and are part of the program: read once per process, when
first needed, and never written.
"""

import mmap
from bisect import bisect_right
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

_HERE = Path(__file__).parent


class Span(NamedTuple):
    """Neighbouring code points that the rules for usernames treat alike."""

    first: int
    last: int
    category: str
    scripts: frozenset[str]


@lru_cache(maxsize=4096)
def span_of(char: str) -> Span | None:
    """Give what is known of `char`, or None when no username may hold it."""
    spans = repertoire()
    at = bisect_right(spans, ord(char), key=lambda span: span.first) - 1
    return spans[at] if at >= 0 and ord(char) <= spans[at].last else None


@cache
def repertoire() -> tuple[Span, ...]:
    """Give the pinned repertoire in order: General_Category and Script_Extensions by span."""
    spans = []
    for line in _lines("username_repertoire.txt"):
        code_points, category, scripts = line.split(";")
        first, _, last = code_points.partition("..")
        spans.append(
            Span(int(first, 16), int(last or first, 16), category, frozenset(scripts.split()))
        )
    return tuple(spans)


@cache
def look_alikes() -> dict[int, str]:
    """Give the pinned map, for `str.translate`, from a code point to what it looks like."""
    pairs = (line.split(";") for line in _lines("username_look_alikes.txt"))
    return {int(source, 16): _text(target) for source, target in pairs}


@cache
def reserved_usernames() -> tuple[str, ...]:
    """Give the names that nobody may register, as written in their file."""
    return tuple(_lines("reserved_usernames.txt"))


@cache
def frequent_passwords() -> mmap.mmap:
    """Map the password fingerprints: the kernel keeps one copy for all worker processes."""
    with (_HERE / "frequent_passwords.bin").open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def _lines(name: str) -> list[str]:
    text = (_HERE / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def _text(code_points: str) -> str:
    return "".join(chr(int(code_point, 16)) for code_point in code_points.split())
