"""Whether somebody may practise at an instant (R-69), and whose licence runs out."""

import datetime as dt
from enum import StrEnum

from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from emr.accounts.models import User
from emr.accounts.services import facility_setting
from emr.common.clock import local_today, now
from emr.common.errors import DomainError
from emr.staff.hours import read_hours
from emr.staff.models import PractisingLicence

SETTING = "practice_check"
# Whose work needs a licence: these roles, and any role of the house with one of these rights.
PRACTISING_ROLES = frozenset(
    {"doctor", "head_of_department", "nurse", "head_nurse", "laboratory", "imaging", "pharmacist"}
)
PRACTISING_RIGHTS = frozenset({"documents.write", "orders.place", "results.record_vital_signs"})
# What only these professions may do; a right not named here asks for any licence.
PROFESSIONS = {
    "orders.place": frozenset(
        {PractisingLicence.Profession.DOCTOR, PractisingLicence.Profession.ASSISTANT_DOCTOR}
    )
}
_SOON = dt.timedelta(days=60)


class PracticeCheck(StrEnum):
    """What the facility wants."""

    OFF = "off"
    LICENCE = "licence"  # a licence that is valid on the day
    HOURS = "hours"  # and the hours registered here


def practice_check(facility_id: int) -> str:
    """The facility's choice."""
    return str(facility_setting(facility_id, SETTING, PracticeCheck.OFF.value))


def may_practise(user: User, at: dt.datetime | None = None, right: str = "") -> bool:
    """Whether the facility lets the person practise at the instant (use the right, when one is named)."""
    return not practice_gap(user, at, right)


def demand_practice(user: User, right: str = "") -> None:
    """Refuse with the reason. The one place that documents, orders and signatures ask."""
    if gap := practice_gap(user, None, right):
        raise DomainError(gap, code="may_not_practise")


def practice_gap(user: User, at: dt.datetime | None = None, right: str = "") -> str:
    """Why the person may not practise, or "" when they may or the facility doesn't ask."""
    check = practice_check(user.facility_id)
    if check == PracticeCheck.OFF or not _practises(user):
        return ""
    moment = timezone.localtime(at or now())
    valid = [row for row in PractisingLicence.objects.filter(user=user) if row.is_valid_on(moment.date())]
    if not valid:
        return _("You have no practising licence on record that is valid today. Ask the office for it.")
    wanted = PROFESSIONS.get(right)
    fitting = [row for row in valid if wanted is None or row.profession in wanted]
    if not fitting:
        return _("Your practising licence doesn't cover this.")
    if check == PracticeCheck.HOURS and not any(_is_at_work(row, moment) for row in fitting):
        return _("This is outside the hours at which you are registered to practise here.")
    return ""


def _practises(user: User) -> bool:
    return any(
        held.role in PRACTISING_ROLES or PRACTISING_RIGHTS & held.grants.keys() for held in user.current_roles
    )


def _is_at_work(row: PractisingLicence, moment: dt.datetime) -> bool:
    stretches = read_hours(row.hours)
    return not stretches or any(stretch.holds(moment) for stretch in stretches)


def expiring_licences(facility_id: int, within: dt.timedelta = _SOON) -> QuerySet[PractisingLicence]:
    """Licences of people at work that run out soon or ran out, the most urgent first; replaced ones left out."""
    today = local_today()
    later = PractisingLicence.objects.filter(withdrawn_on=None).filter(
        Q(valid_to=None) | Q(valid_to__gt=today + within)
    )
    return (
        PractisingLicence.objects.filter(
            facility=facility_id, user__is_active=True, withdrawn_on=None, valid_to__lte=today + within
        )
        .exclude(user__in=later.values("user_id"))
        .select_related("user")
        .order_by(F("valid_to").asc(), "user__sort_key")
    )


def unlicensed(facility_id: int) -> QuerySet[User]:
    """People at work in a practising role without any licence that counts today."""
    today, moment = local_today(), now()
    valid = PractisingLicence.objects.filter(
        Q(valid_to=None) | Q(valid_to__gte=today),
        Q(withdrawn_on=None) | Q(withdrawn_on__gt=today),
        valid_from__lte=today,
    )
    return (
        User.objects.filter(
            Q(practitioner_roles__ends_at=None) | Q(practitioner_roles__ends_at__gt=moment),
            facility=facility_id,
            is_active=True,
            practitioner_roles__starts_at__lte=moment,
            practitioner_roles__role__in=PRACTISING_ROLES,
        )
        .exclude(pk__in=valid.values("user_id"))
        .distinct()
    )
