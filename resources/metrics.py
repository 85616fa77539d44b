"""What Prometheus is told. Come here to add a metric, or to change a name or its explanation.

The names are what dashboards and alerts hold on to: changing one is a change for operators.
"""

from collections.abc import Iterator

from flask import Response, current_app
from flask.views import MethodView
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

import errors
from api import Blueprint
from auth import monitoring
from rate_limits import LIMITS, SCOPES
from resources import context
from services import attempts
from services.counts import BUCKETS, Totals

Labels = dict[str, str]

LEVELS = {
    "requests_in_progress": "Requests that are being answered.",
    "hashing_slots": "Passwords that can be hashed at once.",
    "hashing_slots_in_use": "Passwords that are being hashed.",
    "hashing_queue_length": "Requests that wait for a hashing slot.",
    "hashing_queue_places": "Requests that may wait for a hashing slot; the next is refused.",
    "database_connections_in_use": "Database connections that are not idle in the pool.",
    "database_connections_allowed": "Database connections that there may be.",
}
# By name: the explanation, the labels, and all values, so that each is there from the start.
_EARLY = (errors.InvalidRequest, errors.RequestTimeout, errors.Overloaded)
EVENTS: dict[str, tuple[str, tuple[str, ...], list[tuple[str, ...]]]] = {
    "sign_ins": (
        "Sign-ins by outcome, but for those that were turned away before a password was looked at.",
        ("outcome",),
        [(outcome,) for outcome in attempts.OF_PASSWORDS],
    ),
    "early_refusals": (
        "Requests refused before a thread had them: broken, too slow, or all threads hang.",
        ("status",),
        [(str(refusal.status.value),) for refusal in _EARLY],
    ),
    "rate_limit_refusals": (
        "Requests refused by a rate limit, by what was counted: one address, or all together.",
        ("limit", "counted"),
        [(limit, scope) for limit in LIMITS for scope in SCOPES],
    ),
}

blp = Blueprint("metrics", __name__, description="For Prometheus.", negotiates=False)


@blp.route("/metrics")
class Metrics(MethodView):
    """What was counted."""

    @monitoring
    @blp.response(200, {"type": "string"}, content_type="text/plain")
    def get(self) -> Response:
        """Read what all worker processes of this host have counted.

        In Prometheus' text format, with the value of `MUSTER_METRICS_TOKEN` as Bearer token.
        """
        registry = CollectorRegistry()
        registry.register(_Collector(context().counts.totals()))
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class _Collector(Collector):
    """Puts totals into prometheus_client's words."""

    def __init__(self, totals: Totals) -> None:
        self._totals = totals

    def collect(self) -> Iterator[Metric]:
        """Every metric there is."""
        version = {"version": current_app.config["API_VERSION"]}
        yield _gauge("build_info", "The version that runs.", 1, version)
        yield _gauge("workers", "Worker processes that live and count.", self._totals.workers)
        for name, explanation in LEVELS.items():
            yield _gauge(name, explanation, self._totals.levels[name])
        for name, (explanation, labels, values) in EVENTS.items():
            family = CounterMetricFamily(f"muster_{name}", explanation, labels=labels)
            for each in values:
                family.add_metric(each, self._totals.events[name, *each])
            yield family
        yield from self._requests()

    def _requests(self) -> Iterator[Metric]:
        answered = CounterMetricFamily(
            "muster_requests",
            "Requests that were answered, by the template of their route.",
            labels=("method", "route", "status"),
        )
        durations = HistogramMetricFamily(
            "muster_request_duration_seconds",
            "How long answering took, from the moment that a thread had the request.",
            labels=("method", "route"),
        )
        together: dict[tuple[str, str], list[float]] = {}
        for (method, route, status), cell in sorted(self._totals.requests.items()):
            answered.add_metric((method, route, str(status)), sum(cell[1:]))
            before = together.get((method, route), [0.0] * len(cell))
            together[method, route] = [one + two for one, two in zip(before, cell, strict=True)]
        for labels, (seconds, *buckets) in together.items():
            durations.add_metric(labels, list(_cumulated(buckets)), seconds)
        yield answered
        yield durations


def _gauge(name: str, explanation: str, value: float, labels: Labels | None = None) -> Metric:
    labels = labels or {}
    family = GaugeMetricFamily(f"muster_{name}", explanation, labels=list(labels))
    family.add_metric(list(labels.values()), value)
    return family


def _cumulated(buckets: list[float]) -> Iterator[tuple[str, float]]:
    """Prometheus' buckets hold all that is faster, too."""
    sum_so_far = 0.0
    for end, count in zip([*map(str, BUCKETS), "+Inf"], buckets, strict=True):
        sum_so_far += count
        yield end, sum_so_far
