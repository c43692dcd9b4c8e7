"""Every write on projects, members, tokens and people."""

from accounts.services.people import (
    OWN_SETTINGS,
    accept_invitation,
    choose_settings,
    deactivate,
    invite,
    living_invitation,
    password_link,
    reactivate,
    revoke_invitation,
)
from accounts.services.projects import (
    change_project,
    create_project,
    create_token,
    delete_project,
    remove_member,
    revoke_token,
    set_member,
)

__all__ = [
    "OWN_SETTINGS",
    "accept_invitation",
    "change_project",
    "choose_settings",
    "create_project",
    "create_token",
    "deactivate",
    "delete_project",
    "invite",
    "living_invitation",
    "password_link",
    "reactivate",
    "remove_member",
    "revoke_invitation",
    "revoke_token",
    "set_member",
]
