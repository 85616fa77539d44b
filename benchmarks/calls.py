"""Requests and answers. Come here to change how a single request is made."""

import json
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Any, NamedTuple

PASSWORD = "correct horse battery"
NAME = "name00000000"  # stands for a name in a request; all others are as long as this one


def name_of(number: int) -> str:
    """The name with this number."""
    return f"name{number:08d}"


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: dict[str, str]  # names in lower case
    json: Any


@dataclass(frozen=True)
class Request:
    """What is sent. `NAME` in the body is replaced by the names of many people."""

    method: str
    path: str
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of_json(cls, path: str, **fields: str) -> "Request":
        """A POST of JSON."""
        return cls("POST", path, json.dumps(fields), {"Content-Type": "application/json"})

    def encoded(self, port: int) -> str:
        """The whole request as it goes over the wire."""
        headers = {"Host": f"127.0.0.1:{port}", **self.headers}
        if self.body:
            headers["Content-Length"] = str(len(self.body.encode()))
        lines = [f"{self.method} {self.path} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join([*lines, "", self.body])

    def called(self, name: str) -> "Request":
        """The same for this name."""
        return Request(self.method, self.path, self.body.replace(NAME, name), self.headers)


def ask(port: int, request: Request) -> Answer:
    """One request on a connection of its own."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        return ask_on(connection, request)


def ask_on(connection: HTTPConnection, request: Request) -> Answer:
    """One request on a connection that stays open."""
    connection.request(
        request.method, request.path, request.body.encode() or None, dict(request.headers)
    )
    response = connection.getresponse()
    content = response.read()
    headers = {name.lower(): value for name, value in response.getheaders()}
    is_json = "json" in headers.get("content-type", "")
    return Answer(response.status, headers, json.loads(content) if content and is_json else None)
