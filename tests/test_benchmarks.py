"""The load harness: what it counts, and the accounts that it makes in bulk."""

import re

import pytest
from sqlalchemy import create_engine

from app import create_app
from benchmarks import population
from benchmarks.calls import PASSWORD, Request, ask, name_of
from benchmarks.client import drive
from benchmarks.peers import PEERS
from benchmarks.peers.muster import Muster
from benchmarks.servers import Server
from benchmarks.subject import Subject
from config import BASE
from db import db

PEOPLE = 60


@pytest.fixture(scope="module")
def populated(new_database, tmp_path_factory):
    """A client of a Muster whose database was filled."""
    url, directory = new_database(), tmp_path_factory.mktemp("populated")
    muster = Muster(MUSTER_DATABASE_URL=url, MUSTER_PASSWORD_ROUNDS=10)
    muster.operate(directory, "keys", "list")
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    population.fill(engine, PEOPLE, rounds=10)
    engine.dispose()
    environment = muster.environment(directory, 0)
    settings = {name: each for name, each in environment.items() if name.startswith("MUSTER_")}
    app = create_app(settings)
    yield app.test_client()
    with app.app_context():
        db.engine.dispose()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    muster = Muster(MUSTER_PASSWORD_ROUNDS=10)
    with Server(muster, tmp_path_factory.mktemp("server")) as running:
        yield running


def person(number):
    return {"username": population.name_of(number), "password": PASSWORD}


def headers_of(client, number):
    token = client.post("/login", json=person(number)).json["access_token"]
    return {"Authorization": f"Bearer {token}"}


def test_everybody_of_a_population_can_sign_in_and_has_another_session(populated):
    for number in (1, PEOPLE // 2, PEOPLE):
        headers = headers_of(populated, number)
        assert populated.get("/me", headers=headers).json["id"] == number
        assert len(populated.get("/me/sessions", headers=headers).json["items"]) == 2


def test_ten_people_of_a_population_are_a_team_with_one_owner(populated):
    headers = headers_of(populated, 12)
    (team,) = populated.get("/teams", headers=headers).json["items"]
    members = populated.get(f"/teams/{team['id']}/members", headers=headers).json["items"]
    assert sorted(each["role"] for each in members) == ["admin", *["member"] * 8, "owner"]
    assert populated.post("/teams", json={"name": "new"}, headers=headers).status_code == 201


def test_the_names_of_a_population_are_taken(populated):
    answer = populated.post("/register", json=person(7))
    assert (answer.status_code, answer.json["error"]) == (409, "username_taken")


def test_the_ids_go_on_after_a_population(populated):
    body = {"username": "newcomer", "password": PASSWORD}
    assert populated.post("/register", json=body).json["user"]["id"] > PEOPLE
    assert populated.post("/register", json=body).status_code == 409


def test_a_population_has_all_indexes_of_the_models(populated):
    with populated.application.app_context():
        inspector = db.inspect(db.engine)
    for name, table in db.metadata.tables.items():
        found = {index["name"] for index in inspector.get_indexes(name)}
        assert {index.name for index in table.indexes} <= found


def test_as_many_accounts_are_there_as_sign_ups_were_counted(server):
    subject = Subject(server, seconds=1)
    subject.enter(first_name=0)
    outcome = drive(
        server.port, server.peer.sign_up(), clients=4, seconds=0.5, first_name=1, names=0
    )
    assert set(outcome.answers) == {"201"}
    made = outcome.answers["201"]
    for number, status in ((made, 409), (made + 1, 201)):
        assert ask(server.port, server.peer.sign_up().called(name_of(number))).status == status


def test_refusals_are_not_counted_as_good(server):
    outcome = drive(server.port, Request("GET", "/me"), clients=2, seconds=0.3)
    assert set(outcome.answers) == {"401"}
    assert outcome.per_second == 0


def test_a_profile_that_strangers_see_too_is_noticed(server, monkeypatch):
    subject = Subject(server, seconds=1)
    subject.enter(first_name=50_000_000)
    subject.read = Request("GET", "/healthz")
    with pytest.raises(Exception, match="shows"):
        subject.check()


def test_what_each_peer_is_installed_from_is_locked():
    locks = BASE / "benchmarks" / "peers" / "locks"
    for named in locks.glob("*.in"):
        locked = named.with_suffix(".txt").read_text()
        for package in re.findall(r"^[\w-]+", named.read_text(), re.MULTILINE):
            assert f"\n{package}==" in locked
    assert len({peer.name for peer in PEERS}) == len(PEERS)
