"""Cursors."""

import string
from base64 import urlsafe_b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.paging import decode_cursor, encode_cursor

LARGEST = 2**63 - 1


@settings(max_examples=200, deadline=None)
@given(st.integers(0, LARGEST))
def test_a_cursor_holds_any_id(row_id):
    assert decode_cursor(encode_cursor(row_id)) == row_id


@settings(max_examples=200, deadline=None)
@given(st.integers(0, LARGEST))
def test_a_cursor_can_stand_in_a_url_as_it_is(row_id):
    assert set(encode_cursor(row_id)) <= set(string.ascii_letters + string.digits + "-_")


def assert_exact_or_refused(text):
    try:
        row_id = decode_cursor(text)
    except ValueError:
        return
    assert encode_cursor(row_id) == text
    assert 0 <= row_id <= LARGEST


@pytest.mark.asvs("15.3.5")
@settings(max_examples=300, deadline=None)
@given(st.text(max_size=30) | st.text(string.ascii_letters + string.digits + "-_=", max_size=30))
def test_any_text_is_the_one_spelling_of_an_id_or_refused(text):
    assert_exact_or_refused(text)


@pytest.mark.parametrize("row_id", [2**63, 10**19 - 1, 10**19, 10**4_000])
def test_an_id_that_no_row_can_have_is_refused(row_id):
    with pytest.raises(ValueError, match="not a cursor"):
        decode_cursor(encode_cursor(row_id))


@pytest.mark.parametrize("at", range(len(encode_cursor(1_234))))
def test_a_cursor_with_any_character_changed_is_refused_or_that_of_another_id(at):
    cursor = encode_cursor(1_234)
    for char in string.ascii_letters + string.digits + "-_=. é":
        assert_exact_or_refused(cursor[:at] + char + cursor[at + 1 :])


@pytest.mark.parametrize(
    "raw", [b"id:-1", b"id:01", b"id:+1", b"id: 1", b"id:1_0", b"ID:1", b"id:"]
)
def test_another_spelling_of_an_id_is_refused(raw):
    with pytest.raises(ValueError, match=r"."):
        decode_cursor(urlsafe_b64encode(raw).rstrip(b"=").decode())
