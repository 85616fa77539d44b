"""Rebuild the table of the most common passwords from a text file (see decision 0004).

Usage: python -m scripts.build_common_passwords PASSWORD_LIST

The list is UTF-8, one password a line. The same list gives the same bytes.
"""

import sys
from pathlib import Path

from core.passwords import fingerprint, normalize

TABLE = Path(__file__).parent.parent / "core" / "tables" / "frequent_passwords.bin"
SHORTEST = 8  # no setting allows shorter ones, so they need no entry


def main(source: Path) -> None:
    """Write the sorted fingerprints of all passwords that are long enough to be chosen."""
    passwords = map(normalize, source.read_text(encoding="utf-8").split("\n"))
    found = sorted({fingerprint(password) for password in passwords if len(password) >= SHORTEST})
    TABLE.write_bytes(b"".join(found))
    print(f"{len(found)} fingerprints")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
