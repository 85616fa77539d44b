"""What schemathesis cannot read in the document: who calls, and the formats of Muster's own.

schemathesis loads this file (schemathesis.toml). Come here when a format or a scheme is added.
"""

import os
from itertools import count
from string import ascii_lowercase, digits

import httpx
import schemathesis
from hypothesis import strategies as st

from core.paging import encode_cursor

MUSTER = os.environ["MUSTER"]
# What is shown for the schemes that are not somebody's own token.
SECRETS = {
    "app_secret": os.environ["MUSTER_INTROSPECTION_SECRET"],
    "metrics_token": os.environ["MUSTER_METRICS_TOKEN"],
}
PASSWORD = "correct horse battery"
_NUMBERS = count(1)

# Texts that Muster's rules accept for certain; the schema alone would allow "00000000", too.
_letters = st.text(ascii_lowercase + digits, min_size=7, max_size=24)
schemathesis.openapi.format("username", _letters.map("u{}".format))
schemathesis.openapi.format("password", _letters.map("correct horse {}".format))
schemathesis.openapi.format("team-name", _letters)
schemathesis.openapi.format("cursor", st.integers(0, 2**63 - 1).map(encode_cursor))


@schemathesis.auth(retry_on=[401], refresh_interval=3600)
class Caller:
    """Somebody new as often as a session ended: operations sign out and delete accounts, too."""

    def get(self, case, context):
        person = {"username": f"caller-{next(_NUMBERS)}", "password": PASSWORD}
        httpx.post(f"{MUSTER}/register", json=person).raise_for_status()
        answer = httpx.post(f"{MUSTER}/login", json=person).raise_for_status()
        return answer.json()["access_token"]

    def set(self, case, data, context):
        security = case.operation.definition.raw.get("security", [])
        shown = [SECRETS[scheme] for each in security for scheme in each if scheme in SECRETS]
        case.headers["Authorization"] = f"Bearer {(*shown, data)[0]}"
