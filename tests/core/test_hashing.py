"""How a password becomes a hash."""

from hashlib import pbkdf2_hmac

import bcrypt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from passlib.hash import pbkdf2_sha256

from core.hashing import (
    ENGINES,
    context,
    fastest_engine,
    hash_of_nobody,
    is_cut,
    is_weak,
    matches,
    rounds_of,
)

ROUNDS = 20


@pytest.mark.asvs("11.2.1")
@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.__name__)
@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=200), st.binary(min_size=16, max_size=40), st.integers(1, 50))
def test_every_engine_computes_what_hashlib_does(engine, secret, salt, rounds):
    assert engine(secret, salt, rounds) == pbkdf2_hmac("sha256", secret, salt, rounds, 32)


def test_there_are_several_engines_and_the_fastest_is_one_of_them():
    assert len(ENGINES) == 3
    assert fastest_engine() in ENGINES


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.__name__)
def test_every_engine_reads_text_as_utf_8(engine):
    secret = "пароль é 🦊".encode()
    assert engine(secret, bytes(16), 2) == pbkdf2_hmac("sha256", secret, bytes(16), 2, 32)


@settings(max_examples=50, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=256))
def test_what_passlib_hashed_verifies_here_and_the_other_way_round(password):
    theirs = pbkdf2_sha256.using(rounds=ROUNDS).hash(password)
    ours = context(ROUNDS).hash(password)
    assert context(ROUNDS).verify(password, theirs)
    assert pbkdf2_sha256.verify(password, ours)
    assert not context(ROUNDS).verify(password + "x", theirs)
    assert not pbkdf2_sha256.verify(password + "x", ours)


# `correct horse battery`: what plain passlib makes by default, and a scheme that is not ours.
OLD = "$pbkdf2-sha256$29000$RAiBUMq5t7Y2BkBoLUXIeQ$sU5SfBgwAdB2b2C3yjKizl1OMWGGvMFU4vI3dEjO0bI"
FOREIGN = "$5$rounds=1000$zcNEshIUq/pYBC/H$dnNxtFStephqAGVy24hBpmRKBZAArbEwqvZ0Ncgcx95"


@pytest.mark.asvs("11.4.2", "11.5.1")
def test_a_hash_has_the_format_of_passlib_with_sixteen_bytes_of_salt():
    _, scheme, rounds, salt, checksum = context(ROUNDS).hash("password").split("$")
    assert (scheme, rounds) == ("pbkdf2-sha256", str(ROUNDS))
    assert (len(salt), len(checksum)) == (22, 43)


def test_two_hashes_of_one_password_differ():
    assert context(ROUNDS).hash("password") != context(ROUNDS).hash("password")


@pytest.mark.asvs("11.2.2")
@pytest.mark.parametrize(("rounds", "weaker"), [(ROUNDS - 1, True), (ROUNDS, False)])
def test_a_hash_of_fewer_rounds_needs_an_update(rounds, weaker):
    assert context(ROUNDS).needs_update(context(rounds).hash("password")) is weaker


@settings(max_examples=50, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=50))
def test_no_password_is_that_of_nobody(password):
    assert not context(ROUNDS).verify(password, hash_of_nobody(ROUNDS))


def test_the_hash_of_nobody_costs_what_a_real_one_costs():
    assert hash_of_nobody(ROUNDS).split("$")[:3] == context(ROUNDS).hash("x").split("$")[:3]
    assert not context(ROUNDS).needs_update(hash_of_nobody(ROUNDS))


def test_a_password_longer_than_passlib_takes_is_wrong_and_no_fault():
    assert not matches(context(ROUNDS), "x" * 5_000, context(ROUNDS).hash("x" * 256))


@pytest.mark.parametrize("password_hash", [OLD, FOREIGN])
def test_any_hash_that_passlib_knows_verifies_and_needs_an_update(password_hash):
    assert context(600_000).verify("correct horse battery", password_hash)
    assert not context(600_000).verify("wrong", password_hash)
    assert context(600_000).needs_update(password_hash)


BCRYPT = "$2b$04$" + "." * 53
NO_HASH = "no hash"
BROKEN = "$pbkdf2-sha256$none"


@pytest.mark.parametrize(
    ("password_hash", "weak"),
    [(OLD, False), (FOREIGN, True), (BCRYPT, True), (NO_HASH, True), (BROKEN, True)],
)
def test_a_hash_is_weak_that_is_of_another_scheme_or_none(password_hash, weak):
    assert is_weak(context(29_000), password_hash) is weak


def test_a_hash_is_weak_that_takes_fewer_rounds():
    assert is_weak(context(29_001), OLD)


@pytest.mark.parametrize(
    ("password", "password_hash", "cut"),
    [("x" * 72, BCRYPT, False), ("x" * 73, BCRYPT, True), ("é" * 37, BCRYPT, True)]
    + [("x" * 73, each, False) for each in (OLD, FOREIGN, NO_HASH)],
)
def test_bcrypt_alone_sees_the_first_72_bytes_only(password, password_hash, cut):
    assert is_cut(context(ROUNDS), password, password_hash) is cut


@pytest.mark.parametrize(
    ("password_hash", "rounds"),
    [(OLD, 29_000), (FOREIGN, 0), (None, 0), (NO_HASH, 0), (BROKEN, 0)],
)
def test_the_rounds_are_those_of_our_own_scheme_only(password_hash, rounds):
    assert rounds_of(context(ROUNDS), password_hash) == rounds


@pytest.mark.parametrize("password", ["x\0", "\0", "", "x" * 4_097])
def test_what_ends_in_nul_or_is_very_long_matches_no_hash_of_another(password):
    hashes = context(ROUNDS)
    assert matches(hashes, "x", hashes.hash("x")) is True
    assert matches(hashes, password, hashes.hash("x")) is False


def test_of_a_hash_by_bcrypt_the_first_72_bytes_match():
    cut = bcrypt.hashpw(b"x" * 72, bcrypt.gensalt(4)).decode()
    assert [matches(context(ROUNDS), "x" * length, cut) for length in (71, 72, 73)] == [
        False,
        True,
        True,
    ]


@pytest.mark.parametrize("length", [72, 73])
def test_of_a_hash_of_ours_every_byte_matters(length):
    ours = context(ROUNDS).hash("x" * length)
    assert matches(context(ROUNDS), "x" * length, ours)
    assert not matches(context(ROUNDS), "x" * (length + 1), ours)


@pytest.mark.parametrize("password_hash", [NO_HASH, BROKEN])
def test_what_is_no_hash_belongs_to_no_password(password_hash):
    assert matches(context(ROUNDS), "password", password_hash) is False
