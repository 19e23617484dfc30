"""Practising licences are recorded, withdrawn; the facility says how strictly they count (R-69)."""

import datetime as dt

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from emr.accounts.access import demand
from emr.accounts.models import FacilitySetting, Organization, User
from emr.accounts.permissions import MANAGE
from emr.audit.services import record
from emr.common.errors import DomainError
from emr.staff.hours import read_hours, write_hours
from emr.staff.models import PractisingLicence
from emr.staff.selectors.practice import SETTING, PracticeCheck


@transaction.atomic
def record_licence(
    *,
    user: User,
    number: str,
    profession: str,
    valid_from: dt.date,
    by: User | None,
    scope: str = "",
    issued_on: dt.date | None = None,
    issued_by: str = "",
    valid_to: dt.date | None = None,
    hours: str = "",
) -> PractisingLicence:
    """Keep a licence; the same number again corrects it. Its number is printed under signatures from now on."""
    if by is not None:
        demand(by, MANAGE)
    if valid_to is not None and valid_to < valid_from:
        raise DomainError(_("The last day lies before the first."), code="days", field="valid_to")
    try:
        spelled = write_hours(read_hours(hours))
    except ValueError as error:
        raise DomainError(
            _("Write the hours like “T2-T6 07:30-16:30; T7 07:30-11:30”."), code="hours", field="hours"
        ) from error
    try:
        with transaction.atomic():
            licence, is_new = PractisingLicence.objects.update_or_create(
                user=user,
                number=number.strip(),
                defaults={
                    "facility_id": user.facility_id,
                    "profession": profession,
                    "scope": scope.strip(),
                    "issued_on": issued_on,
                    "issued_by": issued_by.strip(),
                    "valid_from": valid_from,
                    "valid_to": valid_to,
                    "hours": spelled,
                    "withdrawn_on": None,
                },
            )
    except IntegrityError as error:
        raise DomainError(_("These days don't fit together."), code="days", field="valid_to") from error
    User.objects.filter(pk=user.pk).update(licence_number=licence.number)
    record("licence.create" if is_new else "licence.change", by=by, of=licence, detail={"user": user.pk})
    return licence


@transaction.atomic
def withdraw_licence(*, licence: PractisingLicence, on: dt.date, by: User) -> PractisingLicence:
    """From that day on the licence counts no more; what was done before stays as it was."""
    demand(by, MANAGE)
    licence = PractisingLicence.objects.select_for_update(of=("self",)).get(pk=licence.pk)
    licence.withdrawn_on = on
    licence.save(update_fields=["withdrawn_on"])
    record("licence.end", by=by, of=licence, detail={"user": licence.user_id, "on": on})
    return licence


@transaction.atomic
def set_practice_check(*, facility: Organization, value: str, by: User) -> None:
    """Say whether a missing licence, or registered hours as well, stop orders, documents and signatures."""
    demand(by, MANAGE)
    check = PracticeCheck(value)
    setting, _is_new = FacilitySetting.objects.update_or_create(
        facility=facility, name=SETTING, defaults={"value": check.value}
    )
    record("setting.change", by=by, of=setting, detail={"name": SETTING, "value": check.value})
