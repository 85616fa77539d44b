"""The documents that list what the code has. When a test fails, it prints the table to paste."""

import re
from dataclasses import MISSING, fields
from pathlib import Path

import errors
from config import BASE, PREFIX, Settings
from core.audit import Event
from core.permissions import MANAGES, PERMISSIONS, Action, Role
from db import db
from models import AuditEventModel
from tests.factories import register

ERRORS = BASE / "docs" / "errors.md"
README = BASE / "README.md"
TEAMS = BASE / "docs" / "teams.md"


def refusals():
    """The failures in the order of errors.py."""
    for each in vars(errors).values():
        if isinstance(each, type) and issubclass(each, errors.Refusal) and each != errors.Refusal:
            yield each


def render_errors():
    """The table of docs/errors.md."""
    rows = [
        f"| {each.status.value} | `{each.error}` | {each.message} | {meaning_of(each)} |"
        for each in refusals()
    ]
    return "\n".join(["| status | `error` | `message` | meaning |", "|---|---|---|---|", *rows])


def meaning_of(refusal):
    return " ".join((refusal.__doc__ or "").split())


def name_of(setting):
    return f"{PREFIX}{setting.name.upper()}"


def shown_default(setting):
    """A default as the README shows it."""
    special = {"instance_path": "`instance/`", "workers": "cores, at most 4"}
    if setting.name in special:
        return special[setting.name]
    if setting.default in ("", (), None):
        return "(empty)"
    if hasattr(setting.default, "days"):
        return f"`{setting.default.days}`"
    return f"`{setting.default}`"


def render_settings():
    """The table of the README."""
    rows = [
        f"| `{name_of(each)}` | {shown_default(each)} | {each.metadata['description']} |"
        for each in fields(Settings)
    ]
    return "\n".join(["| setting | default | meaning |", "|---|---|---|", *rows])


def render_permissions():
    """The first table of docs/teams.md, without the calls."""
    rows = [
        f"| `{action}` | {' | '.join('yes' if role in roles else 'no' for role in Role)} |"
        for action, roles in PERMISSIONS.items()
    ]
    head = f"| action | {' | '.join(Role)} |"
    return "\n".join([head, "|---" * (1 + len(Role)) + "|", *rows])


def render_covered_roles():
    """The second table of docs/teams.md."""
    rows = [
        f"| `{role}` | {', '.join(f'`{each}`' for each in Role if each in MANAGES[role])} |"
        for role in Role
    ]
    return "\n".join(["| role | covers |", "|---|---|", *rows]).replace("|  |", "| nobody |")


def written_events():
    """The events of docs/teams.md, each with the names of its details."""
    rows = rows_of(text_of(TEAMS), "|".join(Event))
    return {row[0]: set() if row[1] == "(none)" else set(row[1].split(", ")) for row in rows}


def live_a_story(client):
    """Everything that people do in a team, and to their accounts."""
    alice, bob = register(client, username="alice"), register(client, username="bob")
    team = client.post("/teams", json={"name": "Blue"}, headers=alice.headers).headers["Location"]
    member, offer = f"{team}/members/{bob.id}", {"role": "member", "username": "bob"}

    def invite():
        sent = client.post(f"{team}/invitations", json=offer, headers=alice.headers)
        return f"/invitations/{sent.json['id']}"

    client.post(f"/me{invite()}/decline", headers=bob.headers)
    client.post(f"/me{invite()}/accept", headers=bob.headers)
    client.patch(member, json={"role": "admin"}, headers=alice.headers)
    client.delete(member, headers=bob.headers)
    client.post(f"/me{invite()}/accept", headers=bob.headers)
    client.delete(member, headers=alice.headers)
    client.delete(team + invite(), headers=alice.headers)
    client.patch(team, json={"name": "Red"}, headers=alice.headers)
    client.delete(team, headers=alice.headers)
    client.patch("/me", json={"username": "bobby", "email": "b@example.com"}, headers=bob.headers)
    passwords = {"current_password": bob.password, "new_password": "another horse battery"}
    client.put("/me/password", json=passwords, headers=bob.headers)
    client.delete("/me", headers=bob.headers)


def recorded_details(app):
    """Which details were recorded, by event."""
    with app.app_context():
        rows = db.session.query(AuditEventModel.event, AuditEventModel.details).all()
        db.session.remove()
    return {event: set(details) for event, details in rows}


def rows_of(text, first_cell):
    """The cells of the rows whose first cell looks like this; backticks do not matter."""
    lines = [line.strip().strip("|") for line in text.splitlines() if line.startswith("|")]
    rows = [[cell.strip().replace("`", "") for cell in line.split(" | ")] for line in lines]
    return [row for row in rows if re.fullmatch(first_cell, row[0])]


def text_of(path: Path):
    return path.read_text(encoding="utf-8") if path.exists() else ""


def test_the_list_of_errors_is_that_of_the_code():
    written = [row[:3] for row in rows_of(text_of(ERRORS), r"\d{3}")]
    wanted = [row[:3] for row in rows_of(render_errors(), r"\d{3}")]
    assert sorted(written) == sorted(wanted), f"docs/errors.md needs:\n\n{render_errors()}\n"


def test_every_error_of_the_list_says_what_it_means():
    rows = rows_of(text_of(ERRORS), r"\d{3}")
    assert rows, "docs/errors.md has no table"
    assert all(len(row) == 4 and row[3] for row in rows)


def test_the_settings_of_the_readme_are_those_of_the_code():
    written = rows_of(text_of(README), f"{PREFIX}[A-Z_]+")
    wanted = rows_of(render_settings(), f"{PREFIX}[A-Z_]+")
    assert sorted(written) == sorted(wanted), f"README.md needs:\n\n{render_settings()}\n"


def test_every_error_has_a_code_of_its_own():
    codes = [each.error for each in refusals()]
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", code) for code in codes)


def test_every_error_has_a_sentence_and_a_meaning():
    for each in refusals():
        assert each.message.endswith("."), each
        assert meaning_of(each).endswith("."), each


def test_every_setting_has_a_default_and_a_description():
    for each in fields(Settings):
        assert each.default is not MISSING, each
        assert each.metadata["description"].endswith("."), each


def test_the_permissions_of_the_page_on_teams_are_those_of_the_code():
    written = [row[:4] for row in rows_of(text_of(TEAMS), "|".join(Action))]
    wanted = rows_of(render_permissions(), "|".join(Action))
    assert len(wanted) == len(Action)
    assert written == wanted, f"docs/teams.md needs:\n\n{render_permissions()}\n"


def test_every_permission_of_the_page_on_teams_names_its_calls(client):
    rows = rows_of(text_of(TEAMS), "|".join(Action))
    called = {call for row in rows for call in re.findall(r"[A-Z]+ /teams/[a-z_/{}]*", row[4])}
    paths = client.get("/openapi.json").json["paths"]
    published = {
        f"{method.upper()} {path.replace('team_id', 'id')}"
        for path, methods in paths.items()
        for method, operation in methods.items()
        if "x-permission" in operation
    }
    assert called == published


def test_the_covered_roles_of_the_page_on_teams_are_those_of_the_code():
    written = rows_of(text_of(TEAMS), "|".join(Role))
    wanted = rows_of(render_covered_roles(), "|".join(Role))
    assert len(wanted) == len(Role)
    assert written == wanted, f"docs/teams.md needs:\n\n{render_covered_roles()}\n"


def test_the_events_of_the_page_on_teams_are_those_of_the_code():
    assert written_events().keys() == set(Event)


def test_the_details_of_events_are_those_that_the_page_on_teams_names(app, client):
    live_a_story(client)
    recorded, written = recorded_details(app), written_events()
    assert {event for event, details in written.items() if details} <= recorded.keys()
    assert {event: written[event] for event in recorded} == recorded
