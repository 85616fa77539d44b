"""/teams/{id}/members: who is in a team, roles that change, leaving and removing."""

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
    roles,
    send_invitation,
    statements,
    trail,
    verify_email,
)


@pytest.fixture
def team(client, alice):
    """Alice owns it."""
    return open_team(client, alice)


@pytest.fixture
def bob(client):
    return register(client, username="bob")


@pytest.fixture
def carol(client):
    return register(client, username="carol")


def change_role(client, account, team, target, role):
    path = f"/teams/{team['id']}/members/{target.id}"
    return client.patch(path, json={"role": role}, headers=account.headers)


def remove(client, account, team, target):
    return client.delete(f"/teams/{team['id']}/members/{target.id}", headers=account.headers)


def open_invitations(client, account, team):
    return [each["id"] for each in items_of(client, account, f"/teams/{team['id']}/invitations")]


# --- The list ---


def test_the_list_says_who_is_in_the_team_as_what_and_since_when(client, alice, bob, team):
    with time_machine.travel(clock.now().replace(microsecond=0), tick=False):
        join(client, team, alice, bob, role="admin")
        since = clock.now().isoformat()
    owner, admin = items_of(client, bob, f"/teams/{team['id']}/members")
    assert owner == {
        "user": {"id": alice.id, "username": "alice"},
        "role": "owner",
        "joined_at": owner["joined_at"],
    }
    assert admin == {
        "user": {"id": bob.id, "username": "bob"},
        "role": "admin",
        "joined_at": since,
    }


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 100])
def test_the_pages_hold_every_member_once_in_the_order_of_their_ids(
    client, alice, bob, carol, team, limit
):
    for account in (carol, bob):  # later ones first: it is not the order of joining
        join(client, team, alice, account)
    pages = list(pages_of(client, alice, f"/teams/{team['id']}/members", limit=limit))
    found = [each["user"]["username"] for page in pages for each in page]
    assert found == ["alice", "bob", "carol"]
    assert all(len(page) == limit for page in pages[:-1])
    assert pages[-1]


def test_members_of_other_teams_are_not_in_the_list(client, alice, bob, team):
    open_team(client, bob)
    assert roles(client, alice, team) == {"alice": "owner"}


@pytest.mark.parametrize("count", [0, 3])
def test_the_list_takes_three_statements_however_long_it_is(client, app, alice, team, count):
    """The session with its owner, one's own membership, and the members."""
    for _ in range(count):
        join(client, team, alice, register(client))
    with statements(app) as sent:
        assert len(roles(client, alice, team)) == count + 1
    assert len(sent) == 3, sent


# --- Roles ---


@pytest.mark.parametrize(("old", "new"), [("member", "admin"), ("admin", "member")])
@pytest.mark.parametrize("by", ["owner", "admin"])
def test_owners_and_admins_promote_members_and_demote_admins(
    client, alice, bob, carol, team, by, old, new
):
    join(client, team, alice, bob, role=old)
    join(client, team, alice, carol, role="admin")
    answer = change_role(client, {"owner": alice, "admin": carol}[by], team, bob, new)
    assert answer.status_code == 200
    assert answer.json["user"] == {"id": bob.id, "username": "bob"}
    assert answer.json["role"] == new
    assert roles(client, bob, team)["bob"] == new


@pytest.mark.parametrize("role", ["member", "admin"])
def test_the_same_role_again_changes_nothing(client, app, alice, bob, team, role):
    joined = join(client, team, alice, bob, role=role)
    before = len(trail(app))
    answer = change_role(client, alice, team, bob, role)
    assert answer.status_code == 200
    assert answer.json == {name: joined[name] for name in ("user", "role", "joined_at")}
    assert len(trail(app)) == before


@pytest.mark.parametrize("role", ["owner", "", "Admin", "MEMBER", "guest", None, 1, ["admin"]])
def test_no_other_role_can_be_given_least_of_all_owner(client, alice, bob, team, role):
    join(client, team, alice, bob)
    answer = change_role(client, alice, team, bob, role)
    assert answer.status_code == 422
    assert list(answer.json["errors"]["json"]) == ["role"]
    assert roles(client, alice, team)["bob"] == "member"


@pytest.mark.parametrize("body", [{}, {"role": "admin", "joined_at": "2020-01-01"}])
def test_a_change_is_of_the_role_and_of_nothing_else(client, alice, bob, team, body):
    join(client, team, alice, bob)
    path = f"/teams/{team['id']}/members/{bob.id}"
    assert client.patch(path, json=body, headers=alice.headers).status_code == 422
    assert roles(client, alice, team)["bob"] == "member"


@pytest.mark.parametrize("role", ["member", "admin"])
def test_an_admin_cannot_demote_an_owner(client, alice, bob, carol, team, role):
    join(client, team, alice, bob, role="admin")
    join(client, team, alice, carol, role="owner")
    for owner in (alice, carol):
        assert refusal_of(change_role(client, bob, team, owner, role)) == (403, "not_allowed")
    assert roles(client, bob, team) == {"alice": "owner", "bob": "admin", "carol": "owner"}


@pytest.mark.parametrize("target", ["bob", "alice", "carol"])
def test_a_member_changes_nobodys_role_not_even_the_own(client, alice, bob, carol, team, target):
    for account in (bob, carol):
        join(client, team, alice, account)
    whom = {"alice": alice, "bob": bob, "carol": carol}[target]
    assert refusal_of(change_role(client, bob, team, whom, "admin")) == (403, "not_allowed")
    assert roles(client, bob, team) == {"alice": "owner", "bob": "member", "carol": "member"}


def test_an_owner_may_demote_another_owner(client, alice, bob, team):
    join(client, team, alice, bob, role="owner")
    assert change_role(client, bob, team, alice, "member").status_code == 200
    assert roles(client, bob, team) == {"alice": "member", "bob": "owner"}


def test_an_owner_may_step_down_beside_another(client, alice, bob, team):
    join(client, team, alice, bob, role="owner")
    assert change_role(client, alice, team, alice, "admin").status_code == 200
    assert roles(client, bob, team) == {"alice": "admin", "bob": "owner"}


def test_an_admin_may_step_down(client, alice, bob, team):
    join(client, team, alice, bob, role="admin")
    assert change_role(client, bob, team, bob, "member").status_code == 200
    assert roles(client, bob, team)["bob"] == "member"


def test_a_demoted_admin_has_lost_the_rights_at_the_next_request(client, alice, bob, carol, team):
    join(client, team, alice, bob, role="admin")
    join(client, team, alice, carol)
    change_role(client, alice, team, bob, "member")
    path = f"/teams/{team['id']}"
    for answer in (
        client.patch(path, json={"name": "Red"}, headers=bob.headers),
        change_role(client, bob, team, carol, "admin"),
        remove(client, bob, team, carol),
        send_invitation(client, bob, team),
        client.get(f"{path}/invitations", headers=bob.headers),
        client.get(f"{path}/events", headers=bob.headers),
    ):
        assert refusal_of(answer) == (403, "not_allowed")
    assert client.get(path, headers=bob.headers).json["role"] == "member"


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
@pytest.mark.parametrize("who", ["somebody else", "nobody"])
def test_who_is_not_in_the_team_is_not_found_for_its_owner(client, alice, bob, team, method, who):
    user_id = bob.id if who == "somebody else" else 987_654_321
    path = f"/teams/{team['id']}/members/{user_id}"
    body = {"role": "member"} if method == "PATCH" else None
    answer = client.open(path, method=method, json=body, headers=alice.headers)
    assert refusal_of(answer) == (404, "not_found")


def test_a_member_of_another_team_of_ones_own_is_not_in_this_one(client, alice, bob, team):
    other = open_team(client, alice)
    join(client, other, alice, bob)
    assert refusal_of(remove(client, alice, team, bob)) == (404, "not_found")
    assert refusal_of(change_role(client, alice, team, bob, "admin")) == (404, "not_found")
    assert roles(client, bob, other)["bob"] == "member"


# --- Leaving and removing ---


@pytest.mark.parametrize("role", ["member", "admin", "owner"])
def test_everybody_may_leave_a_team_that_keeps_an_owner(client, alice, bob, team, role):
    join(client, team, alice, bob, role=role)
    answer = remove(client, bob, team, bob)
    assert (answer.status_code, answer.data) == (204, b"")
    assert roles(client, alice, team) == {"alice": "owner"}
    assert items_of(client, bob, "/teams") == []


def test_leaving_one_team_leaves_the_others(client, alice, bob, team):
    other = open_team(client, alice)
    for each in (team, other):
        join(client, each, alice, bob)
    remove(client, bob, team, bob)
    assert [each["id"] for each in items_of(client, bob, "/teams")] == [other["id"]]


def test_who_has_left_is_not_there_to_leave_again(client, alice, bob, team):
    join(client, team, alice, bob)
    remove(client, bob, team, bob)
    assert refusal_of(remove(client, bob, team, bob)) == (404, "not_found")


REMOVED_BY = [
    ("owner", "owner", 204),
    ("owner", "admin", 204),
    ("owner", "member", 204),
    ("admin", "owner", 403),
    ("admin", "admin", 204),
    ("admin", "member", 204),
    ("member", "owner", 403),
    ("member", "admin", 403),
    ("member", "member", 403),
]


@pytest.mark.parametrize(("by", "whom", "status"), REMOVED_BY)
def test_owners_remove_everybody_and_admins_everybody_but_owners(
    client, alice, bob, carol, team, by, whom, status
):
    join(client, team, alice, bob, role=by)
    join(client, team, alice, carol, role=whom)
    assert remove(client, bob, team, carol).status_code == status
    assert ("carol" in roles(client, alice, team)) == (status == 403)


@pytest.mark.parametrize("role", ["member", "admin", "owner"])
def test_a_removed_member_is_a_stranger_at_the_very_next_request(client, alice, bob, team, role):
    join(client, team, alice, bob, role=role)
    path = f"/teams/{team['id']}"
    assert client.get(path, headers=bob.headers).status_code == 200
    assert remove(client, alice, team, bob).status_code == 204
    for answer in (
        client.get(path, headers=bob.headers),
        client.patch(path, json={"name": "Red"}, headers=bob.headers),
        client.delete(path, headers=bob.headers),
        client.get(f"{path}/members", headers=bob.headers),
        client.get(f"{path}/invitations", headers=bob.headers),
        client.get(f"{path}/events", headers=bob.headers),
        send_invitation(client, bob, team),
        remove(client, bob, team, bob),
    ):
        assert refusal_of(answer) == (404, "not_found")
    assert client.get("/me", headers=bob.headers).json["teams"] == []


def test_who_was_removed_may_be_invited_again(client, alice, bob, team):
    join(client, team, alice, bob, role="admin")
    remove(client, alice, team, bob)
    assert join(client, team, alice, bob)["role"] == "member"


# --- The last owner ---


def assert_last_owner(answer):
    assert refusal_of(answer) == (409, "last_owner")


@pytest.mark.parametrize("role", ["member", "admin"])
def test_the_last_owner_cannot_step_down(client, app, alice, bob, team, role):
    join(client, team, alice, bob, role="admin")
    before = len(trail(app))
    assert_last_owner(change_role(client, alice, team, alice, role))
    assert roles(client, bob, team) == {"alice": "owner", "bob": "admin"}
    assert len(trail(app)) == before


@pytest.mark.parametrize("others", [0, 1])
def test_the_last_owner_cannot_leave(client, alice, bob, team, others):
    if others:
        join(client, team, alice, bob, role="admin")
    assert_last_owner(remove(client, alice, team, alice))
    assert roles(client, alice, team)["alice"] == "owner"


def test_of_two_owners_the_second_is_the_last(client, alice, bob, team):
    join(client, team, alice, bob, role="owner")
    assert remove(client, bob, team, alice).status_code == 204
    assert_last_owner(remove(client, bob, team, bob))
    assert_last_owner(change_role(client, bob, team, bob, "member"))
    assert roles(client, bob, team) == {"bob": "owner"}


def test_owners_of_other_teams_do_not_count(client, alice, bob, team):
    other = open_team(client, alice)
    join(client, other, alice, bob, role="owner")
    assert_last_owner(remove(client, alice, team, alice))
    assert remove(client, alice, other, alice).status_code == 204


# --- What somebody offered who may no longer offer it ---


@pytest.fixture
def admin_link(client, alice, bob, team):
    """A link that Bob, an admin, sent."""
    join(client, team, alice, bob, role="admin")
    return invite(client, bob, team)


def leave(client, alice, bob, team):
    return remove(client, bob, team, bob)


def be_removed(client, alice, bob, team):
    return remove(client, alice, team, bob)


def be_demoted(client, alice, bob, team):
    return change_role(client, alice, team, bob, "member")


def step_down(client, alice, bob, team):
    return change_role(client, bob, team, bob, "member")


def delete_account(client, alice, bob, team):
    return client.delete("/me", headers=bob.headers)


@pytest.mark.parametrize("end", [leave, be_removed, be_demoted, step_down, delete_account])
def test_what_an_admin_offered_lapses_with_the_right_to_offer_it(
    client, alice, bob, carol, team, admin_link, end
):
    kept = invite(client, alice, team)
    named = invite(client, bob, team, username="carol")
    assert end(client, alice, bob, team).status_code in {200, 204}
    for invitation in (admin_link, named):
        assert refusal_of(accept(client, carol, invitation)) == (404, "invitation_not_found")
    assert open_invitations(client, alice, team) == [kept["id"]]
    assert accept(client, carol, kept).status_code == 200


def test_a_removed_admin_does_not_come_back_by_an_own_link(client, alice, bob, team, admin_link):
    remove(client, alice, team, bob)
    assert refusal_of(accept(client, bob, admin_link)) == (404, "invitation_not_found")
    assert roles(client, alice, team) == {"alice": "owner"}


def test_nor_by_a_link_from_before_after_having_come_back_otherwise(
    client, alice, bob, carol, team, admin_link
):
    remove(client, alice, team, bob)
    join(client, team, alice, bob, role="admin")
    assert refusal_of(accept(client, carol, admin_link)) == (404, "invitation_not_found")


@pytest.mark.parametrize(("role", "kept"), [("admin", True), ("member", False)])
def test_of_an_owner_who_steps_down_only_that_lapses_which_the_new_role_cannot_offer(
    client, alice, bob, carol, team, role, kept
):
    join(client, team, alice, bob, role="owner")
    ownership, admin = (invite(client, bob, team, role=each) for each in ("owner", "admin"))
    change_role(client, alice, team, bob, role)
    assert open_invitations(client, alice, team) == ([admin["id"]] if kept else [])
    assert refusal_of(accept(client, carol, ownership)) == (404, "invitation_not_found")
    assert accept(client, carol, admin).status_code == (200 if kept else 404)


@pytest.mark.parametrize("end", [leave, be_removed])
def test_what_was_offered_to_who_goes_lapses_too(client, app, alice, bob, team, admin_link, end):
    """Ownership that was offered before would bring back who was removed."""
    offers = [invite(client, alice, team, username="bob", role="owner")]
    client.patch("/me", json={"email": "bob@example.com"}, headers=bob.headers)
    verify_email(app, bob)
    offers.append(invite(client, alice, team, email="bob@example.com", role="owner"))
    end(client, alice, bob, team)
    for offer in offers:
        assert refusal_of(accept(client, bob, offer)) == (404, "invitation_not_found")
    assert open_invitations(client, alice, team) == []
    assert items_of(client, bob, "/teams") == []


def test_what_was_offered_in_another_team_stays(client, alice, bob, carol, team, admin_link):
    other = open_team(client, bob)
    link = invite(client, bob, other)
    remove(client, alice, team, bob)
    assert accept(client, carol, link).status_code == 200


def test_who_is_promoted_keeps_what_was_offered(client, alice, bob, carol, team, admin_link):
    accept(client, bob, invite(client, alice, team, username="bob", role="owner"))
    assert accept(client, carol, admin_link).status_code == 200
