"""Change what is promised of passwords: which are accepted, and why others are not."""

import os
from collections.abc import Iterable
from hashlib import sha256
from unicodedata import normalize as to_form

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import tables
from core.passwords import (
    FINGERPRINT_BYTES,
    PasswordRefused,
    check,
    fingerprint,
    is_frequent,
    normalize,
)


def try_out(password: str, context: Iterable[str] = ()) -> None:
    check(normalize(password), minimum=8, maximum=256, context=context)


@pytest.mark.asvs("6.2.5", "6.2.9")
@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery",
        " leading and trailing ",
        "x7\x02q\x01w\x1f\tz",
        "пароль-мой-длинный",
        "🦊🦉🐌🐙🦑🐝🦔🦚",
        "Q!" * 128,
    ],
)
def test_a_password_of_any_characters_is_accepted(password: str) -> None:
    try_out(password)


@pytest.mark.asvs("6.2.1", "6.2.4")
@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("", "at least 8"),
        ("7 chars", "at least 8"),
        ("🦊🦉🐌🐙🦑🐝🦔", "at least 8"),
        ("e\u0301" * 7, "at least 8"),
        ("Q!" * 128 + "Q", "at most 256"),
        ("a lone surrogate \ud800", "whole Unicode characters"),
        ("x7q1w9z8\0", "NUL"),  # PBKDF2 would take it for the one without
        ("password1", "most common"),
        ("PaSSword1", "most common"),
    ],
)
def test_a_bad_password_is_refused_with_its_reason(password: str, reason: str) -> None:
    with pytest.raises(PasswordRefused, match=reason):
        try_out(password)


@pytest.mark.asvs("6.2.11", "2.1.2")
@pytest.mark.parametrize(
    "password",
    ["zoe.o'neill", "ZOE.O'NEILL", "ｚｏｅ.o'neill", "zoe@example.org", "Muster Accounts"],
)
def test_a_password_that_names_its_owner_or_the_service_is_refused(password: str) -> None:
    with pytest.raises(PasswordRefused, match="name of the service"):
        try_out(password, ["Zoe.O'Neill", "zoe@example.org", "muster accounts"])


def test_a_password_that_only_contains_a_word_of_its_context_is_accepted() -> None:
    try_out("zoe.o'neill and a parrot", ["zoe.o'neill"])


def test_a_password_outside_the_limits_is_not_searched_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(tables, "frequent_passwords")
    for password in ("short", "long" * 100):
        with pytest.raises(PasswordRefused, match="characters"):
            try_out(password)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=40))
def test_normalizing_changes_nothing_but_the_composition(password: str) -> None:
    kept = normalize(password)
    assert kept == normalize(kept)
    assert to_form("NFD", kept) == to_form("NFD", password)


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(), max_size=20))
def test_any_text_is_accepted_or_refused_with_a_sentence(password: str) -> None:
    try:
        try_out(password, [password[:-1]])
    except PasswordRefused as refusal:
        assert str(refusal).endswith(".")


def test_the_first_and_the_last_row_of_the_table_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["first horse", "second horse", "third horse", "fourth horse"]
    rows = sorted(map(fingerprint, words[:3]))
    monkeypatch.setattr(tables, "frequent_passwords", lambda: b"".join(rows))
    assert [is_frequent(word) for word in words] == [True, True, True, False]


@pytest.mark.asvs("6.2.4", "6.2.12")
def test_the_table_is_the_one_of_the_decision() -> None:
    table = bytes(tables.frequent_passwords())
    rows = [table[at : at + FINGERPRINT_BYTES] for at in range(0, len(table), FINGERPRINT_BYTES)]
    assert rows == sorted(set(rows))
    assert len(rows) == 474_743
    assert sha256(table).hexdigest().startswith("ed6f7a69bcf01a3d")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_worker_reads_the_same_table() -> None:
    assert is_frequent("password1")
    worker = os.fork()
    if not worker:
        os._exit(0 if is_frequent("iloveyou1") and not is_frequent("correct horse battery") else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1]) == 0
