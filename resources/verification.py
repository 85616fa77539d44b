"""What the apps behind Muster verify tokens with. Come here to change the JWKS or /introspect."""

from typing import Any

from flask.views import MethodView

from api import Blueprint
from auth import introspect, public_keys, trusted_app
from schemas import IntrospectionQuerySchema, IntrospectionSchema, JwksSchema

blp = Blueprint("verification", __name__, description="For the apps behind Muster.")

CACHE_CONTROL = "public, max-age=300"


@blp.route("/.well-known/jwks.json")
class Jwks(MethodView):
    """Public keys."""

    @blp.response(200, JwksSchema)
    def get(self) -> Any:
        """Read the public keys that access tokens are verified with.

        A new key is here ten minutes before it signs, so a copy may be kept for five.
        """
        return {"keys": public_keys()}, {"Cache-Control": CACHE_CONTROL}


@blp.route("/introspect")
class Introspect(MethodView):
    """Whether a token holds at this moment."""

    @trusted_app
    @blp.arguments(IntrospectionQuerySchema, location="form")
    @blp.response(200, IntrospectionSchema)
    def post(self, query: dict[str, str]) -> Any:
        """Ask whether an access token holds at this moment.

        For apps that must see a sign-out at once (RFC 7662). They show the secret that the
        setting `MUSTER_INTROSPECTION_SECRET` holds, as a Bearer token. The body is a form, as the
        RFC wants it.
        """
        return introspect(query["token"])
