"""HTTP that is right, whatever is sent: bodies, media types, methods, addresses, faults."""

import codecs
import logging
from io import BytesIO, RawIOBase

import psycopg
import pytest
from sqlalchemy import make_url, text

from api import MAX_BODY_BYTES
from app import create_app
from db import db
from tests.factories import Registration, register

JSON = "application/json"


def assert_refused(answer, status, error, more=frozenset()):
    assert (answer.status_code, answer.json["error"]) == (status, error)
    assert answer.json.keys() == {"code", "status", "message", "error"} | more
    assert answer.json["code"] == status
    assert answer.content_type == JSON


def post(client, body, **headers):
    return client.post("/login", data=body, headers={"Content-Type": JSON} | headers)


def log_in_body(password):
    return b'{"username": "alice", "password": "' + password + b'"}'


# --- Malformed JSON ---


@pytest.mark.asvs("1.5.3", "1.4.2")
@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b" \n", id="blank"),
        pytest.param(b"{", id="cut short"),
        pytest.param(b"{'a': 1}", id="other quotes"),
        pytest.param(b'{"a": 1,}', id="trailing comma"),
        pytest.param(b'{"username": "a", "username": "b", "password": "c"}', id="a name twice"),
        pytest.param(b'{"a": {"b": 1, "\\u0062": 2}}', id="a nested name twice"),
        pytest.param(b'[{"a": 1, "a": 1}]', id="a name twice in a list"),
        pytest.param(b'{"a": NaN}', id="NaN"),
        pytest.param(b'{"a": Infinity}', id="Infinity"),
        pytest.param(b'{"a": -Infinity}', id="-Infinity"),
        pytest.param(b'{"a": 1e999}', id="1e999"),
        pytest.param(b'{"a": -1e999}', id="-1e999"),
        pytest.param(b'{"a": "\\ud800"}', id="lone surrogate in a value"),
        pytest.param(b'{"a": ["\\udc00\\ud800"]}', id="surrogates the wrong way round"),
        pytest.param(b'{"\\ud800": 1}', id="lone surrogate in a name"),
        pytest.param(b'{"a": "\xed\xa0\x80"}', id="lone surrogate as bytes"),
        pytest.param(b'{"a": 1} {"a": 1}', id="two texts"),
        pytest.param(b'{"a": 1}x', id="trailing text"),
        pytest.param(b'{"a": "\x00"}', id="raw NUL"),
        pytest.param('{"a": 1}'.encode("utf-16"), id="UTF-16"),
        pytest.param('{"a": 1}'.encode("utf-16-le"), id="UTF-16 without a mark"),
        pytest.param(codecs.BOM_UTF8 + b'{"a": 1}', id="UTF-8 with a mark"),
        pytest.param('{"a": "é"}'.encode("latin-1"), id="Latin-1"),
        pytest.param(b"[" * 33 + b"]" * 33, id="33 levels"),
        pytest.param(b'{"a":' * 33 + b"1" + b"}" * 33, id="33 levels of objects"),
        pytest.param(b"[" * 60_000, id="60,000 brackets"),
        pytest.param(b'{"a": 9223372036854775808}', id="65 bits"),
        pytest.param(b'{"a": -9223372036854775809}', id="65 bits, negative"),
        pytest.param(b'{"a": ' + b"9" * 5_000 + b"}", id="5,000 digits"),
    ],
)
def test_a_body_that_two_programs_could_read_differently_is_refused(client, body):
    assert_refused(post(client, body), 400, "malformed_json")


def test_the_refusal_of_a_malformed_body_repeats_nothing_of_it(client):
    answer = post(client, b'{"password": "geheim", "password": "geheim"}')
    assert b"geheim" not in answer.data
    assert answer.json["message"] == "A name stands twice in one object."


@pytest.mark.parametrize("body", [b"[" * 32 + b"]" * 32, b"null", b'"text"', b"7", b"[]"])
def test_well_formed_json_that_is_not_an_object_is_invalid_input(client, body):
    assert_refused(post(client, body), 422, "invalid_input", {"errors"})


@pytest.mark.asvs("15.3.3")
def test_an_unknown_field_is_named(client):
    answer = client.post("/login", json={"username": "a", "password": "b", "otp": "c"})
    assert_refused(answer, 422, "invalid_input", {"errors"})
    assert list(answer.json["errors"]["json"]) == ["otp"]


# --- Media types ---


@pytest.mark.asvs("3.5.2")
@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "text/plain",
        "text/json",
        "application/vnd.api+json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=latin-1",
        "application/json; charset=utf-16",
    ],
)
def test_a_body_that_is_not_declared_as_json_is_refused(client, alice, content_type):
    body = log_in_body(alice.password.encode())
    answer = client.post("/login", data=body, content_type=content_type)
    assert_refused(answer, 415, "unsupported_media_type")


@pytest.mark.asvs("5.2.3")
@pytest.mark.parametrize("encoding", ["gzip", "br", "gzip, gzip"])
def test_a_compressed_body_is_refused(client, alice, encoding):
    body = log_in_body(alice.password.encode())
    answer = post(client, body, **{"Content-Encoding": encoding})
    assert_refused(answer, 415, "unsupported_media_type")


@pytest.mark.parametrize(
    "content_type",
    [
        JSON,
        "APPLICATION/JSON",
        "application/json; charset=utf-8",
        'application/json;charset="UTF-8"',
    ],
)
def test_a_body_that_is_declared_as_json_is_read(client, alice, content_type):
    body = log_in_body(alice.password.encode())
    assert client.post("/login", data=body, content_type=content_type).status_code == 200


@pytest.mark.parametrize(
    "accept",
    ["text/html", "application/xml, text/*", "application/json;q=0", "application/json;q=0, */*"],
)
def test_a_client_that_excludes_json_is_told_so(client, accept):
    answer = client.get("/healthz", headers={"Accept": accept})
    assert_refused(answer, 406, "not_acceptable")


@pytest.mark.parametrize(
    "accept",
    [None, "", "*/*", "application/*", "application/json", "text/html, application/json;q=0.1"],
)
def test_a_client_that_takes_json_gets_it(client, accept):
    answer = client.get("/healthz", headers={"Accept": accept} if accept is not None else {})
    assert (answer.status_code, answer.content_type) == (200, JSON)


# --- Sizes ---


def test_a_body_at_the_limit_is_read(client):
    body = log_in_body(b"x").ljust(MAX_BODY_BYTES)
    assert post(client, body).status_code == 401


@pytest.mark.asvs("15.2.2")
def test_a_body_over_the_limit_is_refused(client):
    body = log_in_body(b"x").ljust(MAX_BODY_BYTES + 1)
    assert_refused(post(client, body), 413, "body_too_large")


def test_a_body_that_only_claims_to_be_too_large_is_not_waited_for(client):
    claim = {"CONTENT_LENGTH": str(10**12)}
    answer = client.post("/login", data=b"{}", content_type=JSON, environ_overrides=claim)
    assert_refused(answer, 413, "body_too_large")


class Endless(RawIOBase):
    """A body without an end, as a chunked one may be."""

    sent = 0

    def readable(self):
        return True

    def readinto(self, buffer):
        self.sent += len(buffer)
        assert self.sent < 10 * MAX_BODY_BYTES, "the server reads on and on"
        buffer[:] = b" " * len(buffer)
        return len(buffer)


@pytest.mark.asvs("4.2.1")
def test_a_chunked_body_without_an_end_is_refused(client):
    chunked = {"wsgi.input": Endless(), "wsgi.input_terminated": True}
    answer = client.post("/login", content_type=JSON, environ_overrides=chunked)
    assert_refused(answer, 413, "body_too_large")


def test_a_chunked_body_over_the_limit_is_not_cut_there_and_then_believed(client, alice):
    body = log_in_body(alice.password.encode()).ljust(MAX_BODY_BYTES) + b"x"
    chunked = {"wsgi.input": BytesIO(body), "wsgi.input_terminated": True}
    answer = client.post("/login", content_type=JSON, environ_overrides=chunked)
    assert_refused(answer, 413, "body_too_large")


def test_a_chunked_body_is_read(client, alice):
    body = BytesIO(log_in_body(alice.password.encode()))
    chunked = {"wsgi.input": body, "wsgi.input_terminated": True}
    answer = client.post("/login", content_type=JSON, environ_overrides=chunked)
    assert answer.status_code == 200


@pytest.mark.parametrize("length", [4_096, 4_097, 60_000])
def test_a_very_long_password_is_wrong_like_any_other(client, alice, length):
    answer = client.post("/login", json={"username": "alice", "password": "x" * length})
    assert_refused(answer, 401, "invalid_credentials")


def test_a_very_long_name_is_unknown_like_any_other(client):
    answer = client.post("/login", json={"username": "x" * 60_000, "password": "x"})
    assert_refused(answer, 401, "invalid_credentials")


# --- Methods ---


@pytest.mark.asvs("3.5.3", "4.1.4")
@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/register", {"OPTIONS", "POST"}),
        ("PUT", "/login", {"OPTIONS", "POST"}),
        ("POST", "/users", {"GET", "HEAD", "OPTIONS"}),
        ("DELETE", "/users/1", {"GET", "HEAD", "OPTIONS"}),
        ("POST", "/swagger-ui", {"GET", "HEAD", "OPTIONS"}),
        ("TRACE", "/healthz", {"GET", "HEAD", "OPTIONS"}),
        ("BREW", "/healthz", {"GET", "HEAD", "OPTIONS"}),
    ],
)
def test_a_method_that_is_not_there_is_refused_with_those_that_are(client, method, path, allowed):
    answer = client.open(path, method=method)
    assert_refused(answer, 405, "method_not_allowed")
    assert set(answer.allow) == allowed


@pytest.mark.asvs("4.2.2")
@pytest.mark.parametrize("path", ["/healthz", "/users", "/nothing", "/swagger-ui", "/openapi.json"])
def test_head_has_the_headers_of_get_and_no_body(client, path):
    got, headed = client.get(path, buffered=True), client.head(path, buffered=True)
    got_headers, headed_headers = dict(got.headers), dict(headed.headers)
    for varying in ("X-Request-ID", "Date"):
        got_headers.pop(varying, None)
        headed_headers.pop(varying, None)
    assert headed.data == b""
    assert (headed.status_code, headed_headers) == (got.status_code, got_headers)


def test_options_says_what_is_allowed_without_a_token(client):
    answer = client.options("/users/1")
    assert (answer.status_code, answer.data) == (200, b"")
    assert set(answer.allow) == {"GET", "HEAD", "OPTIONS"}


# --- Addresses ---


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/users/0",
        "/users/007",
        "/users/-1",
        "/users/+1",
        "/users/1.0",
        "/users/1_0",
        "/users/me",
        "/users/9223372036854775807",
        "/users/9223372036854775808",
        "/users/99999999999999999999",
        "/users/%D9%A1",
        "/users/%FF",
        "/users/1%00",
        "/users/1/",
        "/users/",
        "/Users",
        "/static/app.py",
        "/app.py",
    ],
)
def test_an_address_that_names_nothing_is_not_found(client, alice, path):
    answer = client.get(path, headers=alice.headers)
    assert_refused(answer, 404, "not_found")


def test_the_id_of_a_user_is_written_one_way_only(client, alice):
    arabic = str(alice.id).translate({ord("0") + digit: 0x660 + digit for digit in range(10)})
    for spelling in (f"0{alice.id}", f"00{alice.id}", arabic, f"+{alice.id}", f" {alice.id}"):
        answer = client.get(f"/users/{spelling}", headers=alice.headers)
        assert_refused(answer, 404, "not_found")
    assert client.get(f"/users/{alice.id}", headers=alice.headers).status_code == 200


@pytest.mark.asvs("14.2.5")
@pytest.mark.parametrize("path", ["//users", "//evil.example", "/users//1", "/./users"])
def test_an_address_is_never_tidied_up_by_a_redirect(client, path):
    answer = client.get("/", environ_overrides={"PATH_INFO": path})
    assert answer.status_code in {401, 404}
    assert "Location" not in answer.headers


@pytest.mark.asvs("1.2.2", "3.7.2")
def test_no_address_of_an_answer_comes_from_the_host_header():
    client = create_app(
        {"MUSTER_DATABASE_URL": "sqlite://", "MUSTER_TRUSTED_HOSTS": "*"}
    ).test_client()
    sent_on = client.get("/", headers={"Host": "evil.example"})
    assert sent_on.location == "/swagger-ui"


@pytest.mark.asvs("4.1.3")
@pytest.mark.parametrize(
    ("settings", "own"),
    [
        ({"MUSTER_TRUSTED_HOSTS": "a.example"}, "a.example"),
        ({"MUSTER_TRUSTED_HOSTS": ".a.example"}, "x.a.example"),
        ({"MUSTER_PUBLIC_URL": "https://a.example/muster"}, "a.example"),
        ({}, "localhost:8000"),
        ({}, "127.0.0.1"),
    ],
)
def test_a_host_that_is_not_trusted_is_refused(settings, own):
    client = create_app({"MUSTER_DATABASE_URL": "sqlite://"} | settings).test_client()
    foreign = client.get("/healthz", headers={"Host": "evil.example"})
    assert client.get("/healthz", headers={"Host": own}).status_code == 200
    assert_refused(foreign, 400, "unknown_host")


def test_a_range_that_an_asset_does_not_have_is_refused_as_such(client):
    answer = client.get("/swagger-ui/swagger-ui.css", headers={"Range": "bytes=99999999-"})
    answer.close()
    assert answer.status_code == 416
    assert answer.headers["Content-Range"].startswith("bytes */")


# --- Headers of every answer ---


@pytest.mark.asvs("3.2.1", "3.4.4", "3.4.5", "3.4.6", "3.4.8", "3.5.8", "3.4.3", "13.4.6")
@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/healthz", None, 200),
        ("GET", "/openapi.json", None, 200),
        ("GET", "/swagger-ui", None, 200),
        ("GET", "/swagger-ui/swagger-ui.css", None, 200),
        ("GET", "/", None, 302),
        ("POST", "/login", b"{", 400),
        ("GET", "/users", None, 401),
        ("GET", "/nothing", None, 404),
        ("PUT", "/users", None, 405),
        ("POST", "/login", b" " * (MAX_BODY_BYTES + 1), 413),
        ("POST", "/login", b"{}", 422),
    ],
)
def test_every_answer_has_the_security_headers(client, method, path, body, status):
    kind = JSON if body else None
    answer = client.open(path, method=method, data=body, content_type=kind, buffered=True)
    assert answer.status_code == status
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "Server" not in answer.headers


@pytest.mark.asvs("14.3.2", "14.2.2", "14.2.5")
@pytest.mark.parametrize("path", ["/users", "/users/1", "/nothing"])
def test_no_answer_to_a_token_is_kept_by_a_cache(client, alice, path):
    assert client.get(path, headers=alice.headers).headers["Cache-Control"] == "no-store"


@pytest.mark.asvs("14.3.2", "14.2.2")
def test_the_answer_with_a_token_is_not_kept_by_a_cache(client, alice):
    answer = client.post("/login", json={"username": "alice", "password": alice.password})
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("given", ["7", "a-B_c.9", "x" * 64])
def test_a_request_id_that_is_well_formed_is_kept(client, given):
    answer = client.get("/healthz", headers={"X-Request-ID": given})
    assert answer.headers["X-Request-ID"] == given


@pytest.mark.parametrize("given", ["", "a\nb", "a\n", "x" * 65, "x" * 200, "a b", "é", "<script>"])
def test_a_request_id_that_is_not_well_formed_is_replaced(client, given):
    answer = client.get("/healthz", environ_overrides={"HTTP_X_REQUEST_ID": given})
    replaced = answer.headers["X-Request-ID"]
    assert len(replaced) == 32
    assert int(replaced, 16)


def test_requests_without_an_id_get_one_each(client):
    ids = {client.get("/nothing").headers["X-Request-ID"] for _ in range(3)}
    assert len(ids) == 3


# --- Who is calling comes first ---


def test_a_stranger_is_refused_before_the_query_is_read(client):
    answer = client.get("/users?limit=nonsense&cursor=nonsense")
    assert_refused(answer, 401, "not_signed_in")


@pytest.mark.parametrize("header", [None, "", "Basic YWxpY2U6cHc=", "Token abc", "eyJh.eyJh.eyJh"])
def test_no_token_is_answered_with_the_scheme_alone(client, header):
    answer = client.get("/users", headers={"Authorization": header} if header is not None else {})
    assert_refused(answer, 401, "not_signed_in")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Bearer x", "Bearer a.b.c", "Bearer é"])
def test_a_token_that_is_none_is_answered_with_what_is_wrong(client, header):
    answer = client.get("/users", headers={"Authorization": header})
    assert_refused(answer, 401, "invalid_token")
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


def test_a_refused_sign_in_names_the_scheme(client):
    answer = client.post("/login", json={"username": "alice", "password": "wrong"})
    assert_refused(answer, 401, "invalid_credentials")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


# --- Faults: apps of their own, with Flask's TESTING off ---


@pytest.fixture
def faulty(tmp_path):
    """An app on a file of its own, a client that is signed in there, and the file."""
    file = tmp_path / "muster.sqlite3"
    app = create_app(
        {
            "MUSTER_DATABASE_URL": f"sqlite:///{file}",
            "MUSTER_INSTANCE_PATH": str(tmp_path),
            "MUSTER_PASSWORD_ROUNDS": 10,
        }
    )
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = register(client).headers["Authorization"]
    yield app, client, file
    with app.app_context():
        db.engine.dispose()


def spoil(app):
    """A row that no code of ours writes, so reading it is a fault."""
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text("UPDATE users SET created_at = 'geheim'"))


@pytest.mark.asvs("16.5.1", "16.5.4", "13.4.2")
def test_an_unexpected_fault_is_a_500_that_tells_nothing(faulty):
    app, client, _ = faulty
    spoil(app)
    answer = client.get("/users/1?token=geheim")
    assert_refused(answer, 500, "internal_error", {"request_id"})
    assert answer.json["message"] == "Something went wrong on our side."
    assert answer.json["request_id"] == answer.headers["X-Request-ID"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert b"geheim" not in answer.data


@pytest.mark.asvs("16.3.4", "16.5.4")
def test_an_unexpected_fault_is_in_the_log_under_the_id_of_its_answer(faulty, caplog):
    app, client, _ = faulty
    spoil(app)
    answer = client.get("/users/1")
    traces = [record for record in caplog.records if record.exc_info]
    assert [trace.request_id for trace in traces] == [answer.json["request_id"]]


def lose_database(app, file):
    with app.app_context():
        db.engine.dispose()
    for each in file.parent.glob(file.name + "*"):
        each.unlink()
    file.mkdir()


@pytest.mark.asvs("16.5.2")
@pytest.mark.parametrize("path", ["/users", "/users/1"])
def test_without_its_database_muster_asks_to_come_back_later(faulty, path):
    app, client, file = faulty
    lose_database(app, file)
    answer = client.get(path)
    assert_refused(answer, 503, "unavailable", {"request_id"})
    assert int(answer.headers.get("Retry-After", 0)) > 0


@pytest.mark.asvs("16.5.3", "2.3.3")
def test_a_registration_without_a_database_is_not_acknowledged(faulty):
    app, client, file = faulty
    lose_database(app, file)
    answer = client.post("/register", json=Registration())
    assert_refused(answer, 503, "unavailable", {"request_id"})


@pytest.mark.asvs("16.5.2", "13.2.6")
def test_a_postgresql_database_that_is_gone_is_a_503(postgresql, tmp_path):
    url = postgresql()
    app = create_app({"MUSTER_DATABASE_URL": url, "MUSTER_INSTANCE_PATH": str(tmp_path)})
    name = make_url(url).database
    with psycopg.connect(url.replace(f"/{name}?", "/postgres?"), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    answer = app.test_client().post("/login", json={"username": "alice", "password": "x"})
    with app.app_context():
        db.engine.dispose()
    assert_refused(answer, 503, "unavailable", {"request_id"})
    assert int(answer.headers.get("Retry-After", 0)) > 0


# --- The log ---


def logged(caplog):
    return "\n".join(str(vars(record)) for record in caplog.records)


@pytest.mark.asvs("16.2.1", "16.3.2", "16.3.3")
def test_a_request_is_logged_by_path_status_and_caller(client, alice, caplog):
    caplog.set_level(logging.INFO, "muster")
    answer = client.get(f"/users/{alice.id}", headers=alice.headers)
    line = vars(caplog.records[-1])
    assert (line["path"], line["status"]) == (f"/users/{alice.id}", 200)
    assert line["user_id"] == alice.id
    assert line["request_id"] == answer.headers["X-Request-ID"]


@pytest.mark.asvs("16.2.5", "14.2.1")
def test_neither_query_nor_token_reaches_the_log(client, alice, caplog):
    caplog.set_level(logging.DEBUG, "muster")
    client.get("/users?limit=geheim&cursor=geheim", headers=alice.headers)
    client.get("/nothing?geheim", headers=alice.headers | {"X-Request-ID": "geheim geheim"})
    assert "/nothing" in logged(caplog)
    assert "geheim" not in logged(caplog)
    assert alice.headers["Authorization"].removeprefix("Bearer ") not in logged(caplog)


@pytest.mark.asvs("16.2.5", "14.2.4")
def test_no_password_reaches_the_log(client, caplog):
    caplog.set_level(logging.DEBUG, "muster")
    for name in ("alice", "alice", "a"):
        client.post("/register", json={"username": name, "password": "geheim geheim"})
        client.post("/login", json={"username": name, "password": "geheim geheim"})
        client.post("/login", json={"username": name, "password": "geheim", "geheim": "geheim"})
    assert "/login" in logged(caplog)
    assert "geheim" not in logged(caplog)


@pytest.mark.asvs("16.2.5")
def test_what_was_sent_to_the_database_does_not_reach_the_log(postgresql, tmp_path, caplog):
    app = create_app({"MUSTER_DATABASE_URL": postgresql(), "MUSTER_INSTANCE_PATH": str(tmp_path)})
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text("ALTER TABLE users DROP COLUMN created_at"))
    answer = app.test_client().post("/register", json=Registration(email="geheim@example.com"))
    with app.app_context():
        db.engine.dispose()
    assert answer.status_code == 500
    assert "UndefinedColumn" in logged(caplog)
    assert "geheim" not in logged(caplog)
    assert "$pbkdf2-sha256$" not in logged(caplog)


@pytest.mark.asvs("16.2.5")
def test_no_password_reaches_the_log_with_a_fault(faulty, caplog):
    app, client, _ = faulty
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text("DROP TABLE usernames"))
        connection.execute(text("UPDATE users SET password_hash = 'kaputt'"))
    body = Registration(password="geheim geheim")
    for path in ("/register", "/login"):
        client.post(path, json={name: body[name] for name in ("username", "password")})
    assert "/login" in logged(caplog)
    assert "geheim" not in logged(caplog)
