"""The facility's settings: one changed at a time, against what was shown, told to the other administrators."""

from typing import Any

from django.conf import settings as instance
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from emr.accounts.access import demand
from emr.accounts.models import FacilitySetting, Organization, User
from emr.accounts.services import keep_setting, lock_facility
from emr.audit.services import record
from emr.common.choices import BadValue, Departments, Roles, RolesBy, Setting
from emr.common.errors import Conflict, DomainError
from emr.staff.permissions import CHOOSE
from emr.staff.selectors.settings import Names, chosen_one, in_words, names_of
from emr.staff.telling import tell_of_setting


@transaction.atomic
def change_setting(*, facility: Organization, setting: Setting, value: Any, version: int, by: User) -> None:
    """Choose. `version` is that of the choice which was shown (0: none); somebody else's in between is a Conflict."""
    before = _locked(facility, setting, version, by)
    if before.value == value and before.row is not None:
        return
    _refuse_unknown(setting, value, before.value, names_of(facility.pk))
    row = keep_setting(facility=facility, name=setting.name, value=value, by=by)
    _tell(setting, before.value, value, facility=facility, version=row.version, by=by)


@transaction.atomic
def forget_setting(*, facility: Organization, setting: Setting, version: int, by: User) -> None:
    """Choose nothing: what is usual counts, also when a later release changes it."""
    before = _locked(facility, setting, version, by)
    if before.row is None:
        return
    row = before.row
    record(
        "setting.change",
        by=by,
        of=row,
        detail={"name": setting.name, "old": row.value, "new": setting.usual, "as_delivered": True},
    )
    row.delete()
    _tell(setting, before.value, setting.usual, facility=facility, version=before.version, by=by)


def _locked(facility: Organization, setting: Setting, version: int, by: User) -> Any:
    demand(by, CHOOSE)
    lock_facility(facility.pk)
    before = chosen_one(facility.pk, setting)
    if before.version != version:
        raise Conflict(_("Somebody else has changed this setting meanwhile: look at it again."))
    return before


def _refuse_unknown(setting: Setting, value: Any, before: Any, names: Names) -> None:
    """A code is one of the facility's; one that stood there already may stay."""
    try:
        setting.check(value)
    except BadValue as error:
        raise DomainError(
            _("This isn't a value of this setting."), code="bad_value", field="value"
        ) from error
    if isinstance(setting, Departments):
        known = set(names.departments) | set(before)
    elif isinstance(setting, Roles):
        known = set(names.roles) | set(before)
    elif isinstance(setting, RolesBy):
        known = set(names.roles) | {code for codes in before.values() for code in codes}
    else:
        return
    lists = value.values() if isinstance(value, dict) else [value]
    if any(code not in known for codes in lists for code in codes):
        raise DomainError(_("There is no such role or department."), code="unknown_code", field="value")


def _tell(setting: Setting, old: Any, new: Any, *, facility: Organization, version: int, by: User) -> None:
    if not setting.is_grave or old == new:
        return
    with override(instance.LANGUAGE_CODE):
        names = names_of(facility.pk)
        told = {
            "what": str(setting.label),
            "old": in_words(setting, old, names),
            "new": in_words(setting, new, names),
        }
    row = FacilitySetting.objects.filter(facility=facility, name=setting.name).first()
    tell_of_setting(facility=facility, name=setting.name, told=told, about=row, by=by, version=version)
