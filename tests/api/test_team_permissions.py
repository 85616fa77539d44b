"""Who may do what in which team: every role at every operation, as core/permissions.py says.

The operations come from the URL map, so a new one cannot be forgotten; what each needs is read
from the OpenAPI document.
"""

from itertools import count

import pytest

from core.permissions import MANAGES, PERMISSIONS, Action, Role
from tests.factories import register

BODIES = {
    Action.RENAME_TEAM: {"name": "Renamed"},
    Action.CHANGE_ROLE: {"role": "member"},
    Action.INVITE: {"role": "member"},
}
NOBODYS_TEAM = 987_654_321
SUCCESS = {200, 201, 204}
_names = count()


@pytest.fixture
def people(client):
    """A second owner, and one caller for each role; the first owner opens the teams."""
    return {name: register(client) for name in ("founder", "victim", *Role)}


@pytest.fixture(scope="module")
def needs(shared_app):
    """What the operations on a team need, by method and rule."""
    document = shared_app.test_client().get("/openapi.json").json
    return {
        (method.upper(), path): operation.get("x-permission")
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if "{team_id}" in path and method != "parameters"
    }


def team_rules(app):
    """Methods and paths, written as the document writes them, and the rules that make them."""
    for rule in app.url_map.iter_rules():
        if "team_id" in rule.arguments:
            path = rule.rule.replace("<id:", "{").replace(">", "}")
            for method in rule.methods - {"OPTIONS", "HEAD"}:
                yield method, path, rule


def open_team(client, people):
    """A team with somebody in every role."""
    name = f"Team {next(_names)}"
    team_id = client.post("/teams", json={"name": name}, headers=people["founder"].headers).json[
        "id"
    ]
    for each in ("victim", *Role):
        role = Role.MEMBER if each == "victim" else each
        sent = invite(client, people, team_id, role=role, username=people[each].username)
        path = f"/me/invitations/{sent['id']}/accept"
        assert client.post(path, headers=people[each].headers).status_code == 200
    return team_id


def invite(client, people, team_id, **offer):
    path = f"/teams/{team_id}/invitations"
    return client.post(path, json=offer, headers=people["founder"].headers).json


def request(client, method, rule, caller, *, people, team_id, action, own_team=None):
    """What is asked for stands in one's own team; only the team's id is another, if it is."""
    values = {"team_id": team_id}
    if "user_id" in rule.arguments:
        values["user_id"] = caller.id if action == Action.LEAVE_TEAM else people["victim"].id
    if "invitation_id" in rule.arguments:
        sent = invite(client, people, own_team or team_id, role="member")
        values["invitation_id"] = sent["id"]
    path = client.application.url_map.bind("localhost").build(rule.endpoint, values)
    return client.open(path, method=method, json=BODIES.get(action), headers=caller.headers)


def test_every_operation_on_a_team_says_what_it_needs(app, needs):
    found = {(method, path) for method, path, _ in team_rules(app)}
    assert found == needs.keys()
    assert {each for each in needs.items() if each[1] not in set(Action)} == set()


def test_every_permission_is_needed_by_an_operation(needs):
    # Removing somebody is the same operation as leaving; further down it is tried by itself.
    assert set(needs.values()) == set(Action) - {Action.REMOVE_MEMBER}


@pytest.mark.asvs("8.2.1", "8.3.1")
@pytest.mark.parametrize("role", Role)
def test_a_role_may_do_in_its_own_team_what_the_table_says_and_nothing_else(
    app, client, people, needs, role
):
    for method, path, rule in team_rules(app):
        action = Action(needs[method, path])
        team_id = open_team(client, people)
        caller = people[role]
        answer = request(
            client, method, rule, caller, people=people, team_id=team_id, action=action
        )
        if role in PERMISSIONS[action]:
            assert (method, path, answer.status_code in SUCCESS) == (method, path, True)
        else:
            refused = (answer.status_code, answer.json["error"])
            assert (method, path, *refused) == (method, path, 403, "not_allowed")


@pytest.mark.asvs("8.2.2", "8.4.1")
@pytest.mark.parametrize("role", Role)
def test_no_role_opens_another_team_which_looks_like_none(app, client, people, needs, role):
    own_team = open_team(client, people)
    stranger = {name: register(client) for name in ("founder", "victim", *Role)}
    another = open_team(client, stranger)
    for method, path, rule in team_rules(app):
        action = Action(needs[method, path])
        bodies = []
        for team_id in (another, NOBODYS_TEAM):
            answer = request(
                *(client, method, rule, people[role]),
                people=people,
                team_id=team_id,
                action=action,
                own_team=own_team,
            )
            bodies.append((answer.status_code, answer.data))
        assert (method, path, bodies[0][0]) == (method, path, 404)
        assert bodies[0] == bodies[1]


@pytest.mark.asvs("8.2.2", "8.4.1")
def test_who_is_in_no_team_finds_none(app, client, people, needs):
    team_id, nobody = open_team(client, people), register(client)
    for method, path, rule in team_rules(app):
        action = Action(needs[method, path])
        answer = request(
            client, method, rule, nobody, people=people, team_id=team_id, action=action
        )
        found = (method, path, answer.status_code, answer.json["error"])
        assert found == (method, path, 404, "not_found")


@pytest.mark.asvs("8.2.2")
@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("target", Role)
def test_a_role_manages_the_roles_that_the_table_says(client, people, role, target):
    """Roles of others changed, members removed, invitations sent and revoked."""
    team_id = open_team(client, people)
    caller = people[role].headers
    other = register(client)
    sent = invite(client, people, team_id, role=target, username=other.username)
    members, invitations = f"/teams/{team_id}/members", f"/teams/{team_id}/invitations"
    tried = [
        client.post(invitations, json={"role": target}, headers=caller),
        client.delete(f"{invitations}/{sent['id']}", headers=caller),
    ]
    sent = invite(client, people, team_id, role=target, username=other.username)
    if "id" not in sent:  # the one above was not revoked
        sent = client.get("/me/invitations", headers=other.headers).json["items"][0]
    client.post(f"/me/invitations/{sent['id']}/accept", headers=other.headers)
    for body in ({"role": "admin"}, {"role": "member"}) if target != Role.MEMBER else ():
        tried.append(client.patch(f"{members}/{other.id}", json=body, headers=caller))
        break
    tried.append(client.delete(f"{members}/{other.id}", headers=caller))
    allowed = target in MANAGES[role]
    assert [answer.status_code in SUCCESS for answer in tried] == [allowed] * len(tried)
    assert {answer.status_code for answer in tried} <= (SUCCESS if allowed else {403})


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("new_role", [Role.ADMIN, Role.MEMBER])
def test_a_role_gives_a_member_the_roles_that_the_table_says(client, people, role, new_role):
    path = f"/teams/{open_team(client, people)}/members/{people['victim'].id}"
    answer = client.patch(path, json={"role": new_role}, headers=people[role].headers)
    assert answer.status_code == (200 if new_role in MANAGES[role] else 403)
