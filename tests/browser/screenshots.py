"""`make screenshots`: the pictures of Swagger UI in docs/. Come here to take others."""

import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from config import BASE
from tests.browser.swagger_page import FLAGS, SwaggerPage, find_chromium
from tests.server.running import started

SIZE = {"width": 1280, "height": 900}


def take(page):
    """The first page; and what stands below "Execute" of somebody who has signed in."""
    page.open().tab.screenshot(path=BASE / "docs" / "swagger-ui.png")
    for operation in ("postRegister", "postLogin", "postTeams"):
        page.execute(operation)
        page.block(operation).locator(".opblock-summary-control").click()
    page.execute("getMe")
    page.block("getMe").scroll_into_view_if_needed()
    page.tab.screenshot(path=BASE / "docs" / "swagger-ui-signed-in.png")


def main():
    with (
        tempfile.TemporaryDirectory() as directory,
        started(Path(directory), MUSTER_WORKERS=1) as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        take(SwaggerPage(browser.new_page(viewport=SIZE), "http://{}:{}".format(*server.address)))
        browser.close()


if __name__ == "__main__":
    main()
