"""How long nothing is tried after so many failures."""

from datetime import timedelta

import pytest

from core.guessing import HARD_STOP, delay_after


@pytest.mark.parametrize("failures", [0, 1, 5])
def test_five_failures_cost_nothing(failures: int) -> None:
    assert delay_after(failures) == timedelta(0)


@pytest.mark.parametrize(
    ("failures", "seconds"), [(6, 1), (7, 2), (8, 4), (9, 8), (14, 256), (15, 512)]
)
def test_each_further_one_doubles_the_delay(failures: int, seconds: int) -> None:
    assert delay_after(failures) == timedelta(seconds=seconds)


@pytest.mark.parametrize("failures", [16, 17, HARD_STOP, 10**9])
def test_no_delay_is_longer_than_a_quarter_of_an_hour(failures: int) -> None:
    assert delay_after(failures) == timedelta(minutes=15)
