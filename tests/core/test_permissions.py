"""Change what is promised of the permission tables, whatever stands in them."""

from itertools import product

import pytest

from core.permissions import MANAGES, PERMISSIONS, Action, Role, may, outranks

RISING = [Role.MEMBER, Role.ADMIN, Role.OWNER]


def test_every_action_and_every_role_is_in_the_tables() -> None:
    assert set(PERMISSIONS) == set(Action)
    assert set(MANAGES) == set(Role) == set(RISING)


@pytest.mark.parametrize("action", Action)
def test_an_owner_may_do_everything_to_everybody(action: Action) -> None:
    assert may(Role.OWNER, action)
    assert all(may(Role.OWNER, action, over=over) for over in product(Role, repeat=2))


@pytest.mark.parametrize("action", Action)
def test_what_a_role_may_do_those_above_may_do_too(action: Action) -> None:
    allowed = [may(role, action) for role in RISING]
    assert allowed == sorted(allowed)


@pytest.mark.parametrize("role", Role)
def test_nobody_manages_a_role_above_the_own(role: Role) -> None:
    assert not any(outranks(managed, role) for managed in MANAGES[role])


@pytest.mark.parametrize(("lower", "higher"), [(RISING[0], RISING[1]), (RISING[1], RISING[2])])
def test_whom_a_role_manages_those_above_manage_too(lower: Role, higher: Role) -> None:
    assert MANAGES[lower] < MANAGES[higher]


@pytest.mark.parametrize(("action", "over"), [*product(Action, Role)])
def test_a_member_manages_nobody(action: Action, over: Role) -> None:
    assert not may(Role.MEMBER, action, over=(over,))


def test_a_member_may_read_the_team_and_leave_it_and_nothing_else() -> None:
    allowed = {action for action in Action if may(Role.MEMBER, action)}
    assert allowed == {Action.READ_TEAM, Action.LIST_MEMBERS, Action.LEAVE_TEAM}


def test_an_admin_may_everything_but_delete_the_team() -> None:
    assert {action for action in Action if not may(Role.ADMIN, action)} == {Action.DELETE_TEAM}


def test_one_role_too_many_among_those_it_is_done_to_is_enough_to_refuse() -> None:
    assert may(Role.ADMIN, Action.CHANGE_ROLE, over=(Role.MEMBER, Role.ADMIN))
    assert not may(Role.ADMIN, Action.CHANGE_ROLE, over=(Role.MEMBER, Role.OWNER))
    assert not may(Role.ADMIN, Action.CHANGE_ROLE, over=(Role.OWNER, Role.MEMBER))


def test_roles_stand_in_one_order() -> None:
    above = {(one, other) for one, other in product(Role, repeat=2) if outranks(one, other)}
    assert above == {
        (Role.ADMIN, Role.MEMBER),
        (Role.OWNER, Role.MEMBER),
        (Role.OWNER, Role.ADMIN),
    }
