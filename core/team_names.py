"""What counts as a team's name. Come here to change that. Names of teams need not be unique."""

import unicodedata

MAX_LENGTH = 100  # code points, after NFC
# Control characters, surrogates, private use, unassigned, line and paragraph separators.
_REFUSED_CATEGORIES = {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"}
# They turn the writing direction of the text around them (Trojan Source, CVE-2021-42574).
_TURNING = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Letters (Hangul fillers) and a symbol (the empty Braille cell) that show nothing.
_INVISIBLE = set("\u115f\u1160\u2800\u3164\uffa0")


class TeamNameRefused(ValueError):
    """Why a name is refused, as a sentence."""


def parse(typed: str) -> str:
    """The name as it is kept: NFC, without space around it. Raises `TeamNameRefused`."""
    name = unicodedata.normalize("NFC", typed).strip()
    if not any(_can_be_seen(each) for each in name):
        raise TeamNameRefused("A name needs something to see.")
    if len(name) > MAX_LENGTH:
        raise TeamNameRefused(f"A name has at most {MAX_LENGTH} characters.")
    if any(unicodedata.category(each) in _REFUSED_CATEGORIES or each in _TURNING for each in name):
        raise TeamNameRefused("A name is one line, without control characters.")
    return name


def _can_be_seen(char: str) -> bool:
    return unicodedata.category(char)[0] in "LNPS" and char not in _INVISIBLE
