"""Invitations: sending, revoking, accepting, declining; links; offers of ownership."""

import logging
import re
from datetime import timedelta
from hashlib import sha256

import pytest
import time_machine
from sqlalchemy import select

from core import clock
from db import db
from models import InvitationModel
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

NOT_FOUND = (404, "invitation_not_found")
LIFETIME = timedelta(days=7)


@pytest.fixture(autouse=True)
def time():
    """The clock stands still until a test moves it."""
    with time_machine.travel(clock.now().replace(microsecond=0), tick=False) as traveller:
        yield traveller


@pytest.fixture
def team(client, alice):
    """Alice owns it."""
    return open_team(client, alice)


@pytest.fixture
def bob(client):
    return register(client, username="bob")


@pytest.fixture
def carol(client, app):
    """She has a confirmed address."""
    account = register(client, username="carol", email="carol@example.com")
    verify_email(app, account)
    return account


def sign_in_again(client, account):
    body = {"username": account.username, "password": account.password}
    token = client.post("/login", json=body).json["access_token"]
    account.headers = {"Authorization": f"Bearer {token}"}


def sent(client, account, team):
    return items_of(client, account, f"/teams/{team['id']}/invitations")


def received(client, account):
    return items_of(client, account, "/me/invitations")


def revoke(client, account, team, invitation):
    path = f"/teams/{team['id']}/invitations/{invitation['id']}"
    return client.delete(path, headers=account.headers)


def decline(client, account, invitation):
    return client.post(f"/me/invitations/{invitation['id']}/decline", headers=account.headers)


def change_role(client, account, team, target, role):
    path = f"/teams/{team['id']}/members/{target.id}"
    return client.patch(path, json={"role": role}, headers=account.headers)


def kept(app):
    with app.app_context():
        return db.session.scalars(select(InvitationModel)).all()


def joined(client, account, team):
    return any(each["id"] == team["id"] for each in items_of(client, account, "/teams"))


# --- By username ---


def test_an_invitation_says_who_offers_what_to_whom_and_until_when(client, alice, bob, team):
    answer = send_invitation(client, alice, team, username="bob", role="admin")
    assert answer.status_code == 201
    assert answer.json == {
        "id": answer.json["id"],
        "role": "admin",
        "transfer": False,
        "inviter": {"id": alice.id, "username": "alice"},
        "user": {"id": bob.id, "username": "bob"},
        "email": None,
        "created_at": clock.now().isoformat(),
        "expires_at": (clock.now() + LIFETIME).isoformat(),
    }
    assert sent(client, alice, team) == [answer.json]


def test_who_is_invited_sees_it_with_the_team_and_gets_in_by_accepting(client, alice, bob, team):
    invitation = invite(client, alice, team, username="bob", role="admin")
    (seen,) = received(client, bob)
    same = ("id", "role", "transfer", "inviter", "created_at", "expires_at")
    assert seen == {name: invitation[name] for name in same} | {
        "team": {"id": team["id"], "name": "Blue"}
    }
    answer = accept(client, bob, invitation)
    assert answer.status_code == 200
    assert answer.json == {
        "team": {"id": team["id"], "name": "Blue"},
        "user": {"id": bob.id, "username": "bob"},
        "role": "admin",
        "joined_at": clock.now().isoformat(),
    }
    assert roles(client, bob, team) == {"alice": "owner", "bob": "admin"}
    assert received(client, bob) == sent(client, alice, team) == []


@pytest.mark.parametrize("typed", ["bob", "BOB", "Bob", "ｂｏｂ"])
def test_a_username_is_found_as_at_the_sign_in(client, alice, bob, team, typed):
    assert invite(client, alice, team, username=typed)["user"]["id"] == bob.id
    assert len(received(client, bob)) == 1


@pytest.mark.parametrize(
    "unknown", ["nobody", "b0b", "", "a", "bob ", "bob\0", "b@b", "x" * 60_000, "bob@example.com"]
)
def test_a_username_that_nobody_has_is_refused(client, app, alice, bob, team, unknown):
    answer = send_invitation(client, alice, team, username=unknown)
    assert refusal_of(answer) == (422, "invalid_input")
    assert list(answer.json["errors"]["json"]) == ["username"]
    assert kept(app) == []


def test_the_name_of_a_deleted_account_is_nobodys(client, alice, bob, team):
    client.delete("/me", headers=bob.headers)
    assert send_invitation(client, alice, team, username="bob").status_code == 422


def test_an_invitation_follows_who_is_invited_to_another_name(client, alice, bob, team):
    invite(client, alice, team, username="bob")
    client.patch("/me", json={"username": "robert"}, headers=bob.headers)
    assert sent(client, alice, team)[0]["user"] == {"id": bob.id, "username": "robert"}
    assert len(received(client, bob)) == 1


def test_an_invitation_of_a_deleted_account_is_gone(client, app, alice, bob, team):
    invite(client, alice, team, username="bob")
    client.delete("/me", headers=bob.headers)
    assert sent(client, alice, team) == []
    assert kept(app) == []


# --- By e-mail address ---


@pytest.mark.parametrize("typed", ["carol@example.com", "Carol@EXAMPLE.com"])
def test_an_address_reaches_the_account_that_confirmed_it(client, alice, carol, team, typed):
    invitation = invite(client, alice, team, email=typed)
    assert (invitation["user"], invitation["email"]) == (None, "carol@example.com")
    assert "token" not in invitation
    assert [each["id"] for each in received(client, carol)] == [invitation["id"]]
    assert accept(client, carol, invitation).status_code == 200
    assert joined(client, carol, team)


def test_an_address_that_nobody_confirmed_reaches_nobody(client, alice, team):
    claimer = register(client, email="someone@example.com")
    invitation = invite(client, alice, team, email="someone@example.com")
    assert received(client, claimer) == []
    assert refusal_of(accept(client, claimer, invitation)) == NOT_FOUND
    assert refusal_of(decline(client, claimer, invitation)) == NOT_FOUND


def test_it_is_there_as_soon_as_the_address_is_confirmed(client, app, alice, team):
    account = register(client, email="Someone@example.com")
    invitation = invite(client, alice, team, email="someone@example.com")
    verify_email(app, account)
    assert [each["id"] for each in received(client, account)] == [invitation["id"]]
    assert accept(client, account, invitation).status_code == 200


@pytest.mark.parametrize("email", ["other@example.com", None])
def test_who_changes_the_address_no_longer_has_its_invitations(client, alice, carol, team, email):
    invitation = invite(client, alice, team, email="carol@example.com")
    client.patch("/me", json={"email": email}, headers=carol.headers)
    assert received(client, carol) == []
    assert refusal_of(accept(client, carol, invitation)) == NOT_FOUND
    client.patch("/me", json={"email": "carol@example.com"}, headers=carol.headers)
    assert received(client, carol) == []  # it is not confirmed any more


def test_another_way_of_writing_the_address_is_the_same_address(client, alice, carol, team):
    invitation = invite(client, alice, team, email="carol@example.com")
    client.patch("/me", json={"email": "CAROL@example.com"}, headers=carol.headers)
    assert [each["id"] for each in received(client, carol)] == [invitation["id"]]


def test_nobody_learns_whether_an_address_is_somebodys(client, alice, carol, team):
    answers = [
        send_invitation(client, alice, team, email=f"{name}@example.com").json
        for name in ("carol", "nobody")
    ]
    for answer in answers:
        del answer["id"], answer["email"]
    assert answers[0] == answers[1]


@pytest.mark.parametrize("email", ["", "nonsense", "a@b@example.com", "a@example.com\n", 7, None])
def test_what_is_no_address_is_refused(client, alice, team, email):
    answer = send_invitation(client, alice, team, email=email)
    assert answer.status_code == 422
    assert list(answer.json["errors"]["json"]) == ["email"]


# --- By link ---


def test_a_link_lets_whoever_has_it_in_once(client, alice, bob, carol, team):
    link = invite(client, alice, team, role="admin")
    assert (link["user"], link["email"]) == (None, None)
    assert accept(client, bob, link).json["role"] == "admin"
    assert refusal_of(accept(client, carol, link)) == NOT_FOUND
    assert refusal_of(accept(client, bob, link)) == NOT_FOUND
    assert roles(client, alice, team) == {"alice": "owner", "bob": "admin"}


def test_its_token_is_256_bits_and_another_each_time(client, alice, team):
    tokens = {invite(client, alice, team)["token"] for _ in range(5)}
    assert len(tokens) == 5
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{43}", token) for token in tokens)


def test_only_the_digest_of_its_token_is_kept(client, app, alice, team):
    token = invite(client, alice, team)["token"]
    (row,) = kept(app)
    assert row.token_digest == sha256(token.encode()).hexdigest()
    with app.app_context(), db.engine.connect() as connection:
        tables = [connection.execute(select(t)).all() for t in db.metadata.sorted_tables]
    assert row.token_digest in str(tables)
    assert token not in str(tables)


def test_its_token_is_shown_once_and_never_again(client, alice, bob, team):
    answer = send_invitation(client, alice, team)
    assert answer.headers["Cache-Control"] == "no-store"
    for path in ("invitations", "events", "members", ""):
        shown = client.get(f"/teams/{team['id']}/{path}".rstrip("/"), headers=alice.headers)
        assert shown.status_code == 200
        assert answer.json["token"] not in shown.text
        assert "token" not in shown.text
    assert answer.json["token"] not in accept(client, bob, answer.json).text


def test_its_token_is_neither_in_the_log_nor_in_the_audit_trail(
    client, app, alice, bob, team, caplog
):
    caplog.set_level(logging.DEBUG)
    link = invite(client, alice, team)
    for wrong in (link["token"][:-1] + "~", "A" * 43):
        accept(client, bob, link | {"token": wrong})
    accept(client, bob, link)
    log = "\n".join(str(vars(record)) for record in caplog.records)
    assert "/invitations/accept" in log
    for secret in (link["token"], sha256(link["token"].encode()).hexdigest()):
        assert secret not in log
        assert secret not in str([vars(event) for event in trail(app)])


def test_a_link_cannot_be_accepted_by_its_id(client, alice, bob, team):
    link = invite(client, alice, team)
    del link["token"]
    assert refusal_of(accept(client, bob, link)) == NOT_FOUND
    assert refusal_of(decline(client, bob, link)) == NOT_FOUND
    assert received(client, bob) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda token: token + "=",
        lambda token: token + "\n",
        lambda token: " " + token,
        lambda token: token[:-1],
        lambda token: token[:-1] + ("A" if token[-1] != "A" else "B"),
        lambda token: sha256(token.encode()).hexdigest(),
        lambda token: "\0" * 43,
        lambda token: "é" * 256,
    ],
)
def test_what_is_not_quite_its_token_opens_nothing(client, alice, bob, team, change):
    link = invite(client, alice, team)
    other = link | {"token": change(link["token"])}
    assert refusal_of(accept(client, bob, other)) == NOT_FOUND
    assert accept(client, bob, link).status_code == 200


@pytest.mark.parametrize("token", ["", "A" * 257, None, 7, ["A"]])
def test_what_cannot_be_a_token_is_refused_as_such(client, bob, token):
    answer = client.post("/invitations/accept", json={"token": token}, headers=bob.headers)
    assert answer.status_code == 422
    assert list(answer.json["errors"]["json"]) == ["token"]


def test_a_member_does_not_use_a_link_up(client, alice, bob, carol, team):
    join(client, team, alice, bob)
    link = invite(client, alice, team)
    for account in (alice, bob):
        assert refusal_of(accept(client, account, link)) == (409, "already_member")
    assert accept(client, carol, link).status_code == 200


# --- Expiring ---


@pytest.mark.parametrize(("seconds", "is_open"), [(-1, True), (0, False), (1, False)])
@pytest.mark.parametrize("addressee", [{}, {"username": "bob"}, {"email": "carol@example.com"}])
def test_an_invitation_holds_seven_days(
    client, alice, bob, carol, team, time, addressee, seconds, is_open
):
    invitation = invite(client, alice, team, **addressee)
    time.shift(LIFETIME + timedelta(seconds=seconds))
    for account in (alice, bob, carol):
        sign_in_again(client, account)
    invitee = carol if "email" in addressee else bob
    assert len(sent(client, alice, team)) == is_open
    assert len(received(client, invitee)) == (is_open and bool(addressee))
    assert accept(client, invitee, invitation).status_code == (200 if is_open else 404)
    assert joined(client, invitee, team) == is_open


def test_what_has_expired_can_neither_be_declined_nor_revoked(client, app, alice, bob, team, time):
    invitation = invite(client, alice, team, username="bob")
    time.shift(LIFETIME)
    for account in (alice, bob):
        sign_in_again(client, account)
    before = len(trail(app))
    assert refusal_of(decline(client, bob, invitation)) == NOT_FOUND
    assert refusal_of(revoke(client, alice, team, invitation)) == NOT_FOUND
    assert len(trail(app)) == before


@pytest.mark.parametrize("addressee", [{"username": "bob"}, {"email": "carol@example.com"}])
def test_who_was_invited_may_be_invited_again_once_that_has_expired(
    client, app, alice, bob, carol, team, time, addressee
):
    invite(client, alice, team, **addressee)
    time.shift(LIFETIME - timedelta(seconds=1))
    sign_in_again(client, alice)
    again = send_invitation(client, alice, team, **addressee)
    assert refusal_of(again) == (409, "already_invited")
    time.shift(1)
    assert send_invitation(client, alice, team, **addressee).status_code == 201
    assert len(kept(app)) == 1


# --- Revoking ---


@pytest.mark.parametrize("addressee", [{}, {"username": "bob"}, {"email": "carol@example.com"}])
def test_what_was_revoked_lets_nobody_in(client, app, alice, bob, carol, team, addressee):
    invitation = invite(client, alice, team, **addressee)
    answer = revoke(client, alice, team, invitation)
    assert (answer.status_code, answer.data) == (204, b"")
    assert sent(client, alice, team) == received(client, bob) == received(client, carol) == []
    for account in (bob, carol):
        assert refusal_of(accept(client, account, invitation)) == NOT_FOUND
    assert refusal_of(revoke(client, alice, team, invitation)) == NOT_FOUND
    assert kept(app) == []


def test_an_invitation_of_another_team_of_ones_own_is_not_in_this_one(client, alice, team):
    other = open_team(client, alice)
    link = invite(client, alice, other)
    assert refusal_of(revoke(client, alice, team, link)) == NOT_FOUND
    assert [each["id"] for each in sent(client, alice, other)] == [link["id"]]
    assert sent(client, alice, team) == []


@pytest.mark.parametrize(
    ("by", "role", "status"),
    [
        ("member", "member", 403),
        ("admin", "member", 204),
        ("admin", "admin", 204),
        ("admin", "owner", 403),
        ("owner", "owner", 204),
    ],
)
def test_admins_revoke_up_to_their_own_role(client, alice, bob, team, by, role, status):
    join(client, team, alice, bob, role=by)
    link = invite(client, alice, team, role=role)
    assert revoke(client, bob, team, link).status_code == status
    assert len(sent(client, alice, team)) == (status == 403)


@pytest.mark.parametrize(
    ("by", "role", "status"),
    [
        ("member", "member", 403),
        ("admin", "member", 201),
        ("admin", "admin", 201),
        ("admin", "owner", 403),
        ("owner", "owner", 201),
    ],
)
def test_admins_invite_up_to_their_own_role(client, app, alice, bob, team, by, role, status):
    join(client, team, alice, bob, role=by)
    assert send_invitation(client, bob, team, role=role).status_code == status
    assert len(kept(app)) == (status == 201)


def test_an_admin_cannot_make_itself_owner_by_any_invitation(client, alice, bob, team):
    join(client, team, alice, bob, role="admin")
    for offer in ({}, {"username": "bob"}, {"email": "bob@example.com"}, {"transfer": True}):
        answer = send_invitation(client, bob, team, role="owner", **offer)
        assert refusal_of(answer) == (403, "not_allowed")
    assert refusal_of(accept(client, bob, invite(client, bob, team, role="admin"))) == (
        409,
        "already_member",
    )
    assert roles(client, bob, team)["bob"] == "admin"


# --- Declining ---


@pytest.mark.parametrize("addressee", [{"username": "carol"}, {"email": "carol@example.com"}])
def test_what_was_declined_is_gone(client, alice, carol, team, addressee):
    invitation = invite(client, alice, team, **addressee)
    answer = decline(client, carol, invitation)
    assert (answer.status_code, answer.json) == (200, {"message": "Invitation declined."})
    assert sent(client, alice, team) == received(client, carol) == []
    assert refusal_of(accept(client, carol, invitation)) == NOT_FOUND
    assert refusal_of(decline(client, carol, invitation)) == NOT_FOUND
    assert not joined(client, carol, team)


def test_who_declined_may_be_invited_again(client, alice, bob, team):
    decline(client, bob, invite(client, alice, team, username="bob"))
    assert accept(client, bob, invite(client, alice, team, username="bob")).status_code == 200


# --- Others' invitations ---


@pytest.mark.parametrize("addressee", [{"username": "carol"}, {"email": "carol@example.com"}])
@pytest.mark.parametrize("act", [accept, decline])
def test_an_invitation_of_another_is_not_found_even_for_who_sent_it(
    client, alice, bob, carol, team, addressee, act
):
    invitation = invite(client, alice, team, **addressee)
    nothing = act(client, bob, {"id": 987_654_321})
    for account in (alice, bob):
        answer = act(client, account, invitation)
        assert (refusal_of(answer), answer.data) == (NOT_FOUND, nothing.data)
    assert len(received(client, carol)) == 1
    assert received(client, alice) == received(client, bob) == []


@pytest.mark.parametrize("invitation_id", ["0", "01", "x", str(2**63)])
@pytest.mark.parametrize("act", ["accept", "decline"])
def test_what_cannot_be_the_id_of_an_invitation_is_not_found(client, alice, invitation_id, act):
    answer = client.post(f"/me/invitations/{invitation_id}/{act}", headers=alice.headers)
    assert refusal_of(answer) == (404, "not_found")


# --- One open invitation per person and team ---


@pytest.mark.parametrize("addressee", [{"username": "bob"}, {"email": "carol@example.com"}])
@pytest.mark.parametrize("role", ["member", "owner"])
def test_a_person_has_one_open_invitation_to_a_team(
    client, app, alice, bob, carol, team, addressee, role
):
    invite(client, alice, team, **addressee)
    before = len(trail(app))
    again = {name: value.upper() for name, value in addressee.items()}
    answer = send_invitation(client, alice, team, role=role, **again)
    assert refusal_of(answer) == (409, "already_invited")
    assert (len(kept(app)), len(trail(app))) == (1, before)


def test_other_teams_and_other_people_are_invited_beside_it(client, alice, bob, team):
    other = open_team(client, alice)
    invite(client, alice, team, username="bob")
    invite(client, alice, other, username="bob")
    for _ in range(2):
        invite(client, alice, team)
    assert len(received(client, bob)) == 2
    assert len(sent(client, alice, team)) == 3


def test_accepting_takes_the_other_invitations_of_that_person_to_the_team_away(
    client, alice, carol, team
):
    other = open_team(client, alice)
    named, by_address = (
        invite(client, alice, team, **addressee)
        for addressee in ({"username": "carol"}, {"email": "carol@example.com"})
    )
    elsewhere = invite(client, alice, other, username="carol")
    link = invite(client, alice, team)
    accept(client, carol, by_address)
    assert [each["id"] for each in received(client, carol)] == [elsewhere["id"]]
    assert [each["id"] for each in sent(client, alice, team)] == [link["id"]]
    assert refusal_of(accept(client, carol, named)) == NOT_FOUND


def test_an_invitation_that_would_raise_the_role_stays(client, alice, carol, team):
    lower, higher = (
        invite(client, alice, team, **offer)
        for offer in ({"username": "carol"}, {"email": "carol@example.com", "role": "admin"})
    )
    accept(client, carol, lower)
    assert [each["id"] for each in received(client, carol)] == [higher["id"]]
    assert accept(client, carol, higher).json["role"] == "admin"
    assert roles(client, alice, team)["carol"] == "admin"


# --- To who is in the team already ---


@pytest.mark.parametrize(
    ("has", "offered", "status"),
    [
        ("member", "member", 409),
        ("admin", "member", 409),
        ("admin", "admin", 409),
        ("owner", "owner", 409),
        ("member", "admin", 201),
        ("member", "owner", 201),
        ("admin", "owner", 201),
    ],
)
def test_a_member_can_be_offered_more_and_not_the_same(
    client, app, alice, bob, team, has, offered, status
):
    join(client, team, alice, bob, role=has)
    answer = send_invitation(client, alice, team, username="bob", role=offered)
    assert answer.status_code == status
    assert status == 201 or answer.json["error"] == "already_member"
    assert len(kept(app)) == (status == 201)


def test_one_cannot_invite_oneself(client, alice, team):
    answer = send_invitation(client, alice, team, username="alice", role="owner")
    assert refusal_of(answer) == (409, "already_member")


def test_an_invitation_to_the_address_of_a_member_says_so_to_that_member_only(
    client, alice, carol, team
):
    join(client, team, alice, carol)
    invitation = invite(client, alice, team, email="carol@example.com")
    assert refusal_of(accept(client, carol, invitation)) == (409, "already_member")
    assert decline(client, carol, invitation).status_code == 200
    assert roles(client, alice, team)["carol"] == "member"


def test_an_invitation_never_lowers_a_role(client, alice, bob, team):
    link = invite(client, alice, team, role="member")
    join(client, team, alice, bob, role="admin")
    assert refusal_of(accept(client, bob, link)) == (409, "already_member")
    assert roles(client, alice, team)["bob"] == "admin"


# --- Offers of ownership ---


@pytest.mark.parametrize("has", [None, "member", "admin"])
@pytest.mark.parametrize("addressee", [{}, {"username": "carol"}, {"email": "carol@example.com"}])
def test_ownership_that_is_offered_and_accepted_is_shared(
    client, alice, carol, team, has, addressee
):
    if has:
        join(client, team, alice, carol, role=has)
    offer = invite(client, alice, team, role="owner", **addressee)
    assert roles(client, alice, team).get("carol") == has  # not before it is accepted
    assert accept(client, carol, offer).json["role"] == "owner"
    assert roles(client, carol, team) == {"alice": "owner", "carol": "owner"}


@pytest.mark.parametrize("has", [None, "member", "admin"])
@pytest.mark.parametrize("addressee", [{}, {"username": "carol"}, {"email": "carol@example.com"}])
def test_ownership_that_is_transferred_makes_the_inviter_admin_when_it_is_accepted(
    client, alice, carol, team, has, addressee
):
    if has:
        join(client, team, alice, carol, role=has)
    offer = invite(client, alice, team, role="owner", transfer=True, **addressee)
    assert offer["transfer"] is True
    assert roles(client, alice, team)["alice"] == "owner"
    assert accept(client, carol, offer).json["role"] == "owner"
    assert roles(client, carol, team) == {"alice": "admin", "carol": "owner"}


def test_a_transfer_that_is_declined_changes_nothing(client, alice, bob, team):
    offer = invite(client, alice, team, username="bob", role="owner", transfer=True)
    assert received(client, bob)[0]["transfer"] is True
    decline(client, bob, offer)
    assert roles(client, alice, team) == {"alice": "owner"}


def test_of_two_transfers_by_one_owner_the_second_is_gone_with_the_first(
    client, alice, bob, carol, team
):
    first, second = (
        invite(client, alice, team, username=name, role="owner", transfer=True)
        for name in ("bob", "carol")
    )
    assert accept(client, bob, first).status_code == 200
    assert refusal_of(accept(client, carol, second)) == NOT_FOUND
    assert roles(client, bob, team) == {"alice": "admin", "bob": "owner"}


def test_after_a_transfer_the_former_owner_has_the_rights_of_an_admin(client, alice, bob, team):
    kept_link = invite(client, alice, team, role="admin")
    accept(client, bob, invite(client, alice, team, role="owner", transfer=True))
    path = f"/teams/{team['id']}"
    assert client.delete(path, headers=alice.headers).status_code == 403
    assert change_role(client, alice, team, bob, "member").status_code == 403
    assert [each["id"] for each in sent(client, alice, team)] == [kept_link["id"]]
    answer = client.delete(f"{path}/members/{alice.id}", headers=alice.headers)
    assert answer.status_code == 204


def test_the_own_transfer_cannot_be_accepted(client, alice, team):
    link = invite(client, alice, team, role="owner", transfer=True)
    assert refusal_of(accept(client, alice, link)) == (409, "already_member")
    assert roles(client, alice, team) == {"alice": "owner"}


@pytest.mark.parametrize("role", ["admin", "member"])
@pytest.mark.parametrize("transfer", [True, False])
def test_an_offer_of_ownership_is_gone_when_who_made_it_is_no_longer_owner(
    client, alice, bob, carol, team, role, transfer
):
    join(client, team, alice, bob, role="owner")
    offer = invite(client, bob, team, username="carol", role="owner", transfer=transfer)
    change_role(client, alice, team, bob, role)
    assert received(client, carol) == sent(client, alice, team) == []
    assert refusal_of(accept(client, carol, offer)) == NOT_FOUND
    assert roles(client, alice, team) == {"alice": "owner", "bob": role}


# --- Bodies ---


@pytest.mark.parametrize("role", ["member", "admin"])
def test_only_ownership_can_be_transferred(client, app, alice, bob, team, role):
    answer = send_invitation(client, alice, team, username="bob", role=role, transfer=True)
    assert refusal_of(answer) == (422, "invalid_input")
    assert list(answer.json["errors"]["json"]) == ["transfer"]
    assert kept(app) == []


def test_an_invitation_has_one_addressee(client, app, alice, bob, team):
    answer = send_invitation(client, alice, team, username="bob", email="bob@example.com")
    assert refusal_of(answer) == (422, "invalid_input")
    assert list(answer.json["errors"]["json"]) == ["email"]
    assert kept(app) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("role", None),
        ("role", "guest"),
        ("role", "Member"),
        ("transfer", "true"),
        ("transfer", 1),
        ("transfer", 0.0),
        ("transfer", None),
        ("username", None),
        ("username", 7),
        ("token", "A" * 43),
        ("expires_at", "2099-01-01T00:00:00Z"),
        ("inviter", 1),
        ("user_id", 1),
    ],
)
def test_a_body_that_does_not_fit_is_refused_by_its_field(client, app, alice, team, field, value):
    answer = send_invitation(client, alice, team, **{"role": "owner", field: value})
    assert answer.status_code == 422
    assert list(answer.json["errors"]["json"]) == [field]
    assert kept(app) == []


def test_an_invitation_says_its_role(client, alice, team):
    path = f"/teams/{team['id']}/invitations"
    answer = client.post(path, json={}, headers=alice.headers)
    assert answer.status_code == 422
    assert list(answer.json["errors"]["json"]) == ["role"]


# --- Pages ---


@pytest.mark.parametrize("limit", [1, 2, 3, 4])
def test_the_pages_of_a_team_hold_every_open_invitation_once(client, alice, team, limit):
    ids = [invite(client, alice, team)["id"] for _ in range(3)]
    pages = list(pages_of(client, alice, f"/teams/{team['id']}/invitations", limit=limit))
    assert [each["id"] for page in pages for each in page] == ids
    assert all(len(page) == limit for page in pages[:-1])


@pytest.mark.parametrize("limit", [1, 2, 3, 4])
def test_the_pages_of_ones_own_hold_every_open_invitation_once(client, alice, bob, limit):
    ids = [invite(client, alice, open_team(client, alice), username="bob")["id"] for _ in range(3)]
    pages = list(pages_of(client, bob, "/me/invitations", limit=limit))
    assert [each["id"] for page in pages for each in page] == ids
    assert all(len(page) == limit for page in pages[:-1])


@pytest.mark.parametrize("count", [1, 3])
def test_each_list_takes_a_fixed_number_of_statements(client, app, alice, bob, team, count):
    for _ in range(count):
        owner = register(client)
        invite(client, owner, open_team(client, owner), username="bob")
        invite(client, alice, team, username=owner.username)
    for account, path, allowed in (
        (alice, f"/teams/{team['id']}/invitations", 3),  # the caller, the right, the list
        (bob, "/me/invitations", 2),
    ):
        with statements(app) as sent_:
            assert len(items_of(client, account, path)) == count
        assert len(sent_) == allowed, sent_
