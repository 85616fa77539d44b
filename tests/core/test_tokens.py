"""What an access token must look like."""

import json
from base64 import urlsafe_b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.tokens import CLAIM_TYPES, MAX_LENGTH, RefreshToken, has_sound_claims, is_canonical

SOUND = {
    "iss": "http://127.0.0.1:8000",
    "aud": "muster",
    "sub": "7",
    "exp": 1_800_000_900,
    "iat": 1_800_000_000,
    "nbf": 1_800_000_000,
    "jti": "b6ae7c2c",
    "sid": 7,
    "fresh": True,
    "auth_time": 1_800_000_000,
}


def test_all_claims_of_the_right_kind_are_sound():
    assert has_sound_claims(SOUND)


def test_other_claims_do_not_matter():
    assert has_sound_claims(SOUND | {"type": "access"})


def test_the_claims_are_those_of_the_contract():
    assert CLAIM_TYPES.keys() == SOUND.keys()


@pytest.mark.parametrize("claim", SOUND)
def test_a_claim_that_is_missing_is_not_sound(claim):
    assert not has_sound_claims({name: SOUND[name] for name in SOUND if name != claim})


@pytest.mark.parametrize("claim", SOUND)
@pytest.mark.parametrize("value", [None, 1.5, [], {}, b"7"])
def test_a_claim_of_another_kind_is_not_sound(claim, value):
    assert not has_sound_claims(SOUND | {claim: value})


@pytest.mark.parametrize(
    ("claim", "value"),
    [("exp", "1800000900"), ("exp", True), ("sid", "7"), ("sid", True), ("fresh", 1), ("sub", 7)],
)
def test_a_claim_that_python_could_take_for_the_right_kind_is_not_sound(claim, value):
    assert not has_sound_claims(SOUND | {claim: value})


@pytest.mark.parametrize("subject", ["", "-1", "+1", "1.0", "1_0", " 1", "١", "²", "alice", "0x1"])
def test_a_subject_that_is_no_id_is_not_sound(subject):
    assert not has_sound_claims(SOUND | {"sub": subject})


@pytest.mark.parametrize(("claim", "value"), [("sub", "9" * 30), ("sid", 2**63)])
def test_an_id_that_no_row_can_have_is_not_sound(claim, value):
    assert not has_sound_claims(SOUND | {claim: value})


def encoded(raw):
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


@settings(max_examples=100, deadline=None)
@given(*[st.dictionaries(st.text(max_size=5), st.integers(0, 9))] * 2, st.binary(max_size=40))
def test_two_objects_and_a_signature_as_they_should_be_written_are_canonical(
    header, claims, signature
):
    texts = [json.dumps(each).encode() for each in (header, claims)]
    assert is_canonical(".".join(map(encoded, [*texts, signature])))


@pytest.mark.parametrize("header", [b'{"alg":"ES256","alg":"none"}', b"[]", b"", b"{} {}"])
def test_a_part_that_is_no_object_in_one_reading_is_not_canonical(header):
    assert not is_canonical(f"{encoded(header)}.e30.YQ")


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(max_size=12), min_size=3, max_size=3))
def test_any_other_spelling_is_not_canonical(parts):
    if is_canonical(".".join(parts)):
        assert all(part.isascii() and "=" not in part and len(part) % 4 != 1 for part in parts)


@pytest.mark.parametrize(
    "token",
    [
        "",
        "..x",
        "YQ.YQ",
        "e30.e30.YQ.YQ",
        "e30=.e30.YQ",
        "e30.e30.YQ=",
        "e30.e30.YR",  # the unused bits are not zero
        "e30.e30.Y",
        "e30.e30.Y Q",
        "e30.e30.YQ\n",
        "e30.e30.+w",
        "e30.e30.é",
    ],
)
def test_a_spelling_that_a_decoder_would_overlook_is_not_canonical(token):
    assert not is_canonical(token)


def test_a_token_that_is_too_long_is_not_canonical():
    part = "A" * (MAX_LENGTH // 4 * 4)
    assert is_canonical(f"e30.e30.{part[8:]}")
    assert not is_canonical(f"e30.e30.{part}")


@pytest.mark.parametrize("last", range(64))
def test_a_refresh_token_is_read_back_whatever_letter_it_ends_in(last):
    token = RefreshToken(bytes(16), bytes(31) + bytes([last]))
    assert RefreshToken.parse(str(token)) == token


def test_a_refresh_token_holds_128_bits_of_family_and_256_of_secret():
    token = RefreshToken.new()
    assert (len(token.family), len(token.secret)) == (16, 32)
