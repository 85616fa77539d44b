"""Every route is public on purpose, or closed to strangers."""

import pytest

PUBLIC = {
    ("GET", "/"),
    ("GET", "/.well-known/jwks.json"),
    ("GET", "/healthz"),
    ("GET", "/openapi.json"),
    ("GET", "/readyz"),
    ("GET", "/swagger-ui"),
    ("GET", "/swagger-ui/"),
    ("GET", "/swagger-ui/<name>"),
    ("POST", "/login"),
    ("POST", "/refresh"),
    ("POST", "/register"),
}
HOSTILE = [
    {},
    {"json": {}},
    {"json": {"username": 7, "password": None}},
    {"data": b'{"a": 1, "a": 2', "content_type": "application/json"},
    {"data": b"[" * 60_000, "content_type": "application/json"},
    {"data": b"x" * 70_000, "content_type": "application/json"},
    {"data": b"\xff\x00", "content_type": "text/plain"},
    {"data": b"token=%FF&token=x", "content_type": "application/x-www-form-urlencoded"},
    {"query_string": "limit=x&cursor=%FF&limit=-1&id=7"},
    {"headers": {"Authorization": "Basic Og=="}},
    {"headers": {"Content-Type": "application/json", "Content-Encoding": "gzip"}},
]


def routes(app):
    """Every method and rule; OPTIONS is answered by Flask itself, HEAD by the method GET."""
    for rule in app.url_map.iter_rules():
        for method in rule.methods - {"OPTIONS"}:
            yield method, rule.rule, rule


def is_public(method, rule):
    return ("GET" if method == "HEAD" else method, rule) in PUBLIC


def address(app, rule):
    values = {name: "1" if "id" in name else "x" for name in rule.arguments}
    return app.url_map.bind("localhost").build(rule.endpoint, values, append_unknown=False)


def closed(app):
    found = [(method, rule) for method, text, rule in routes(app) if not is_public(method, text)]
    assert found
    return found


@pytest.mark.asvs("8.2.1", "6.3.4", "13.4.5")
@pytest.mark.parametrize("hostile", HOSTILE, ids=map(str, range(len(HOSTILE))))
def test_what_is_not_public_is_closed_to_strangers_whatever_they_send(app, client, hostile):
    for method, rule in closed(app):
        answer = client.open(address(app, rule), method=method, **hostile)
        assert (method, rule.rule, answer.status_code) == (method, rule.rule, 401)
        if method != "HEAD":
            assert (rule.rule, answer.json["error"]) == (rule.rule, "not_signed_in")
        assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.asvs("8.2.1")
@pytest.mark.parametrize("token", ["x", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])
def test_what_is_not_public_is_closed_to_a_token_that_is_none(app, client, token):
    for method, rule in closed(app):
        headers = {"Authorization": f"Bearer {token}"}
        answer = client.open(address(app, rule), method=method, headers=headers)
        assert (method, rule.rule, answer.status_code) == (method, rule.rule, 401)


@pytest.mark.asvs("2.2.1", "16.5.3")
@pytest.mark.parametrize("hostile", HOSTILE, ids=map(str, range(len(HOSTILE))))
def test_nothing_that_is_public_fails_whatever_is_sent(app, client, hostile):
    for method, text, rule in routes(app):
        if is_public(method, text):
            path = address(app, rule)
            answer = client.open(path, method=method, buffered=True, **hostile)
            assert (method, path, answer.status_code < 500) == (method, path, True)


def test_everything_that_is_public_exists(app):
    assert {(method, rule) for method, rule, _ in routes(app)} >= PUBLIC


@pytest.mark.asvs("4.1.4")
def test_nothing_has_a_view_for_options(app):
    for rule in app.url_map.iter_rules():
        assert rule.provide_automatic_options is not False, rule
