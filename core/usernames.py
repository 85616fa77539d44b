"""Change what counts as a username, and which usernames count as the same.

A name is compared in two ways, each unique in the database: its `canonical` form (the same name in
another case or width) and its `skeletons` (another name that looks the same). Both rest on pinned
tables; the reasons stand in docs/decisions/0003-username-tables.md.
"""

import re
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from unicodedata import category, decimal, normalize

from precis_i18n import get_profile

from core import tables

MINIMUM_LENGTH = 2
MAXIMUM_LENGTH = 32
# One code point becomes at most seven in the skeleton; a test holds this to the tables.
MAXIMUM_SKELETON_LENGTH = 7 * MAXIMUM_LENGTH

# NFC puts at most four code points into one, so a text longer than this stays too long.
_LONGEST_TYPED = 4 * MAXIMUM_LENGTH
_MOST_MARKS = 4
_PRECIS = get_profile("UsernameCaseMapped")

# UTS #39 section 5.1: the writing systems that a script is part of, and those that Latin may join.
_SYSTEMS = {
    "Hani": {"Hanb", "Jpan", "Kore"},
    "Hira": {"Jpan"},
    "Kana": {"Jpan"},
    "Hang": {"Kore"},
    "Bopo": {"Hanb"},
}
_BESIDE_LATIN = ("Jpan", "Hanb", "Kore")

# A dot above cannot be seen on a letter that has one already; marks below may stand between.
_HIDDEN_DOT = re.compile("([ijl][\u0316-\u033c]*)\u0307")

_TOO_SHORT = f"A username has at least {MINIMUM_LENGTH} characters."
_TOO_LONG = f"A username has at most {MAXIMUM_LENGTH} characters."
_UNKNOWN = "A username is made of letters, digits, '.', '_' and '-'."
_START = "A username starts with a letter or a digit."
_DIRECTION = (
    "A username written from right to left starts with a letter, ends with a letter or a digit, "
    "and has nothing written from left to right in it."
)
_SCRIPT = "A username is written in one script."
_DIGITS = "A username uses digits of one kind."
_MARKS = "A username has too many marks on one letter."
_RESERVED = "That username is reserved."


class UsernameRefused(ValueError):
    """The text cannot be a username; `str()` gives a sentence for the person who typed it."""


@dataclass(frozen=True, slots=True)
class Username:
    """A valid name: `display` is shown; `canonical` and each of `skeletons` are nobody else's.

    The form that is shown and the one that is compared may look different: a capital I is an l.
    """

    display: str
    canonical: str
    skeletons: frozenset[str]


def parse(typed: str) -> Username:
    """Turn what a person typed into a username; raise UsernameRefused with the reason.

    It keeps the typed form in NFC and compares UsernameCaseMapped (RFC 8265 section 3.3): letters,
    digits, `.`, `_` and `-` of one script, 2 to 32 code points, nothing reserved.
    """
    compared = _compare(typed)
    display = normalize("NFC", typed)
    if len(display) > MAXIMUM_LENGTH:
        raise UsernameRefused(_TOO_LONG)
    if not compared.isascii():
        _require_one_script(compared)
        _require_one_kind_of_digits(compared)
        _require_readable_marks(compared)
    name = Username(display, compared, frozenset({skeleton(display), skeleton(compared)}))
    if not _reserved().isdisjoint(name.skeletons):
        raise UsernameRefused(_RESERVED)
    return name


def canonical(typed: str) -> str | None:
    """Give the form to look a name up by, or None for what cannot be one (an e-mail, say)."""
    try:
        return _compare(typed)
    except UsernameRefused:
        return None


def skeleton(text: str) -> str:
    """Give the form that look-alikes share: UTS #39 section 4, in small letters, to a fixed point.

    The case goes last, as what is shown is what deceives: `paypaI` looks like `paypal`.
    """
    decomposed = normalize("NFD", _PRECIS.width_mapping_rule(text))
    alike = normalize("NFD", decomposed.translate(tables.look_alikes()))
    # A capital I has become l by now, so an l with a dot is an i.
    return _HIDDEN_DOT.sub(lambda dotted: dotted[1].replace("l", "i"), alike)


def _compare(typed: str) -> str:
    if len(typed) > _LONGEST_TYPED:
        raise UsernameRefused(_TOO_LONG)
    try:
        compared = _PRECIS.enforce(typed)
    except UnicodeEncodeError as error:
        raise UsernameRefused(_sentence(error)) from None
    if not MINIMUM_LENGTH <= len(compared) <= MAXIMUM_LENGTH:
        raise UsernameRefused(_TOO_SHORT if len(compared) < MINIMUM_LENGTH else _TOO_LONG)
    # Before the case is lost: with a capital, the repertoire always holds its small form.
    mapped = normalize("NFC", _PRECIS.width_mapping_rule(typed))
    spans = [tables.span_of(char) for char in mapped]
    if None in spans:
        raise UsernameRefused(_UNKNOWN)
    if spans[0] is None or spans[0].category[0] not in "LN":
        raise UsernameRefused(_START)
    return compared


def _sentence(error: UnicodeEncodeError) -> str:
    known = {"DISALLOWED/empty": _TOO_SHORT, "DISALLOWED/bidi_rule": _DIRECTION}
    return known.get(error.reason, _UNKNOWN)


def _require_one_script(text: str) -> None:
    """Refuse what is not "highly restrictive" (UTS #39 section 5.2), by Script_Extensions."""
    found = {span.scripts for span in map(tables.span_of, text) if span}
    sets = [_resolved(scripts) for scripts in found if not scripts & {"Zyyy", "Zinh"}]
    if not sets or frozenset.intersection(*sets):
        return
    if not any(all(one & {"Latn", system} for one in sets) for system in _BESIDE_LATIN):
        raise UsernameRefused(_SCRIPT)


def _resolved(scripts: frozenset[str]) -> frozenset[str]:
    return scripts.union(*(_SYSTEMS.get(script, ()) for script in scripts))


def _require_one_kind_of_digits(text: str) -> None:
    """Refuse digits of two decimal systems (UTS #39 section 5.3), each known by its zero."""
    digits = [char for char in text if decimal(char, None) is not None]
    if len({ord(char) - decimal(char) for char in digits}) > 1:
        raise UsernameRefused(_DIGITS)


def _require_readable_marks(text: str) -> None:
    """Refuse piles of nonspacing marks, and one mark on itself (UTS #39 section 5.4)."""
    runs = groupby(normalize("NFD", text), key=lambda char: category(char) == "Mn")
    for marks in (list(run) for nonspacing, run in runs if nonspacing):
        if len(marks) > _MOST_MARKS or any(map(str.__eq__, marks, marks[1:])):
            raise UsernameRefused(_MARKS)


@cache
def _reserved() -> frozenset[str]:
    """Give the skeletons of the reserved names, written small, Capitalised and LARGE."""
    cases = (str.lower, str.capitalize, str.upper)
    return frozenset(skeleton(case(word)) for word in tables.reserved_usernames() for case in cases)
