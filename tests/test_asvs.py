"""The security map: that it is the one that the table and the marks make, and hides nothing."""

import pytest

from scripts import asvs

# Level 1, and not shown: nothing is added here without a word in docs/security/asvs.csv.
OPEN_AT_LEVEL_1 = set()


@pytest.fixture(scope="module")
def table():
    return asvs.requirements()


@pytest.fixture(scope="module")
def tests(table):
    return asvs.shown_by(table, asvs.marks(asvs.ROOT / "tests"))


def test_the_kept_map_is_the_one_that_the_table_and_the_tests_make(table, tests):
    assert asvs.MAP.read_text(encoding="utf-8") == asvs.render(table, tests), "make asvs"


def test_the_table_has_every_requirement_of_the_standard_once(table):
    assert len({row.id for row in table}) == len(table) == 345
    levels = [row.level for row in table]
    assert [levels.count(level) for level in asvs.LEVELS] == [70, 183, 92]


def test_whatever_is_open_or_not_applicable_has_a_reason(table, tests):
    assert not [row.id for row in table if row.not_applicable and row.open]
    silent = [row.id for row in table if asvs.state_of(row, tests) == "open" and not row.open]
    assert silent == []


def test_level_1_is_shown_but_for_what_is_known(table, tests):
    level_1 = [row for row in table if row.level == "1"]
    assert {row.id for row in level_1 if asvs.state_of(row, tests) == "open"} == OPEN_AT_LEVEL_1


@pytest.mark.parametrize(
    ("mark", "said"),
    [("99.1.1", "no requirement"), ("17.1.1", "not applicable"), ("9.2.4", "open")],
)
def test_a_mark_that_the_table_contradicts_is_a_fault(table, mark, said):
    with pytest.raises(asvs.Fault, match=said):
        asvs.shown_by(table, iter([(mark, "tests/test_x.py::test_x")]))


def test_marks_are_read_from_the_tests(tmp_path):
    marked = '@pytest.mark.asvs("6.2.1", "6.2.5")\ndef test_x():\n    pass\n'
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_x.py").write_text(marked, encoding="utf-8")
    found = list(asvs.marks(tmp_path / "tests"))
    assert found == [(each, "tests/test_x.py::test_x") for each in ("6.2.1", "6.2.5")]
