"""Swagger UI, served from here. Come here to change the page, its policy or the welcome."""

from importlib.resources import files
from pathlib import Path

from flask import Blueprint, redirect, send_from_directory, url_for
from werkzeug import Response

from errors import NotFound

OURS = Path(__file__).parent / "swagger_ui"
UPSTREAM = Path(str(files("flask_swagger_ui") / "dist"))

# Whatever is not named here is not served: the folder holds more (an OAuth2 page, other builds).
ASSETS = {
    "initializer.js": (OURS, "text/javascript"),
    "swagger-ui.css": (UPSTREAM, "text/css"),
    "swagger-ui-bundle.js": (UPSTREAM, "text/javascript"),
    "favicon-16x16.png": (UPSTREAM, "image/png"),
    "favicon-32x32.png": (UPSTREAM, "image/png"),
}

WELCOME = """Accounts for your app: people register, sign in, and make teams.

1. Open **POST /register**, press *Execute*: you have an account.
2. Open **POST /login**, press *Execute*: you are signed in, and this page sends your access token
   from now on.
3. Open **GET /me**, press *Execute*: that is you. **POST /logout** signs you out.
4. Open **POST /teams**, press *Execute*: you own a team. Keep its `id`.
5. Open **POST /teams/{team_id}/invitations**, press *Execute*: keep the `token`.
6. Register and sign in as somebody else, and send that token with **POST /invitations/accept**:
   both are in the team.

*Authorize* takes a token that you got elsewhere.
"""

# "data:" is for the icons inside swagger-ui.css; connect-src for the document and "Try it out".
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

blp = Blueprint("documentation", __name__)


@blp.get("/")
@blp.get("/swagger-ui/")
def redirect_to_page() -> Response:
    """Send people who open the bare address to the page."""
    return redirect(url_for("documentation.page"))


@blp.get("/swagger-ui")
def page() -> Response:
    """The page itself."""
    response = send_from_directory(OURS, "index.html", mimetype="text/html")
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    return response


# Without max-age a browser asks each time and gets a 304: an upgrade never mixes two versions.
@blp.get("/swagger-ui/<name>")
def asset(name: str) -> Response:
    """A script, a style sheet or an icon."""
    if name not in ASSETS:
        raise NotFound
    folder, mimetype = ASSETS[name]
    return send_from_directory(folder, name, mimetype=mimetype)
