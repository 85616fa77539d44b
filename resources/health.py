"""Whether the service is well. Come here to change what a load balancer is told."""

from typing import Any

from flask.views import MethodView

from api import Blueprint, documents_refusals
from errors import NotReady
from resources import context
from schemas import HealthSchema
from services import health

blp = Blueprint("health", __name__, description="For load balancers and monitoring.")


@blp.route("/healthz")
class Healthz(MethodView):
    """Alive."""

    @blp.response(200, HealthSchema)
    def get(self) -> dict[str, Any]:
        """Tell whether the process is alive.

        It looks at nothing else, so a database that is away is no reason to restart Muster.
        """
        return {"status": "ok"}


@blp.route("/readyz")
class Readyz(MethodView):
    """Able to serve."""

    @documents_refusals(NotReady)
    @blp.response(200, HealthSchema)
    def get(self) -> dict[str, Any]:
        """Tell whether requests can be served.

        The database answers, and this version can use its schema.
        """
        health.check_readiness(context())
        return {"status": "ok"}
