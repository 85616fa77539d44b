"""What the harness wants to know of a peer. Come here to change what each of them must tell."""

import os
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.calls import Answer, Request

if TYPE_CHECKING:
    from benchmarks.servers import Server


# B027: what most peers have nothing to do for is empty, and not abstract.
# ruff: noqa: B027


class Peer(ABC):
    """An accounts service, and how it is run, asked and understood."""

    name: str
    hash: str  # one of benchmarks.hashes.HASHES
    settings: str  # how it is run, for the reader of the results
    ready: str  # the path that answers 200 once it serves
    signed_up = 200  # the status of a good sign-up
    place: Path | None = None  # where it is started; None: in its own directory

    def install(self) -> None:
        """Get it from its registry; raises `NotInstalled`."""

    def version(self) -> str:
        """What is measured."""
        return "this checkout"

    def prepare(self, directory: Path) -> None:
        """Before the first start."""

    def set_up(self, server: "Server") -> None:
        """After the first start, which is not measured."""

    @abstractmethod
    def command(self, directory: Path, port: int) -> list[str]:
        """The command line that serves in the foreground."""

    def environment(self, directory: Path, port: int) -> dict[str, str]:
        """Everything that stands in its environment."""
        return {name: value for name, value in os.environ.items() if name in {"PATH", "HOME"}}

    @abstractmethod
    def sign_up(self) -> Request:
        """Register `NAME`."""

    @abstractmethod
    def sign_in(self) -> Request:
        """Sign `NAME` in."""

    @abstractmethod
    def credentials(self, signed_in: Answer) -> dict[str, str]:
        """The headers of somebody who was signed in by this answer."""

    @abstractmethod
    def read(self, signed_in: Answer) -> Request:
        """Ask for the own profile of whom this answer signed in, without the credentials."""

    @abstractmethod
    def shown(self, answer: Answer) -> str | None:
        """The name, or the address made from it, that the answer to a read shows."""
