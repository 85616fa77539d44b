"""What a journey may use besides the database. Come here to give all journeys something new."""

from dataclasses import dataclass, field
from threading import Event

from config import Settings
from services.counts import Counts
from services.hashing import PasswordHasher

# Where a server puts into the WSGI environment what runs a call beside the request.
LATER = "muster.later"


@dataclass(frozen=True)
class Context:
    """One per app, so that two apps in one process share nothing."""

    settings: Settings
    hasher: PasswordHasher
    schema_revision: str
    counts: Counts
    draining: Event = field(default_factory=Event)  # set once this process is about to stop
