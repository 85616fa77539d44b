"""docs/security/controls.md and SECURITY.md: their numbers and tables are those of the code."""

import re

import pytest

import db
import rate_limits
from app import create_app
from config import BASE, Settings
from core import guessing, paging, tokens
from core.permissions import PERMISSIONS, Action, Role
from tests.test_openapi import operations_of, resolved

CONTROLS = (BASE / "docs" / "security" / "controls.md").read_text(encoding="utf-8")
THREATS = (BASE / "SECURITY.md").read_text(encoding="utf-8")


def section(title):
    """The text below a heading, on one line."""
    (found,) = re.findall(rf"^## {title}\n(.*?)(?=^## |\Z)", CONTROLS, re.MULTILINE | re.DOTALL)
    return " ".join(found.split())


def render_limits():
    rows = [f"| {name} | {one} | {all_} |" for name, (one, all_) in rate_limits.LIMITS.items()]
    return "\n".join(["| limit | of an address | of all |", "|---|---|---|", *rows])


def caller_of(operation, answers):
    """Who may call an operation, in words."""
    schemes = [scheme for each in operation.get("security", []) for scheme in each]
    codes = str(answers.get("401"))
    secrets = {"app_secret": "INTROSPECTION_SECRET", "metrics_token": "METRICS_TOKEN"}
    if schemes and schemes[0] in secrets:
        return f"who shows `MUSTER_{secrets[schemes[0]]}`"
    if {} in operation.get("security", [{}]):
        return "everybody"
    if "x-permission" in operation:
        roles = PERMISSIONS[Action(operation["x-permission"])]
        return "in the team: " + ", ".join(role for role in Role if role in roles)
    return "freshly signed in" if "fresh_sign_in_required" in codes else "signed in"


def render_access():
    document = create_app("sqlite://").test_client().get("/openapi.json").json
    rows = [
        f"| `{name}` | {caller_of(operation, resolved(document, operation['responses']))} |"
        for name, operation in sorted(operations_of(document), key=lambda each: each[0].split()[1])
    ]
    return "\n".join(["| operation | who |", "|---|---|", *rows])


@pytest.mark.asvs("6.1.1", "2.4.1")
def test_the_limits_per_address_are_written_down():
    assert render_limits() in CONTROLS, f"controls.md needs:\n\n{render_limits()}\n"


@pytest.mark.asvs("6.1.1")
def test_the_numbers_against_guessing_are_written_down():
    longest = guessing.delay_after(guessing.HARD_STOP).total_seconds() / 60
    said = section("Guessing and overuse")
    assert f"{guessing.FREE_FAILURES} wrong passwords in a row are free" in said
    assert f"doubling up to {longest:.0f} minutes" in said
    assert f"after {guessing.HARD_STOP} nothing is tried" in said


@pytest.mark.asvs("8.1.1")
def test_who_may_call_what_is_written_down():
    assert render_access() in CONTROLS, f"controls.md needs:\n\n{render_access()}\n"


@pytest.mark.asvs("7.1.1")
def test_the_lifetimes_of_sessions_are_written_down():
    said = section("Sessions")
    assert f"holds {tokens.ACCESS_LIFETIME.total_seconds() / 60:.0f} minutes" in said
    assert f"after {tokens.REFRESH_IDLE_LIFETIME.days} days without a refresh" in said
    assert f"after {tokens.SESSION_LIFETIME.days} days in all" in said


@pytest.mark.asvs("6.1.2")
def test_what_no_password_may_be_is_written_down():
    said = section("Passwords")
    settings = Settings()
    assert f"{settings.password_min_length} to {settings.password_max_length} code points" in said
    assert all(word in said for word in ("username", "e-mail address", "name of the service"))


@pytest.mark.asvs("6.1.3", "6.3.6")
def test_every_way_to_get_tokens_is_written_down():
    document = create_app("sqlite://").test_client().get("/openapi.json").json
    assert ways_to_tokens(document) == set(re.findall(r"`(POST /\w+)`", section("Ways to sign in")))


def ways_to_tokens(document):
    return {
        name
        for name, operation in operations_of(document)
        if "schemas/Tokens" in str(operation["responses"].get("200"))
    }


@pytest.mark.asvs("11.1.1", "11.1.2")
def test_the_inventory_of_cryptography_has_what_the_code_has():
    said = section("Cryptography")
    settings = Settings()
    assert f"PBKDF2-HMAC-SHA256, {settings.password_rounds:,} rounds" in said
    assert all(name in said for name in ("ES256", "EdDSA", "RS256", "flask keys rotate"))


@pytest.mark.asvs("13.1.1", "13.1.2", "13.1.3")
def test_what_muster_talks_to_is_written_down_with_its_limits():
    said = section("What Muster talks to")
    assert f"up to {db.POSTGRESQL_CONNECTIONS_PER_WORKER} connections a worker" in said
    assert all(
        name in said for name in ("SQLite", "PostgreSQL", "Redis", "503", "10 s a statement")
    )


@pytest.mark.asvs("15.1.3", "15.1.5")
def test_what_is_costly_and_what_is_dangerous_is_written_down():
    assert "MUSTER_HASHING_QUEUE" in section("Guessing and overuse")
    assert f"pages of {paging.MAX_LIMIT} at the most" in section("Guessing and overuse")
    named = re.findall(r"`([\w/]+\.py)`", section("Dangerous code"))
    assert named
    assert all((BASE / name).exists() for name in named)


@pytest.mark.asvs("14.1.1", "14.1.2")
def test_every_kind_of_data_has_its_protection_written_down():
    kinds = re.findall(r"\| (secret|personal|shared|public) \| [^|]+ \| [^|]+ \|", section("Data"))
    assert kinds == ["secret", "personal", "shared", "public"]


@pytest.mark.asvs("15.1.1")
def test_how_fast_faults_are_mended_is_written_down():
    assert all(f"{days} days" in THREATS for days in (7, 30))


@pytest.mark.asvs("15.2.4")
@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_package_is_pinned_with_its_hashes_and_installed_so(name):
    lines = (BASE / name).read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    packages = [line for line in lines if line and not line.lstrip().startswith("#")]
    assert len(packages) > 20
    assert all("==" in line and "--hash=sha256:" in line for line in packages)
    makefile = (BASE / "Makefile").read_text(encoding="utf-8")
    assert f"--require-hashes -r {name}" in makefile
