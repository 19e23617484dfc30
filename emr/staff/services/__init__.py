"""Every change of the office: people, roles, licences, places."""

from emr.staff.services.bundles import approve_change, copy_role, refuse_change, retire_role, save_role
from emr.staff.services.imports import apply_import, check_import, start_import
from emr.staff.services.licences import record_licence, set_practice_check, withdraw_licence
from emr.staff.services.people import (
    add_member,
    bring_back,
    change_member,
    give_role,
    issue_password,
    let_go,
    propose_username,
    suspend_member,
    take_role,
)
from emr.staff.services.places import save_department, save_location

__all__ = [
    "add_member",
    "apply_import",
    "approve_change",
    "bring_back",
    "change_member",
    "check_import",
    "copy_role",
    "give_role",
    "issue_password",
    "let_go",
    "propose_username",
    "record_licence",
    "refuse_change",
    "retire_role",
    "save_department",
    "save_location",
    "save_role",
    "set_practice_check",
    "start_import",
    "suspend_member",
    "take_role",
    "withdraw_licence",
]
