"""What keeps browsers, and other sites in them, from doing harm."""

import pytest

JSON = "application/json"
ANSWERS = [
    ("GET", "/healthz", None, 200),
    ("GET", "/openapi.json", None, 200),
    ("GET", "/swagger-ui", None, 200),
    ("GET", "/swagger-ui/swagger-ui.css", None, 200),
    ("GET", "/swagger-ui/initializer.js", None, 200),
    ("POST", "/register", b'{"username": "bob", "password": "correct horse battery"}', 201),
    ("GET", "/", None, 302),
    ("POST", "/login", b"{", 400),
    ("GET", "/users", None, 401),
    ("GET", "/nothing", None, 404),
    ("PUT", "/users", None, 405),
    ("POST", "/login", b"{}", 422),
]
KINDS = {b"{": "application/json", b"<": "text/html; charset=utf-8"}
every_answer = pytest.mark.parametrize(("method", "path", "body", "status"), ANSWERS)


def ask(client, method, path, body, **more):
    kind = JSON if body else None
    return client.open(path, method=method, data=body, content_type=kind, buffered=True, **more)


@pytest.mark.asvs("3.4.1")
@every_answer
def test_over_tls_every_answer_asks_for_tls_only(client, method, path, body, status):
    answer = ask(client, method, path, body, base_url="https://localhost")
    assert answer.status_code == status
    policy = answer.headers["Strict-Transport-Security"]
    assert policy == "max-age=31536000; includeSubDomains"


def test_without_tls_no_answer_asks_for_it(client):
    assert "Strict-Transport-Security" not in client.get("/healthz").headers


@pytest.mark.asvs("3.4.2", "3.5.1")
@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://localhost.evil.example"]
)
@every_answer
def test_no_foreign_origin_is_let_in(client, method, path, body, status, origin):
    answer = ask(client, method, path, body, headers={"Origin": origin})
    assert answer.status_code == status
    assert not [name for name in dict(answer.headers) if name.startswith("Access-Control-")]
    assert "Set-Cookie" not in answer.headers


@pytest.mark.asvs("3.5.2")
def test_a_preflight_allows_nothing(client):
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    answer = client.options("/login", headers=asked)
    assert not [name for name in dict(answer.headers) if name.startswith("Access-Control-")]


@pytest.mark.asvs("4.1.1")
@every_answer
def test_every_answer_with_a_body_says_what_it_is(client, method, path, body, status):
    answer = ask(client, method, path, body)
    if answer.mimetype.startswith("text/"):
        assert answer.mimetype_params == {"charset": "utf-8"}
    else:
        assert (answer.mimetype, bool(answer.json)) == (JSON, True)


@pytest.mark.asvs("3.5.6")
def test_no_answer_is_wrapped_in_a_call(client):
    answer = client.get("/healthz?callback=alert&jsonp=alert")
    assert (answer.mimetype, answer.json) == (JSON, {"status": "ok"})


@pytest.mark.asvs("13.4.1", "13.4.3", "13.4.7", "5.3.2")
@pytest.mark.parametrize(
    "path",
    [
        *("/.git/HEAD", "/.git/", "/.env", "/app.py", "/instance/", "/instance/muster.sqlite3"),
        *(
            "/swagger-ui/../app.py",
            "/swagger-ui/..%2f..%2f.env",
            "/docs/",
            "/static/",
            "/requirements.txt",
        ),
    ],
)
def test_nothing_of_the_checkout_is_served(client, path):
    assert client.get(path).status_code == 404


@pytest.mark.asvs("4.1.4", "13.4.4")
@pytest.mark.parametrize("method", ["TRACE", "TRACK", "CONNECT", "DEBUG", "PROPFIND"])
@pytest.mark.parametrize("path", ["/me", "/healthz", "/swagger-ui"])
def test_methods_that_nobody_needs_are_refused(client, method, path):
    answer = client.open(path, method=method)
    assert answer.status_code == 405
    assert method not in answer.headers["Allow"]
