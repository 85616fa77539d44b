"""Change what is promised of e-mail addresses: which are the same, and how long they get."""

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from marshmallow import ValidationError

from core.email_addresses import canonical
from fields import EmailAddress
from models import InvitationModel, UserModel

LONGEST = 320
letters = st.characters(categories=["L", "Mn", "Nd"])
locals_ = st.one_of(
    st.text(letters, min_size=1, max_size=64), st.sampled_from(["İ" * 64, "a" * 64])
)
labels = st.one_of(st.text(letters, min_size=1, max_size=63), st.sampled_from(["x" * 63, "ß" * 30]))
domains = st.lists(labels, min_size=1, max_size=4).map(lambda parts: ".".join([*parts, "com"]))
addresses = st.builds("{}@{}".format, locals_, domains)


def accepted(typed: str) -> str:
    try:
        return EmailAddress().deserialize(typed)
    except ValidationError:
        assume(False)
        raise


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("alice@example.com", "ALICE@Example.COM"),
        ("é@example.com", "e\u0301@example.com"),
        ("É@example.com", "e\u0301@example.com"),
        ("Ünal@bücher.example", "ünal@BÜCHER.example"),
    ],
)
def test_case_and_the_way_of_writing_accents_make_no_difference(one: str, other: str) -> None:
    assert canonical(one) == canonical(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("alice@example.com", "alice@example.org"),
        ("alice@example.com", "alice+tag@example.com"),
        ("alice@example.com", "a.lice@example.com"),
        ("alice@example.com", "аlice@example.com"),
        ("strasse@example.com", "straße@example.com"),
    ],
)
def test_everything_else_does(one: str, other: str) -> None:
    assert canonical(one) != canonical(other)


@given(st.text())
def test_what_is_compared_compares_as_itself(address: str) -> None:
    assert canonical(canonical(address)) == canonical(address)


@given(addresses)
@settings(suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
def test_every_address_that_is_accepted_fits_its_column_in_both_forms(typed: str) -> None:
    address = accepted(typed)
    assert len(address) <= LONGEST
    assert len(canonical(address)) <= LONGEST
    assert canonical(canonical(address)) == canonical(address)


def test_an_address_that_grows_the_most_still_fits() -> None:
    """A capital İ becomes two code points, and a local part has 64 at the most."""
    address = EmailAddress().deserialize("İ" * 64 + "@" + ".".join(["x" * 40] * 3) + ".ab")
    assert len(canonical(address)) == len(address) + 64 <= LONGEST


def test_the_columns_are_as_wide_as_that() -> None:
    for column in ("email", "verified_email"):
        assert UserModel.__table__.c[column].type.length == LONGEST
    assert InvitationModel.__table__.c.email.type.length == LONGEST
