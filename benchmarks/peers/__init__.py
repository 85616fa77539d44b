"""Who is compared. Come here to add a peer, or a second way to run one."""

from benchmarks.peers.better_auth import BetterAuth
from benchmarks.peers.fastapi_users import FastapiUsers
from benchmarks.peers.flask_security import FlaskSecurity
from benchmarks.peers.muster import Muster
from benchmarks.peers.peer import Peer
from benchmarks.peers.pocketbase import PocketBase

PEERS: tuple[Peer, ...] = (
    Muster(),
    Muster(log=False),
    PocketBase(),
    PocketBase(log=False),
    FastapiUsers(),
    FlaskSecurity(),
    BetterAuth(),
)
