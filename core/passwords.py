"""Change which passwords are accepted; how they are hashed is written elsewhere.

The rules are those of NIST SP 800-63B-4 section 3.1.1.2: a length, a blocklist, nothing about the
mixture of characters. Where the list comes from: docs/decisions/0004-common-passwords.md.
"""

from bisect import bisect_left
from collections.abc import Iterable
from hashlib import sha256
from unicodedata import normalize as to_form

from core import tables

FINGERPRINT_BYTES = 5  # of SHA-256, big-endian and sorted; the build script writes the same


class PasswordRefused(ValueError):
    """The password is not acceptable; `str()` gives a sentence for the person who chose it."""


def normalize(password: str) -> str:
    """Give the form that is counted, checked and hashed: NFC, nothing trimmed, folded or cut.

    RFC 8265 section 4.2.2 without its mapping of spaces: two passwords that differ stay different.
    """
    return to_form("NFC", password)


def check(password: str, *, minimum: int, maximum: int, context: Iterable[str]) -> None:
    """Raise PasswordRefused with the reason when a normalized password must not be used.

    The lengths are in code points. `context` holds the words that this password must not be
    (username, e-mail address, service), compared in any case and width.
    """
    if len(password) < minimum:
        raise PasswordRefused(f"A password has at least {minimum} characters.")
    if len(password) > maximum:
        raise PasswordRefused(f"A password has at most {maximum} characters.")
    if "\0" in password:
        raise PasswordRefused("A password cannot hold the character NUL.")
    try:
        password.encode()
    except UnicodeEncodeError:
        raise PasswordRefused("A password is made of whole Unicode characters.") from None
    if is_frequent(password):
        raise PasswordRefused("That password is among the most common ones. Choose another.")
    if _fold(password) in map(_fold, context):
        raise PasswordRefused(
            "A password cannot be the username, the e-mail address or the name of the service."
        )


def is_frequent(password: str) -> bool:
    """Tell whether a normalized password, in any case, is on the list of the most common ones.

    Those shorter than 8 code points are not on it, as no setting allows them. About one in two
    million other passwords is taken for one of the list.
    """
    sought = fingerprint(password)
    table, width = tables.frequent_passwords(), FINGERPRINT_BYTES
    rows = range(len(table) // width)
    at = bisect_left(rows, sought, key=lambda row: table[row * width : row * width + width])
    return table[at * width : at * width + width] == sought


def fingerprint(password: str) -> bytes:
    """Give what stands for a normalized password in the list, one for all its spellings in case."""
    return sha256(password.casefold().encode()).digest()[:FINGERPRINT_BYTES]


def _fold(word: str) -> str:
    return to_form("NFKC", to_form("NFKC", word).casefold())
