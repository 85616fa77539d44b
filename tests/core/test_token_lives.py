"""When an access token holds, and how refresh tokens follow each other."""

import hmac
from datetime import UTC, datetime

import pytest

from core.tokens import RefreshToken, is_current

CLAIMS = {"nbf": 1_800_000_000, "exp": 1_800_000_900}


@pytest.mark.parametrize("moment", [1_799_999_970, 1_800_000_000, 1_800_000_929])
def test_a_token_holds_from_leeway_to_leeway(moment: int) -> None:
    assert is_current(CLAIMS, datetime.fromtimestamp(moment, UTC))


@pytest.mark.parametrize("moment", [1_799_999_969, 1_800_000_930])
def test_a_token_does_not_hold_beyond_it(moment: int) -> None:
    assert not is_current(CLAIMS, datetime.fromtimestamp(moment, UTC))


def test_a_new_refresh_token_is_random_in_both_parts() -> None:
    one, other = RefreshToken.new(), RefreshToken.new()
    assert (len(one.family), len(one.secret)) == (16, 32)
    assert one.family != other.family
    assert one.secret != other.secret


def test_a_refresh_token_is_read_as_it_is_written() -> None:
    token = RefreshToken.new()
    assert RefreshToken.parse(str(token)) == token
    assert len(str(token)) == 64


@pytest.mark.parametrize("text", ["", "é" * 64, "A" * 63, "A" * 68, "A" * 60, "=" * 64, "+" * 64])
def test_what_cannot_be_a_refresh_token_is_none(text: str) -> None:
    assert RefreshToken.parse(text) is None


def test_a_successor_is_the_same_for_the_same_seed_and_of_the_same_family() -> None:
    token = RefreshToken(b"f" * 16, b"s" * 32)
    successor = token.successor(b"seed")
    assert successor == token.successor(b"seed")
    assert successor.family == token.family
    assert successor.secret == hmac.digest(b"seed", token.secret, "sha256")
    assert token.successor(b"other").secret != successor.secret
    assert RefreshToken(token.family, b"t" * 32).successor(b"seed").secret != successor.secret
