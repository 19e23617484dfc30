"""Who opened this patient: from the chart, and by number for those who open none."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from emr.accounts.access import requires
from emr.audit import permissions as audit
from emr.audit.services import record
from emr.audit.subjects import find_subjects, numbers_of
from emr.common.http import StaffRequest
from patients.oversight import permissions
from patients.oversight.forms import DaysForm, NumberForm, a_year
from patients.oversight.selectors import MOST_ROWS, who_opened
from patients.registry.access import access_patient, same_person_ids


@requires(permissions.ANSWER)
@require_safe
def answer(request: StaffRequest, patient_uuid: UUID) -> HttpResponse:
    """The list that may be printed and given to the patient (R-36)."""
    opened = access_patient(request.user, patient_uuid, permissions.ANSWER)
    patient = opened.merged_into or opened
    form = DaysForm(request.GET if "since" in request.GET else _written(a_year()))
    context: dict[str, Any] = {"form": form, "patient": patient, "encounter": None, "most": MOST_ROWS}
    if form.is_valid():
        context["visits"] = who_opened(same_person_ids(patient), **form.cleaned_data)
        record("patient.answer", by=request.user, of=patient, patient=patient, detail=form.cleaned_data)
    status = 200 if form.is_valid() else 422
    return render(request, "patients/oversight/answer.html", context, status=status)


@requires(audit.READ)
@require_http_methods(["GET", "HEAD", "POST"])
def answer_by_number(request: StaffRequest) -> HttpResponse:
    """The same list for the auditor, who knows the patient by number alone; the number travels by POST."""
    form = NumberForm(request.POST) if request.method == "POST" else NumberForm(initial=_written(a_year()))
    context: dict[str, Any] = {"form": form, "most": MOST_ROWS}
    if request.method == "POST" and form.is_valid():
        asked = dict(form.cleaned_data)
        ids = find_subjects(request.user.facility_id, asked.pop("patient"))
        context |= {"visits": who_opened(ids, **asked), "is_unknown": not ids}
        context["number"] = ", ".join(sorted(set(numbers_of(ids).values())))
        record("patient.answer", by=request.user, detail=asked | {"patients": ids})
    status = 422 if request.method == "POST" and not form.is_valid() else 200
    return render(request, "patients/oversight/answer_by_number.html", context, status=status)


def _written(days: dict[str, Any]) -> dict[str, str]:
    return {name: f"{day:%d/%m/%Y}" for name, day in days.items()}
