"""How a password becomes a hash."""

from hashlib import pbkdf2_hmac

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from passlib.hash import pbkdf2_sha256

from core.hashing import ENGINES, context, fastest_engine, hash_of_nobody, matches

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
