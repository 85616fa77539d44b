"""Two replicas behind deploy/nginx.conf. Come here to change what a proxy has to keep."""

import re
import socket
import subprocess
from contextlib import closing
from http.client import HTTPConnection
from threading import Thread

import pytest

from config import BASE
from tests.server.nginx import CONFIGURATION, NGINX, configure
from tests.server.running import Server, ask, free_port, wait_until

pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed.")
REPLICAS = 2


class Nginx:
    """The file as it is delivered, but for the addresses."""

    def __init__(self, place, ports):
        self.place, self.port = place, free_port()
        self.command = configure(place, self.port, ports)

    def __enter__(self):
        self.process = subprocess.Popen([*self.command, "-g", "daemon off;"])
        wait_until((self.place / "nginx.pid").exists, 20)
        return self

    def __exit__(self, *_failure):
        self.process.terminate()
        self.process.wait(20)

    def call(self, method, path, body=None, token=None, **headers):
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=40)) as connection:
            return ask(connection, method, path, body, token, **headers)


@pytest.fixture(scope="module")
def replicas(tmp_path_factory):
    place = tmp_path_factory.mktemp("replicas")
    settings = {
        "MUSTER_WORKERS": 1,
        "MUSTER_DATABASE_URL": f"sqlite:///{place}/muster.sqlite3",
        "MUSTER_KEYS_PATH": place / "keys",
        "MUSTER_TRUSTED_PROXIES": 1,
        "MUSTER_RATE_LIMITS": "off",
    }
    servers = [Server(place / str(number), **settings) for number in range(REPLICAS)]
    try:
        for each in servers:
            each.start()
        yield servers
    finally:
        for each in servers:
            each.kill()


@pytest.fixture(scope="module")
def nginx(replicas, tmp_path_factory):
    with Nginx(tmp_path_factory.mktemp("nginx"), [each.port for each in replicas]) as running:
        yield running


@pytest.fixture(scope="module")
def token(nginx):
    body = {"username": "alice", "password": "correct horse battery"}
    assert nginx.call("POST", "/register", body).status == 201
    return nginx.call("POST", "/login", body, X_Forwarded_For="203.0.113.9").json["access_token"]


def test_nginx_finds_no_fault_in_the_file(tmp_path):
    command = Nginx(tmp_path, [free_port(), free_port()]).command
    run = subprocess.run([*command, "-t"], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert "[warn]" not in run.stderr


def test_both_replicas_serve_and_take_each_others_tokens(nginx, replicas, token):
    ids = [nginx.call("GET", "/me", token=token).headers["x-request-id"] for _ in range(20)]
    served = [sum(f'"{each}"' in replica.written() for each in ids) for replica in replicas]
    assert sum(served) == 20
    assert all(served)


def test_the_address_of_a_client_is_not_what_it_claims(nginx, token):
    (session,) = nginx.call("GET", "/me/sessions", token=token).json["items"]
    assert session["address"] == "127.0.0.1"


def test_a_body_that_is_too_large_is_refused_in_the_words_of_muster(nginx):
    answer = nginx.call("POST", "/login", {"username": "x" * 70_000})
    assert (answer.status, answer.json["error"]) == (413, "body_too_large")


@pytest.mark.parametrize("path", ["/metrics", "//metrics", "/./metrics", "/%6detrics"])
def test_metrics_are_not_for_those_outside(nginx, path):
    with closing(HTTPConnection("127.0.0.1", nginx.port, timeout=40)) as connection:
        connection.request("GET", path)
        assert connection.getresponse().status == 404


def test_a_put_reaches_muster_as_it_is(nginx, token):
    wrong = {"current_password": "wrong wrong wrong", "new_password": "another horse battery"}
    answer = nginx.call("PUT", "/me/password", wrong, token=token)
    assert (answer.status, answer.json["error"]) == (403, "wrong_password")


class Falls:
    """Servers that read a request and hang up: nobody knows whether they carried it out."""

    def __init__(self):
        self.received = []
        self._listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(REPLICAS)]
        self.ports = [each.getsockname()[1] for each in self._listeners]
        for each in self._listeners:
            Thread(target=self._serve, args=[each], daemon=True).start()

    def _serve(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                self.received.append(connection.recv(65536).split(b" ")[0].decode())

    def __enter__(self):
        return self

    def __exit__(self, *_failure):
        for each in self._listeners:
            each.shutdown(socket.SHUT_RDWR)
            each.close()


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_change_that_was_sent_is_never_sent_again(tmp_path, method):
    with Falls() as falls, Nginx(tmp_path, falls.ports) as nginx:
        answer = nginx.call(method, "/me", {})
    assert falls.received == [method]
    assert (answer.status, answer.json["error"]) == (503, "unavailable")
    assert answer.headers["retry-after"] == "5"


def test_a_read_that_was_sent_is_tried_at_the_other_replica(tmp_path):
    with Falls() as falls, Nginx(tmp_path, falls.ports) as nginx:
        nginx.call("GET", "/me")
    assert falls.received == ["GET", "GET"]


def test_a_replica_that_is_gone_is_not_noticed_but_by_one_put_or_delete(nginx, replicas, token):
    gone = replicas[0]
    gone.kill()
    answers = [nginx.call("GET", "/me", token=token).status for _ in range(20)]
    answers += [nginx.call("PATCH", "/me", {}, token=token).status for _ in range(20)]
    gone.start()
    assert set(answers) == {200}


def test_the_file_names_as_many_replicas_as_compose_starts():
    compose = (BASE / "deploy" / "compose.yaml").read_text()
    names = set(re.findall(r"^  (muster-\d):$", compose, re.MULTILINE))
    assert names == set(re.findall(r"server (muster-\d):8000", CONFIGURATION.read_text()))
