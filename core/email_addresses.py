"""When two e-mail addresses are one. Come here to change that."""

import unicodedata


def canonical(address: str) -> str:
    """The form that is compared: in small letters, NFC.

    RFC 5321, section 2.4, lets a host tell letter cases of the part before the `@` apart; none
    that people use does, and people do not either.
    """
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", address).lower())
