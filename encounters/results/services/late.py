"""Results that come when the stay is over: whoever has to acknowledge them gets the chart again for as long as that takes.

A department opens a chart for some days after its last day of care (`care_days`). A culture of tuberculosis or a
histology comes later than that: without care of its own the result would wait in an inbox that shows it to nobody.
"""

import datetime as dt

from django.db import transaction
from django.db.models import QuerySet

from emr.accounts.models import Organization
from emr.common import wall
from emr.common.clock import now
from emr.common.compiled import Compiled
from encounters.results.models import ReportReview
from encounters.visits.models import Encounter
from patients.registry.models import CareContext, Confidentiality
from patients.registry.services import close_care, open_care

REASON = "result"
# Discharge tells of itself within seconds; two days outlast a weekend without a worker.
_LATELY = dt.timedelta(days=2)


def _source(review: ReportReview) -> str:
    return f"review:{review.pk}"


@Compiled
def _lasting_stay(encounter_id: int) -> QuerySet[Encounter]:
    return Encounter.objects.filter(pk=encounter_id, ended_at=None)


@Compiled
def _open_cares(source: str) -> QuerySet[CareContext]:
    return CareContext.objects.filter(source=source, ends_at=None)


def open_for_review(review: ReportReview) -> bool:
    """Let the department and the ordering doctor see the patient while the review is open; whether it was needed.

    Not while the stay lasts, and not twice. Of a patient whose chart is restricted the ordering doctor gets nothing that
    the facility's rule doesn't give.
    """
    stay = review.encounter
    # Whoever files has read the stay a while ago.
    is_here = stay is not None and bool(list(_lasting_stay(stay.pk)))
    if review.outcome != ReportReview.Outcome.OPEN or is_here:
        return False
    if list(_open_cares(_source(review))):
        return False
    _open_care(review, stay.department if stay is not None else review.department)
    return True


@transaction.atomic
def _open_care(review: ReportReview, department: Organization | None) -> None:
    patient = review.patient
    if department is not None:
        open_care(patient=patient, department=department, reason=REASON, source=_source(review))
    orderer = review.requester
    is_plain = patient.confidentiality == Confidentiality.NORMAL
    if orderer is not None and orderer.is_active and is_plain:
        open_care(patient=patient, practitioner=orderer, reason=REASON, source=_source(review))


def close_for_review(review: ReportReview) -> None:
    """It was acknowledged or replaced; the usual days after care follow."""
    close_care(source=_source(review))


@transaction.atomic
def keep_open_after_discharge(*, encounter_id: int) -> int:
    """The patient has left and results wait still: returns how many keep the chart open. Twice is once."""
    stay = Encounter.objects.get(pk=encounter_id)
    waiting = ReportReview.objects.select_for_update(of=("self",)).filter(
        encounter=stay, outcome=ReportReview.Outcome.OPEN
    )
    rows = waiting.select_related("encounter__department", "department", "requester", "patient").order_by(
        "pk"
    )
    return sum(open_for_review(row) for row in rows)


def look() -> None:
    """Each minute, a facility at a time: a result that was filed while the patient was being discharged isn't forgotten."""
    lately = now() - _LATELY
    for facility in Organization.objects.filter(kind=Organization.Kind.FACILITY, is_active=True):
        with wall.within(facility.pk):
            _look_at(facility, lately)


def _look_at(facility: Organization, lately: dt.datetime) -> None:
    waiting = ReportReview.objects.filter(
        facility=facility, outcome=ReportReview.Outcome.OPEN, encounter__ended_at__gte=lately
    )
    rows = list(waiting.select_related("encounter__department", "department", "requester", "patient"))
    sources = [_source(row) for row in rows]
    held = CareContext.objects.filter(source__in=sources, ends_at=None)
    opened = set(held.values_list("source", flat=True))
    for row in rows:
        if _source(row) not in opened:
            open_for_review(row)
