"""DELETE /me of somebody who is in teams."""

import pytest

from db import db
from models import InvitationModel, MembershipModel, TeamModel, UserModel
from tests.factories import (
    accept,
    invite,
    items_of,
    join,
    open_team,
    refusal_of,
    register,
    roles,
    trail,
)


@pytest.fixture
def bob(client):
    return register(client, username="bob")


def delete(client, account):
    return client.delete("/me", headers=account.headers)


def named(*teams):
    return [{"id": team["id"], "name": team["name"]} for team in teams]


def everything(app):
    """All rows about people and teams."""
    models = (UserModel, TeamModel, MembershipModel, InvitationModel)
    with app.app_context():
        return [
            [tuple(row) for row in db.session.execute(db.select(model.__table__))]
            for model in models
        ]


def test_a_team_with_nobody_else_in_it_goes_with_the_account(client, app, alice):
    team = open_team(client, alice)
    invite(client, alice, team)
    assert delete(client, alice).status_code == 204
    assert everything(app) == [[], [], [], []]
    told = [(event.event, event.actor_id, event.team_id) for event in trail(app)][-2:]
    assert told == [("team_deleted", alice.id, team["id"]), ("user_deleted", alice.id, None)]


def test_who_was_invited_to_such_a_team_finds_nothing_any_more(client, alice, bob):
    team = open_team(client, alice)
    invitations = [invite(client, alice, team), invite(client, alice, team, username="bob")]
    delete(client, alice)
    for invitation in invitations:
        assert refusal_of(accept(client, bob, invitation)) == (404, "invitation_not_found")


@pytest.mark.parametrize("role", ["member", "admin"])
def test_the_last_owner_of_others_cannot_go_and_hears_of_which_teams(client, alice, bob, role):
    first, second = (open_team(client, alice, name=name) for name in ("Blue", "Red"))
    for team in (first, second):
        join(client, team, alice, bob, role=role)
    answer = delete(client, alice)
    assert refusal_of(answer) == (409, "last_owner")
    assert answer.json["errors"] == {"teams": named(first, second)}
    assert "Blue" in answer.json["message"]
    assert "Red" in answer.json["message"]


def test_a_refused_deletion_changes_nothing_at_all(client, app, alice, bob):
    """Neither the teams that would have gone along nor those that would have been left."""
    open_team(client, alice, name="Alone")
    held, shared, plain = (open_team(client, alice), open_team(client, bob), open_team(client, bob))
    open_team(client, alice, name="Alone, too")
    join(client, held, alice, bob)
    join(client, shared, bob, alice, role="owner")
    join(client, plain, bob, alice)
    invite(client, alice, shared)
    before, told = everything(app), len(trail(app))
    answer = delete(client, alice)
    assert answer.json["errors"] == {"teams": named(held)}
    assert everything(app) == before
    assert len(trail(app)) == told
    assert client.get("/me", headers=alice.headers).status_code == 200


@pytest.mark.parametrize("way", ["hand over", "remove the others", "delete the team"])
def test_what_the_refusal_advises_helps(client, alice, bob, way):
    team = open_team(client, alice)
    join(client, team, alice, bob)
    assert delete(client, alice).status_code == 409
    if way == "hand over":
        accept(client, bob, invite(client, alice, team, role="owner", transfer=True))
    elif way == "remove the others":
        client.delete(f"/teams/{team['id']}/members/{bob.id}", headers=alice.headers)
    else:
        client.delete(f"/teams/{team['id']}", headers=alice.headers)
    assert delete(client, alice).status_code == 204


def test_a_team_with_another_owner_stays_with_that_one(client, alice, bob):
    team = open_team(client, alice)
    join(client, team, alice, bob, role="owner")
    assert delete(client, alice).status_code == 204
    assert roles(client, bob, team) == {"bob": "owner"}


@pytest.mark.parametrize("role", ["member", "admin"])
def test_memberships_in_teams_of_others_go(client, app, alice, bob, role):
    team = open_team(client, alice)
    join(client, team, alice, bob, role=role)
    assert delete(client, bob).status_code == 204
    assert roles(client, alice, team) == {"alice": "owner"}
    left = [each for each in trail(app) if each.event == "member_left"]
    assert [(each.actor_id, each.user_id, each.team_id) for each in left] == [
        (bob.id, bob.id, team["id"])
    ]


def test_what_the_deleted_account_offered_in_a_team_that_stays_is_gone(client, alice, bob):
    team = open_team(client, alice)
    join(client, team, alice, bob, role="owner")
    link = invite(client, alice, team)
    kept = invite(client, bob, team)
    delete(client, alice)
    carol = register(client)
    assert refusal_of(accept(client, carol, link)) == (404, "invitation_not_found")
    path = f"/teams/{team['id']}/invitations"
    assert [each["id"] for each in items_of(client, bob, path)] == [kept["id"]]
    assert accept(client, carol, kept).status_code == 200
