"""Change what is promised of teams' names: which are accepted, and how they are kept."""

import sys
from unicodedata import category, is_normalized, normalize

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.team_names import MAX_LENGTH, TeamNameRefused, parse

texts = st.one_of(
    st.text(max_size=110),
    st.text(st.characters(categories=["L", "M", "N", "P", "S", "Zs"]), min_size=1, max_size=60),
    st.text(st.sampled_from("aé\u0301 \u3000\u200d\u202e\u2066\n\0\u3164"), max_size=8),
)
ALL = [chr(code) for code in range(sys.maxunicode + 1)]


def accepted(typed: str) -> str | None:
    try:
        return parse(typed)
    except TeamNameRefused:
        return None


@given(texts)
@example(" \u0301a")
@example("a\u0344 ")
@example("\u2000a\u2001")
def test_what_is_kept_is_accepted_and_kept_again_unchanged(typed: str) -> None:
    kept = accepted(typed)
    assert kept is None or parse(kept) == kept


@given(texts)
def test_what_is_kept_fits_the_database_and_one_line(typed: str) -> None:
    kept = accepted(typed)
    if kept is not None:
        assert 1 <= len(kept) <= MAX_LENGTH
        assert kept == kept.strip()
        assert is_normalized("NFC", kept)
        assert len(kept.splitlines()) == 1
        assert not {category(char) for char in kept} & {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"}
        kept.encode("utf-8")


@given(texts)
def test_every_way_to_write_the_same_text_is_the_same_name(typed: str) -> None:
    assert accepted(normalize("NFD", typed)) == accepted(normalize("NFC", typed))


@given(st.text(), st.text())
def test_a_character_of_control_or_direction_is_refused_wherever_it_stands(
    before: str, after: str
) -> None:
    for char in "\0\x1b\x7f\x9b\u202e\u2066\u200f\u061c\ue000\uffff":
        assert accepted(f"a{before}{char}{after}a") is None


@pytest.mark.parametrize("length", [1, MAX_LENGTH])
@pytest.mark.parametrize("char", ["x", "é", "e\u0301", "🦜", "字"])
def test_lengths_are_of_code_points_in_nfc(char: str, length: int) -> None:
    assert parse(char * length) == normalize("NFC", char) * length
    assert accepted(char * (MAX_LENGTH + 1)) is None


def test_every_letter_number_and_sign_that_shows_is_a_name_of_its_own() -> None:
    blank = {"\u115f", "\u1160", "\u2800", "\u3164", "\uffa0"}
    visible = {char for char in ALL if category(char)[0] in "LNPS"} - blank
    refused = {char for char in visible if accepted(char) is None}
    assert len(visible) > 100_000
    assert refused == set()


def test_nothing_else_is_a_name_of_its_own() -> None:
    others = [char for char in ALL if category(char)[0] not in "LNPS"]
    assert [char for char in others if accepted(char) is not None] == []


@pytest.mark.parametrize(
    "typed", ["", " ", "\u200b", "\u0301", "\u3164", "\u2800\u3164", " \uffa0"]
)
def test_the_reason_for_what_shows_nothing_says_so(typed: str) -> None:
    with pytest.raises(TeamNameRefused, match="something to see"):
        parse(typed)


def test_the_reason_for_a_name_that_is_too_long_gives_the_length() -> None:
    with pytest.raises(TeamNameRefused, match="at most 100 characters"):
        parse("x" * (MAX_LENGTH + 1))


@pytest.mark.parametrize("typed", ["a\nb", "a\0", "a\u2028b", "a\u202eb"])
def test_the_reason_for_a_control_character_says_so(typed: str) -> None:
    with pytest.raises(TeamNameRefused, match="one line, without control characters"):
        parse(typed)
