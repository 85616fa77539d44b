"""How a worker stops. Come here to change what SIGTERM does before the server shuts down.

granian closes its port and finishes what it has in hand. That alone loses requests: those that
wait to be accepted at that moment, and those that a proxy just then sends on an idle connection.
So the port and the connections are emptied first. SIGINT stops at once.
"""

import ctypes
import os
import signal
import socket
import stat
import struct
import sys
from asyncio import AbstractEventLoop
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Event

_EMPTIED_WITHIN = 0.2  # seconds; to accept and to begin what has already arrived
_PR_SET_PDEATHSIG = 1  # prctl(2)
_SO_ATTACH_FILTER = 26  # socket(7)
# Classic BPF on the TCP header: keep a segment if byte 13 has ACK (16), else drop it.
_DROP_SYN = (
    struct.pack("HBBI", 0x30, 0, 0, 13)
    + struct.pack("HBBI", 0x45, 0, 1, 16)
    + struct.pack("HBBI", 0x06, 0, 0, 0xFFFFFFFF)
    + struct.pack("HBBI", 0x06, 0, 0, 0)
)


def end_with_parent() -> None:
    """Linux: when the main process is killed, the workers must not go on holding the port."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGINT)


def drain_first(loop: AbstractEventLoop, draining: Event, seconds: int) -> None:
    """From now on SIGTERM sets `draining` for so many seconds, and only then stops granian.

    Requests are still served meanwhile, each on its last connection.
    """

    def begin() -> None:
        if not draining.is_set():
            draining.set()
            loop.call_later(seconds, refuse)

    def refuse() -> None:
        loop.call_later(_EMPTIED_WITHIN, os.kill, os.getpid(), signal.SIGINT)
        with suppress(OSError):  # a kernel that cannot do it: a few requests may be lost
            _refuse_newcomers()

    loop.add_signal_handler(signal.SIGTERM, begin)


def _refuse_newcomers() -> None:
    """Linux: let nobody else into the queue before the port, which is lost when it is closed.

    A client tries again after a second by itself; by then the port is closed, and it hears so.
    """
    if sys.platform == "linux":
        program = ctypes.create_string_buffer(_DROP_SYN, len(_DROP_SYN))
        attached = struct.pack("HP", len(_DROP_SYN) // 8, ctypes.addressof(program))
        for listener in _listeners():
            listener.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, attached)


def _listeners() -> Iterator[socket.socket]:
    """The ports of this process: granian keeps them to itself."""
    for path in Path("/proc/self/fd").iterdir():
        descriptor = int(path.name)
        try:
            if not stat.S_ISSOCK(os.fstat(descriptor).st_mode):
                continue
        except OSError:  # closed meanwhile
            continue
        with socket.socket(fileno=os.dup(descriptor)) as each:
            if each.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                yield each
