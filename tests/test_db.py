"""The ways to the database: what is one transaction, and what is not."""

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from db import fetch, reading, transaction, writing
from models import UsernameModel

ADD = insert(UsernameModel)
NAMES = select(UsernameModel.skeleton)


def names():
    return [row.skeleton for row in fetch(NAMES)]


@pytest.fixture(autouse=True)
def inside(app):
    with app.app_context():
        yield


@pytest.mark.parametrize("write", [transaction, writing])
def test_what_is_written_is_there_afterwards(write):
    with write() as connection:
        connection.execute(ADD, {"skeleton": "one"})
    assert names() == ["one"]


def test_what_a_session_was_given_is_there_afterwards():
    with writing() as session:
        session.add(UsernameModel(skeleton="one"))
    assert names() == ["one"]


@pytest.mark.parametrize("write", [transaction, writing])
def test_a_transaction_that_fails_leaves_nothing_behind(write):
    with pytest.raises(IntegrityError), write() as connection:
        connection.execute(ADD, [{"skeleton": "one"}, {"skeleton": "two"}, {"skeleton": "one"}])
    assert names() == []


@pytest.mark.parametrize("inner", [reading, transaction, writing, names])
@pytest.mark.parametrize("outer", [reading, transaction, writing])
def test_they_do_not_nest(outer, inner):
    with pytest.raises(RuntimeError, match="do not nest"), outer():
        with inner():
            pass
    assert names() == []


def test_after_a_failure_the_next_one_works():
    for _ in range(2):
        with pytest.raises(DBAPIError), reading() as session:
            session.execute(text("SELECT nothing"))
    with transaction() as connection:
        connection.execute(ADD, {"skeleton": "one"})
    assert names() == ["one"]
