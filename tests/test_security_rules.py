"""docs/security/rules.md: its tables are those of the code. A failure prints what to paste."""

import ast
import re
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, files

import marshmallow as ma
import pytest

import api
import config
import fields
import schemas
from answers import SECURITY_HEADERS
from config import BASE, Settings
from core import guessing, paging, strict_json, team_names, tokens, usernames
from resources.documentation import CONTENT_SECURITY_POLICY
from services import attempts
from services.signing_keys import ALGORITHMS
from tests.factories import register, sign_in
from tests.test_architecture import ROOT, sources
from tests.test_docs import name_of, refusals, rows_of

PAGE = (BASE / "docs" / "security" / "rules.md").read_text(encoding="utf-8")
PARTS = dict(re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
LOCK = (BASE / "requirements.txt").read_text(encoding="utf-8")


def rows_below(title, first_cell=r"(?!-|field|what|secret|package|logger|today).*"):
    return rows_of(PARTS[title], first_cell)


# --- Limits ---

# Numbers that are no limit of what people may do: how the service is run.
OF_OPERATION = {"password_rounds", "workers", "drain_seconds", "trusted_proxies"}
OF_SETTINGS = {
    "username_reservation": ("a name that was given up", "409 `username_taken` to others"),
    "teams_per_user": ("a user", "409 `quota_reached`"),
    "members_per_team": ("a team", "409 `quota_reached`"),
    "invitations_per_team": ("a team", "409 `quota_reached`"),
    "invitation_lifetime": ("an invitation", "404 `invitation_not_found`"),
    "audit_retention": ("an event", "it is deleted"),
    "password_min_length": ("a password", "422"),
    "password_max_length": ("a password", "422"),
    "hashing_queue": ("everybody, a worker", "503 `overloaded`"),
}


def minutes(time):
    return f"{time.total_seconds() / 60:.0f} minutes"


def fixed_limits():
    """What, of whom, how much, and what happens above it."""
    yield (
        "username",
        "a user",
        f"{usernames.MINIMUM_LENGTH} to {usernames.MAXIMUM_LENGTH} characters",
        "422",
    )
    yield "e-mail address", "a user", f"one, {fields.EMAIL['maxLength']} characters", "422"
    yield "name", "a team", f"{team_names.MAX_LENGTH} characters", "422"
    yield "sessions", "a user", "no limit", "(see below)"
    yield "access token", "a session", minutes(tokens.ACCESS_LIFETIME), "401 `invalid_token`"
    idle, absolute = tokens.REFRESH_IDLE_LIFETIME.days, tokens.SESSION_LIFETIME.days
    yield "unused", "a session", f"{idle} days", "it ends"
    yield "age", "a session", f"{absolute} days", "it ends"
    yield "wrong passwords, free", "a user", guessing.FREE_FAILURES, "a wait, 401"
    yield "wait", "a user", minutes(guessing.LONGEST_DELAY), "it grows no longer"
    yield "wrong passwords", "a user", guessing.HARD_STOP, "401 until an operator unlocks it"
    yield "page", "a list", f"{paging.MAX_LIMIT} items", "422"
    yield "body", "a request", f"{api.MAX_BODY_BYTES // 1024} KiB", "413 `body_too_large`"
    yield "nesting of JSON", "a request", strict_json.MAX_DEPTH, "400 `malformed_json`"


def render_limits():
    rows = [
        (f"`{config.PREFIX}{name.upper()}`", of, in_words(getattr(Settings(), name)), above)
        for name, (of, above) in OF_SETTINGS.items()
    ]
    lines = [f"| {' | '.join(map(str, row))} |" for row in (*rows, *fixed_limits())]
    return "\n".join(["| limit | of | value | above it |", "|---|---|---|---|", *lines])


def in_words(value):
    return f"{value.days} days" if isinstance(value, timedelta) else value


@pytest.mark.asvs("2.1.3")
def test_the_limits_are_those_of_the_code():
    assert render_limits() in PARTS["Limits"], f"rules.md needs:\n\n{render_limits()}\n"


def test_the_refusals_of_the_limits_are_codes_of_muster():
    named = set(re.findall(r"\d{3} `(\w+)`", render_limits()))
    assert named <= {each.error for each in refusals()}
    assert len(named) > 5


@pytest.mark.asvs("2.1.3")
def test_no_setting_that_is_a_number_is_left_out():
    numbers = {
        name for name, value in vars(Settings()).items() if isinstance(value, int | timedelta)
    }
    assert numbers == OF_SETTINGS.keys() | OF_OPERATION


# --- Sessions ---


@pytest.mark.asvs("7.1.2")
def test_an_account_has_any_number_of_sessions_as_it_is_written(client, alice):
    assert "An account may have any number of sessions." in PARTS["Sessions of an account"]
    body = {"username": "alice", "password": alice.password}
    newest = [sign_in(client, **body) for _ in range(120)][-1]
    for headers in (alice.headers, newest):
        assert client.get("/me", headers=headers).status_code == 200


# --- Fields ---

OF_NOBODY = re.compile(r"Answer|Message|Registered|PageQuery|Health|Jwks|Introspection\w*|\w*Page")
OBJECTS = {
    "account": r"(PlainUser|User|NamedUser|Profile|OwnAccount|AccountChange|PasswordChange)",
    "session": r"(UserSession|Tokens|Refresh)",
    "team": r"(PlainTeam|TeamName|TeamChange|OwnTeam|Team)",
    "membership": r"(RoleChange|Membership|Joined)",
    "invitation": r"(Offer|\w*Invitation|InvitationToken)",
    "event": r"(EventUser|AuditEvent)",
    "sign-in": r"SignIn",  # its fields are the account's
}
SAME = {"event.id": "event.id", "account.current_password": "account.password"}
SAME |= {"account.new_password": "account.password"}


def schema_fields():
    for name, schema in vars(schemas).items():
        if isinstance(schema, type) and issubclass(schema, ma.Schema) and schema is not ma.Schema:
            short = name.removesuffix("Schema")
            if not OF_NOBODY.fullmatch(short):
                (noun,) = [each for each, names in OBJECTS.items() if re.fullmatch(names, short)]
                yield from ((noun, field) for field in schema().fields)


@pytest.mark.asvs("8.1.2")
def test_every_field_has_a_row():
    found = {f"{noun}.{field}" for noun, field in schema_fields() if noun != "sign-in"}
    assert {SAME.get(each, each) for each in found} == {row[0] for row in rows_below("Fields")}


@pytest.mark.asvs("8.1.2", "8.2.3")
def test_what_others_may_not_see_of_an_account_is_not_shown_to_them(client, alice):
    bob = register(client, username="bob", email="bob@example.com")
    seen = client.get(f"/users/{bob.id}", headers=alice.headers).json
    rows = [row for row in rows_below("Fields") if row[0].startswith("account.")]
    assert {f"account.{field}" for field in seen} == {
        field for field, by, _change in rows if by.startswith("signed in")
    }
    own = client.get("/me", headers=bob.headers).json
    assert {f"account.{field}" for field in own} == {row[0] for row in rows if row[1] != "nobody"}


@pytest.mark.asvs("8.1.2", "8.2.3")
@pytest.mark.parametrize(
    "field", [row[0] for row in rows_below("Fields") if re.match(r"(account|team)\.", row[0])]
)
def test_what_cannot_be_changed_is_refused(client, alice, field):
    changed_by = {row[0]: row[2] for row in rows_below("Fields")}[field]
    noun, name = field.split(".")
    team = client.post("/teams", json={"name": "Blue"}, headers=alice.headers).headers["Location"]
    body = {name: "a@example.com" if name == "email" else "Red"}
    answer = client.patch("/me" if noun == "account" else team, json=body, headers=alice.headers)
    changeable = changed_by == "oneself" or changed_by.startswith("admin")
    assert answer.status_code == (200 if changeable else 422)


# --- Circumstances ---

WRONG = "wrong passwords in a row"


def render_circumstances():
    known = "counted apart; it takes that session's place"
    fresh = "`DELETE /me` wants one from a sign-in: 401 `fresh_sign_in_required`"
    window = f"{tokens.REPEAT_WINDOW.total_seconds():.0f} s"
    failures, stop = guessing.FREE_FAILURES, guessing.HARD_STOP
    idle, absolute = tokens.REFRESH_IDLE_LIFETIME.days, tokens.SESSION_LIFETIME.days
    again = "of a refresh token that comes again"
    rows = (
        (WRONG, failures, "nothing is tried for a time", "likewise, counted by session"),
        (WRONG, stop, "nothing is tried until an operator unlocks it", "likewise, by session"),
        ("a live session of the same account", "one", known, "(nothing)"),
        ("the address, an IPv6 network of 64 bits", "its limits", "429", "429"),
        ("all requests together", "their limits", "429", "429"),
        ("days without a refresh", idle, "(nothing)", "the session ends"),
        ("days since the sign-in", absolute, "(nothing)", "the session ends"),
        ("how the token was got", "by a refresh", "(nothing)", fresh),
        (f"the user agent, {again}", "another one", "(nothing)", "the session ends"),
        (f"the time, {again}", window, "(nothing)", "the session ends"),
        ("whether the account is disabled", "it is", "401", "401, on the next request"),
    )
    lines = [f"| {' | '.join(map(str, row))} |" for row in rows]
    head = "| circumstance | from | at a new session | in one that runs |"
    return "\n".join([head, "|---|---|---|---|", *lines])


@pytest.mark.asvs("8.1.3", "8.1.4")
def test_the_circumstances_are_written_with_the_numbers_of_the_code():
    table = render_circumstances()
    assert table in PARTS["Circumstances"], f"rules.md needs:\n\n{table}\n"


# What a decision could be made by, and where it may be read.
READERS = {
    "remote_addr|REMOTE_ADDR": {
        *("access_log.py", "rate_limits.py", "resources/__init__.py", "server.py"),
    },
    "user_agent": {
        *("models/user_session.py", "resources/__init__.py", "resources/user_session.py"),
        *("core/devices.py", "services/refresh.py", "services/sessions.py"),
    },
    "accept_languages|geoip|weekday|tzinfo_of": set(),
}


@pytest.mark.asvs("8.1.3")
@pytest.mark.parametrize("word", READERS)
def test_no_other_circumstance_is_looked_at(word):
    ours = [place for place in sources() if place.parts[0] not in {"migrations", "scripts"}]
    readers = {str(place) for place in ours if re.search(word, (ROOT / place).read_text("utf-8"))}
    assert readers == READERS[word]


# --- Secrets ---


@pytest.mark.asvs("13.1.4")
def test_every_secret_has_a_time_to_be_exchanged():
    secret = {config._secret, config._database_url, config._redis_url}
    by_name = Settings.__dataclass_fields__.values()
    wanted = {name_of(each) for each in by_name if each.metadata["parse"] in secret}
    rows = rows_below("Secrets, and when they are exchanged")
    assert {row[0] for row in rows} == wanted | {"signing keys"}
    assert all(re.match(r"every \d+ days", row[1]) and row[2] for row in rows)


@pytest.mark.asvs("11.1.4")
def test_every_algorithm_has_one_that_comes_after():
    written = " ".join(row[0] for row in rows_below("Algorithms that come after"))
    assert set(re.findall(r"ES256|EdDSA|RS256", written)) == set(ALGORITHMS)
    inventory = (BASE / "docs" / "security" / "controls.md").read_text(encoding="utf-8")
    for name in ("PBKDF2-HMAC-SHA256", "ES256"):
        assert name in inventory
        assert name in written
    assert "ML-DSA" in PARTS["Algorithms that come after"]


# --- Packages ---


def is_compiled(package):
    try:
        return any(re.search(r"\.(so|pyd)$", str(each)) for each in files(package) or ())
    except PackageNotFoundError:
        return False  # it is for another platform


@pytest.mark.asvs("15.1.4")
def test_every_package_that_is_not_only_python_is_named_as_risky():
    locked = set(re.findall(r"^([a-z0-9-]+)==", LOCK, re.MULTILINE))
    named = {each for row in rows_below("Risky components") for each in row[0].split(", ")}
    assert named <= locked
    assert {each for each in locked if is_compiled(each)} <= named


# --- The log ---


def logged_messages():
    """Every message that our code logs, as it stands there."""
    for place in sources():
        text = (ROOT / place).read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)):
            is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
            if is_call and re.fullmatch(r"_log\.(info|warning|error)", ast.unparse(node.func)):
                yield ast.literal_eval(node.args[0])
        yield from re.findall(r'"msg": "(\w+)"', text)


@pytest.mark.asvs("16.1.1")
def test_every_line_of_the_log_is_in_the_inventory():
    messages = set(logged_messages())
    assert {"request", "refused", "attempt"} <= messages
    assert {row[1] for row in rows_below("What is logged")} == messages | {"(its own)"}


@pytest.mark.asvs("16.1.1")
def test_every_logger_is_in_the_inventory():
    text = " ".join((ROOT / place).read_text(encoding="utf-8") for place in sources())
    loggers = set(re.findall(r'getLogger\("([\w.]+)"\)', text))
    assert {row[0] for row in rows_below("What is logged")} == loggers | {"_granian"}
    assert attempts._log.name in loggers


# --- Browsers ---


@pytest.mark.asvs("3.1.1")
def test_what_browsers_are_asked_to_know_is_written_down(client):
    with client.get("/swagger-ui", base_url="https://localhost") as answer:
        headers = answer.headers
    assert headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    wanted = {"Strict-Transport-Security", *SECURITY_HEADERS} - {"Cache-Control"}
    assert wanted <= set(headers.keys())
    named = {each for row in rows_below("What browsers need") for each in row[0].split(", ")}
    assert named >= wanted | {"HTTPS"}
