"""Chromium and a running Muster. Come here to change how the browser is started or watched."""

import pytest
from playwright.sync_api import sync_playwright

from tests.browser.swagger_page import FLAGS, find_chromium
from tests.server.running import started


@pytest.fixture(scope="session")
def muster(tmp_path_factory):
    """The address of a Muster whose database only these tests use."""
    with started(tmp_path_factory.mktemp("muster"), MUSTER_WORKERS=1) as server:
        yield "http://{}:{}".format(*server.address)


@pytest.fixture(scope="session")
def chromium():
    path = find_chromium()
    if path is None:
        pytest.skip("The browser's story needs Chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()
