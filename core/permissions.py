"""Who may do what in a team. Come here to change it; nothing else in Muster asks for a role.

docs/teams.md prints these tables, held to them by a test.
"""

from collections.abc import Mapping
from enum import StrEnum


class Role(StrEnum):
    """What a membership is, in rising order."""

    MEMBER = "member"
    ADMIN = "admin"
    OWNER = "owner"


class Action(StrEnum):
    """What can be done in a team."""

    READ_TEAM = "read_team"
    LIST_MEMBERS = "list_members"
    LEAVE_TEAM = "leave_team"
    RENAME_TEAM = "rename_team"
    CHANGE_ROLE = "change_role"
    REMOVE_MEMBER = "remove_member"
    INVITE = "invite"
    LIST_INVITATIONS = "list_invitations"
    REVOKE_INVITATION = "revoke_invitation"
    READ_EVENTS = "read_events"
    DELETE_TEAM = "delete_team"


_ALL = frozenset(Role)
_ABOVE_MEMBERS = frozenset({Role.ADMIN, Role.OWNER})

PERMISSIONS: Mapping[Action, frozenset[Role]] = {
    Action.READ_TEAM: _ALL,
    Action.LIST_MEMBERS: _ALL,
    Action.LEAVE_TEAM: _ALL,
    Action.RENAME_TEAM: _ABOVE_MEMBERS,
    Action.CHANGE_ROLE: _ABOVE_MEMBERS,
    Action.REMOVE_MEMBER: _ABOVE_MEMBERS,
    Action.INVITE: _ABOVE_MEMBERS,
    Action.LIST_INVITATIONS: _ABOVE_MEMBERS,
    Action.REVOKE_INVITATION: _ABOVE_MEMBERS,
    Action.READ_EVENTS: _ABOVE_MEMBERS,
    Action.DELETE_TEAM: frozenset({Role.OWNER}),
}

# Whose memberships and invitations a role may make, change or end: its own and those below.
MANAGES: Mapping[Role, frozenset[Role]] = {
    Role.OWNER: _ALL,
    Role.ADMIN: frozenset({Role.ADMIN, Role.MEMBER}),
    Role.MEMBER: frozenset(),
}

_RISING = tuple(Role)


def may(role: Role, action: Action, *, over: tuple[Role, ...] = ()) -> bool:
    """Whether a role may do this, and to memberships or invitations of the roles `over`."""
    return role in PERMISSIONS[action] and MANAGES[role].issuperset(over)


def outranks(role: Role, other: Role) -> bool:
    """Whether `role` stands above `other`."""
    return _RISING.index(role) > _RISING.index(other)
