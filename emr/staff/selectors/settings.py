"""What the facility has chosen, and what it could have."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django_stubs_ext import StrOrPromise

from emr.accounts.models import FacilitySetting, Organization
from emr.accounts.selectors import roles_of
from emr.common.choices import (
    Days,
    Departments,
    Hours,
    OneOf,
    Reasons,
    Roles,
    RolesBy,
    Setting,
    Whole,
    YesNo,
    all_declared,
)
from emr.staff.wording import ROOMS


@dataclass(frozen=True, slots=True)
class Names:
    """What codes are called here."""

    roles: dict[str, StrOrPromise]
    departments: dict[str, str]


def names_of(facility_id: int) -> Names:
    """The facility's roles and departments; two queries."""
    departments = Organization.objects.filter(parent_id=facility_id, is_active=True).order_by("code")
    return Names(
        roles={role.code: role.label for role in roles_of(facility_id)},
        departments={row.code: f"{row.code} {row.name}" for row in departments},
    )


@dataclass(frozen=True, slots=True)
class Chosen:
    """A setting as it stands: `row` is None while the facility has chosen nothing."""

    setting: Setting
    row: FacilitySetting | None
    words: str
    usual: str

    @property
    def value(self) -> Any:
        """What counts."""
        return self.setting.usual if self.row is None else self.row.value

    @property
    def version(self) -> int:
        """0 while nothing was chosen."""
        return 0 if self.row is None else self.row.version


def chosen_by(facility_id: int) -> dict[StrOrPromise, list[Chosen]]:
    """{room in words: its settings}, in the order in which rooms and settings are declared."""
    rows = FacilitySetting.objects.filter(facility_id=facility_id).select_related("changed_by")
    by_name, names = {row.name: row for row in rows}, names_of(facility_id)
    found: dict[str, list[Chosen]] = {}
    for setting in all_declared():
        title = str(ROOMS.get(setting.room, setting.room))
        found.setdefault(title, []).append(_chosen(setting, by_name.get(setting.name), names))
    return {title: found[title] for title in sorted(found)}


def chosen_one(facility_id: int, setting: Setting) -> Chosen:
    """One of them."""
    rows = FacilitySetting.objects.filter(facility_id=facility_id, name=setting.name)
    return _chosen(setting, rows.select_related("changed_by").first(), names_of(facility_id))


def _chosen(setting: Setting, row: FacilitySetting | None, names: Names) -> Chosen:
    value = setting.usual if row is None else row.value
    return Chosen(setting, row, in_words(setting, value, names), in_words(setting, setting.usual, names))


def in_words(setting: Setting, value: Any, names: Names) -> str:  # noqa: PLR0911  one line a kind
    """A value as people read it; one that isn't of the setting as it is written."""
    match setting:
        case Whole():
            return f"{value} {setting.unit}".strip()
        case YesNo():
            return _("Yes") if value else _("No")
        case OneOf():
            return str(dict(setting.options).get(value, value))
        case Roles():
            return _listed(value, names.roles)
        case Departments():
            return _listed(value, names.departments)
        case RolesBy() if isinstance(value, dict):
            return "; ".join(
                f"{words}: {_listed(value.get(key), names.roles)}" for key, words in setting.keys
            )
        case Days():
            return ", ".join("/".join(reversed(day.split("-"))) for day in value) or _("none")
        case Hours():
            return f"{value[0]:02}:00–{value[1]:02}:00"
        case Reasons():
            return "; ".join(words for _code, words in value)
    return str(value)


def _listed(codes: Any, names: dict[str, Any]) -> str:
    return ", ".join(str(names.get(code, code)) for code in codes or ()) or _("none")
