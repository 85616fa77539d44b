"""Change what is promised of usernames: which are accepted, and which count as the same."""

import json
from hashlib import sha256
from unicodedata import normalize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import tables, usernames
from core.usernames import (
    MAXIMUM_SKELETON_LENGTH,
    Username,
    UsernameRefused,
    canonical,
    parse,
    skeleton,
)

# Changes only with the tables: a change after an upgrade of Python or of a library means that
# the upgrade would change who is who (decision 0003).
GOLDEN = "60a689c0eea22e2791f71f6090e6b3e4600213abf41bcfb8b587b27736f84336"

LETTERS = [chr(cp) for span in tables.repertoire() for cp in range(span.first, span.last + 1)]
plain_names = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{1,31}", fullmatch=True)
repertoire_texts = st.text(st.sampled_from(LETTERS), min_size=1, max_size=8)
any_texts = st.one_of(st.text(st.characters(), max_size=40), repertoire_texts, plain_names)


def accepted(typed: str) -> Username | None:
    try:
        return parse(typed)
    except UsernameRefused:
        return None


@pytest.mark.parametrize(
    "typed",
    [
        "alice",
        "a1",
        "7up",
        "Jean-Luc.Picard_1701",
        "x" * 32,
        "straße",
        "Ze\u0301",
        "a\u0300\u0301\u0302\u0303",
        "ﾡￂﾡￂ",
        "Łukasz",
        "Ἀθηνᾶ",
        "Мария",
        "İbrahim",
        "हिन्दी",
        "ไทย",
        "محمد",
        "אבג7",
        "한글abc",
        "かなカナ漢字abc",
        "ㄅㄆ漢",
        "ｱﾘｽ",
    ],
)
def test_a_name_of_one_writing_system_is_accepted(typed: str) -> None:
    assert parse(typed).display == normalize("NFC", typed)


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "at least 2"),
        ("a", "at least 2"),
        ("x" * 33, "at most 32"),
        ("x" * 65_000, "at most 32"),
        ("ｶﾞ" * 17, "at most 32"),
        ("İ" * 17, "at most 32"),
        (".bob", "starts with"),
        ("_bob", "starts with"),
        ("-bob", "starts with"),
        ("\u0301bob", "starts with"),
        ("bob@example.org", "made of letters"),
        ("bob＠home", "made of letters"),
        ("bob smith", "made of letters"),
        ("bob\x00", "made of letters"),
        ("bob\ud800", "made of letters"),
        ("bob\u200d", "made of letters"),
        ("bo\u00adb", "made of letters"),
        ("ﬁsh", "made of letters"),
        ("ɦello", "made of letters"),
        ("bob🙂", "made of letters"),
        ("pаypal", "one script"),
        ("Ꮯherokee", "one script"),
        ("aяб", "one script"),
        ("ϴα", "made of letters"),
        ("漢あㄅ", "one script"),
        ("한글かな", "one script"),
        ("漢字я", "one script"),
        ("क१2", "digits of one kind"),
        ("กิิ", "too many marks"),
        ("é\u0301", "too many marks"),
        ("a\u0300\u0301\u0302\u0303\u0304", "too many marks"),
        ("אבa", "right to left"),
        ("אב-", "right to left"),
        ("١٢٣", "right to left"),
        ("admin", "reserved"),
    ],
)
def test_what_cannot_be_a_username_is_refused_with_its_reason(typed: str, reason: str) -> None:
    with pytest.raises(UsernameRefused, match=reason):
        parse(typed)


@pytest.mark.parametrize(
    "typed",
    [
        "AdminIstrator",
        "lnvitation",
        "aII",
        "ADMIN",
        "Admin",
        "adm1n",
        "ADMlN",
        "ＡＤＭＩＮ",
        "r00t",
        "rnuster",
        "Мe",
    ],
)
def test_a_reserved_name_is_refused_in_every_disguise(typed: str) -> None:
    assert accepted(typed) is None


@pytest.mark.asvs("1.3.12")
def test_an_endless_text_is_refused_before_it_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usernames, "_PRECIS", None)
    assert canonical("x" * 129) is None


def test_what_is_short_enough_once_composed_is_a_name_however_it_is_typed() -> None:
    four_in_one = normalize("NFD", "\u1f82")
    assert parse(four_in_one * 32).display == "\u1f82" * 32


def test_every_reserved_name_is_a_name_that_could_be_typed() -> None:
    assert [canonical(word) for word in tables.reserved_usernames()] == list(
        tables.reserved_usernames()
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Alice", "aLICE"),
        ("alice", "ＡＬＩＣＥ"),
        ("ΝΙΚΟΣ", "νικος"),
        ("e\u0301a", "É\u0041"),
        ("ガガ", "ｶﾞｶﾞ"),
    ],
)
def test_case_width_and_composition_make_no_other_name(one: str, other: str) -> None:
    assert parse(one).canonical == parse(other).canonical


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("paypal", "paypaI"),
        ("paypal", "paypa1"),
        ("paypal", "ｐａｙｐａ１"),
        ("paypal", "PAYPAL"),
        ("google", "G00gle"),
        ("modem", "modern"),
        ("coco", "сосо"),
        ("COCO", "СОСО"),
        ("scope", "ѕсоре"),
        ("ibrahim", "i̇brahim"),
        ("ian", "l̇an"),
        ("Ian", "lan"),
        ("İan", "ian"),
        ("カ一", "力ー"),
    ],
)
def test_names_that_look_alike_share_a_skeleton(one: str, other: str) -> None:
    assert parse(one).skeletons & parse(other).skeletons


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a.b", "a_b"),
        ("a.b", "a-b"),
        ("a_b", "a-b"),
        ("a.b", "ab"),
        ("jose", "josé"),
        ("lola", "iola"),
    ],
)
def test_names_that_can_be_told_apart_have_different_skeletons(one: str, other: str) -> None:
    assert not parse(one).skeletons & parse(other).skeletons


@settings(max_examples=300, deadline=None)
@given(any_texts)
def test_any_text_is_a_name_or_is_refused_with_a_sentence(typed: str) -> None:
    try:
        name = parse(typed)
    except UsernameRefused as refusal:
        assert str(refusal).endswith(".")
    else:
        assert 2 <= len(name.canonical) <= 32
        assert len(name.display) <= 32
        assert name == parse(typed)


@settings(max_examples=300, deadline=None)
@given(any_texts)
def test_the_form_looked_up_is_the_form_that_was_stored(typed: str) -> None:
    name = accepted(typed)
    assert canonical(typed) == name.canonical if name else True


@pytest.mark.asvs("1.1.1")
@settings(max_examples=200, deadline=None)
@given(repertoire_texts)
def test_the_canonical_form_is_its_own_canonical_form(typed: str) -> None:
    compared = canonical(typed)
    assert compared is None or canonical(compared) == compared


@settings(max_examples=200, deadline=None)
@given(plain_names)
def test_a_plain_name_is_the_same_in_any_case_and_width(typed: str) -> None:
    wide = "".join(chr(ord(char) + 0xFEE0) for char in typed)
    assert {canonical(each) for each in (typed, typed.upper(), wide)} == {typed.lower()}


@settings(max_examples=300, deadline=None)
@given(any_texts)
def test_the_skeleton_of_a_skeleton_is_itself(typed: str) -> None:
    if accepted(typed):
        assert skeleton(skeleton(typed)) == skeleton(typed)


def test_the_longest_skeleton_fits_its_column() -> None:
    assert max(len(skeleton(letter)) for letter in LETTERS) * 32 == MAXIMUM_SKELETON_LENGTH


def first_letter_of(scripts: frozenset[str]) -> str:
    letters = (span for span in tables.repertoire() if span.category[0] == "L")
    return next((chr(span.first) for span in letters if span.scripts & scripts), "a")


def test_an_upgrade_does_not_change_who_is_who() -> None:
    digest = sha256()
    # Ideographs and Hangul syllables have no case and come by the thousand: a sample is enough.
    for letter in (c for c in LETTERS if c < "\u3400" or ord(c) % 61 == 0):
        span = tables.span_of(letter)
        assert span is not None
        base = letter if span.category[0] in "LN" else first_letter_of(span.scripts)
        name = accepted(base + letter)
        forms = (name.display, name.canonical, sorted(name.skeletons)) if name else None
        results = (canonical(base + letter), skeleton(letter), forms)
        digest.update(json.dumps(results).encode())
    assert digest.hexdigest() == GOLDEN
