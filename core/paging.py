"""Page cursors. Come here to change what a client gets as `next_cursor`.

A cursor names the last row that was sent, so page 10,000 costs what page 1 does. It is opaque so
that what it holds may change.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode

DEFAULT_LIMIT = 50
MAX_LIMIT = 100
_ROW_IDS = range(2**63)


def encode_cursor(row_id: int) -> str:
    """The cursor that continues behind the row with this id."""
    return urlsafe_b64encode(b"id:%d" % row_id).rstrip(b"=").decode()


def decode_cursor(cursor: str) -> int:
    """The id in a cursor of ours; raises `ValueError` for any other text."""
    raw = cursor.encode("ascii")
    kind, _, number = urlsafe_b64decode(raw + b"=" * (-len(raw) % 4)).partition(b":")
    row_id = int(number) if kind == b"id" and len(number) < 20 else -1
    if row_id not in _ROW_IDS or encode_cursor(row_id) != cursor:
        raise ValueError("not a cursor")
    return row_id
