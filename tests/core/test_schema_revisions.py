"""Which schema suits which version."""

import pytest

from core.schema_revisions import Schema


@pytest.mark.parametrize(
    ("revision", "oldest"),
    [("0005", "0005"), ("0005", "0003"), ("0005", None), ("0006", "0005"), ("0010", "0003")],
)
def test_ones_own_schema_suits_and_a_newer_one_that_says_so(revision, oldest):
    assert Schema(revision, oldest).suits("0005")


@pytest.mark.parametrize(
    ("revision", "oldest"),
    [
        (None, None),
        (None, "0003"),
        ("0004", "0003"),  # older: it must be migrated
        ("0006", "0006"),
        ("0006", None),
        ("0006", ""),
        ("0006", "oldest"),
        ("nonsense", "0003"),
        ("0006b", "0003"),
        ("0006", "00030"),
    ],
)
def test_any_other_does_not(revision, oldest):
    assert not Schema(revision, oldest).suits("0005")


def test_ones_own_schema_is_not_a_newer_one():
    assert not Schema("0005", "0003").is_newer_but_suits("0005")
    assert Schema("0006", "0003").is_newer_but_suits("0005")
