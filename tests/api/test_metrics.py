"""What Prometheus is told, and who may ask."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from app import create_app
from rate_limits import LIMITS
from tests.conftest import TEST_ROUNDS
from tests.factories import Registration, register

TOKEN = "a-token-of-at-least-32-characters"
HEADERS = {"Authorization": f"Bearer {TOKEN}"}
IN_MEMORY = {"MUSTER_DATABASE_URL": "sqlite://", "MUSTER_PASSWORD_ROUNDS": TEST_ROUNDS}


@pytest.fixture
def client():
    return create_app(IN_MEMORY | {"MUSTER_METRICS_TOKEN": TOKEN}).test_client()


def scrape(client):
    """The samples: by name and labels, the value."""
    answer = client.get("/metrics", headers=HEADERS)
    assert answer.status_code == 200
    return samples_of(answer.text)


def samples_of(text):
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def count_of(client, name, **labels):
    return scrape(client).get((f"muster_{name}", *sorted(labels.items())), 0)


def answered(client, method, route, status):
    return count_of(client, "requests_total", method=method, route=route, status=str(status))


def sign_in(client, **fields):
    return client.post("/login", json=Registration(**fields)).status_code


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer " + TOKEN[:-1] + "x"}])
def test_strangers_see_no_metrics(client, headers):
    answer = client.get("/metrics", headers=headers)
    assert answer.status_code == 401
    assert "muster_" not in answer.text


def test_without_a_token_in_the_settings_there_are_no_metrics_for_anybody():
    client = create_app(IN_MEMORY).test_client()
    for headers in ({}, HEADERS, {"Authorization": "Bearer "}):
        assert client.get("/metrics", headers=headers).status_code == 401


PROMETHEUS = "application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.5"


@pytest.mark.parametrize("accept", ["text/plain", PROMETHEUS, "*/*;q=0.1"])
def test_the_content_type_is_that_of_prometheus(client, accept):
    answer = client.get("/metrics", headers=HEADERS | {"Accept": accept})
    assert answer.mimetype == "text/plain"
    assert "version=" in answer.headers["Content-Type"]


def test_requests_count_by_the_template_of_their_route(client):
    me = register(client)
    for user_id in (me.id, 12345, 678910):
        client.get(f"/users/{user_id}", headers=me.headers)
    assert answered(client, "GET", "/users/<id:user_id>", 200) == 1
    assert answered(client, "GET", "/users/<id:user_id>", 404) == 2
    assert answered(client, "POST", "/register", 201) == 1


def test_what_clients_make_up_has_one_name_for_all(client):
    def make_up(number):
        client.get(f"/nothing/{number}")
        client.get(f"/{number}%FF%00")
        client.open("/users", method=f"MADEUP{number}")
        return scrape(client).keys()

    make_up(0)
    assert make_up(1) == make_up(2)
    assert answered(client, "GET", "other", 404) == 6
    assert answered(client, "other", "other", 405) == 3


def test_every_label_has_bounded_values_whatever_the_routes_are_sent(client):
    for rule in client.application.url_map.iter_rules():
        path = rule.rule.replace("<id:", "").replace(">", "")
        for method in ("GET", "POST", "TRACE"):
            client.open(path, method=method, buffered=True)
    routes = {rule.rule for rule in client.application.url_map.iter_rules()}
    labels = [dict(key[1:]) for key in scrape(client)]
    assert {each["route"] for each in labels if "route" in each} <= routes | {"other"}
    assert len(scrape(client)) < 3_000


def test_a_duration_falls_into_its_bucket_and_all_slower_ones(client):
    client.get("/healthz")
    found = scrape(client)
    labels = [("method", "GET"), ("route", "/healthz")]
    buckets = {
        dict(key[1:])["le"]: value
        for key, value in found.items()
        if key[0] == "muster_request_duration_seconds_bucket" and set(labels) < set(key[1:])
    }
    assert list(buckets.values()) == sorted(buckets.values())
    assert buckets["+Inf"] == found["muster_request_duration_seconds_count", *labels] == 1
    assert found["muster_request_duration_seconds_sum", *labels] > 0


def test_sign_ins_count_by_outcome(client):
    register(client, username="alice")
    for _ in range(7):
        sign_in(client, username="alice", password="wrong wrong wrong")
    sign_in(client, username="nobody-at-all")
    outcomes = {
        outcome: count_of(client, "sign_ins_total", outcome=outcome)
        for outcome in ("succeeded", "wrong_password", "unknown_account", "delayed")
    }
    assert outcomes == {"succeeded": 1, "wrong_password": 6, "unknown_account": 1, "delayed": 1}


def test_refusals_of_the_rate_limits_are_counted(client, monkeypatch):
    limit, in_all = LIMITS["sign_in"]
    monkeypatch.setitem(LIMITS, "sign_in", (type(limit)(2, 10), in_all))
    assert [sign_in(client) for _ in range(4)] == [401, 401, 429, 429]
    name = "rate_limit_refusals_total"
    assert count_of(client, name, limit="sign_in", counted="address") == 2
    assert count_of(client, name, limit="sign_in", counted="all") == 0
    assert count_of(client, name, limit="registration", counted="address") == 0


def test_every_counter_is_there_before_anything_happened(client):
    names = {key[0] for key in scrape(client)}
    assert {"muster_sign_ins_total", "muster_rate_limit_refusals_total"} <= names


def test_the_levels_are_those_of_the_moment(client):
    context = client.application.extensions["muster"]
    assert count_of(client, "requests_in_progress") == 1  # the scrape itself
    assert count_of(client, "hashing_slots_in_use") == 0
    with context.hasher.slot():
        assert count_of(client, "hashing_slots_in_use") == 1
    assert count_of(client, "hashing_slots_in_use") == 0
    assert count_of(client, "workers") == 1


def test_connections_that_are_taken_are_counted(tmp_path):
    settings = IN_MEMORY | {"MUSTER_DATABASE_URL": f"sqlite:///{tmp_path}/muster.sqlite3"}
    settings |= {"MUSTER_INSTANCE_PATH": str(tmp_path), "MUSTER_METRICS_TOKEN": TOKEN}
    app = create_app(settings)
    with app.app_context():
        engine = app.extensions["sqlalchemy"].engine
    with engine.connect():
        assert count_of(app.test_client(), "database_connections_in_use") == 1
    assert count_of(app.test_client(), "database_connections_in_use") == 0
    assert count_of(app.test_client(), "database_connections_allowed") > 1
    engine.dispose()


def test_a_fault_counts_as_500_and_is_no_longer_in_progress(client, monkeypatch):
    app = client.application
    app.view_functions["health.Healthz"] = lambda: 1 / 0
    assert client.get("/healthz").status_code == 500
    assert answered(client, "GET", "/healthz", 500) == 1
    assert count_of(client, "requests_in_progress") == 1


def test_no_name_of_a_user_or_an_address_is_among_the_metrics(client):
    me = register(client, username="geheim-person")
    client.get(f"/users/{me.id}?geheim=geheim", headers=me.headers)
    text = client.get("/metrics", headers=HEADERS).text
    assert "geheim" not in text
    assert "127.0.0.1" not in text
    assert me.headers["Authorization"][7:] not in text
