"""What counts as JSON, and what is refused."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.strict_json import MAX_DEPTH, MalformedJson, loads

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=100, deadline=None)
@given(VALUES, st.booleans(), st.sampled_from([None, 1]))
def test_whatever_json_writes_within_the_limits_is_read_back(value, ascii_only, indent):
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    read = loads(text.encode())
    assert (read, type(read)) == (value, type(value))


def parse_or_refuse(raw):
    try:
        loads(raw)
    except MalformedJson as refusal:
        assert str(refusal).endswith(".")  # either way is right, nothing else is


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused_with_a_sentence(raw):
    parse_or_refuse(raw)


@pytest.mark.asvs("1.3.12")
@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from('[]{}":,\\ud8e+-.019 tfnaNI'), max_size=60))
def test_any_text_of_the_signs_of_json_is_read_or_refused_with_a_sentence(text):
    parse_or_refuse(text.encode())


@pytest.mark.parametrize("count", [33, 900, 1_000, 5_000, 60_000, 1_000_000])
@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"a":'])
def test_any_depth_over_the_limit_is_refused(opening, count):
    with pytest.raises(MalformedJson, match=r"nested deeper than 32 levels|not JSON"):
        loads(opening * count)


@pytest.mark.parametrize(("before", "after"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_the_depth_is_counted_exactly(before, after):
    inner = {b"[": b"", b'{"a":': b"1"}[before]
    loads(before * MAX_DEPTH + inner + after * MAX_DEPTH)
    with pytest.raises(MalformedJson, match="nested deeper than 32 levels"):
        loads(before * (MAX_DEPTH + 1) + inner + after * (MAX_DEPTH + 1))


@pytest.mark.parametrize("number", [2**63 - 1, -(2**63)])
def test_an_integer_of_64_bits_is_read(number):
    assert loads(str(number).encode()) == number


@pytest.mark.asvs("1.4.2")
@pytest.mark.parametrize(
    "digits", [str(2**63), str(-(2**63) - 1), "1" + "0" * 19, "-" + "9" * 20, "9" * 5_000]
)
def test_an_integer_of_more_is_refused(digits):
    with pytest.raises(MalformedJson, match="larger than 64 bits"):
        loads(digits.encode())


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"\xff", "not UTF-8"),
        (b'"\\ud800"', "half of a surrogate pair"),
        (b'{"\\udfff": 1}', "half of a surrogate pair"),
        (b'{"a": 1, "a": 1}', "stands twice"),
        (b'{"a": 1, "\\u0061": 1}', "stands twice"),
        (b"NaN", "NaN is not a JSON number"),
        (b"-Infinity", "-Infinity is not a JSON number"),
        (b"1e400", "larger than a double"),
        (b"1 2", "not JSON: Extra data"),
    ],
)
def test_the_reason_is_given(raw, reason):
    with pytest.raises(MalformedJson, match=reason):
        loads(raw)


def test_a_surrogate_pair_is_one_character():
    assert loads(b'"\\ud83e\\udd8a"') == "🦊"


def test_one_name_in_two_objects_is_no_duplicate():
    assert loads(b'[{"a": 1}, {"a": {"a": 2}}]') == [{"a": 1}, {"a": {"a": 2}}]
