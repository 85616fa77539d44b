"""/teams and /teams/{id}: opening, naming, reading and closing a team; who must not see it."""

import json
from datetime import timedelta

import pytest
import time_machine

from core import clock, paging
from db import db
from models import InvitationModel, MembershipModel, TeamModel
from tests.factories import (
    invite,
    items_of,
    join,
    open_team,
    pages_of,
    refusal_of,
    register,
    roles,
    statements,
    trail,
)


@pytest.fixture
def team(client, alice):
    return open_team(client, alice)


@pytest.fixture
def bob(client):
    return register(client, username="bob")


def create(client, account, body):
    return client.post("/teams", json=body, headers=account.headers)


def read(client, account, team):
    return client.get(f"/teams/{team['id']}", headers=account.headers)


def rename(client, account, team, **body):
    return client.patch(f"/teams/{team['id']}", json=body, headers=account.headers)


def close(client, account, team):
    return client.delete(f"/teams/{team['id']}", headers=account.headers)


def rows(app, model):
    with app.app_context():
        return db.session.query(model).count()


# --- Opening ---


def test_who_opens_a_team_owns_it_and_is_its_only_member(client, alice):
    with time_machine.travel(clock.now().replace(microsecond=0), tick=False):
        answer = create(client, alice, {"name": "Blue"})
        assert answer.status_code == 201
        assert answer.json == {
            "id": answer.json["id"],
            "name": "Blue",
            "role": "owner",
            "created_at": clock.now().isoformat(),
            "users": [{"id": alice.id, "username": "alice"}],
        }
    assert roles(client, alice, answer.json) == {"alice": "owner"}


def test_the_address_of_a_new_team_leads_to_it(client, alice):
    answer = create(client, alice, {"name": "Blue"})
    assert answer.headers["Location"] == f"/teams/{answer.json['id']}"
    again = client.get(answer.headers["Location"], headers=alice.headers)
    assert (again.status_code, again.json) == (200, answer.json)


def test_names_of_teams_need_not_be_unique(client, alice, team):
    again = open_team(client, alice, name=team["name"])
    assert again["id"] != team["id"]


def test_the_id_of_a_deleted_team_is_never_given_again(client, alice, team):
    close(client, alice, team)
    assert open_team(client, alice)["id"] > team["id"]


@pytest.mark.parametrize("body", [{}, {"name": None}, {"name": 7}, {"name": ["Blue"]}])
def test_a_team_without_a_name_is_refused(client, alice, body):
    answer = create(client, alice, body)
    assert answer.status_code == 422
    assert list(answer.json["errors"]["json"]) == ["name"]


@pytest.mark.parametrize("field", ["id", "role", "users", "created_at", "owner_id"])
def test_nothing_but_the_name_can_be_said_of_a_new_team(client, alice, field):
    answer = create(client, alice, {"name": "Blue", field: 1})
    assert answer.status_code == 422
    assert list(answer.json["errors"]["json"]) == [field]


# --- Names ---

WRITTEN = {
    "Blue": "Blue",
    "  Blue \t\n": "Blue",
    "\u00a0\u3000Blue\u2003": "Blue",
    "Cafe\u0301": "Café",
    "x" * 100: "x" * 100,
    " " + "e\u0301" * 100 + " ": "é" * 100,
    "🦜" * 100: "🦜" * 100,
    "👩\u200d🚀": "👩\u200d🚀",
    "نیم\u200cفاصله": "نیم\u200cفاصله",
    "Blue  &  <b>Red</b>": "Blue  &  <b>Red</b>",
    "7": "7",
    "?": "?",
}
REFUSED = {
    "nothing": "",
    "spaces": " \u3000\t\n",
    "zero width": "\u200b\u200d\u2060\ufeff",
    "a mark alone": "\u0301",
    "letters that show nothing": "\u3164\u115f\u1160\uffa0",
    "an empty Braille cell": "\u2800",
    "too long": "x" * 101,
    "too long for the database": "🦜" * 101,
    "very long": "x" * 60_000,
    "NUL": "Bl\0ue",
    "a line break": "Blue\nRed",
    "an escape": "\x1b[31mBlue",
    "a C1 control": "Bl\x85ue",
    "a line separator": "Blue\u2028Red",
    "turned round": "\u202eeulB",
    "an isolate": "Blue\u2066",
    "a mark of direction": "Blue\u200f",
    "private use": "\ue000",
    "unassigned": "Blue\U000e0080",
    "no character": "Blue\uffff",
}


@pytest.mark.parametrize("typed", WRITTEN)
def test_a_name_is_kept_in_nfc_without_space_around_it(client, alice, team, typed):
    opened = create(client, alice, {"name": typed})
    assert (opened.status_code, opened.json["name"]) == (201, WRITTEN[typed])
    renamed = rename(client, alice, team, name=typed)
    assert (renamed.status_code, renamed.json["name"]) == (200, WRITTEN[typed])
    assert read(client, alice, team).json["name"] == WRITTEN[typed]


@pytest.mark.parametrize("kind", REFUSED)
def test_a_name_that_the_rules_refuse_is_refused_and_nothing_changes(client, alice, team, kind):
    for answer in (
        create(client, alice, {"name": REFUSED[kind]}),
        rename(client, alice, team, name=REFUSED[kind]),
    ):
        assert refusal_of(answer) == (422, "invalid_input")
        assert list(answer.json["errors"]["json"]) == ["name"]
    assert [each["name"] for each in items_of(client, alice, "/teams")] == ["Blue"]


def test_half_a_character_is_not_even_json(client, alice):
    headers = alice.headers | {"Content-Type": "application/json"}
    answer = client.post("/teams", data=b'{"name": "Blue\\ud800"}', headers=headers)
    assert refusal_of(answer) == (400, "malformed_json")


# --- The list ---


def test_the_list_holds_ones_own_teams_with_ones_role(client, alice, bob, team):
    other = open_team(client, bob, name="Red")
    join(client, other, bob, alice, role="admin")
    open_team(client, bob, name="Not hers")
    shown = items_of(client, alice, "/teams")
    assert [(each["id"], each["name"], each["role"]) for each in shown] == [
        (team["id"], "Blue", "owner"),
        (other["id"], "Red", "admin"),
    ]
    assert shown[0] == {name: value for name, value in team.items() if name != "users"}


def test_who_is_in_no_team_has_an_empty_list(client, alice):
    answer = client.get("/teams", headers=alice.headers)
    assert (answer.status_code, answer.json) == (200, {"items": [], "next_cursor": None})


@pytest.mark.parametrize("limit", [1, 2, 4, 5, 6, 100])
def test_the_pages_hold_every_team_once_in_order(client, alice, bob, limit):
    opened = []
    for _ in range(5):
        opened.append(open_team(client, alice)["id"])
        open_team(client, bob)
    pages = list(pages_of(client, alice, "/teams", limit=limit))
    assert [team["id"] for page in pages for team in page] == opened
    assert all(len(page) == limit for page in pages[:-1])
    assert pages[-1]


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "cursor=x"])
@pytest.mark.parametrize("path", ["/teams", "/teams/{id}/members", "/teams/{id}/invitations"])
def test_a_page_that_cannot_be_is_refused(client, alice, team, path, query):
    answer = client.get(f"{path.format(**team)}?{query}", headers=alice.headers)
    assert answer.status_code == 422
    assert list(answer.json["errors"]["query"]) == [query.partition("=")[0]]


def test_a_page_behind_the_last_team_is_empty(client, alice, team):
    cursor = paging.encode_cursor(team["id"])
    answer = client.get(f"/teams?cursor={cursor}", headers=alice.headers)
    assert answer.json == {"items": [], "next_cursor": None}


@pytest.mark.parametrize("count", [1, 4])
def test_the_list_takes_two_statements_however_long_it_is(client, app, alice, count):
    for _ in range(count):
        open_team(client, alice)
    with statements(app) as sent:
        assert len(client.get("/teams", headers=alice.headers).json["items"]) == count
    assert len(sent) == 2, sent


# --- Reading ---


def test_every_member_sees_the_team_with_its_users_and_their_own_role(client, alice, bob, team):
    join(client, team, alice, bob)
    users = [{"id": alice.id, "username": "alice"}, {"id": bob.id, "username": "bob"}]
    for account, role in ((alice, "owner"), (bob, "member")):
        assert read(client, account, team).json == team | {"role": role, "users": users}


def test_neither_address_nor_password_of_a_member_is_ever_shown(client, alice, team):
    carol = register(client, username="carol", email="carol@example.com")
    join(client, team, alice, carol)
    for path in ("", "/members", "/invitations", "/events"):
        answer = client.get(f"/teams/{team['id']}{path}", headers=alice.headers)
        for secret in (b"example.com", b"password", b"pbkdf2", b"verified"):
            assert secret not in answer.data


def add_members(app, team, count):
    """Written, for a registration each would take long."""
    with app.app_context(), db.engine.begin() as connection:
        users, memberships = db.metadata.tables["users"], MembershipModel.__table__
        for number in range(count):
            name = f"member{number}"
            row = {"username": name, "canonical_username": name, "password_hash": "x"}
            new = connection.execute(users.insert().values(row)).inserted_primary_key
            row = {"team_id": team["id"], "user_id": new.id, "role": "member"}
            connection.execute(memberships.insert().values(row))


def test_a_team_shows_its_first_hundred_users_and_its_members_all(client, app, alice, team):
    add_members(app, team, 101)
    shown = [user["id"] for user in read(client, alice, team).json["users"]]
    members = items_of(client, alice, f"/teams/{team['id']}/members", limit=60)
    assert (len(shown), len(members)) == (100, 102)
    assert shown == [each["user"]["id"] for each in members][:100]


@pytest.mark.parametrize("count", [0, 3])
def test_reading_takes_four_statements_however_many_members_there_are(
    client, app, alice, team, count
):
    """The session with its owner, the membership, the team, and its users."""
    add_members(app, team, count)
    with statements(app) as sent:
        assert len(read(client, alice, team).json["users"]) == count + 1
    assert len(sent) == 4, sent


# --- Changing ---


def test_a_new_name_is_seen_by_all(client, alice, bob, team):
    join(client, team, alice, bob)
    answer = rename(client, alice, team, name="Red")
    assert (answer.status_code, answer.json) == (200, read(client, alice, team).json)
    assert read(client, bob, team).json["name"] == "Red"
    assert client.get("/me", headers=bob.headers).json["teams"][0]["name"] == "Red"


def test_a_change_of_nothing_changes_nothing(client, alice, team):
    answer = rename(client, alice, team)
    assert (answer.status_code, answer.json) == (200, team)


@pytest.mark.parametrize("field", ["id", "role", "users", "created_at"])
def test_nothing_but_the_name_can_be_changed(client, alice, team, field):
    answer = rename(client, alice, team, **{field: 1})
    assert answer.status_code == 422
    assert list(answer.json["errors"]["json"]) == [field]


@pytest.mark.parametrize(("role", "status"), [("member", 403), ("admin", 200), ("owner", 200)])
@pytest.mark.parametrize("body", [{}, {"name": "Red"}])
def test_owners_and_admins_rename_and_members_may_not_even_say_nothing(
    client, alice, bob, team, role, status, body
):
    join(client, team, alice, bob, role=role)
    assert rename(client, bob, team, **body).status_code == status


# --- Deleting ---


def test_a_deleted_team_is_gone_for_all(client, alice, bob, team):
    join(client, team, alice, bob)
    answer = close(client, alice, team)
    assert (answer.status_code, answer.data) == (204, b"")
    for account in (alice, bob):
        assert refusal_of(read(client, account, team)) == (404, "not_found")
        assert items_of(client, account, "/teams") == []
        assert client.get("/me", headers=account.headers).json["teams"] == []


def test_a_deleted_team_leaves_neither_memberships_nor_invitations(client, app, alice, bob, team):
    invite(client, alice, team, username="bob")
    link = invite(client, alice, team)
    close(client, alice, team)
    assert [rows(app, each) for each in (TeamModel, MembershipModel, InvitationModel)] == [0] * 3
    assert items_of(client, bob, "/me/invitations") == []
    body = {"token": link["token"]}
    answer = client.post("/invitations/accept", json=body, headers=bob.headers)
    assert refusal_of(answer) == (404, "invitation_not_found")


def test_deleting_one_team_leaves_the_others(client, alice, bob, team):
    other = open_team(client, alice, name="Red")
    join(client, other, alice, bob)
    link = invite(client, alice, other)
    close(client, alice, team)
    assert roles(client, bob, other) == {"alice": "owner", "bob": "member"}
    path = f"/teams/{other['id']}/invitations"
    assert [each["id"] for each in items_of(client, alice, path)] == [link["id"]]


@pytest.mark.parametrize("role", ["member", "admin"])
def test_only_owners_delete_a_team(client, alice, bob, team, role):
    join(client, team, alice, bob, role=role)
    assert refusal_of(close(client, bob, team)) == (403, "not_allowed")
    assert read(client, alice, team).status_code == 200


def test_each_of_two_owners_may_delete_the_team(client, alice, bob, team):
    join(client, team, alice, bob, role="owner")
    assert close(client, bob, team).status_code == 204


# --- Teams that one is not in ---

REQUESTS = [
    ("GET", "", None),
    ("PATCH", "", {"name": "Red"}),
    ("PATCH", "", {}),
    ("PATCH", "", {"name": "\0"}),
    ("DELETE", "", None),
    ("GET", "/members", None),
    ("PATCH", "/members/{owner}", {"role": "member"}),
    ("PATCH", "/members/{oneself}", {"role": "admin"}),
    ("PATCH", "/members/987654321", {"role": "admin"}),
    ("DELETE", "/members/{owner}", None),
    ("DELETE", "/members/{oneself}", None),
    ("DELETE", "/members/987654321", None),
    ("GET", "/invitations", None),
    ("POST", "/invitations", {"role": "member"}),
    ("POST", "/invitations", {"role": "owner", "transfer": True}),
    ("POST", "/invitations", {"role": "member", "username": "alice"}),
    ("POST", "/invitations", {"role": "member", "username": "bob"}),
    ("POST", "/invitations", {"role": "member", "username": "nobody-at-all"}),
    ("POST", "/invitations", {"role": "member", "email": "alice@example.com"}),
    ("POST", "/invitations", {"role": "nonsense"}),
    ("DELETE", "/invitations/{invitation}", None),
    ("DELETE", "/invitations/987654321", None),
    ("GET", "/events", None),
]
NEVER_THERE = 987_654_321


def said(client, account, team_id, request, ids):
    """All that is said to a request, but for the id that each request has."""
    method, path, body = request
    path = f"/teams/{team_id}{path.format(**ids)}"
    answer = client.open(path, method=method, json=body, headers=account.headers)
    headers = [each for each in answer.headers if each[0] != "X-Request-ID"]
    assert len(headers) == len(answer.headers) - 1
    return answer.status_code, headers, answer.data


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda each: " ".join(each[:2]))
def test_a_team_that_one_is_not_in_cannot_be_told_from_one_that_is_not_there(
    client, alice, bob, team, request_
):
    ids = {"owner": alice.id, "oneself": bob.id, "invitation": invite(client, alice, team)["id"]}
    gone = open_team(client, alice)
    close(client, alice, gone)
    not_in = said(client, bob, team["id"], request_, ids)
    assert not_in == said(client, bob, NEVER_THERE, request_, ids)
    assert not_in == said(client, bob, gone["id"], request_, ids)
    refused = {"\0", "nonsense"} & set((request_[2] or {}).values())
    assert not_in[0] == (422 if refused else 404)
    assert refused or json.loads(not_in[2])["error"] == "not_found"


def test_every_operation_on_a_team_is_among_those(app):
    ids = {"team_id": 1, "user_id": "{oneself}", "invitation_id": "{invitation}"}
    operations = set()
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/teams/<"):
            path = rule.rule
            for name, value in ids.items():
                path = path.replace(f"<id:{name}>", str(value))
            operations |= {(method, path) for method in rule.methods - {"HEAD", "OPTIONS"}}
    tried = {(method, f"/teams/1{path}") for method, path, _ in REQUESTS}
    assert operations
    assert operations <= tried


def test_what_a_stranger_tries_changes_nothing(client, app, alice, bob, team):
    ids = {"owner": alice.id, "oneself": bob.id, "invitation": invite(client, alice, team)["id"]}
    before = [event.id for event in trail(app)]
    for request in REQUESTS:
        said(client, bob, team["id"], request, ids)
    assert [event.id for event in trail(app)] == before
    assert read(client, alice, team).json == team
    assert len(items_of(client, alice, f"/teams/{team['id']}/invitations")) == 1


@pytest.mark.parametrize("team_id", ["0", "01", "-1", "x", "1.0", "٣", str(2**63), "9" * 30])
def test_what_cannot_be_the_id_of_a_team_is_not_found(client, alice, team_id):
    answer = client.get(f"/teams/{team_id}", headers=alice.headers)
    assert refusal_of(answer) == (404, "not_found")


def test_the_largest_id_is_not_found_and_no_fault(client, alice):
    assert refusal_of(read(client, alice, {"id": 2**63 - 1})) == (404, "not_found")


def test_a_team_outlives_the_session_in_which_it_was_opened(client, alice, team):
    with time_machine.travel(clock.now() + timedelta(days=200), tick=False):
        body = {"username": "alice", "password": alice.password}
        token = client.post("/login", json=body).json["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        assert client.get(f"/teams/{team['id']}", headers=headers).json == team
