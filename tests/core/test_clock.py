"""What time it is."""

from datetime import UTC, datetime

from core import clock


def test_now_is_between_before_and_after_and_in_utc():
    before = datetime.now(UTC)
    now = clock.now()
    assert before <= now <= datetime.now(UTC)
    assert now.tzinfo is UTC
