"""What a device is called. Come here to change how a user agent is shown to people."""

from ua_parser import parse

MAX_LENGTH = 512


def describe(user_agent: str) -> str:
    """A short name for a `User-Agent`, such as "Firefox on Linux". It may have lied."""
    parsed = parse(user_agent[:MAX_LENGTH])
    parts = [part.family for part in (parsed.user_agent, parsed.os) if part]
    return " on ".join(parts) or "Unknown device"
