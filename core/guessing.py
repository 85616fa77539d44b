"""How wrong passwords slow an account down. Come here to change when it delays and when it stops.

NIST SP 800-63B-4, section 3.2.2: no more than 100 consecutive failures. OWASP ASVS 5.0, 6.3.1.
"""

from datetime import timedelta

FREE_FAILURES = 5
HARD_STOP = 100
_FIRST_DELAY = timedelta(seconds=1)
LONGEST_DELAY = timedelta(minutes=15)


def delay_after(failures: int) -> timedelta:
    """How long nothing is tried after this many consecutive failures: 1 s, 2 s, 4 s … 15 min."""
    if failures <= FREE_FAILURES:
        return timedelta(0)
    # The exponent is bounded first: 2**94 seconds is no timedelta.
    doublings = min(failures - FREE_FAILURES - 1, 10)
    return min(_FIRST_DELAY * (1 << doublings), LONGEST_DELAY)
