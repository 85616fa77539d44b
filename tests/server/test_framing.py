"""How Muster behaves on the wire. Come here to change what a hostile client meets."""

import contextlib
import json
import selectors
import socket
import time

import pytest

from tests.server.running import person, statuses, talk

PING = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
POST = b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
GET = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
LAST = GET + b"Connection: close\r\n\r\n"

HALF_OPEN = {
    "headers that never end": POST,
    "no body": POST + b"Content-Length: 100\r\n\r\n",
    "half a body": POST + b'Content-Length: 100\r\n\r\n{"a":',
    "no chunk": CHUNKED,
    "chunks that never end": CHUNKED + b"5\r\nhello\r\n",
}
# Each is followed by a PING, which would be answered if the server lost count.
REFUSED = {
    "two different lengths": POST + b"Content-Length: 3\r\nContent-Length: 5\r\n\r\nhello",
    "a list of lengths": POST + b"Content-Length: 5, 5\r\n\r\nhello",
    "a negative length": POST + b"Content-Length: -1\r\n\r\nhello",
    "a signed length": POST + b"Content-Length: +5\r\n\r\nhello",
    "a hexadecimal length": POST + b"Content-Length: 0x5\r\n\r\nhello",
    "an empty length": POST + b"Content-Length: \r\n\r\nhello",
    "a length over 64 bits": POST + b"Content-Length: 18446744073709551616\r\n\r\nhello",
    "the longest length": POST + b"Content-Length: 18446744073709551615\r\n\r\nhello",
    "a length over the limit": POST + b"Content-Length: 65537\r\n\r\n",
    "an unknown transfer coding": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "a coding after chunked": POST + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    "chunked, then identity": POST
    + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "a space before the colon": POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "a vertical tab before chunked": POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "chunked in HTTP/1.0": POST.replace(b"1.1", b"1.0")
    + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "length and chunked": POST
    + b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a chunk size that is no number": CHUNKED + b"ZZ\r\nhello\r\n0\r\n\r\n",
    "a bad chunk size after a good one": CHUNKED + b"5\r\nhello\r\nZZ\r\n",
    "a negative chunk size": CHUNKED + b"-5\r\nhello\r\n0\r\n\r\n",
    "a chunk size over 64 bits": CHUNKED + b"FFFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n",
    "a chunk longer than its size": CHUNKED + b"3\r\nhello\r\n0\r\n\r\n",
    "chunks that end in LF": CHUNKED + b"5\nhello\n0\n\n",
    "a chunk extension of 64 KiB": CHUNKED + b"5;" + b"x" * 65536 + b"\r\nhello\r\n0\r\n\r\n",
    "chunks over the limit": CHUNKED + (b"8000\r\n" + b"a" * 32768 + b"\r\n") * 32,
    "a folded header": GET + b"X-A: 1\r\n  2\r\n\r\n",
    "a NUL in a header": GET + b"X-A: a\0b\r\n\r\n",
    "a CR in a header": GET + b"X-A: a\rb\r\n\r\n",
    "a space in a header's name": GET + b"X A: 1\r\n\r\n",
    "a line without a colon": GET + b"nonsense\r\n\r\n",
    "a NUL in the target": b"GET /he\0althz HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a space in the target": b"GET /he althz HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "100 KB of headers": GET + b"X-A: " + b"a" * 100_000 + b"\r\n\r\n",
    "101 headers": GET + b"".join(b"X-%d: a\r\n" % number for number in range(100)) + b"\r\n",
    "a target of 100 KB": b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "no Host": b"GET /healthz HTTP/1.1\r\n\r\n",
    "two Hosts": GET + b"Host: y\r\n\r\n",
    "the same Host twice": GET + b"Host: localhost\r\n\r\n",
    "HTTP/0.9": b"GET /healthz\r\n\r\n",
    "HTTP/1.2": b"GET /healthz HTTP/1.2\r\nHost: localhost\r\n\r\n",
    "an HTTP/2 line": b"GET /healthz HTTP/2.0\r\nHost: localhost\r\n\r\n",
    "a TLS hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"a" * 200,
}


@contextlib.contextmanager
def connections(server, openings):
    with contextlib.ExitStack() as stack:
        opened = [socket.create_connection(server.address, timeout=10) for _ in openings]
        for connection, opening in zip(opened, openings, strict=True):
            stack.enter_context(connection).sendall(opening)
        yield opened


def until_closed(opened, seconds, dripping=()):
    """What comes on each connection until the server closes it; some get a byte now and then."""
    received = dict.fromkeys(opened, b"")
    deadline = time.monotonic() + seconds
    with selectors.DefaultSelector() as waiting:
        for connection in opened:
            waiting.register(connection, selectors.EVENT_READ)
        while waiting.get_map():
            assert time.monotonic() < deadline, f"{len(waiting.get_map())} are open still"
            for key, _ in waiting.select(0.5):
                chunk = received_now(key.fileobj)
                received[key.fileobj] += chunk
                if not chunk:
                    waiting.unregister(key.fileobj)
            drip([key.fileobj for key in waiting.get_map().values() if key.fileobj in dripping])
    return list(received.values())


def received_now(connection):
    with contextlib.suppress(ConnectionError):
        return connection.recv(65536)
    return b""


def drip(connections):
    for connection in connections:
        with contextlib.suppress(ConnectionError):
            connection.sendall(b"a")


def chunked(body):
    return CHUNKED + b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n"


@pytest.mark.asvs("15.2.2", "1.4.3")
def test_three_hundred_half_open_connections_of_each_kind_do_not_stop_the_service(server):
    with connections(server, list(HALF_OPEN.values()) * 300):
        begun = time.monotonic()
        assert [server.call("GET", "/healthz").status for _ in range(20)] == [200] * 20
        assert server.register("halfopen") == 201
        assert server.sign_in("halfopen")
        assert time.monotonic() - begun < 8  # before the first of them is given up


def test_a_client_that_falls_silent_or_drips_is_told_so_and_cut_off(server):
    kinds = {
        "nothing": b"",
        "an idle connection": PING,
        **HALF_OPEN,
        "dripping headers": POST + b"X-A: ",
        "a dripping body": HALF_OPEN["half a body"],
    }
    with connections(server, kinds.values()) as opened:
        answers = until_closed(opened, 25, dripping=opened[-2:])
    expected = {kind: [] if "headers" in kind or kind == "nothing" else [408] for kind in kinds}
    expected["an idle connection"] = [200]
    assert dict(zip(kinds, map(statuses, answers), strict=True)) == expected
    assert b'"error": "request_timeout"' in answers[-1]


@pytest.mark.asvs("4.2.1")
@pytest.mark.parametrize("request_bytes", REFUSED.values(), ids=REFUSED)
def test_hostile_framing_gets_one_refusal_and_the_connection_is_closed(server, request_bytes):
    with connections(server, [request_bytes + PING]) as opened:
        answers = statuses(until_closed(opened, 9)[0])
    assert len(answers) == 1
    assert 400 <= answers[0] < 500


def test_an_http2_preface_gets_no_answer(server):
    assert talk(server.address, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") == b""


@pytest.mark.asvs("4.2.1", "4.2.2")
@pytest.mark.parametrize("path", [b"/nothing", b"/me/password"])
@pytest.mark.parametrize("length", [len(PING) * 2, 65536 // len(PING) * len(PING), 70_000])
def test_after_an_early_refusal_the_body_does_not_pass_for_requests(server, path, length):
    head = b"PUT %b HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % (path, length)
    body = (PING * (length // len(PING) + 1))[:length]
    received = statuses(talk(server.address, head + body + LAST))
    assert received[0] in {401, 404, 413}
    assert received[1:] in ([], [200])


def test_a_body_that_nobody_reads_does_not_pass_for_requests(server):
    request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(PING)
    assert statuses(talk(server.address, request + PING + LAST)) == [200, 200]


def test_pipelined_requests_are_answered_in_turn(server):
    received = talk(server.address, PING + PING.replace(b"healthz", b"nothing") + LAST)
    assert statuses(received) == [200, 404, 200]


@pytest.mark.asvs("4.1.3")
def test_a_header_with_underscores_does_not_pass_for_one_with_dashes(server):
    both = b"X-Request-ID: dashes\r\nX_Request_ID: underscores\r\n"
    alone = b"X_Request_ID: underscores\r\n"
    received = talk(server.address, GET + both + b"\r\n" + GET + alone + LAST[len(GET) :])
    assert statuses(received) == [200, 200]
    assert b"x-request-id: dashes\r\n" in received
    assert b"underscores" not in received


def test_a_chunked_body_is_read_whole(server):
    server.register("chunky")
    received = talk(server.address, chunked(json.dumps(person("chunky")).encode()) + LAST)
    assert statuses(received) == [200, 200]
    assert b'"access_token"' in received


@pytest.mark.parametrize(("excess", "status"), [(0, 401), (1, 413)])
def test_a_chunked_body_is_too_large_above_64_kib(server, excess, status):
    body = json.dumps(person("nobody")).encode().ljust(65536 + excess)
    whole = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    assert statuses(talk(server.address, CHUNKED + whole + LAST))[0] == status


def test_a_client_that_breaks_off_in_the_body_changes_nothing(server):
    body = json.dumps(person("brokenoff")).encode()
    register = POST.replace(b"/login", b"/register")
    for cut in (
        register + b"Content-Length: %d\r\n\r\n%b" % (len(body) + 1, body),
        register + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n" % (len(body), body),
    ):
        with socket.create_connection(server.address, timeout=10) as connection:
            connection.sendall(cut)
            connection.shutdown(socket.SHUT_WR)
            assert statuses(connection.recv(65536)) in ([], [400])
    assert server.call("POST", "/login", person("brokenoff")).status == 401


@pytest.mark.asvs("13.4.6")
def test_the_server_header_tells_no_version(server):
    answer = server.call("GET", "/healthz")
    assert answer.headers["server"] == "granian"


def test_http_1_0_needs_no_host(server):
    assert statuses(talk(server.address, b"GET /healthz HTTP/1.0\r\n\r\n")) == [200]
