"""Swagger UI as a person uses it. Come here when the page's own names change with its version."""

import json
import shutil

# As root in a container, without a screen, and without calls home.
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


def find_chromium():
    return shutil.which("chromium") or shutil.which("chromium-browser")


class SwaggerPage:
    """One tab on a Muster, with all that it asked for and all that its console said."""

    def __init__(self, tab, muster):
        self.tab, self.muster = tab, muster
        tab.set_default_timeout(90_000)  # a machine may be busy
        self.requested, self.said = [], []
        tab.on("request", lambda request: self.requested.append(request.url))
        tab.on("console", lambda message: self.said.append((message.type, message.text)))
        tab.on("pageerror", lambda error: self.said.append(("error", str(error))))
        tab.on("dialog", lambda dialog: self.said.append(("dialog", dialog.message)))

    def open(self, fragment=""):
        self.tab.goto(f"{self.muster}/swagger-ui{fragment}")
        return self.wait()

    def reload(self):
        self.tab.reload()
        return self.wait()

    def wait(self):
        self.tab.wait_for_selector(".opblock")
        return self

    def block(self, operation_id):
        return self.tab.locator(f".opblock[id$='-{operation_id}']")

    def unfold(self, operation_id):
        block = self.block(operation_id)
        if "is-open" not in block.get_attribute("class"):
            block.locator(".opblock-summary-control").click()
        return block

    def execute(self, operation_id, body=None, **parameters):
        """What a person sees after "Execute": the status, and the answer's body, if it has one."""
        block = self.unfold(operation_id)
        for name, value in parameters.items():
            block.locator(f"tr[data-param-name='{name}'] input").fill(str(value))
        if body is not None:
            block.locator("textarea.body-param__text").fill(json.dumps(body))
        path = block.get_attribute("id")
        with self.tab.expect_response(lambda answer: "/swagger-ui" not in answer.url) as answer:
            block.locator("button.execute").click()
        shown = block.locator(".live-responses-table tbody tr.response .response-col_status")
        shown.get_by_text(str(answer.value.status)).wait_for()
        assert path == block.get_attribute("id")
        has_body = answer.value.status != 204
        return answer.value.status, answer.value.json() if has_body else None

    def authorize(self, token):
        """The dialog behind "Authorize"."""
        self.tab.locator(".btn.authorize").click()
        dialog = self.tab.locator(".auth-container", has_text="access_token")
        dialog.get_by_role("textbox").fill(token)
        dialog.get_by_role("button", name="Apply credentials").click()
        self.tab.locator(".modal-btn.btn-done, .btn-done").first.click()

    def is_authorized(self):
        return self.tab.locator(".btn.authorize.locked").count() == 1
