"""Which versions of Muster may use which schema. Come here to change what an older one accepts.

Revisions are the numbers of the files in migrations/versions, as text: "0003".
"""

import re
from typing import NamedTuple

_REVISION = re.compile(r"[0-9]{4}")


class Schema(NamedTuple):
    """What a database says of itself. A newer Muster may have written it."""

    revision: str | None  # None: nothing
    oldest_revision: str | None  # whoever knows this one can use the schema; None: nobody else

    def suits(self, known: str) -> bool:
        """Whether a version that knows the revisions up to `known` may use it as it is."""
        return self.revision == known or self.is_newer_but_suits(known)

    def is_newer_but_suits(self, known: str) -> bool:
        """Whether it has what that version knows, and more that it need not know."""
        revision, oldest = self.revision or "", self.oldest_revision or ""
        if not (_REVISION.fullmatch(revision) and _REVISION.fullmatch(oldest)):
            return False
        return oldest <= known < revision
