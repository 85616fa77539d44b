"""GET /teams/{id}/events: what happened in a team, who did it, and whom to."""

import pytest
import time_machine

from core import clock
from tests.factories import (
    accept,
    invite,
    items_of,
    join,
    open_team,
    pages_of,
    refusal_of,
    register,
    send_invitation,
    statements,
    trail,
    verify_email,
)


@pytest.fixture
def team(client, alice):
    return open_team(client, alice)


@pytest.fixture
def bob(client):
    return register(client, username="bob")


def events_of(client, account, team):
    """Newest first."""
    return items_of(client, account, f"/teams/{team['id']}/events")


def said(client, account, team):
    """Oldest first: what happened, who did it, whom to, and the details."""
    return [
        (
            each["event"],
            each["actor"]["username"],
            each["user"] and each["user"]["username"],
            each["details"],
        )
        for each in reversed(events_of(client, account, team))
    ]


def change_role(client, account, team, target, role):
    path = f"/teams/{team['id']}/members/{target.id}"
    return client.patch(path, json={"role": role}, headers=account.headers)


def remove(client, account, team, target):
    return client.delete(f"/teams/{team['id']}/members/{target.id}", headers=account.headers)


# --- What is written ---


def test_a_new_team_has_the_event_of_its_opening(client, alice):
    with time_machine.travel(clock.now().replace(microsecond=0), tick=False):
        (event,) = events_of(client, alice, open_team(client, alice))
        assert event == {
            "id": event["id"],
            "event": "team_created",
            "actor": {"id": alice.id, "username": "alice"},
            "user": None,
            "details": {"name": "Blue"},
            "created_at": clock.now().isoformat(),
        }


def test_a_new_name_is_written_with_the_old_one(client, alice, team):
    path = f"/teams/{team['id']}"
    for name in ("Red", "Red", " Red "):
        client.patch(path, json={"name": name}, headers=alice.headers)
    client.patch(path, json={}, headers=alice.headers)
    renamed = ("team_renamed", "alice", None, {"old_name": "Blue", "name": "Red"})
    assert said(client, alice, team)[1:] == [renamed]


def test_an_invitation_is_written_when_it_is_sent_and_when_it_is_accepted(client, alice, bob, team):
    invitation = invite(client, alice, team, username="bob", role="admin")
    accept(client, bob, invitation)
    details = {"invitation_id": invitation["id"], "role": "admin"}
    assert said(client, alice, team)[1:] == [
        ("invitation_created", "alice", "bob", details),
        ("member_joined", "bob", "bob", {"role": "admin"}),
    ]


@pytest.mark.parametrize("end", ["declined", "revoked"])
def test_an_invitation_that_comes_to_nothing_is_written_with_who_ended_it(
    client, alice, bob, team, end
):
    invitation = invite(client, alice, team, username="bob")
    if end == "declined":
        client.post(f"/me/invitations/{invitation['id']}/decline", headers=bob.headers)
    else:
        path = f"/teams/{team['id']}/invitations/{invitation['id']}"
        client.delete(path, headers=alice.headers)
    who = {"declined": "bob", "revoked": "alice"}[end]
    details = {"invitation_id": invitation["id"], "role": "member"}
    assert said(client, alice, team)[-1] == (f"invitation_{end}", who, "bob", details)


def test_a_change_of_role_is_written_with_both(client, alice, bob, team):
    join(client, team, alice, bob)
    change_role(client, alice, team, bob, "admin")
    details = {"old_role": "member", "role": "admin"}
    assert said(client, alice, team)[-1] == ("role_changed", "alice", "bob", details)


def test_a_transfer_is_written_as_two_changes_of_role(client, alice, bob, team):
    join(client, team, alice, bob)
    accept(client, bob, invite(client, alice, team, role="owner", transfer=True))
    assert said(client, alice, team)[-2:] == [
        ("role_changed", "bob", "bob", {"old_role": "member", "role": "owner"}),
        ("role_changed", "alice", "alice", {"old_role": "owner", "role": "admin"}),
    ]


@pytest.mark.parametrize(("by", "event"), [("alice", "member_removed"), ("bob", "member_left")])
def test_who_leaves_and_who_is_removed_are_told_apart(client, alice, bob, team, by, event):
    join(client, team, alice, bob)
    remove(client, {"alice": alice, "bob": bob}[by], team, bob)
    assert said(client, alice, team)[-1] == (event, by, "bob", {})


def test_an_invitation_that_lapses_is_written_too(client, alice, bob, team):
    join(client, team, alice, bob, role="admin")
    link = invite(client, bob, team)
    remove(client, alice, team, bob)
    assert said(client, alice, team)[-2:] == [
        ("member_removed", "alice", "bob", {}),
        ("invitation_revoked", "alice", None, {"invitation_id": link["id"], "role": "member"}),
    ]


def test_an_invitation_that_lapses_with_a_role_was_ended_by_who_changed_the_role(
    client, alice, bob, team
):
    join(client, team, alice, bob, role="admin")
    link = invite(client, bob, team, role="admin")
    change_role(client, alice, team, bob, "member")
    details = {"invitation_id": link["id"], "role": "admin"}
    assert said(client, alice, team)[-1] == ("invitation_revoked", "alice", None, details)


def test_the_end_of_a_team_is_written_although_nobody_reads_it_there(client, app, alice, team):
    client.delete(f"/teams/{team['id']}", headers=alice.headers)
    last = trail(app)[-1]
    assert (last.event, last.actor_id, last.team_id) == ("team_deleted", alice.id, team["id"])
    assert last.details == {"name": "Blue"}


# --- What is not ---


def test_no_secret_is_in_any_event(client, app, alice, team):
    carol = register(client, username="carol", email="carol@example.com")
    verify_email(app, carol)
    link = invite(client, alice, team)
    accept(client, carol, invite(client, alice, team, email="carol@example.com"))
    accept(client, register(client), link)
    body = {"current_password": carol.password, "new_password": "another horse battery"}
    client.put("/me/password", json=body, headers=carol.headers)
    client.patch("/me", json={"email": "new@example.com"}, headers=carol.headers)
    told = str([vars(event) for event in trail(app)])
    assert "email_changed" in told
    for secret in (link["token"], "example.com", "horse battery", "pbkdf2"):
        assert secret not in told


def test_a_change_that_is_refused_leaves_no_event(client, app, alice, bob, team):
    join(client, team, alice, bob)
    path, before = f"/teams/{team['id']}", len(trail(app))
    refused = [
        client.patch(path, json={"name": "\0"}, headers=alice.headers),
        client.patch(path, json={"name": "Red"}, headers=bob.headers),
        client.delete(path, headers=bob.headers),
        change_role(client, bob, team, bob, "admin"),
        change_role(client, alice, team, alice, "member"),
        remove(client, bob, team, alice),
        remove(client, alice, team, alice),
        send_invitation(client, bob, team),
        send_invitation(client, alice, team, username="bob"),
        send_invitation(client, alice, team, username="nobody"),
        accept(client, bob, {"id": 987_654_321}),
        accept(client, bob, invite(client, alice, team)),
        client.delete("/me", headers=alice.headers),
    ]
    assert {answer.status_code for answer in refused} == {403, 404, 409, 422}
    assert len(trail(app)) == before + 1  # of the invitation


def test_events_of_other_teams_are_not_among_them(client, alice, bob, team):
    open_team(client, bob, name="Red")
    open_team(client, alice, name="Green")
    assert said(client, alice, team) == [("team_created", "alice", None, {"name": "Blue"})]


# --- Reading ---


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 100])
def test_the_pages_hold_every_event_once_newest_first(client, alice, team, limit):
    for name in ("Red", "Green", "Yellow"):
        client.patch(f"/teams/{team['id']}", json={"name": name}, headers=alice.headers)
    pages = list(pages_of(client, alice, f"/teams/{team['id']}/events", limit=limit))
    found = [each["details"]["name"] for page in pages for each in page]
    assert found == ["Yellow", "Green", "Red", "Blue"]
    assert all(len(page) == limit for page in pages[:-1])
    assert pages[-1]


def test_what_happens_between_two_pages_does_not_move_the_second(client, alice, team):
    path = f"/teams/{team['id']}"
    client.patch(path, json={"name": "Red"}, headers=alice.headers)
    pages = pages_of(client, alice, f"{path}/events", limit=1)
    assert [each["event"] for each in next(pages)] == ["team_renamed"]
    client.patch(path, json={"name": "Green"}, headers=alice.headers)
    assert [each["event"] for each in next(pages)] == ["team_created"]


@pytest.mark.parametrize("count", [0, 3])
def test_the_list_takes_three_statements_however_long_it_is(client, app, alice, team, count):
    for _ in range(count):
        join(client, team, alice, register(client))
    with statements(app) as sent:
        assert len(events_of(client, alice, team)) == 1 + 2 * count
    assert len(sent) == 3, sent


@pytest.mark.parametrize(("role", "status"), [("member", 403), ("admin", 200), ("owner", 200)])
def test_owners_and_admins_read_events(client, alice, bob, team, role, status):
    join(client, team, alice, bob, role=role)
    answer = client.get(f"/teams/{team['id']}/events", headers=bob.headers)
    assert answer.status_code == status


def test_for_strangers_there_are_none(client, bob, team):
    answer = client.get(f"/teams/{team['id']}/events", headers=bob.headers)
    assert refusal_of(answer) == (404, "not_found")


def test_names_are_those_of_today(client, alice, bob, team):
    join(client, team, alice, bob)
    client.patch("/me", json={"username": "robert"}, headers=bob.headers)
    assert events_of(client, alice, team)[0]["user"] == {"id": bob.id, "username": "robert"}


def test_who_was_deleted_has_an_id_and_no_name(client, alice, bob, team):
    join(client, team, alice, bob)
    client.delete("/me", headers=bob.headers)
    left = events_of(client, alice, team)[0]
    nobody = {"id": bob.id, "username": None}
    assert (left["event"], left["actor"], left["user"]) == ("member_left", nobody, nobody)


def test_who_takes_the_name_of_a_deleted_account_over_takes_no_event_over(client, alice, bob, team):
    with time_machine.travel(clock.now(), tick=False) as time:
        join(client, team, alice, bob)
        client.delete("/me", headers=bob.headers)
        time.shift(90 * 86_400)
        other = register(client, username="bob")
        body = {"username": "alice", "password": alice.password}
        token = client.post("/login", json=body).json["access_token"]
        alice.headers = {"Authorization": f"Bearer {token}"}
        told = str(events_of(client, alice, team))
    assert "'bob'" not in told
    assert other.id != bob.id
