"""A server under measurement and somebody who is signed in there.

Come here to change how the answers of a peer are checked.
"""

from dataclasses import dataclass, field

from benchmarks.calls import Answer, Request, ask, name_of
from benchmarks.servers import Failed, Server


@dataclass
class Subject:
    """A server, somebody who is signed in there, and the names that have accounts."""

    server: Server
    seconds: float
    read: Request = field(init=False)
    names: int = 0  # from `first_name` on
    first_name: int = 0

    def enter(self, first_name: int) -> None:
        """Make a first account, sign it in, and check that reads are right."""
        peer, port = self.server.peer, self.server.port
        self.first_name, self.names = first_name, 1
        name = name_of(first_name)
        _expect(ask(port, peer.sign_up().called(name)), peer.signed_up, "sign-up")
        signed_in = ask(port, peer.sign_in().called(name))
        _expect(signed_in, 200, "sign-in")
        plain = peer.read(signed_in)
        headers = {**plain.headers, **peer.credentials(signed_in)}
        self.read = Request(plain.method, plain.path, headers=headers)
        self.check()

    def check(self) -> None:
        """The profile is shown to whom it belongs, and not to a stranger."""
        peer, port = self.server.peer, self.server.port
        name = name_of(self.first_name)
        answer = ask(port, self.read)
        _expect(answer, 200, "read")
        if peer.shown(answer) not in {name, f"{name}@example.com"}:
            raise Failed(f"{peer.name} shows {answer.json} to {name}.")
        public = {key: value for key, value in self.read.headers.items() if key == "Accept"}
        stranger = ask(port, Request(self.read.method, self.read.path, headers=public))
        if name in str(stranger.json):
            raise Failed(f"{peer.name} shows {stranger.json} to a stranger.")


def _expect(answer: Answer, status: int, what: str) -> None:
    if answer.status != status:
        raise Failed(f"A {what} was answered with {answer.status}: {answer.json}.")
