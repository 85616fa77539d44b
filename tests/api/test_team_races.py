"""Teams when everything happens at once: one winner, never a team without an owner, no fault."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from threading import Barrier

import pytest
from sqlalchemy import delete, func, select

from core.permissions import Role
from db import db
from models import MembershipModel, TeamModel
from tests.factories import register

ROUNDS = 200
FORESEEN = {200, 204, 401, 403, 404, 409}  # 401, 403, 404: somebody else was quicker


def asks(who, method, path, body=None):
    """A call that waits for its moment."""
    return lambda client: client.open(path, method=method, json=body, headers=who.headers)


def at_once(app, *calls):
    """Run calls of a client of their own each, all at the same moment; the answers in order."""
    together = Barrier(len(calls))

    def run(call):
        client = app.test_client()
        together.wait()
        return call(client)

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def team_of(app, **people):
    """The id of a team with these people as these roles; straight into the table, for speed."""
    with app.app_context():
        team = TeamModel(name="Race")
        db.session.add(team)
        db.session.flush()
        for role, members in people.items():
            for each in members:
                row = MembershipModel(team_id=team.id, user_id=each.id, role=Role(role))
                db.session.add(row)
        db.session.commit()
        return team.id


def invite(client, who, team_id, **offer):
    answer = client.post(f"/teams/{team_id}/invitations", json=offer, headers=who.headers)
    assert answer.status_code == 201
    return answer.json


def teams_without_owner(app):
    owned = select(MembershipModel.team_id).where(MembershipModel.role == Role.OWNER)
    ownerless = select(func.count()).select_from(TeamModel).where(TeamModel.id.not_in(owned))
    with app.app_context():
        return db.session.scalar(ownerless)


def drop(app, team_id):
    with app.app_context():
        db.session.execute(delete(TeamModel).where(TeamModel.id == team_id))
        db.session.commit()


def leave(team_id, me, other):
    return asks(me, "DELETE", f"/teams/{team_id}/members/{me.id}")


def remove_other(team_id, me, other):
    return asks(me, "DELETE", f"/teams/{team_id}/members/{other.id}")


def demote_self(team_id, me, other):
    return asks(me, "PATCH", f"/teams/{team_id}/members/{me.id}", {"role": "admin"})


def demote_other(team_id, me, other):
    return asks(me, "PATCH", f"/teams/{team_id}/members/{other.id}", {"role": "member"})


def delete_account(team_id, me, other):
    return asks(me, "DELETE", "/me")


DEEDS = (leave, remove_other, demote_self, demote_other, delete_account)


@pytest.mark.asvs("2.3.4", "15.4.2")
def test_two_owners_who_go_at_once_never_leave_a_team_without_one(app, client):
    pairs = list(product(DEEDS, DEEDS))
    one, two, bystander = register(client), register(client), register(client)
    for number in range(ROUNDS):
        team_id = team_of(app, owner=[one, two], member=[bystander])
        first, second = pairs[number % len(pairs)]
        answers = at_once(app, first(team_id, one, two), second(team_id, two, one))
        codes = [answer.status_code for answer in answers]
        assert set(codes) <= FORESEEN, (first, second)
        assert {200, 204} & set(codes), (first, second)  # whoever came first got their way
        assert client.get(f"/teams/{team_id}", headers=bystander.headers).status_code == 200
        assert teams_without_owner(app) == 0
        drop(app, team_id)
        one, two = (still_there(client, each) for each in (one, two))


def still_there(client, person):
    """This person, or another one when the account is gone."""
    gone = client.get("/me", headers=person.headers).status_code == 401
    return register(client) if gone else person


@pytest.mark.asvs("2.3.4")
def test_of_fifty_parallel_acceptances_of_one_link_by_fifty_people_one_gets_in(app, client, alice):
    team_id = team_of(app, owner=[alice])
    body = {"token": invite(client, alice, team_id, role="member")["token"]}
    people = [register(client) for _ in range(50)]
    answers = at_once(app, *[asks(each, "POST", "/invitations/accept", body) for each in people])
    assert Counter(answer.status_code for answer in answers) == {200: 1, 404: 49}
    members = client.get(f"/teams/{team_id}/members", headers=alice.headers).json["items"]
    assert len(members) == 2


def test_of_fifty_parallel_acceptances_of_one_link_by_one_person_one_is_taken(app, client, alice):
    bob, team_id = register(client), team_of(app, owner=[alice])
    body = {"token": invite(client, alice, team_id, role="member")["token"]}
    answers = at_once(app, *[asks(bob, "POST", "/invitations/accept", body)] * 50)
    assert Counter(answer.status_code for answer in answers) == {200: 1, 404: 49}


def test_of_many_parallel_invitations_of_one_person_one_is_sent(app, client, alice):
    bob, team_id = register(client), team_of(app, owner=[alice])
    offer = {"role": "member", "username": bob.username}
    answers = at_once(app, *[asks(alice, "POST", f"/teams/{team_id}/invitations", offer)] * 12)
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 11}


@pytest.mark.parametrize("offer", [{"role": "member"}, {"role": "owner", "transfer": True}])
def test_an_invitation_revoked_while_it_is_accepted_is_either(app, client, alice, offer):
    bob = register(client)
    for _ in range(20):
        team_id = team_of(app, owner=[alice])
        sent = invite(client, alice, team_id, username=bob.username, **offer)
        accepted, revoked = at_once(
            app,
            asks(bob, "POST", f"/me/invitations/{sent['id']}/accept"),
            asks(alice, "DELETE", f"/teams/{team_id}/invitations/{sent['id']}"),
        )
        assert (accepted.status_code, revoked.status_code) in {(200, 404), (404, 204)}
        assert teams_without_owner(app) == 0
        drop(app, team_id)


@pytest.mark.parametrize("go", [leave, demote_self, delete_account])
def test_an_ownership_accepted_while_the_owner_goes_leaves_an_owner(app, client, go):
    alice, bob, bystander = register(client), register(client), register(client)
    for _ in range(20):
        team_id = team_of(app, owner=[alice], member=[bystander])
        offer = {"role": "owner", "username": bob.username, "transfer": True}
        sent = invite(client, alice, team_id, **offer)
        accept = asks(bob, "POST", f"/me/invitations/{sent['id']}/accept")
        answers = at_once(app, accept, go(team_id, alice, bob))
        assert {answer.status_code for answer in answers} <= FORESEEN
        assert teams_without_owner(app) == 0
        drop(app, team_id)
        alice = still_there(client, alice)


def test_an_account_deleted_while_it_opens_joins_and_is_offered_teams_leaves_none_behind(
    app, client, alice
):
    team_id = team_of(app, owner=[alice])
    path = f"/teams/{team_id}/invitations"
    for _ in range(40):
        bob = register(client)
        sent = invite(client, alice, team_id, role="member", username=bob.username)
        answers = at_once(
            app,
            asks(bob, "DELETE", "/me"),
            asks(bob, "POST", "/teams", {"name": "Late"}),
            asks(bob, "POST", f"/me/invitations/{sent['id']}/accept"),
            asks(alice, "POST", path, {"role": "owner", "username": bob.username}),
        )
        assert answers[0].status_code == 204
        assert {answer.status_code for answer in answers} <= {*FORESEEN, 201, 422}
    assert teams_without_owner(app) == 0
    left = client.get("/users", headers=alice.headers).json["items"]
    assert [(user["username"], len(user["teams"])) for user in left] == [("alice", 1)]
