"""Swagger UI in Chromium: how people meet Muster, from the first page to the last sign-out."""

from itertools import count
from urllib.parse import urlsplit

import httpx
import pytest

from tests.browser.swagger_page import SwaggerPage
from tests.factories import Registration

pytestmark = pytest.mark.xdist_group("browser")  # one Chromium, one Muster
NUMBERS = count(1)


@pytest.fixture
def page(chromium, muster):
    """A tab of its own. Whatever a test does with it, nothing foreign is asked, nothing fails."""
    context = chromium.new_context()
    page = SwaggerPage(context.new_page(), muster)
    yield page
    hosts = {urlsplit(url).netloc for url in page.requested if not url.startswith("data:")}
    assert hosts == {urlsplit(muster).netloc}
    assert page.said == []
    context.close()


def newcomer():
    return Registration(username=f"newcomer-{next(NUMBERS)}")


def sign_in(page, person):
    assert page.execute("postRegister", person)[0] == 201
    return page.execute("postLogin", person)[1]


def test_the_bare_address_shows_the_welcome_with_the_first_steps(page, muster):
    page.tab.goto(muster)
    page.wait()
    assert page.tab.title() == "Muster API"
    steps = page.tab.locator(".info li").all_inner_texts()
    assert [step.split(",")[0] for step in steps[:3]] == [
        *("Open POST /register", "Open POST /login", "Open GET /me")
    ]


@pytest.mark.asvs("3.6.1", "14.2.3")
def test_a_newcomer_registers_signs_in_and_reads_who_they_are(page):
    person = newcomer()
    page.open()
    assert page.execute("postRegister", person)[0] == 201
    assert page.execute("postLogin", person)[0] == 200
    status, account = page.execute("getMe")
    assert (status, account["username"]) == (200, person["username"])


def test_who_signed_in_opens_a_team_and_finds_it_among_theirs(page):
    sign_in(page.open(), newcomer())
    status, team = page.execute("postTeams", {"name": "Blue"})
    assert (status, team["role"]) == (201, "owner")
    assert page.execute("getTeams")[1]["items"][0]["id"] == team["id"]
    assert [each["name"] for each in page.execute("getMe")[1]["teams"]] == ["Blue"]


def test_two_people_live_the_whole_story_of_a_team(page):
    """One opens a team and offers it to another, who accepts; then the first one leaves."""
    alice, bob = newcomer(), newcomer()
    alice_id = page.open().execute("postRegister", alice)[1]["user"]["id"]
    page.execute("postRegister", bob)
    page.execute("postLogin", alice)
    team_id = page.execute("postTeams", {"name": "Blue"})[1]["id"]
    offer = {"role": "owner", "username": bob["username"], "transfer": True}
    sent = page.execute("postTeamInvitations", offer, team_id=team_id)
    assert sent[0] == 201
    page.execute("postLogin", bob)
    assert page.execute("getMyInvitations")[1]["items"][0]["team"]["name"] == "Blue"
    accepted = page.execute("postMyInvitationAccept", invitation_id=sent[1]["id"])
    assert (accepted[0], accepted[1]["role"]) == (200, "owner")
    page.execute("postLogin", alice)
    assert page.execute("getTeam", team_id=team_id)[1]["role"] == "admin"
    assert page.execute("deleteMember", team_id=team_id, user_id=alice_id)[0] == 204
    assert page.execute("getTeams")[1]["items"] == []
    page.execute("postLogin", bob)
    members = page.execute("getMembers", team_id=team_id)[1]["items"]
    assert [each["user"]["username"] for each in members] == [bob["username"]]


def test_the_first_steps_work_by_pressing_execute_alone(page):
    page.open()
    assert page.execute("postRegister")[0] == 201
    assert page.execute("postLogin")[0] == 200
    assert page.execute("getMe")[1]["username"] == "alice"


def test_a_name_that_is_taken_is_shown_as_a_conflict(page):
    person = newcomer()
    page.open()
    page.execute("postRegister", person)
    status, refusal = page.execute("postRegister", person)
    assert (status, refusal["error"]) == (409, "username_taken")
    _kind, note = page.said.pop()  # Chromium's own, on any answer above 399
    assert note.endswith("status of 409 (Conflict)")


def test_a_token_from_elsewhere_is_taken_by_authorize(page, muster):
    person = newcomer()
    httpx.post(f"{muster}/register", json=person)
    token = httpx.post(f"{muster}/login", json=person).json()["access_token"]
    page.open().authorize(token)
    assert page.execute("getMe")[1]["username"] == person["username"]


@pytest.mark.asvs("14.3.3")
def test_authorization_survives_a_reload(page):
    person = newcomer()
    sign_in(page.open(), person)
    page.reload()
    assert page.is_authorized()
    assert page.execute("getMe")[1]["username"] == person["username"]


@pytest.mark.asvs("14.3.1", "7.4.4")
def test_signing_out_takes_the_authorization_off_the_page(page):
    tokens = sign_in(page.open(), newcomer())
    assert page.is_authorized()
    assert page.execute("postLogout")[0] == 200
    page.reload()
    assert not page.is_authorized()
    assert tokens["access_token"] not in page.tab.evaluate("JSON.stringify(localStorage)")


def test_a_refresh_on_the_page_keeps_it_authorized_with_the_new_token(page):
    tokens = sign_in(page.open(), newcomer())
    body = {"refresh_token": tokens["refresh_token"]}
    new = page.execute("postRefresh", body)[1]["access_token"]
    kept = page.tab.evaluate("JSON.stringify(localStorage)")
    assert new in kept
    assert tokens["access_token"] not in kept


def test_a_deep_link_opens_its_operation(page):
    page.open("#/me/getMe")
    page.tab.wait_for_selector(".opblock.is-open")
    assert page.tab.locator(".opblock.is-open").count() == 1
    assert page.block("getMe").locator("button.execute").is_visible()


def test_the_operations_stand_in_the_order_in_which_people_need_them(page):
    page.open()
    tags = [each.get_attribute("data-tag") for each in page.tab.locator("[data-tag]").all()]
    assert tags[:3] == ["user", "user-session", "me"]
    assert tags[-3:] == ["verification", "health", "metrics"]
    assert page.tab.locator(".opblock-summary-path").first.inner_text() == "/register"


@pytest.mark.asvs("3.2.2", "1.2.1")
def test_what_an_answer_holds_is_shown_as_text(page):
    """Should a name ever hold markup, it is still not run."""
    hostile = {"message": "<img src=x onerror=alert(1)>"}
    page.open().tab.route("**/healthz", lambda route: route.fulfill(json=hostile))
    assert page.execute("getHealthz") == (200, hostile)
    assert page.tab.locator("img[onerror]").count() == 0
