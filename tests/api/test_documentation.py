"""The Swagger UI page, its files and the document."""

import re

import pytest

from resources.documentation import ASSETS


def policy_of(answer):
    parts = answer.headers["Content-Security-Policy"].split(";")
    return {name: sources for name, *sources in map(str.split, parts)}


@pytest.mark.parametrize("path", ["/", "/swagger-ui/"])
def test_the_bare_address_leads_to_the_page(client, path):
    answer = client.get(path, buffered=True)
    assert (answer.status_code, answer.location) == (302, "/swagger-ui")


def test_the_page_is_html(client):
    answer = client.get("/swagger-ui", buffered=True)
    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    assert "Muster" in answer.text


@pytest.mark.asvs("3.4.3", "3.6.1", "14.2.3")
def test_the_policy_of_the_page_allows_no_inline_script_and_no_foreign_host(client):
    policy = policy_of(client.get("/swagger-ui", buffered=True))
    assert policy["default-src"] == ["'none'"]
    assert policy["script-src"] == ["'self'"]
    assert policy["style-src"] == ["'self'"]
    sources = {source for sources in policy.values() for source in sources}
    assert sources == {"'none'", "'self'", "data:"}


@pytest.mark.asvs("3.6.1", "3.7.1")
def test_the_page_needs_nothing_that_its_policy_forbids(client):
    page = client.get("/swagger-ui", buffered=True).text
    assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\son\w+=|\sstyle=", page)
    assert not re.search(r"(src|href)=.?(https?:)?//", page)


def test_every_file_that_the_page_names_is_served(client):
    page = client.get("/swagger-ui", buffered=True).text
    named = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len(named) == 6
    for address in named:
        assert client.get("/" + address, buffered=True).status_code == 200


@pytest.mark.asvs("3.5.7", "3.2.1")
@pytest.mark.parametrize("name", sorted(ASSETS))
def test_an_asset_is_served_with_its_type(client, name):
    answer = client.get(f"/swagger-ui/{name}", buffered=True)
    assert (answer.status_code, answer.mimetype) == (200, ASSETS[name][1])
    assert len(answer.data) > 100


@pytest.mark.asvs("5.3.2", "13.4.7", "13.2.5")
@pytest.mark.parametrize(
    "name",
    [
        "index.html",
        "oauth2-redirect.html",
        "swagger-ui-bundle.js.map",
        "swagger-ui-standalone-preset.js",
        "swagger-ui.css.map",
        "../documentation.py",
        "..%2fdocumentation.py",
        "%2e%2e/documentation.py",
        "%2fetc%2fpasswd",
        "initializer.js/",
        "initializer.js%00",
        "INITIALIZER.JS",
    ],
)
def test_nothing_else_is_served(client, name):
    assert client.get(f"/swagger-ui/{name}", buffered=True).status_code == 404


def test_an_asset_that_did_not_change_is_not_sent_again(client):
    tag = client.get("/swagger-ui/swagger-ui.css", buffered=True).headers["ETag"]
    again = client.get("/swagger-ui/swagger-ui.css", headers={"If-None-Match": tag}, buffered=True)
    assert (again.status_code, again.data) == (304, b"")


def test_the_document_is_served_without_a_token(client):
    answer = client.get("/openapi.json")
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert answer.json["openapi"] == "3.1.0"
    assert answer.json["info"]["title"] == "Muster"


def test_the_page_opens_the_document_and_asks_no_foreign_validator(client):
    script = client.get("/swagger-ui/initializer.js", buffered=True).text
    assert 'url: "openapi.json"' in script
    assert "validatorUrl: null" in script
