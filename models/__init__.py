"""The tables, one module per noun. Come here to see them all; migrations compare with this."""

from models.audit_event import AuditEventModel
from models.invitation import InvitationModel
from models.membership import MembershipModel
from models.team import TeamModel
from models.user import UserModel
from models.user_session import UserSessionModel
from models.username import UsernameModel

__all__ = [
    "AuditEventModel",
    "InvitationModel",
    "MembershipModel",
    "TeamModel",
    "UserModel",
    "UserSessionModel",
    "UsernameModel",
]
