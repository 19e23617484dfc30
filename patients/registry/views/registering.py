"""The desk: one scan and one key, or six fields; unknown people; newborns."""

import uuid
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from emr.accounts.access import requires
from emr.accounts.models import User
from emr.audit.services import record
from emr.common.errors import DomainError
from emr.common.http import StaffRequest
from patients.registry import citizen, permissions, selectors, services, systems
from patients.registry.access import access_patient, patients_for
from patients.registry.cards import Card, UnreadableCard, parse_card
from patients.registry.completeness import Missing, missing_facts
from patients.registry.extensions import keep_card
from patients.registry.forms import NewbornForm, RegistrationForm, UnknownForm, from_card
from patients.registry.matching import Match, match_card
from patients.registry.models import Identifier, Patient


def _key() -> str:
    return uuid.uuid4().hex


def _to_chart(patient: Patient) -> HttpResponseRedirect:
    return redirect("patients:registry:chart", patient.uuid)


def _page(request: StaffRequest, form: RegistrationForm, status: int = 200, **more: Any) -> HttpResponse:
    return render(request, "patients/registry/register.html", {"form": form} | more, status=status)


@requires(permissions.REGISTER)
@require_http_methods(["GET", "POST"])
def register(request: StaffRequest) -> HttpResponse:
    """Register somebody; a person who is a patient already is shown instead of a second record."""
    if request.method == "GET":
        return _page(request, RegistrationForm(initial={"key": _key()}))
    form = RegistrationForm(request.POST)
    if not form.is_valid():
        return _page(request, form, 422)
    card = _card(form.cleaned_data["card_line"])
    try:
        patient = services.register_patient(
            facility=request.user.facility,
            by=request.user,
            numbers=_numbers(form.cleaned_data["citizen_number"], card),
            key=form.cleaned_data["key"],
            another_person=form.cleaned_data["another_person"],
            **form.details(),
        )
        if card is not None:
            keep_card(patient, card, request.user)
    except services.AlreadyRegistered as known:
        record("patient.match", by=request.user, of=known.patient, patient=known.patient)
        messages.info(request, _("This person is registered already: here is the record."))
        return _to_chart(known.patient)
    except services.PossibleDuplicates as found:
        return _page(request, form, 409, matches=_with_rows(request.user, found.matches))
    except DomainError as refusal:
        field = "citizen_number" if refusal.code == "bad_citizen_number" else refusal.field
        form.add_error(field if field in form.fields else None, str(refusal))
        return _page(request, form, 422)
    messages.success(request, _("%(name)s is registered.") % {"name": patient.full_name})
    return _to_chart(patient)


@requires(permissions.REGISTER)
@require_POST
def scan(request: StaffRequest) -> HttpResponse:
    """A card was scanned on the registration page."""
    return answer_scan(request, request.POST.get("card", ""))


def answer_scan(request: StaffRequest, line: str) -> HttpResponse:
    """Known: the chart. Possible: both side by side. New: the form, filled, one key away from done."""
    try:
        card = parse_card(line)
    except UnreadableCard as refusal:
        form = RegistrationForm(initial={"key": _key()})
        return _page(request, form, 422, scan_error=str(refusal))
    match = match_card(request.user.facility, card)
    record(
        "patient.match",
        by=request.user,
        of=match.patient,
        patient=match.patient,
        detail={"card": card.kind, "kind": match.kind, "count": len(match.matches)},
    )
    if match.patient is not None:
        keep_card(match.patient, card, request.user)
        messages.success(request, _("Known here: %(name)s.") % {"name": match.patient.full_name})
        return _to_chart(match.patient)
    form = RegistrationForm(initial=from_card(card) | {"key": _key(), "card_line": line})
    return _page(
        request,
        form,
        card=card,
        matches=_with_rows(request.user, list(match.matches)),
        missing=_lacking(card),
        ready=True,
    )


def _card(line: str) -> Card | None:
    try:
        return parse_card(line) if line else None
    except UnreadableCard:
        return None


def _numbers(citizen_number: str, card: Card | None) -> list[services.NewNumber]:
    """Numbers typed and scanned. A personal number of odd length is kept on the card's line, not as a number."""
    shown = [(systems.CITIZEN, citizen_number.replace(" ", ""))]
    if card is not None:
        shown += [
            (systems.OLD_CITIZEN, card.old_citizen_number),
            (systems.INSURANCE, card.insurance_number),
        ]
    found = []
    for system, value in shown:
        if system == systems.CITIZEN and card is not None and value == card.citizen_number:
            if not citizen.digits_of(value):
                continue
            found.append(services.NewNumber(system, value, valid_from=card.issued_on))
        elif value:
            found.append(services.NewNumber(system, value))
    return found


def _lacking(card: Card) -> list[Missing]:
    """What the card doesn't say; admission asks for it."""
    return missing_facts(
        Patient(
            full_name=card.full_name,
            sex=card.sex,
            birth_date=card.birth_date,
            birth_month=card.birth_month,
            birth_year=card.birth_year,
        ),
        numbers=[Identifier(system=systems.CITIZEN)] if card.citizen_number else [],
    )


def _with_rows(user: User, matches: list[Match]) -> list[tuple[Match, Patient]]:
    """Each match within the desk's reach with what a list row shows."""
    reached = patients_for(user, permissions.REGISTER).filter(pk__in=[m.patient.pk for m in matches])
    rows = {p.pk: p for p in selectors.with_row_facts(reached)}
    return [(match, rows[match.patient.pk]) for match in matches if match.patient.pk in rows]


@requires(permissions.REGISTER)
@require_http_methods(["GET", "POST"])
def register_unknown(request: StaffRequest) -> HttpResponse:
    """Take in somebody nobody can name."""
    form = UnknownForm(request.POST or None, initial={"key": _key()})
    if request.method == "POST" and form.is_valid():
        try:
            patient = services.register_unknown(
                facility=request.user.facility, by=request.user, **form.cleaned_data
            )
        except DomainError as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            messages.success(request, _("%(name)s is taken in.") % {"name": patient.full_name})
            return _to_chart(patient)
    status = 422 if request.method == "POST" else 200
    return render(request, "patients/registry/register_unknown.html", {"form": form}, status=status)


@requires(permissions.REGISTER)
@require_http_methods(["GET", "POST"])
def register_newborn(request: StaffRequest, patient_uuid: UUID) -> HttpResponse:
    """Take in a child of this patient."""
    mother = access_patient(request.user, patient_uuid, permissions.REGISTER)
    form = NewbornForm(request.POST or None, initial={"key": _key()})
    if request.method == "POST" and form.is_valid():
        try:
            child = services.register_newborn(mother=mother, by=request.user, **form.cleaned_data)
        except services.AlreadyRegistered as known:
            messages.info(request, _("This child is registered already: here is the record."))
            return _to_chart(known.patient)
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            messages.success(request, _("%(name)s is registered.") % {"name": child.full_name})
            return _to_chart(child)
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "patient": mother, "encounter": None}
    return render(request, "patients/registry/register_newborn.html", context, status=status)
