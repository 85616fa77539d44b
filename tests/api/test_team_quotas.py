"""How many teams, members and invitations there may be, also when two want the last place."""

import pytest

from app import create_app
from db import db
from tests.factories import (
    accept,
    invite,
    items_of,
    join,
    open_team,
    refusal_of,
    register,
    roles,
    send_invitation,
    together,
    trail,
)

QUOTAS = {
    "MUSTER_TEAMS_PER_USER": 2,
    "MUSTER_MEMBERS_PER_TEAM": 3,
    "MUSTER_INVITATIONS_PER_TEAM": 4,
}
REACHED = (409, "quota_reached")


@pytest.fixture(scope="module")
def small_app(settings, new_database):
    app = create_app(settings | QUOTAS | {"MUSTER_DATABASE_URL": new_database()})
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def app(small_app):
    """An app with small quotas and empty tables."""
    yield small_app
    with small_app.app_context(), db.engine.begin() as connection:
        for table in reversed(db.metadata.sorted_tables):
            connection.execute(table.delete())


@pytest.fixture
def team(client, alice):
    return open_team(client, alice)


def open_another(client, account):
    return client.post("/teams", json={"name": "Blue"}, headers=account.headers)


def leave(client, account, team):
    path = f"/teams/{team['id']}/members/{account.id}"
    assert client.delete(path, headers=account.headers).status_code == 204


def codes(answers):
    return sorted(answer.status_code for answer in answers)


# --- Teams of a user ---


@pytest.mark.asvs("2.3.2")
def test_nobody_opens_more_teams_than_one_may_be_in(client, app, alice, team):
    open_team(client, alice)
    before = len(trail(app))
    assert refusal_of(open_another(client, alice)) == REACHED
    assert len(items_of(client, alice, "/teams")) == 2
    assert len(trail(app)) == before


def test_nobody_joins_more_teams_than_one_may_be_in(client, alice, team):
    bob = register(client)
    for _ in range(2):
        open_team(client, bob)
    invitation = invite(client, alice, team, username=bob.username)
    answer = accept(client, bob, invitation)
    assert refusal_of(answer) == REACHED
    assert "teams" in answer.json["message"]
    assert [each["id"] for each in items_of(client, bob, "/me/invitations")] == [invitation["id"]]


def test_who_leaves_a_team_has_a_place_for_another(client, alice, team):
    bob = register(client)
    join(client, team, alice, bob)
    open_team(client, bob)
    assert refusal_of(open_another(client, bob)) == REACHED
    leave(client, bob, team)
    assert open_another(client, bob).status_code == 201


def test_a_role_is_raised_whatever_the_quotas_say(client, alice, team):
    bob, carol = register(client), register(client)
    for account in (bob, carol):
        join(client, team, alice, account)
    open_team(client, bob)
    offer = invite(client, alice, team, username=bob.username, role="owner")
    assert accept(client, bob, offer).json["role"] == "owner"


def test_of_a_quota_of_one_the_one_is_allowed(settings, new_database):
    one = {"MUSTER_TEAMS_PER_USER": 1, "MUSTER_DATABASE_URL": new_database()}
    app = create_app(settings | one)
    client = app.test_client()
    alice = register(client)
    assert open_another(client, alice).status_code == 201
    assert refusal_of(open_another(client, alice)) == REACHED
    with app.app_context():
        db.engine.dispose()


# --- Members of a team ---


@pytest.mark.asvs("2.3.2")
def test_a_team_takes_no_more_members_than_it_may_have(client, app, alice, team):
    for _ in range(2):
        join(client, team, alice, register(client))
    link, late = invite(client, alice, team), register(client)
    before = len(trail(app))
    answer = accept(client, late, link)
    assert refusal_of(answer) == REACHED
    assert "members" in answer.json["message"]
    assert len(roles(client, alice, team)) == 3
    assert len(trail(app)) == before


def test_a_link_that_found_no_place_works_once_there_is_one(client, alice, team):
    first, second, late = (register(client) for _ in range(3))
    for account in (first, second):
        join(client, team, alice, account)
    link = invite(client, alice, team)
    assert refusal_of(accept(client, late, link)) == REACHED
    leave(client, first, team)
    assert accept(client, late, link).status_code == 200


# --- Open invitations of a team ---


@pytest.mark.asvs("2.3.2")
def test_a_team_has_no_more_open_invitations_than_it_may_have(client, app, alice, team):
    links = [invite(client, alice, team) for _ in range(4)]
    before = len(trail(app))
    answer = send_invitation(client, alice, team)
    assert refusal_of(answer) == REACHED
    assert "invitations" in answer.json["message"]
    assert len(items_of(client, alice, f"/teams/{team['id']}/invitations")) == 4
    assert len(trail(app)) == before
    assert accept(client, register(client), links[0]).status_code == 200
    assert send_invitation(client, alice, team).status_code == 201


def test_what_was_revoked_or_declined_makes_room(client, alice, team):
    bob = register(client)
    named = invite(client, alice, team, username=bob.username)
    links = [invite(client, alice, team) for _ in range(3)]
    client.post(f"/me/invitations/{named['id']}/decline", headers=bob.headers)
    client.delete(f"/teams/{team['id']}/invitations/{links[0]['id']}", headers=alice.headers)
    sent = [send_invitation(client, alice, team) for _ in range(3)]
    assert codes(sent) == [201, 201, 409]


def test_invitations_of_other_teams_do_not_count(client, alice, team):
    for _ in range(4):
        invite(client, alice, team)
    assert send_invitation(client, alice, open_team(client, alice)).status_code == 201


# --- The last place, wanted twice at once ---


def at_once(app, *calls):
    """Each call with a client of its own."""
    return together(*[lambda call=call: call(app.test_client()) for call in calls])


@pytest.mark.asvs("2.3.4", "2.3.2")
@pytest.mark.parametrize("round_", range(5))
def test_of_two_who_accept_at_once_one_gets_the_last_place_in_the_team(
    client, app, alice, team, round_
):
    join(client, team, alice, register(client))
    links = [invite(client, alice, team) for _ in range(2)]
    people = [register(client) for _ in range(2)]
    one, two = zip(people, links, strict=True)
    answers = at_once(app, lambda c: accept(c, *one), lambda c: accept(c, *two))
    assert codes(answers) == [200, 409]
    assert len(roles(client, alice, team)) == 3


@pytest.mark.parametrize("round_", range(5))
def test_who_accepts_two_invitations_at_once_gets_into_one_team_if_one_is_left(
    client, app, alice, team, round_
):
    bob = register(client)
    open_team(client, bob)
    one, two = (invite(client, alice, each) for each in (team, open_team(client, alice)))
    answers = at_once(app, lambda c: accept(c, bob, one), lambda c: accept(c, bob, two))
    assert codes(answers) == [200, 409]
    assert len(items_of(client, bob, "/teams")) == 2


def test_who_opens_and_joins_a_team_at_once_does_one_of_it_if_one_is_left(client, app, alice, team):
    bob = register(client)
    open_team(client, bob)
    link = invite(client, alice, team)
    answers = at_once(app, lambda c: accept(c, bob, link), lambda c: open_another(c, bob))
    assert codes(answers) in ([200, 409], [201, 409])
    assert len(items_of(client, bob, "/teams")) == 2


def test_of_two_who_invite_at_once_one_sends_the_last_invitation(client, app, alice, team):
    bob = register(client)
    join(client, team, alice, bob, role="admin")
    for _ in range(3):
        invite(client, alice, team)
    calls = [lambda c, by=by: send_invitation(c, by, team) for by in (alice, bob)]
    assert codes(at_once(app, *calls)) == [201, 409]
    assert len(items_of(client, alice, f"/teams/{team['id']}/invitations")) == 4
