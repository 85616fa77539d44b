"""What the log says of who signed in and who tried. Come here to change it.

Never what was typed as a name: people type passwords there. Address and request are added by
access_log.py.
"""

import logging

METHODS = PASSWORD, REFRESH_TOKEN, CURRENT_PASSWORD = (
    *("password", "refresh_token", "current_password"),
)
# Who signs in hears none of it. An account that is disabled is as unknown.
OF_PASSWORDS = SUCCEEDED, WRONG_PASSWORD, UNKNOWN_ACCOUNT, DELAYED = (
    *("succeeded", "wrong_password", "unknown_account", "delayed"),
)
OF_TOKENS = UNKNOWN_TOKEN, EXPIRED, REPLAYED = "unknown_token", "expired", "replayed"
_log = logging.getLogger("muster.sign_in")


def note(
    method: str, outcome: str, *, user_id: int | None = None, session_id: int | None = None
) -> None:
    """Log one attempt: at which account, if there is one, and of which session."""
    if not _log.isEnabledFor(logging.INFO):
        return
    who = {"user_id": user_id, "session_id": session_id}
    fields = {"method": method, "outcome": outcome, **who}
    # Not _log.info(), for the reason that access_log.py has; `fields` is what it writes.
    record = {"name": _log.name, "levelno": logging.INFO, "levelname": "INFO", "msg": "attempt"}
    _log.handle(logging.makeLogRecord(record | fields | {"fields": fields}))
