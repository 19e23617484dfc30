"""Questions about forms."""

import datetime as dt

from django.db.models import F, Q
from django.utils.translation import gettext as _

from emr.accounts.models import Organization
from emr.common.clock import local_today
from emr.common.errors import DomainError
from encounters.forms.engine import Form, parse
from encounters.forms.models import Questionnaire

_PARSED: dict[str, Form] = {}
_KEEP = 256


def current_questionnaire(
    code: str, *, on: dt.date | None = None, facility: Organization | None = None
) -> Questionnaire:
    """The version of a form to begin on that day (today when none is given); the facility's own before the ministry's.

    `code` is the form's code; 01/BV-01, as some print it, is read as 01/BV1. Raises DomainError when none is in force.
    """
    day = on or local_today()
    found = (
        Questionnaire.objects.filter(
            code=normal_code(code), status=Questionnaire.Status.ACTIVE, effective_from__lte=day
        )
        .filter(Q(effective_to=None) | Q(effective_to__gte=day))
        .filter(Q(facility=None) | Q(facility=facility))
        .order_by(F("facility_id").asc(nulls_last=True), "-effective_from", "-id")
        .first()
    )
    if found is None:
        raise DomainError(
            _("The form %(code)s is not in force on that day.") % {"code": code}, code="no_form"
        )
    return found


def normal_code(code: str) -> str:
    """One spelling of a form's code: 01/BV-01 and 01/BV1 are the same form, and so are 36/BV-02 and 36/BV2."""
    front, slash, back = code.strip().upper().partition("/")
    kind, dash, number = back.partition("-")
    return f"{front}/{kind}{number.lstrip('0')}" if slash and dash and number.isdigit() else code.strip()


def form_of(questionnaire: Questionnaire) -> Form:
    """The parsed form; each process parses a version once."""
    form = _PARSED.get(questionnaire.sha256)
    if form is None:
        form = parse(questionnaire.resource)
        if len(_PARSED) >= _KEEP:
            _PARSED.pop(next(iter(_PARSED)))
        _PARSED[questionnaire.sha256] = form
    return form
